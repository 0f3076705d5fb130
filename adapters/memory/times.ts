import type { DeskTimes, Durations, RatingOf, Score, TimesOf, TimesQuery, Timing } from "../../src/index.js";
import { reaches, SCORES } from "../../src/index.js";
import type { HotelMemory, Memory } from "./state.js";

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
export function times(memory: Memory, { reach, hotelId, departmentId, staffId, from, to }: TimesQuery): DeskTimes {
  const facts = [...memory.hotels.values()]
    .flatMap((hotel) => [...ended(hotel, from, to), ...waiting(hotel, from, to)])
    .filter((fact) => reaches(reach, fact.hotelId, fact.departmentId))
    .filter(
      (fact) =>
        (hotelId ?? fact.hotelId) === fact.hotelId &&
        (departmentId ?? fact.departmentId) === fact.departmentId &&
        (staffId ?? fact.staffId) === fact.staffId,
    );
  const by = <Key>(keyOf: (fact: Fact) => Key): (Key & TimesOf)[] =>
    [...new Set(facts.map((fact) => JSON.stringify(keyOf(fact))))].map((key) => ({
      ...(JSON.parse(key) as Key),
      ...timesOf(facts.filter((fact) => JSON.stringify(keyOf(fact)) === key)),
    }));
  return {
    all: timesOf(facts),
    departments: by((fact) => ({ hotelId: fact.hotelId, departmentId: fact.departmentId })),
    staff: by((fact) => ({ hotelId: fact.hotelId, staffId: fact.staffId })).flatMap(({ staffId: id, ...own }) =>
      id === null ? [] : [{ ...own, staffId: id }],
    ),
  };
}

const ended = (hotel: HotelMemory, from: Date, to: Date): readonly Fact[] =>
  [...hotel.timings.values()]
    .filter(({ at, kind }) => kind !== "rated" && isIn(at, from, to))
    .map(({ hotelId, conversationId, episode, departmentId, staffId, kind, since, at, openMs, unanswered }) => ({
      hotelId,
      departmentId,
      staffId,
      kind,
      ms: openMs ?? at.getTime() - since.getTime(),
      unanswered,
      score: hotel.timings.get(JSON.stringify([conversationId, episode, "rated"]))?.score ?? null,
    }));

const isIn = (at: Date | null, from: Date, to: Date): boolean => at !== null && at >= from && at < to;

/** Whoever has not had a word of the staff yet. */
const waiting = (hotel: HotelMemory, from: Date, to: Date): readonly Fact[] =>
  [...hotel.conversations.values()].flatMap(
    ({ hotelId, departmentId, assigneeId, status, episode: { askedAt, answeredAt } }) =>
      status === "open" && answeredAt === null && isIn(askedAt, from, to)
        ? [{ hotelId, departmentId, staffId: assigneeId, kind: "waiting", ms: 0, unanswered: true, score: null }]
        : [],
  );

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
  const sum = sorted.reduce((total, ms) => total + ms, 0);
  return {
    count,
    meanMs: Math.round(sum / count),
    medianMs: percentile(sorted, 0.5),
    p90Ms: percentile(sorted, 0.9),
  };
}

/** Between the two nearest where it falls between them. */
function percentile(sorted: readonly number[], of: number): number {
  const place = of * (sorted.length - 1);
  const lower = sorted[Math.floor(place)] ?? 0;
  const upper = sorted[Math.ceil(place)] ?? lower;
  return Math.round(lower + (upper - lower) * (place - Math.floor(place)));
}
