import { setTimeout as delay } from "node:timers/promises";
import { assigning } from "../decide/assignment.js";
import { unchanged, type Command, type Decision } from "../decide/command.js";
import { decideClose, decideRead, decideReopen, decideTransfer, decideUnread } from "../decide/conversation.js";
import { auditId } from "../decide/ids.js";
import { backoffMs } from "../decide/send.js";
import { decideAskRating } from "../decide/rating.js";
import { decideGiveback } from "../decide/desk-work.js";
import { inOpenHours } from "../decide/episode.js";
import { decideReply } from "../decide/reply.js";
import { reach, type Permission, type Roles } from "../domain/access.js";
import { shown, type ShownMessage } from "../domain/amendment.js";
import type { Attachment } from "../domain/attachment.js";
import type { AuditAnchor } from "../ports/audit-anchor.js";
import type { OutboundReactionContent, ReactionTo } from "../domain/content.js";
import type { Conversation } from "../domain/conversation.js";
import type { DeskEvent } from "../domain/event.js";
import type { Hotel } from "../domain/hotel.js";
import type { Principal } from "../domain/principal.js";
import { tagOf } from "../domain/tag.js";
import { templateNamed } from "../domain/template.js";
import { PREVIEW_GRAPHEMES } from "../domain/text.js";
import { WORK_KINDS } from "../domain/work.js";
import { ConversationError } from "../errors.js";
import { failpoint } from "../failpoints.js";
import type { FlowBook } from "../flow/book.js";
import { resumed, withRunsEnded } from "../flow/staff.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { Ids } from "../ports/ids.js";
import type { Random } from "../ports/random.js";
import type { RevokedPrincipal } from "../ports/live-storage.js";
import type { Storage } from "../ports/storage.js";
import type { CommitResult, ConversationKey, ConversationState } from "../ports/work-storage.js";
import type { Transport } from "../ports/transport.js";
import { checkOutgoing } from "./check-outgoing.js";
import type { Cursors } from "./cursor.js";
import { explainDesk } from "./explain.js";
import type { FindGuest } from "./host-ports.js";
import { flowDesk } from "./flow-desk.js";
import { guestDesk } from "./guest-desk.js";
import { forGuest, isOfStaff, summaryForGuest } from "./guest-view.js";
import { outboundDesk } from "./outbound-desk.js";
import { notesDesk } from "./notes-desk.js";
import type { Receipts } from "./receipts.js";
import { privacyDesk } from "./privacy-desk.js";
import { stayDesk } from "./stay-desk.js";
import { savedRepliesDesk } from "./saved-replies-desk.js";
import { attachmentDesk, fileToSend, withFile } from "./attachment-desk.js";
import type { MediaDesk } from "./media-work.js";
import { senderDesk } from "./sender-desk.js";
import { limitOf } from "./lists.js";
import { kindsOf, type Wake } from "./wake.js";
import { workDesk, type Move } from "./work-desk.js";
import { auditDesk } from "./audit-desk.js";
import { readingDesk } from "./reading-desk.js";
import { reprocess } from "./reprocess.js";
import { shortened, summary } from "./summary.js";
import { templateDesk } from "./template-desk.js";
import type { Desk } from "./desk-api.js";
import type { ConversationsQuery, ConversationSummary, List, PageQuery, Reply } from "./desk-shapes.js";

export interface DeskOptions {
  readonly storage: Storage;
  readonly hotels: HotelsPort;
  /** What the roles of staff may do. */
  readonly roles: Roles;
  readonly findGuest: FindGuest;
  readonly flows: FlowBook;
  readonly transport: Pick<Transport, "templates">;
  readonly receipts: Receipts;
  readonly ids: Ids;
  readonly cursors: Cursors;
  readonly random: Random;
  readonly publish: (events: readonly DeskEvent[]) => void;
  /** null: the desk keeps no files. */
  readonly media: MediaDesk | null;
  /** null: nobody keeps where the audit ends. */
  readonly anchor?: AuditAnchor | null;
  /** Whether the hotel's own system is asked to do what guests want done. */
  readonly hasTasks?: boolean;
  readonly wake: Wake;
  /** Ends what somebody sees by rights that they have no more. */
  readonly rightsChanged?: (principal: RevokedPrincipal) => Promise<void>;
  /** How long dedup keys live. 30 days by default. */
  readonly dedupRetentionMs?: number;
  /** How much lists show of a conversation's last message. 255 by default. */
  readonly previewGraphemes?: number;
  /** Whether no card number is stored. */
  readonly masksCards?: boolean;
}

