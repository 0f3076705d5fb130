import assert from "node:assert/strict";
import type { ConsentEntry } from "../../domain/consent.js";
import type { Storage } from "../../ports/storage.js";
import {
  aCommand,
  aConsent,
  aConversation,
  anOutboundMessage,
  minutesAfterNoon,
  within,
  HOTEL,
  OTHER_HOTEL,
  type GuestOfHotel,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, chatOf, commit, merge, stored, unmerge } from "./steps.js";

const record = (storage: Storage, ...consents: readonly ConsentEntry[]) =>
  commit(storage, aCommand({ hotelId: consents[0]?.hotelId ?? HOTEL, consents }));

const history = async (storage: Storage, { id }: Pick<GuestOfHotel, "id">) =>
  storage.consents({ reach: "everything", guestId: id });

const idsOf = (entries: readonly ConsentEntry[] | null): readonly string[] | undefined => entries?.map(({ id }) => id);

/** A conversation of the guest's with a message that waits in it, for what is loaded with either. */
async function spokenWith(storage: Storage, guest: GuestOfHotel): Promise<void> {
  const conversation = aConversation(`con_${guest.id}`, guest, { lastSeq: 1 });
  await stored(storage, conversation, [anOutboundMessage(`msg_${guest.id}`, conversation, 1)]);
}

/** What counts for a guest who is spoken with, wherever decisions are given it. */
async function counts(storage: Storage, guest: GuestOfHotel): Promise<readonly ConsentEntry[]> {
  const { consents } = await chatOf(storage, guest);
  const conversationId = `con_${guest.id}`;
  const { state } = await storage.loadConversation({
    reach: "everything",
    conversationId,
    client: null,
    template: null,
  });
  assert.deepEqual(state?.consents, consents, "a command is given the same");
  const { sends } = await storage.loadSends(guest.hotelId, [`msg_${guest.id}`]);
  assert.deepEqual(sends[0]?.consents, consents, "and a send");
  const query = {
    hotelId: guest.hotelId,
    to: { guestId: guest.id },
    reach: "everything",
    client: null,
    template: null,
  } as const;
  assert.deepEqual((await storage.loadRecipient(query)).state.consents, consents, "and who is written to first");
  return consents;
}

