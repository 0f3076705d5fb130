import type { MessageContent } from "../domain/content.js";
import type { FlowRecord, RecordedMove } from "../domain/flow-move.js";
import type { FlowHandoffReason, FlowRun, FlowRunStatus } from "../domain/flow-run.js";
import type { StepResult } from "../domain/message.js";
import { advance, type Advance, type FlowInput, type FlowWorld, type Say } from "./advance.js";
import { goneFlow, migrated } from "./book.js";
import { closedAt, markOf, numbered, recordOf, type MoveInput, type MoveRecord, type RecordedWorld } from "./moves.js";
import { newRun } from "./run.js";
import { languageFor } from "./texts.js";
import type { Flow } from "./types.js";
import { keptBack } from "./weave.js";

/** A run as it was after one move. */
export interface FlowState {
  /** Of the move, from 1. */
  readonly number: number;
  readonly at: Date;
  readonly input: MoveInput;
  /** What the guest's message said; null where none moved it. */
  readonly heard: MessageContent | null;
  readonly run: FlowRun;
  /** What the message was taken for; null where it was none of the run's. */
  readonly result: StepResult | null;
  /** What was sent. The token of a form is not the one that was. */
  readonly said: readonly Say[];
  /** The desk said something else in its place: whoever writes STOP is told of offers. */
  readonly silenced: boolean;
  readonly timers: Advance["timers"];
  /** What the run was taken for: `handedOff` while a person spoke. */
  readonly from: FlowRunStatus;
  /** Why staff got it in spite of where the flow went. */
  readonly keptBack: FlowHandoffReason | null;
  readonly world: RecordedWorld;
}

/**
 * Why a run's past cannot be made again from here on. `record_gone`: what moved it is not stored any more; `message_gone`: the guest's
 * message is not, or they deleted it; `version_gone`: that version of the flow is not there; `differs`: the flow does something else today, as one does
 * that asks a clock or chance of its own, or was changed without a new version.
 */
export type ReplayGap = "record_gone" | "message_gone" | "version_gone" | "differs";

/** A run's past, made again by the rules that made it. */
export interface FlowReplay {
  /** As it is. */
  readonly run: FlowRun;
  /** One for each move, in order. */
  readonly states: readonly FlowState[];
  /** The first move that could not be made again; null: the last state is the run as it is. */
  readonly gap: { readonly number: number; readonly code: ReplayGap } | null;
}

/**
 * Makes each past state of a run again, from what moved it and by the same rules. Pure: nothing is sent, and the host is not called,
 * since its answers are recorded.
 */
export function replayed({ run, moves }: FlowRecord, flows: readonly Flow[]): FlowReplay {
  const byNumber = new Map(moves.map((move) => [move.number, move]));
  const states: FlowState[] = [];
  for (let number = 1; number <= run.moves; number++) {
    const next = again(states.at(-1)?.run ?? null, run, byNumber.get(number), flows);
    if (typeof next === "string") return { run, states, gap: { number, code: next } };
    states.push(next);
  }
  const last = states.at(-1);
  const isLive = last !== undefined && markOf(last.run) === markOf(run);
  return { run, states, gap: isLive ? null : { number: run.moves, code: "differs" } };
}

function again(
  before: FlowRun | null,
  live: FlowRun,
  move: RecordedMove | undefined,
  flows: readonly Flow[],
): FlowState | ReplayGap {
  if (move === undefined) return "record_gone";
  const { number, at, heard } = move;
  const { input, flowVersion, gone, from, joined, said, world, mark, ...rest } = recordOf(move);
  if (input.kind === "heard" && heard === null) return "message_gone";
  const state = (run: FlowRun, move: Pick<Advance, "says" | "heard" | "timers">): FlowState | ReplayGap => {
    if (markOf(run) !== mark) return "differs";
    const { says, timers } = move;
    const sent = says.filter(({ id }) => said.includes(id));
    const result = move.heard?.result ?? null;
    const silenced = says.length > 0 && sent.length === 0 && rest.keptBack === null;
    return {
      number,
      at,
      input,
      heard,
      run,
      result,
      said: sent,
      silenced,
      timers,
      from,
      keptBack: rest.keptBack,
      world,
    };
  };

  const stood = before ?? begun(live, beginning(flows, live.flowId, flowVersion), world, at);
  if (input.kind === "closed") return state(numbered(closedAt(stood, at)), { says: [], heard: null, timers: [] });
  const flow = gone ? goneFlow(stood) : versionOf(flows, live.flowId, flowVersion);
  if (flow === null) return "version_gone";
  const moved = stood.flowVersion === flow.version ? stood : movedOn(stood, flow);
  if (moved === null) return "version_gone";
  const around = worldOf(world, at, input);
  const first = advance(flow, { ...moved, status: from }, inputOf(input, heard), around);
  if (first === null) return "differs";
  const last = keptAsThen(flow, first, rest, around);
  return state(numbered(joined ? { ...last.run, endedAt: at } : last.run), last);
}

export const versionOf = (flows: readonly Flow[], flowId: string, version: number): Flow | null =>
  flows.find((flow) => flow.id === flowId && flow.version === version) ?? null;

/** The run as it began. What it spoke may have become another language since. */
const begun = (live: FlowRun, flow: Flow, world: RecordedWorld, now: Date): FlowRun =>
  newRun(live.id, flow, placeOf(live), { ...live, language: languageFor(flow, world), now });

/** Where a new run stands: its flow may be gone, which is told in its place. */
const beginning = (flows: readonly Flow[], flowId: string, version: number): Flow =>
  versionOf(flows, flowId, version) ?? goneFlow({ flowId, flowVersion: version });

const placeOf = ({ hotelId, guestId, phoneNumberId, conversationId }: FlowRun) => ({
  hotelId,
  guestId,
  phoneNumberId,
  id: conversationId,
});

/** Such code is the host's. */
function movedOn(run: FlowRun, flow: Flow): FlowRun | null {
  const migration = flow.migrations.find(({ from }) => from === run.flowVersion);
  try {
    return migration === undefined ? null : migrated(run, flow, migration);
  } catch {
    return null;
  }
}

/** What stood around the run then. A form's token was looked at then, and is not again. */
const worldOf = ({ forms, ...world }: RecordedWorld, now: Date, input: MoveInput): FlowWorld => ({
  ...world,
  now,
  ...(forms && {
    forms: { seal: ({ promptId }) => promptId, open: () => (input.kind === "heard" ? (input.form ?? null) : null) },
  }),
});

const inputOf = (input: Exclude<MoveInput, { kind: "closed" }>, heard: MessageContent | null): FlowInput =>
  input.kind === "heard" && heard !== null
    ? { kind: "heard", messageId: input.messageId, content: heard }
    : (input as FlowInput);

/** Staff got it where they got it then. */
const keptAsThen = (
  flow: Flow,
  move: Advance,
  { keptBack: why }: Pick<MoveRecord, "keptBack">,
  world: FlowWorld,
): Advance => (why === null ? move : keptBack(flow, move, move.says, why, world, true));
