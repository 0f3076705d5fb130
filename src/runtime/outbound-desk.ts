import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "../decide/command.js";
import { resentMessageId } from "../decide/ids.js";
import { decideResend, decideResolve } from "../decide/resend.js";
import { backoffMs } from "../decide/send.js";
import { decideWrite } from "../decide/write.js";
import { reach, reaches, type Permission } from "../domain/access.js";
import type { Address } from "../domain/address.js";
import { sentAttachment, type Attachment } from "../domain/attachment.js";
import { shown, type ShownMessage } from "../domain/amendment.js";
import type { Change } from "../domain/change.js";
import { isOutbound } from "../domain/content.js";
import type { Message, NewMessage } from "../domain/message.js";
import type { Principal } from "../domain/principal.js";
import { templateNamed } from "../domain/template.js";
import { ConversationError } from "../errors.js";
import { failpoint } from "../failpoints.js";
import type { ConversationKey, ConversationState } from "../ports/work-storage.js";
import { bsuidAddress, phoneAddress } from "../whatsapp/recipient.js";
import { fileToSend, withFile } from "./attachment-desk.js";
import { checkOutgoing } from "./check-outgoing.js";
import type { Desk } from "./desk-api.js";
import type { Recipient } from "./desk-shapes.js";
import type { DeskOptions } from "./desk.js";
import { loadCalled } from "./same-phone.js";
import { kindsOf } from "./wake.js";

type OutboundDesk = Pick<Desk, "write" | "resend" | "resolve">;

/** How often it is decided again because somebody else changed the conversation, or met the same guest, meanwhile. */
const ATTEMPTS = 10;
/** Milliseconds between those attempts. */
const BACKOFF = { baseMs: 5, capMs: 200 };

