import assert from "node:assert/strict";
import type { AuditLink, SealedAuditEntry } from "../../domain/audit.js";
import type { AuditToSeal } from "../../ports/audit-storage.js";
import type { Storage } from "../../ports/storage.js";
import { linksOf } from "../../runtime/audit-chain.js";
import { verifyAudit } from "../../runtime/audit-verify.js";
import { anAuditEntry, HOTEL, HOUR_MS, OTHER_HOTEL, within } from "./builders.js";
import type { StorageCase } from "./case.js";
import { atOnce, nowOf } from "./steps.js";

/** An entry that staff write by the way: of a saved reply, which needs nothing else. */
async function writes(storage: Storage, id: string, hotelId = HOTEL): Promise<void> {
  const { hotelId: _hotel, at: _at, ...audit } = anAuditEntry(`aud_${id}`, id, { reason: `told \u0000\ud800 ${id}` });
  const reply = { id, hotelId, departmentId: null, shortcut: id, texts: { en: "Dear guest" }, version: 0 };
  const { outcome } = await storage.putSavedReply({ reach: "everything", reply, audit });
  assert.equal(outcome, "stored");
}

const toSeal = (storage: Storage, query: Partial<Parameters<Storage["auditToSeal"]>[0]> = {}) =>
  storage.auditToSeal({ after: null, hotels: 10, entries: 100, ...query });
const one = async (storage: Storage): Promise<AuditToSeal> => {
  const [hotel] = await toSeal(storage);
  assert.ok(hotel);
  return hotel;
};
const sealing = ({ hotelId, version, now, head, entries }: AuditToSeal) => ({
  hotelId,
  version,
  sealedAt: now,
  links: linksOf(head, entries, now),
});
const seals = async (storage: Storage): Promise<readonly AuditLink[]> => {
  const sealed = sealing(await one(storage));
  assert.equal(await storage.sealAudit(sealed), true);
  return sealed.links;
};
const stretch = (storage: Storage, query: Partial<Parameters<Storage["sealedAudit"]>[0]> = {}) =>
  storage.sealedAudit({ reach: "everything", hotelId: HOTEL, after: null, limit: 100, ...query });
const idsOf = (entries: readonly { readonly id: string }[]) => entries.map(({ id }) => id);

