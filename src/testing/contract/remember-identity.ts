import assert from "node:assert/strict";
import {
  aCommand,
  aGuestUpdate,
  aNewAddress,
  anItem,
  bsuid,
  HOUR_MS,
  MINUTE_MS,
  NUMBER,
  parentBsuid,
  phone,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  addressesOf,
  atOnce,
  claim,
  claimOne,
  commit,
  completing,
  guestStateOf,
  guestWrites,
  itemsOf,
  merge,
  nothingIsDue,
  nowOf,
  remember,
  RETENTION_MS,
  writtenBy,
} from "./steps.js";

const PHONE = phone("12025550101");

/** What is learned about guests from the addresses that come together. */
export const rememberIdentityCases: readonly StorageCase[] = [
  {
    id: "remember/learns",
    says: "What comes beside the address that says whose a message is becomes that guest's, with the message as evidence.",
    async run({ storage }) {
      assert.equal(await writtenBy(storage, "1", [PHONE]), "gst_1");
      assert.equal(await writtenBy(storage, "2", [bsuid("US.1"), parentBsuid("US.ENT.1"), PHONE]), "gst_1");
      assert.equal(await writtenBy(storage, "3", [bsuid("US.1"), phone("12025550102")]), "gst_1");
      assert.equal(await writtenBy(storage, "4", [bsuid("US.4"), parentBsuid("US.ENT.1")]), "gst_1");
      assert.deepEqual(await addressesOf(storage, "gst_1"), [
        "12025550101 1",
        "12025550102 3",
        "US.1 2",
        "US.4 4",
        "US.ENT.1 2",
      ]);
      for (const [index, address] of [bsuid("US.1"), parentBsuid("US.ENT.1"), phone("12025550102")].entries())
        assert.equal(await writtenBy(storage, `by_${String(index)}`, [address]), "gst_1", "and is found by each alone");
      assert.deepEqual((await guestStateOf(storage, "gst_1")).formerAddresses, []);
    },
  },
  {
    id: "remember/learns-not-of-others",
    says: "What another guest has is not learned: no BSUID of either kind, and no phone that comes without a BSUID.",
    async run({ storage }) {
      await writtenBy(storage, "1", [bsuid("US.1")]);
      await writtenBy(storage, "2", [parentBsuid("US.ENT.2"), PHONE]);
      await writtenBy(storage, "3", [parentBsuid("US.ENT.3")]);
      assert.equal(await writtenBy(storage, "4", [bsuid("US.1"), parentBsuid("US.ENT.2")]), "gst_1");
      assert.equal(await writtenBy(storage, "5", [parentBsuid("US.ENT.3"), PHONE]), "gst_3");
      assert.deepEqual(await addressesOf(storage, "gst_1"), ["US.1 1"]);
      assert.deepEqual(await addressesOf(storage, "gst_2"), ["12025550101 2", "US.ENT.2 2"]);
      assert.deepEqual(await addressesOf(storage, "gst_3"), ["US.ENT.3 3"]);
    },
  },
  {
    id: "remember/learns-nothing-of-old",
    says: "Duplicates and messages that are too old teach nothing.",
    async run({ storage }) {
      await writtenBy(storage, "1", [bsuid("US.1")]);
      const now = await nowOf(storage);
      const addresses = [bsuid("US.1"), PHONE];
      const old = anItem("2", now, { chat: { addresses, sentAt: new Date(now.getTime() - RETENTION_MS - HOUR_MS) } });
      assert.deepEqual(await remember(storage, old), ["too_old"]);
      assert.deepEqual(await remember(storage, anItem("2", now, { chat: { addresses } })), ["duplicate"]);
      assert.deepEqual(await addressesOf(storage, "gst_1"), ["US.1 1"]);
    },
  },
  {
    id: "remember/learns-at-once",
    says: "A guest's webhooks that bring the same new phone at the same moment teach it once (F27).",
    needs: "concurrency",
    async run({ storage }) {
      await writtenBy(storage, "1", [bsuid("US.1")]);
      const now = await nowOf(storage);
      const addresses = [bsuid("US.1"), parentBsuid("US.ENT.1"), PHONE];
      await atOnce(10, (n) => remember(storage, anItem(`itm_${String(n)}`, now, { chat: { addresses } })));
      assert.equal((await claimOne(storage)).items.length, 10);
      const { guest } = await guestStateOf(storage, "gst_1");
      assert.deepEqual(guest.addresses.map(({ value }) => value).sort(), ["12025550101", "US.1", "US.ENT.1"]);
    },
  },
  {
    id: "remember/passes",
    says: "A phone that comes with another guest's BSUID is theirs from then on, and a former address of whoever had it (F26).",
    async run({ storage, shiftClock }) {
      const before = await nowOf(storage);
      await writtenBy(storage, "1", [bsuid("US.1"), PHONE]);
      await writtenBy(storage, "2", [bsuid("US.2")]);
      await writtenBy(storage, "3", [phone("12025550103")]);
      const between = await nowOf(storage);
      await shiftClock(HOUR_MS);
      assert.equal(await writtenBy(storage, "4", [bsuid("US.2"), PHONE]), "gst_2");
      assert.equal(await writtenBy(storage, "5", [bsuid("US.2"), phone("12025550103")]), "gst_2");
      assert.deepEqual(await addressesOf(storage, "gst_1"), ["US.1 1"], "nothing is sent to them by a phone they lost");
      assert.deepEqual(await addressesOf(storage, "gst_2"), ["12025550101 4", "12025550103 5", "US.2 2"]);
      assert.deepEqual(await addressesOf(storage, "gst_3"), [], "also where it was all that was known of them");
      assert.equal(await writtenBy(storage, "6", [PHONE]), "gst_2");

      const { formerAddresses } = await guestStateOf(storage, "gst_1");
      assert.equal(formerAddresses.length, 1);
      const [former] = formerAddresses;
      assert.ok(former && former.firstSeenAt >= before && former.firstSeenAt <= between);
      assert.ok(former.endedAt > between && former.endedAt <= (await nowOf(storage)));
      const { firstSeenAt: _firstSeenAt, endedAt: _endedAt, ...rest } = former;
      assert.deepEqual(rest, { ...PHONE, endedBy: "4", heldBy: "gst_2" });
      const holder = (await guestStateOf(storage, "gst_2")).guest.addresses.find(({ value }) => value === PHONE.value);
      assert.ok(holder && holder.firstSeenAt > between, "they were first seen with it just now");
    },
  },
  {
    id: "remember/passes-to-a-newcomer",
    says: "A phone that comes with a BSUID nobody knows is the new guest's, and a former address of whoever had it.",
    async run({ storage }) {
      await writtenBy(storage, "1", [bsuid("US.1"), PHONE]);
      assert.equal(await writtenBy(storage, "2", [bsuid("US.2"), PHONE]), "gst_2");
      const { formerAddresses } = await guestStateOf(storage, "gst_1");
      assert.deepEqual(
        formerAddresses.map(({ value, endedBy, heldBy }) => [value, endedBy, heldBy]),
        [[PHONE.value, "2", "gst_2"]],
      );
    },
  },
  {
    id: "remember/passes-never-late",
    says: "A message sent more than a minute before a phone's guest was first seen with it takes it from nobody (F18, F26).",
    async run({ storage }) {
      await writtenBy(storage, "1", [bsuid("US.1"), PHONE]);
      await writtenBy(storage, "2", [bsuid("US.2"), PHONE]);
      const seen = (await guestStateOf(storage, "gst_2")).guest.addresses.find(({ value }) => value === PHONE.value);
      assert.ok(seen);
      const sent = (secondsBefore: number) => ({
        sentAt: new Date(seen.firstSeenAt.getTime() - secondsBefore * 1_000),
      });
      assert.equal(
        await writtenBy(storage, "3", [bsuid("US.1"), PHONE], sent(65)),
        "gst_1",
        "it is theirs all the same",
      );
      assert.deepEqual(await addressesOf(storage, "gst_1"), ["US.1 1"]);
      assert.equal(
        await writtenBy(storage, "4", [bsuid("US.4"), PHONE], sent(65)),
        "gst_4",
        "somebody else who had it",
      );
      assert.deepEqual(await addressesOf(storage, "gst_4"), ["US.4 4"]);
      assert.deepEqual(await addressesOf(storage, "gst_2"), ["12025550101 2", "US.2 2"]);
      assert.equal(await writtenBy(storage, "5", [bsuid("US.1"), PHONE], sent(55)), "gst_1");
      assert.deepEqual(await addressesOf(storage, "gst_1"), ["12025550101 5", "US.1 1"], "clocks differ that much");
    },
  },
  {
    id: "remember/passes-late-without-bsuid",
    says: "A message with nothing but a phone, sent before whoever has the phone had it, is the guest's who had it last before, and teaches nothing.",
    async run({ storage, shiftClock }) {
      const sent = async (value: string, secondsBefore: number) => {
        const { guests } = await storage.loadGuests({ reach: "everything", guestIds: ["gst_2", "gst_3", "gst_4"] });
        const seen = guests.flatMap((state) => state?.guest.addresses ?? []).find((each) => each.value === value);
        assert.ok(seen);
        return { sentAt: new Date(seen.firstSeenAt.getTime() - secondsBefore * 1_000) };
      };
      await writtenBy(storage, "1", [bsuid("US.1"), PHONE]);
      await shiftClock(HOUR_MS);
      await writtenBy(storage, "2", [bsuid("US.2"), PHONE]);
      assert.equal(
        await writtenBy(storage, "5", [PHONE], await sent(PHONE.value, 55)),
        "gst_2",
        "clocks differ that much",
      );
      const late = await sent(PHONE.value, 65);
      assert.equal(await writtenBy(storage, "6", [PHONE], late), "gst_1");
      assert.equal(await writtenBy(storage, "7", [parentBsuid("US.ENT.7"), PHONE], late), "gst_1");
      assert.deepEqual(await addressesOf(storage, "gst_1"), ["US.1 1"]);
      assert.deepEqual(await addressesOf(storage, "gst_2"), ["12025550101 2", "US.2 2"]);
      await shiftClock(HOUR_MS);
      await writtenBy(storage, "3", [bsuid("US.3"), PHONE]);
      const later = await sent(PHONE.value, 65);
      assert.equal(await writtenBy(storage, "8", [PHONE], later), "gst_2", "the last of those who had it");
      await merge(storage, "gst_2", "gst_1");
      assert.equal(await writtenBy(storage, "9", [PHONE], later), "gst_1", "or whoever that turned out to be");

      const another = phone("12025550102");
      await writtenBy(storage, "4", [another]);
      const own = await sent(another.value, 65);
      assert.equal(await writtenBy(storage, "10", [another], own), "gst_4", "nobody had it before");
      assert.equal(await writtenBy(storage, "11", [parentBsuid("US.ENT.4"), another], own), "gst_4");
      assert.deepEqual(await addressesOf(storage, "gst_4"), ["12025550102 4", "US.ENT.4 11"]);
    },
  },
  {
    id: "remember/passes-not-from-retired",
    says: "A guest whose BSUID was retired, because their number changed and no new one was named, learns the one that comes with their phone.",
    async run({ storage, shiftClock }) {
      const number = phone("12025550102");
      await writtenBy(storage, "1", [bsuid("US.1"), PHONE]);
      const changed = { addresses: [aNewAddress(number, "itm_9")], retires: [bsuid("US.1"), PHONE] };
      await commit(storage, aCommand({ guest: aGuestUpdate("gst_1", changed) }));
      await shiftClock(HOUR_MS);
      assert.equal(await writtenBy(storage, "2", [bsuid("US.2"), number]), "gst_1");
      assert.deepEqual(await addressesOf(storage, "gst_1"), ["12025550101 1", "12025550102 itm_9", "US.1 1", "US.2 2"]);
      assert.equal(await writtenBy(storage, "3", [bsuid("US.3"), number]), "gst_3", "they have one again");
    },
  },
  {
    id: "remember/passes-at-once",
    says: "Two guests whose webhooks name each other's phones at the same moment end with each phone once (F27).",
    needs: "concurrency",
    async run({ storage }) {
      const phones = [PHONE, phone("12025550102")];
      const ids = ["US.1", "US.2"];
      for (const [index, id] of ids.entries()) await writtenBy(storage, id, [bsuid(id), phones[index] ?? PHONE]);
      const now = await nowOf(storage);
      const item = (id: string, of: number) =>
        anItem(`itm_${id}`, now, { chat: { addresses: [bsuid(ids[of % 2] ?? ""), phones[(of + 1) % 2] ?? PHONE] } });
      await atOnce(12, (n) => remember(storage, item(`${String(n)}_a`, n), item(`${String(n)}_b`, n + 1)));
      const { lanes } = await claim(storage);
      assert.deepEqual(
        new Map(lanes.map(({ guestId, items }) => [guestId, items.length])),
        new Map(ids.map((id) => [`gst_${id}`, 12])),
      );
      const states = await Promise.all(ids.map((id) => guestStateOf(storage, `gst_${id}`)));
      const had = states.flatMap(({ guest }) => guest.addresses.map(({ value }) => value));
      assert.deepEqual(had.sort(), ["12025550101", "12025550102", ...ids]);
    },
  },
  {
    id: "remember/passes-given-up",
    says: "A phone that its guest gave up is whoever's who writes from it after that, and still that guest's for what was sent before.",
    async run({ storage, shiftClock }) {
      await writtenBy(storage, "1", [PHONE]);
      await shiftClock(HOUR_MS);
      const second = phone("12025550102");
      await writtenBy(storage, "2", [parentBsuid("US.ENT.2"), second]);
      await writtenBy(storage, "3", [parentBsuid("US.ENT.3")]);
      const sentAt = new Date((await nowOf(storage)).getTime() - MINUTE_MS);
      for (const [id, address] of [
        ["gst_1", PHONE],
        ["gst_2", second],
      ] as const)
        await commit(storage, aCommand({ guest: aGuestUpdate(id, { retires: [address] }) }));
      await shiftClock(HOUR_MS);
      assert.equal(await writtenBy(storage, "4", [PHONE], { sentAt }), "gst_1");
      assert.equal(await writtenBy(storage, "5", [PHONE]), "gst_5");
      assert.equal(await writtenBy(storage, "6", [PHONE]), "gst_5");
      assert.deepEqual(await addressesOf(storage, "gst_1"), []);
      assert.equal(await writtenBy(storage, "7", [parentBsuid("US.ENT.3"), second], { sentAt }), "gst_3");
      assert.deepEqual(await addressesOf(storage, "gst_3"), ["US.ENT.3 3"]);
      assert.equal(await writtenBy(storage, "8", [parentBsuid("US.ENT.3"), second]), "gst_3");
      assert.deepEqual(await addressesOf(storage, "gst_3"), ["12025550102 8", "US.ENT.3 3"]);
      assert.deepEqual(
        (await guestStateOf(storage, "gst_2")).formerAddresses.map(({ value, heldBy }) => [value, heldBy]),
        [["12025550102", "gst_3"]],
      );
    },
  },
  {
    id: "remember/account",
    says: "What WhatsApp says about an account is work in a lane of its own, and makes no guest.",
    async run({ storage }) {
      const now = await nowOf(storage);
      const news = (id: string, phoneNumberId = "waba_1") =>
        anItem(id, now, { kind: "account", chat: { phoneNumberId, addresses: [], newGuestId: "gst_nobody" } });
      assert.deepEqual(await remember(storage, news("1"), news("2"), news("3", "waba_2"), news("4", NUMBER)), [
        "new",
        "new",
        "new",
        "new",
      ]);
      await guestWrites(storage, "5");
      const { lanes } = await claim(storage);
      assert.deepEqual(
        new Map(
          lanes.map(({ phoneNumberId, guestId, items }) => [`${phoneNumberId}/${guestId}`, items.map(({ id }) => id)]),
        ),
        new Map([
          ["waba_1/", ["1", "2"]],
          ["waba_2/", ["3"]],
          [`${NUMBER}/`, ["4"]],
          [`${NUMBER}/gst_5`, ["5"]],
        ]),
      );
      const { guests } = await storage.loadGuests({ reach: "everything", guestIds: ["", "gst_nobody"] });
      assert.deepEqual(guests, [null, null]);
      for (const lane of lanes) await commit(storage, completing(lane));
      await nothingIsDue(storage);
    },
  },
  {
    id: "remember/account-in-order",
    says: "News of an account is remembered once, worked in order, and tried again like a guest's message.",
    async run({ storage }) {
      const now = await nowOf(storage);
      const news = (id: string) =>
        anItem(id, now, { kind: "account", chat: { phoneNumberId: "waba_1", addresses: [] } });
      await remember(storage, news("1"));
      assert.deepEqual(await remember(storage, { ...news("1"), id: "1_again" }, news("2")), ["duplicate", "new"]);
      const lane = await claimOne(storage);
      await storage.fail([{ lane, workId: "1", code: "decision_failed", retryInMs: 0 }]);
      const again = await claimOne(storage);
      assert.deepEqual(itemsOf([again]), [["1", "2"]]);
      assert.deepEqual([again.guestId, again.items[0]?.attempts], ["", 1]);
    },
  },
];
