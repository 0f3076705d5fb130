import type { MessageContent, Storage, Template, TemplateDefinition, TemplateUpdate } from "../../src/index.js";
import { run, sought, type Queryable } from "./queryable.js";
import type { Reader } from "./row-security.js";
import { date, type Instant } from "./rows.js";

/** A hotel's catalogue of templates. */
export function templateVerbs(
  db: Queryable,
  schema: string,
  within: Reader,
): Pick<Storage, "putTemplates" | "templates"> {
  return {
    async putTemplates({ hotelId, templates, at }) {
      const json = templates.map(({ name, language, metaId, status, category, quality, ...definition }, ord) => ({
        ord,
        name,
        language,
        meta: metaId,
        definition: JSON.stringify(definition),
        status,
        category,
        quality,
      }));
      const [row] = await run<{ gone: number }>(db, `select ${schema}.put_templates_1($1, $2, $3) as gone`, [
        hotelId,
        JSON.stringify(json),
        at,
      ]);
      return { deleted: row?.gone ?? 0 };
    },

    async templates({ reach, hotelId, after, limit }) {
      if (reach !== "everything" && !("hotels" in reach && reach.hotels.has(hotelId))) return { items: [], next: null };
      const rows = await run<TemplateRow>(
        within(reach),
        `select * from ${schema}.templates t
          where t.hotel_id = $1 and t.definition is not null and ($2::text is null or (t.name, t.language) > ($2, $3))
          order by t.name, t.language limit $4`,
        [sought(hotelId), after === null ? null : sought(after.name), sought(after?.language ?? ""), limit + 1],
      );
      const items = rows.slice(0, limit).map(templateOf);
      const last = items.at(-1);
      const next = rows.length > limit && last !== undefined ? { name: last.name, language: last.language } : null;
      return { items, next };
    },
  };
}

export interface TemplateRow {
  hotel_id: string;
  name: string;
  language: string;
  meta_id: string | null;
  definition: string;
  status: Template["status"];
  category: Template["category"];
  coming_category: Template["comingCategory"];
  quality: Template["quality"];
  updated_at: Instant;
}

type Definition = Omit<TemplateDefinition, "name" | "language" | "metaId" | "status" | "category" | "quality">;

export const templateOf = (row: TemplateRow): Template => ({
  ...(JSON.parse(row.definition) as Definition),
  hotelId: row.hotel_id,
  name: row.name,
  language: row.language,
  metaId: row.meta_id,
  status: row.status,
  category: row.category,
  comingCategory: row.coming_category,
  quality: row.quality,
  updatedAt: date(row.updated_at),
});

/** What is told of templates, as `learn_templates_1` reads it. */
export const updateJson = ({ metaId, key, status, quality, category, at }: TemplateUpdate, ord: number) => ({
  ord,
  meta: metaId,
  name: key?.name ?? null,
  language: key?.language ?? null,
  status,
  quality,
  category_told: category !== null,
  category: category?.now ?? null,
  coming: category?.coming ?? null,
  at,
});

/** A content as JSON text: a template's name and language stand first, where `template_of_1` looks for them. */
export function contentJson(content: MessageContent): string {
  const { type, name, language, ...rest } = content as MessageContent & {
    readonly name?: unknown;
    readonly language?: unknown;
  };
  return JSON.stringify((type as string) === "template" ? { type, name, language, ...rest } : content);
}
