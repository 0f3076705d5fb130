import { about } from "../decide/arrival.js";
import { toAssign } from "../decide/assignment.js";
import { withAnswer, withStop } from "../decide/automation.js";
import { continueIn } from "../decide/continue-in.js";
import { asked, waitedFor } from "../decide/episode.js";
import { ratedInFlow } from "../decide/rating.js";
import { auditId, flowNoteId, flowTimerId, sendWorkId } from "../decide/ids.js";
import type { AuditEntry } from "../domain/audit.js";
import type { Change } from "../domain/change.js";
import type { Chat } from "../domain/chat.js";
import { contentLine } from "../domain/content.js";
import type { Conversation } from "../domain/conversation.js";
import type { NewEvent } from "../domain/event.js";
import { isLive, type Agreement, type FlowRun } from "../domain/flow-run.js";
import type { GuestUpdate } from "../domain/guest.js";
import type { Hotel } from "../domain/hotel.js";
import type { JsonValue } from "../domain/json.js";
import { NOT_YET, type NewMessage } from "../domain/message.js";
import { needsWindow } from "../domain/outbound-content.js";
import type { Reason } from "../domain/reason.js";
import { windowIsOpen } from "../domain/service-window.js";
import { preview } from "../domain/text.js";
import type { FlowTimer } from "../domain/timer.js";
import type { NewWork } from "../domain/work.js";
import { advance, type Advance, type FlowWorld, type Handoff, type Landed } from "./advance.js";
import { filesServed, recorded } from "./moves.js";
import { secretIn } from "./place.js";
import type { Flow } from "./types.js";
import { uncalled } from "./walk.js";

/** Around a run's move: what is changed already, and what stands there. */
export interface Loom {
  readonly base: Change;
  /** The run's, as the base leaves it. */
  readonly conversation: Conversation;
  /** As the base leaves it. */
  readonly chat: Chat;
  /** Whether staff had read all of the conversation before. */
  readonly wasRead: boolean;
  /** The guest's other open conversations. */
  readonly others: readonly Conversation[];
  readonly hotel: Hotel;
  readonly world: FlowWorld;
}

export const FLOW_STEP_MS = 30 * 60_000;

/** The base change with a run's move in it: what it says and asks, whom it calls, when it comes due, and whether staff get the guest. */
export function woven(flow: Flow, decided: Advance, loom: Loom): Change {
  const move = withinWindow(flow, decided, loom);
  const change = wovenIn(flow, move, loom);
  return { ...change, ...recorded(flow, move, change.runs, change.moves, loom.world) };
}

