import { createHash } from "node:crypto";
import { z } from "zod";
import { stayLane } from "../decide/ids.js";
import { maskedContent } from "../decide/masked.js";
import { reach, type Roles } from "../domain/access.js";
import { maskCardNumbers } from "../domain/card-numbers.js";
import type { Hotel } from "../domain/hotel.js";
import type { JsonValue } from "../domain/json.js";
import { flawOf, type Principal } from "../domain/principal.js";
import type { NewCommand } from "../domain/work.js";
import { ConversationError } from "../errors.js";
import type { HotelsPort } from "../ports/hotels.js";
import { checkOutgoing } from "./check-outgoing.js";
import type { Desk } from "./desk-api.js";
import type { FirstMessage, Reply, StartFlow } from "./desk-shapes.js";
import { recipientOf } from "./outbound-desk.js";
import { checkPmsEvent, type PmsEvent } from "./pms-event.js";
import { POLICY } from "./policy.js";

/** Something the desk does later, once the transaction in which it was asked for has been committed. */
export type Intent = Asked &
  (
    | ({ readonly type: "reply"; readonly conversationId: string } & WithOwnId<Reply>)
    | ({ readonly type: "write" } & FirstMessage)
    | {
        readonly type: "transfer";
        readonly conversationId: string;
        readonly departmentId: string;
        readonly reason?: string;
      }
    | { readonly type: "close" | "reopen"; readonly conversationId: string; readonly reason?: string }
    | ({ readonly type: "startFlow"; readonly conversationId: string } & Pick<StartFlow, "flowId" | "given" | "reason">)
    | { readonly type: "markRead"; readonly conversationId: string; readonly seq?: number }
    /** What the hotel's own system tells: taken in once the transaction is committed in which the host heard of it. */
    | ({ readonly type: "applyPms" } & PmsEvent)
  );

interface Asked {
  readonly hotelId: string;
  /** In whose name, with whose rights; `{ kind: "system", id: "host" }` by default, which writes as a bot does. */
  readonly by?: Principal;
}

/** Without a `clientMessageId` each intent is a message of its own. */
type WithOwnId<T extends { readonly clientMessageId: string }> = Omit<T, "clientMessageId"> &
  Partial<Pick<T, "clientMessageId">>;

const HOST: Principal = { kind: "system", id: "host" };

/** An intent as it is stored. */
type StoredIntent = Intent & {
  readonly by: Principal;
  /** How many card numbers were masked in it before it was stored. */
  readonly maskedCards?: number;
};

const Id = z
  .string()
  .min(1)
  .max(200)
  .refine((id) => !/\0|\p{Cs}/u.test(id), "an id has neither NUL nor half a character");
const asked = { hotelId: Id, by: z.custom<Principal>().optional() };
const conversation = { ...asked, conversationId: Id };
const reason = { reason: z.string().max(1_000).optional() };
/** The payload builder looks at what stands in a content. */
const Content = z.looseObject({ type: z.string() });
const outgoing = {
  clientMessageId: z.string().min(1).max(128).optional(),
  content: Content,
  fallback: Content.optional(),
  urgent: z.boolean().optional(),
  identityKeyHash: Id.optional(),
};

const IntentSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("reply"), ...conversation, ...outgoing, quotes: Id.optional() }),
  z.strictObject({
    type: z.literal("write"),
    ...asked,
    ...outgoing,
    departmentId: Id,
    to: z.union([
      z.strictObject({ waId: z.string().max(200) }),
      z.strictObject({ bsuid: z.string().max(200) }),
      z.strictObject({ guestId: Id }),
    ]),
    phoneNumberId: Id.optional(),
  }),
  z.strictObject({ type: z.literal("transfer"), ...conversation, ...reason, departmentId: Id }),
  z.strictObject({ type: z.enum(["close", "reopen"]), ...conversation, ...reason }),
  z.strictObject({
    type: z.literal("startFlow"),
    ...conversation,
    ...reason,
    flowId: Id,
    given: z.record(z.string(), z.json()).optional(),
  }),
  z.strictObject({ type: z.literal("markRead"), ...conversation, seq: z.int().min(0).optional() }),
]);

/** A PMS event is checked as the verb checks it. */
const ByHotel = z.looseObject(asked);
const eventOf = ({ type: _type, by: _by, ...event }: Extract<Intent, { type: "applyPms" }>): PmsEvent => event;

/** An intent is called as the verb of the desk that does it. */
const TYPES: readonly Intent["type"][] = [
  "reply",
  "write",
  "transfer",
  "close",
  "reopen",
  "startFlow",
  "markRead",
  "applyPms",
];

/**
 * Makes work of an intent, once all is checked of it that needs no conversation: what is wrong then is the host's to mend in the same
 * transaction.
 * @throws {ConversationError} `request_invalid`, `principal_invalid`, `payload_invalid`, `department_unknown`; `not_found` for a hotel
 *   or a number that there is not, or that is out of reach; `hotels_unavailable`
 */
