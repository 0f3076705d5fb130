import { filesServedWorkId } from "../decide/ids.js";
import type { Change } from "../domain/change.js";
import type { FlowMove } from "../domain/flow-move.js";
import type { FlowHandoffReason, FlowRun, FlowRunStatus } from "../domain/flow-run.js";
import type { JsonValue } from "../domain/json.js";
import type { NewWork } from "../domain/work.js";
import type { Advance, FlowInput, FlowWorld, FormOf } from "./advance.js";
import type { Flow } from "./types.js";

/** What moved a run, as it is recorded: of a guest's message its id alone, since its words stand in the message. */
export type MoveInput =
  | Exclude<FlowInput, { readonly kind: "heard" }>
  | {
      readonly kind: "heard";
      readonly messageId: string;
      /** Whose form it was that they filled in, by its token; absent for any other message, and where the desk has no tokens. */
      readonly form?: FormOf | null;
    }
  /** The conversation closed, and took it along. */
  | { readonly kind: "closed" };

/** What is recorded of a move: all that it depended on beside the run, the flow and the guest's words. */
export interface MoveRecord {
  readonly input: MoveInput;
  /** The version by which it was decided. */
  readonly flowVersion: number;
  /** That version was not there: staff got it. */
  readonly gone: boolean;
  readonly from: FlowRunStatus;
  readonly keptBack: FlowHandoffReason | null;
  /** Another conversation of the guest's went on with it. */
  readonly joined: boolean;
  readonly world: RecordedWorld;
  /** Ids of the messages that were sent. */
  readonly said: readonly string[];
  /** Of the run after it: what is made again is this, or it is not what was. */
  readonly mark: string;
}

/** `forms`: whether the desk had tokens for them. */
export type RecordedWorld = Pick<FlowWorld, "rootId" | "guest" | "timeZone" | "language" | "stepMs" | "keepsFiles"> & {
  readonly forms: boolean;
};

/** The run with its next number, and what is recorded of the move. @param runs the moved run, as it is to be stored @param before what is recorded already */
export function recorded(
  flow: Flow,
  { cause, run: moved, says }: Advance,
  runs: readonly FlowRun[],
  before: readonly FlowMove[],
  { now, forms, threw: _threw, ...world }: FlowWorld,
): { readonly runs: readonly FlowRun[]; readonly moves: readonly FlowMove[] } {
  const counted = runs.map((run) => (run.id === moved.id ? numbered(run) : run));
  const run = counted.find(({ id }) => id === moved.id);
  if (run === undefined) return { runs, moves: before };
  const { input } = cause;
  const record: MoveRecord = {
    input: input.kind === "heard" ? heardOf(input, forms, now) : input,
    flowVersion: run.flowVersion,
    gone: flow.steps.size === 0,
    from: cause.from,
    keptBack: cause.keptBack,
    joined: run.endedAt !== null && moved.endedAt === null,
    world: { ...world, forms: forms !== undefined },
    said: says.map(({ id }) => id),
    mark: markOf(run),
  };
  return { runs: counted, moves: [...before, moveOf(run, record, now)] };
}

/** A run is over with its conversation, and nothing of it is said. */
export function closedWith(
  run: FlowRun,
  before: Pick<Change, "runs" | "moves" | "work">,
  now: Date,
): Pick<Change, "runs" | "moves" | "work"> {
  const closed = numbered(closedAt(run, now));
  const record: MoveRecord = {
    input: { kind: "closed" },
    flowVersion: run.flowVersion,
    gone: false,
    from: run.status,
    keptBack: null,
    joined: false,
    // Nothing of the flow is asked.
    world: {
      rootId: "",
      guest: { id: run.guestId, name: null },
      timeZone: "UTC",
      stepMs: 0,
      keepsFiles: false,
      forms: false,
    },
    said: [],
    mark: markOf(closed),
  };
  return {
    runs: [...before.runs, closed],
    moves: [...before.moves, moveOf(closed, record, now)],
    work: [...before.work, ...filesServed(closed)],
  };
}

/**
 * Nobody looks at what a run was sent for a purpose any more: what is kept only to be used is forgotten, after those of the guest's files that are on
 * their way.
 */
export const filesServed = ({ id, turn, tookFiles = false, ...run }: FlowRun): readonly NewWork[] =>
  !tookFiles
    ? []
    : [
        {
          id: filesServedWorkId(id, turn),
          kind: "media",
          phoneNumberId: run.phoneNumberId,
          guestId: run.guestId,
          payload: { filesServedIn: run.conversationId },
        },
      ];

export const closedAt = (run: FlowRun, now: Date): FlowRun => ({
  ...run,
  status: "stopped",
  promptId: null,
  options: [],
  turn: run.turn + 1,
  endedAt: now,
});

export const numbered = (run: FlowRun): FlowRun => ({ ...run, moves: run.moves + 1 });

/** What a storage keeps of a move, as it was recorded. */
export const recordOf = (move: FlowMove): MoveRecord => move.what as unknown as MoveRecord;

const moveOf = ({ hotelId, id, moves }: FlowRun, record: MoveRecord, at: Date): FlowMove => ({
  hotelId,
  runId: id,
  number: moves,
  at,
  messageId: record.input.kind === "heard" ? record.input.messageId : null,
  what: JSON.parse(JSON.stringify(record)) as JsonValue,
});

function heardOf(
  { content, messageId }: Extract<FlowInput, { kind: "heard" }>,
  forms: FlowWorld["forms"],
  now: Date,
): MoveInput {
  const heard = { kind: "heard", messageId } as const;
  if (content.type !== "flowReply" || forms === undefined) return heard;
  const token = formTokenIn(content.answers);
  return { ...heard, form: token === null ? null : forms.open(token, now) };
}

/** The token that came back with a form's answers; null for what has none. */
export function formTokenIn(answers: string): string | null {
  try {
    const { flow_token } = (JSON.parse(answers) ?? {}) as { readonly flow_token?: unknown };
    return typeof flow_token === "string" ? flow_token : null;
  } catch {
    return null;
  }
}

/**
 * A mark of a run, the same for the same run however it was stored: it tells whether what is made again is what was. 64 bits: against
 * mistakes, not against anybody who looks for two runs with one mark.
 */
export function markOf({ version: _version, ...run }: FlowRun): string {
  const text = JSON.stringify(sorted(run));
  const halves = [0x01000193, 0x85ebca6b].map((prime) => {
    let mark = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) mark = Math.imul(mark ^ text.charCodeAt(i), prime);
    return (mark >>> 0).toString(16).padStart(8, "0");
  });
  return halves.join("");
}

/** Members in the order of their names, and as JSON has them. */
function sorted(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    members.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, sorted(member)]),
  );
}
