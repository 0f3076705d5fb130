import { auditOf, moved, unchanged, type Command, type Decision } from "../decide/command.js";
import { about } from "../decide/arrival.js";
import { place } from "../decide/arrival.js";
import { conversationId, flowJoinedId, flowRunId } from "../decide/ids.js";
import { noChange, type Change } from "../domain/change.js";
import type { Conversation } from "../domain/conversation.js";
import { isLive, type FlowRun } from "../domain/flow-run.js";
import type { Hotel } from "../domain/hotel.js";
import type { JsonValue } from "../domain/json.js";
import { needsWindow } from "../domain/outbound-content.js";
import { windowIsOpen } from "../domain/service-window.js";
import type { NewWork } from "../domain/work.js";
import { ConversationError } from "../errors.js";
import type { ConversationState } from "../ports/work-storage.js";
import { advance, type Advance, type FlowInput, type FlowWorld } from "./advance.js";
import { goneFlow, type FlowBook } from "./book.js";
import { departmentFor } from "./inbound.js";
import { closedWith } from "./moves.js";
import { newRun, worldOf } from "./run.js";
import { languageFor } from "./texts.js";
import type { Flow, FlowGuest } from "./types.js";
import { uncalled } from "./walk.js";
import { withinBudget, withNote, type Loom } from "./weave.js";

/** The guest of a conversation, as flows see them. */
export const guestIn = ({ conversation, guestName, guestLanguage }: ConversationState): FlowGuest => ({
  id: conversation.guestId,
  name: guestName,
  ...(guestLanguage !== undefined && { language: guestLanguage }),
});

/** The run that is under way in a conversation; null when there is none. */
export const liveRun = ({ conversation, runs }: Pick<ConversationState, "conversation" | "runs">): FlowRun | null =>
  runs.find((run) => isLive(run) && run.conversationId === conversation.id) ?? null;

/**
 * Begins a flow with the guest of a conversation: in that one, if it is a flow's, else in one of its own beside it, in which the bot speaks.
 * @throws {ConversationError} `flow_unknown`, `flow_running`, `window_closed`, `conversation_imported`
 */
export function decideStartFlow(
  state: ConversationState,
  { flowId, given }: { readonly flowId: string; readonly given: Readonly<Record<string, JsonValue>> },
  book: FlowBook,
  hotel: Hotel,
  command: Command,
): Decision {
  const flow = book.newest(flowId);
  if (flow?.triggers.some(({ kind }) => kind === "staff") !== true)
    throw new ConversationError("flow_unknown", { flowId });
  const { conversation: asked, chat, others } = state;
  if (asked.imported) throw new ConversationError("conversation_imported", { continuedIn: asked.continuedIn });
  const { now } = command;
  const departmentId = departmentFor(flow, asked, hotel);
  const isPlace = (one: Conversation): boolean =>
    one.status === "open" && one.mode === "flow" && one.departmentId === departmentId;
  const open = [asked, ...others].find(isPlace);
  const running = state.runs.find((run) => isLive(run) && run.conversationId === open?.id);
  if (running !== undefined) throw new ConversationError("flow_running", { flowId: running.flowId });
  const target = open ?? {
    ...place(
      { id: asked.guestId },
      { target: { kind: "new", departmentId, mode: "flow" } },
      asked.phoneNumberId,
      command.id,
      hotel,
      now,
    ),
    id: conversationId(command.id),
  };
  const conversation: Conversation = { ...target, speaker: "bot" };
  const current = [asked, ...others].find(
    ({ id, status }) => id === chat.currentConversationId && status === "open" && id !== target.id,
  );
  const world = worldOf(book, guestIn(state), hotel, command.id, now);
  const language = languageFor(flow, world);
  const cameFrom = current?.id ?? null;
  const run = newRun(flowRunId(command.id), flow, conversation, { cameFrom, given, language, now });
  const move = advance(flow, run, { kind: "begin" }, world);
  if (move === null) throw new ConversationError("internal");
  if (move.says.some(({ content }) => needsWindow(content)) && !windowIsOpen(chat.windowClosesAt, now))
    throw new ConversationError("window_closed", { closedAt: chat.windowClosesAt?.toISOString() ?? null });
  const isNew = target.version === 0;
  const base: Change = {
    ...noChange(asked.hotelId),
    chat: { ...chat, currentConversationId: conversation.id, ratingPromptId: null },
    participants: isNew ? [{ conversationId: conversation.id, kind: "guest", id: asked.guestId, readSeq: 0 }] : [],
    events: isNew ? [about(conversation, { type: "conversation.opened" })] : [],
    audit: [auditOf(command, "conversation.startFlow", asked.hotelId, { kind: "conversation", id: conversation.id })],
  };
  const loom = {
    base,
    conversation,
    chat: base.chat ?? chat,
    wasRead: isNew || target.readSeq === target.lastSeq,
    others: [asked, ...others].filter(({ id, status }) => id !== conversation.id && status === "open"),
    hotel,
    world,
  };
  const change = withinBudget(flow, move, loom, true);
  return { conversation: change.conversations.find(({ id }) => id === conversation.id) ?? conversation, change };
}