export const auditChainCases: readonly StorageCase[] = [
  {
    id: "audit/seal",
    says: "What was written is sealed once, and comes back as it was written, with its link; the chain holds.",
    async run({ storage }) {
      assert.deepEqual(await toSeal(storage), []);
      for (const id of ["one", "two"]) await writes(storage, id);
      const hotel = await one(storage);
      const { hotelId, head, entries } = hotel;
      assert.deepEqual([hotelId, head, idsOf(entries)], [HOTEL, { n: 0, hash: "" }, ["aud_one", "aud_two"]]);
      assert.equal(entries[0]?.reason, "told \u0000\ud800 one");
      const before = await stretch(storage);
      assert.deepEqual([before.entries, before.unsealedSince], [[], entries[0].at]);
      const sealed = sealing(hotel);
      assert.equal(await storage.sealAudit(sealed), true);
      assert.deepEqual(await toSeal(storage), []);
      await writes(storage, "three");
      assert.deepEqual(idsOf((await one(storage)).entries), ["aud_three"]);
      const next = await seals(storage);
      const { kept, head: last, entries: stored, unsealedSince } = await stretch(storage);
      const [link] = next;
      assert.ok(link);
      assert.deepEqual([kept, last, unsealedSince], [{ n: 0, hash: "" }, { n: 3, hash: link.hash }, null]);
      const links = [...sealed.links, ...next];
      assert.deepEqual(
        stored.map(({ id, n, salts, digests, hash }): AuditLink => ({ id, n, salts, digests, hash })),
        links,
      );
      assert.deepEqual(stored[0], { ...entries[0], ...links[0], sealedAt: sealed.sealedAt } as SealedAuditEntry);
      const { holds, entries: count } = await verifyAudit({
        hotelId: HOTEL,
        entries: stored,
        kept,
        head: last,
        now: hotel.now,
      });
      assert.deepEqual([holds, count], [true, 3]);
    },
  },
  {
    id: "audit/seal-order",
    says: "Entries are sealed in the order of their commits, a batch at a time, without holes.",
    async run({ storage }) {
      const ids = ["e", "a", "d", "b", "c"];
      for (const id of ids) await writes(storage, id);
      for (const entries of [2, 2, 2]) {
        const [hotel] = await toSeal(storage, { entries });
        assert.ok(hotel);
        assert.equal(await storage.sealAudit(sealing(hotel)), true);
      }
      const { entries } = await stretch(storage);
      assert.deepEqual(
        entries.map(({ id, n }) => [id, n]),
        ids.map((id, at) => [`aud_${id}`, at + 1]),
      );
      assert.deepEqual(idsOf((await stretch(storage, { after: 2, limit: 2 })).entries), ["aud_d", "aud_b"]);
    },
  },
  {
    id: "audit/seal-hotels",
    says: "Each hotel has a chain of its own; what is to be sealed is read hotel by hotel.",
    async run({ storage }) {
      await writes(storage, "theirs", OTHER_HOTEL);
      await writes(storage, "ours");
      const hotels = [HOTEL, OTHER_HOTEL].toSorted();
      const [first = ""] = hotels;
      assert.deepEqual(
        (await toSeal(storage)).map(({ hotelId }) => hotelId),
        hotels,
      );
      const page = await toSeal(storage, { hotels: 1 });
      assert.deepEqual(
        page.map(({ hotelId }) => hotelId),
        [first],
      );
      assert.deepEqual(
        (await toSeal(storage, { hotels: 1, after: first })).map(({ hotelId }) => hotelId),
        hotels.slice(1),
      );
      for (const hotel of await toSeal(storage)) assert.equal(await storage.sealAudit(sealing(hotel)), true);
      for (const hotelId of hotels)
        assert.deepEqual(
          (await stretch(storage, { hotelId })).entries.map((entry) => [entry.hotelId, entry.n]),
          [[hotelId, 1]],
        );
    },
  },
  {
    id: "audit/seal-once",
    says: "Who seals on what somebody else has sealed meanwhile writes nothing, and is told so.",
    async run({ storage }) {
      await writes(storage, "one");
      const hotel = await one(storage);
      await writes(storage, "two");
      const mine = sealing(hotel);
      assert.equal(await storage.sealAudit(mine), true);
      for (const again of [mine, sealing({ ...hotel, entries: [] })])
        assert.equal(await storage.sealAudit(again), again.links.length === 0);
      const other = sealing(await one(storage));
      const links = [...mine.links, ...other.links];
      // An entry that is in the chain is put into it by nobody, whatever version they know.
      assert.equal(await storage.sealAudit({ ...other, links }), false);
      assert.equal(await storage.sealAudit({ ...other, version: hotel.version }), false);
      assert.deepEqual(idsOf((await stretch(storage)).entries), ["aud_one"]);
      assert.equal(await storage.sealAudit(other), true);
    },
  },
  {
    id: "audit/seal-at-once",
    says: "Of many that seal the same entries at the same moment, one does, and the chain holds.",
    needs: "concurrency",
    async run({ storage }) {
      for (let n = 1; n <= 5; n++) await writes(storage, `e${String(n)}`);
      const hotel = await one(storage);
      const answers = await atOnce(8, () => storage.sealAudit(sealing(hotel)));
      assert.equal(answers.filter((sealed) => sealed).length, 1);
      const { entries, head } = await stretch(storage);
      assert.equal((await verifyAudit({ hotelId: HOTEL, entries, head, now: hotel.now })).holds, true);
      assert.equal(entries.length, 5);
    },
  },
  {
    id: "audit/anchor",
    says: "A chain that has become longer is to be anchored, until it is told that it was; what is told late takes nothing back.",
    async run({ storage }) {
      const heads = (after: string | null = null) => storage.auditToAnchor({ after, limit: 10 });
      await writes(storage, "one");
      assert.deepEqual(await heads(), []);
      const before = await nowOf(storage);
      const [link] = await seals(storage);
      const [head, ...others] = await heads();
      assert.ok(head);
      assert.deepEqual([head.hotelId, head.n, head.hash, others], [HOTEL, 1, link?.hash, []]);
      assert.ok(head.at.getTime() >= before.getTime());
      assert.deepEqual([await heads(HOTEL), await storage.auditToAnchor({ after: null, limit: 0 })], [[], []]);
      await storage.auditAnchored(head);
      assert.deepEqual(await heads(), []);
      await writes(storage, "two");
      await seals(storage);
      const [second] = await heads();
      assert.equal(second?.n, 2);
      await storage.auditAnchored({ hotelId: HOTEL, n: 2 });
      await storage.auditAnchored(head);
      assert.deepEqual(await heads(), []);
    },
  },
  {
    id: "audit/prune",
    says: "What is too old goes from the beginning of the chain, a few at a time; the newest of it stays and proves how old the rest was, and the chain holds (S67).",
    async run({ storage, shiftClock }) {
      const DAY_MS = 24 * HOUR_MS;
      const prunes = async (days: number, more: { limit?: number; dryRun?: boolean } = {}) => {
        const asked = { hotelId: HOTEL, what: "auditEntries" as const, olderThanMs: days * DAY_MS };
        return (await storage.prune({ ...asked, limit: 100, dryRun: false, ...more })).counts["auditEntries"];
      };
      for (const id of ["one", "two", "three", "four"]) await writes(storage, id);
      await seals(storage);
      await writes(storage, "unsealed");
      await shiftClock(10 * DAY_MS);
      await seals(storage);
      await writes(storage, "later");
      assert.deepEqual([await prunes(11), await prunes(9, { dryRun: true })], [0, 3]);
      assert.deepEqual([await prunes(9, { limit: 2 }), await prunes(9), await prunes(9)], [2, 1, 0]);
      const { kept, head, entries, now } = await stretch(storage);
      assert.deepEqual(
        [kept.n, head.n, entries.map(({ n, reason }) => [n, reason === ""])],
        [
          3,
          5,
          [
            [4, true],
            [5, false],
          ],
        ],
      );
      const verdict = await verifyAudit({ hotelId: HOTEL, entries, kept, head, now, keptForMs: 9 * DAY_MS });
      assert.deepEqual([verdict.holds, verdict.flaw], [true, null]);
    },
  },
  {
    id: "audit/sealed",
    says: "The chain is read in stretches by its numbers, to its end.",
    async run({ storage }) {
      for (let n = 1; n <= 5; n++) await writes(storage, `e${String(n)}`);
      await seals(storage);
      await writes(storage, "later");
      const read = async (after: number | null, limit: number) =>
        (await stretch(storage, { after, limit })).entries.map(({ n }) => n);
      assert.deepEqual(await read(null, 3), [1, 2, 3]);
      assert.deepEqual(await read(3, 3), [4, 5]);
      assert.deepEqual(await read(5, 3), []);
      const { now, unsealedSince, head } = await stretch(storage, { after: 5 });
      assert.equal(head.n, 5);
      assert.ok(unsealedSince !== null && unsealedSince.getTime() <= now.getTime());
      const nobodys = await stretch(storage, { hotelId: "nowhere" });
      assert.deepEqual([nobodys.head, nobodys.kept, nobodys.entries], [{ n: 0, hash: "" }, { n: 0, hash: "" }, []]);
    },
  },
  {
    id: "audit/sealed-reach",
    says: "To whom the whole hotel is not within reach there is no chain, and no end of one.",
    async run({ storage }) {
      await writes(storage, "one");
      await seals(storage);
      await writes(storage, "two");
      const whole = { hotels: new Map([[HOTEL, "all" as const]]) };
      assert.equal((await stretch(storage, { reach: whole })).entries.length, 1);
      const guest = { guest: { hotelId: HOTEL, id: "gst_1" } };
      for (const reach of [within([OTHER_HOTEL, "all"]), within([HOTEL, ["reception"]]), guest]) {
        const { entries, head, unsealedSince } = await stretch(storage, { reach });
        assert.deepEqual([entries, head, unsealedSince], [[], { n: 0, hash: "" }, null]);
      }
    },
  },
];
