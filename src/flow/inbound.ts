import { heardIn, withAnswer, withStop } from "../decide/automation.js";
import { decideRouted, type InboundInput } from "../decide/inbound.js";
import { flowMessageId, flowRunId, messageId as messageIdOf } from "../decide/ids.js";
import type { FlowListener } from "../decide/item.js";
import { routeMessage, type Route, type Target } from "../decide/routing.js";
import type { Change } from "../domain/change.js";
import { newChat } from "../domain/chat.js";
import { passed } from "../domain/clocks.js";
import type { Conversation } from "../domain/conversation.js";
import type { FlowRun } from "../domain/flow-run.js";
import type { Hotel } from "../domain/hotel.js";
import { promptOf, type FlowPrompt } from "../domain/prompt.js";
import type { ReasonCode } from "../domain/reason.js";
import type { ChatState } from "../ports/work-storage.js";
import { advance, type Advance } from "./advance.js";
import { goneFlow, type FlowBook } from "./book.js";
import { newRun, worldOf } from "./run.js";
import { languageOf, textsOf } from "./texts.js";
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
    if (prompt !== undefined && prompt.kind !== "flow") return null;
    if (prompt !== undefined) return tap(book, state, prompt, input, hotel, now);

    const quoted = input.message.quotedWamid === null ? undefined : state.known.get(input.message.quotedWamid);
    const conversationId = quoted?.isOwn === true ? quoted.conversationId : (state.chat?.currentConversationId ?? null);
    const found = state.runs.find((run) => run.conversationId === conversationId);
    const at = found && botIn(state, found);
    if (found !== undefined && at !== undefined) {
      const answersOld = found.records.some((one) => one.messageId === quoted?.messageId && one.result !== "pending");
      if (quoted !== undefined && answersOld) return over(book, state, found, at, input, hotel, now);
      return heard(book, state, found, at, input, hotel, now);
    }
    return quoted === undefined ? begun(book, state, input, hotel, now) : null;
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
  const stops = move.run.status === "stopped";
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
  decideRouted(state, input, to({ kind: "existing", conversation: at }, "current_conversation"), hotel, now);

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
  const move: Advance = {
    run: { ...run, toldOverAt: now },
    says: [
      {
        id: flowMessageId(input.workId, 0),
        content: { type: "text", text: textsOf(flow, languageOf(flow, hotel)).over },
        step: run.step,
        result: "skipped",
        goodbye: false,
      },
    ],
    prompt: null,
    calls: [],
    timers: [],
    handoff: null,
    heard: null,
    done: [],
  };
  return weaveIn(flow, move, base, state, at, input, hotel, now, book);
}

/** A message that begins a flow, unless somebody of the hotel is talking with the guest. */
function begun(book: FlowBook, state: ChatState, input: InboundInput, hotel: Hotel, now: Date): Change | null {
  const { content } = input.message;
  const found = book.begunBy(content);
  if (found === null) return null;
  const { flow, given } = found;
  const currentId = state.chat?.currentConversationId ?? null;
  const current = state.conversations.find(({ id, status }) => id === currentId && status === "open") ?? null;
  const spokenTo =
    current?.speaker === "human" &&
    !(current.lastGuestMessageAt !== null && passed(current.lastGuestMessageAt, now, hotel.clocks.conversationIdleMs));
  if (spokenTo && content.type === "text") return null;
  const departmentId = departmentFor(flow, current, hotel);
  const open = state.conversations.find(
    ({ status, mode, departmentId: own }) => status === "open" && mode === "flow" && own === departmentId,
  );
  if (open !== undefined && (open.speaker === "human" || state.runs.some((run) => run.conversationId === open.id)))
    return null;
  const target: Target =
    open === undefined ? { kind: "new", departmentId, mode: "flow" } : { kind: "existing", conversation: open };
  const runId = flowRunId(input.workId);
  const mark = { flowId: flow.id, runId, step: flow.first ?? "", result: "succeeded" } as const;
  const base = decideRouted(state, input, to(target, "flow_started"), hotel, now, mark);
  const conversation = base.conversations.find(({ id }) => id === base.chat?.currentConversationId);
  if (conversation === undefined) return null;
  const cameFrom = current !== null && current.id !== conversation.id ? current.id : null;
  const run = newRun(runId, flow, conversation, { cameFrom, given, now });
  const move = advance(flow, run, { kind: "begin" }, worldOf(book, state.guest, hotel, input.workId, now));
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
    others: state.conversations.filter(({ id, status }) => id !== before.id && status === "open"),
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

const to = (target: Target, reason: ReasonCode): Route => ({ target, settles: null, menu: "none", reasons: [reason] });

const reasonOf = ({ heard: mark, handoff }: Advance): ReasonCode =>
  mark?.result === "failed"
    ? "flow_not_understood"
    : mark?.result === "skipped" || handoff?.why === "asked"
      ? "flow_word"
      : "flow_answer";
