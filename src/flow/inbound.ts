import { heardIn, withAnswer, withStop } from "../decide/automation.js";
import { decideRouted, type InboundInput } from "../decide/inbound.js";
import { flowPromptId, flowRunId, messageId as messageIdOf } from "../decide/ids.js";
import type { FlowListener } from "../decide/item.js";
import { offersFlow } from "../decide/menu.js";
import { routeMessage, type Route, type Target } from "../decide/routing.js";
import type { Change } from "../domain/change.js";
import type { MessageContent } from "../domain/content.js";
import { newChat } from "../domain/chat.js";
import { passed } from "../domain/clocks.js";
import type { Conversation } from "../domain/conversation.js";
import type { FlowRun } from "../domain/flow-run.js";
import type { Hotel } from "../domain/hotel.js";
import type { JsonValue } from "../domain/json.js";
import { promptOf, type FlowPrompt } from "../domain/prompt.js";
import type { ReasonCode } from "../domain/reason.js";
import type { ChatState } from "../ports/work-storage.js";
import { advance, type Advance } from "./advance.js";
import { goneFlow, type FlowBook } from "./book.js";
import { formTokenIn } from "./moves.js";
import { newRun, worldOf } from "./run.js";
import { languageFor } from "./texts.js";
import type { Flow } from "./types.js";
import { keptBack, woven } from "./weave.js";

/**
 * Guests' messages that are a flow's: a tap on its question, a message that quotes one, whatever comes in the conversation that the
 * guest has in hand while the flow speaks there, and what begins one. A tap on a question that is over does nothing.
 */
export const flowListener =
  (book: FlowBook): FlowListener =>
  (state, input, hotel, now) => {
    const { content } = input.message;
    const tapped = content.type === "choice" ? promptOf(content.id) : null;
    const prompt = state.prompts.find((one) => one.id === tapped);
    // A department was chosen, or a rating given: the guest knows what they want.
    if (prompt !== undefined && prompt.kind !== "flow") return chosen(book, state, input, hotel, now);
    if (prompt !== undefined) return tap(book, state, prompt, input, hotel, now);

    const quoted = input.message.quotedWamid === null ? undefined : state.known.get(input.message.quotedWamid);
    const conversationId = quoted?.isOwn === true ? quoted.conversationId : (state.chat?.currentConversationId ?? null);
    const found = state.runs.find((run) => run.conversationId === conversationId);
    const at = found && botIn(state, found);
    if (found !== undefined && at !== undefined) {
      if ((quoted !== undefined && isOldQuestion(found, quoted.messageId)) || isOldForm(book, found, content, now))
        return over(book, state, found, at, input, hotel, now);
      return heard(book, state, found, at, input, hotel, now);
    }
    // Whoever taps a button quotes what it stands on.
    const mayBegin = quoted === undefined || content.type === "choice";
    return (mayBegin ? begun(book, state, input, hotel, now) : null) ?? chosen(book, state, input, hotel, now);
  };

function tap(
  book: FlowBook,
  state: ChatState,
  prompt: FlowPrompt,
  input: InboundInput,
  hotel: Hotel,
  now: Date,
): Change | null {
  const run = state.runs.find(({ id }) => id === prompt.runId);
  const at = run && botIn(state, run);
  if (run !== undefined && at !== undefined)
    return run.promptId === prompt.id
      ? heard(book, state, run, at, input, hotel, now)
      : over(book, state, run, at, input, hotel, now);
  // A person has the run, and reads what is tapped.
  if (run !== undefined) return null;
  // The flow is over. What was asked in it is no reason to open its conversation again.
  const route = routeMessage(state, { ...input.message, quotedWamid: null }, hotel, now);
  return decideRouted(state, input, { ...route, reasons: ["flow_over", ...route.reasons] }, hotel, now);
}

/** A message that asked, or asked again, what is not asked any more. */
const isOldQuestion = ({ records }: FlowRun, messageId: string): boolean =>
  records.some(
    ({ result, messageId: asked, askedAgainIn = [] }) =>
      result !== "pending" && (asked === messageId || askedAgainIn.includes(messageId)),
  );