export async function commandOf(
  intent: Intent,
  id: string,
  hotels: Pick<HotelsPort, "byId">,
  roles: Roles,
  masksCards: boolean,
): Promise<NewCommand> {
  if (intent.type === "applyPms") checkPmsEvent(eventOf(intent));
  const parsed = intent.type === "applyPms" ? ByHotel.safeParse(intent) : IntentSchema.safeParse(intent);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
    throw new ConversationError("request_invalid", { issues });
  }
  const { by = HOST } = intent;
  const flaw = flawOf(by, roles);
  if (flaw !== null) throw new ConversationError("principal_invalid", { ...flaw });
  const within = reach(by, POLICY[intent.type], roles);
  if (within !== "everything" && !("hotels" in within && within.hotels.has(intent.hotelId)))
    throw new ConversationError("not_found");
  if (intent.type === "reply" || intent.type === "write") checkWords(intent);
  const subject = subjectOf(intent);
  const hotel = await hotels.byId(intent.hotelId);
  if (hotel === null) throw new ConversationError("not_found");
  checkPlaces(intent, hotel);
  const stored: StoredIntent = { ...(masksCards ? withoutCards(intent) : intent), by };
  return { hotelId: intent.hotelId, id, subject, payload: JSON.parse(JSON.stringify(stored)) as JsonValue };
}

/** An intent waits in the database until it is done. */
function withoutCards(intent: Intent): Intent & Pick<StoredIntent, "maskedCards"> {
  const { reason: given } = intent as { readonly reason?: string };
  const why = given !== undefined && { reason: maskCardNumbers(given).text };
  if (intent.type !== "reply" && intent.type !== "write") return { ...intent, ...why };
  const { content, cards } = maskedContent(intent.content);
  const fallback = intent.fallback === undefined ? null : maskedContent(intent.fallback);
  const maskedCards = cards + (fallback?.cards ?? 0);
  if (maskedCards === 0) return intent;
  return {
    ...intent,
    content,
    ...(fallback !== null && { fallback: fallback.content }),
    maskedCards,
  } as typeof intent & {
    readonly maskedCards: number;
  };
}

function checkWords(intent: Extract<Intent, { readonly content: unknown }>): void {
  const { content, fallback = null } = intent;
  const quotes = intent.type === "reply" && intent.quotes !== undefined;
  // Which message it is about is looked up when it is sent.
  checkOutgoing({ content: content.type === "reaction" ? { ...content, wamid: "0" } : content, fallback }, quotes);
}

function checkPlaces(intent: Intent, { id, departments, numbers }: Hotel): void {
  if ("departmentId" in intent && !departments.some((one) => one.id === intent.departmentId))
    throw new ConversationError("department_unknown", { hotelId: id });
  const from = intent.type === "write" ? intent.phoneNumberId : undefined;
  if (from !== undefined && !numbers.some(({ phoneNumberId }) => phoneNumberId === from))
    throw new ConversationError("not_found");
}

/** Lanes for writing to addresses: so many that one does not wait for another, and none that names an address. */
const ADDRESS_LANES = 64;

/** A conversation, a guest, or one of the lanes for addresses. */
function subjectOf(intent: Intent): string {
  if (intent.type === "applyPms") return "reservationId" in intent ? stayLane(intent.reservationId) : intent.taskId;
  if (intent.type !== "write") return intent.conversationId;
  const to = recipientOf(intent.to);
  if ("guestId" in to) return to.guestId;
  const [first = 0] = createHash("sha256").update(`${to.kind} ${to.value}`).digest();
  return `address_${String(first % ADDRESS_LANES)}`;
}

/** @throws {ConversationError} `decision_failed` for what this release does not know */
export function readIntent(payload: string): StoredIntent {
  const intent = JSON.parse(payload) as StoredIntent;
  if (!TYPES.includes(intent.type)) throw new ConversationError("decision_failed");
  return intent;
}

/** Does it, on the desk of whoever it was asked for. @param id of the work: a message without an id of its own is named by it */
export async function act(desk: Desk, intent: StoredIntent, id: string): Promise<void> {
  switch (intent.type) {
    case "reply": {
      const { type: _type, hotelId: _hotel, by: _by, conversationId, ...reply } = intent;
      await desk.reply(conversationId, { ...reply, clientMessageId: reply.clientMessageId ?? id });
      return;
    }
    case "write": {
      const { type: _type, by: _by, ...message } = intent;
      await desk.write({ ...message, clientMessageId: message.clientMessageId ?? id });
      return;
    }
    case "transfer":
      await desk.transfer(intent.conversationId, intent);
      return;
    case "close":
      await desk.close(intent.conversationId, intent);
      return;
    case "reopen":
      await desk.reopen(intent.conversationId, intent);
      return;
    case "startFlow":
      await desk.startFlow(intent.conversationId, intent);
      return;
    case "markRead":
      await desk.markRead(intent.conversationId, intent);
      return;
    case "applyPms":
      await desk.applyPms(eventOf(intent));
  }
}
