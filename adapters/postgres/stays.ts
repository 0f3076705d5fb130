import type { AddressKind, GuestStay, Storage, Task } from "../../src/index.js";
import { ConversationError } from "../../src/index.js";
import { run, sought, type Queryable } from "./queryable.js";
import type { Reader } from "./row-security.js";
import { date, type Instant } from "./rows.js";

/** A stay as its row has it: what is looked for in columns, all else as JSON text. */
export interface StayRow {
  hotel_id: string;
  reservation_id: string;
  version: number;
  status: GuestStay["status"];
  arrival: string | null;
  departure: string | null;
  room: string | null;
  guest_id: string | null;
  address_kind: AddressKind | null;
  address: string | null;
  language: string | null;
  state: string;
  created_at: Instant;
}

type StayState = Pick<GuestStay, "guestName" | "roomReady" | "marks" | "told" | "plan">;

export interface TaskRow {
  hotel_id: string;
  id: string;
  version: number;
  external_id: string | null;
  conversation_id: string;
  guest_id: string;
  department_id: string | null;
  status: Task["status"];
  due_at: Instant | null;
  asked: string;
  state: string;
  created_at: Instant;
}

type Asked = Pick<Task, "kind" | "what" | "room" | "when" | "attachmentIds" | "language">;
type TaskState = Pick<Task, "note" | "mark" | "told" | "overdueAt">;

export function stayJson(stay: GuestStay) {
  const { guest, guestName, roomReady, marks, told, plan } = stay;
  return {
    reservation: stay.reservationId,
    version: stay.version,
    status: stay.status,
    arrival: stay.arrival,
    departure: stay.departure,
    room: stay.room,
    guest: guest !== null && "guestId" in guest ? guest.guestId : null,
    address_kind: guest !== null && "kind" in guest ? guest.kind : null,
    address: guest !== null && "kind" in guest ? guest.value : null,
    language: stay.language,
    state: JSON.stringify({ guestName, roomReady, marks, told, plan } satisfies StayState),
    created_at: stay.createdAt,
  };
}

export function stayOf(row: StayRow): GuestStay {
  const { plan, ...state } = JSON.parse(row.state) as Omit<StayState, "plan"> & { readonly plan: readonly PlanJson[] };
  return {
    ...state,
    plan: plan.map((one) => ({ ...one, dueAt: date(one.dueAt), goAt: date(one.goAt), at: date(one.at) })),
    hotelId: row.hotel_id,
    reservationId: row.reservation_id,
    version: row.version,
    status: row.status,
    arrival: row.arrival,
    departure: row.departure,
    room: row.room,
    guest:
      row.guest_id !== null
        ? { guestId: row.guest_id }
        : row.address_kind !== null && row.address !== null
          ? { kind: row.address_kind, value: row.address }
          : null,
    language: row.language,
    createdAt: date(row.created_at),
  };
}

type PlanJson = Omit<GuestStay["plan"][number], "dueAt" | "goAt" | "at"> & Record<"dueAt" | "goAt" | "at", string>;

export function taskJson(task: Task) {
  const { kind, what, room, when, attachmentIds, language, note, mark, told, overdueAt } = task;
  return {
    id: task.id,
    version: task.version,
    external: task.externalId,
    conversation: task.conversationId,
    guest: task.guestId,
    department: task.departmentId,
    status: task.status,
    due_at: task.dueAt,
    asked: JSON.stringify({ kind, what, room, when, attachmentIds, language } satisfies Asked),
    state: JSON.stringify({ note, mark, told, overdueAt } satisfies TaskState),
    created_at: task.createdAt,
  };
}

export function taskOf(row: TaskRow): Task {
  const { overdueAt, ...state } = JSON.parse(row.state) as Omit<TaskState, "overdueAt"> & { overdueAt: string | null };
  return {
    ...(JSON.parse(row.asked) as Asked),
    ...state,
    overdueAt: overdueAt === null ? null : new Date(overdueAt),
    hotelId: row.hotel_id,
    id: row.id,
    externalId: row.external_id,
    conversationId: row.conversation_id,
    guestId: row.guest_id,
    departmentId: row.department_id,
    version: row.version,
    status: row.status,
    dueAt: row.due_at === null ? null : date(row.due_at),
    createdAt: date(row.created_at),
  };
}

export function stayVerbs(
  db: Queryable,
  schema: string,
  within: Reader,
): Pick<Storage, "loadStay" | "staysOf" | "staysOn" | "loadTask" | "tasksOf"> {
  return {
    async loadStay({ hotelId, reservationId }) {
      const [row] = await run<{ now: Date; stay: StayRow | null }>(
        db,
        `select ${schema}.desk_now() as now, (
           select to_json(s) from ${schema}.stays s where s.hotel_id = $1 and s.reservation_id = $2
         ) as stay`,
        [sought(hotelId), sought(reservationId)],
      );
      if (row === undefined) throw new ConversationError("storage_failed");
      return { now: date(row.now), stay: row.stay === null ? null : stayOf(row.stay) };
    },

    async staysOf({ hotelId, person, limit }) {
      const address = "guestId" in person ? null : person;
      const rows = await run<StayRow>(db, `select * from ${schema}.stays_of_1($1, $2, $3, $4, $5)`, [
        sought(hotelId),
        "guestId" in person ? sought(person.guestId) : null,
        address?.kind ?? null,
        address === null ? null : sought(address.value),
        limit,
      ]);
      return rows.map(stayOf);
    },

    async staysOn({ reach, hotelId, of, day, after, limit }) {
      if (reach !== "everything" && !("hotels" in reach && reach.hotels.has(hotelId))) return { items: [], next: null };
      const rows = await run<StayRow>(
        within(reach, "hotels"),
        `select s.* from ${schema}.stays s
          where s.hotel_id = $1 and left(s.${of === "arrival" ? "arrival" : "departure"}, 10) = $2
            and s.status is distinct from 'cancelled' and s.reservation_id > $3
          order by s.reservation_id limit $4`,
        // No reservation is called nothing.
        [sought(hotelId), sought(day), sought(after ?? ""), limit + 1],
      );
      const items = rows.slice(0, limit).map(stayOf);
      return { items, next: rows.length > limit ? (items.at(-1)?.reservationId ?? null) : null };
    },

    async loadTask({ hotelId, taskId }) {
      const [row] = await run<{ now: Date; task: TaskRow | null }>(
        db,
        `select ${schema}.desk_now() as now, coalesce(
           (select to_json(t) from ${schema}.tasks t where t.hotel_id = $1 and t.id = $2),
           (select to_json(t) from ${schema}.tasks t where t.hotel_id = $1 and t.external_id = $2
             order by t.created_at desc, t.id desc limit 1)
         ) as task`,
        [sought(hotelId), sought(taskId)],
      );
      if (row === undefined) throw new ConversationError("storage_failed");
      return { now: date(row.now), task: row.task === null ? null : taskOf(row.task) };
    },

    async tasksOf({ hotelId, conversationId, limit }) {
      const rows = await run<TaskRow>(
        db,
        `select * from ${schema}.tasks t where t.hotel_id = $1 and t.conversation_id = $2
          order by t.created_at desc, t.id desc limit $3`,
        [sought(hotelId), sought(conversationId), limit],
      );
      return rows.map(taskOf);
    },
  };
}
