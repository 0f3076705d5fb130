import { describe, expect, test } from "vitest";
import {
  addressKey,
  LOOKUP_ORDER,
  sendingAddress,
  type AddressKind,
  type GuestAddress,
} from "../../src/domain/address.js";

const NOON = new Date("2026-11-10T12:00:00Z");
const known = (kind: AddressKind, value: string, retiredAt: Date | null = null): GuestAddress => ({
  kind,
  value,
  evidence: "wha_1",
  firstSeenAt: NOON,
  retiredAt,
});
const phone = known("waId", "12025550101");
const id = known("bsuid", "US.101");
const parent = known("parentBsuid", "US.ENT.7");

describe("a guest is written to", () => {
  test("by their phone, else by the id that is the business's own, else by the one of linked businesses", () => {
    expect(sendingAddress([parent, id, phone])).toBe(phone);
    expect(sendingAddress([phone, id, parent])).toBe(phone);
    expect(sendingAddress([parent, id])).toBe(id);
    expect(sendingAddress([parent])).toBe(parent);
    expect(sendingAddress([])).toBeNull();
  });

  test("by the newest of several, and by none that they have given up", () => {
    const newer = known("waId", "12025550199");
    const gone = known("waId", "12025550100", NOON);
    expect(sendingAddress([phone, newer, id])).toBe(newer);
    expect(sendingAddress([phone, gone])).toBe(phone);
    expect(sendingAddress([gone, id])).toBe(id);
    expect(sendingAddress([gone])).toBeNull();
  });

  test("by none that cannot carry what is to be sent", () => {
    expect(sendingAddress([parent, id, phone], ["waId"])).toBe(id);
    expect(sendingAddress([parent, id, phone], ["waId", "bsuid"])).toBe(parent);
    expect(sendingAddress([parent, id, phone], ["waId", "bsuid", "parentBsuid"])).toBeNull();
  });
});

test("the same digits as a phone and as an id are two addresses", () => {
  expect(addressKey(phone)).toBe("waId 12025550101");
  expect(addressKey({ kind: "bsuid", value: "12025550101" })).not.toBe(addressKey(phone));
});

test("a guest is looked up by what passes to somebody else last", () => {
  expect(LOOKUP_ORDER).toEqual(["bsuid", "parentBsuid", "waId"]);
});
