import {
  addressKey,
  reaches,
  SCORES,
  type Address,
  type DeskTimes,
  type Durations,
  type GuestStay,
  type Page,
  type RatingOf,
  type Score,
  type StayStorage,
  type Task,
  type TimesOf,
  type TimesQuery,
  type Timing,
} from "belldesk";
import { touches } from "./reach.ts";
import { compareIds, type Database, type Hotel } from "./database.ts";
import { addressesOf, holderOf, sameAs, withMerged } from "./people.ts";

type Query<Verb extends keyof StayStorage> = Parameters<StayStorage[Verb]>[0];

/** A reservation, as the hotel's own system told of it. */
export const loadStay = (db: Database, { hotelId, reservationId }: Query<"loadStay">) => ({
  now: db.now(),
  stay: db.hotel(hotelId).stays.get(reservationId),
});

/** The stays of a person. */
export function staysOf(db: Database, { hotelId, person, limit }: Query<"staysOf">): readonly GuestStay[] {
  const hotel = db.hotel(hotelId);
  const holder = "guestId" in person ? null : holderOf(hotel, person);
  const people = "guestId" in person ? sameAs(hotel, person.guestId) : holder === null ? [] : withMerged(hotel, holder);
  const addresses = [...people.flatMap((id) => addressesOf(hotel, id)), ...("guestId" in person ? [] : [person])];
  return staysNaming(hotel, people, addresses)
    .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || compareIds(b.reservationId, a.reservationId))
    .slice(0, limit);
}

/** Who comes, or goes, on a day. */
export function staysOn(
  db: Database,
  { reach, hotelId, of, day, after, limit }: Query<"staysOn">,
): Page<GuestStay, string> {
  if (!touches(reach, hotelId)) return { items: [], next: null };
  const rest = db
    .hotel(hotelId)
    .stays.where(`${of} >= ? and ${of} < ? and status is not 'cancelled'`, day, `${day}~`)
    .filter(({ reservationId }) => after === null || compareIds(reservationId, after) > 0)
    .sort((a, b) => compareIds(a.reservationId, b.reservationId));
  const items = rest.slice(0, limit);
  return { items, next: rest.length > limit ? (items.at(-1)?.reservationId ?? null) : null };
}

/** Stays that name one of these people, or one of these addresses. */
export function staysNaming(hotel: Hotel, people: readonly string[], addresses: readonly Address[]): GuestStay[] {
  const keys = new Set(addresses.map(addressKey));
  return hotel.stays
    .all()
    .filter(
      ({ guest }) =>
        guest !== null && ("guestId" in guest ? people.includes(guest.guestId) : keys.has(addressKey(guest))),
    );
}

/** What a guest asked for, by the desk's id, else by that of the hotel's own system. */
export function loadTask(
  db: Database,
  { hotelId, taskId }: Query<"loadTask">,
): { readonly now: Date; readonly task: Task | null } {
  const { tasks } = db.hotel(hotelId);
  const [called] = tasks.where("externalId = ? order by createdAt desc, id desc limit 1", taskId);
  return { now: db.now(), task: tasks.get(taskId) ?? called ?? null };
}

/** What was asked for in a conversation. */
export const tasksOf = (db: Database, { hotelId, conversationId, limit }: Query<"tasksOf">): readonly Task[] =>
  db.hotel(hotelId).tasks.where("conversationId = ? order by createdAt desc, id desc limit ?", conversationId, limit);

interface Fact {
  readonly hotelId: string;
  readonly departmentId: string | null;
  readonly staffId: string | null;
  readonly kind: Timing["kind"] | "waiting";
  readonly ms: number;
  readonly unanswered: boolean;
  /** Of what was asked for: what it was rated. */
  readonly score: Score | null;
}

