import { shown } from "../domain/amendment.js";
import type { DeskEvent } from "../domain/event.js";
import { PREVIEW_GRAPHEMES } from "../domain/text.js";
import { eventJson, messageJson, summaryJson } from "../http/json.js";
import type { LiveConversation, LogPlace, News } from "../ports/live-storage.js";
import type { AmendedMessage } from "../ports/read-storage.js";
import { forGuest, summaryForGuest } from "../runtime/guest-view.js";
import { summary } from "../runtime/summary.js";
import { isForGuests, isGone, isListed, seesEvent, type Belongs, type Viewer } from "./audience.js";
import type { ServerFrame } from "./protocol.js";

/** Bytes of one message to a client, about: larger news come as several, one after the other. */
const MESSAGE_BYTES = 128 * 1024;
/** Bytes of what was made of a batch that are kept, about, but always the newest: what somebody else sees of it is made again. */
const MADE_BYTES = 2 * 1024 * 1024;

/** News of a hotel that were read together, as they are told to whoever sees them. */
export interface Batch {
  readonly hotelId: string;
  /** The place that it begins after. */
  readonly from: LogPlace;
  readonly to: LogPlace;
  /** About what it holds in memory by now: it grows by what is made for those who see something else of it. */
  readonly bytes: number;
  /** When an event was, for whoever says where they are; undefined when it is not one of these. */
  readonly timeOf: (seq: number) => Date | undefined;
  /** Guests who became one with somebody, or ceased to be. */
  readonly mergedGuests: ReadonlySet<string>;
  /** Where its conversations belong now. */
  readonly belongs: ReadonlyMap<string, Belongs>;
  /**
   * The messages for somebody who has been told everything up to `after`: made once for all who see the same. null when there is
   * nothing in it for them.
   */
  readonly told: (viewer: Viewer, after: number) => readonly Uint8Array[] | null;
}

/** One thing to say, and who hears it. */
interface Item {
  /** Of the event that it comes from; Infinity: a state, which is told whenever anything after `after` may have changed it. */
  readonly seq: number;
  readonly isFor: (viewer: Viewer) => boolean;
  readonly staff: string;
  /** null: no guest is told. Made when the first guest is. */
  readonly guest: (() => string) | null;
}

/** @param cursor of the place that the batch ends with @param previewGraphemes how much lists show of a conversation's last message */
export function batchOf(
  hotelId: string,
  from: LogPlace,
  news: News,
  cursor: string,
  previewGraphemes = PREVIEW_GRAPHEMES,
): Batch {
  const { events, upTo, now } = news;
  const rows = new Map(news.conversations.map((row) => [row.conversation.id, row]));
  const messages = new Map(news.messages.map((message) => [message.id, message]));
  const items: readonly Item[] = [
    ...events.map((event) => eventItem(event, rows, messages)),
    ...[...rows.values()].map((row) => conversationItem(row, now, previewGraphemes)),
    ...goneItems(events, rows),
  ];
  const end = json({ type: "upTo", hotelId, cursor });
  const made = new Map<string, readonly Uint8Array[]>();
  const textBytes = items.reduce((sum, { staff }) => sum + staff.length, end.length);
  let madeBytes = 0;
  const first = from.seq + 1;

  return {
    hotelId,
    from,
    to: upTo,
    get bytes() {
      return textBytes + madeBytes;
    },
    timeOf: (seq) => events[seq - first]?.at,
    mergedGuests: new Set(events.flatMap(mergedIn)),
    belongs: new Map([...rows.values()].map((row) => [row.conversation.id, belongs(row)])),
    told(viewer, after) {
      const seen: Item[] = [];
      let key: string = viewer.kind;
      for (const [at, item] of items.entries()) {
        if (item.seq <= after || !item.isFor(viewer)) continue;
        seen.push(item);
        key += ` ${String(at)}`;
      }
      if (seen.length === 0) return null;
      const known = made.get(key);
      if (known !== undefined) return known;
      const texts = seen.map(({ staff, guest }) => (viewer.kind === "guest" ? (guest?.() ?? "") : staff));
      const messages = encoded([...texts, end]);
      made.set(key, messages);
      madeBytes += bytesOf(messages);
      // The oldest stand first.
      for (const [other, old] of made) {
        if (madeBytes <= MADE_BYTES || other === key) break;
        made.delete(other);
        madeBytes -= bytesOf(old);
      }
      return messages;
    },
  };
}

