import assert from "node:assert/strict";
import { completeHotel, type HotelOptions } from "../../config/hotel.js";
import type { Hotel } from "../../domain/hotel.js";
import { reveal } from "../../domain/secret.js";
import type { HotelsPort } from "../../ports/hotels.js";
import { NUMBER, OTHER_HOTELS_NUMBER, SECOND_NUMBER } from "./builders.js";
import type { HotelsCase, HotelsUnderTest } from "./case.js";

const ACCOUNT = "100000000000001";
const SHARED = "100000000000002";

const grand: HotelOptions = {
  id: "grand",
  name: "Grand Hôtel “Élysée”",
  timeZone: "Europe/Rome",
  accountId: ACCOUNT,
  numbers: [
    { phoneNumberId: NUMBER, accessToken: "grand-token" },
    { phoneNumberId: SECOND_NUMBER, accessToken: "grand-second-token", messagesPerSecond: 20 },
  ],
  departments: [
    { id: "reception", name: "Reception", names: { it: "Ricevimento", "pt-BR": "Recepção" } },
    { id: "housekeeping", name: "Housekeeping", description: "Towels, pillows, laundry" },
    { id: "bar", name: "Bar" },
  ],
  clocks: { menuRepromptMs: 60_000 },
  onIdle: "continue",
  texts: { menu: "Buongiorno! Con chi vuole parlare?" },
};
const seaside: HotelOptions = {
  id: "seaside",
  timeZone: "America/Sao_Paulo",
  accountId: SHARED,
  numbers: [{ phoneNumberId: OTHER_HOTELS_NUMBER, accessToken: "seaside-token" }],
  departments: [{ id: "reception", name: "Recepção" }],
};
const annex: HotelOptions = {
  ...seaside,
  id: "annex",
  numbers: [{ phoneNumberId: "200000000000021", accessToken: "annex-token" }],
};

/** What is no number and no hotel, and must be answered so whatever is in it: nobody knows what a webhook names. */
const STRANGE = [
  "",
  " ",
  "Grand",
  " grand",
  "grand ",
  "gran%",
  "gran_",
  "grand\0",
  "' or '1' = '1",
  "\ud83d",
  "__proto__",
  "constructor",
  "1e14",
  `0${NUMBER}`,
  "x".repeat(10_000),
];

const both = async (port: HotelsPort, id: string, number: string) =>
  (await Promise.all([port.byId(id), port.byNumber(number)])).map(told);

/** Compared by what its tokens are: a port may answer texts, or secrets, of which one looks like another. */
const told = (hotel: Hotel | null) =>
  hotel && {
    ...hotel,
    numbers: hotel.numbers.map((number) => ({ ...number, accessToken: reveal(number.accessToken) })),
  };
const complete = (hotel: HotelOptions) => told(completeHotel(hotel));

const withToken = (hotel: HotelOptions, phoneNumberId: string, accessToken: string): HotelOptions => ({
  ...hotel,
  numbers: hotel.numbers.map((one) => (one.phoneNumberId === phoneNumberId ? { ...one, accessToken } : one)),
});

/** The port, and what changes the tables behind it. */
async function changing(subject: HotelsUnderTest, hotels: readonly HotelOptions[]) {
  const { put, remove } = subject;
  assert.ok(put !== undefined && remove !== undefined, "the hotels behind the port can be changed");
  return { port: await subject.open(hotels), put, remove };
}

/**
 * What every hotels port keeps, case by case. Run each on hotels of its own, those with `needs: "changes"` where hotels can change:
 *
 * ```ts
 * for (const { id, says, run } of hotelsContract) {
 *   test(`${id}: ${says}`, () => run({ open, put, remove }));
 * }
 * ```
 */
