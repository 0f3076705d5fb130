import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contentText, isAmending } from "../../src/domain/content.js";
import { readItem } from "../../src/whatsapp/item.js";
import { LEAF_KINDS, splitWebhook, type WebhookLeaf } from "../../src/whatsapp/webhook.js";
import { mutant, seeded, siblingsHurt, wrongWith } from "./mutants.js";

const RECEIVED = new Date("2026-11-11T00:00:00Z");
const split = (body: unknown): readonly WebhookLeaf[] => splitWebhook(Buffer.from(JSON.stringify(body)), RECEIVED);

/** The smallest thing that Meta delivers, with what has to stand around it wherever it is put. */
interface Atom {
  readonly account: string;
  readonly field: string;
  /** null: the change's whole value is it. */
  readonly list: "messages" | "statuses" | "errors" | "message_echoes" | "calls" | null;
  readonly number: string;
  readonly item: object;
  readonly contact: object | null;
}

const GUESTS = ["12025550101", "12025550102", "12025550103"] as const;
const contactOf = (guest: string) => ({ profile: { name: `Guest ${guest}` }, wa_id: guest, user_id: `US.${guest}` });
const guests = fc.constantFrom(...GUESTS);
/** Few, so that the same one comes twice, for another number and as another kind. */
const wamids = fc.integer({ min: 1, max: 9 }).map((n) => `wamid.${String(n)}`);
const seconds = fc.integer({ min: 1794312000, max: 1794312002 }).map(String);

const aText = fc.record({
  from: guests,
  id: wamids,
  timestamp: seconds,
  type: fc.constant("text"),
  text: fc.record({ body: fc.string({ unit: "binary" }) }),
});
const aTap = fc.record({
  from: guests,
  id: wamids,
  timestamp: seconds,
  type: fc.constant("interactive"),
  context: fc.record({ id: wamids }),
  interactive: fc.record({
    type: fc.constant("button_reply"),
    button_reply: fc.record({ id: fc.constant("prm_1#1"), title: fc.constant("Reception") }),
  }),
});
const inGroup = aText.map((message) => ({ ...message, group_id: "group.1" }));
const aSystem = aText.map((message) => ({ ...message, type: "system", system: { type: "user_changed_number" } }));
const aStatus = fc.record({
  id: wamids,
  status: fc.constantFrom("sent", "delivered", "read", "failed"),
  timestamp: seconds,
  recipient_id: guests,
});
const ofGroup = aStatus.map((status) => ({ ...status, recipient_type: "group" }));

const messageAtoms = fc.oneof(aText, aTap, inGroup, aSystem).map((item) => ({
  field: "messages",
  list: "messages" as const,
  item,
  contact: contactOf(item.from),
}));
const otherAtoms = fc.oneof(
  fc.oneof(aStatus, ofGroup).map((item) => ({ field: "messages", list: "statuses" as const, item })),
  fc
    .record({ code: fc.integer({ min: 1, max: 3 }) })
    .map((item) => ({ field: "messages", list: "errors" as const, item })),
  aText.map(({ from: to, ...rest }) => ({
    field: "smb_message_echoes",
    list: "message_echoes" as const,
    item: { ...rest, to },
  })),
  fc
    .record({ id: wamids, from: fc.constant("12025550101"), event: fc.constantFrom("connect", "terminate") })
    .map((item) => ({
      field: "calls",
      list: "calls" as const,
      item,
    })),
  fc
    .record({
      field: fc.constantFrom("account_update", "history", "flows", "a_field_of_next_year"),
      item: fc.record({ event: fc.constantFrom("ONE", "TWO"), at: fc.nat(3) }),
    })
    .map((whole) => ({ ...whole, list: null })),
);
const atoms: fc.Arbitrary<Atom> = fc
  .tuple(fc.constantFrom("1", "1", "2"), fc.constantFrom("2000", "2000", "2001"), fc.oneof(messageAtoms, otherAtoms))
  .map(([account, number, atom]) => ({ contact: null, ...atom, account, number }));

/** Which body, entry and change something is put into. */
const places = fc.record({ body: fc.nat(1), entry: fc.nat(1), change: fc.nat(1) });
type Placed = readonly [Atom, { readonly body: number; readonly entry: number; readonly change: number }];

interface Change {
  readonly field: string;
  readonly value: Record<string, unknown>;
}
interface Body {
  readonly object: string;
  readonly entry: { readonly id: string; readonly changes: Change[] }[];
}

