import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { AuditEntry, AuditHead, SealedAuditEntry } from "../../src/domain/audit.js";
import { BEGINNING, linksOf, partHolds } from "../../src/runtime/audit-chain.js";
import { verifyAudit, type AuditCheck } from "../../src/runtime/audit-verify.js";

const NOON = new Date("2026-11-10T12:00:00Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const after = (ms: number): Date => new Date(NOON.getTime() + ms);

const entry = (n: number, fields: Partial<AuditEntry> = {}): AuditEntry => ({
  id: `aud_${String(n)}`,
  hotelId: "grand",
  actor: { kind: "staff", id: "anna" },
  action: "conversation.transfer",
  reason: "asked for the spa",
  target: { kind: "conversation", id: `con_${String(n)}` },
  at: after(n * HOUR),
  ...fields,
});

/** A chain of which each entry was sealed a minute after it was written. */
function chain(entries: readonly AuditEntry[]): SealedAuditEntry[] {
  const sealed: SealedAuditEntry[] = [];
  for (const one of entries) {
    const last = sealed.at(-1);
    const sealedAt = new Date(one.at.getTime() + MINUTE);
    const [link] = linksOf(last === undefined ? BEGINNING : { n: last.n, hash: last.hash }, [one], sealedAt);
    sealed.push({ ...one, ...link!, sealedAt });
  }
  return sealed;
}
const aDay = (): SealedAuditEntry[] => chain([1, 2, 3, 4].map((n) => entry(n)));

const verdictOn = (entries: readonly unknown[], check: Partial<AuditCheck> = {}) =>
  verifyAudit({ hotelId: "grand", entries: entries as SealedAuditEntry[], now: after(5 * HOUR), ...check });
const flawOf = async (entries: readonly unknown[], check: Partial<AuditCheck> = {}) =>
  (await verdictOn(entries, check)).flaw;
const end = ({ n, hash, sealedAt }: SealedAuditEntry): AuditHead => ({ hotelId: "grand", n, hash, at: sealedAt });
const with_ = (entries: readonly SealedAuditEntry[], n: number, fields: object): readonly unknown[] =>
  entries.map((one) => (one.n === n ? { ...one, ...fields } : one));

describe("what staff did, in a chain (T88)", () => {
  test("each link is what docs/audit.md says, so that anybody can compute it", () => {
    const sha256 = (...values: readonly unknown[]): string =>
      createHash("sha256").update(JSON.stringify(values)).digest("hex");
    const salts = ["aa", "bb", "cc", "dd", "ee", "ff"];
    const left = [...salts];
    const [first, second] = linksOf({ n: 7, hash: "before" }, [entry(1), entry(2)], NOON, () => left.shift()!);
    const linkOf = (n: number, previous: string, [actor, target, reason]: readonly string[]) => {
      const digests = {
        actor: sha256("belldesk audit part 1", "actor", actor, "anna"),
        target: sha256("belldesk audit part 1", "target", target, `con_${String(n)}`),
        reason: sha256("belldesk audit part 1", "reason", reason, "asked for the spa"),
      };
      const what = [
        "grand",
        7 + n,
        `aud_${String(n)}`,
        "staff",
        "conversation.transfer",
        "conversation",
        after(n * HOUR).toISOString(),
        NOON.toISOString(),
      ];
      const hash = sha256("belldesk audit link 1", previous, ...what, digests.actor, digests.target, digests.reason);
      return { id: `aud_${String(n)}`, n: 7 + n, salts: { actor, target, reason }, digests, hash };
    };
    expect(first).toEqual(linkOf(1, "before", salts.slice(0, 3)));
    expect(second).toEqual(linkOf(2, first!.hash, salts.slice(3)));
  });

  test("each part has a salt of its own, of 256 bits, that nobody guesses", () => {
    const salts = linksOf(
      BEGINNING,
      [1, 2, 3].map((n) => entry(n)),
      NOON,
    ).flatMap(({ salts }) => Object.values(salts));
    expect(new Set(salts).size).toBe(9);
    for (const salt of salts) expect(salt).toMatch(/^[0-9a-f]{64}$/);
  });

  test("a part is what was sealed, or is erased: no other part's value, and no other value", () => {
    const [sealed] = aDay();
    for (const part of ["actor", "target", "reason"] as const) {
      expect(partHolds(part, sealed!), part).toBe(true);
      const erased = { ...sealed!, salts: { ...sealed!.salts, [part]: null } };
      expect(partHolds(part, erased), `${part}, of which only the salt is gone`).toBe(false);
    }
    const erased = { ...sealed!, reason: "", salts: { ...sealed!.salts, reason: null } };
    expect(partHolds("reason", erased)).toBe(true);
    expect(partHolds("reason", { ...sealed!, reason: "" })).toBe(false);
    expect(partHolds("actor", { ...sealed!, actor: { kind: "staff", id: "ben" } })).toBe(false);
  });
});

describe("whoever verifies a hotel's audit (T88)", () => {
  test("is told that it holds, over how much, and how much of it was erased", async () => {
    const [one, two, three, four] = aDay();
    const erased = { ...two!, target: { ...two!.target, id: "" }, salts: { ...two!.salts, target: null } };
    expect(await verdictOn([one, erased, three, four], { head: end(four!) })).toEqual({
      hotelId: "grand",
      holds: true,
      flaw: null,
      from: 0,
      to: 4,
      entries: 4,
      erased: 1,
      anchoredTo: null,
    });
    expect(await verdictOn([])).toMatchObject({ holds: true, from: 0, to: 0, entries: 0 });
  });

  test("reads an export, in which instants are texts", async () => {
    const exported = JSON.parse(JSON.stringify(aDay())) as readonly unknown[];
    expect(await verdictOn(exported)).toMatchObject({ holds: true, entries: 4 });
  });

  test.each([
    ["who did it", { actor: { kind: "staff", id: "ben" } }],
    ["what kind of person did it", { actor: { kind: "system", id: "anna" } }],
    ["what was done", { action: "conversation.close" }],
    ["to what", { target: { kind: "conversation", id: "con_9" } }],
    ["to what kind of thing", { target: { kind: "message", id: "con_3" } }],
    ["why", { reason: "no reason" }],
    ["which entry it is", { id: "aud_9" }],
    ["when", { at: after(3 * HOUR + 1) }],
    ["when it was sealed", { sealedAt: after(3 * HOUR + MINUTE + 1) }],
    ["its link", { hash: "0".repeat(64) }],
  ])("is told which entry was edited: %s", async (_, fields) => {
    expect(await flawOf(with_(aDay(), 3, fields))).toEqual({ n: 3, why: "edited" });
  });

  test.each([
    ["of another hotel", { hotelId: "seaside" }],
    ["without a place", { n: "three" }],
    ["with no instant", { at: "yesterday" }],
    ["without its salts", { salts: undefined }],
    ["without its digests", { digests: { actor: "", target: "" } }],
    ["with a salt that is none", { salts: { actor: 1, target: null, reason: null } }],
    ["with nobody", { actor: null }],
    ["with nothing", { target: { id: "con_3" } }],
    ["without its link", { hash: null }],
    ["without what was done", { action: null }],
    ["without why", { reason: null }],
    ["without an id", { id: null }],
    ["that nobody sealed", { sealedAt: null }],
  ])("is told of one that is none: %s", async (_, fields) => {
    expect(await flawOf(with_(aDay(), 3, fields))).toEqual({ n: 3, why: "unreadable" });
  });

  test("is told where one was deleted, moved or put in between", async () => {
    const [one, two, three, four] = aDay();
    expect(await flawOf([one, three, four])).toEqual({ n: 2, why: "missing" });
    expect(await flawOf([two, one, three, four])).toEqual({ n: 1, why: "missing" });
    expect(await flawOf([one, two, two, three, four])).toEqual({ n: 3, why: "missing" });
    // One that was made up stands in another's place, and its own link is right.
    const forged = entry(9, { at: two!.at });
    const [made] = linksOf({ n: 1, hash: one!.hash }, [forged], two!.sealedAt);
    expect(await flawOf([one, { ...forged, ...made!, sealedAt: two!.sealedAt }, three, four])).toEqual({
      n: 3,
      why: "edited",
    });
  });

  test("is told of one that is older than those before it, or newer than its sealing, by more than a commit takes", async () => {
    const late = 10 * MINUTE;
    const resealed = (at: Date, sealedAt: Date) => {
      const [one, two] = chain([entry(1), entry(2)]);
      const next = entry(3, { at });
      const [link] = linksOf({ n: 2, hash: two!.hash }, [next], sealedAt);
      return flawOf([one, two, { ...next, ...link!, sealedAt }]);
    };
    const last = after(2 * HOUR);
    const before = (ms: number) => new Date(last.getTime() - ms);
    const sealed = after(2 * HOUR + MINUTE);
    expect(await resealed(before(late), sealed)).toBeNull();
    expect(await resealed(before(late + 1), sealed)).toEqual({ n: 3, why: "backdated" });
    expect(await resealed(last, new Date(sealed.getTime() - 1))).toEqual({ n: 3, why: "backdated" });
    expect(await resealed(new Date(sealed.getTime() + late), sealed)).toBeNull();
    expect(await resealed(new Date(sealed.getTime() + late + 1), sealed)).toEqual({ n: 3, why: "postdated" });
  });

  test("measures how late one is by the newest before it, not by its neighbour", async () => {
    const sealedAt = after(4 * HOUR);
    const entries = [entry(1, { at: after(3 * HOUR) }), entry(2, { at: after(3 * HOUR - 8 * MINUTE) })];
    const third = entry(3, { at: after(3 * HOUR - 16 * MINUTE) });
    const all = [...entries, third];
    const links = linksOf(BEGINNING, all, sealedAt);
    expect(await flawOf(all.map((one, at) => ({ ...one, ...links[at]!, sealedAt })))).toEqual({
      n: 3,
      why: "backdated",
    });
  });

  test("is told of a chain that was cut, or written anew, by what the database says is the last", async () => {
    const entries = aDay();
    const last = end(entries[3]!);
    expect(await flawOf(entries.slice(0, 3), { head: last })).toEqual({ n: 4, why: "cut" });
    expect(await flawOf(entries, { head: { n: 4, hash: "0".repeat(64) } })).toEqual({ n: 4, why: "rewritten" });
    expect(await flawOf(entries, { head: { n: 3, hash: last.hash } })).toEqual({ n: 4, why: "rewritten" });
    expect(await flawOf(entries, { head: last })).toBeNull();
  });

  test("is told of a chain that was cut, or written anew, by what the anchor keeps of this hotel", async () => {
    const entries = aDay();
    const forged = { ...end(entries[1]!), hash: "0".repeat(64) };
    const elsewhere = { ...forged, hotelId: "seaside" };
    expect(await flawOf(entries, { anchors: [end(entries[0]!), forged] })).toEqual({ n: 2, why: "rewritten" });
    expect(await flawOf(entries.slice(0, 3), { anchors: [end(entries[3]!)] })).toEqual({ n: 4, why: "cut" });
    expect(await verdictOn(entries, { anchors: [elsewhere, end(entries[0]!), end(entries[2]!)] })).toMatchObject({
      holds: true,
      anchoredTo: 3,
    });
  });

  test("reads an anchor to which two processes told ends out of order", async () => {
    const entries = chain(Array.from({ length: 300 }, (_, n) => entry(n + 1)));
    const ends = entries.map(end);
    const swapped = ends.map((_, at) => ends[at % 2 === 0 && at + 1 < ends.length ? at + 1 : Math.max(0, at - 1)]!);
    const now = after(400 * HOUR);
    expect(await verdictOn(entries, { anchors: swapped, now })).toMatchObject({ holds: true, anchoredTo: 300 });
    const forged = swapped.map((one) => (one.n === 250 ? { ...one, hash: "0".repeat(64) } : one));
    expect(await verdictOn(entries, { anchors: forged, now })).toMatchObject({
      flaw: { n: 250, why: "rewritten" },
      to: 250,
      anchoredTo: 249,
    });
  });

  describe("of which the beginning was pruned", () => {
    const entries = aDay();
    const kept = end(entries[1]!);
    const rest = entries.slice(2);
    const now = after(10 * DAY);

    test("is told that it holds, when what is gone was old enough", async () => {
      expect(await verdictOn(rest, { kept, keptForMs: DAY, now })).toMatchObject({
        holds: true,
        from: 2,
        to: 4,
        entries: 2,
      });
      const exactly = new Date(rest[0]!.sealedAt.getTime() + DAY);
      expect(await flawOf(rest, { kept, keptForMs: DAY, now: exactly })).toBeNull();
      // Only the first that is left says how old the others were.
      expect(await flawOf(rest, { kept, keptForMs: DAY, now: new Date(exactly.getTime() + MINUTE) })).toBeNull();
    });

    test("is told that entries are gone which were to be kept", async () => {
      const pruned = { n: 2, why: "pruned" };
      const early = new Date(rest[0]!.sealedAt.getTime() + DAY - 1);
      expect(await flawOf(rest, { kept, keptForMs: DAY, now: early })).toEqual(pruned);
      expect(await flawOf(rest, { kept, now }), "nobody says for how long").toEqual(pruned);
      expect(await flawOf([], { kept, keptForMs: DAY, now }), "nothing is left").toEqual(pruned);
    });

    test("is told when what is left does not follow what the anchor keeps of the beginning", async () => {
      const forged = { ...kept, hash: "0".repeat(64) };
      expect(await flawOf(rest, { kept, keptForMs: DAY, now, anchors: [forged] })).toEqual({ n: 2, why: "rewritten" });
      expect(await flawOf(rest, { kept, keptForMs: DAY, now, anchors: [end(entries[0]!), kept] })).toBeNull();
      expect(await flawOf(rest, { kept: forged, keptForMs: DAY, now })).toEqual({ n: 3, why: "edited" });
    });
  });

  test("is told that nobody has sealed for more than ten minutes", async () => {
    const entries = aDay();
    const now = after(5 * HOUR);
    const since = (ms: number) => ({ now, unsealedSince: new Date(now.getTime() - ms) });
    expect(await flawOf(entries, since(10 * MINUTE))).toBeNull();
    expect(await flawOf(entries, since(10 * MINUTE + 1))).toEqual({ n: 5, why: "unsealed" });
    expect(await flawOf(entries, { unsealedSince: null })).toBeNull();
  });
});
