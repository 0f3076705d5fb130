import {
  ConversationError,
  reaches,
  type AuditEntry,
  type ClaimedLane,
  type CommitResult,
  type DeskEvent,
  type InboundItem,
  type IntentOutcome,
  type LaneChange,
  type LaneLease,
  type Reach,
  type RememberOutcome,
  type Settlement,
  type StatusOutcome,
  type Storage,
  type WorkFailure,
  type WorkItem,
} from "../../src/index.js";
import { asideReads } from "./aside.js";
import { attachmentVerbs } from "./attachments.js";
import { auditChainVerbs } from "./audit-chain.js";
import { translationVerbs } from "./translations.js";
import { batchOf, laneJson, type StoredRow } from "./batch.js";
import { consentReads } from "./consents.js";
import { poolSizeOf, withDeadline } from "./deadline.js";
import { examine } from "./examine.js";
import { checkSchema, lacking, DEFAULT_SCHEMA, migrate } from "./migrate.js";
import { constraintOf, run, schemaName, sought, soughtJson, sqlState, type Queryable } from "./queryable.js";
import { pulse } from "./pulse.js";
import { reads } from "./reads.js";
import { guestReads } from "./guests.js";
import { searchReads } from "./search.js";
import { erasureVerbs } from "./erasure.js";
import { hostVerbs } from "./host.js";
import { personalDataReads } from "./personal-data.js";
import { pruneVerbs } from "./prune.js";
import { STATUS_CONFLICT } from "./migrations/0010-write.js";
import { ERASED_CONFLICT } from "./migrations/0026-privacy.js";
import { liveVerbs } from "./live.js";
import { recipientReads } from "./recipients.js";
import { checkRowSecurity, readsAnywhere, securedReads, type RowSecurityOptions } from "./row-security.js";
import { savedReplyVerbs } from "./saved-replies.js";
import { staffReads } from "./staff.js";
import { timesReads } from "./times.js";
import { rememberSql, rememberValues, reprocessSql, reprocessValues } from "./remember.js";
import { flowReads } from "./flow-runs.js";
import { stayVerbs } from "./stays.js";
import { date, eventOf, type EventRow } from "./rows.js";
import { templateVerbs } from "./templates.js";

/** What `postgresStorage` takes beside the pool; nothing has to be given. */
export interface PostgresStorageOptions {
  /** Name of the schema; `"belldesk"` by default. Several installations can share a database under different names. */
  readonly schema?: string;
  /**
   * Milliseconds after which a statement without an answer is given up and its connection ended, when `db` is a pool; 8,000
   * by default, as long as a lease: what takes longer is somebody else's work by then. Migrations take as long as they take.
   */
  readonly deadlineMs?: number;
  /**
   * Lets the database itself hold principals' reads within their reach once more (row-level security), whatever the desk's
   * statements ask for. Needs a pool, and `secureRows`; see `docs/access.md`. Off by default.
   */
  readonly rowSecurity?: RowSecurityOptions;
}

const DEADLINE_MS = 8_000;
/** The longest that a timer takes: what is longer would fire at once. */
const DEADLINE_MOST_MS = 2_147_483_647;

function deadlineOf(ms: number): number {
  if (Number.isInteger(ms) && ms > 0 && ms <= DEADLINE_MOST_MS) return ms;
  const message = `a whole number of milliseconds from 1 to ${String(DEADLINE_MOST_MS)}`;
  throw new ConversationError("config_invalid", { issues: [{ path: "deadlineMs", message }] });
}

/** Milliseconds until arrivals are looked at again that a claim left, because their lane was being committed. */
const TAKE_IN_AGAIN_MS = 20;

/**
 * Storage on PostgreSQL 14 or newer. The host keeps the pool: its size, its TLS, its `error` listener, its end.
 * Every verb is one statement, so a pooler that hands out connections by transaction is fine.
 * Give a pool a `connectionTimeoutMillis`: without one, pg waits for ever for a server that takes a connection and says
 * nothing, and such a wait takes up a place in the pool for as long.
 * @throws {ConversationError} `config_invalid` for a schema name that is not a plain identifier, or a deadline that is none
 */
