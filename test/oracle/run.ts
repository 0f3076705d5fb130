import { ConversationManager, deskHandler, type Storage } from "../../src/index.js";
import { ROUTES } from "../../src/http/routes.js";
import { oracle } from "./oracle.js";
import { asker, ASKING, Draw, rolesOf, type Ask, type By, type Item } from "./requests.js";
import { DEPARTMENTS, facts, fill, guestIdOf, HOTELS, numberOf, phonesOf, type World } from "./world.js";

export interface OracleOptions {
  readonly requests: number;
  readonly seed: number;
  /** An opened, empty storage. A world lasts a thousand requests: then what staff have done to it is forgotten. */
  readonly storage: () => Promise<Storage>;
}

export interface OracleReport {
  readonly asked: number;
  /** Answers that let somebody see or do what is not theirs to, or that tell what there is. */
  readonly wrongAllows: readonly string[];
  readonly wrongDenies: readonly string[];
  /** How often each route was allowed and denied. */
  readonly routes: ReadonlyMap<string, { allowed: number; denied: number }>;
}

const WORLD_LASTS = 1_000;
const NOT_FOUND = {
  error: { code: "not_found", message: "There is no such thing, or you may not see it: look at the id." },
};

/** Asks at random, and lets the oracle judge every answer by its status and by every id in it. */
export async function runOracle({ requests, seed, storage }: OracleOptions): Promise<OracleReport> {
  const report = {
    asked: 0,
    wrongAllows: [] as string[],
    wrongDenies: [] as string[],
    routes: new Map(ROUTES.map(({ method, path }) => [`${method} ${path}`, { allowed: 0, denied: 0 }])),
  };
  for (let round = 0; report.asked < requests; round++) {
    const world = await aWorld(await storage(), new Draw(seeded(seed + round)));
    try {
      const until = Math.min(requests, report.asked + WORLD_LASTS);
      while (report.asked < until)
        await askOnce(world, report, `--seed ${String(seed + round)} --requests ${String(WORLD_LASTS)}`);
    } finally {
      await world.desk.stop();
    }
  }
  return report;
}

type Place = Awaited<ReturnType<typeof aWorld>>;

async function aWorld(storage: Storage, draw: Draw) {
  await fill(storage, draw.random);
  const roles = rolesOf(draw);
  let serial = 0;
  const desk = new ConversationManager({
    hotels: HOTELS.map((id) => ({
      id,
      timeZone: "Europe/Rome",
      numbers: [{ phoneNumberId: numberOf(id), accessToken: "token" }],
      departments: DEPARTMENTS.map((department) => ({ id: department, name: department })),
    })),
    roles,
    storage,
    ids: () => `new${String(++serial)}`,
    transport: {
      send: () =>
        Promise.resolve({ outcome: "rejected", failure: { code: "nowhere", message: "Nobody." }, retry: null }),
    },
    // One principal asks for everybody here.
    floods: { commandsPerMinute: null },
    webhook: { appSecrets: ["oracle-app-secret"], verifyToken: "oracle-verify-token" },
  });
  await desk.start({ work: false });
  // Somebody was erased in each hotel.
  const nothing = { guestIds: [], salt: "salt", addresses: [], stopped: false, hashes: [], wamids: [] };
  const at = new Date(0);
  for (const hotelId of HOTELS)
    await storage.reapplyErasure({ id: `ers_${hotelId}`, hotelId, at, doneAt: at, ...nothing });
  const answering = (principal: unknown) =>
    deskHandler(desk, { authenticate: () => principal as null, basePath: "/api" });
  const named = HOTELS.flatMap((hotel) => phonesOf(hotel).map((waId) => guestIdOf(hotel, waId)));
  return {
    storage,
    draw,
    desk,
    roles,
    named,
    answering,
    world: await facts(storage, null, named),
    cursors: new Map<string, string[]>(),
    keys: ROUTES.map(({ method, path }) => ({ method, path, key: `${method} ${path}` })),
  };
}

