import assert from "node:assert/strict";
import type { Reach } from "../../domain/access.js";
import type { SavedReply, SavedReplyKey } from "../../domain/saved-reply.js";
import type { SavedReplyQuery } from "../../ports/host-storage.js";
import type { Storage } from "../../ports/storage.js";
import { anAuditEntry, HOTEL, OTHER_HOTEL, within } from "./builders.js";
import type { StorageCase } from "./case.js";
import { atOnce, nowOf, pagesOf } from "./steps.js";

const aReply = (id: string, fields: Partial<SavedReply> = {}): Omit<SavedReply, "updatedAt"> => ({
  id,
  hotelId: HOTEL,
  departmentId: null,
  shortcut: id,
  texts: { en: "Dear {{guestName}}, NUL \u0000", it: "Gentile {{guestName}}" },
  version: 0,
  ...fields,
});
const auditOf = (id: string) => {
  const {
    hotelId: _hotel,
    at: _at,
    ...audit
  } = anAuditEntry(`aud_${id}`, id, {
    action: "savedReply.write",
    target: { kind: "savedReply", id },
  });
  return audit;
};

let serial = 0;
const put = (storage: Storage, reply: Omit<SavedReply, "updatedAt">, reach: Reach = "everything") =>
  storage.putSavedReply({ reach, reply, audit: auditOf(`${reply.id}_${String(++serial)}`) });
const outcomeOf = async (...args: Parameters<typeof put>) => (await put(...args)).outcome;
const list = (storage: Storage, query: Partial<SavedReplyQuery> = {}) =>
  storage.savedReplies({ reach: "everything", hotelId: HOTEL, departmentId: null, after: null, limit: 100, ...query });
const idsOf = async (storage: Storage, query: Partial<SavedReplyQuery> = {}) =>
  (await list(storage, query)).items.map(({ id }) => id);
const one = (storage: Storage, id: string, reach: Reach = "everything") => storage.savedReply({ reach, id });