export const hotelsContract: readonly HotelsCase[] = [
  {
    id: "hotels/by-number",
    says: "Each number leads to its hotel, complete: as the host describes it, with the defaults of what it leaves out.",
    async run({ open }) {
      const port = await open([grand, seaside]);
      assert.deepEqual(told(await port.byNumber(NUMBER)), complete(grand));
      assert.deepEqual(told(await port.byNumber(SECOND_NUMBER)), complete(grand));
      assert.deepEqual(told(await port.byNumber(OTHER_HOTELS_NUMBER)), complete(seaside));
    },
  },
  {
    id: "hotels/by-id",
    says: "A hotel is the same by its id as by its numbers, with the departments in the order of its menu.",
    async run({ open }) {
      const port = await open([grand, seaside]);
      assert.deepEqual(told(await port.byId("grand")), complete(grand));
      assert.deepEqual(told(await port.byId("seaside")), complete(seaside));
    },
  },
  {
    id: "hotels/unknown",
    says: "A number or hotel that nobody has is null, which is an answer; an error would keep WhatsApp delivering for days.",
    async run({ open }) {
      const port = await open([grand]);
      assert.deepEqual(await both(port, "seaside", OTHER_HOTELS_NUMBER), [null, null]);
      assert.deepEqual(await both(port, NUMBER, "grand"), [null, null]);
    },
  },
  {
    id: "hotels/exact",
    says: "Ids are compared as they are, whatever is in them: no spelling of one leads to another hotel (M14, T24).",
    async run({ open }) {
      const port = await open([grand]);
      for (const text of STRANGE) assert.deepEqual(await both(port, text, text), [null, null], JSON.stringify(text));
    },
  },
  {
    id: "hotels/added",
    says: "A hotel that is added is there at the next question, and so is a number.",
    needs: "changes",
    async run(subject) {
      const { port, put } = await changing(subject, [grand]);
      assert.deepEqual(await both(port, "seaside", OTHER_HOTELS_NUMBER), [null, null]);
      await put(seaside);
      const added = complete(seaside);
      assert.deepEqual(await both(port, "seaside", OTHER_HOTELS_NUMBER), [added, added]);
      const more = {
        ...seaside,
        numbers: [...seaside.numbers, { phoneNumberId: "200000000000031", accessToken: "t-31" }],
      };
      await put(more);
      assert.deepEqual(told(await port.byNumber("200000000000031")), complete(more));
    },
  },
  {
    id: "hotels/changed",
    says: "A token that is rotated and a department that is renamed are there at the next question, by id and by number.",
    needs: "changes",
    async run(subject) {
      const { port, put } = await changing(subject, [grand, seaside]);
      await both(port, "grand", NUMBER);
      const rotated = withToken(grand, SECOND_NUMBER, "grand-third-token");
      await put(rotated);
      assert.deepEqual(await both(port, "grand", NUMBER), [complete(rotated), complete(rotated)]);
      const [reception, ...others] = grand.departments;
      const renamed = { ...rotated, departments: [...others, { ...reception, id: "reception", name: "Front desk" }] };
      await put(renamed);
      assert.deepEqual(await both(port, "grand", NUMBER), [complete(renamed), complete(renamed)]);
      assert.deepEqual(told(await port.byId("seaside")), complete(seaside));
    },
  },
  {
    id: "hotels/removed",
    says: "A number that a hotel gave up is nobody's, or whose it is now; a hotel that is gone is null.",
    needs: "changes",
    async run(subject) {
      const { port, put, remove } = await changing(subject, [grand, seaside]);
      await both(port, "grand", SECOND_NUMBER);
      const [first, second] = grand.numbers;
      assert.ok(first !== undefined && second !== undefined);
      await put({ ...grand, numbers: [first] });
      assert.equal(await port.byNumber(SECOND_NUMBER), null);
      const taker = { ...seaside, numbers: [...seaside.numbers, second] };
      await put(taker);
      assert.deepEqual(told(await port.byNumber(SECOND_NUMBER)), complete(taker));
      await remove("seaside");
      assert.deepEqual(await both(port, "seaside", SECOND_NUMBER), [null, null]);
      assert.equal(await port.byNumber(OTHER_HOTELS_NUMBER), null);
      assert.notEqual(await port.byId("grand"), null);
    },
  },
  {
    id: "hotels/account",
    says: "An account leads to the hotel that has it for itself, to none where several share it, and to each of them where all are asked for.",
    async run({ open }) {
      const port = await open([grand, seaside, annex]);
      if (port.byAccount !== undefined) {
        assert.deepEqual(told(await port.byAccount(ACCOUNT)), complete(grand));
        for (const text of [SHARED, "100000000000003", ...STRANGE])
          assert.equal(await port.byAccount(text), null, text);
      }
      if (port.inAccount !== undefined) {
        const idsIn = async (account: string) => (await port.inAccount?.(account))?.map(({ id }) => id).toSorted();
        assert.deepEqual(await idsIn(SHARED), ["annex", "seaside"]);
        assert.deepEqual((await port.inAccount(ACCOUNT)).map(told), [complete(grand)]);
        for (const text of ["100000000000003", ...STRANGE]) assert.deepEqual(await idsIn(text), [], text);
      }
    },
  },
  {
    id: "hotels/rotate",
    says: "A token that the port is given is the number's from then on, by id and by number, and no other's.",
    async run({ open }) {
      const port = await open([grand, seaside]);
      if (port.rotateToken === undefined) return;
      await both(port, "grand", SECOND_NUMBER);
      await port.rotateToken(SECOND_NUMBER, "rotated");
      const rotated = complete(withToken(grand, SECOND_NUMBER, "rotated"));
      assert.deepEqual(await both(port, "grand", SECOND_NUMBER), [rotated, rotated]);
      assert.deepEqual(told(await port.byNumber(NUMBER)), rotated);
      await port.rotateToken("200000000000099", "nobody's");
      assert.deepEqual(told(await port.byId("seaside")), complete(seaside));
    },
  },
];