/** How long answers and resolutions took that ended in a period, and who has waited since then. */
export function times(db: Database, { reach, hotelId, departmentId, staffId, from, to }: TimesQuery): DeskTimes {
  const facts = [...ended(db, from, to), ...waiting(db, from, to)].filter(
    (fact) =>
      reaches(reach, fact.hotelId, fact.departmentId) &&
      (hotelId ?? fact.hotelId) === fact.hotelId &&
      (departmentId ?? fact.departmentId) === fact.departmentId &&
      (staffId ?? fact.staffId) === fact.staffId,
  );
  const by = <Key>(keyOf: (fact: Fact) => Key): (Key & TimesOf)[] =>
    [...Map.groupBy(facts, (fact) => JSON.stringify(keyOf(fact)))].map(([key, own]) => ({
      ...(JSON.parse(key) as Key),
      ...timesOf(own),
    }));
  return {
    all: timesOf(facts),
    departments: by((fact) => ({ hotelId: fact.hotelId, departmentId: fact.departmentId })),
    staff: by((fact) => ({ hotelId: fact.hotelId, staffId: fact.staffId })).flatMap(({ staffId: id, ...own }) =>
      id === null ? [] : [{ ...own, staffId: id }],
    ),
  };
}

const ended = (db: Database, from: Date, to: Date): readonly Fact[] =>
  db.all.timings.select("at >= ? and at < ? and doc ->> '$.kind' <> 'rated'", from, to).map((timing) => {
    const { hotelId, conversationId, episode, departmentId, staffId, kind, since, at, openMs, unanswered } = timing;
    const rated = db.hotel(hotelId).timings.get(JSON.stringify([conversationId, episode, "rated"]));
    const ms = openMs ?? at.getTime() - since.getTime();
    return { hotelId, departmentId, staffId, kind, ms, unanswered, score: rated?.score ?? null };
  });

/** Whoever has not had a word of the staff yet. */
const waiting = (db: Database, from: Date, to: Date): readonly Fact[] =>
  db.all.conversations
    .select("status = 'open' and episode_askedAt >= ? and episode_askedAt < ?", from, to)
    .filter(({ episode }) => episode.answeredAt === null)
    .map(({ hotelId, departmentId, assigneeId: staffId }) => {
      return { hotelId, departmentId, staffId, kind: "waiting", ms: 0, unanswered: true, score: null };
    });

function timesOf(facts: readonly Fact[]): TimesOf {
  const of = (kind: Fact["kind"]) => facts.filter((fact) => fact.kind === kind);
  return {
    firstResponse: durationsOf(of("firstResponse")),
    resolution: durationsOf(of("resolution")),
    waiting: of("waiting").length,
    rating: ratingOf(of("surveyed")),
    resolvedUnanswered: of("resolution").filter(({ unanswered }) => unanswered).length,
  };
}

function ratingOf(asked: readonly Fact[]): RatingOf {
  const given = asked.flatMap(({ score }) => score ?? []);
  const sum = given.reduce<number>((total, score) => total + score, 0);
  const [one, two, three, four, five] = SCORES.map((score) => given.filter((each) => each === score).length);
  return {
    asked: asked.length,
    answered: given.length,
    average: given.length === 0 ? null : Math.round((sum / given.length) * 100) / 100,
    scores: [one ?? 0, two ?? 0, three ?? 0, four ?? 0, five ?? 0],
  };
}

function durationsOf(facts: readonly Fact[]): Durations {
  const sorted = facts.map(({ ms }) => ms).sort((a, b) => a - b);
  const count = sorted.length;
  if (count === 0) return { count, meanMs: null, medianMs: null, p90Ms: null };
  const mean = sorted.reduce((total, ms) => total + ms, 0) / count;
  return { count, meanMs: Math.round(mean), medianMs: percentile(sorted, 0.5), p90Ms: percentile(sorted, 0.9) };
}

/** Between the two nearest where it falls between them. */
function percentile(sorted: readonly number[], of: number): number {
  const place = of * (sorted.length - 1);
  const lower = sorted[Math.floor(place)] ?? 0;
  const upper = sorted[Math.ceil(place)] ?? lower;
  return Math.round(lower + (upper - lower) * (place - Math.floor(place)));
}