async function askOnce(
  place: Place,
  told: { asked: number; wrongAllows: string[]; wrongDenies: string[]; routes: OracleReport["routes"] },
  again: string,
): Promise<void> {
  const { draw, world, roles } = place;
  told.asked += 1;
  const route = draw.oneOf(place.keys, { method: "GET", path: "/conversations", key: "GET /conversations" });
  const asking = ASKING[route.key];
  if (asking === undefined) throw new Error(`Nobody knows how to ask ${route.key}: give it an entry in requests.ts`);
  const who = asker(draw, Object.keys(roles), world);
  const by: By = "refused" in who ? { id: "", kind: "nobody" } : { id: who.principal.id, kind: who.who.kind };
  const ask = asking.ask(draw, world, by);
  const isOdd = draw.chance(0.02);
  const cursors = [...(draw.chance(0.7) ? (place.cursors.get(route.key) ?? []) : [...place.cursors.values()].flat())];
  const isPaged = ask.list !== undefined && ask.pages !== "none";
  const paging: Record<string, string> = {};
  if (isPaged && draw.chance(0.3)) paging["limit"] = draw.oneOf(["1", "2", "3"], "1");
  else if (isPaged) paging["limit"] = "100";
  if (isPaged && cursors.length > 0 && draw.chance(0.3)) paging["cursor"] = tampered(draw, draw.oneOf(cursors, ""));

  const answer = async (query: Readonly<Record<string, string>>) => {
    const path = route.path.replace(":id", encodeURIComponent(ask.id ?? ""));
    const inBody = ask.pages === "body";
    const address = `http://desk/api${path}?${new URLSearchParams({ ...ask.query, ...(!inBody && query), ...(isOdd && { odd: "1" }) }).toString()}`;
    const response = await place.answering(who.principal)(
      new Request(address, {
        method: route.method,
        headers: { "content-type": "application/json" },
        ...(route.method === "POST" && { body: JSON.stringify(inBody ? pagedBody(ask.body, query) : ask.body) }),
      }),
    );
    if (response === null) throw new Error(`no route: ${route.key}`);
    const body = await response.text();
    const isJson = body !== "" && response.headers.get("content-type")?.includes("ndjson") !== true;
    return { status: response.status, body, json: (isJson ? JSON.parse(body) : null) as Item | null };
  };

  const { status, body, json } = await answer(paging);
  const wrong = (list: string[], what: string) => {
    list.push(
      `${again}, request ${String(told.asked)}: ${what}: ${route.key} ${JSON.stringify({ who: who.principal, ask, paging, status, body: body.slice(0, 600) })}`,
    );
  };
  if ("refused" in who) {
    if (status !== who.refused || /(con|msg|gst|itm)_/.test(body)) wrong(told.wrongAllows, "answers nobody");
    return;
  }
  if (isOdd) {
    if (status !== 400) wrong(told.wrongAllows, "takes what it does not know");
    return;
  }
  const reached = oracle(world, roles, who.who, asking.permission);
  // A command may name what goes on with what it changed: that is judged as things stand afterwards.
  if (route.method === "POST" && status < 300 && ask.list === undefined)
    place.world = await facts(place.storage, world, place.named);
  const afterwards = oracle(place.world, roles, who.who, asking.permission);
  for (const id of idsIn(body, place.world))
    if (!isVisible(world, reached, id) && !isVisible(place.world, afterwards, id))
      wrong(told.wrongAllows, `shows ${id}`);
  const count = told.routes.get(route.key) ?? { allowed: 0, denied: 0 };

  const besides = ask.also && oracle(world, roles, who.who, ask.also.permission);
  const isMet = ask.needs.every(reached.meets) && (ask.also?.needs.every((need) => besides?.meets(need)) ?? true);
  if (isMet && ask.refuses !== undefined && ask.holds !== false) {
    const { permission, needs } = ask.refuses;
    const mayAll = needs.every(oracle(world, roles, who.who, permission).meets);
    count[mayAll ? "allowed" : "denied"] += 1;
    if (!mayAll && status !== 403 && status !== 409) wrong(told.wrongAllows, "is not refused");
    if (mayAll && (status >= 500 || [400, 401, 403, 404].includes(status))) wrong(told.wrongDenies, "is refused");
    return;
  }
  if (!isMet || ask.holds === false) {
    count.denied += 1;
    // Whether a cursor is one is asked before whose the list is, so it tells nothing.
    if (status === 400 && paging["cursor"] !== undefined) return;
    if (status !== 404 || body !== JSON.stringify(NOT_FOUND)) wrong(told.wrongAllows, "is not denied");
    return;
  }
  if (ask.list !== undefined) {
    const whole = ask.list(reached);
    count[whole.length === 0 ? "denied" : "allowed"] += 1;
    if (status === 400 && paging["cursor"] !== undefined) return;
    if (status !== 200 || json === null) {
      wrong(told.wrongDenies, "is not answered");
      return;
    }
    await judgeList(place, {
      ask,
      whole,
      page: json,
      paging,
      answer,
      key: route.key,
      wrong: (isAllow, what) => {
        wrong(isAllow ? told.wrongAllows : told.wrongDenies, what);
      },
    });
    return;
  }
  if (ask.counts !== undefined) {
    const expected = ask.counts(reached);
    count[expected === 0 ? "denied" : "allowed"] += 1;
    const { read } = json ?? {};
    if (status !== 200 || Number(read) > expected) wrong(told.wrongAllows, `looks at more than ${String(expected)}`);
    else if (read !== expected) wrong(told.wrongDenies, `looks at less than ${String(expected)}`);
  } else {
    count.allowed += 1;
    if (status >= 500 || [400, 401, 403, 404].includes(status)) wrong(told.wrongDenies, "is denied");
  }
}

