import { z } from "zod";
import type { TemplateKey } from "../domain/template.js";
import { ConversationError } from "../errors.js";
import type { PagePoint } from "../ports/storage.js";

/** Opaque cursors: where a page ended, and nothing about rights, which are applied anew to every page. */
const Point = z.strictObject({ at: z.iso.datetime(), id: z.string().max(200) });
const Before = z.strictObject({ before: z.int() });
const Key = z.strictObject({ name: z.string().max(512), language: z.string().max(512) });

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function decode<T>(schema: z.ZodType<T>, cursor: string): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
  } catch {
    throw new ConversationError("cursor_invalid");
  }
}

export const pointCursor = {
  encode: ({ at, id }: PagePoint): string => encode({ at: at.toISOString(), id }),
  decode(cursor: string): PagePoint {
    const { at, id } = decode(Point, cursor);
    return { at: new Date(at), id };
  },
};

export const numberCursor = {
  encode: (before: number): string => encode({ before }),
  decode: (cursor: string): number => decode(Before, cursor).before,
};

export const templateCursor = {
  encode: ({ name, language }: TemplateKey): string => encode({ name, language }),
  decode: (cursor: string): TemplateKey => decode(Key, cursor),
};
