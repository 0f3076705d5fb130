import type { InboundItem } from "../../src/index.js";
import { arrayText } from "./queryable.js";

type List = readonly (string | number | null)[];

/** The lists that say whose items are: what is of each item, then of each address. Arrays travel as texts, which every client hands on as they are. */
const PLACED = {
  hotels: "text",
  ids: "text",
  kinds: "text",
  numbers: "text",
  bsuids: "text",
  sent_at: "timestamptz",
  newcomers: "text",
  item: "integer",
  address_kind: "text",
  address: "text",
} as const;
const REMEMBERED = { ...PLACED, hashes: "text", raw_ends: "integer", aging: "timestamptz" } as const;

export const rememberSql = (schema: string): string =>
  `select to_json(${schema}.remember_1($1 * interval '1 millisecond', $2, ${placesOf(REMEMBERED, 3)})) as outcomes`;

/** The values of `rememberSql`. The raw texts are one run of bytes and where each ends: nothing in them is escaped or read. */
export function rememberValues(items: readonly InboundItem[], retentionMs: number): unknown[] {
  const raws = Buffer.from(items.map(({ raw }) => raw).join(""), "utf8");
  let end = 0;
  const places = placeLists(items);
  const lists: Record<keyof typeof REMEMBERED, List> = {
    ...places,
    hashes: items.map(({ dedupHash }) => dedupHash),
    raw_ends: items.map(({ raw }) => (end += Buffer.byteLength(raw))),
    aging: items.map(({ chat }, index) => (chat?.isImported === true ? null : (places.sent_at[index] ?? null))),
  };
  return [retentionMs, raws, ...valuesOf(REMEMBERED, lists)];
}

export const reprocessSql = (schema: string): string =>
  `select to_json(${schema}.reprocess_1(${placesOf(PLACED, 1)})) as placed`;

export const reprocessValues = (items: readonly InboundItem[]): unknown[] => valuesOf(PLACED, placeLists(items));

const placesOf = (lists: Readonly<Record<string, string>>, first: number): string =>
  Object.values(lists)
    .map((type, index) => `$${String(index + first)}::text::${type}[]`)
    .join(", ");

const valuesOf = <Name extends string>(
  types: Readonly<Record<Name, string>>,
  lists: Readonly<Record<Name, List>>,
): string[] => (Object.keys(types) as Name[]).map((name) => arrayText(lists[name]));

function placeLists(items: readonly InboundItem[]): Record<keyof typeof PLACED, List> {
  const item: number[] = [];
  const kinds: (string | null)[] = [];
  const values: (string | null)[] = [];
  items.forEach(({ chat }, index) => {
    for (const { kind, value } of chat?.addresses ?? []) {
      item.push(index + 1);
      kinds.push(kind);
      values.push(value);
    }
    if (item.at(-1) === index + 1) return;
    // An item without an address has a row too, so that the function can count by them.
    item.push(index + 1);
    kinds.push(null);
    values.push(null);
  });
  return {
    hotels: items.map(({ hotelId }) => hotelId),
    ids: items.map(({ id }) => id),
    kinds: items.map(({ kind }) => kind),
    numbers: items.map(({ chat }) => chat?.phoneNumberId ?? null),
    bsuids: items.map(({ chat }) => chat?.addresses.find(({ kind }) => kind === "bsuid")?.value ?? null),
    sent_at: items.map(({ chat }) => chat?.sentAt.toISOString() ?? null),
    newcomers: items.map(({ chat }) => chat?.newGuestId ?? null),
    item,
    address_kind: kinds,
    address: values,
  };
}