/** What one principal sends without being asked: first messages, failed ones again, and what became of unknown ones. */
export function outboundDesk(principal: Principal, options: DeskOptions): OutboundDesk {
  const { storage, hotels, roles, ids, random, publish, wake } = options;
  const reachFor = (permission: Permission) => reach(principal, permission, roles);

  type Decided =
    | { readonly kind: "existing"; readonly message: Message }
    | {
        readonly kind: "new";
        readonly message: NewMessage;
        readonly change: Change;
        readonly file?: Attachment | null;
      };

  /** Decides and commits, again when somebody was faster. @returns the message, as it is stored */
  async function sending(
    permission: Permission,
    decide: (command: Pick<Command, "id" | "by">) => Promise<Decided>,
  ): Promise<ShownMessage> {
    const id = ids();
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await delay(backoffMs(attempt, BACKOFF, random()));
      const decided = await decide({ id, by: principal });
      if (decided.kind === "existing")
        return (await found(permission, decided.message.id))?.shown ?? shown(decided.message, []);
      const messages = await committed(decided.change);
      if (messages === null) continue;
      wake(...kindsOf(decided.change.work));
      const stored = messages.find((message) => message.id === decided.message.id);
      if (stored === undefined) throw new ConversationError("internal", { messageId: decided.message.id });
      return { ...shown(stored, []), ...withFile(decided.file ?? null) };
    }
    throw new ConversationError("busy");
  }

  /** @returns what was stored; null when somebody was faster */
  async function committed(change: Change): Promise<readonly Message[] | null> {
    if (BELLDESK_FAILPOINTS) await failpoint("command.loaded");
    const result = await storage.commit(change.hotelId, [{ change, lane: null, completes: [], failed: null }]);
    if (result.outcome !== "committed") return null;
    if (BELLDESK_FAILPOINTS) await failpoint("command.committed");
    publish(result.events);
    if (BELLDESK_FAILPOINTS) await failpoint("command.published");
    return result.messages;
  }

  /** A message as it was stored, and as it is shown; null when there is none within reach. */
  async function found(permission: Permission, messageId: string) {
    const history = await storage.message({ reach: reachFor(permission), messageId });
    if (history === null) return null;
    const { amendments, ...message } = history.message;
    return { message, shown: shown(message, amendments), shownIn: history.shownIn };
  }

  async function within(permission: Permission, messageId: string) {
    const one = await found(permission, messageId);
    if (one === null) throw new ConversationError("not_found");
    return one;
  }

  const clientOf = (clientMessageId: string | undefined) =>
    clientMessageId === undefined ? null : { authorId: principal.id, clientMessageId };

  /**
   * The conversation that shows a message now: the last of those that do. It alone has to be within reach: that the matter came
   * through other departments takes nothing from the one that has it.
   */
  async function showing(
    shownIn: readonly string[],
    key: Omit<ConversationKey, "reach" | "conversationId">,
    permission: Permission,
  ): Promise<{ readonly now: Date; readonly state: ConversationState }> {
    const ids = [...shownIn];
    // Grows while it is walked, where one goes on in another since the message was read.
    for (const conversationId of ids) {
      const { now, state } = await storage.loadConversation({ ...key, conversationId, reach: reachFor(permission) });
      if (state === null) continue;
      const { continuedIn } = state.conversation;
      if (continuedIn === null) return { now, state };
      if (!ids.includes(continuedIn)) ids.push(continuedIn);
    }
    throw new ConversationError("not_found");
  }

  /**
   * Nothing that was never theirs goes to a guest because it failed at first. A copy was looked at with its first, whose guest may be another's by now.
   * @throws {ConversationError} `resend_impossible`
   */
  async function isOfTheirs({ hotelId, conversationId, content, status, reasons }: Message): Promise<void> {
    const id = sentAttachment(content);
    if (id === null || reasons.some(({ code }) => code === "resent")) return;
    const { attachments } = await storage.loadAttachments(hotelId, [id]);
    const [attachment = null] = attachments;
    if (attachment === null) return;
    const key = { reach: "everything", conversationId, client: null, template: null } as const;
    const { state } = await storage.loadConversation(key);
    if (attachment.direction !== "outbound" || attachment.guestId !== state?.conversation.guestId)
      throw new ConversationError("resend_impossible", { status });
  }

  return {
    async write({
      clientMessageId,
      hotelId,
      departmentId,
      to,
      phoneNumberId,
      content,
      fallback = null,
      urgent = false,
      identityKeyHash = null,
    }) {
      const address = recipientOf(to);
      checkOutgoing({ content, fallback }, false);
      const hotel = await hotels.byId(hotelId);
      const reach = reachFor("conversation.write");
      if (hotel === null || !reaches(reach, hotelId, departmentId)) throw new ConversationError("not_found");
      const input = {
        clientMessageId: clientMessageId ?? null,
        departmentId,
        to: address,
        phoneNumberId: phoneNumberId ?? null,
        content,
        fallback,
        urgent,
        identityKeyHash,
      };
      const template = templateNamed(fallback ?? content);
      return sending("conversation.write", async (command) => {
        const query = { hotelId, to: address, reach, client: clientOf(clientMessageId), template };
        const { now, to: called, state } = await loadCalled(storage, query);
        const decided = decideWrite(state, { ...input, to: called }, hotel, { ...command, reason: "write", now });
        if (decided.kind === "existing") return decided;
        return { ...decided, file: await fileToSend({ storage, reachFor }, content, decided.conversation) };
      });
    },

    async resend(
      messageId,
      { clientMessageId, mayDouble = false, fallback = null, urgent = false, identityKeyHash, reason = "resend" } = {},
    ) {
      return sending("message.resend", async (command) => {
        const { message, shownIn } = await within("message.resend", messageId);
        await isOfTheirs(message);
        const { content, quotedWamid } = message;
        if (fallback !== null && isOutbound(content)) checkOutgoing({ content, fallback }, quotedWamid !== null);
        const template = templateNamed(fallback ?? message.fallback?.content ?? message.content);
        const key = { client: clientOf(clientMessageId), template };
        const { now, state } = await showing(shownIn, key, "message.resend");
        // After the conversation, whose version then tells whether somebody sends it again just now.
        const copy = await found("message.resend", resentMessageId(messageId));
        const input = {
          message,
          copy: copy?.message ?? null,
          clientMessageId: clientMessageId ?? null,
          mayDouble,
          fallback,
          urgent,
          identityKeyHash,
        };
        return decideResend(state, input, { ...command, reason, now });
      });
    },

    async resolve(messageId, { as, reason = "resolve" }) {
      const id = ids();
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (attempt > 0) await delay(backoffMs(attempt, BACKOFF, random()));
        const { message } = await within("message.resolve", messageId);
        const { now } = await storage.loadSends(message.hotelId, []);
        const change = decideResolve(message, as, { id, by: principal, reason, now });
        if (change !== null && (await committed(change)) === null) continue;
        // What waited for it goes.
        if (change !== null) wake("outbound");
        return (await within("message.resolve", messageId)).shown;
      }
      throw new ConversationError("busy", { messageId });
    },
  };
}

/** @throws {ConversationError} `request_invalid` */
export function recipientOf(to: Recipient): Address | { readonly guestId: string } {
  if ("guestId" in to) return to;
  const address = "waId" in to ? phoneAddress(to.waId) : bsuidAddress(to.bsuid);
  if (address !== null) return address;
  const issue =
    "waId" in to
      ? { path: "to.waId", message: "not a phone number with its country's code" }
      : { path: "to.bsuid", message: "not a business-scoped id" };
  throw new ConversationError("request_invalid", { issues: [issue] });
}
