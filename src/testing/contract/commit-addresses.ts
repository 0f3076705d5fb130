import assert from "node:assert/strict";
import {
  aCommand,
  aConversation,
  aGuestUpdate,
  aNewAddress,
  bsuid,
  HOTEL,
  HOUR_MS,
  MINUTE_MS,
  NUMBER,
  phone,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import { addressesOf, commit, guestStateOf, nowOf, writtenBy } from "./steps.js";

const PHONE = phone("12025550101");

export const commitAddressCases: readonly StorageCase[] = [
  {
    id: "commit/guest-takes",
    says: "An address that WhatsApp says is a guest's now passes to them, whoever had it, and is a former address of theirs.",
    async run({ storage }) {
      const first = await writtenBy(storage, "1", [bsuid("US.1"), PHONE]);
      const second = await writtenBy(storage, "2", [phone("12025550102")]);
      const before = await nowOf(storage);
      const takes = (value: string) => aNewAddress(bsuid(value), "itm_9", { takes: true });
      const addresses = [takes("US.1"), takes("US.new"), aNewAddress(PHONE, "itm_9")];
      await commit(storage, aCommand({ guest: aGuestUpdate(second, { addresses }) }));
      assert.deepEqual(await addressesOf(storage, first), ["12025550101 1"], "one that is not taken stays theirs");
      assert.deepEqual(await addressesOf(storage, second), ["12025550102 2", "US.1 itm_9", "US.new itm_9"]);
      const { formerAddresses } = await guestStateOf(storage, first);
      assert.deepEqual(
        formerAddresses.map(({ kind, value, endedBy, heldBy }) => [kind, value, endedBy, heldBy]),
        [["bsuid", "US.1", "itm_9", second]],
      );
      const [former] = formerAddresses;
      assert.ok(former && former.endedAt >= before && former.firstSeenAt <= before);
      assert.deepEqual((await guestStateOf(storage, second)).formerAddresses, []);
      assert.equal(await writtenBy(storage, "3", [bsuid("US.1")]), second);
    },
  },
  {
    id: "commit/guest-takes-own",
    says: "Taking what is theirs already leaves a guest's address and its first evidence as they were.",
    async run({ storage }) {
      const guest = await writtenBy(storage, "1", [PHONE]);
      const before = (await guestStateOf(storage, guest)).guest.addresses;
      const addresses = [aNewAddress(PHONE, "itm_9", { takes: true })];
      await commit(storage, aCommand({ guest: aGuestUpdate(guest, { addresses }) }));
      const { guest: after, formerAddresses } = await guestStateOf(storage, guest);
      assert.deepEqual([after.addresses, formerAddresses], [before, []]);
    },
  },
  {
    id: "commit/guest-retires",
    says: "An address that another has taken the place of still says who a guest is, and is marked since when; given again, it counts again.",
    async run({ storage, shiftClock }) {
      const guest = await writtenBy(storage, "1", [PHONE]);
      const other = await writtenBy(storage, "2", [phone("12025550102")]);
      const update = (fields: Parameters<typeof aGuestUpdate>[1]) =>
        commit(storage, aCommand({ guest: aGuestUpdate(guest, fields) }));
      const retiredAt = async (id: string, value = PHONE.value) =>
        (await guestStateOf(storage, id)).guest.addresses.find((address) => address.value === value)?.retiredAt;
      const before = await nowOf(storage);
      const addresses = [aNewAddress(phone("12025550103"), "itm_9")];
      await update({ addresses, retires: [PHONE, phone("12025550102"), phone("12025550199")] });
      const retired = await retiredAt(guest);
      assert.ok(retired && retired >= before && retired <= (await nowOf(storage)));
      assert.equal(await retiredAt(guest, "12025550103"), null);
      assert.equal(await retiredAt(other, "12025550102"), null, "what is another guest's is theirs to give up");
      await shiftClock(HOUR_MS);
      await update({ retires: [PHONE] });
      assert.deepEqual(await retiredAt(guest), retired, "it was given up when it was");
      const sentAt = new Date(retired.getTime() - MINUTE_MS);
      assert.equal(await writtenBy(storage, "3", [PHONE], { sentAt }), guest);
      assert.deepEqual(await retiredAt(guest), retired);
      await update({ addresses: [aNewAddress(PHONE, "itm_10")] });
      assert.equal(await retiredAt(guest), null);
      assert.deepEqual(await addressesOf(storage, guest), ["12025550101 1", "12025550103 itm_9"]);
    },
  },
  {
    id: "commit/guest-username",
    says: "A guest's newest username is kept beside the name; what was not seen this time stays.",
    async run({ storage }) {
      const guest = await writtenBy(storage, "1", [PHONE]);
      const known = async (fields: Parameters<typeof aGuestUpdate>[1]) => {
        await commit(storage, aCommand({ guest: aGuestUpdate(guest, fields) }));
        const { name, username } = (await guestStateOf(storage, guest)).guest;
        return [name, username];
      };
      assert.deepEqual(await known({ username: "zoe" }), [null, "zoe"]);
      assert.deepEqual(await known({ name: "Zoë" }), ["Zoë", "zoe"]);
      assert.deepEqual(await known({ username: "zoe.travels" }), ["Zoë", "zoe.travels"]);
    },
  },
  {
    id: "commit/guest-language",
    says: "What a guest says they speak is kept, is answered wherever decisions are made, and stays while they say nothing new.",
    async run({ storage }) {
      const guest = await writtenBy(storage, "1", [PHONE]);
      const known = async (fields: Parameters<typeof aGuestUpdate>[1]) => {
        await commit(storage, aCommand({ guest: aGuestUpdate(guest, fields) }));
        return (await guestStateOf(storage, guest)).guest.language;
      };
      assert.equal(await known({ name: "Zoë" }), undefined);
      assert.equal(await known({ language: "pt-BR" }), "pt-BR");
      assert.equal(await known({ username: "zoe" }), "pt-BR");
      assert.equal(await known({ language: "de" }), "de");
      const chat = { hotelId: HOTEL, phoneNumberId: NUMBER, guestId: guest, wamids: [], promptIds: [], addresses: [] };
      assert.equal((await storage.loadChats([chat])).states[0]?.guest.language, "de");
      const conversation = aConversation("con_1", { id: guest, hotelId: HOTEL, phoneNumberId: NUMBER }, { lastSeq: 0 });
      await commit(storage, aCommand({ conversations: [conversation] }));
      const key = { reach: "everything", conversationId: "con_1", client: null, template: null } as const;
      assert.equal((await storage.loadConversation(key)).state?.guestLanguage, "de");
    },
  },
];
