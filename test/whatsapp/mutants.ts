import { isDeepStrictEqual } from "node:util";
import type { InboundItemContent } from "../../src/domain/inbound-message.js";
import { isObject, type Json } from "../../src/whatsapp/json.js";
import { readItem, rereadItem } from "../../src/whatsapp/item.js";
import { LEAF_KINDS, splitWebhook, type LeafKind, type WebhookLeaf } from "../../src/whatsapp/webhook.js";
import { fixture, fixtureNames } from "./fixtures.js";

// Webhooks that are nearly Meta's: the fixtures, each bent in a few places by a seed, and what must hold for all of them.

const RECEIVED = new Date("2026-11-11T00:00:00Z");

export type Random = () => number;

/** mulberry32: small, good enough, and the same everywhere. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const oneOf = <T>(random: Random, all: readonly T[]): T => all[Math.floor(random() * all.length)]!;

const FIXTURES = fixtureNames("webhooks").map((name) => JSON.parse(fixture("webhooks", name).toString()) as Json);

/** Stand for what `JSON.stringify` never writes; put in its place afterwards. */
const HUGE = "\u00a7huge";
const PROTO = "\u00a7proto";

const nested = (depth: number, shape: "list" | "object"): Json => {
  let value: Json = 1;
  for (let i = 0; i < depth; i++) value = shape === "list" ? [value] : { a: value };
  return value;
};

const JUNK: readonly ((random: Random) => Json)[] = [
  () => null,
  () => "",
  () => 0,
  () => -1,
  () => true,
  () => [],
  () => ({}),
  () => HUGE,
  () => 1e308,
  () => 1e21,
  () => -0.5,
  () => "1e400",
  () => "NaN",
  () => "a\u0000b",
  () => "\ud83d",
  () => "x\udc00\ud800y",
  () => "\u202e\u0007",
  () => "x".repeat(600),
  () => "m:200000000000001:wamid.1",
  () => ({ [PROTO]: { polluted: true } }),
  () => ({ constructor: { prototype: {} }, toString: 1, hasOwnProperty: null, length: -1 }),
  (random) => nested(Math.floor(random() * 100), "list"),
  (random) => nested(Math.floor(random() * 100), "object"),
  (random) => Array.from({ length: Math.floor(random() * 5) }, () => anywhere(random, oneOf(random, FIXTURES))),
  (random) => anywhere(random, oneOf(random, FIXTURES)),
];
const junk = (random: Random): Json => oneOf(random, JUNK)(random);

type Container = Json[] | Record<string, Json>;
const isContainer = (value: Json | undefined): value is Json => typeof value === "object" && value !== null;

function containers(value: Json, into: Container[] = []): Container[] {
  if (!isContainer(value)) return into;
  into.push(value as Container);
  for (const inner of Object.values(value as object)) containers(inner as Json, into);
  return into;
}

/** Some value out of it, at any depth. */
function anywhere(random: Random, value: Json): Json {
  const all = containers(value);
  if (all.length === 0) return value;
  return structuredClone(oneOf<Json | undefined>(random, Object.values(oneOf(random, all))) ?? null);
}

const otherType = (value: Json | undefined): Json => {
  if (typeof value === "string") return /^\d{1,15}$/.test(value) ? Number(value) : [value];
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return Object.fromEntries(Object.entries<Json>(value));
  return isObject(value) ? (Object.values(value) as Json[]) : { value: value ?? null };
};

/** Bends a value in one place, in place. */
function bend(random: Random, root: Json): void {
  const all = containers(root);
  if (all.length === 0) return;
  const target = oneOf(random, all) as Record<string, Json>;
  const names = Object.keys(target);
  const name = names.length === 0 ? "0" : oneOf(random, names);
  switch (Math.floor(random() * 6)) {
    case 0:
      if (Array.isArray(target)) target.splice(Number(name), 1);
      else Reflect.deleteProperty(target, name);
      break;
    case 1:
      target[name] = junk(random);
      break;
    case 2:
      if (Array.isArray(target)) target.push(structuredClone(target[Number(name)] as Json));
      else
        target[oneOf(random, ["type", "id", "from", "text", PROTO, "constructor", name])] =
          target[name] ?? junk(random);
      break;
    case 3:
      target[name] = otherType(target[name]);
      break;
    case 4:
      target[Array.isArray(target) ? String(target.length) : oneOf(random, ["new", "", PROTO, "\u0000"])] =
        junk(random);
      break;
    default:
      target[name] = anywhere(random, oneOf(random, FIXTURES));
  }
}