export const savedReplyCases: readonly StorageCase[] = [
  {
    id: "saved/put",
    says: "A saved reply is changed by who knows its version, and comes back as it was stored, with the next one and its audit.",
    async run({ storage }) {
      const before = await nowOf(storage);
      const first = await storage.putSavedReply({ reach: "everything", reply: aReply("hi"), audit: auditOf("hi") });
      assert.ok(first.outcome === "stored" && first.at.getTime() >= before.getTime());
      assert.deepEqual(await one(storage, "hi"), { ...aReply("hi", { version: 1 }), updatedAt: first.at });
      assert.deepEqual(await storage.audit({ hotelId: HOTEL, targetId: "hi" }), [
        { ...auditOf("hi"), hotelId: HOTEL, at: first.at },
      ]);
      const changed = aReply("hi", { version: 1, departmentId: "spa", shortcut: "hello", texts: { de: "Hallo" } });
      assert.equal(await outcomeOf(storage, changed), "stored");
      const now = await one(storage, "hi");
      assert.deepEqual(now && { ...now, updatedAt: null }, { ...changed, version: 2, updatedAt: null });
      for (const version of [0, 1, 3]) assert.equal(await outcomeOf(storage, { ...changed, version }), "conflict");
      assert.equal(await outcomeOf(storage, aReply("nobody", { version: 1 })), "missing");
    },
  },
  {
    id: "saved/taken",
    says: "A shortcut is one saved reply's in each department, and one's in the whole hotel; its own stays its own.",
    async run({ storage }) {
      assert.equal(await outcomeOf(storage, aReply("a", { shortcut: "hi" })), "stored");
      assert.equal(await outcomeOf(storage, aReply("b", { shortcut: "hi" })), "taken");
      assert.equal(await outcomeOf(storage, aReply("c", { shortcut: "hi", departmentId: "spa" })), "stored");
      assert.equal(await outcomeOf(storage, aReply("d", { shortcut: "hi", departmentId: "spa" })), "taken");
      assert.equal(await outcomeOf(storage, aReply("e", { shortcut: "hi", hotelId: OTHER_HOTEL })), "stored");
      assert.equal(await outcomeOf(storage, aReply("a", { shortcut: "hi", version: 1, texts: { en: "x" } })), "stored");
      assert.equal(await outcomeOf(storage, aReply("a", { shortcut: "hi", version: 2, departmentId: "spa" })), "taken");
      assert.equal((await one(storage, "a"))?.departmentId, null, "and nothing of it is stored");
    },
  },
  {
    id: "saved/taken-at-once",
    says: "Of many who want one shortcut at the same moment one has it.",
    needs: "concurrency",
    async run({ storage }) {
      const outcomes = await atOnce(10, (index) =>
        outcomeOf(storage, aReply(`hi_${String(index)}`, { shortcut: "hi" })),
      );
      assert.deepEqual(outcomes.toSorted(), ["stored", ...Array.from({ length: 9 }, () => "taken")]);
      assert.equal((await list(storage)).items.length, 1);
    },
  },
  {
    id: "saved/list",
    says: "Saved replies are read page by page by shortcut, each once, and a department's are those that it can use.",
    async run({ storage }) {
      for (const reply of [
        aReply("1", { shortcut: "b" }),
        aReply("2", { shortcut: "a", departmentId: "spa" }),
        aReply("3", { shortcut: "a" }),
        aReply("4", { shortcut: "B", departmentId: "reception" }),
        aReply("5", { shortcut: "a", hotelId: OTHER_HOTEL }),
      ])
        assert.equal(await outcomeOf(storage, reply), "stored");
      const whole = ["4", "2", "3", "1"];
      for (const limit of [1, 2, 4, 5]) {
        const pages = await pagesOf((after: SavedReplyKey | null) => list(storage, { after, limit }));
        assert.deepEqual(
          pages.flat().map(({ id }) => id),
          whole,
        );
        assert.equal(pages.length, Math.ceil(4 / limit), "the last page says that it is the last");
      }
      assert.deepEqual(await idsOf(storage, { departmentId: "spa" }), ["2", "3", "1"]);
      assert.deepEqual(await idsOf(storage, { hotelId: "nowhere" }), []);
    },
  },
  {
    id: "saved/reach",
    says: "Everybody in a hotel uses what is for all of it, and what is their department's; they change what is their department's (T51).",
    async run({ storage }) {
      for (const departmentId of [null, "spa", "reception"])
        await put(storage, aReply(String(departmentId), { departmentId }));
      const spa = within([HOTEL, ["spa"]]);
      assert.deepEqual(await idsOf(storage, { reach: spa }), ["null", "spa"]);
      assert.deepEqual(await idsOf(storage, { reach: within([HOTEL, "all"]) }), ["null", "reception", "spa"]);
      assert.deepEqual(await idsOf(storage, { reach: within([OTHER_HOTEL, "all"]) }), []);
      assert.deepEqual(await idsOf(storage, { reach: spa, departmentId: "reception" }), ["null"]);
      const change = (id: string, reach: Reach) =>
        outcomeOf(storage, aReply(id, { version: 1, departmentId: "spa", shortcut: `new_${id}` }), reach);
      for (const id of ["null", "reception"]) {
        assert.equal(await one(storage, id, spa), null);
        assert.equal(await change(id, spa), "missing");
        assert.equal(await storage.deleteSavedReply({ reach: spa, id, audit: auditOf(id) }), false);
      }
      assert.equal((await one(storage, "spa", spa))?.id, "spa");
      assert.equal(await change("spa", spa), "stored");
      assert.equal(await change("null", within([HOTEL, "all"])), "stored");
      assert.equal(await change("reception", within([OTHER_HOTEL, "all"])), "missing");
    },
  },
  {
    id: "saved/delete",
    says: "What is taken away is gone, once, with its audit, and its shortcut is free.",
    async run({ storage }) {
      await put(storage, aReply("hi"));
      const take = (name: string) =>
        storage.deleteSavedReply({ reach: "everything", id: "hi", audit: { ...auditOf("hi"), id: name } });
      assert.equal(await take("aud_gone"), true);
      assert.equal(await take("aud_again"), false);
      assert.equal(await one(storage, "hi"), null);
      assert.deepEqual(await idsOf(storage), []);
      const audit = await storage.audit({ hotelId: HOTEL, targetId: "hi" });
      assert.deepEqual(audit.map(({ id }) => id).includes("aud_gone"), true);
      assert.equal(
        audit.some(({ id }) => id === "aud_again"),
        false,
      );
      assert.equal(await outcomeOf(storage, aReply("other", { shortcut: "hi" })), "stored");
    },
  },
];
