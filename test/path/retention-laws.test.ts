import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aCommand, aConversation, aTiming, type GuestOfHotel } from "../../src/testing/index.js";
import { aKnownGuest, commit, nowOf } from "../../src/testing/contract/steps.js";
import type { Prunable, Storage } from "../../src/index.js";
import { STORAGES } from "./stories.js";

/** Hotels that are made up for a storage; more by `HOTELS=`. */
const HOTELS = Number(process.env["HOTELS"] ?? 40);
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A conversation as it stands, in days and minutes that have passed since. */
interface Stands {
  readonly isOpen: boolean;
  /** Since its last message, and since it was closed, by minutes: around the age at which it goes, too. */
  readonly saidAgoMs: number;
  readonly closedAgoMs: number;
  /** By its place, the conversation that goes on with it. */
  readonly continuedIn: number | null;
}

const days = fc.integer({ min: 1, max: 400 });
/** Ages, many of them within minutes of the policy's and none at it: half a minute of the test's own time decides nothing. */
const ageAround = (policyDays: number) =>
  fc.oneof(
    fc.integer({ min: 1, max: 500 * 24 * 60 }).map((minutes) => (minutes + 0.5) * MINUTE_MS),
    fc.constantFrom(-60, -2, 2, 60).map((minutes) => policyDays * DAY_MS + minutes * MINUTE_MS),
  );
const houses = days.chain((policyDays) =>
  fc.record({
    policyDays: fc.constant(policyDays),
    limit: fc.integer({ min: 1, max: 7 }),
    talks: fc.array(
      fc.record({
        isOpen: fc.boolean(),
        saidAgoMs: ageAround(policyDays),
        closedAgoMs: ageAround(policyDays),
        continuedIn: fc.option(fc.nat(9), { nil: null }),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    timings: fc.array(ageAround(policyDays), { maxLength: 8 }),
  }),
);

/** Whose age it is to go: closed, with nothing newer in it, and shown in none that is still there. */
function whoStays(talks: readonly Stands[], olderThanMs: number): ReadonlySet<number> {
  const here = new Set(talks.keys());
  const isOld = ({ isOpen, saidAgoMs, closedAgoMs }: Stands) =>
    !isOpen && Math.min(saidAgoMs, closedAgoMs) > olderThanMs;
  for (let before = -1; before !== here.size;) {
    before = here.size;
    for (const [place, talk] of talks.entries())
      if (here.has(place) && isOld(talk) && (talk.continuedIn === null || !here.has(talk.continuedIn)))
        here.delete(place);
  }
  return here;
}

/** In steps, as the sweep does it. @returns how many went */
async function pruned(
  storage: Storage,
  hotelId: string,
  what: Prunable,
  { policyDays, limit }: { readonly policyDays: number; readonly limit: number },
  dryRun = false,
): Promise<number> {
  let all = 0;
  for (let turn = 0; turn < 200; turn++) {
    const step = await storage.prune({ hotelId, what, olderThanMs: policyDays * DAY_MS, limit, dryRun });
    all += step.counts[what] ?? 0;
    if (!step.more) return all;
  }
  throw new Error("it never came to its end");
}

describe.each(STORAGES)("whatever a hotel keeps (%s)", (_, open) => {
  test("goes at the age that its policy says and never before, by the storage's clock, and what is open stays (T86)", async () => {
    const { storage, end } = await open();
    await storage.open({ migrate: true });
    let serial = 0;
    try {
      await fc.assert(
        fc.asyncProperty(houses, async (house) => {
          const hotelId = `house${String(++serial)}`;
          const guest: GuestOfHotel = await aKnownGuest(storage, { hotelId, waId: "12025550101" });
          const now = (await nowOf(storage)).getTime();
          const ago = (ms: number) => new Date(now - ms);
          const idOf = (place: number) => `con_${hotelId}_${String(place)}`;
          // Told by a later one only; and one open conversation of a guest with a department.
          const talks = house.talks.map((talk, place) => ({
            ...talk,
            continuedIn:
              talk.continuedIn !== null &&
              !talk.isOpen &&
              talk.continuedIn > place &&
              talk.continuedIn < house.talks.length
                ? talk.continuedIn
                : null,
          }));
          for (const [place, talk] of talks.entries())
            await commit(
              storage,
              aCommand({
                hotelId,
                conversations: [
                  aConversation(idOf(place), guest, {
                    departmentId: `d${String(place)}`,
                    status: talk.isOpen ? "open" : "closed",
                    lastMessageAt: ago(talk.saidAgoMs),
                    closedAt: talk.isOpen ? null : ago(talk.closedAgoMs),
                    continuedIn: talk.continuedIn === null ? null : idOf(talk.continuedIn),
                  }),
                ],
                timings: [],
              }),
            );
          const remaining = async () =>
            (
              await storage.conversations({
                reach: "everything",
                hotelId,
                departmentId: null,
                status: null,
                unread: false,
                waiting: false,
                after: null,
                limit: 100,
              })
            ).items
              .map(({ conversation }) => conversation.id)
              .toSorted();
          const stay = whoStays(talks, house.policyDays * DAY_MS);
          expect(await remaining()).toHaveLength(talks.length);
          await pruned(storage, hotelId, "conversations", house, true);
          expect(await remaining(), "a dry run changes nothing").toHaveLength(talks.length);
          // What a conversation goes on with goes before it: the next sweep finds it alone.
          let went = 0;
          for (let more = -1; more !== 0; went += more) more = await pruned(storage, hotelId, "conversations", house);
          expect(await remaining()).toEqual([...stay].map(idOf).toSorted());
          expect(went).toBe(talks.length - stay.size);
          expect(await pruned(storage, hotelId, "conversations", house), "nothing is left to go").toBe(0);

          await commit(
            storage,
            aCommand({
              hotelId,
              timings: house.timings.map((ageMs, n) =>
                aTiming(`con_${hotelId}_t${String(n)}`, { hotelId, at: ago(ageMs) }),
              ),
            }),
          );
          const old = house.timings.filter((ageMs) => ageMs > house.policyDays * DAY_MS).length;
          expect(await pruned(storage, hotelId, "timings", house)).toBe(old);
        }),
        { numRuns: HOTELS },
      );
    } finally {
      await storage.close();
      await end();
    }
  }, 120_000);
});
