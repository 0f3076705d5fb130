import type { Page, Template, TemplateDefinition, TemplateKey, TemplateQuery, TemplateUpdate } from "belldesk";
import type { Database, Hotel, Said, StoredTemplate } from "./database.ts";
import { paged, touches } from "./reach.ts";

const keyText = ({ name, language }: TemplateKey): string => JSON.stringify([name, language]);

/** What stays: the later of two. Of what was said as of one moment, what is said now. */
const later = <Value>(stored: Said<Value> | null, said: Said<Value> | null): Said<Value> | null =>
  said === null || (stored !== null && stored.at > said.at) ? stored : said;

const untold = ({ name, language }: TemplateKey, updatedAt: Date): StoredTemplate => {
  const nothing = { metaId: null, definition: null, status: null, category: null, quality: null };
  return { name, language, ...nothing, updatedAt };
};

const put = (hotel: Hotel, stored: StoredTemplate): void => hotel.templates.put(keyText(stored), stored);

/** Stores a whole catalogue as of an instant. */
export function putTemplates(
  db: Database,
  {
    hotelId,
    templates: all,
    at,
  }: { readonly hotelId: string; readonly templates: readonly TemplateDefinition[]; readonly at: Date },
): { readonly deleted: number } {
  const hotel = db.hotel(hotelId);
  const updatedAt = db.now();
  const said = <Value>(value: Value): Said<Value> => ({ value, at });
  for (const { status, category, quality, ...definition } of all) {
    const stored = hotel.templates.get(keyText(definition)) ?? untold(definition, updatedAt);
    const isLater = stored.definition === null || stored.definition.at <= at;
    const coming = stored.category?.value.comingCategory ?? null;
    put(hotel, {
      ...stored,
      metaId: isLater ? (definition.metaId ?? stored.metaId) : stored.metaId,
      definition: later(stored.definition, said(definition)),
      status: later(stored.status, said(status)),
      category: later(stored.category, said({ category, comingCategory: coming === category ? null : coming })),
      quality: later(stored.quality, quality === null ? null : said(quality)),
      updatedAt,
    });
  }
  const kept = new Set(all.map(keyText));
  const gone = hotel.templates
    .all()
    .filter((one) => !kept.has(keyText(one)) && one.status?.value !== "deleted")
    .filter(({ status }) => status === null || status.at <= at);
  for (const stored of gone) put(hotel, { ...stored, status: said("deleted"), updatedAt });
  return { deleted: gone.length };
}

/** Applies what WhatsApp told of one. */
export function learnTemplate(hotel: Hotel, update: TemplateUpdate, now: Date): void {
  const { key, metaId, status, category, quality, at } = update;
  const named = key === null ? hotel.templates.where("metaId = ?", metaId)[0] : hotel.templates.get(keyText(key));
  const stored = named ?? (key === null ? null : untold(key, now));
  if (stored === null) return;
  const said = <Value>(value: Value): Said<Value> => ({ value, at });
  const become = category?.now ?? stored.category?.value.category ?? null;
  put(hotel, {
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

/** The hotel's template of this name and language; null when its catalogue has none. */
export function templateOf(hotel: Hotel, key: TemplateKey | null): Template | null {
  const stored = key === null ? null : hotel.templates.get(keyText(key));
  return stored === null ? null : answered(hotel, stored);
}

function answered(hotel: Hotel, stored: StoredTemplate): Template | null {
  const { definition, status, category, quality, metaId, updatedAt } = stored;
  if (definition === null || status === null || category === null) return null;
  const said = { metaId, status: status.value, quality: quality?.value ?? null };
  return { ...definition.value, ...category.value, ...said, hotelId: hotel.id, updatedAt };
}

/** A hotel's templates in order, for whoever reaches any department of it. */
export function templates(db: Database, { reach, hotelId, after, limit }: TemplateQuery): Page<Template, TemplateKey> {
  if (!touches(reach, hotelId)) return { items: [], next: null };
  const hotel = db.hotel(hotelId);
  const rest = hotel.templates
    .where("(name, language) > (?, ?) order by name, language", after?.name ?? "", after?.language ?? "")
    .flatMap((stored) => answered(hotel, stored) ?? []);
  return paged(rest, limit, ({ name, language }) => ({ name, language }));
}
