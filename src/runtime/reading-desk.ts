import { reach, type Permission, type Roles } from "../domain/access.js";
import { shown } from "../domain/amendment.js";
import { contentLine } from "../domain/content.js";
import type { Principal } from "../domain/principal.js";
import { soughtWords } from "../domain/search.js";
import { preview } from "../domain/text.js";
import { ConversationError } from "../errors.js";
import type { SearchHit } from "../ports/read-storage.js";
import type { Storage } from "../ports/storage.js";
import type { Cursors } from "./cursor.js";
import { limitOf } from "./lists.js";
import { type Desk } from "./desk-api.js";
import { PERIOD_MOST_DAYS, type FoundMessage } from "./desk-shapes.js";

export interface ReadingDeskOptions {
  readonly storage: Pick<Storage, "counters" | "times" | "search" | "searchGuests" | "auditEntries">;
  readonly roles: Roles;
  readonly cursors: Cursors;
}

/** What one principal looks for and looks over: what is open, what was said, who wrote, who did what. */
export function readingDesk(
  principal: Principal,
  { storage, roles, cursors }: ReadingDeskOptions,
): Pick<Desk, "counters" | "times" | "search" | "searchGuests" | "audit"> {
  const reachFor = (permission: Permission) => reach(principal, permission, roles);

  return {
    counters: ({ hotel } = {}) => storage.counters({ reach: reachFor("conversation.list"), hotelId: hotel ?? null }),

    async times({ hotel, department, staff, from, to }) {
      const ms = to.getTime() - from.getTime();
      // A date that is none compares with nothing.
      if (!(ms > 0 && ms <= PERIOD_MOST_DAYS * 86_400_000)) {
        const message = `a period of at most ${String(PERIOD_MOST_DAYS)} days, its end after its beginning`;
        throw new ConversationError("request_invalid", { issues: [{ path: "to", message }] });
      }
      return storage.times({
        reach: reachFor("times.read"),
        hotelId: hotel ?? null,
        departmentId: department ?? null,
        staffId: staff ?? null,
        from,
        to,
      });
    },

    async search({ hotel, text, department, ...page }) {
      // Of what is looked for, a cursor holds no more than that it was this.
      const cursor = cursors.of("search", { hotel, text, department }).search;
      const { items, next } = await storage.search({
        reach: reachFor("conversation.read"),
        hotelId: hotel,
        departmentId: department ?? null,
        words: soughtWords(text),
        before: cursor.decode(page.cursor),
        limit: limitOf(page),
      });
      return { items: items.map(found), nextCursor: cursor.encode(next) };
    },

    async searchGuests({ hotel, text, ...page }) {
      const cursor = cursors.of("guests", { hotel, text }).id;
      const { items, next } = await storage.searchGuests({
        reach: reachFor("guest.read"),
        hotelId: hotel,
        words: soughtWords(text),
        before: cursor.decode(page.cursor),
        limit: limitOf(page),
      });
      return {
        items: items.map(({ id, hotelId, name, username }) => ({ id, hotelId, name, username })),
        nextCursor: cursor.encode(next),
      };
    },

    async audit({ hotel, target, actor, ...page }) {
      const cursor = cursors.of("audit", { hotel, target, actor }).point;
      const { items, next } = await storage.auditEntries({
        reach: reachFor("audit.list"),
        hotelId: hotel,
        targetId: target ?? null,
        actorId: actor ?? null,
        before: cursor.decode(page.cursor),
        limit: limitOf(page),
      });
      return { items, nextCursor: cursor.encode(next) };
    },
  };
}

/** A line of what was found, made of the message when it is asked for: stored nowhere, and gone with what it shows. */
function found({ message, conversationId, departmentId, guestId, guestName }: SearchHit): FoundMessage {
  const { amendments, ...stored } = message;
  return {
    messageId: stored.id,
    hotelId: stored.hotelId,
    conversationId,
    departmentId,
    guest: { id: guestId, name: guestName },
    direction: stored.direction,
    at: stored.sentAt,
    line: preview(contentLine(shown({ ...stored, fallback: null }, amendments).content)),
  };
}