/** How often a command is decided again because somebody else changed the conversation meanwhile. */
const COMMAND_ATTEMPTS = 10;
/** Milliseconds between those attempts. */
const COMMAND_BACKOFF = { baseMs: 5, capMs: 200 };

/** Staff commands and reads for one principal: load under its reach, decide, commit. */
export function deskFor(principal: Principal, options: DeskOptions): Desk {
  const { storage, hotels, roles, receipts, ids, cursors, random, publish, wake } = options;
  const { previewGraphemes = PREVIEW_GRAPHEMES } = options;
  const reachFor = (permission: Permission) => reach(principal, permission, roles);
  const isGuest = principal.kind === "guest";
  const seen = (message: ShownMessage) => (isGuest ? forGuest(message) : message);
  const seenSummary = (one: ConversationSummary) => (isGuest ? summaryForGuest(one) : one);

  /** Loads, decides and commits, again when somebody was faster. @param decide null as change: there is nothing to store */
  async function change<T extends { readonly change: Decision["change"] }>(
    key: Omit<ConversationKey, "reach">,
    permission: Permission,
    reason: string,
    decide: (state: ConversationState, command: Command) => T | Promise<T>,
  ): Promise<{ readonly decision: T; readonly committed: Extract<CommitResult, { outcome: "committed" }> | null }> {
    const id = ids();
    for (let attempt = 0; attempt < COMMAND_ATTEMPTS; attempt++) {
      if (attempt > 0) await delay(backoffMs(attempt, COMMAND_BACKOFF, random()));
      const { now, state } = await storage.loadConversation({ ...key, reach: reachFor(permission) });
      if (state === null) throw new ConversationError("not_found");
      const decided = await inHours(await decide(state, { id, by: principal, reason, now }));
      // A conversation that closes takes the flow with it that is under way there.
      const decision =
        decided.change === null ? decided : { ...decided, change: withRunsEnded(decided.change, state.runs, now) };
      if (decision.change === null) return { decision, committed: null };
      if (BELLDESK_FAILPOINTS) await failpoint("command.loaded");
      const { hotelId } = decision.change;
      const laneChange = { change: decision.change, lane: null, completes: [], failed: null };
      const result = await storage.commit(hotelId, [laneChange]);
      if (result.outcome !== "committed") continue;
      if (BELLDESK_FAILPOINTS) await failpoint("command.committed");
      publish(result.events);
      if (BELLDESK_FAILPOINTS) await failpoint("command.published");
      wake(...kindsOf(decision.change.work));
      return { decision, committed: result };
    }
    throw new ConversationError("busy", { conversationId: key.conversationId });
  }

  /** What ends with a command is timed by the hotel's hours, where they can be asked: nobody's answer waits for that. */
  async function inHours<T extends { readonly change: Decision["change"] }>(decision: T): Promise<T> {
    const { change: made } = decision;
    if (made === null || made.timings.length === 0) return decision;
    const hotel = await hotels.byId(made.hotelId).catch(() => null);
    return hotel === null ? decision : { ...decision, change: { ...made, timings: inOpenHours(made.timings, hotel) } };
  }

  /**
   * A command about a conversation as a whole. Whoever decided on another version than the stored one is told so, unless there is
   * nothing to do: their own command may have been stored and its answer lost.
   */
  const move: Move = async (conversationId, permission, { reason, version: seenVersion }, decide) => {
    const key = { conversationId, client: null, template: null };
    const { decision } = await change(key, permission, reason, async (state, command) => {
      const decided = await decide(state, command);
      const { conversation } = state;
      if (decided.change !== null && seenVersion !== undefined && seenVersion !== conversation.version)
        throw await changed(conversation);
      return decided;
    });
    // A version counts what is stored, and what a command answers is that.
    const { conversation, change: stored } = decision;
    const version = conversation.version + (stored === null ? 0 : 1);
    return shortened({ ...conversation, version }, previewGraphemes);
  };

  async function changed({ hotelId, id, version }: Conversation): Promise<ConversationError> {
    const last = (await storage.audit({ hotelId, targetId: id })).at(-1);
    const command = last === undefined ? {} : { by: last.actor.id, action: last.action, at: last.at.toISOString() };
    return new ConversationError("conversation_changed", { version, ...command });
  }

  async function hotelOf({ hotelId }: Conversation): Promise<Hotel> {
    const hotel = await hotels.byId(hotelId);
    if (hotel === null) throw new ConversationError("not_found");
    return hotel;
  }

  return {
    async conversations(query: ConversationsQuery = {}): Promise<List<ConversationSummary>> {
      const { limit: _limit, cursor: _cursor, ...filters } = query;
      const cursor = cursors.of("conversations", filters).point;
      const after = cursor.decode(query.cursor);
      if (isGuest && isOfStaff(query)) return { items: [], nextCursor: null };
      const { items, next, now } = await storage.conversations({
        reach: reachFor("conversation.list"),
        hotelId: query.hotel ?? null,
        departmentId: query.department ?? null,
        status: query.status ?? null,
        ...(isGuest ? {} : workFilters(query)),
        unread: query.unread ?? false,
        waiting: query.waiting ?? false,
        after,
        limit: limitOf(query),
      });
      return {
        items: items.map((row) => seenSummary(summary(row, now, previewGraphemes))),
        nextCursor: cursor.encode(next),
      };
    },

    async messages(conversationId: string, query: PageQuery = {}): Promise<List<ShownMessage>> {
      const cursor = cursors.of("messages", { conversationId }).number;
      const page = await storage.messages({
        reach: reachFor("conversation.read"),
        conversationId,
        before: cursor.decode(query.cursor),
        limit: limitOf(query),
      });
      if (page === null) throw new ConversationError("not_found");
      return {
        items: page.items.map(({ amendments, ...message }) => seen(shown(message, amendments))),
        nextCursor: cursor.encode(page.next),
      };
    },

    async reply(conversationId: string, asked: Reply): Promise<ShownMessage> {
      const {
        clientMessageId,
        content: given,
        fallback = null,
        urgent = false,
        identityKeyHash = null,
        quotes,
        seenSeq,
      } = asked;
      const content = given.type === "reaction" ? await reactionTo(conversationId, given) : given;
      checkOutgoing({ content, fallback }, quotes !== undefined);
      const quotedWamid = quotes === undefined ? null : await quotable(conversationId, quotes);
      const client = { authorId: principal.id, clientMessageId };
      let file: Attachment | null = null;
      const { decision, committed } = await change(
        {
          conversationId,
          client,
          template: templateNamed(fallback ?? content),
          ...(seenSeq !== undefined && { answered: { seq: seenSeq, by: principal.id } }),
        },
        "conversation.reply",
        "reply",
        async (state, command) => {
          const decided = decideReply(
            state,
            { clientMessageId, content, fallback, urgent, quotedWamid, identityKeyHash },
            command,
          );
          if (decided.kind === "existing") return { ...decided, change: null };
          if (content.type !== "reaction") file = await fileToSend({ storage, reachFor }, content, state.conversation);
          return decided;
        },
      );
      if (decision.kind === "existing") return shown(decision.message, []);
      const stored = committed?.messages.find(({ id }) => id === decision.message.id);
      if (stored === undefined) throw new ConversationError("internal", { messageId: decision.message.id });
      // What came since was seen by nobody.
      receipts.read(decision.conversation, stored.seq, "answered");
      return { ...shown(stored, []), ...withFile(file) };
    },

    async markRead(conversationId, { seq } = {}) {
      const read = await move(conversationId, "conversation.markRead", { reason: "read" }, async (state, command) => {
        const markers = await storage.participants({ reach: reachFor("conversation.markRead"), conversationId });
        return decideRead(state, seq ?? null, command, markers);
      });
      receipts.read(read, Math.min(seq ?? read.readSeq, read.readSeq), "read");
      return read;
    },

    markUnread: (conversationId, { seq } = {}) =>
      move(conversationId, "conversation.markUnread", { reason: "unread" }, async (state, command) => {
        if (seq !== undefined) return decideUnread(state, seq, command);
        const query = { reach: reachFor("conversation.markUnread"), conversationId, upTo: null };
        const { message = null } = (await storage.newestInbound(query)) ?? {};
        const newest = message?.conversationId === conversationId ? message.seq : null;
        return newest === null ? unchanged(state.conversation) : decideUnread(state, newest, command);
      }),

    transfer: (conversationId, { departmentId, reason = "transfer", ...seen }) =>
      move(conversationId, "conversation.transfer", { ...seen, reason }, async (state, command) => {
        const hotel = await hotelOf(state.conversation);
        return assigning(decideTransfer(state, departmentId, hotel, command), hotel, command.id);
      }),

    close: (conversationId, { reason = "close", ...seen } = {}) =>
      move(conversationId, "conversation.close", { ...seen, reason }, decideClose),

    askRating: (conversationId, { reason = "rating", ...seen } = {}) =>
      move(conversationId, "conversation.askRating", { ...seen, reason }, async (state, command) =>
        decideAskRating(state, await hotelOf(state.conversation), command),
      ),

    reopen: (conversationId, { reason = "reopen", ...seen } = {}) =>
      move(conversationId, "conversation.reopen", { ...seen, reason }, async (state, command) => {
        const { departmentId } = state.conversation;
        const hotel = await hotelOf(state.conversation);
        const exists = departmentId === null || hotel.departments.some(({ id }) => id === departmentId);
        if (!exists && state.conversation.status === "closed") throw new ConversationError("department_unknown");
        return exists ? assigning(decideReopen(state, command), hotel, command.id) : unchanged(state.conversation);
      }),

    ...workDesk(principal, options, move),
    ...flowDesk(options, reachFor, hotelOf, move),

    giveback: (conversationId, { reason = "giveback", ...seen } = {}) =>
      move(conversationId, "conversation.giveback", { ...seen, reason }, async (state, command) =>
        resumed(state, decideGiveback(state, command), options.flows, await hotelOf(state.conversation), command),
      ),
    ...guestDesk(principal, options),
    ...senderDesk(principal, options),
    ...outboundDesk(principal, options),
    ...notesDesk(principal, options, change),
    ...templateDesk(principal, options),
    ...explainDesk(principal, options),
    ...readingDesk(principal, options),
    ...auditDesk(principal, options),
    ...savedRepliesDesk(principal, options),
    ...attachmentDesk(principal, options),
    ...stayDesk(principal, options, change),
    ...privacyDesk(principal, options),

    async operatorEvents(query: PageQuery = {}) {
      const cursor = cursors.of("operatorEvents").point;
      const page = await storage.operatorEvents({
        reach: reachFor("events.list"),
        before: cursor.decode(query.cursor),
        limit: limitOf(query),
      });
      return { items: page.items, nextCursor: cursor.encode(page.next) };
    },

    async dead(query: PageQuery = {}) {
      const cursor = cursors.of("dead").point;
      const page = await storage.dead({
        reach: reachFor("dead.list"),
        before: cursor.decode(query.cursor),
        limit: limitOf(query),
      });
      return { items: page.items, nextCursor: cursor.encode(page.next) };
    },

    async replay(workId: string, { reason = "replay" } = {}): Promise<void> {
      const audit = {
        id: auditId(ids()),
        actor: { kind: principal.kind, id: principal.id },
        action: "dead.replay",
        reason,
        target: { kind: "work", id: workId },
      } as const;
      const found = await storage.replay({ reach: reachFor("dead.replay"), workId, audit });
      if (!found) throw new ConversationError("not_found");
      wake(...WORK_KINDS);
    },

    async kept(query: PageQuery = {}) {
      const cursor = cursors.of("kept").point;
      const page = await storage.kept({
        reach: reachFor("kept.list"),
        before: cursor.decode(query.cursor),
        limit: limitOf(query),
      });
      return { items: page.items, nextCursor: cursor.encode(page.next) };
    },

    async reprocess(options) {
      const result = await reprocess(storage, hotels, reachFor("kept.reprocess"), options);
      if (result.understood > 0) wake("inbound");
      return result;
    },
  };

  /** A reaction to a message of the conversation, by Meta's id of it. */
  async function reactionTo(conversationId: string, { messageId, text }: ReactionTo): Promise<OutboundReactionContent> {
    const wamid = await quotable(conversationId, messageId);
    return { type: "reaction", wamid, messageId, ...(text !== undefined && { text }) };
  }

  /** Meta's id of a message that this conversation shows, and that can be quoted. */
  async function quotable(conversationId: string, messageId: string): Promise<string> {
    const history = await storage.message({ reach: reachFor("conversation.read"), messageId });
    const { wamid = null } = history?.message ?? {};
    const isShown = history?.shownIn.includes(conversationId) ?? false;
    if (!isShown || wamid === null) throw new ConversationError("not_found");
    return wamid;
  }
}

/** An open list is what there is to do now: what was put off is in it when somebody asks for that. */
function workFilters({ status, assignee, priority, tag, snoozed }: ConversationsQuery) {
  const typed = tag === undefined ? undefined : tagOf(tag);
  if (typed === null)
    throw new ConversationError("request_invalid", {
      issues: [{ path: "tag", message: "no conversation can have it" }],
    });
  const isSnoozed = snoozed ?? (status === "open" ? false : undefined);
  return {
    ...(assignee !== undefined && { assigneeId: assignee }),
    ...(priority !== undefined && { priority }),
    ...(typed !== undefined && { tag: typed }),
    ...(isSnoozed !== undefined && { snoozed: isSnoozed }),
  };
}
