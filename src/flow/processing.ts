import { saidConsent } from "../decide/consent.js";
import { decideRouted, type InboundInput } from "../decide/inbound.js";
import { messageId } from "../decide/ids.js";
import type { FlowListener } from "../decide/item.js";
import { earlier } from "../decide/arrival.js";
import { offersFlow } from "../decide/menu.js";
import { routeMessage, routeTo, type Route } from "../decide/routing.js";
import { writtenIn } from "../decide/written.js";
import type { Change } from "../domain/change.js";
import type { Hotel } from "../domain/hotel.js";
import { promptOf } from "../domain/prompt.js";
import type { Reason } from "../domain/reason.js";
import { BUILT_IN_PROCESSORS, type BuiltInProcessor } from "../domain/processor.js";
import type { Destination, MessageToRoute, Processor } from "../ports/processor.js";
import type { ChatState } from "../ports/work-storage.js";
import type { FlowBook } from "./book.js";
import { beginFlow, canBegin, flowListener } from "./inbound.js";

/** What is asked of the host before a message is decided: one of its processors, its `classify`, or what language a guest speaks by its books. */
export type QuestionTo =
  | { readonly kind: "processor"; readonly name: string; readonly about: Omit<MessageToRoute, "signal"> }
  | { readonly kind: "classify"; readonly name: "classify"; readonly about: Omit<MessageToRoute, "signal"> }
  | { readonly kind: "language"; readonly name: "language"; readonly guest: ChatState["guest"] };

/** What the host answered to a question. */
export type Said =
  | { readonly kind: "takes"; readonly to: Destination; readonly confidence: number }
  | { readonly kind: "passes" }
  | { readonly kind: "speaks"; readonly language: string }
  | { readonly kind: "failed"; readonly because: NoAnswer };
/** `threw`; `late`: not within the deadline; `busy`: too many were asked already; `nonsense`: what there is not in this hotel. */
export type NoAnswer = "threw" | "late" | "busy" | "nonsense";

/** Who takes a guest's message, by name, in order. What is no built-in processor is one of the host's. */
export interface Processing {
  readonly order: readonly string[];
  readonly classifies: boolean;
  readonly minConfidence: number;
  /** The host's books may know what language a guest speaks. */
  readonly asksLanguage: boolean;
}

/** The answers so far, by the question's name, and who is told which is missing. A decision that lacks one is for nothing: it is to be made anew. */
export interface Asked {
  readonly said: ReadonlyMap<string, Said>;
  readonly unasked: (question: QuestionTo) => void;
}

/** Guests' messages by processors, each in its turn. Pure: what the host said is in `asked`. */
export function processing(
  { order, classifies, minConfidence, asksLanguage }: Processing,
  book: FlowBook,
  { said, unasked }: Asked,
): FlowListener {
  const flows = flowListener(book);
  // What is so by default `explain` can tell by itself.
  const tells = classifies || order.join() !== BUILT_IN_PROCESSORS.join();

  return (state, input, hotel, now) => {
    const passed: string[] = [];
    const failed: Reason[] = [];
    const world: World = { state, input, hotel, now, book };
    const fail = (processor: string, because: NoAnswer): void => {
      failed.push({ code: "processor_failed", at: now, details: { processor, because } });
    };
    const told = (change: Change, processor: string, details: Reason["details"] = {}): Change => {
      if (!tells) return change;
      const before = passed.length === 0 ? {} : { passed: passed.join(", ") };
      const reason: Reason = { code: "processed", at: now, details: { processor, ...before, ...details } };
      return withReasons(change, [...failed, reason]);
    };

    /** @returns null when it passes, or has not been asked */
    const ask = (question: QuestionTo): Extract<Said, { kind: "takes" | "speaks" }> | null => {
      const answer = said.get(question.name);
      if (answer === undefined) unasked(question);
      else if (answer.kind === "failed") fail(question.name, answer.because);
      return answer?.kind === "takes" || answer?.kind === "speaks" ? answer : null;
    };

    for (const name of order) {
      if (name === "flow") {
        const change = flows(state, input, hotel, now);
        if (change !== null) return told(change, name);
      } else if (name === "service") {
        const change = service(world);
        if (change !== null) return told(change, name);
      } else if (name === "fallback") break;
      else if (!isTap(state, input)) {
        const answer = ask({ kind: "processor", name, about: aboutOf(world) });
        if (answer === null && said.get(name) === undefined) return null;
        if (answer?.kind === "takes") {
          const change = taken(world, answer.to, "processor_chose");
          if (change !== null) return told(change, name, destinationOf(answer.to));
          fail(name, "nonsense");
        }
      } else continue;
      passed.push(name);
    }

    const route = routeMessage(state, input.message, hotel, now);
    if (!isUndecided(route)) return told(decideRouted(state, input, route, hotel, now), "fallback");
    if (classifies && isClassified(world)) {
      const answer = ask({ kind: "classify", name: "classify", about: aboutOf(world) });
      if (answer === null && said.get("classify") === undefined) return null;
      if (answer?.kind === "takes" && answer.confidence >= minConfidence) {
        const { to, confidence } = answer;
        const change = isForGuests(to, book, hotel) ? taken(world, to, "classified") : null;
        if (change !== null) return told(change, "classify", { ...destinationOf(to), confidence });
        fail("classify", "nonsense");
      }
      passed.push("classify");
    }
    const { guest } = state;
    if (route.menu === "none" || !asksLanguage || guest.language !== undefined)
      return told(decideRouted(state, input, route, hotel, now), "fallback");
    const answer = ask({ kind: "language", name: "language", guest });
    const speaking = answer?.kind === "speaks" ? { ...state, guest: { ...guest, language: answer.language } } : state;
    return told(decideRouted(speaking, input, route, hotel, now), "fallback");
  };
}

