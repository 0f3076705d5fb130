import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Erasure, PrivacyCounts } from "../../domain/privacy.js";
import { EXPORTED, type BegunErasure, type ErasureStep } from "../../ports/privacy-storage.js";
import type { Storage } from "../../ports/storage.js";
import {
  aCommand,
  aConversation,
  aGuestUpdate,
  anAmendment,
  anAuditEntry,
  aNewAddress,
  anInboundMessage,
  anItem,
  anOutboundMessage,
  aReport,
  bsuid,
  DAY_MS,
  HOTEL,
  NUMBER,
  OTHER_HOTEL,
  phone,
  type GuestOfHotel,
} from "./builders.js";
import { erasedKeys } from "../../whatsapp/erased-keys.js";
import type { StorageCase } from "./case.js";
import {
  aKnownGuest,
  claim,
  claimOne,
  commit,
  completing,
  eventsOf,
  guestWrites,
  merge,
  nothingIsDue,
  nowOf,
  pagesOf,
  remember,
  stored,
} from "./steps.js";
import { aWholeGuest, kept, typesOf } from "./personal-data.js";

const ANNA = "393331234567";
const BEN = "12025550102";

const erasureEntry = (id: string) => ({
  id: `aud_${id}`,
  actor: { kind: "staff", id: "manager" } as const,
  action: "guest.erase",
  reason: "asked for it",
  target: { kind: "erasure", id } as const,
});

async function begin(storage: Storage, guestId: string, id = "ers_1"): Promise<BegunErasure> {
  const begun = await storage.beginErasure({ hotelId: HOTEL, guestId, id, audit: erasureEntry(id) });
  assert.ok(begun !== null, `there is a guest ${guestId}`);
  return begun;
}

/** Milliseconds between looks at whether those are through who were writing when an erasure began. */
const WAITED_MS = 10;

/** Goes on until nothing is left. */
async function finish(storage: Storage, id = "ers_1", limit = 100): Promise<readonly ErasureStep[]> {
  const steps: ErasureStep[] = [];
  for (;;) {
    const step = await storage.continueErasure({ hotelId: HOTEL, id, limit });
    steps.push(step);
    assert.ok(steps.length < 1_000, "an erasure comes to its end");
    if (step.state === "done") return steps;
    // Somebody who has nothing to do with the case may be writing to the same server.
    if (step.state === "waits") await delay(WAITED_MS);
  }
}

/** Erases a guest, and says what is remembered of it. */
export async function erased(storage: Storage, guestId: string, id = "ers_1", limit = 100): Promise<Erasure> {
  await begin(storage, guestId, id);
  await finish(storage, id, limit);
  const { items } = await storage.erasures({ hotelId: HOTEL, after: null, limit: 100 });
  const found = items.find((one) => one.id === id);
  assert.ok(found?.doneAt, "the erasure is done");
  return found;
}

const summed = (steps: readonly { readonly counts: PrivacyCounts }[], name: string): number =>
  steps.reduce((sum, { counts }) => sum + (counts[name] ?? 0), 0);

/** Whoever has this phone writes. @returns whose it was */
async function writesAgain(storage: Storage, id: string, waId: string): Promise<string> {
  await guestWrites(storage, id, { chat: { newGuestId: `gst_${id}`, addresses: [phone(waId)] } });
  const { lanes } = await claim(storage);
  const lane = lanes.find(({ items }) => items.some((item) => item.id === id));
  assert.ok(lane !== undefined);
  await commit(storage, completing(lane));
  return lane.guestId;
}