function wovenIn(flow: Flow, move: Advance, loom: Loom): Change {
  const { base, chat, wasRead, hotel, world } = loom;
  const { now, rootId } = world;
  const { run, handoff } = move;

  const messages = move.says.map((say, index): NewMessage => ({
    ...plain(loom.conversation, say.id, loom.conversation.lastSeq + index + 1, now),
    direction: "outbound",
    author: { kind: "bot", id: flow.id },
    content: say.content,
    status: "queued",
    flow: say.goodbye ? null : { flowId: flow.id, runId: run.id, step: say.step, result: say.result },
    reasons: [{ code: "flow_said", at: now, details: { flowId: flow.id, runId: run.id, step: say.step } }],
  }));
  const last = messages.at(-1);
  const lastSeq = loom.conversation.lastSeq + messages.length;
  const rated = move.rated === null ? null : ratedInFlow(loom.conversation, move.rated, rootId, now);
  const spoken: Conversation = {
    ...(rated?.conversation ?? loom.conversation),
    lastSeq,
    // Nobody of staff has to read what a flow answers.
    readSeq: wasRead ? lastSeq : loom.conversation.readSeq,
    // Whoever waits for a person waits still, whatever the host answered meanwhile.
    ...(loom.conversation.speaker === "bot" && {
      waitingSince: null,
      episode: waitedFor(loom.conversation.episode),
    }),
    ...(last !== undefined && {
      lastMessageAt: now,
      lastMessagePreview: preview(contentLine(last.content)),
      previewMessageId: last.id,
      lastMessageFrom: "bot",
    }),
  };
  const happened = [
    ...(run.version === 0
      ? [about(spoken, { type: "flow.started", runId: run.id, flowId: flow.id, version: flow.version } as const)]
      : []),
    ...messages.map(({ id }) => about(spoken, { type: "message.queued", messageId: id } as const)),
    ...move.done.map(({ step, result }) => about(spoken, { type: "flow.step", runId: run.id, step, result } as const)),
  ];
  const { phoneNumberId, guestId } = spoken;
  const woven: Change = {
    ...base,
    ...(move.speaks !== undefined && { guest: speaking(base.guest, guestId, move.speaks) }),
    messages: [...base.messages, ...messages],
    prompts: [
      ...base.prompts,
      ...(move.prompt === null
        ? []
        : [
            {
              ...move.prompt,
              kind: "flow" as const,
              hotelId: hotel.id,
              guestId,
              phoneNumberId,
              conversationId: spoken.id,
              runId: run.id,
              createdAt: now,
            },
          ]),
    ],
    runs: [run],
    timings: [...base.timings, ...(rated?.timings ?? [])],
    audit: [
      ...base.audit,
      ...(rated?.audit ?? []),
      ...(move.agreed === null ? [] : [proofOf(move.agreed, spoken, rootId, now)]),
    ],
    events: [...base.events, ...(rated?.events ?? []), ...happened],
    work: [
      ...base.work.filter(({ kind }) => kind !== "assignment"),
      ...messages.map(({ id }): NewWork => ({
        id: sendWorkId(id),
        kind: "outbound",
        phoneNumberId,
        guestId,
        payload: { messageId: id },
      })),
      ...move.timers.map(({ what, turn, dueAt }): NewWork => {
        const payload: FlowTimer = { type: "flow", runId: run.id, turn, what };
        return { id: flowTimerId(rootId, what), kind: "timer", phoneNumberId, guestId, payload, dueAt };
      }),
      // A lane of its own: a call that fails holds up nobody else's commands.
      ...move.calls.map(({ id, ...call }): NewWork => ({
        id,
        kind: "command",
        phoneNumberId: "",
        guestId: run.id,
        payload: { type: "flowCall", conversationId: run.conversationId, runId: run.id, ...call },
      })),
      ...(handoff !== null || !isLive(run) ? filesServed(run) : []),
    ],
  };
  if (handoff !== null) return handedOver(woven, spoken, flow, run, handoff, loom);
  if (move.landed !== null) return withLanded(woven, spoken, flow, run, move.landed, loom);
  if (move.approval !== null) return toDecide(woven, spoken, run, move.approval, loom);
  return isLive(run) ? placed(woven, spoken, kept(chat, spoken, loom, base.chat)) : ended(woven, spoken, run, loom);
}

/**
 * The same for what answers nobody, counted as what the desk says by itself. Where it has said too much to this guest already, nothing is said, and
 * staff get them where the run goes on.
 * @param asked whether one of staff asked for it: that is counted, and said in any case
 */
export function withinBudget(flow: Flow, move: Advance, loom: Loom, asked = false): Change {
  const { base, world } = loom;
  if (move.says.length === 0) return woven(flow, move, loom);
  const { because, automated } = withAnswer(loom.chat, { unasked: true }, move.says.length, world.now, asked);
  if (because !== null) {
    const { rootId: workId, now } = world;
    const told = withStop(base, { workId, conversation: loom.conversation, now }, because);
    return woven(flow, keptBack(flow, move, [], "loops", world), { ...loom, base: told });
  }
  const chat = { ...loom.chat, automated };
  return woven(flow, move, { ...loom, chat, base: { ...base, chat } });
}

/** What else is learned of the guest, with what they say they speak. */
const speaking = (learned: GuestUpdate | null, id: string, language: string): GuestUpdate => ({
  ...(learned ?? { id, name: null, username: null, addresses: [], retires: [] }),
  language,
});

/** That the guest agreed, to which text, and in which message: with the question's own message, all that it takes to prove it. */
const proofOf = (
  { document, version, sha256, agreedIn }: Agreement,
  { hotelId, guestId }: Conversation,
  rootId: string,
  now: Date,
): AuditEntry => ({
  id: auditId(`${rootId}:agreed`),
  hotelId,
  actor: { kind: "guest", id: guestId },
  action: "guest.agree",
  reason: `${document} ${version} sha256:${sha256}`,
  target: { kind: "message", id: agreedIn },
  at: now,
});

/** What WhatsApp would not carry is not sent: staff get the guest, where the run goes on. */
function withinWindow(flow: Flow, move: Advance, { chat, world }: Loom): Advance {
  const isClosed =
    !windowIsOpen(chat.windowClosesAt, world.now) && move.says.some(({ content }) => needsWindow(content));
  if (!isClosed) return move;
  const says = move.says.filter(({ content }) => !needsWindow(content));
  return keptBack(flow, move, says, "window_closed", world);
}

