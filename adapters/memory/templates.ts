import type {
  Page,
  Template,
  TemplateDefinition,
  TemplateKey,
  TemplateQuery,
  TemplateUpdate,
} from "../../src/index.js";
import { compareIds, hotelOf, type HotelMemory, type Memory } from "./state.js";

type Definition = Omit<TemplateDefinition, "status" | "category" | "quality">;

/** Something that was said of a template, and as of when. */
interface Said<Value> {
  readonly value: Value;
  readonly at: number;
}

/** What is stored of a template: each part stands as long as nothing later was said of it. */
export interface StoredTemplate extends TemplateKey {
  readonly metaId: string | null;
  /** null: told of, and in no answer until it is put into the catalogue. */
  readonly definition: Said<Definition> | null;
  readonly status: Said<Template["status"]> | null;
  readonly category: Said<Pick<Template, "category" | "comingCategory">> | null;
  readonly quality: Said<Template["quality"]> | null;
  readonly updatedAt: Date;
}

const keyText = ({ name, language }: TemplateKey): string => JSON.stringify([name, language]);

/** What stays: the later of two. Of what was said as of one moment, what is said now. */
const later = <Value>(stored: Said<Value> | null, said: Said<Value> | null): Said<Value> | null =>
  said === null || (stored !== null && stored.at > said.at) ? stored : said;

/** Stores a whole catalogue as of an instant. */
export function putTemplates(
  memory: Memory,
  {
    hotelId,
    templates,
    at,
  }: { readonly hotelId: string; readonly templates: readonly TemplateDefinition[]; readonly at: Date },
): { readonly deleted: number } {
  const hotel = hotelOf(memory, hotelId);
  const now = memory.clock.now();
  const said = <Value>(value: Value): Said<Value> => ({ value, at: at.getTime() });
  for (const { status, category, quality, ...definition } of templates) {
    const stored = hotel.templates.get(keyText(definition)) ?? untold(definition, now);
    const isLater = stored.definition === null || stored.definition.at <= at.getTime();
    const coming = stored.category?.value.comingCategory ?? null;
    hotel.templates.set(keyText(definition), {
      ...stored,
      metaId: isLater ? (definition.metaId ?? stored.metaId) : stored.metaId,
      definition: later(stored.definition, said(definition)),
      status: later(stored.status, said(status)),
      category: later(stored.category, said({ category, comingCategory: coming === category ? null : coming })),
      quality: later(stored.quality, quality === null ? null : said(quality)),
      updatedAt: now,
    });
  }
  const kept = new Set(templates.map(keyText));
  const gone = [...hotel.templates.values()].filter(
    ({ status, ...key }) => !kept.has(keyText(key)) && status?.value !== "deleted" && (status?.at ?? 0) <= at.getTime(),
  );
  for (const stored of gone)
    hotel.templates.set(keyText(stored), { ...stored, status: said("deleted"), updatedAt: now });
  return { deleted: gone.length };
}

/** Applies what WhatsApp told of one. */
export function learnTemplate(hotel: HotelMemory, update: TemplateUpdate, now: Date): void {
  const { key, metaId, status, category, quality } = update;
  const stored = storedFor(hotel, update) ?? (key === null ? null : untold(key, now));
  if (stored === null) return;
  const said = <Value>(value: Value): Said<Value> => ({ value, at: update.at.getTime() });
  const become = category?.now ?? stored.category?.value.category ?? null;
  hotel.templates.set(keyText(stored), {
    ...stored,
    metaId: stored.metaId ?? metaId,
    status: later(stored.status, status === null ? null : said(status)),
    category: later(
      stored.category,
      category === null || become === null ? null : said({ category: become, comingCategory: category.coming }),
    ),
    quality: later(stored.quality, quality === null ? null : said(quality)),
    updatedAt: now,
  });
}

const storedFor = (hotel: HotelMemory, { key, metaId }: TemplateUpdate): StoredTemplate | null =>
  (key === null
    ? [...hotel.templates.values()].find((stored) => stored.metaId === metaId)
    : hotel.templates.get(keyText(key))) ?? null;

const untold = ({ name, language }: TemplateKey, updatedAt: Date): StoredTemplate => ({
  name,
  language,
  metaId: null,
  definition: null,
  status: null,
  category: null,
  quality: null,
  updatedAt,
});

/** The hotel's template of this name and language; null when its catalogue has none. */
export function templateOf(hotel: HotelMemory, key: TemplateKey | null): Template | null {
  const stored = key === null ? undefined : hotel.templates.get(keyText(key));
  return stored === undefined ? null : answered(hotel, stored);
}

function answered(hotel: HotelMemory, stored: StoredTemplate): Template | null {
  const { definition, status, category, quality, metaId, updatedAt } = stored;
  if (definition === null || status === null || category === null) return null;
  return {
    ...definition.value,
    ...category.value,
    hotelId: hotel.id,
    metaId,
    status: status.value,
    quality: quality?.value ?? null,
    updatedAt,
  };
}

/** A hotel's templates in order, for whoever reaches any department of it. */
export function templates(
  memory: Memory,
  { reach, hotelId, after, limit }: TemplateQuery,
): Page<Template, TemplateKey> {
  if (reach !== "everything" && !("hotels" in reach && reach.hotels.has(hotelId))) return { items: [], next: null };
  const hotel = hotelOf(memory, hotelId);
  const rest = [...hotel.templates.values()]
    .flatMap((stored) => answered(hotel, stored) ?? [])
    .filter((template) => after === null || compareKeys(template, after) > 0)
    .sort(compareKeys);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  const next = rest.length > limit && last !== undefined ? { name: last.name, language: last.language } : null;
  return { items, next };
}

const compareKeys = (a: TemplateKey, b: TemplateKey): number =>
  compareIds(a.name, b.name) || compareIds(a.language, b.language);
