import { describe, expect, test } from "vitest";
import { keptPlaces, NO_KEPT_PLACES, placesForAll, placesForFew } from "../../src/decide/places.js";

const lanesOf = (...hotels: readonly (readonly [string, number])[]): readonly string[] =>
  hotels.flatMap(([hotelId, count]) => Array.from({ length: count }, () => hotelId));
const taken = (capacity: number, isShared: boolean, ...hotels: readonly (readonly [string, number])[]) =>
  ({ capacity, inHand: lanesOf(...hotels), kept: keptPlaces(capacity), isShared }) as const;

describe("the places of a process that sends", () => {
  test.each([
    [1, 0, 0],
    [2, 1, 0],
    [9, 1, 0],
    [10, 1, 1],
    [50, 5, 5],
    [1_000, 10, 10],
  ])("of %i keep %i for door codes and %i for hotels with little in hand", (capacity, forUrgent, forOthers) => {
    expect(keptPlaces(capacity)).toEqual({ forUrgent, forOthers });
  });

  test("go to whoever has work, but for those that are kept", () => {
    expect(placesForAll(taken(50, false))).toEqual({ lanes: 45, onlyUrgentOf: [] });
    expect(placesForAll(taken(50, true))).toEqual({ lanes: 40, onlyUrgentOf: [] });
    expect(placesForAll({ capacity: 50, inHand: [], kept: NO_KEPT_PLACES, isShared: true })).toMatchObject({
      lanes: 50,
    });
    for (let capacity = 1; capacity <= 1_000; capacity++)
      for (const isShared of [true, false])
        expect(placesForAll(taken(capacity, isShared))?.lanes ?? 0).toBeGreaterThanOrEqual(capacity / 2);
  });

  test("are not claimed one by one", () => {
    expect(placesForAll(taken(50, false, ["grand", 41]))).toBeNull();
    expect(placesForAll(taken(50, false, ["grand", 40]))).toEqual({ lanes: 5, onlyUrgentOf: [] });
  });

  test("that are kept go to door codes of every hotel, the last of them too", () => {
    expect(placesForFew(taken(50, false, ["grand", 45]))).toEqual({ lanes: 5, onlyUrgentOf: "everybody" });
    expect(placesForFew(taken(50, true, ["grand", 49]))).toEqual({ lanes: 1, onlyUrgentOf: "everybody" });
    expect(placesForFew(taken(50, true, ["grand", 50]))).toBeNull();
  });

  test("go to a hotel with little in hand before one that has more than its share (F42)", () => {
    expect(placesForFew(taken(50, true, ["grand", 40]))).toEqual({ lanes: 5, onlyUrgentOf: ["grand"] });
    expect(placesForFew(taken(50, true, ["grand", 38], ["seaside", 2]))).toEqual({ lanes: 5, onlyUrgentOf: ["grand"] });
    // They share: what is left is for door codes.
    const even = lanesOf(...Array.from({ length: 20 }, (_each, n) => [`hotel ${String(n)}`, 2] as const));
    expect(placesForFew({ ...taken(50, true), inHand: even })).toEqual({ lanes: 10, onlyUrgentOf: "everybody" });
  });

  test("are kept from the only hotel of a process for nobody else but door codes", () => {
    expect(placesForFew(taken(50, false, ["grand", 42]))).toEqual({ lanes: 8, onlyUrgentOf: "everybody" });
  });
});