/** A form that another question of the run opened, by its token: what is filled in there late answers nothing. */
function isOldForm(book: FlowBook, run: FlowRun, content: MessageContent, now: Date): boolean {
  const token = content.type === "flowReply" ? formTokenIn(content.answers) : null;
  if (token === null) return false;
  const promptId = book.forms === undefined ? token : (book.forms.open(token, now)?.promptId ?? "");
  return promptId !== run.promptId && promptId.startsWith(flowPromptId(run.id, ""));
}

/** Where the run speaks; undefined where a person does. */
const botIn = (state: ChatState, run: FlowRun): Conversation | undefined =>
  state.conversations.find(
    ({ id, status, speaker }) => id === run.conversationId && status === "open" && speaker === "bot",
  );

function heard(
  book: FlowBook,
  state: ChatState,
  stored: FlowRun,
  at: Conversation,
  input: InboundInput,
  hotel: Hotel,
  now: Date,
): Change | null {
  const { flow: own, run } = book.of(stored);
  const flow = own ?? goneFlow(run);
  const world = worldOf(book, state.guest, hotel, input.workId, now);
  const { content } = input.message;
  const move =
    own === null
      ? advance(flow, run, { kind: "park", why: "version_gone" }, world)
      : advance(flow, run, { kind: "heard", content, messageId: messageIdOf(input.workId) }, world);
  if (move === null) return run.status === "running" ? silent(state, at, input, hotel, now) : null;
  const stops = move.run.status === "stopped" || move.handoff?.why === "stopped";
  const mark =
    move.heard === null ? null : { flowId: flow.id, runId: run.id, step: move.heard.step, result: move.heard.result };
  // Whoever stops may mean the hotel's offers as well, and is heard: that answer is the one that they get.
  const base = decideRouted(
    state,
    input,
    to({ kind: "existing", conversation: at }, reasonOf(move)),
    hotel,
    now,
    stops ? null : mark,
  );
  const answered = stops && base.messages.length > 1;
  return weaveIn(flow, answered ? { ...move, says: [] } : move, base, state, at, input, hotel, now, book);
}

/** The host is being asked something: what the guest writes in those seconds is kept, and changes nothing. */
const silent = (state: ChatState, at: Conversation, input: InboundInput, hotel: Hotel, now: Date): Change =>
  decideRouted(state, input, to({ kind: "existing", conversation: at }, "flow_busy"), hotel, now);

function over(
  book: FlowBook,
  state: ChatState,
  stored: FlowRun,
  at: Conversation,
  input: InboundInput,
  hotel: Hotel,
  now: Date,
): Change {
  const base = decideRouted(state, input, to({ kind: "existing", conversation: at }, "flow_over"), hotel, now);
  const { flow, run } = book.of(stored);
  // Told once in a while: somebody taps all that there is.
  if (flow === null || (run.toldOverAt !== null && !passed(run.toldOverAt, now, hotel.clocks.menuRepromptMs)))
    return base;
  const move = advance(flow, run, { kind: "old" }, worldOf(book, state.guest, hotel, input.workId, now));
  return move === null ? base : weaveIn(flow, move, base, state, at, input, hotel, now, book);
}

/** A message that chooses a flow of the menu. */
function chosen(book: FlowBook, state: ChatState, input: InboundInput, hotel: Hotel, now: Date): Change | null {
  const isOffered =
    offersFlow(hotel) ||
    state.prompts.some(({ kind, options }) => kind === "departmentMenu" && options.some((one) => "flowId" in one));
  if (!isOffered) return null;
  const { begins, reasons, settles } = routeMessage(state, input.message, hotel, now, "begin");
  const flow = begins === undefined ? null : book.newest(begins);
  if (flow === null || !canBegin(flow, hotel)) return null;
  const place = placeFor(flow, settles === null ? currentOf(state) : null, state, hotel);
  if (place.isTaken) return goesOn(book, state, place.open, reasons, input, hotel, now);
  return started(book, flow, {}, place, { reasons: [...reasons, "flow_started"], settles }, state, input, hotel, now);
}

