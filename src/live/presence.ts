import { reaches, type Reach } from "../domain/access.js";
import type { Signal } from "../ports/realtime.js";
import type { Storage } from "../ports/storage.js";
import type { Viewer } from "./audience.js";
import type { Batch } from "./frames.js";

/** Where a conversation belongs. */
interface Whereabouts {
  readonly hotelId: string;
  readonly departmentId: string | null;
}

/** Who may say, and who may see, that somebody is about a conversation. */
export interface Presence {
  /** The hotel of a conversation within reach; null for any other. */
  hotelWithin(reach: Reach, conversationId: string): Promise<string | null>;
  /** Where a signal's conversation belongs; null when there is none like that. */
  departmentOf(signal: Pick<Signal, "hotelId" | "conversationId">): Promise<Whereabouts | null>;
  seesColleagues(viewer: Viewer, place: Whereabouts): boolean;
  /** Conversations are elsewhere now. */
  moved(batch: Pick<Batch, "hotelId" | "belongs">): void;
  /** A hotel's news are not read any more: nothing would tell that a conversation went elsewhere. */
  forget(hotelId: string): void;
}

/** Conversations that are remembered, at most. */
const REMEMBERED = 5_000;

/** @param isRead whether a hotel's news are read, so that whatever moves is noticed */
export function presence(storage: Pick<Storage, "loadConversation">, isRead: (hotelId: string) => boolean): Presence {
  const known = new Map<string, Whereabouts>();
  let moves = 0;

  async function find(conversationId: string): Promise<Whereabouts | null> {
    const place = known.get(conversationId);
    if (place !== undefined) return place;
    const before = moves;
    const { state } = await storage.loadConversation({
      reach: "everything",
      conversationId,
      client: null,
      template: null,
    });
    if (state === null) return null;
    const { hotelId, departmentId } = state.conversation;
    // What went elsewhere while we looked would be remembered where it was.
    if (isRead(hotelId) && moves === before) remember(conversationId, { hotelId, departmentId });
    return { hotelId, departmentId };
  }

  function remember(conversationId: string, place: Whereabouts): void {
    if (known.size >= REMEMBERED) {
      const [oldest] = known.keys();
      if (oldest !== undefined) known.delete(oldest);
    }
    known.set(conversationId, place);
  }

  return {
    async hotelWithin(reach, conversationId) {
      const place = await find(conversationId);
      return place !== null && reaches(reach, place.hotelId, place.departmentId) ? place.hotelId : null;
    },
    async departmentOf({ hotelId, conversationId }) {
      const place = await find(conversationId);
      return place?.hotelId === hotelId ? place : null;
    },
    seesColleagues: (viewer, { hotelId, departmentId }) =>
      viewer.kind === "staff" && reaches(viewer.list, hotelId, departmentId),
    moved({ hotelId, belongs }) {
      moves += 1;
      for (const [conversationId, { departmentId }] of belongs)
        if (known.has(conversationId)) known.set(conversationId, { hotelId, departmentId });
    },
    forget(hotelId) {
      for (const [conversationId, place] of known) if (place.hotelId === hotelId) known.delete(conversationId);
    },
  };
}