const pagedBody = (body: unknown, { limit, ...page }: Readonly<Record<string, string>>) => ({
  ...(body as object),
  ...page,
  ...(limit !== undefined && { limit: Number(limit) }),
});

interface Listed {
  readonly ask: Ask;
  readonly whole: readonly string[];
  readonly page: Item;
  readonly paging: Readonly<Record<string, string>>;
  readonly answer: (query: Readonly<Record<string, string>>) => Promise<{ readonly json: Item | null }>;
  readonly key: string;
  readonly wrong: (isAllow: boolean, what: string) => void;
}

/** A page holds nothing that is not of the whole list; all pages together are the whole list. */
async function judgeList(place: Place, { ask, whole, page, paging, answer, key, wrong }: Listed): Promise<void> {
  const keysOf = (one: Item) => (ask.itemsOf?.(one) ?? (one["items"] as readonly Item[])).map(ask.keyOf ?? String);
  const seen = keysOf(page);
  let { nextCursor: next = null } = page;
  if (typeof next === "string") place.cursors.set(key, [...(place.cursors.get(key) ?? []).slice(-20), next]);
  while (paging["cursor"] === undefined && typeof next === "string") {
    const { json } = await answer({ ...paging, cursor: next });
    seen.push(...keysOf(json ?? { items: [] }));
    next = json?.["nextCursor"] ?? null;
  }
  const foreign = seen.filter((one) => !whole.includes(one));
  if (foreign.length > 0 || new Set(seen).size < seen.length)
    wrong(true, `lists ${foreign.join()}, or something twice`);
  const missing = whole.filter((one) => !seen.includes(one));
  if (paging["cursor"] === undefined && missing.length > 0) wrong(false, `does not list ${missing.join()}`);
}

/** Bent now and then: one letter of it is another. */
function tampered(draw: Draw, cursor: string): string {
  if (draw.chance(0.7)) return cursor;
  const at = Math.floor(draw.random() * cursor.length);
  return cursor.slice(0, at) + draw.oneOf(["a", "Z", "0", "-", "_"], "a") + cursor.slice(at + 1);
}

/** Everything that is called by an id, in whatever member. */
const idsIn = (body: string, { talks, messages, guests }: World): readonly string[] =>
  [...new Set(body.match(/\b(?:con|msg|gst)_[\w-]+/g) ?? [])].filter(
    (id) => talks.has(id) || messages.has(id) || guests.has(id),
  );

/**
 * What may be named to somebody: a conversation that they reach, and those that go on with one another with it; messages of these;
 * guests who they reach or whose conversation it is, and whoever is the same person.
 */
function isVisible(world: World, reached: ReturnType<typeof oracle>, id: string): boolean {
  const { talks, messages, guests } = world;
  const ends = (one: string): string => {
    const next = talks.get(one)?.next;
    return next === undefined ? one : ends(next);
  };
  const root = (one: string): string => (guests.get(one)?.into ? root(guests.get(one)?.into ?? "") : one);
  const talkSeen = (one: string) =>
    [...talks.keys()].some((each) => ends(each) === ends(one) && reached.meets({ of: "conversation", id: each }));
  if (messages.has(id))
    return talkSeen(messages.get(id) ?? "") && [...talks.keys()].some((each) => reached.shows(each, id));
  if (talks.has(id)) return talkSeen(id);
  const hotel = guests.get(id)?.hotel ?? "none";
  if (reached.meets({ of: "hotel", id: hotel })) return true;
  const same = [...guests.keys()].filter((each) => root(each) === root(id));
  return (
    same.some((each) => reached.meets({ of: "guest", id: each })) ||
    [...talks].some(([talk, { guest }]) => same.includes(guest) && talkSeen(talk))
  );
}

export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