const members = (value: Record<string, unknown>, name: string): unknown[] => (value[name] ??= []) as unknown[];

function found<T>(list: T[], keys: Map<string, T>, key: string, make: () => T): T {
  const known = keys.get(key);
  if (known !== undefined) return known;
  const made = make();
  keys.set(key, made);
  list.push(made);
  return made;
}

/** The bodies of a cut. What stands in one change came to one number; a contact comes along with each of its messages. */
function bodiesOf(cut: readonly Placed[]): readonly Body[] {
  const bodies: Body[] = [];
  const [knownBodies, entries, changes] = [
    new Map<string, Body>(),
    new Map<string, Body["entry"][0]>(),
    new Map<string, Change>(),
  ];
  cut.forEach(([atom, place], index) => {
    const { account, field, list, number, item, contact } = atom;
    const body = found(bodies, knownBodies, String(place.body), () => ({
      object: "whatsapp_business_account",
      entry: [],
    }));
    const entryKey = JSON.stringify([place.body, place.entry, account]);
    const entry = found(body.entry, entries, entryKey, () => ({ id: account, changes: [] }));
    const changeKey = JSON.stringify([entryKey, field, number, list === null ? index : [place.change]]);
    const metadata = { display_phone_number: "12025550190", phone_number_id: number };
    const { value } = found(entry.changes, changes, changeKey, () => ({
      field,
      value: list === null ? { ...item } : { metadata },
    }));
    if (list !== null) members(value, list).push(item);
    if (contact !== null) members(value, "contacts").push(contact);
  });
  return bodies;
}

const alone = (atom: Atom): readonly WebhookLeaf[] =>
  bodiesOf([[atom, { body: 0, entry: 0, change: 0 }]]).flatMap(split);
const sorted = (leaves: readonly WebhookLeaf[]): readonly string[] => leaves.map((leaf) => JSON.stringify(leaf)).sort();

/** Some things that happened, put together in some way, some of them again, in some other order. */
const cuts = fc.array(fc.tuple(atoms, places), { minLength: 1, maxLength: 15 }).chain((cut) =>
  fc.tuple(
    fc.constant(cut),
    fc
      .array(fc.tuple(fc.constantFrom(...cut), places), { maxLength: 4 })
      .map((repeats) => repeats.map(([[atom], place]): Placed => [atom, place]))
      .chain((repeats) => fc.shuffledSubarray([...cut, ...repeats], { minLength: cut.length + repeats.length })),
  ),
);

describe("however Meta cuts its deliveries, the same guests' messages come out of them (F16, P2)", () => {
  test("each message, report and other item comes out of any body as it comes out alone, as often as it was put in", () => {
    fc.assert(
      fc.property(cuts, ([, cut]) => {
        expect(sorted(bodiesOf(cut).flatMap(split))).toEqual(sorted(cut.flatMap(([atom]) => alone(atom))));
      }),
      { numRuns: 300 },
    );
  });

  test("two cuts of the same things, one with repeats, are known by the same keys, so that nothing is new in the second", () => {
    const keys = (cut: readonly Placed[]) => new Set(bodiesOf(cut).flatMap((body) => split(body).map(keyOf)));
    fc.assert(
      fc.property(cuts, ([first, second]) => {
        expect(keys(second)).toEqual(keys(first));
      }),
      { numRuns: 300 },
    );
  });

  test("two things have one key only when they are one: the same id, of the same kind, to the same number", () => {
    fc.assert(
      fc.property(fc.array(atoms, { minLength: 60, maxLength: 60 }), (all) => {
        const keyed = all.map((atom) => ({ key: keysOf(atom).join(), is: JSON.stringify(identity(atom)) }));
        for (const a of keyed) for (const b of keyed) if ((a.key === b.key) !== (a.is === b.is)) expect(a).toEqual(b);
      }),
      { numRuns: 30 },
    );
  });

  test("a message whose contact was left behind in another body has the same key", () => {
    fc.assert(
      fc.property(atoms, (atom) => {
        expect(keysOf({ ...atom, contact: null })).toEqual(keysOf(atom));
      }),
    );
  });
});

/** What has no key is told as often as it comes: then its own text stands for it here. */
const keyOf = ({ dedupKey, raw }: WebhookLeaf): string => dedupKey ?? raw;
const keysOf = (atom: Atom): readonly string[] => alone(atom).map(keyOf);