const written = (value: Json): string =>
  JSON.stringify(value).replaceAll(`"${HUGE}"`, "1e400").replaceAll(PROTO, "__proto__");

/** A fixture that is bent in one to four places, and now and then broken as text or as bytes. */
export function mutant(random: Random): Buffer {
  const body = structuredClone(oneOf(random, FIXTURES));
  const times = 1 + Math.floor(random() * 4);
  for (let i = 0; i < times; i++) bend(random, body);
  let text = written(body);
  // The same key twice in one object: only text can have that.
  if (random() < 0.1)
    text = text.replace(/\{(?=")/g, (brace) => (random() < 0.1 ? '{"id":"twice","type":null,' : brace));
  const bytes = Buffer.from(text);
  if (random() < 0.05) return bytes.subarray(0, Math.floor(random() * bytes.length));
  if (random() < 0.05) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  return bytes;
}

/** What is wrong with how a body was taken apart; null when nothing is. */
export function wrongWith(body: Uint8Array): string | null {
  try {
    const leaves = splitWebhook(body, RECEIVED);
    if (leaves.length === 0) return "no leaf";
    if (!isDeepStrictEqual(leaves, splitWebhook(body, RECEIVED))) return "not the same twice";
    if (({} as Record<string, unknown>)["polluted"] !== undefined) return "a prototype was changed";
    for (const leaf of leaves) {
      const wrong = wrongLeaf(leaf);
      if (wrong !== null) return `${wrong}: ${JSON.stringify(leaf)}`;
    }
    return null;
  } catch (error) {
    return `it threw ${String(error)}`;
  }
}

function wrongLeaf({ kind, raw, chat, status, dedupKey, phoneNumberId, accountId }: WebhookLeaf): string | null {
  if (!LEAF_KINDS.includes(kind)) return "no known kind";
  if (!raw.isWellFormed() || raw.includes("\u0000")) return "text that no database holds";
  if (!isObject(JSON.parse(raw))) return "raw text that is no object";
  if (chat !== undefined && status !== undefined) return "two outcomes";
  if ((status !== undefined) !== (kind === "status")) return "a status that is none";
  if (dedupKey === "" || (dedupKey === null && accountId === null && chat !== undefined)) return "no key";
  const again = rereadItem(kind, raw, RECEIVED);
  if (chat === undefined) return again === null ? refused(kind, raw) : "acted upon only when read again";
  if (again?.dedupKey !== dedupKey || again.raw !== raw) return "something else when read again";
  const item = readItem(raw);
  if (!IS_READ_AS[kind]?.includes(item.kind)) return `read as ${item.kind}`;
  if (item.kind === "account" && chat.addresses.length === 0) return chat.lane === accountId ? null : "a wrong lane";
  if (item.kind === "account")
    return chat.lane === phoneNumberId && kind === "user_preferences" ? null : "a wrong lane";
  if (chat.lane !== phoneNumberId || chat.addresses.length === 0) return "a wrong lane";
  if (!isDeepStrictEqual(item.addresses, chat.addresses)) return "other addresses when read";
  const sentAt = Math.min(item.sentAt.getTime(), RECEIVED.getTime());
  return sentAt === chat.sentAt.getTime() ? null : "another time when read";
}

/** What a leaf that is acted upon is read as. */
const IS_READ_AS: Readonly<Partial<Record<LeafKind, readonly InboundItemContent["kind"][]>>> = {
  message: ["message"],
  call: ["message"],
  echo: ["echo"],
  system: ["system"],
  user_id_update: ["system"],
  history: ["history", "account"],
  template: ["account"],
  account: ["account"],
  phone_number: ["account"],
  user_preferences: ["account"],
};

/** What is kept aside is read by nobody, and refused as what it is not. */
function refused(kind: string, raw: string): string | null {
  try {
    readItem(raw);
    return kind === "flow" || kind === "history" || kind === "call" ? null : "kept aside, but it can be read";
  } catch (error) {
    return error instanceof TypeError ? null : `it threw ${String(error)}`;
  }
}

interface Pool {
  readonly field: string;
  readonly list: string;
  readonly within: "value" | "standby" | "thread";
  readonly items: readonly Json[];
}

/** What the fixtures have in each list, to be put together anew. */
const POOLS: readonly Pool[] = (() => {
  const pools = new Map<string, { field: string; list: string; within: Pool["within"]; items: Json[] }>();
  const take = (field: string, within: Pool["within"], value: unknown) => {
    for (const [list, items] of Object.entries(value as Record<string, unknown>)) {
      if (!Array.isArray(items) || list === "contacts") continue;
      const key = `${field} ${within} ${list}`;
      const pool = pools.get(key) ?? { field, list, within, items: [] };
      pools.set(key, pool);
      pool.items.push(...(items as Json[]));
    }
  };
  for (const body of FIXTURES as any[])
    for (const { changes = [] } of body.entry)
      for (const { field, value } of changes) {
        if (!("metadata" in value)) continue;
        take(field, "value", value);
        if (value.standby !== undefined) take(field, "standby", value.standby);
        for (const { threads = [] } of value.history ?? []) for (const thread of threads) take(field, "thread", thread);
      }
  return [...pools.values()];
})();

const CONTACTS = (FIXTURES as any[]).flatMap((body) =>
  body.entry.flatMap(({ changes = [] }: any) => changes.flatMap(({ value }: any) => (value.contacts ?? []) as Json[])),
);

function bodyOf({ field, list, within }: Pool, items: readonly Json[], contacts: readonly Json[]): string {
  const metadata = { display_phone_number: "12025550190", phone_number_id: "200000000000001" };
  const thread = { id: "12025550101", context: { wa_id: "12025550101" }, [list]: items };
  const value = {
    value: { metadata, contacts, [list]: items },
    standby: { metadata, standby: { contacts, [list]: items } },
    thread: { metadata, history: [{ threads: [thread] }] },
  }[within];
  return written({ entry: [{ id: "100000000000001", time: 1794312000, changes: [{ field, value }] }] });
}

/** One of several things in a list is bent: what became of the others that is not as it is without it; null when nothing. */
export function siblingsHurt(random: Random): string | null {
  const pool = oneOf(random, POOLS);
  const sound = Array.from({ length: 1 + Math.floor(random() * 4) }, () => oneOf(random, pool.items));
  const bent = { it: random() < 0.2 ? junk(random) : structuredClone(oneOf(random, pool.items)) };
  for (let i = 0; i < 3; i++) bend(random, bent);
  const contacts = Array.from({ length: Math.floor(random() * 4) }, () => oneOf(random, CONTACTS) as Json);
  const mixed = [...sound];
  mixed.splice(Math.floor(random() * (sound.length + 1)), 0, bent.it ?? null);
  const body = bodyOf(pool, mixed, contacts);
  const beside = splitWebhook(Buffer.from(body), RECEIVED);
  // One that nests too deep is kept with all that is in its body, as bytes: nobody can say where it ends.
  if (beside.length === 1 && beside[0]?.kind === "malformed") return null;
  const left = beside.map((leaf) => JSON.stringify(leaf));
  for (const leaf of splitWebhook(Buffer.from(bodyOf(pool, sound, contacts)), RECEIVED)) {
    const at = left.indexOf(JSON.stringify(leaf));
    if (at === -1) return `${JSON.stringify(leaf)} is missing in ${body}`;
    left.splice(at, 1);
  }
  return left.length > 0 ? null : `nothing is left of the bent one in ${body}`;
}