/** A message that begins a flow because somebody else says so; null where the hotel cannot begin it. */
export function beginFlow(
  book: FlowBook,
  flow: Flow,
  given: Readonly<Record<string, JsonValue>>,
  reason: ReasonCode,
  state: ChatState,
  input: InboundInput,
  hotel: Hotel,
  now: Date,
): Change | null {
  if (!canBegin(flow, hotel)) return null;
  const current = currentOf(state);
  // What they wrote before they had a department goes on in the flow's conversation.
  const isWaiting = current?.departmentId === null && current.mode === "service" && current.speaker === "bot";
  const place = placeFor(flow, isWaiting ? null : current, state, hotel);
  if (place.isTaken) return goesOn(book, state, place.open, [reason], input, hotel, now);
  const route = { reasons: [reason, "flow_started"] as const, settles: isWaiting ? current : null };
  return started(book, flow, given, place, route, state, input, hotel, now);
}

/** A hotel that has not the department of a flow cannot do what is asked for in it. */
export const canBegin = ({ departmentId }: Flow, { departments }: Hotel): boolean =>
  departmentId === null || departments.some(({ id }) => id === departmentId);

/** Whoever chooses the flow that they are on their way through is asked its question again; where a person has it, they read it. */
function goesOn(
  book: FlowBook,
  state: ChatState,
  at: Conversation,
  reasons: readonly ReasonCode[],
  input: InboundInput,
  hotel: Hotel,
  now: Date,
): Change {
  const route = to({ kind: "existing", conversation: at }, "flow_running");
  const base = decideRouted(state, input, { ...route, reasons: [...reasons, ...route.reasons] }, hotel, now);
  const stored = at.speaker === "bot" ? state.runs.find((run) => run.conversationId === at.id) : undefined;
  const stands = stored && book.of(stored);
  // Where no question stands open there is none to ask again.
  if (stands?.flow == null || stands.run.promptId === null) return base;
  const world = worldOf(book, state.guest, hotel, input.workId, now);
  const move = advance(stands.flow, stands.run, { kind: "resume" }, world);
  return move === null ? base : weaveIn(stands.flow, move, base, state, at, input, hotel, now, book);
}

/** A message that begins a flow, unless somebody of the hotel is talking with the guest. */
function begun(book: FlowBook, state: ChatState, input: InboundInput, hotel: Hotel, now: Date): Change | null {
  const { content } = input.message;
  const found = book.begunBy(content);
  if (found === null) return null;
  const { flow, given } = found;
  const current = currentOf(state);
  const spokenTo =
    current?.speaker === "human" &&
    !(current.lastGuestMessageAt !== null && passed(current.lastGuestMessageAt, now, hotel.clocks.conversationIdleMs));
  if (spokenTo && content.type === "text") return null;
  const place = placeFor(flow, current, state, hotel);
  if (place.isTaken) return null;
  return started(book, flow, given, place, { reasons: ["flow_started"], settles: null }, state, input, hotel, now);
}

const currentOf = ({ chat, conversations }: ChatState): Conversation | null =>
  conversations.find(({ id, status }) => id === chat?.currentConversationId && status === "open") ?? null;

/** Where a flow begins. Taken: a run is under way there, or a person speaks. */
type Place =
  | { readonly departmentId: string | null; readonly open: Conversation; readonly isTaken: boolean }
  | { readonly departmentId: string | null; readonly open: null; readonly isTaken: false };

function placeFor(flow: Flow, current: Conversation | null, state: ChatState, hotel: Hotel): Place {
  const departmentId = departmentFor(flow, current, hotel);
  const open = state.conversations.find(
    ({ status, mode, departmentId: own }) => status === "open" && mode === "flow" && own === departmentId,
  );
  if (open === undefined) return { departmentId, open: null, isTaken: false };
  const isTaken = open.speaker === "human" || state.runs.some((run) => run.conversationId === open.id);
  return { departmentId, open, isTaken };
}