/** What Meta tells things apart by. What has no id of its own is its content. */
function identity({ account, field, list, number, item }: Atom): readonly unknown[] {
  const { id, status, recipient_id, event } = item as Partial<
    Record<"id" | "status" | "recipient_id" | "event", string>
  >;
  switch (list) {
    case "messages":
      return [list, number, id];
    case "statuses":
      return [list, id, status, recipient_id];
    case "message_echoes":
      return [list, id];
    case "calls":
      return [list, number, id, event];
    case "errors":
    case null:
      return [list, account, field, item];
  }
}

/** Mostly what belongs there, now and then anything at all. */
const orOdd = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 12, arbitrary: value }, { weight: 1, arbitrary: fc.jsonValue() });

/** An object of which a part may be missing, or something else. */
const roughly = (model: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> =>
  orOdd(
    fc
      .tuple(fc.record(model), fc.nat({ max: 9 }), fc.constantFrom(...Object.keys(model)))
      .map(([whole, chance, name]) =>
        chance > 0 ? whole : Object.fromEntries(Object.entries(whole).filter(([key]) => key !== name)),
      ),
  );

const IDS = orOdd(fc.oneof(wamids, fc.constantFrom("", "\u0000", "\ud83d", "x".repeat(600), "wacid.1", 7)));
const texts = orOdd(fc.record({ body: orOdd(fc.string({ unit: "binary" })) }));
const roughMessages = roughly({
  id: IDS,
  type: orOdd(
    fc.constantFrom("text", "interactive", "button", "system", "image", "reaction", "location", "toString", "new"),
  ),
  from: IDS,
  timestamp: orOdd(fc.oneof(seconds, fc.constantFrom("-1", "1e99", "NaN", ""))),
  context: roughly({ id: IDS }),
  text: texts,
  button: roughly({ text: orOdd(fc.string()), payload: orOdd(fc.string()) }),
  image: roughly({ caption: orOdd(fc.string()) }),
  interactive: roughly({
    type: orOdd(fc.constantFrom("button_reply", "list_reply", "nfm_reply", "call_permission_reply")),
    button_reply: roughly({ id: IDS, title: orOdd(fc.string()) }),
    list_reply: roughly({ id: IDS, title: orOdd(fc.string()) }),
  }),
  from_user_id: IDS,
});
/** What Meta sends, but for one part of it, or of a part of it. */
const bentMessages = fc
  .tuple(fc.oneof(aText, aTap), fc.nat(), fc.nat(), fc.boolean(), fc.jsonValue({ maxDepth: 1 }))
  .map(([message, at, within, isDeep, odd]) => {
    const whole = Object.entries<unknown>(message);
    const [name, part] = whole[at % whole.length]!;
    const inner =
      typeof part === "object" && part !== null && isDeep ? Object.entries(part as Record<string, unknown>) : [];
    const member = inner[within % inner.length]?.[0];
    const bent = member === undefined ? odd : { ...Object.fromEntries(inner), [member]: odd };
    return { ...message, [name]: bent };
  });
const roughStatuses = roughly({
  id: IDS,
  status: orOdd(fc.constantFrom("sent", "delivered", "read", "played", "failed", "lost")),
  timestamp: orOdd(seconds),
  biz_opaque_callback_data: IDS,
  errors: orOdd(fc.array(roughly({ code: orOdd(fc.constantFrom(131026, "131047", -1)) }), { maxLength: 2 })),
  recipient_type: orOdd(fc.constantFrom("individual", "group")),
});
const roughLists = (item: fc.Arbitrary<unknown>) => orOdd(fc.array(item, { maxLength: 3 }));
const roughChanges = roughly({
  field: orOdd(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant("messages") },
      { weight: 2, arbitrary: fc.constantFrom("smb_message_echoes", "calls", "history", "account_update", "group_x") },
      { weight: 1, arbitrary: fc.constantFrom("__proto__", "constructor", "toString", "") },
    ),
  ),
  value: roughly({
    metadata: roughly({ phone_number_id: IDS }),
    contacts: roughLists(roughly({ wa_id: IDS, profile: roughly({ name: orOdd(fc.string()) }) })),
    messages: roughLists(fc.oneof(roughMessages, bentMessages)),
    statuses: roughLists(roughStatuses),
    message_echoes: roughLists(roughMessages),
    calls: roughLists(roughMessages),
    errors: roughLists(fc.jsonValue()),
  }),
});
const roughBodies = roughly({
  object: fc.constant("whatsapp_business_account"),
  entry: roughLists(roughly({ id: IDS, time: orOdd(fc.nat()), changes: roughLists(roughChanges) })),
});