/**
 * A move of which only this is said: staff get the guest, also where the run would have ended with what is not said.
 * @param drops whether something of it is not said
 */
export function keptBack(
  flow: Flow,
  move: Advance,
  says: Advance["says"],
  why: Handoff["why"],
  world: FlowWorld,
  drops = says.length < move.says.length,
): Advance {
  const isOver = !isLive(move.run);
  if (move.handoff !== null || (isOver && !drops)) return { ...move, says };
  const stands: FlowRun = isOver ? { ...move.run, status: "running", endedAt: null } : move.run;
  const parked = advance(flow, stands, { kind: "park", why }, world);
  return {
    ...move,
    cause: { ...move.cause, keptBack: why },
    says: says.map((say) => ({ ...say, goodbye: true })),
    prompt: null,
    timers: [],
    calls: [],
    approval: null,
    // Given back, it ends where it would have. A call that is not made is none.
    run:
      parked === null
        ? move.run
        : { ...(move.calls.length > 0 ? uncalled(parked.run) : parked.run), ...(isOver && { resumesAtEnd: true }) },
    handoff: parked?.handoff ?? null,
  };
}

/** The conversation stays as it is. A guest who has nothing else in hand goes on with it. */
function kept(chat: Chat, { id }: Conversation, { others }: Loom, changed: Chat | null): Chat | null {
  const { currentConversationId } = chat;
  const hasAnother = currentConversationId !== null && others.some((other) => other.id === currentConversationId);
  return hasAnother || currentConversationId === id ? changed : { ...chat, currentConversationId: id };
}

/** It is over: the conversation closes, and the guest goes on where they were before. */
function ended(change: Change, conversation: Conversation, run: FlowRun, { chat, others, world }: Loom): Change {
  const closed: Conversation = {
    ...conversation,
    status: "closed",
    closedAt: world.now,
    snoozedUntil: null,
    readSeq: conversation.readSeq,
  };
  const before = others.find(({ id, status }) => id === run.cameFrom && status === "open")?.id ?? null;
  const left = chat.currentConversationId === closed.id ? { ...chat, currentConversationId: before } : change.chat;
  const events: readonly NewEvent[] = [
    about(closed, { type: "flow.ended", runId: run.id, status: run.status }),
    about(closed, { type: "conversation.closed", continuedIn: null, leaves: null }),
  ];
  return placed({ ...change, events: [...change.events, ...events] }, closed, left);
}

/** Staff get the guest, with a note: which flow, what was answered, and why. */
function handedOver(
  change: Change,
  spoken: Conversation,
  flow: Flow,
  run: FlowRun,
  handoff: Handoff,
  loom: Loom,
): Change {
  const { hotel, world, others, chat } = loom;
  const { now, rootId } = world;
  const [first] = hotel.departments;
  const has = (id: string | null): id is string =>
    id !== null && hotel.departments.some((department) => department.id === id);
  const wanted = has(handoff.departmentId)
    ? handoff.departmentId
    : has(spoken.departmentId)
      ? spoken.departmentId
      : (first?.id ?? null);
  const occupied = others.find((other) => isThere(other, spoken, wanted));
  // Another department has this guest's flow conversation already: it stays where it is, or joins that one where it has none.
  const departmentId = occupied === undefined ? wanted : spoken.departmentId;
  const seq = spoken.lastSeq + 1;
  const why = { code: "flow_handoff", details: { why: handoff.why } } as const;
  const note = noteIn(spoken, run, noteOf(flow, run, handoff), why, rootId, now);
  const handed: Conversation = {
    ...spoken,
    departmentId,
    speaker: "human",
    lastSeq: seq,
    readSeq: unreadFrom(spoken, seq, loom),
    waitingSince: now,
    episode: asked(spoken.episode, now),
  };
  const events: readonly NewEvent[] = [
    ...movedFrom(spoken, handed),
    about(handed, { type: "message.noted", messageId: note.id }),
    about(handed, { type: "flow.handedOff", runId: run.id, why: handoff.why }),
    about(handed, { type: "conversation.takenOver" }),
  ];
  const told: Change = { ...change, messages: [...change.messages, note], events: [...change.events, ...events] };
  if (occupied === undefined || departmentId !== null) {
    const assigned: Change = { ...told, work: [...told.work, ...toAssign(handed, hotel, rootId)] };
    return placed(assigned, handed, { ...chat, currentConversationId: handed.id });
  }
  const { from, into: joins, events: closing } = continueIn(handed, occupied, now, "guest");
  const over: FlowRun = { ...run, endedAt: now };
  // A flow that speaks there is silent from now on: the guest was promised a person.
  const isTaken = joins.speaker === "bot";
  const into: Conversation = isTaken ? { ...joins, speaker: "human", waitingSince: joins.waitingSince ?? now } : joins;
  const joined = placed(
    {
      ...told,
      runs: [over],
      events: [
        ...told.events,
        ...closing,
        about(from, { type: "flow.ended", runId: run.id, status: run.status }),
        ...(isTaken ? [about(into, { type: "conversation.takenOver" })] : []),
      ],
      work: isTaken ? [...told.work, ...toAssign(into, hotel, rootId)] : told.work,
    },
    from,
    { ...chat, currentConversationId: into.id },
  );
  return { ...joined, conversations: [...joined.conversations, into] };
}