function started(
  book: FlowBook,
  flow: Flow,
  given: Readonly<Record<string, JsonValue>>,
  { departmentId, open }: Place,
  { reasons, settles }: Pick<Route, "reasons" | "settles">,
  state: ChatState,
  input: InboundInput,
  hotel: Hotel,
  now: Date,
): Change | null {
  const current = currentOf(state);
  const target: Target =
    open === null ? { kind: "new", departmentId, mode: "flow" } : { kind: "existing", conversation: open };
  const runId = flowRunId(input.workId);
  const mark = { flowId: flow.id, runId, step: flow.first ?? "", result: "succeeded" } as const;
  const base = decideRouted(state, input, { target, settles, menu: "none", reasons }, hotel, now, mark);
  const conversation = base.conversations.find(({ id }) => id === base.chat?.currentConversationId);
  if (conversation === undefined) return null;
  // What goes on in the flow's own conversation is no place to come back to.
  const comesBack = current !== null && current.id !== conversation.id && current.id !== settles?.id;
  const cameFrom = comesBack ? current.id : null;
  const world = worldOf(book, state.guest, hotel, input.workId, now);
  const run = newRun(runId, flow, conversation, { cameFrom, given, language: languageFor(flow, world), now });
  const move = advance(flow, run, { kind: "begin" }, world);
  return move && weaveIn(flow, move, base, state, conversation, input, hotel, now, book);
}

/** The flow's own, else the one that the guest is with, else the only one. */
export function departmentFor(
  flow: Flow,
  current: Pick<Conversation, "departmentId"> | null,
  hotel: Hotel,
): string | null {
  const has = (id: string): boolean => hotel.departments.some((department) => department.id === id);
  const [first, second] = hotel.departments;
  if (flow.departmentId !== null && has(flow.departmentId)) return flow.departmentId;
  return current?.departmentId ?? (second === undefined ? (first?.id ?? null) : null);
}

function weaveIn(
  flow: Flow,
  move: Advance,
  base: Change,
  state: ChatState,
  before: Conversation,
  input: InboundInput,
  hotel: Hotel,
  now: Date,
  book: FlowBook,
): Change {
  const conversation = base.conversations.find(({ id }) => id === before.id) ?? before;
  const world = worldOf(book, state.guest, hotel, input.workId, now);
  const loom = {
    base,
    conversation,
    chat: base.chat ?? state.chat ?? newChat(hotel.id, input.phoneNumberId, state.guest.id),
    wasRead: before.version === 0 || before.readSeq === before.lastSeq,
    others: state.conversations.filter(({ id, status }) => id !== before.id && status === "open" && !closes(base, id)),
    hotel,
    world,
  };
  // A tap on a question of ours, and nothing that another desk's flow could say.
  const { content } = input.message;
  const isTap = content.type === "choice" && state.prompts.some(({ id }) => id === promptOf(content.id));
  const heard = heardIn(content, isTap, move.heard?.result === "succeeded");
  const { because, automated } = withAnswer(loom.chat, heard, move.says.length, now);
  const chat = { ...loom.chat, automated };
  if (because === null) return woven(flow, move, { ...loom, chat, base: { ...base, chat } });
  const told = withStop({ ...base, chat }, { workId: input.workId, conversation, now }, because);
  return woven(flow, keptBack(flow, move, [], "loops", world), { ...loom, chat, base: told });
}

const closes = ({ conversations }: Change, id: string): boolean =>
  conversations.some((one) => one.id === id && one.status === "closed");

const to = (target: Target, reason: ReasonCode): Route => ({ target, settles: null, menu: "none", reasons: [reason] });

const reasonOf = ({ heard: mark, handoff }: Advance): ReasonCode =>
  handoff?.why === "version_gone"
    ? "flow_gone"
    : mark?.result === "failed"
      ? "flow_not_understood"
      : mark?.result === "skipped" || handoff?.why === "asked"
        ? "flow_word"
        : "flow_answer";