describe("nothing that can be signed does harm (P1, F17, T18)", () => {
  test("any webhook, however wrong in whatever place, ends in named items, and what is acted upon can be read", () => {
    fc.assert(
      fc.property(roughBodies, (body) => {
        const leaves = split(body);
        expect(leaves.length).toBeGreaterThan(0);
        for (const { kind, raw, dedupKey, chat, status } of leaves) {
          expect(LEAF_KINDS).toContain(kind);
          expect(raw.isWellFormed()).toBe(true);
          expect(raw).not.toContain("\u0000");
          expect(dedupKey?.length ?? 1).toBeGreaterThan(kind === "message" ? 3 : 0);
          if (kind === "message") expect(chat).toBeDefined();
          expect(status !== undefined).toBe(kind === "status");
          expect(chat === undefined || status === undefined).toBe(true);
          if (chat === undefined) continue;
          const read = readItem(raw);
          if (read.kind === "account") {
            expect(chat.addresses.length === 0 || kind === "user_preferences").toBe(true);
            continue;
          }
          if (!isAmending(read.content)) expect(contentText(read.content) ?? "").toBeTypeOf("string");
          if (read.content.type === "text" || read.content.type === "choice")
            expect(read.content).toHaveProperty("text");
          expect(read.addresses).toEqual(chat.addresses);
          expect(read.addresses.length).toBeGreaterThan(0);
          expect(chat.sentAt.getTime()).toBe(Math.min(read.sentAt.getTime(), RECEIVED.getTime()));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test("one odd thing among messages, reports, contacts, changes or entries costs no guest's message (frappe_whatsapp#252)", () => {
    const spots = fc.constantFrom("messages", "statuses", "contacts", "changes", "entry");
    const odds = fc.record({
      spot: spots,
      odd: fc.oneof(fc.jsonValue(), roughMessages, bentMessages, roughStatuses),
      at: fc.nat(3),
    });
    fc.assert(
      fc.property(cuts, fc.array(odds, { minLength: 1, maxLength: 3 }), ([, cut], oddOnes) => {
        const sound = bodiesOf(cut);
        const beside = structuredClone(sound);
        let added = 0;
        for (const { spot, odd, at } of oddOnes) {
          const entry = beside[0]!.entry;
          const change = entry.flatMap(({ changes }) => changes).find(({ field }) => field === "messages");
          if (spot !== "entry" && spot !== "changes" && change === undefined) continue;
          const into = spot === "entry" ? entry : spot === "changes" ? entry[0]!.changes : members(change!.value, spot);
          into.splice(at, 0, spot === "changes" ? { field: "messages", value: odd } : odd);
          if (spot !== "contacts") added += 1;
          // From here on the first entry or change may be the odd one.
          if (spot === "entry" || spot === "changes") break;
        }
        const left = sorted(beside.flatMap(split)).slice();
        for (const leaf of sorted(sound.flatMap(split))) {
          expect(left).toContain(leaf);
          left.splice(left.indexOf(leaf), 1);
        }
        expect(left.length).toBeGreaterThanOrEqual(added);
      }),
      { numRuns: 500 },
    );
  });
});

/** `npm run fuzz` does this a hundred thousand times, with a seed of its own. */
const FUZZ = { seed: 1, runs: 5_000 };

describe("nothing that is nearly Meta's does harm (P1, F17)", () => {
  test("a fixture that is bent, cut off, nested deep or mixed with another ends in named items that read as they were split", () => {
    for (let run = 0; run < FUZZ.runs; run++)
      expect(wrongWith(mutant(seeded(FUZZ.seed + run))), `seed ${String(FUZZ.seed + run)}`).toBeNull();
  });

  test("one bent thing in a list leaves the items of the others as they are, byte for byte", () => {
    for (let run = 0; run < FUZZ.runs; run++)
      expect(siblingsHurt(seeded(FUZZ.seed + run)), `seed ${String(FUZZ.seed + run)}`).toBeNull();
  });
});