export function postgresStorage(pool: Queryable, options: PostgresStorageOptions = {}): Storage {
  const name = options.schema ?? DEFAULT_SCHEMA;
  const deadlineMs = deadlineOf(options.deadlineMs ?? DEADLINE_MS);
  const db = withDeadline(pool, deadlineMs);
  const { rowSecurity } = options;
  const within = rowSecurity === undefined ? readsAnywhere(db) : securedReads(db, pool, rowSecurity, deadlineMs);
  const schema = schemaName(name);
  const call = <Row>(text: string, values: unknown[]) => run<Row>(db, text, values);

  return {
    ...reads(db, schema, within),
    ...guestReads(within, schema),
    ...searchReads(within, schema),
    ...recipientReads(within, schema),
    ...consentReads(within, schema),
    ...staffReads(within, schema),
    ...timesReads(within, schema),
    ...savedReplyVerbs(db, schema, within),
    ...asideReads(db, schema, within),
    ...templateVerbs(db, schema, within),
    ...hostVerbs(db, schema),
    ...liveVerbs(db, schema, within),
    ...flowReads(db, schema, within),
    ...stayVerbs(db, schema, within),
    ...attachmentVerbs(db, schema, within),
    ...translationVerbs(db, schema),
    pulse: () => pulse(db, schema),
    ...auditChainVerbs(db, schema, within),
    ...erasureVerbs(db, schema),
    ...personalDataReads(db, schema),
    ...pruneVerbs(db, schema),

    async open({ migrate: mayMigrate }) {
      // A migration is waited for as long as it takes, and nothing else is.
      if (!mayMigrate) await checkSchema(db, { schema: name });
      else if ((await lacking(db, { schema: name })).length > 0) await migrate(pool, { schema: name });
      if (rowSecurity !== undefined) await checkRowSecurity(db, { schema: name, ...rowSecurity });
    },

    close: () => Promise.resolve(),

    examine: () => examine(db, name, poolSizeOf(pool)),

    async remember(items: readonly InboundItem[], { dedupRetentionMs }): Promise<readonly RememberOutcome[]> {
      interface Row {
        outcomes: ("work" | "kept" | "too_old" | "duplicate")[] | null;
      }
      const [row] = await call<Row>(rememberSql(schema), rememberValues(items, dedupRetentionMs));
      if (row === undefined) throw new ConversationError("storage_failed");
      return (row.outcomes ?? []).map((outcome) => (outcome === "work" || outcome === "kept" ? "new" : outcome));
    },

    async reprocess(items) {
      const [row] = await call<{ placed: boolean[] | null }>(reprocessSql(schema), reprocessValues(items));
      return row?.placed ?? [];
    },

    async applyStatuses(updates) {
      const outcomes: StatusOutcome[] = [];
      const numbered = updates.map((update, index) => ({ ...update, index }));
      const events = await perHotel(
        numbered,
        ({ hotelId }) => hotelId,
        async (hotelId, own) => {
          // One report may say whose another is; the statement looks for both before it has joined either.
          const named = new Map(
            own.flatMap(({ wamid, correlationId }) => (correlationId === null ? [] : [[wamid, correlationId]])),
          );
          const json = own.map(({ wamid, status, correlationId, failure, billing, at }, index) => ({
            ord: index + 1,
            wamid,
            status,
            correlation: correlationId ?? named.get(wamid) ?? null,
            failure: failure === null ? null : JSON.stringify(failure),
            billing: billing === null ? null : JSON.stringify(billing),
            at,
          }));
          const rows = await call<EventRow & { ord: number | null; outcome: StatusOutcome }>(
            `select * from ${schema}.apply_statuses_1($1, $2)`,
            [hotelId, JSON.stringify(json)],
          );
          for (const { ord, outcome } of rows) {
            const update = ord === null ? undefined : own[ord - 1];
            if (update !== undefined) outcomes[update.index] = outcome;
          }
          return rows.filter(({ ord }) => ord === null);
        },
      );
      return { outcomes, events };
    },

    async claim({ kind, lanes, itemsPerLane, leaseMs, expireMs = NEVER_MS, probeMs = PROBE_MS, onlyUrgentOf = [] }) {
      interface Row {
        now: Date;
        hotel_id: string | null;
        phone_number_id: string;
        guest_id: string;
        epoch: string;
        id: string | null;
        position: string;
        attempts: number;
        payload: string;
        created_at: Date;
      }
      const rows =
        kind === "outbound"
          ? await call<Row>(
              `select * from ${schema}.claim_outbound_2($1, ${span(2)}, ${span(3)}, ${span(4)}, $5, $6)`,
              [
                lanes,
                leaseMs,
                expireMs,
                probeMs,
                onlyUrgentOf === "everybody",
                onlyUrgentOf === "everybody" ? [] : onlyUrgentOf,
              ],
            )
          : kind === "command"
            ? await call<Row>(`select * from ${schema}.claim_commands_1($1, $2, ${span(3)})`, [
                lanes,
                itemsPerLane,
                leaseMs,
              ])
            : await call<Row>(`select * from ${schema}.claim_1($1, $2, $3, ${span(4)})`, [
                kind,
                lanes,
                itemsPerLane,
                leaseMs,
              ]);
      const claimed: (ClaimedLane & { items: WorkItem[] })[] = [];
      for (const row of rows) {
        if (row.hotel_id === null || row.id === null) continue;
        const last = claimed.at(-1);
        const same =
          last?.hotelId === row.hotel_id && last.phoneNumberId === row.phone_number_id && last.guestId === row.guest_id;
        const lane = same
          ? last
          : {
              hotelId: row.hotel_id,
              kind,
              phoneNumberId: row.phone_number_id,
              guestId: row.guest_id,
              epoch: Number(row.epoch),
              items: [],
            };
        if (!same) claimed.push(lane);
        const { id, attempts, payload } = row;
        lane.items.push({
          id,
          kind,
          position: Number(row.position),
          attempts,
          payload,
          createdAt: date(row.created_at),
        });
      }
      const [first] = rows;
      if (first === undefined) throw new ConversationError("storage_failed");
      // There may be more: whoever asks again at once sees.
      const isFull = claimed.length > 0 && claimed.length === lanes;
      const looks = !isFull && onlyUrgentOf.length === 0;
      const nextDueInMs = looks ? await nextDue(kind, expireMs) : isFull ? 0 : null;
      return { now: date(first.now), lanes: claimed, nextDueInMs };
    },

    async renew(lanes, leaseMs) {
      const rows = await call<{ ord: number }>(`select ord from ${schema}.renew_1($1, $2 * interval '1 millisecond')`, [
        lanesJson(lanes),
        leaseMs,
      ]);
      const renewed = new Set(rows.map(({ ord }) => ord));
      return lanes.map((_, index) => renewed.has(index));
    },

    async release(lanes) {
      await call(`select ${schema}.release_1($1)`, [lanesJson(lanes)]);
    },

    async commit(hotelId: string, changes: readonly LaneChange[]): Promise<CommitResult> {
      interface Row extends StoredRow {
        outcome: CommitResult["outcome"];
        changes: number[] | null;
      }
      const batch = batchOf(changes);
      try {
        const places = batch.lists.map((_, index) => `$${String(index + 2)}`).join(", ");
        const [row] = await call<Row>(`select * from ${schema}.commit_1($1, ${places})`, [hotelId, ...batch.lists]);
        if (row === undefined) throw new ConversationError("storage_failed");
        if (row.outcome !== "committed") return { outcome: row.outcome, changes: row.changes ?? [] };
        return { outcome: "committed", ...batch.stored(hotelId, row) };
      } catch (error) {
        const collided = sqlState(causeOf(error)) === UNIQUE && CONFLICTS.has(constraintOf(causeOf(error)) ?? "");
        if (!collided) throw error;
        return { outcome: "conflict", changes: changes.length === 1 ? [0] : [] };
      }
    },

    async intend(sends) {
      const json = sends.map(({ lane, messageId, as }, index) => ({
        ord: index,
        hotel: lane.hotelId,
        ...laneJson(lane),
        message: messageId,
        goes: as,
      }));
      const rows = await call<{ ord: number; outcome: IntentOutcome }>(`select * from ${schema}.intend_1($1)`, [
        JSON.stringify(json),
      ]);
      const outcomes = new Map(rows.map(({ ord, outcome }) => [ord, outcome]));
      return sends.map((_, index) => outcomes.get(index) ?? "no");
    },

    settle: (settlements) =>
      perHotel(
        settlements,
        ({ lane }) => lane.hotelId,
        async (hotelId, own) => {
          const json = own.map(({ lane, workId, messageId, result, reason, paced, pause }: Settlement, index) => ({
            ord: index,
            ...laneJson(lane),
            work: workId,
            message: messageId,
            result: result.kind,
            wamid: result.kind === "sent" ? result.wamid : null,
            failure: result.kind === "sent" ? null : JSON.stringify(result.failure),
            delay_ms: result.kind === "retry" ? result.delayMs : result.kind === "unknown" ? result.holdMs : 0,
            asked_ms: result.kind === "retry" ? result.askedMs : 0,
            reason: JSON.stringify(reason),
            paced,
            ...(pause !== null && {
              pause_of: pause.of,
              pause_ms: pause.ms,
              pause_probing: pause.probing,
              pause_code: pause.code,
            }),
          }));
          return call<EventRow>(`select * from ${schema}.settle_1($1, $2)`, [hotelId, JSON.stringify(json)]);
        },
      ),

    fail: (failures) =>
      perHotel(
        failures,
        ({ lane }) => lane.hotelId,
        async (hotelId, own) => {
          const json = own.map(({ lane, workId, code, retryInMs, counts }: WorkFailure) => ({
            ...laneJson(lane),
            work: workId,
            code,
            retry_ms: retryInMs,
            counts,
          }));
          return call<EventRow>(`select * from ${schema}.fail_1($1, $2)`, [hotelId, JSON.stringify(json)]);
        },
      ),

    async setPaces(paces) {
      const json = paces.map(({ hotelId, phoneNumberId, perSecond }) => ({
        hotel: hotelId,
        number: phoneNumberId,
        per_second: perSecond,
      }));
      await call(`select ${schema}.set_paces_1($1)`, [JSON.stringify(json)]);
    },

    async pauseSenders({ hotelId, pause: { ms, probing, code } }) {
      const stop = { number: "", pause_of: "hotel", pause_ms: ms, pause_probing: probing, pause_code: code };
      const rows = await call<EventRow>(`select * from ${schema}.pause_hotel_1($1, $2)`, [
        sought(hotelId),
        JSON.stringify([stop]),
      ]);
      return rows.map((row) => eventOf(hotelId, row));
    },

    async resume({ hotelId, phoneNumberId, audit }) {
      const rows = await call<EventRow>(`select * from ${schema}.resume_1($1, $2, $3)`, [
        sought(hotelId),
        sought(phoneNumberId),
        audit === null ? null : JSON.stringify(auditJson(audit)),
      ]);
      return rows.map((row) => eventOf(hotelId, row));
    },

    async senders({ reach }) {
      interface Row {
        hotel_id: string;
        phone_number_id: string;
        per_second: number | null;
        paused_until: Date | null;
        probing: boolean;
        paused_for: string | null;
        waiting: number;
      }
      const hotels = wholeHotels(reach);
      const rows = await run<Row>(
        within(reach),
        `select n.hotel_id, n.phone_number_id, n.per_second, n.probing, n.paused_for,
                case when n.probing or n.paused_until > ${schema}.desk_now() then n.paused_until end as paused_until,
                (select count(*) from ${schema}.lanes l
                  where l.hotel_id = n.hotel_id and l.kind = 'outbound' and l.phone_number_id = n.phone_number_id
                    and l.due_at is not null)::integer as waiting
           from ${schema}.numbers n
          where $1::text is null or n.hotel_id in (select json_array_elements_text($1::json))
          order by n.hotel_id, n.phone_number_id`,
        [hotels === null ? null : soughtJson(hotels)],
      );
      return rows.map(({ hotel_id, phone_number_id, per_second, paused_until, probing, paused_for, waiting }) => ({
        hotelId: hotel_id,
        phoneNumberId: phone_number_id,
        perSecond: per_second,
        pause: paused_until === null ? null : { until: date(paused_until), probing, code: paused_for ?? "" },
        waiting,
      }));
    },

    async replay({ reach, workId, audit }) {
      const hotels = wholeHotels(reach);
      const [row] = await call<{ found: boolean }>(`select ${schema}.replay_1($1, $2, $3) as found`, [
        sought(workId),
        hotels === null ? null : soughtJson(hotels),
        JSON.stringify(auditJson(audit)),
      ]);
      return row?.found === true;
    },
  };

  /** Milliseconds until the next lane comes due; lanes in somebody's hands count with the end of their lease. */
  async function nextDue(kind: string, expireMs: number): Promise<number | null> {
    if (kind === "outbound") {
      const [row] = await call<{ ms: number | null }>(`select ${schema}.next_send_1(${span(1)}) as ms`, [expireMs]);
      return row?.ms == null ? null : Math.max(0, Math.ceil(row.ms));
    }
    const [row] = await call<{ ms: number | null; waiting: boolean | null }>(`select * from ${schema}.next_due_1($1)`, [
      kind,
    ]);
    const due = row?.ms == null ? null : Math.max(0, Math.ceil(row.ms));
    return row?.waiting === true ? Math.min(due ?? Infinity, TAKE_IN_AGAIN_MS) : due;
  }

  /** One hotel after the other: a statement over several would take their counters in no fixed order. */
  async function perHotel<T>(
    items: readonly T[],
    hotelOf: (item: T) => string,
    store: (hotelId: string, own: T[]) => Promise<EventRow[]>,
  ): Promise<readonly DeskEvent[]> {
    const groups = new Map<string, T[]>();
    for (const item of items) groups.set(hotelOf(item), [...(groups.get(hotelOf(item)) ?? []), item]);
    const events: DeskEvent[] = [];
    for (const [hotelId, own] of groups) {
      const rows = await store(hotelId, own);
      events.push(...rows.map((row) => eventOf(hotelId, row)));
    }
    return events;
  }
}