/** What the guest just said is for staff to read, and so is the note. */
const unreadFrom = ({ readSeq }: Conversation, noteSeq: number, { base }: Loom): number =>
  Math.min(readSeq, (base.messages.find(({ direction }) => direction === "inbound")?.seq ?? noteSeq) - 1);

/** Staff are asked to decide: a note that they have not read, in a conversation whose guest waits for them; the bot speaks there still. */
function toDecide(change: Change, spoken: Conversation, run: FlowRun, asks: Asks, loom: Loom): Change {
  const { world, hotel, others, chat, base } = loom;
  const { now, rootId } = world;
  const { id: approvalId, note } = asks;
  const seq = spoken.lastSeq + 1;
  const message = noteIn(spoken, run, note, { code: "flow_approval", details: { approvalId } }, rootId, now);
  // A department that the hotel has, and that has no other of this guest's flows: where nobody is named and it is in none yet, the first.
  const [first] = hotel.departments;
  const named = asks.departmentId ?? spoken.departmentId ?? first?.id ?? null;
  const wanted = hotel.departments.some(({ id }) => id === named) ? named : spoken.departmentId;
  const isFree = wanted !== null && !others.some((other) => isThere(other, spoken, wanted));
  const asking: Conversation = {
    ...spoken,
    departmentId: isFree ? wanted : spoken.departmentId,
    lastSeq: seq,
    readSeq: unreadFrom(spoken, seq, loom),
    waitingSince: now,
    episode: asked(spoken.episode, now),
  };
  const told: Change = {
    ...change,
    messages: [...change.messages, message],
    events: [
      ...change.events,
      ...movedFrom(spoken, asking),
      about(asking, { type: "message.noted", messageId: message.id }),
    ],
    work: [...change.work, ...toAssign(asking, hotel, rootId)],
  };
  return placed(told, asking, kept(chat, asking, loom, base.chat));
}
type Asks = NonNullable<Advance["approval"]>;

/** Staff are told what came of a call to the host, though the flow is not where it was, or is silent: in a note that they have not read. */
function withLanded(
  change: Change,
  spoken: Conversation,
  flow: Flow,
  run: FlowRun,
  landed: Landed,
  loom: Loom,
): Change {
  const { world, chat, base } = loom;
  const { now, rootId } = world;
  const seq = spoken.lastSeq + 1;
  const text = [
    `Flow ${run.flowId} (version ${String(run.flowVersion)}), step ${landed.step}: ${CAME[landed.result]}.`,
    ...(landed.result === "done" ? linesOf(landed.value, secretsOf(run, flow), landed.step) : []),
  ].join("\n");
  const note = noteIn(spoken, run, text, { code: "flow_landed", details: { result: landed.result } }, rootId, now);
  const reads = { ...spoken, lastSeq: seq, readSeq: unreadFrom(spoken, seq, loom) };
  const noted: Change = {
    ...change,
    messages: [...change.messages, note],
    events: [...change.events, about(reads, { type: "message.noted", messageId: note.id })],
  };
  return placed(noted, reads, kept(chat, reads, loom, base.chat));
}

const CAME: Readonly<Record<Landed["result"], string>> = {
  done: "the hotel's own system has done it meanwhile",
  failed: "the hotel's own system could not do it",
  notCalled: "the hotel's own system is not asked any more; look there whether it was done",
};

/** That a conversation is another department's now; nothing when it is not. */
const movedFrom = ({ departmentId: from }: Conversation, now: Conversation): readonly NewEvent[] =>
  now.departmentId === from
    ? []
    : from === null
      ? [about(now, { type: "conversation.routed", fromDepartmentId: null })]
      : [about(now, { type: "conversation.transferred", fromDepartmentId: from })];

