import type { MessageContent } from "../domain/content.js";
import type { Conversation, ConversationMode } from "../domain/conversation.js";
import { passed } from "../domain/clocks.js";
import type { Hotel } from "../domain/hotel.js";
import type { InboundMessage } from "../domain/inbound-message.js";
import { promptOf, type MenuPrompt } from "../domain/prompt.js";
import type { ReasonCode } from "../domain/reason.js";
import type { ChatState } from "../ports/work-storage.js";
import { menuOptions, onlyDepartment, typedChoice } from "./menu.js";

/** Where a guest's message goes, and why. */
export interface Route {
  readonly target: Target;
  /** Set when the guest chose a department: the undecided conversation that this settles, if there is one. */
  readonly settles: Conversation | null;
  readonly menu: "none" | "ask" | "askAgain";
  /** What is so already. That a menu was sent is known only once it was. */
  readonly reasons: readonly ReasonCode[];
  /** Set when the guest chose a flow: it is to begin, in a conversation that takes the place of `settles`. Nothing else in it counts then. */
  readonly begins?: string;
}

export type Target =
  | { readonly kind: "existing"; readonly conversation: Conversation }
  | { readonly kind: "reopened"; readonly conversation: Conversation }
  /** The undecided conversation becomes this department's. */
  | { readonly kind: "decided"; readonly conversation: Conversation; readonly departmentId: string }
  | { readonly kind: "new"; readonly departmentId: string | null; readonly mode?: ConversationMode };

/**
 * The routing of service mode: to the prompt it answers, else to the conversation of the message it quotes, else to the
 * chat's current one; what fits nowhere is kept in a conversation without department until the guest chooses one.
 * @param flows whether a flow of the menu can begin; where it cannot, whoever chose it is asked again
 */
export function routeMessage(
  state: ChatState,
  message: InboundMessage<MessageContent>,
  hotel: Hotel,
  now: Date,
  flows: "begin" | "gone" = "gone",
): Route {
  const world = { state, message, hotel, now, flows };
  return answeredPrompt(world) ?? quotedConversation(world) ?? currentConversation(world) ?? undecided(world, []);
}

/**
 * Where a message goes that somebody at the hotel wrote in the phone app, which knows no departments: to the conversation of the
 * message it quotes, else to the chat's current one, idle or not, with or without a department, else to the open one in which
 * something was written last; else it begins one.
 */
export function routeEcho(state: ChatState, message: InboundMessage<MessageContent>, hotel: Hotel, now: Date): Route {
  const quoted = quotedConversation({ state, message, hotel, now, flows: "gone" }, "existing");
  if (quoted !== null) return quoted;
  const currentId = state.chat?.currentConversationId ?? null;
  const open = state.conversations
    // A flow that the guest has in hand is spoken to by whoever writes on the phone, and is silent from then on.
    .filter(({ id, status, mode }) => status === "open" && (mode === "service" || id === currentId))
    .sort((a, b) => b.lastMessageAt.getTime() - a.lastMessageAt.getTime());
  const current = open.find(({ id }) => id === currentId) ?? open[0];
  if (current !== undefined) return toExisting(current, "current_conversation");
  const [first, second] = hotel.departments;
  const departmentId = second === undefined ? (first?.id ?? null) : null;
  return { target: { kind: "new", departmentId }, settles: null, menu: "none", reasons: ["device_echo"] };
}

interface World {
  readonly state: ChatState;
  readonly message: InboundMessage<MessageContent>;
  readonly hotel: Hotel;
  readonly now: Date;
  readonly flows: "begin" | "gone";
}

/** A tap on an option of ours. Old menus count too: the guest has said which department they want. */
function answeredPrompt(world: World): Route | null {
  const { content } = world.message;
  if (content.type !== "choice") return null;

  const prompt = menusOf(world.state).find(({ id }) => id === promptOf(content.id));
  const option = prompt?.options.find(({ id }) => id === content.id);
  if (option === undefined) return null;
  if (option.flowId !== undefined)
    return world.flows === "begin"
      ? beginning(world, option.flowId, "answered_prompt")
      : undecided(world, ["flow_gone"]);
  if (!hasDepartment(world.hotel, option.departmentId)) return undecided(world, ["department_gone"]);
  return chosen(world, option.departmentId, ["answered_prompt"]);
}

/** @param undecidedAs what happens to a message that quotes one of a conversation without department */
function quotedConversation(world: World, undecidedAs: "undecided" | "existing" = "undecided"): Route | null {
  const { state, message } = world;
  const known = message.quotedWamid === null ? undefined : state.known.get(message.quotedWamid);
  const quoted = known?.isOwn === true ? continuation(state, known.conversationId) : undefined;
  if (quoted === undefined) return null;
  if (undecidedAs === "undecided" && isUndecided(quoted) && quoted.status === "open")
    return undecided(world, ["quoted_message"]);
  if (quoted.status === "open") return toExisting(quoted, "quoted_message");

  const open = openFor(state, quoted.departmentId);
  if (open !== undefined) return toExisting(open, "quoted_message");
  if (quoted.departmentId === null || !hasDepartment(world.hotel, quoted.departmentId)) return null;
  return {
    target: { kind: "reopened", conversation: quoted },
    settles: null,
    menu: "none",
    reasons: ["reopened_by_quote"],
  };
}

