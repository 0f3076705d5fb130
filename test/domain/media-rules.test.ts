import fc from "fast-check";
import { expect, test } from "vitest";
import { mediaRulesOf, type HotelMedia, type MediaRules } from "../../src/domain/media-rules.js";
import { policyFor, type HotelRetention, type PrunePolicy } from "../../src/domain/privacy.js";

const bytes = fc.option(fc.nat(1_000), { nil: undefined });
const limits = fc
  .record({ image: bytes, pixels: bytes })
  .map((of) => Object.fromEntries(Object.entries(of).filter(([, most]) => most !== undefined)));
const types = fc.subarray(["image/jpeg", "image/png", "application/pdf"]);
const desks: fc.Arbitrary<MediaRules> = fc.record({
  limits,
  types: fc.option(types),
  quotas: fc.record({ hotelBytes: fc.option(fc.nat(1_000)), guestBytes: fc.option(fc.nat(1_000)) }),
  retention: fc.dictionary(fc.constantFrom("default", "identity", "menu"), fc.option(fc.nat(1_000))),
});
const hotels: fc.Arbitrary<HotelMedia> = fc.record(
  { limits, types, quotas: fc.record({ guestBytes: fc.option(fc.nat(1_000)) }, { requiredKeys: [] }) },
  { requiredKeys: [] },
);

test("a hotel takes nothing that the desk takes not, and says nothing of what it leaves out (S88)", () => {
  fc.assert(
    fc.property(desks, hotels, (desk, media) => {
      const own = mediaRulesOf(desk, { media });
      for (const name of ["image", "pixels"] as const) {
        expect(own.limits[name] ?? Infinity).toBe(
          Math.min(desk.limits[name] ?? Infinity, media.limits?.[name] ?? Infinity),
        );
      }
      for (const type of own.types ?? []) {
        expect(desk.types ?? [type]).toContain(type);
        expect(media.types ?? [type]).toContain(type);
      }
      if (media.types === undefined) expect(own.types).toEqual(desk.types);
      expect(own.quotas).toEqual({ ...desk.quotas, ...media.quotas });
      expect(own.retention).toEqual(desk.retention);
    }),
  );
});

test("a hotel without rules of its own, and one that there is no more, are as the desk says", () => {
  fc.assert(
    fc.property(desks, (desk) => {
      expect(mediaRulesOf(desk, {})).toEqual(desk);
      expect(mediaRulesOf(desk, null)).toEqual(desk);
    }),
  );
});

test.each<readonly [HotelRetention | undefined, PrunePolicy]>([
  [undefined, { conversations: 365, events: 30 }],
  [{ conversations: 30 }, { conversations: 30, events: 30 }],
  [
    { events: null, stays: 7 },
    { conversations: 365, stays: 7 },
  ],
])("a desk that keeps conversations for a year has for a hotel with %j the policy %j (S88)", (own, policy) => {
  expect(policyFor({ conversations: 365, events: 30 }, own)).toEqual(policy);
});
