import { describe, expect, test } from "vitest";
import { bsuidAddress, phoneAddress } from "../../src/whatsapp/recipient.js";

describe("whom a hotel writes to", () => {
  test.each([
    ["+1 (202) 555-0101", "12025550101"],
    ["12025550101", "12025550101"],
    [" 12025550101 ", "12025550101"],
    ["+39 06 1234567", "39061234567"],
    ["+5511987654321", "5511987654321"],
    // A national spelling stays what it is: which one WhatsApp knows, WhatsApp says.
    ["551187654321", "551187654321"],
  ])("is reached by the phone %s", (written, value) => {
    expect(phoneAddress(written)).toEqual({ kind: "waId", value });
  });

  test.each([
    "",
    "reception",
    "+",
    "12",
    "0612345678",
    "+1 202 555",
    "(202) 555-0101",
    "US.101",
    "(12025550101",
    "120255-50101",
    "1".repeat(40),
  ])("is not reached by %j", (written) => {
    expect(phoneAddress(written)).toBeNull();
  });

  test("is reached by the id that WhatsApp gave for them, as it is", () => {
    expect(bsuidAddress("US.13491208655302741918")).toEqual({ kind: "bsuid", value: "US.13491208655302741918" });
    expect(bsuidAddress("JP.aZ09")).toEqual({ kind: "bsuid", value: "JP.aZ09" });
    expect(bsuidAddress(`BR.${"a".repeat(128)}`)).not.toBeNull();
    expect(bsuidAddress("US.ENT.11815799212886844830")).toEqual({
      kind: "parentBsuid",
      value: "US.ENT.11815799212886844830",
    });
  });

  test.each([
    "",
    "US.",
    "us.1",
    "USA.1",
    "US.1 ",
    "US.1.2",
    "US.ENT.",
    "xUS.ENT.1",
    "US.ENT.1!",
    `US.ENT.${"a".repeat(129)}`,
    "12025550101",
    `US.${"a".repeat(129)}`,
    "US.1\n",
  ])("is not reached by the id %j", (value) => {
    expect(bsuidAddress(value)).toBeNull();
  });
});
