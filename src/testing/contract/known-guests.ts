import assert from "node:assert/strict";
import type { Address } from "../../domain/address.js";
import type { GuestsPort, KnownGuest } from "../../ports/guests.js";
import { bsuid, HOTEL, OTHER_HOTEL, phone } from "./builders.js";
import type { GuestsCase } from "./case.js";

const PHONE = phone("12025550101");
const BSUID = bsuid("US.13491208655302741918");
const tom: KnownGuest = {
  name: "Thomas Õ’Brien 😀",
  language: "pt-BR",
  vip: true,
  stay: { reservationId: "R-0007", room: "204", from: "2026-03-01", to: "2026-03-04" },
};

const asked = (port: GuestsPort, addresses: readonly Address[], hotelId = HOTEL) => port.find({ hotelId, addresses });

/**
 * What every guests port keeps, case by case: run each on books of its own.
 *
 * ```ts
 * for (const { id, says, run } of guestsContract) {
 *   test(`${id}: ${says}`, () => run({ open, put }));
 * }
 * ```
 */
export const guestsContract: readonly GuestsCase[] = [
  {
    id: "guests/known",
    says: "Somebody whom the books know is told as they know them; what they do not know is left out.",
    async run({ open, put }) {
      const port = await open();
      await put({ hotelId: HOTEL, addresses: [PHONE], guest: tom });
      assert.deepEqual(await asked(port, [PHONE]), tom);
      const anna: KnownGuest = { name: "Anna" };
      await put({ hotelId: HOTEL, addresses: [phone("12025550102")], guest: anna });
      assert.deepEqual(await asked(port, [phone("12025550102")]), anna);
    },
  },
  {
    id: "guests/any-address",
    says: "Any address of theirs is enough, whatever others stand beside it and in whatever order.",
    async run({ open, put }) {
      const port = await open();
      await put({ hotelId: HOTEL, addresses: [PHONE, BSUID], guest: tom });
      for (const addresses of [[BSUID], [phone("12025550199"), BSUID], [BSUID, bsuid("US.99")], [BSUID, PHONE]])
        assert.deepEqual(await asked(port, addresses), tom);
    },
  },
  {
    id: "guests/unknown",
    says: "Whom the books do not know is null, and so is nobody.",
    async run({ open, put }) {
      const port = await open();
      await put({ hotelId: HOTEL, addresses: [PHONE], guest: tom });
      assert.equal(await asked(port, [phone("12025550199"), bsuid("US.99")]), null);
      assert.equal(await asked(port, []), null);
    },
  },
  {
    id: "guests/hotel",
    says: "A hotel's guest is no other hotel's: where they stay is told to the hotel that was asked for alone (M14).",
    async run({ open, put }) {
      const port = await open();
      await put({ hotelId: HOTEL, addresses: [PHONE], guest: tom });
      assert.equal(await asked(port, [PHONE], OTHER_HOTEL), null);
      const there: KnownGuest = { name: "Tom", stay: { reservationId: "S-1", from: "2026-05-01", to: "2026-05-02" } };
      await put({ hotelId: OTHER_HOTEL, addresses: [PHONE], guest: there });
      assert.deepEqual(await asked(port, [PHONE], OTHER_HOTEL), there);
      assert.deepEqual(await asked(port, [PHONE]), tom);
    },
  },
  {
    id: "guests/changed",
    says: "A guest who changes rooms, or is in the books no more, is told so at the next question.",
    async run({ open, put }) {
      const port = await open();
      await put({ hotelId: HOTEL, addresses: [PHONE], guest: tom });
      await asked(port, [PHONE]);
      const moved: KnownGuest = {
        ...tom,
        stay: { reservationId: "R-0007", room: "305", from: "2026-03-01", to: "2026-03-06" },
      };
      await put({ hotelId: HOTEL, addresses: [PHONE], guest: moved });
      assert.deepEqual(await asked(port, [PHONE]), moved);
      await put({ hotelId: HOTEL, addresses: [PHONE], guest: null });
      assert.equal(await asked(port, [PHONE]), null);
    },
  },
  {
    id: "guests/exact",
    says: "Addresses are compared as they are, with their kind: no part of one, and nothing that looks like one, leads to somebody.",
    async run({ open, put }) {
      const port = await open();
      await put({ hotelId: HOTEL, addresses: [PHONE], guest: tom });
      const near = [
        "1202555010",
        "2025550101",
        "112025550101",
        "12025550101\0",
        "%",
        "1202555010_",
        "' or '1' = '1",
        "",
      ];
      for (const value of near) assert.equal(await asked(port, [phone(value)]), null, JSON.stringify(value));
      assert.equal(await asked(port, [bsuid(PHONE.value)]), null);
    },
  },
];