/** Ends the flow of a conversation, and tells the guest where that can be told. */
export function decideStopFlow(state: ConversationState, book: FlowBook, hotel: Hotel, command: Command): Decision {
  const { conversation } = state;
  if (liveRun(state) === null) return unchanged(conversation);
  const { change } = moved(command, "conversation.stopFlow", [conversation], []);
  return withRun(state, change, { kind: "stop" }, book, hotel, command) ?? unchanged(conversation);
}

/**
 * Staff decide what a flow asked them; the first decision counts, and the same again changes nothing. Where a person speaks meanwhile it is kept, and the
 * flow goes on with it when it is given back.
 * @throws {ConversationError} `approval_over` when it is not asked any more, or was decided otherwise; `flow_version_gone` where no version of the flow
 *   goes on with it
 */
export function decideApproval(
  state: ConversationState,
  { approvalId, approved }: { readonly approvalId: string; readonly approved: boolean },
  book: FlowBook,
  hotel: Hotel,
  command: Command,
): Decision {
  const { conversation } = state;
  const own = state.runs.filter((run) => run.conversationId === conversation.id);
  const run = own.find(isLive) ?? own[0];
  const newest = run?.approval ?? null;
  const approval = newest?.id === approvalId ? newest : null;
  if (approval?.decision?.outcome === (approved ? "approved" : "declined")) return unchanged(conversation);
  // Nothing goes on with what is decided: whoever decides is told so, and not that it was.
  if (run !== undefined && isLive(run) && approval !== null && book.of(run).flow === null)
    throw new ConversationError("flow_version_gone", { flowId: run.flowId, version: run.flowVersion });
  const isHeld = conversation.speaker === "human";
  const runs = state.runs.map((run) => (isHeld && isLive(run) ? { ...run, status: "handedOff" as const } : run));
  const { change } = moved(command, "conversation.approve", [conversation], []);
  const input: FlowInput = { kind: "decided", approvalId, approved, by: command.by.id };
  const decision = approval === null ? null : withRun({ ...state, runs }, change, input, book, hotel, command);
  if (decision === null) throw new ConversationError("approval_over", { outcome: approval?.decision?.outcome ?? null });
  return decision;
}

/** A person gives the conversation back: the flow goes on where it was, and asks its question again. */
export function resumed(
  state: ConversationState,
  decision: Decision,
  book: FlowBook,
  hotel: Hotel,
  command: Command,
): Decision {
  const { change } = decision;
  if (change === null) return decision;
  return (
    withRun({ ...state, conversation: decision.conversation }, change, { kind: "resume" }, book, hotel, command) ??
    decision
  );
}

/** What one of staff moves a run by; the rest the host does, or a release in which its version is gone. */
const BY_STAFF: ReadonlySet<FlowInput["kind"]> = new Set(["resume", "stop", "park", "decided"]);

const loomOf = (
  { conversation, chat, others }: ConversationState,
  base: Change,
  hotel: Hotel,
  world: FlowWorld,
): Loom => ({
  base,
  conversation,
  chat: base.chat ?? chat,
  wasRead: conversation.readSeq === conversation.lastSeq,
  others,
  hotel,
  world,
});

