import assert from "node:assert/strict";
import { aCommand, aGuestUpdate, aNewAddress, bsuid, OTHER_HOTEL, phone } from "./builders.js";
import type { NewAddress } from "../../domain/guest.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, chatOf, claimOne, commit, guestWrites, nowOf } from "./steps.js";

export const commitGuestCases: readonly StorageCase[] = [
  {
    id: "commit/guest",
    says: "What a message taught us about a guest is kept: the newest name, and addresses with their first evidence.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const learns = (name: string | null, ...addresses: readonly NewAddress[]) =>
        commit(storage, aCommand({ guest: aGuestUpdate(guest.id, { name, addresses }) }));
      const name = "Zoë \u0000 \ud83d 👩‍👩‍👧";
      const before = await nowOf(storage);
      await learns(name, aNewAddress(bsuid("US.1"), "itm_2"));
      await learns(null, aNewAddress(bsuid("US.1"), "itm_3"));
      const known = (await chatOf(storage, guest)).guest;
      assert.equal(known.name, name);
      assert.deepEqual(
        new Map(known.addresses.map(({ value, evidence }) => [value, evidence])),
        new Map([
          ["12025550101", "first_grand_12025550101"],
          ["US.1", "itm_2"],
        ]),
      );
      const learned = known.addresses.find(({ value }) => value === "US.1");
      assert.ok(learned && learned.firstSeenAt >= before);
      await guestWrites(storage, "itm_4", { chat: { addresses: [bsuid("US.1")] } });
      assert.equal((await claimOne(storage)).guestId, guest.id, "and finds the guest from then on");
    },
  },
  {
    id: "commit/guest-of-others",
    says: "An address that another guest has stays with that guest; in another hotel it is free.",
    async run({ storage }) {
      const first = await aKnownGuest(storage);
      const second = await aKnownGuest(storage, { waId: "12025550102" });
      const elsewhere = await aKnownGuest(storage, { hotelId: OTHER_HOTEL, waId: "12025550103" });
      const addresses = [aNewAddress(phone("12025550101"), "itm_9")];
      await commit(storage, aCommand({ guest: aGuestUpdate(second.id, { addresses }) }));
      await commit(storage, aCommand({ hotelId: OTHER_HOTEL, guest: aGuestUpdate(elsewhere.id, { addresses }) }));
      const states = await Promise.all([first, second, elsewhere].map((guest) => chatOf(storage, guest)));
      assert.deepEqual(
        states.map(({ guest }) => guest.addresses.map(({ value }) => value).sort()),
        [["12025550101"], ["12025550102"], ["12025550101", "12025550103"]],
      );
    },
  },
  {
    id: "commit/guest-twice-in-a-batch",
    says: "A guest who writes to two numbers at once may teach two things in one batch.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const learns = (name: string | null, value: string) =>
        aCommand({ guest: aGuestUpdate(guest.id, { name, addresses: [aNewAddress(bsuid(value), "itm_2")] }) });
      await commit(storage, learns("A name", "US.1"), learns(null, "US.2"), learns(null, "US.1"));
      const known = (await chatOf(storage, guest)).guest;
      assert.equal(known.name, "A name");
      assert.deepEqual(known.addresses.map(({ value }) => value).sort(), ["12025550101", "US.1", "US.2"]);
    },
  },
];