/** What guests want is written down once, and never changed. */
export const consentCases: readonly StorageCase[] = [
  {
    id: "consent/commit",
    says: "What a guest wants is stored with the change that heard it, once: the same id again, with whatever in it, changes nothing.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const elsewhere = await aKnownGuest(storage, { hotelId: OTHER_HOTEL, waId: "12025550102" });
      const first = aConsent("cns_1", guest, { recordedAt: minutesAfterNoon(1) });
      const byStaff = aConsent("cns_2", guest, {
        wish: "resume",
        source: "staff",
        evidence: null,
        at: minutesAfterNoon(5),
      });
      await record(storage, first, byStaff);
      await record(storage, { ...first, wish: "resume", at: minutesAfterNoon(9) });
      await commit(storage, aCommand({ consents: [byStaff] }), aCommand({ consents: [byStaff] }));
      await record(storage, aConsent("cns_1", elsewhere));
      assert.deepEqual(await history(storage, guest), [first, byStaff]);
      assert.deepEqual(await history(storage, elsewhere), [aConsent("cns_1", elsewhere)], "ids are a hotel's");
    },
  },
  {
    id: "consent/history",
    says: "All that a guest said comes in the order in which they said it, however late it was heard.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const other = await aKnownGuest(storage, { waId: "12025550102" });
      assert.deepEqual(await history(storage, guest), []);
      const at = minutesAfterNoon;
      await record(
        storage,
        aConsent("cns_c", guest, { at: at(2), source: "rejection" }),
        aConsent("cns_d", guest, { at: at(1) }),
      );
      await record(storage, aConsent("cns_x", other), aConsent("cns_b", guest, { at: at(2), source: "preference" }));
      await record(storage, aConsent("cns_a", guest, { at: at(3), source: "host", evidence: null }));
      assert.deepEqual(idsOf(await history(storage, guest)), ["cns_d", "cns_b", "cns_c", "cns_a"]);
    },
  },
  {
    id: "consent/load",
    says: "Decisions are given what counts: what a guest said last, and of two at the same moment the stop.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const other = await aKnownGuest(storage, { waId: "12025550102" });
      for (const each of [guest, other]) await spokenWith(storage, each);
      assert.deepEqual(await counts(storage, guest), []);
      const stop = aConsent("cns_b", guest, { at: minutesAfterNoon(10) });
      await record(storage, stop);
      assert.deepEqual(await counts(storage, guest), [stop]);
      await record(
        storage,
        aConsent("cns_c", guest, { wish: "resume", at: minutesAfterNoon(9), recordedAt: minutesAfterNoon(90) }),
      );
      assert.deepEqual(await counts(storage, guest), [stop], "heard later, and said before");
      await record(storage, aConsent("cns_a", guest, { wish: "resume", at: minutesAfterNoon(10) }));
      assert.deepEqual(await counts(storage, guest), [stop], "said at the same moment");
      const again = aConsent("cns_0", guest, { at: minutesAfterNoon(10) });
      await record(storage, again, aConsent("cns_z", guest, { at: minutesAfterNoon(10) }));
      assert.deepEqual(await counts(storage, guest), [again], "of the same, the smallest id");
      const start = aConsent("cns_d", guest, { wish: "resume", at: minutesAfterNoon(11) });
      await record(storage, start);
      assert.deepEqual(await counts(storage, guest), [start]);
      assert.deepEqual(await counts(storage, other), [], "nobody else said it");
    },
  },
  {
    id: "consent/merged",
    says: "Whoever turns out to be one person said all of it, and each their own when they are two after all.",
    async run({ storage }) {
      const first = await aKnownGuest(storage);
      const second = await aKnownGuest(storage, { waId: "12025550102" });
      const third = await aKnownGuest(storage, { waId: "12025550103" });
      for (const each of [first, second, third]) await spokenWith(storage, each);
      const stop = aConsent("cns_1", first, { at: minutesAfterNoon(2) });
      await record(storage, stop, aConsent("cns_2", second, { wish: "resume", at: minutesAfterNoon(1) }));
      await merge(storage, first.id, second.id);
      await merge(storage, second.id, third.id);
      for (const guest of [first, second, third]) {
        assert.deepEqual(await counts(storage, guest), [stop]);
        assert.deepEqual(idsOf(await history(storage, guest)), ["cns_2", "cns_1"]);
      }
      const start = aConsent("cns_3", third, { wish: "resume", at: minutesAfterNoon(3) });
      await record(storage, start);
      assert.deepEqual(await counts(storage, first), [start]);
      await unmerge(storage, first.id);
      assert.deepEqual(await counts(storage, first), [stop]);
      assert.deepEqual(idsOf(await history(storage, first)), ["cns_1"]);
      assert.deepEqual(idsOf(await history(storage, third)), ["cns_2", "cns_3"]);
    },
  },
  {
    id: "consent/reach",
    says: "Whoever may see a guest may see what they said; to anybody else it looks as if there were no such guest.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      await spokenWith(storage, guest);
      await record(storage, aConsent("cns_1", guest));
      const seen = async (reach: Parameters<Storage["consents"]>[0]["reach"], guestId = guest.id) =>
        idsOf(await storage.consents({ reach, guestId }));
      assert.deepEqual(await seen("everything"), ["cns_1"]);
      assert.deepEqual(await seen(within([HOTEL, "all"])), ["cns_1"]);
      assert.deepEqual(await seen(within([HOTEL, ["spa", "reception"]])), ["cns_1"]);
      assert.equal(await seen(within([HOTEL, ["spa"]])), undefined);
      assert.equal(await seen(within([OTHER_HOTEL, "all"])), undefined);
      assert.equal(await seen("everything", "gst_nobody"), undefined);
    },
  },
];
