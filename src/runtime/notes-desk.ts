import type { Command } from "../decide/command.js";
import { decideNote } from "../decide/note.js";
import { reach, type Permission } from "../domain/access.js";
import { shown, type ShownMessage } from "../domain/amendment.js";
import type { NoteContent } from "../domain/content.js";
import { MENTIONS_MAX, NOTE_TEXT_MAX } from "../domain/mention.js";
import type { Principal } from "../domain/principal.js";
import { ConversationError } from "../errors.js";
import type { Change } from "../domain/change.js";
import type { CommitResult, ConversationKey, ConversationState } from "../ports/work-storage.js";
import type { Desk } from "./desk-api.js";
import type { Note } from "./desk-shapes.js";
import type { DeskOptions } from "./desk.js";
import { limitOf } from "./lists.js";

type NotesDesk = Pick<Desk, "note" | "mentions" | "participants" | "typing">;

/** Loads, decides and commits, as the desk does it. */
type ChangeOf = <T extends { readonly change: Change | null }>(
  key: Omit<ConversationKey, "reach">,
  permission: Permission,
  reason: string,
  decide: (state: ConversationState, command: Command) => T | Promise<T>,
) => Promise<{
  readonly decision: T;
  readonly committed: Extract<CommitResult, { readonly outcome: "committed" }> | null;
}>;

/** What staff say to one another about a guest, and what the guest hears of it: that somebody writes. */
export function notesDesk(
  principal: Principal,
  { storage, roles, receipts, cursors }: DeskOptions,
  change: ChangeOf,
): NotesDesk {
  const reachFor = (permission: Permission) => reach(principal, permission, roles);
  return {
    async note(conversationId, asked): Promise<ShownMessage> {
      const { clientMessageId } = asked;
      const content = noteOf(asked);
      const client = { authorId: principal.id, clientMessageId };
      const { decision, committed } = await change(
        { conversationId, client, template: null },
        "conversation.note",
        "note",
        (state, command) => {
          const decided = decideNote(state, { clientMessageId, content }, command);
          return decided.kind === "existing" ? { ...decided, change: null } : decided;
        },
      );
      if (decision.kind === "existing") return shown(decision.message, []);
      const stored = committed?.messages.find(({ id }) => id === decision.message.id);
      if (stored === undefined) throw new ConversationError("internal", { messageId: decision.message.id });
      return shown(stored, []);
    },

    async mentions(query = {}) {
      const unread = query.unread ?? false;
      const cursor = cursors.of("mentions", { staffId: principal.id, unread }).point;
      const { items, next } = await storage.mentions({
        reach: reachFor("mention.list"),
        staffId: principal.id,
        unread,
        before: cursor.decode(query.cursor),
        limit: limitOf(query),
      });
      return {
        items: items.map(({ mention, message, read, shownIn }) => ({
          at: mention.at,
          read,
          shownIn,
          message: shown(message, []),
        })),
        nextCursor: cursor.encode(next),
      };
    },

    async participants(conversationId) {
      const found = await storage.participants({ reach: reachFor("conversation.read"), conversationId });
      if (found === null) throw new ConversationError("not_found");
      return found.participants.toSorted(
        (a, b) => compare(a.conversationId, b.conversationId) || compare(a.kind, b.kind) || compare(a.id, b.id),
      );
    },

    typing: (conversationId) => receipts.typing(reachFor("conversation.typing"), conversationId),
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** @throws {ConversationError} `request_invalid` */
function noteOf({ text, mentions = [] }: Note): NoteContent {
  const issues = [
    ...(text.trim() === "" ? [{ path: "text", message: "must say something" }] : []),
    ...(text.length > NOTE_TEXT_MAX ? [{ path: "text", message: `at most ${String(NOTE_TEXT_MAX)} characters` }] : []),
    ...(mentions.length > MENTIONS_MAX
      ? [{ path: "mentions", message: `at most ${String(MENTIONS_MAX)} staff members` }]
      : []),
    ...(mentions.includes("") ? [{ path: "mentions", message: "an id is not empty" }] : []),
  ];
  if (issues.length > 0) throw new ConversationError("request_invalid", { issues });
  return { type: "note", text, mentions: [...new Set(mentions)] };
}
