import { tooMuch } from "../domain/automation.js";
import type { Change } from "../domain/change.js";
import { DEFAULT_CLOCKS, passed } from "../domain/clocks.js";
import { mayMarket } from "../domain/consent.js";
import type { OutboundContent } from "../domain/content.js";
import type { Conversation } from "../domain/conversation.js";
import { byLanguage, GAP_MS, type StayMessage } from "../domain/hotel-stays.js";
import type { Hotel } from "../domain/hotel.js";
import type { JsonValue } from "../domain/json.js";
import type { GuestStay, StayPlan, StayReason } from "../domain/stay.js";
import type { TemplateContent } from "../domain/template.js";
import { codeOf, ConversationError, type ErrorCode } from "../errors.js";
import type { RecipientState } from "../ports/work-storage.js";
import { stayRootId } from "./ids.js";
import { decideWrite } from "./write.js";

/** Who the desk is when it writes about stays by itself. */
export const STAYS = { kind: "system", id: "stays" } as const;

/** What a rule says in a language: the text, with the template that stands in for it, or the template alone. */
export interface StayWords {
  readonly language: string;
  readonly content: OutboundContent;
  readonly fallback: TemplateContent | null;
}

/** What a rule could say to a guest, the best language first. `missing`: nothing of it can be filled in yet. */
export function wordsOf(
  { texts = {}, templates = {} }: Pick<StayMessage, "texts" | "templates">,
  language: string | null,
  hotel: Hotel,
  values: (language: string) => Values,
): { readonly words: readonly StayWords[]; readonly missing: boolean } {
  const there = [...new Set([...Object.keys(templates), ...Object.keys(texts)])];
  const filled = byLanguage(there, language, hotel.language ?? "en").map((tag) => {
    const known = values(tag);
    const [text, template] = [texts[tag], templates[tag]];
    const said: Omit<StayWords, "language"> | null =
      text === undefined
        ? template === undefined
          ? null
          : { content: template, fallback: null }
        : { content: { type: "text", text }, fallback: template ?? null };
    return said && withValues({ language: tag, ...said }, known);
  });
  const words = filled.flatMap((one) => one ?? []);
  return { words, missing: words.length === 0 && there.length > 0 };
}

/** What stands in the places of the braces; null: it is not known. */
export type Values = Readonly<Record<string, string | null>>;

const PLACE = /\{([a-z]+)\}/g;

/** @returns null where something is not known. Braces that name nothing stay as they are. */
function withValues(words: StayWords, values: Values): StayWords | null {
  const missing: string[] = [];
  const filled = (value: unknown): unknown => {
    if (typeof value === "string")
      return value.replace(PLACE, (whole, name: string) => {
        if (!Object.hasOwn(values, name)) return whole;
        const known = values[name] ?? null;
        if (known === null) missing.push(name);
        return known ?? "";
      });
    if (Array.isArray(value)) return value.map(filled);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, filled(inner)]));
  };
  const { language, content, fallback } = words;
  const after = {
    language,
    content: filled(content) as OutboundContent,
    fallback: filled(fallback) as StayWords["fallback"],
  };
  return missing.length === 0 ? after : null;
}

/** What a rule's text may say of a stay. @param name as the guest calls themselves on WhatsApp */
export const stayValues =
  (stay: GuestStay, name: string | null, hotel: Hotel) =>
  (language: string): Values => ({
    name: stay.guestName ?? name,
    arrival: dayText(stay.arrival, language, hotel),
    departure: dayText(stay.departure, language, hotel),
    room: stay.room,
    reservation: stay.reservationId,
    hotel: hotel.name,
  });

function dayText(day: string | null, language: string, { timeZone }: Hotel): string | null {
  if (day === null) return null;
  const isDay = day.length <= "2026-01-01".length;
  const zone = isDay ? "UTC" : timeZone;
  return new Intl.DateTimeFormat(language.replaceAll("_", "-"), { dateStyle: "long", timeZone: zone }).format(
    new Date(day),
  );
}

/** What a flow finds in its `given`. */
export const givenOf = ({ reservationId, arrival, departure, room, language, guestName, status }: GuestStay) =>
  ({ reservationId, arrival, departure, room, language, guestName, status }) satisfies Readonly<
    Record<string, JsonValue>
  >;

export type StayWrite =
  | {
      readonly kind: "written";
      readonly change: Change | null;
      readonly messageId: string;
      readonly conversationId: string;
    }
  /** Another language may do. */
  | { readonly kind: "refused"; readonly why: StayReason }
  | { readonly kind: "later"; readonly why: StayReason };