function currentConversation(world: World): Route | null {
  const { state, hotel, now } = world;
  const id = state.chat?.currentConversationId ?? null;
  const current = state.conversations.find((conversation) => conversation.id === id);
  if (current?.status !== "open" || isUndecided(current)) return null;

  const { lastGuestMessageAt } = current;
  const idle = lastGuestMessageAt !== null && passed(lastGuestMessageAt, now, hotel.clocks.conversationIdleMs);
  if (!idle) return toExisting(current, "current_conversation");
  if (current.lastMessageFrom === "staff") return toExisting(current, "idle_staff_spoke_last");
  if (hotel.onIdle === "continue") return toExisting(current, "idle_continued");
  return null;
}

/** No department is known yet: take a typed choice, or keep the message and ask, at most once per re-prompt time. */
function undecided(world: World, reasons: readonly ReasonCode[]): Route {
  const { state, message, hotel, now } = world;
  const why: ReasonCode[] = [...reasons, ...unknownOption(world)];
  const only = onlyDepartment(hotel);
  if (only !== null) return chosen(world, only, [...why, "only_department"]);

  const conversation = openFor(state, null);
  const prompt = conversation && newestPrompt(menusOf(state), conversation.id);
  const menuSentAt = state.chat?.menuSentAt ?? null;
  const mayAsk = menuSentAt === null || passed(menuSentAt, now, hotel.clocks.menuRepromptMs);
  // A menu sent just before, in a conversation that is over by now, is what the guest still sees and answers.
  const seesMenu = menuSentAt !== null && (conversation !== undefined || !mayAsk);
  const view = { language: state.guest.language ?? null, now: menuSentAt ?? now };
  const options = prompt?.options ?? (seesMenu ? menuOptions(hotel, "", view) : []);
  const choice = typedChoice(message.content, options, hotel);
  if (choice !== null && "flowId" in choice) {
    if (world.flows === "begin") return beginning(world, choice.flowId, choice.how);
    if (!why.includes("flow_gone")) why.push("flow_gone");
  } else if (choice !== null && hasDepartment(hotel, choice.departmentId))
    return chosen(world, choice.departmentId, [...why, choice.how]);

  const asked = prompt === undefined ? "ask" : "askAgain";
  return {
    target: conversation === undefined ? { kind: "new", departmentId: null } : { kind: "existing", conversation },
    settles: null,
    menu: mayAsk ? asked : "none",
    reasons: [...why, "no_department_yet", ...(mayAsk ? [] : ["menu_withheld" as const])],
  };
}

/** The department is known. One open conversation with it at most: it goes on there, else the undecided one becomes it. */
function chosen({ state }: Pick<World, "state">, departmentId: string, reasons: readonly ReasonCode[]): Route {
  const waiting = openFor(state, null);
  const open = openFor(state, departmentId);
  if (open !== undefined) {
    const why = waiting === undefined ? reasons : [...reasons, "continued_elsewhere" as const];
    return { target: { kind: "existing", conversation: open }, settles: waiting ?? null, menu: "none", reasons: why };
  }
  const target: Target =
    waiting === undefined ? { kind: "new", departmentId } : { kind: "decided", conversation: waiting, departmentId };
  return { target, settles: null, menu: "none", reasons };
}

/** A flow was chosen: the undecided conversation goes on in the flow's own. */
const beginning = ({ state }: World, flowId: string, how: ReasonCode): Route => ({
  target: { kind: "new", departmentId: null, mode: "flow" },
  settles: openFor(state, null) ?? null,
  menu: "none",
  reasons: [how],
  begins: flowId,
});

/** Where a message goes whose department somebody else has chosen. */
export const routeTo = (state: ChatState, departmentId: string, reasons: readonly ReasonCode[]): Route =>
  chosen({ state }, departmentId, reasons);

const unknownOption = ({ state, message: { content } }: World): readonly ReasonCode[] =>
  content.type === "choice" && !menusOf(state).some(({ options }) => options.some(({ id }) => id === content.id))
    ? ["unknown_option"]
    : [];

const toExisting = (conversation: Conversation, reason: ReasonCode): Route => ({
  target: { kind: "existing", conversation },
  settles: null,
  menu: "none",
  reasons: [reason],
});

/** Nobody at the hotel has spoken in it and the guest has not chosen: the desk itself is asking. */
const isUndecided = (conversation: Conversation): boolean =>
  conversation.mode === "service" && conversation.departmentId === null && conversation.speaker === "bot";

const hasDepartment = (hotel: Hotel, departmentId: string): boolean =>
  hotel.departments.some(({ id }) => id === departmentId);

const openFor = (state: ChatState, departmentId: string | null): Conversation | undefined =>
  state.conversations.find(
    (conversation) =>
      conversation.status === "open" && conversation.mode === "service" && conversation.departmentId === departmentId,
  );

/** The conversation itself, or the one that goes on with it, as far as they were loaded. */
function continuation(state: ChatState, conversationId: string): Conversation | undefined {
  const byId = new Map(state.conversations.map((conversation) => [conversation.id, conversation]));
  const seen = new Set<string>();
  let found = byId.get(conversationId);
  while (found?.continuedIn != null && !seen.has(found.id)) {
    seen.add(found.id);
    const next = byId.get(found.continuedIn);
    if (next === undefined) break;
    found = next;
  }
  return found;
}

const menusOf = ({ prompts }: ChatState): readonly MenuPrompt[] =>
  prompts.filter((prompt) => prompt.kind === "departmentMenu");

const newestPrompt = (prompts: readonly MenuPrompt[], conversationId: string): MenuPrompt | undefined =>
  prompts
    .filter((prompt) => prompt.conversationId === conversationId)
    .reduce<MenuPrompt | undefined>(
      (newest, prompt) => (newest && newest.createdAt > prompt.createdAt ? newest : prompt),
      undefined,
    );