/** Milliseconds in whose place none were given: what waits expires in a hundred years, and a probe is sent each minute. */
const NEVER_MS = 100 * 365 * 24 * 60 * 60 * 1_000;
const PROBE_MS = 60_000;

/** A parameter in milliseconds. */
const span = (place: number): string => `$${String(place)} * interval '1 millisecond'`;

/** An entry of the audit, without what the statement knows. */
const auditJson = ({ id, actor, action, reason, target }: Omit<AuditEntry, "hotelId" | "at">) => ({
  id,
  actor_kind: actor.kind,
  actor_id: actor.id,
  action,
  reason: JSON.stringify(reason),
  target_kind: target.kind,
  target_id: target.id,
});

/** The hotels that reach covers wholly; null: every one. */
const wholeHotels = (reach: Reach): readonly string[] | null =>
  reach === "everything"
    ? null
    : "guest" in reach
      ? []
      : [...reach.hotels.keys()].filter((hotelId) => reaches(reach, hotelId, null));

/** Two changes want the same thing, and the database lets one of them have it. */
const CONFLICTS: ReadonlySet<string> = new Set([
  "conversations_one_open",
  "conversations_pkey",
  "chats_pkey",
  "messages_client_id",
  "wamids_pkey",
  "messages_seq",
  "guest_addresses_pkey",
  "flow_runs_pkey",
  "flow_runs_one_live",
  "stays_pkey",
  "tasks_pkey",
  STATUS_CONFLICT,
  ERASED_CONFLICT,
]);
const UNIQUE = "23505";

const causeOf = (error: unknown): unknown => (error instanceof Error ? error.cause : undefined);

const lanesJson = (lanes: readonly LaneLease[]): string =>
  JSON.stringify(lanes.map((lane, ord) => ({ ord, hotel: lane.hotelId, ...laneJson(lane) })));
