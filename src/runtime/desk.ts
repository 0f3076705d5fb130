import { setTimeout as delay } from "node:timers/promises";
import { unchanged, type Command, type Decision } from "../decide/command.js";
import { amendedLine } from "../decide/amend.js";
import { decideClose, decideRead, decideReopen, decideTransfer } from "../decide/conversation.js";
import { auditId } from "../decide/ids.js";
import { backoffMs } from "../decide/send.js";
import { decideReply } from "../decide/reply.js";
import { reach, type Permission } from "../domain/access.js";
import { shown, type Amendment, type ShownMessage } from "../domain/amendment.js";
import type { OutboundReactionContent, ReactionTo } from "../domain/content.js";
import type { Conversation } from "../domain/conversation.js";
import type { DeskEvent } from "../domain/event.js";
import type { Hotel } from "../domain/hotel.js";
import type { Principal } from "../domain/principal.js";
import { REASONS } from "../domain/reason.js";
import { templateNamed } from "../domain/template.js";
import { preview } from "../domain/text.js";
import { windowAt } from "../domain/service-window.js";
import { ConversationError } from "../errors.js";
import { failpoint } from "../failpoints.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { Ids } from "../ports/ids.js";
import type { Random } from "../ports/random.js";
import type { CommitResult, ConversationKey, ConversationRow, ConversationState, Storage } from "../ports/storage.js";
import type { Transport } from "../ports/transport.js";
import { checkOutgoing } from "./check-outgoing.js";
import { numberCursor, pointCursor } from "./cursor.js";
import { guestDesk } from "./guest-desk.js";
import { outboundDesk } from "./outbound-desk.js";
import { senderDesk } from "./sender-desk.js";
import { limitOf } from "./lists.js";
import { reprocess } from "./reprocess.js";
import { templateDesk } from "./template-desk.js";
import type {
  ConversationsQuery,
  ConversationSummary,
  Desk,
  Explanation,
  ExplanationStep,
  List,
  PageQuery,
  Reply,
} from "./desk-api.js";

export interface DeskOptions {
  readonly storage: Storage;
  readonly hotels: HotelsPort;
  readonly transport: Pick<Transport, "templates">;
  readonly ids: Ids;
  readonly random: Random;
  readonly publish: (events: readonly DeskEvent[]) => void;
  readonly wakeInbound: () => void;
  readonly wakeOutbound: () => void;
}

/** How often a command is decided again because somebody else changed the conversation meanwhile. */
const COMMAND_ATTEMPTS = 10;
/** Milliseconds between those attempts. */
const COMMAND_BACKOFF = { baseMs: 5, capMs: 200 };