interface World {
  readonly state: ChatState;
  readonly input: InboundInput;
  readonly hotel: Hotel;
  readonly now: Date;
  readonly book: FlowBook;
}

const isBuiltIn = (name: string): name is BuiltInProcessor => (BUILT_IN_PROCESSORS as readonly string[]).includes(name);

/** What belongs to a conversation with a department. What a flow hears is none of it, wherever the two stand. */
function service({ state, input, hotel, now }: World): Change | null {
  const route = routeMessage(state, input.message, hotel, now);
  if (isUndecided(route)) return null;
  const { target } = route;
  const isFlows =
    target.kind === "existing" &&
    target.conversation.speaker === "bot" &&
    state.runs.some((run) => run.conversationId === target.conversation.id);
  return isFlows ? null : decideRouted(state, input, route, hotel, now);
}

const isUndecided = ({ reasons }: Route): boolean => reasons.includes("no_department_yet");

/** Where the host sends a message; null for what there is not in this hotel. */
function taken(world: World, to: Destination, reason: "processor_chose" | "classified"): Change | null {
  const { state, input, hotel, now, book } = world;
  if (to.flowId !== undefined) {
    const flow = book.newest(to.flowId);
    return flow === null ? null : beginFlow(book, flow, to.given ?? {}, reason, state, input, hotel, now);
  }
  const has = hotel.departments.some(({ id }) => id === to.departmentId);
  return has ? decideRouted(state, input, routeTo(state, to.departmentId, [reason]), hotel, now) : null;
}

/** What a guest's words lead to a guest could have begun by words: a flow that only staff begin is none. */
function isForGuests({ flowId }: Destination, book: FlowBook, hotel: Hotel): boolean {
  if (flowId === undefined) return true;
  const flow = book.newest(flowId);
  return flow !== null && (offersFlow(hotel, flowId) || flow.triggers.some(({ kind }) => kind !== "staff"));
}

/** Words that are neither a wish about offers nor a tap. */
function isClassified({ state, input: { workId, message }, now }: World): boolean {
  const { content, wamid, sentAt } = message;
  if ((writtenIn(content) ?? "").trim() === "") return false;
  return saidConsent(state, { workId, wamid, content, sentAt: earlier(sentAt, now) }, now) === null;
}

const isTap = ({ prompts }: ChatState, { message: { content } }: InboundInput): boolean =>
  content.type === "choice" && prompts.some(({ id }) => id === promptOf(content.id));

function aboutOf({ state, input, hotel, book }: World): Omit<MessageToRoute, "signal"> {
  const { guest, chat, conversations } = state;
  const { message, workId } = input;
  const current = conversations.find(({ id, status }) => id === chat?.currentConversationId && status === "open");
  return {
    hotelId: hotel.id,
    messageId: messageId(workId),
    guest: {
      id: guest.id,
      name: message.profileName ?? guest.name,
      ...(guest.language !== undefined && { language: guest.language }),
    },
    content: message.content,
    text: writtenIn(message.content),
    sentAt: message.sentAt,
    departmentId: current?.departmentId ?? null,
    speaker: current?.speaker ?? "bot",
    departments: hotel.departments.map(({ id, name }) => ({ id, name })),
    flows: [...new Set(book.all.filter((flow) => canBegin(flow, hotel)).map(({ id }) => id))],
  };
}

const destinationOf = (to: Destination): Record<string, string> =>
  to.flowId === undefined ? { departmentId: to.departmentId } : { flowId: to.flowId };

const withReasons = (change: Change, reasons: readonly Reason[]): Change => ({
  ...change,
  messages: change.messages.map((message) =>
    message.direction === "inbound" ? { ...message, reasons: [...message.reasons, ...reasons] } : message,
  ),
});

/** What is wrong with the host's processors. @returns null for nothing */
export function processorsFlaw(processors: readonly unknown[]): string | null {
  const names = processors.map((one) =>
    typeof one === "string" ? one : String((one as Partial<Processor> | null)?.name),
  );
  const known = processors.every((one, index) =>
    typeof one === "string"
      ? isBuiltIn(one)
      : typeof (one as Partial<Processor> | null)?.process === "function" && isOwnName(names[index] ?? ""),
  );
  if (!known)
    return 'each is "flow", "service" or "fallback", or { name, process }, the name 1 to 64 of a-z, 0-9, _ and - and none of the desk\'s own';
  if (new Set(names).size < names.length) return "two have the same name";
  if (!BUILT_IN_PROCESSORS.every((name) => names.includes(name))) return "each of the desk's own has to be there";
  return names.at(-1) === "fallback" ? null : '"fallback" takes whatever comes to it, and has to be the last';
}

const RESERVED: ReadonlySet<string> = new Set(["classify", "language", ...BUILT_IN_PROCESSORS]);
const isOwnName = (name: string): boolean => /^[a-z0-9][a-z0-9_-]{0,63}$/.test(name) && !RESERVED.has(name);
