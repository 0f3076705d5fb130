import { about, place } from "../decide/arrival.js";
import { stayTriggerOf, type StayFlow } from "../decide/stay.js";
import { conversationId, flowRunId } from "../decide/ids.js";
import { noChange, type Change } from "../domain/change.js";
import { newChat } from "../domain/chat.js";
import { tooMuch } from "../domain/automation.js";
import { DEFAULT_CLOCKS, passed } from "../domain/clocks.js";
import { mayMarket } from "../domain/consent.js";
import { isLive } from "../domain/flow-run.js";
import type { Hotel } from "../domain/hotel.js";
import type { JsonValue } from "../domain/json.js";
import { windowIsOpen } from "../domain/service-window.js";
import type { StayReason } from "../domain/stay.js";
import { ConversationError } from "../errors.js";
import type { ChatState } from "../ports/work-storage.js";
import { advance } from "./advance.js";
import type { FlowBook } from "./book.js";
import { departmentFor } from "./inbound.js";
import { newRun, worldOf } from "./run.js";
import { languageFor } from "./texts.js";
import type { Flow, PmsBeginning, Trigger } from "./types.js";
import { withinBudget } from "./weave.js";

/** The newest of each flow that something about a stay begins. */
export const stayFlows = ({ all, newest }: Pick<FlowBook, "all" | "newest">): readonly StayFlow[] =>
  all
    .filter((flow) => newest(flow.id) === flow)
    .map(({ id, triggers }) => ({ id, on: [...new Set(pmsOf(triggers).map(({ on }) => on))] }))
    .filter(({ on }) => on.length > 0);

const pmsOf = (triggers: readonly Trigger[]): readonly Extract<Trigger, { kind: "pms" }>[] =>
  triggers.flatMap((one) => (one.kind === "pms" ? [one] : []));

/** How a rule of a stay begins a flow. Two triggers on one event are one: what sells something in one sells it in both. */
export function beginningOf(flow: Flow, rule: string): PmsBeginning {
  const all = pmsOf(flow.triggers);
  const on = stayTriggerOf(rule) ?? all[0]?.on;
  const fit = all.filter((one) => one.on === on);
  const templates = fit.find((one) => one.templates !== undefined)?.templates;
  return { offer: fit.some(({ offer = false }) => offer), ...(templates !== undefined && { templates }) };
}

export type StayFlowBegin =
  | { readonly kind: "begun"; readonly change: Change; readonly conversationId: string }
  /** It may begin another time. */
  | { readonly kind: "later"; readonly why: StayReason }
  /** It will not. */
  | { readonly kind: "never"; readonly why: StayReason };

/**
 * Begins a flow with a guest because of what happens to their stay, as staff would: in a conversation of its own, in which the bot speaks.
 * Nobody is taken out of a talk with a person.
 */
export function decideStayFlow(
  state: ChatState,
  phoneNumberId: string,
  flow: Flow,
  { offer = false }: PmsBeginning,
  given: Readonly<Record<string, JsonValue>>,
  book: FlowBook,
  hotel: Hotel,
  rootId: string,
  now: Date,
): StayFlowBegin {
  const { guest, runs } = state;
  const chat = state.chat ?? newChat(hotel.id, phoneNumberId, guest.id);
  // Who wants no offers gets none, at whatever time.
  if (offer && !mayMarket(state.consents)) return { kind: "never", why: "marketing_stopped" };
  const opened = state.conversations.filter(({ status }) => status === "open");
  const current = opened.find(({ id }) => id === chat.currentConversationId) ?? null;
  const idleMs = hotel.clocks.conversationIdleMs;
  if (current?.speaker === "human" && !passed(current.lastMessageAt, now, idleMs))
    return { kind: "later", why: "talking" };
  // Nobody is spoken to by two machines at once, or too often by one.
  const inFlow = current?.mode === "flow" && current.speaker === "bot";
  if (inFlow && !passed(current.lastMessageAt, now, hotel.clocks.flowStepMs ?? DEFAULT_CLOCKS.flowStepMs))
    return { kind: "later", why: "flow_running" };
  if (tooMuch(chat.automated, now) !== null) return { kind: "later", why: "talking" };
  // What it says first may come only once the host has answered: without a window it would reach nobody.
  if (!windowIsOpen(chat.windowClosesAt, now)) return { kind: "never", why: "window_closed" };
  const departmentId = departmentFor(flow, current, hotel);
  const open = opened.find((one) => one.mode === "flow" && one.departmentId === departmentId);
  if (
    open !== undefined &&
    (open.speaker === "human" || runs.some((run) => isLive(run) && run.conversationId === open.id))
  )
    return { kind: "later", why: "flow_running" };

  const target = open ?? {
    ...place(guest, { target: { kind: "new", departmentId, mode: "flow" } }, phoneNumberId, rootId, hotel, now),
    id: conversationId(rootId),
  };
  const conversation = { ...target, speaker: "bot" } as const;
  const cameFrom = current !== null && current.id !== target.id ? current.id : null;
  // What the hotel's own system says that they speak counts before what the hotel does.
  const { language: told = guest.language } = given;
  const world = worldOf(book, typeof told === "string" ? { ...guest, language: told } : guest, hotel, rootId, now);
  const language = languageFor(flow, world);
  const run = newRun(flowRunId(rootId), flow, conversation, { cameFrom, given, language, now });
  const move = advance(flow, run, { kind: "begin" }, world);
  if (move === null) throw new ConversationError("internal");
  const isNew = open === undefined;
  const base: Change = {
    ...noChange(hotel.id),
    chat: { ...chat, currentConversationId: conversation.id, ratingPromptId: null },
    participants: isNew ? [{ conversationId: conversation.id, kind: "guest", id: guest.id, readSeq: 0 }] : [],
    events: isNew ? [about(conversation, { type: "conversation.opened" })] : [],
  };
  const change = withinBudget(flow, move, {
    base,
    conversation,
    chat: base.chat ?? chat,
    wasRead: isNew || target.readSeq === target.lastSeq,
    others: opened.filter(({ id }) => id !== conversation.id),
    hotel,
    world,
  });
  return { kind: "begun", change, conversationId: conversation.id };
}