/** @returns null when the run does not move by it */
export function withRun(
  state: ConversationState,
  base: Change,
  input: FlowInput,
  book: FlowBook,
  hotel: Hotel,
  { id: rootId, now }: Pick<Command, "id" | "now">,
): Decision | null {
  const { conversation } = state;
  const stored = liveRun(state);
  if (stored === null) return null;
  // Another conversation goes on with it, since two guests turned out to be one: what is said in it now nobody could answer.
  if (conversation.status !== "open") return { conversation, change: withEnd(base, stored, conversation, now) };
  const { flow: own, run } = book.of(stored);
  const flow: Flow = own ?? goneFlow(run);
  const world = worldOf(book, guestIn(state), hotel, rootId, now);
  const isGone = own === null && input.kind !== "stop";
  const move: Advance | null = advance(flow, run, isGone ? { kind: "park", why: "version_gone" } : input, world);
  if (move === null) return null;
  const change = withinBudget(flow, move, loomOf(state, base, hotel, world), BY_STAFF.has(input.kind));
  return { conversation: change.conversations.find(({ id }) => id === conversation.id) ?? conversation, change };
}

/** A run whose call cannot be made, or what came of it not be stored, however often it was tried: staff get it, whatever the flow says. */
export function decideGivenUp(
  state: ConversationState,
  stored: FlowRun,
  code: string,
  book: FlowBook,
  hotel: Hotel,
  { id: rootId, now }: Pick<Command, "id" | "now">,
): Change {
  const { conversation } = state;
  const base = noChange(hotel.id);
  const flow = goneFlow(stored);
  const world = worldOf(book, guestIn(state), hotel, rootId, now);
  const note = `The hotel's own system could not be asked, and it is not tried again: ${code}.`;
  const move = advance(flow, uncalled(stored), { kind: "park", why: "step_failed", note }, world);
  if (move === null || conversation.status !== "open") return withEnd(base, stored, conversation, now);
  return withinBudget(flow, move, loomOf(state, base, hotel, world));
}

/**
 * The run ends whose conversation another one goes on with, since WhatsApp said that two guests are one: what is said in it nobody could answer. Staff read
 * what was answered, where its messages are shown. @returns null where there is none
 */
export function decideJoined(state: ConversationState, rootId: string, now: Date): Change | null {
  const { conversation } = state;
  const run = liveRun(state);
  if (run === null || conversation.status === "open") return null;
  const { noted, change } = withNote(noChange(conversation.hotelId), conversation, run, rootId, now);
  return withEnd(change, run, noted, now);
}

/** Such runs are ended by work of their own: a chat knows the runs of its own guest alone. */
export const joinedWork = ({ conversations }: Change, guestId: string): readonly NewWork[] =>
  conversations
    .filter((one) => one.mode === "flow" && one.status === "closed" && one.continuedIn !== null)
    .filter((one) => one.guestId !== guestId)
    .map(({ id }) => ({
      id: flowJoinedId(id),
      kind: "command",
      phoneNumberId: "",
      guestId: id,
      payload: { type: "flowJoined", conversationId: id },
    }));

/** A conversation that closes takes the run with it that is under way there. */
export function withRunsEnded(change: Change, runs: readonly FlowRun[], now: Date): Change {
  const closed = change.conversations.filter(({ status }) => status !== "open");
  const isOver = (run: FlowRun, conversation: Conversation): boolean =>
    isLive(run) && run.conversationId === conversation.id && !change.runs.some(({ id }) => id === run.id);
  return closed.reduce(
    (before, conversation) =>
      runs
        .filter((run) => isOver(run, conversation))
        .reduce((each, run) => withEnd(each, run, conversation, now), before),
    change,
  );
}

/** The run is over, and nothing of it is said. */
const withEnd = (change: Change, run: FlowRun, conversation: Conversation, now: Date): Change => ({
  ...change,
  ...closedWith(run, change, now),
  events: [...change.events, about(conversation, { type: "flow.ended", runId: run.id, status: "stopped" })],
});