/** Frames as the messages to a client. @param texts each a frame's JSON */
export function encoded(texts: readonly string[]): readonly Uint8Array[] {
  const messages: Uint8Array[] = [];
  let part: string[] = [];
  let size = 0;
  for (const text of texts) {
    if (size > 0 && size + text.length > MESSAGE_BYTES) {
      messages.push(Buffer.from(`[${part.join()}]`));
      [part, size] = [[], 0];
    }
    part.push(text);
    size += text.length;
  }
  return [...messages, Buffer.from(`[${part.join()}]`)];
}

const bytesOf = (messages: readonly Uint8Array[]): number => messages.reduce((sum, { length }) => sum + length, 0);

export const json = (frame: ServerFrame): string => JSON.stringify(frame);

const belongs = ({ conversation, guestId }: LiveConversation): Belongs => ({
  departmentId: conversation.departmentId,
  guestId,
});

function eventItem(
  event: DeskEvent,
  rows: ReadonlyMap<string, LiveConversation>,
  messages: ReadonlyMap<string, AmendedMessage>,
): Item {
  const { hotelId, conversationId, seq, body } = event;
  const about = "messageId" in body ? (messages.get(body.messageId) ?? null) : null;
  const { amendments = [], ...stored } = about ?? {};
  const message = about === null ? null : shown(stored as Omit<AmendedMessage, "amendments">, amendments);
  const isErased = body.type === "conversation.erased";
  // One that is no more was its department's.
  const shownIn =
    conversationId === null
      ? null
      : isErased
        ? [{ departmentId: event.departmentId, guestId: "" }]
        : andWhatFollows(conversationId, rows);
  const told = { ...eventJson(event), conversationId };
  const guestHears = !("messageId" in body) || (message !== null && isForGuests(message));
  return {
    seq,
    isFor: (viewer) => (viewer.kind === "staff" || guestHears) && seesEvent(viewer, hotelId, body.type, shownIn),
    staff: json({ type: "event", event: told, message: message && messageJson(message) }),
    guest: guestHears
      ? once(() => json({ type: "event", event: told, message: message && messageJson(forGuest(message)) }))
      : null,
  };
}

function conversationItem(row: LiveConversation, now: Date, previewGraphemes: number): Item {
  const { hotelId } = row.conversation;
  const whose = belongs(row);
  const listed = () => summary(row, now, previewGraphemes);
  const frame = (conversation: ReturnType<typeof summary>) =>
    json({ type: "conversation", conversation: summaryJson(conversation) });
  return {
    seq: Infinity,
    isFor: (viewer) => isListed(viewer, hotelId, whose),
    staff: frame(listed()),
    guest: once(() => {
      const seen = summaryForGuest(listed());
      return frame(row.previewForGuest ? seen : { ...seen, lastMessagePreview: "" });
    }),
  };
}

/** One for each conversation that came from elsewhere. */
function goneItems(events: readonly DeskEvent[], rows: ReadonlyMap<string, LiveConversation>): readonly Item[] {
  const formerly = new Map<string, { seq: number; readonly departments: Set<string | null> }>();
  for (const { conversationId, departmentId, seq, body } of events) {
    if (conversationId === null) continue;
    const known = formerly.get(conversationId) ?? { seq, departments: new Set() };
    known.seq = seq;
    known.departments.add(departmentId);
    if ("fromDepartmentId" in body) known.departments.add(body.fromDepartmentId);
    formerly.set(conversationId, known);
  }
  return [...formerly].flatMap(([conversationId, { seq, departments }]) => {
    const row = rows.get(conversationId);
    if (row === undefined) return [];
    const { hotelId } = row.conversation;
    const whose = belongs(row);
    const others = [...departments].filter((each) => each !== whose.departmentId);
    if (others.length === 0) return [];
    const isFor = (viewer: Viewer) => isGone(viewer, hotelId, whose, others);
    return [{ seq, isFor, staff: json({ type: "gone", hotelId, conversationId }), guest: null }];
  });
}

/** Where a conversation's messages are shown: in it, and in those that go on with it one after the other. */
function andWhatFollows(conversationId: string, rows: ReadonlyMap<string, LiveConversation>): readonly Belongs[] {
  const found = new Map<string, Belongs>();
  for (let next: string | null = conversationId; next !== null && !found.has(next);) {
    const row = rows.get(next);
    if (row === undefined) break;
    found.set(next, belongs(row));
    next = row.conversation.continuedIn;
  }
  return [...found.values()];
}

function mergedIn({ body }: DeskEvent): readonly string[] {
  if (body.type === "guest.merged") return [body.guestId, body.into];
  return body.type === "guest.unmerged" ? [body.guestId, body.from] : [];
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