const isThere = (other: Conversation, { id, mode }: Conversation, departmentId: string | null): boolean =>
  other.mode === mode && other.status === "open" && other.departmentId === departmentId && other.id !== id;

/** What a guest asked for a person says to whoever has to help them. */
const WHY: Readonly<Record<Handoff["why"], string>> = {
  step: "the flow asks for a person here",
  asked: "the guest asked for a person",
  timed_out: "the guest has not answered",
  not_understood: "the guest's answers could not be used",
  step_failed: "a step of the flow failed",
  window_closed: "WhatsApp's service window is closed: only a template reaches the guest",
  version_gone: "this version of the flow is not there any more",
  loops: "the flow went round without end",
  stopped: "it was stopped while the hotel's own system was asked for something: what comes of that is told here",
};

/** What a flow has staff read: the next message of the conversation. */
const noteIn = (
  conversation: Conversation,
  { id: runId, flowId }: FlowRun,
  text: string,
  { code, details }: Pick<Reason, "code" | "details">,
  rootId: string,
  now: Date,
): NewMessage => ({
  ...plain(conversation, flowNoteId(rootId), conversation.lastSeq + 1, now),
  direction: "internal",
  author: { kind: "bot", id: flowId },
  content: { type: "note", text: cut(text), mentions: [] },
  status: "noted",
  reasons: [{ code, at: now, details: { ...details, flowId, runId } }],
});

/** Staff read in a conversation that is over how far its run was: it is shown as the beginning of the one that goes on with it. */
export function withNote(
  change: Change,
  conversation: Conversation,
  run: FlowRun,
  rootId: string,
  now: Date,
): { readonly noted: Conversation; readonly change: Change } {
  const text = [
    `${headOf(run)}: the guest turned out to be one whose conversation goes on in its place, so the flow ends here.`,
    ...linesOf(run.answers, secretsOf(run)),
  ].join("\n");
  const note = noteIn(conversation, run, text, { code: "flow_joined" }, rootId, now);
  const noted = { ...conversation, lastSeq: note.seq };
  const events = [...change.events, about(noted, { type: "message.noted", messageId: note.id } as const)];
  return { noted, change: { ...change, conversations: [noted], messages: [note], events } };
}

/** Ours: as much as anybody reads at once. UTF-16 units. */
const NOTE_MAX = 3_500;

function noteOf(flow: Flow, run: FlowRun, { why, note }: Handoff): string {
  const lines = [
    `${headOf(run)}: ${WHY[why]}.`,
    ...(note === null ? [] : [note]),
    ...linesOf(run.answers, secretsOf(run, flow)),
  ];
  const text = lines.join("\n");
  return cut(text);
}

const headOf = ({ flowId, flowVersion, step }: FlowRun): string =>
  `Flow ${flowId} (version ${String(flowVersion)}), at step ${step === "" ? "-" : step}`;

const cut = (text: string): string =>
  text.length <= NOTE_MAX ? text : `${text.slice(0, NOTE_MAX).toWellFormed()} ...`;

const linesOf = (answers: JsonValue, secrets: ReadonlySet<string>, path = ""): readonly string[] =>
  secrets.has(path.replace(ROUND, "."))
    ? []
    : typeof answers === "object" && answers !== null
      ? Object.entries(answers).flatMap(([name, value]) =>
          linesOf(value, secrets, path === "" ? name : `${path}.${name}`),
        )
      : [`${path}: ${String(answers)}`];

/** Which time it was in a loop: `party.0.name` is of the step `party.name`. */
const ROUND = /\.\d+\./g;

/** A release may say of what was answered before it that it is secret. */
const secretsOf = ({ secrets = [] }: FlowRun, flow?: Flow): ReadonlySet<string> =>
  new Set([...secrets, ...[...(flow?.steps ?? [])].flatMap(([name, step]) => secretIn(name, step))]);

const placed = (change: Change, conversation: Conversation, chat: Chat | null): Change => ({
  ...change,
  chat,
  conversations: [...change.conversations.filter(({ id }) => id !== conversation.id), conversation],
});

const plain = ({ id: conversationId, hotelId }: Conversation, id: string, seq: number, now: Date) => ({
  id,
  hotelId,
  conversationId,
  seq,
  ...NOT_YET,
  sentAt: now,
  createdAt: now,
});