/** By what error a message cannot go at all. */
const REFUSALS: Readonly<Partial<Record<ErrorCode, StayReason>>> = {
  window_closed: "window_closed",
  marketing_stopped: "marketing_stopped",
  template_unknown: "template_refused",
  template_not_approved: "template_refused",
  template_unsupported: "template_refused",
  template_parameters_wrong: "template_refused",
  payload_invalid: "template_refused",
  recipient_moved: "recipient_moved",
  department_unknown: "no_way",
  number_unknown: "no_way",
  not_found: "guest_unknown",
};

/** Why a message cannot go that the desk wants to send by itself; null: it is a fault. */
export const refusalOf = (error: unknown): StayReason | null => REFUSALS[codeOf(error) as ErrorCode] ?? null;

/** Whether there is another language to be tried after this. */
export const isOfLanguage = (why: StayReason): boolean => why === "template_refused" || why === "window_closed";

/**
 * What it changes that a rule's message goes: a first message as any other, which takes the guest out of no conversation that they
 * are in the middle of.
 */
export function decideStayMessage(
  state: RecipientState,
  stay: GuestStay,
  { rule }: StayPlan,
  { department, offer = false }: Pick<StayMessage, "department" | "offer">,
  { language, content, fallback }: StayWords,
  hotel: Hotel,
  now: Date,
): StayWrite {
  if (stay.guest === null) return { kind: "refused", why: "guest_unknown" };
  const { existing } = state;
  if (existing !== null) {
    const { id: messageId, conversationId } = existing.message;
    return { kind: "written", change: null, messageId, conversationId };
  }
  if (offer && !mayMarket(state.consents)) return { kind: "refused", why: "marketing_stopped" };
  if (state.chats.some(({ automated }) => tooMuch(automated, now) !== null)) return { kind: "later", why: "talking" };
  const current = currentOf(state, hotel, now);
  // Nobody is spoken to by two machines at once.
  const inFlow = current?.mode === "flow" && current.speaker === "bot";
  if (inFlow && !passed(current.lastMessageAt, now, hotel.clocks.flowStepMs ?? DEFAULT_CLOCKS.flowStepMs))
    return { kind: "later", why: "talking" };
  const departmentId = department ?? current?.departmentId ?? hotel.departments[0]?.id ?? "";
  const input = {
    clientMessageId: clientIdOf(stay.reservationId, rule),
    departmentId,
    to: stay.guest,
    phoneNumberId: null,
    content,
    fallback,
    urgent: false,
    identityKeyHash: null,
  };
  const command = { id: stayRootId(stay.reservationId, rule), by: STAYS, reason: "stay", now };
  try {
    const decided = decideWrite(state, input, hotel, command);
    if (decided.kind === "existing") throw new ConversationError("internal");
    const { change, message, conversation } = decided;
    const reason = {
      code: "stay_message",
      at: now,
      details: { rule, reservationId: stay.reservationId, language },
    } as const;
    return {
      kind: "written",
      messageId: message.id,
      conversationId: conversation.id,
      change: {
        ...change,
        chat: change.chat && {
          ...change.chat,
          currentConversationId: current?.id ?? change.chat.currentConversationId,
        },
        messages: change.messages.map((one) => ({ ...one, reasons: [...one.reasons, reason] })),
      },
    };
  } catch (error) {
    const why = refusalOf(error);
    if (why === null) throw error;
    return { kind: "refused", why };
  }
}

/** The same message asked for twice is one, whatever else is lost. */
export const clientIdOf = (reservationId: string, rule: string): string => `stay:${reservationId}:${rule}`;

/** The conversation that the guest is in the middle of; null: none. */
function currentOf(
  { chats, conversations }: Pick<RecipientState, "chats" | "conversations">,
  hotel: Hotel,
  now: Date,
): Conversation | null {
  const idle = ({ lastMessageAt }: Conversation): boolean =>
    passed(lastMessageAt, now, hotel.clocks.conversationIdleMs);
  const current = chats.flatMap(({ currentConversationId }) => currentConversationId ?? []);
  return conversations.find((one) => current.includes(one.id) && one.status === "open" && !idle(one)) ?? null;
}

/** When what had to wait because the desk had said too much is looked at again. */
export const afterGap = ({ stays }: Hotel, now: Date): Date => new Date(now.getTime() + (stays?.gapMs ?? GAP_MS));