/** Staff commands and reads for one principal: load under its reach, decide, commit. */
export function deskFor(principal: Principal, options: DeskOptions): Desk {
  const { storage, hotels, ids, random, publish, wakeInbound, wakeOutbound } = options;
  const reachFor = (permission: Permission) => reach(principal, permission);

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
      const decision = await decide(state, { id, by: principal, reason, now });
      if (decision.change === null) return { decision, committed: null };
      if (BELLDESK_FAILPOINTS) await failpoint("command.loaded");
      const { hotelId } = decision.change;
      const laneChange = { change: decision.change, lane: null, completes: [], failed: null };
      const result = await storage.commit(hotelId, [laneChange]);
      if (result.outcome !== "committed") continue;
      if (BELLDESK_FAILPOINTS) await failpoint("command.committed");
      publish(result.events);
      if (BELLDESK_FAILPOINTS) await failpoint("command.published");
      if (decision.change.work.length > 0) wakeOutbound();
      return { decision, committed: result };
    }
    throw new ConversationError("busy", { conversationId: key.conversationId });
  }

  async function move(
    conversationId: string,
    permission: Permission,
    reason: string,
    decide: (state: ConversationState, command: Command) => Decision | Promise<Decision>,
  ): Promise<Conversation> {
    const { decision } = await change({ conversationId, client: null, template: null }, permission, reason, decide);
    return decision.conversation;
  }

  async function hotelOf({ hotelId }: Conversation): Promise<Hotel> {
    const hotel = await hotels.byId(hotelId);
    if (hotel === null) throw new ConversationError("not_found");
    return hotel;
  }

  return {
    async conversations(query: ConversationsQuery = {}): Promise<List<ConversationSummary>> {
      const { items, next, now } = await storage.conversations({
        reach: reachFor("conversation.list"),
        hotelId: query.hotel ?? null,
        departmentId: query.department ?? null,
        status: query.status ?? null,
        after: query.cursor === undefined ? null : pointCursor.decode(query.cursor),
        limit: limitOf(query),
      });
      return {
        items: items.map((row) => summary(row, now)),
        nextCursor: next === null ? null : pointCursor.encode(next),
      };
    },

    async messages(conversationId: string, query: PageQuery = {}): Promise<List<ShownMessage>> {
      const page = await storage.messages({
        reach: reachFor("conversation.read"),
        conversationId,
        before: query.cursor === undefined ? null : numberCursor.decode(query.cursor),
        limit: limitOf(query),
      });
      if (page === null) throw new ConversationError("not_found");
      return {
        items: page.items.map(({ amendments, ...message }) => shown(message, amendments)),
        nextCursor: page.next === null ? null : numberCursor.encode(page.next),
      };
    },

    async reply(conversationId: string, asked: Reply): Promise<ShownMessage> {
      const { clientMessageId, content: given, fallback = null, urgent = false, quotes } = asked;
      const content = given.type === "reaction" ? await reactionTo(conversationId, given) : given;
      checkOutgoing({ content, fallback }, quotes !== undefined);
      const quotedWamid = quotes === undefined ? null : await quotable(conversationId, quotes);
      const client = { authorId: principal.id, clientMessageId };
      const { decision, committed } = await change(
        { conversationId, client, template: templateNamed(fallback ?? content) },
        "conversation.reply",
        "reply",
        (state, command) => {
          const decided = decideReply(state, { clientMessageId, content, fallback, urgent, quotedWamid }, command);
          return decided.kind === "existing" ? { ...decided, change: null } : decided;
        },
      );
      if (decision.kind === "existing") return shown(decision.message, []);
      const stored = committed?.messages.find(({ id }) => id === decision.message.id);
      if (stored === undefined) throw new ConversationError("internal", { messageId: decision.message.id });
      return shown(stored, []);
    },

    markRead: (conversationId, { seq } = {}) =>
      move(conversationId, "conversation.markRead", "read", (state, command) =>
        decideRead(state, seq ?? null, command),
      ),

    transfer: (conversationId, { departmentId, reason = "transfer" }) =>
      move(conversationId, "conversation.transfer", reason, async (state, command) =>
        decideTransfer(state, departmentId, await hotelOf(state.conversation), command),
      ),

    close: (conversationId, { reason = "close" } = {}) =>
      move(conversationId, "conversation.close", reason, decideClose),

    reopen: (conversationId, { reason = "reopen" } = {}) =>
      move(conversationId, "conversation.reopen", reason, async (state, command) => {
        const { departmentId } = state.conversation;
        const { departments } = await hotelOf(state.conversation);
        const exists = departmentId === null || departments.some(({ id }) => id === departmentId);
        if (!exists && state.conversation.status === "closed") throw new ConversationError("department_unknown");
        return exists ? decideReopen(state, command) : unchanged(state.conversation);
      }),

    async explain(messageId: string): Promise<Explanation> {
      const history = await storage.message({ reach: reachFor("message.explain"), messageId });
      if (history === null) throw new ConversationError("not_found");
      const { message, receivedAt } = history;
      const received: ExplanationStep[] =
        receivedAt === null
          ? []
          : [{ at: receivedAt, code: "received", says: "The webhook's item was stored before WhatsApp was answered." }];
      const steps = message.reasons.map((reason) => ({ ...reason, says: REASONS[reason.code] }));
      const audit = await storage.audit({ hotelId: message.hotelId, targetId: message.id });
      return { messageId, conversationId: message.conversationId, steps: [...received, ...steps], audit };
    },

    ...guestDesk(principal, options),
    ...senderDesk(principal, options),
    ...outboundDesk(principal, options),
    ...templateDesk(principal, options),

    async operatorEvents(query: PageQuery = {}) {
      const page = await storage.operatorEvents({
        reach: reachFor("events.list"),
        before: query.cursor === undefined ? null : pointCursor.decode(query.cursor),
        limit: limitOf(query),
      });
      return { items: page.items, nextCursor: page.next === null ? null : pointCursor.encode(page.next) };
    },

    async dead(query: PageQuery = {}) {
      const page = await storage.dead({
        reach: reachFor("dead.list"),
        before: query.cursor === undefined ? null : pointCursor.decode(query.cursor),
        limit: limitOf(query),
      });
      return { items: page.items, nextCursor: page.next === null ? null : pointCursor.encode(page.next) };
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
      wakeInbound();
      wakeOutbound();
    },

    async kept(query: PageQuery = {}) {
      const page = await storage.kept({
        reach: reachFor("kept.list"),
        before: query.cursor === undefined ? null : pointCursor.decode(query.cursor),
        limit: limitOf(query),
      });
      return { items: page.items, nextCursor: page.next === null ? null : pointCursor.encode(page.next) };
    },

    async reprocess() {
      const result = await reprocess(storage, hotels, reachFor("kept.reprocess"));
      if (result.understood > 0) wakeInbound();
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

/** As it was stored, unless the message that it shows was edited or deleted since, wherever that stands. */
function previewOf({ lastMessageFrom, lastMessagePreview }: Conversation, amendments: readonly Amendment[]): string {
  const line = amendedLine(lastMessageFrom === "guest" ? "inbound" : "outbound", amendments);
  return line === null ? lastMessagePreview : preview(line);
}

const summary = (
  { conversation, previewAmendments, guestId, guestName, unread, windowClosesAt }: ConversationRow,
  now: Date,
): ConversationSummary => ({
  id: conversation.id,
  hotelId: conversation.hotelId,
  departmentId: conversation.departmentId,
  guest: { id: guestId, name: guestName },
  status: conversation.status,
  mode: conversation.mode,
  lastMessageAt: conversation.lastMessageAt,
  lastMessagePreview: previewOf(conversation, previewAmendments),
  unread,
  window: windowAt(windowClosesAt, now),
});