/** What is left of a guest who is erased: nothing but that they were. */
export const erasureCases: readonly StorageCase[] = [
  {
    id: "erase/count",
    says: "Before a guest is erased it can be counted what would go, and nothing does.",
    async run({ storage }) {
      const anna = await aWholeGuest(storage, "Anna", ANNA);
      await aWholeGuest(storage, "Ben", BEN);
      const counts = await storage.countErasure({ hotelId: HOTEL, guestId: anna.id });
      assert.deepEqual(
        ["guests", "conversations", "messages", "attachments", "consents", "stays", "tasks", "flow_runs"].map(
          (table) => counts?.[table],
        ),
        [1, 1, 3, 1, 1, 1, 1, 1],
      );
      assert.equal((await kept(storage, anna.id)).length > 0, true);
      assert.equal(await storage.countErasure({ hotelId: HOTEL, guestId: "gst_none\u0000" }), null);
      assert.equal(await storage.countErasure({ hotelId: OTHER_HOTEL, guestId: anna.id }), null);
    },
  },
  {
    id: "erase/begin",
    says: "From the moment on that a guest is erased nobody finds them, and whoever watches is told so.",
    async run({ storage }) {
      const anna = await aWholeGuest(storage, "Anna", ANNA);
      const { erasure, events } = await begin(storage, anna.id);
      assert.deepEqual(erasure.guestIds, [anna.id]);
      assert.equal(erasure.doneAt, null);
      assert.equal(erasure.addresses.length, 1);
      assert.equal(JSON.stringify({ ...erasure, guestIds: [] }).includes(ANNA), false);
      assert.deepEqual(
        events.map(({ conversationId, departmentId, body }) => [conversationId, departmentId, body.type]),
        [
          ["con_Anna", "reception", "conversation.erased"],
          [null, null, "guest.erased"],
        ],
      );
      assert.deepEqual((await eventsOf(storage)).slice(-2), events);
      const query = { reach: "everything", hotelId: HOTEL } as const;
      assert.deepEqual(await storage.findGuests({ ...query, addresses: [phone(ANNA)] }), []);
      assert.deepEqual((await storage.loadGuests({ reach: "everything", guestIds: [anna.id] })).guests, [null]);
      assert.equal(
        await storage.messages({ reach: "everything", conversationId: "con_Anna", before: null, limit: 9 }),
        null,
      );
      assert.equal(await storage.consents({ reach: "everything", guestId: anna.id }), null);
      assert.equal((await storage.loadStay({ hotelId: HOTEL, reservationId: "res_Anna" })).stay, null);
      assert.equal(
        await storage.personalData({ hotelId: HOTEL, guestId: anna.id, part: "message", after: null, limit: 9 }),
        null,
      );
      const entries = await storage.audit({ hotelId: HOTEL, targetId: "ers_1" });
      assert.deepEqual(
        entries.map(({ action, reason }) => [action, reason]),
        [["guest.erase", "asked for it"]],
      );
      const none = { hotelId: HOTEL, guestId: anna.id, id: "ers_2", audit: erasureEntry("ers_2") };
      assert.equal(await storage.beginErasure(none), null);
    },
  },
  {
    id: "erase/merged",
    says: "Whoever turned out to be the same person is erased with them.",
    async run({ storage }) {
      const anna = await aWholeGuest(storage, "Anna", ANNA);
      const ben = await aWholeGuest(storage, "Ben", BEN);
      await merge(storage, ben.id, anna.id);
      const { erasure } = await begin(storage, ben.id);
      assert.deepEqual([...erasure.guestIds].sort(), [anna.id, ben.id].sort());
      assert.equal(erasure.guestIds[0], anna.id);
      await finish(storage);
      assert.deepEqual((await storage.loadGuests({ reach: "everything", guestIds: [anna.id, ben.id] })).guests, [
        null,
        null,
      ]);
      assert.equal(await storage.message({ reach: "everything", messageId: "msg_Ben_1" }), null);
      assert.equal(await storage.message({ reach: "everything", messageId: "msg_Anna_1" }), null);
    },
  },
  {
    id: "erase/fenced",
    says: "Nobody who has something of an erased guest in hand can store it any more.",
    async run({ storage }) {
      const anna = await aWholeGuest(storage, "Anna", ANNA);
      await guestWrites(storage, "later", { chat: { addresses: [phone(ANNA)] } });
      const lane = await claimOne(storage);
      const sending = await claimOne(storage, "outbound", 1);
      const before = await storage.loadChats([
        {
          hotelId: HOTEL,
          phoneNumberId: anna.phoneNumberId,
          guestId: anna.id,
          wamids: [],
          promptIds: [],
          addresses: [],
        },
      ]);
      await begin(storage, anna.id);
      const conversation = aConversation("con_new", anna, { departmentId: "spa" });
      assert.equal((await storage.commit(HOTEL, [completing(lane)])).outcome, "fenced");
      assert.deepEqual(await storage.intend([{ lane: sending, messageId: "msg_Anna_3", as: "windowless" }]), ["no"]);
      const anew = aCommand({ conversations: [conversation], chat: before.states[0]?.chat ?? null });
      assert.equal((await storage.commit(HOTEL, [anew])).outcome, "conflict");
      const elsewhere = aCommand({ conversations: [conversation] });
      assert.equal((await storage.commit(HOTEL, [elsewhere])).outcome, "conflict");
      await finish(storage);
      for (const kind of ["inbound", "outbound", "timer", "media"] as const) await nothingIsDue(storage, kind);
      assert.equal((await storage.commit(HOTEL, [elsewhere])).outcome, "conflict");
    },
  },
  {
    id: "erase/anew",
    says: "Who writes after their erasure is a new guest, and what WhatsApp delivers once more brings nobody back.",
    async run({ storage }) {
      const anna = await aKnownGuest(storage, { waId: ANNA });
      const again = await guestWrites(storage, "hello", { chat: { addresses: [phone(ANNA)] } });
      await commit(storage, completing(await claimOne(storage)));
      await erased(storage, anna.id);
      assert.deepEqual(await remember(storage, { ...again, id: "hello_again" }), ["duplicate"]);
      await nothingIsDue(storage);
      assert.deepEqual(await storage.findGuests({ reach: "everything", hotelId: HOTEL, addresses: [phone(ANNA)] }), []);
      const now = await writesAgain(storage, "anew", ANNA);
      assert.equal(now, "gst_anew");
      assert.deepEqual(typesOf(await kept(storage, now)), ["guest", "address"]);
    },
  },
  {
    id: "erase/acts",
    says: "A guest's reaction, edit or deletion brings nobody back either: what is kept of an erasure knows it, for a backup from before it came.",
    async run({ storage }) {
      const anna = await aWholeGuest(storage, "Anna", ANNA);
      const at = await nowOf(storage);
      const old = new Date(at.getTime() - 60 * DAY_MS);
      await commit(
        storage,
        aCommand({
          amendments: [
            anAmendment("wamid.reaction", "wamid.msg_Anna_1", anna, { at, act: { kind: "reacted", emoji: "👍" } }),
            anAmendment("wamid.deletion", "wamid.msg_Anna_3", anna, { at, by: "device", act: { kind: "revoked" } }),
            anAmendment("wamid.old", "wamid.msg_Anna_1", anna, { at: old, act: { kind: "reacted", emoji: null } }),
          ],
        }),
      );
      const { hashes } = await erased(storage, anna.id);
      const keyOf = (wamid: string, direction: "inbound" | "outbound"): string => {
        const [key] = erasedKeys({ wamid, direction, phoneNumberIds: [NUMBER], addresses: [] });
        assert.ok(key !== undefined);
        return key;
      };
      const [reaction, deletion] = [keyOf("wamid.reaction", "inbound"), keyOf("wamid.deletion", "outbound")];
      assert.ok(hashes.includes(reaction) && hashes.includes(deletion));
      assert.ok(!hashes.includes(keyOf("wamid.old", "inbound")), "what WhatsApp has long forgotten");
      const again = anItem("again", at, { chat: { addresses: [phone(ANNA)] } });
      assert.deepEqual(await remember(storage, { ...again, dedupHash: reaction }), ["duplicate"]);
      assert.deepEqual(await storage.findGuests({ reach: "everything", hotelId: HOTEL, addresses: [phone(ANNA)] }), []);
    },
  },
  {
    id: "erase/stop",
    says: "Who wanted no offers gets none after their erasure either, whoever of the hotel writes to the number.",
    async run({ storage }) {
      const anna = await aWholeGuest(storage, "Anna", ANNA);
      const ben = await aKnownGuest(storage, { waId: BEN });
      assert.equal((await erased(storage, anna.id)).stopped, true);
      assert.equal((await erased(storage, ben.id, "ers_2")).stopped, false);
      const back = await writesAgain(storage, "back", ANNA);
      const said = await storage.consents({ reach: "everything", guestId: back });
      assert.deepEqual(
        said?.map(({ wish, evidence }) => [wish, evidence]),
        [["stop", null]],
      );
      await commit(
        storage,
        aCommand({ newGuest: { id: "gst_written", address: phone(BEN) } }),
        aCommand({ guest: aGuestUpdate("gst_back", { addresses: [aNewAddress(bsuid("IT.1"), "itm_1")] }) }),
      );
      assert.deepEqual(await storage.consents({ reach: "everything", guestId: "gst_written" }), []);
      assert.equal((await storage.consents({ reach: "everything", guestId: back }))?.length, 1);
    },
  },
  {
    id: "erase/reports",
    says: "What WhatsApp reports of an erased guest's messages is kept nowhere.",
    async run({ storage }) {
      const anna = await aWholeGuest(storage, "Anna", ANNA);
      await storage.applyStatuses([
        aReport("delivered", `wamid.${Buffer.from(`\u0001${ANNA}\u0002`).toString("base64")}`),
      ]);
      await erased(storage, anna.id);
      await storage.applyStatuses([aReport("read", "wamid.msg_Anna_1"), aReport("read", "wamid.strange")]);
      const ben = await aKnownGuest(storage, { waId: BEN });
      const conversation = aConversation("con_ben", ben, { lastSeq: 2 });
      const echo = (id: string, seq: number, wamid: string) => ({
        ...anOutboundMessage(id, conversation, seq),
        author: { kind: "device" } as const,
        status: "sent" as const,
        wamid,
      });
      const result = await commit(
        storage,
        aCommand({
          conversations: [conversation],
          messages: [echo("msg_e1", 1, "wamid.msg_Anna_1"), echo("msg_e2", 2, "wamid.strange")],
          events: ["msg_e1", "msg_e2"].map((messageId) => ({
            conversationId: "con_ben",
            departmentId: "reception",
            body: { type: "message.echoed", messageId },
          })),
        }),
      );
      assert.deepEqual(
        result.messages.map(({ status }) => status),
        ["sent", "read"],
      );
    },
  },
  {
    id: "erase/all",
    says: "Of an erased guest nothing is left, however much it was, and in however small steps.",
    async run({ storage }) {
      const anna = await aWholeGuest(storage, "Anna", ANNA);
      const conversation = { ...aConversation("con_long", anna, { lastSeq: 12, departmentId: "spa" }) };
      const many = Array.from({ length: 12 }, (_, index) =>
        anInboundMessage(`msg_long_${String(index)}`, conversation, index + 1),
      );
      await stored(storage, conversation, many);
      await begin(storage, anna.id);
      const steps = await finish(storage, "ers_1", 5);
      assert.equal(summed(steps, "messages"), 15);
      for (const { counts } of steps)
        assert.ok((counts["messages"] ?? 0) <= 5, "a step is as small as it was asked for");
      for (const { id } of many) assert.equal(await storage.message({ reach: "everything", messageId: id }), null);
      assert.deepEqual((await storage.loadAttachments(HOTEL, ["att_Anna"])).attachments, [null]);
      assert.equal((await storage.loadTask({ hotelId: HOTEL, taskId: "task_Anna" })).task, null);
      assert.deepEqual(await storage.strayRuns({ known: [], after: null, limit: 9 }), []);
      const mentions = await storage.mentions({
        reach: "everything",
        staffId: "staff_1",
        unread: false,
        before: null,
        limit: 9,
      });
      assert.deepEqual(mentions.items, []);
      const found = await storage.search({
        reach: "everything",
        hotelId: HOTEL,
        departmentId: null,
        words: [{ word: "message", isPrefix: true }],
        before: null,
        limit: 9,
      });
      assert.deepEqual(found.items, []);
      const events = JSON.stringify(await eventsOf(storage));
      assert.equal(events.includes("res_Anna"), false);
      assert.deepEqual(
        (await eventsOf(storage)).map(({ seq }) => seq),
        Array.from({ length: (await eventsOf(storage)).length }, (_, index) => index + 1),
      );
    },
  },
  {
    id: "erase/other",
    says: "Nothing of anybody else's goes with an erased guest.",
    async run({ storage }) {
      const anna = await aWholeGuest(storage, "Anna", ANNA);
      const ben = await aWholeGuest(storage, "Ben", BEN);
      const before = await kept(storage, ben.id);
      await erased(storage, anna.id);
      assert.deepEqual(await kept(storage, ben.id), before);
      assert.deepEqual(typesOf(before).length, EXPORTED.length - 1);
      assert.deepEqual(
        (await storage.audit({ hotelId: HOTEL, targetId: "con_Ben" })).map(({ reason }) => reason),
        ["because of Ben"],
      );
      const lane = await claimOne(storage, "outbound", 1);
      assert.equal(lane.guestId, ben.id);
    },
  },
  {
    id: "erase/files",
    says: "A guest's files go with them, but for those that somebody else sent as well.",
    async run({ storage }) {
      const file = (id: string, name = id) => ({
        id: `fil_${id}`,
        sha256: Buffer.from(name).toString("hex").padEnd(64, "0").slice(0, 64),
        sizeBytes: 10,
        mimeType: "image/jpeg",
        width: 1,
        height: 1,
        thumbnailId: `thm_${id}`,
      });
      const addition = async (guest: GuestOfHotel, id: string, name: string) =>
        storage.addAttachment({
          attachment: {
            id: `att_${id}`,
            hotelId: HOTEL,
            conversationId: `con_${guest.id}`,
            guestId: guest.id,
            phoneNumberId: guest.phoneNumberId,
            kind: "image",
            direction: "outbound",
            said: { mediaId: null, mimeType: "image/jpeg", sha256: null, fileName: null },
            purpose: null,
          },
          file: file(id, name),
          quotas: { hotelBytes: null, guestBytes: null },
          forgetMs: null,
          since: await nowOf(storage),
          audit: anAuditEntry(`aud_${id}`, `att_${id}`, { target: { kind: "attachment", id: `att_${id}` } }),
        });
      const anna = await aKnownGuest(storage, { waId: ANNA });
      const ben = await aKnownGuest(storage, { waId: BEN });
      for (const [guest, id, name] of [
        [anna, "own", "own"],
        [anna, "shared", "shared"],
        [ben, "his", "shared"],
      ] as const)
        assert.equal((await addition(guest, id, name)).outcome, "stored");
      assert.equal((await storage.countErasure({ hotelId: HOTEL, guestId: anna.id }))?.["files"], 1);
      await begin(storage, anna.id);
      const steps = await finish(storage);
      assert.deepEqual(steps.flatMap(({ files }) => files.map(({ id }) => id)).sort(), ["fil_own", "thm_own"]);
      assert.deepEqual(await storage.knownFiles({ hotelId: HOTEL, ids: ["fil_own", "fil_shared"] }), [false, true]);
      assert.equal((await storage.loadAttachments(HOTEL, ["att_his"])).attachments[0]?.file?.id, "fil_shared");
    },
  },
  {
    id: "erase/again",
    says: "An erasure that is over, or never was, has nothing left to do.",
    async run({ storage }) {
      const anna = await aWholeGuest(storage, "Anna", ANNA);
      const { doneAt } = await erased(storage, anna.id);
      const told = (await eventsOf(storage)).length;
      for (const id of ["ers_1", "ers_none\u0000"])
        assert.deepEqual(await storage.continueErasure({ hotelId: HOTEL, id, limit: 5 }), {
          state: "done",
          counts: {},
          files: [],
          events: [],
        });
      assert.equal((await eventsOf(storage)).length, told);
      assert.deepEqual((await storage.erasures({ hotelId: HOTEL, after: null, limit: 9 })).items[0]?.doneAt, doneAt);
    },
  },
  {
    id: "erase/reasons",
    says: "The audit keeps that something was done, and by whom, and forgets to whom and what staff wrote of it.",
    async run({ storage }) {
      const anna = await aWholeGuest(storage, "Anna", ANNA);
      await erased(storage, anna.id);
      const { items } = await storage.auditEntries({
        reach: "everything",
        hotelId: HOTEL,
        targetId: null,
        actorId: null,
        before: null,
        limit: 9,
      });
      const entry = items.find(({ id }) => id === "aud_Anna");
      assert.deepEqual(
        [entry?.actor.id, entry?.action, entry?.reason, entry?.target.id],
        ["staff_1", "conversation.close", "", ""],
      );
    },
  },
  {
    id: "erase/unfinished",
    says: "An erasure that was broken off is known to be unfinished, and gone on with by whoever finds it.",
    async run({ storage }) {
      const anna = await aWholeGuest(storage, "Anna", ANNA);
      const ben = await aWholeGuest(storage, "Ben", BEN);
      await begin(storage, anna.id);
      await begin(storage, ben.id, "ers_2");
      await storage.continueErasure({ hotelId: HOTEL, id: "ers_2", limit: 1 });
      const of = async (limit: number) => (await storage.unfinishedErasures({ limit })).map(({ id }) => id);
      assert.deepEqual(await of(9), ["ers_1", "ers_2"]);
      assert.deepEqual(await of(1), ["ers_1"]);
      await finish(storage, "ers_2");
      assert.deepEqual(await of(9), ["ers_1"]);
      await finish(storage);
      assert.deepEqual(await of(9), []);
    },
  },
  {
    id: "erase/list",
    says: "A hotel's erasures are listed with nothing but ids and hashes, the oldest first.",
    async run({ storage, shiftClock }) {
      const guests = [];
      for (const waId of [ANNA, BEN, "12025550103"]) guests.push(await aWholeGuest(storage, `g${waId}`, waId));
      for (const [index, { id }] of guests.entries()) {
        await erased(storage, id, `ers_${String(index)}`);
        await shiftClock(1_000);
      }
      const pages = await pagesOf<Erasure, { at: Date; id: string }>((after) =>
        storage.erasures({ hotelId: HOTEL, after, limit: 2 }),
      );
      assert.deepEqual(
        pages.map((page) => page.map(({ id }) => id)),
        [["ers_0", "ers_1"], ["ers_2"]],
      );
      const [first] = pages.flat();
      assert.ok(first?.wamids.length === 1);
      assert.ok(first.hashes.length > 0, "what WhatsApp may deliver again is known");
      const text = JSON.stringify(pages.flat().map((one) => ({ ...one, guestIds: [] })));
      for (const waId of [ANNA, BEN]) assert.equal(text.includes(waId), false);
      assert.deepEqual((await storage.erasures({ hotelId: OTHER_HOTEL, after: null, limit: 9 })).items, []);
    },
  },
  {
    id: "erase/reapply",
    says: "After an older backup was restored it is known who is back, and who came only later (T85).",
    async run({ storage, shiftClock }) {
      const anna = await aWholeGuest(storage, "Anna", ANNA);
      const first = await erased(storage, anna.id);
      await shiftClock(DAY_MS);
      const back = await aKnownGuest(storage, { waId: BEN });
      await shiftClock(DAY_MS);
      const now = await nowOf(storage);
      const second = await erased(storage, back.id, "ers_2");
      // As if this database had never heard of it.
      const again = await writesAgain(storage, "again", BEN);
      const strange: Erasure = {
        ...second,
        id: "ers_strange",
        at: new Date(now.getTime() - 1_000),
        guestIds: ["gst_gone"],
        hashes: ["00112233445566778899aabbccddeeff"],
        wamids: [],
      };
      assert.deepEqual(await storage.reapplyErasure(strange), []);
      assert.deepEqual(await storage.reapplyErasure({ ...strange, at: await nowOf(storage) }), [again]);
      assert.deepEqual(await storage.reapplyErasure({ ...strange, addresses: [], guestIds: [again] }), [again]);
      assert.deepEqual(
        await remember(storage, {
          ...anItem("lost", await nowOf(storage), { chat: { addresses: [phone(BEN)] } }),
          dedupHash: "00112233445566778899aabbccddeeff",
        }),
        ["duplicate"],
      );
      const { items } = await storage.erasures({ hotelId: HOTEL, after: null, limit: 9 });
      assert.deepEqual(items.map(({ id }) => id).sort(), ["ers_1", "ers_2", "ers_strange"]);
      assert.deepEqual(await storage.reapplyErasure(first), []);
    },
  },
];
