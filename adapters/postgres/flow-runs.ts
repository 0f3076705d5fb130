import type { FlowMove, FlowRun, JsonValue, MessageContent, RecordedMove, Storage } from "../../src/index.js";
import { run, sought, type Queryable } from "./queryable.js";
import { inDepartment, reachedHotels, reachJson } from "./reach.js";
import { date, type Instant } from "./rows.js";
import type { Reader } from "./row-security.js";

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

export const moveJson = ({ number, at, messageId, what }: FlowMove) => ({
  n: number,
  at,
  message: messageId,
  what: JSON.stringify(what),
});

export interface MoveRow {
  hotel_id: string;
  run_id: string;
  n: number;
  at: Instant;
  message_id: string | null;
  what: string;
}

export const moveOf = ({ move, heard }: { move: MoveRow; heard: string | null }): RecordedMove => ({
  hotelId: move.hotel_id,
  runId: move.run_id,
  number: move.n,
  at: date(move.at),
  messageId: move.message_id,
  what: JSON.parse(move.what) as JsonValue,
  heard: heard === null ? null : (JSON.parse(heard) as MessageContent),
});

export const flowReads = (
  db: Queryable,
  schema: string,
  within: Reader,
): Pick<Storage, "strayRuns" | "flowRecord"> => ({
  async flowRecord({ reach, conversationId, runId }) {
    const [row] = await run<{ run: RunRow | null; moves: { move: MoveRow; heard: string | null }[] | null }>(
      within(reach),
      `with ${reachedHotels(schema)}
       select to_json(f) as run, (
            select json_agg(json_build_object('move', m, 'heard', (
                     select h.content from ${schema}.messages h
                      where h.hotel_id = m.hotel_id and h.id = m.message_id
                        and not exists (
                          select from ${schema}.message_amendments a
                           where a.hotel_id = h.hotel_id and a.wamid = h.wamid and a.by = 'guest' and starts_with(a.act, '{"kind":"revoked"')
                        offset 0))) order by m.n)
              from ${schema}.flow_moves m where m.hotel_id = f.hotel_id and m.run_id = f.id) as moves
         from reached r join ${schema}.conversations c on c.hotel_id = r.hotel_id and c.id = $2
         left join lateral (
           select * from ${schema}.flow_runs f
            where f.hotel_id = c.hotel_id and f.conversation_id = c.id and ($3::text is null or f.id = $3)
            order by f.ended_at is not null, f.started_at desc, f.id desc limit 1
         ) f on true
        where ${inDepartment("c.department_id")}`,
      [reachJson(reach), sought(conversationId), runId === null ? null : sought(runId)],
    );
    if (row === undefined) return null;
    return { record: row.run === null ? null : { run: runOf(row.run), moves: (row.moves ?? []).map(moveOf) } };
  },
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
