import type { FlowRun, Storage } from "../../src/index.js";
import { run, type Queryable } from "./queryable.js";
import { date, type Instant } from "./rows.js";

/** A run as its row has it: what is looked for in columns, all else as JSON text. */
export interface RunRow {
  hotel_id: string;
  id: string;
  flow_id: string;
  flow_version: number;
  guest_id: string;
  phone_number_id: string;
  conversation_id: string;
  step: string;
  status: FlowRun["status"];
  answers: string;
  records: string;
  state: string;
  version: number;
  started_at: Instant;
  ended_at: Instant | null;
}

type State = Omit<
  FlowRun,
  | "hotelId"
  | "id"
  | "flowId"
  | "flowVersion"
  | "guestId"
  | "phoneNumberId"
  | "conversationId"
  | "step"
  | "status"
  | "answers"
  | "records"
  | "version"
  | "startedAt"
  | "endedAt"
>;

export const runOf = (row: RunRow): FlowRun => {
  const { toldOverAt, ...state } = JSON.parse(row.state) as Omit<State, "toldOverAt"> & { toldOverAt: string | null };
  return {
    ...state,
    toldOverAt: toldOverAt === null ? null : new Date(toldOverAt),
    id: row.id,
    hotelId: row.hotel_id,
    flowId: row.flow_id,
    flowVersion: row.flow_version,
    guestId: row.guest_id,
    phoneNumberId: row.phone_number_id,
    conversationId: row.conversation_id,
    step: JSON.parse(row.step) as string,
    status: row.status,
    answers: JSON.parse(row.answers) as FlowRun["answers"],
    records: JSON.parse(row.records) as FlowRun["records"],
    version: row.version,
    startedAt: date(row.started_at),
    endedAt: row.ended_at === null ? null : date(row.ended_at),
  };
};

export function runJson(one: FlowRun) {
  const {
    hotelId: _hotel,
    id,
    flowId,
    flowVersion,
    guestId,
    phoneNumberId,
    conversationId,
    step,
    status,
    answers,
    records,
    version,
    startedAt,
    endedAt,
    ...state
  } = one;
  return {
    id,
    flow: flowId,
    flow_version: flowVersion,
    guest: guestId,
    number: phoneNumberId,
    conversation: conversationId,
    step: JSON.stringify(step),
    status,
    answers: JSON.stringify(answers),
    records: JSON.stringify(records),
    state: JSON.stringify(state satisfies State),
    version,
    started_at: startedAt,
    ended_at: endedAt,
  };
}

export const flowReads = (db: Queryable, schema: string): Pick<Storage, "strayRuns"> => ({
  async strayRuns({ known, after, limit }) {
    const json = known.map(({ flowId, version }) => ({ flow: flowId, version }));
    const rows = await run<RunRow>(db, `select * from ${schema}.stray_runs_1($1, $2, $3, $4)`, [
      JSON.stringify(json),
      after?.hotelId ?? null,
      after?.id ?? null,
      limit,
    ]);
    return rows.map(runOf);
  },
});
