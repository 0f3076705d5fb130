import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { SavedReplyKey } from "../domain/saved-reply.js";
import type { TemplateKey } from "../domain/template.js";
import { reveal, type Secret } from "../domain/secret.js";
import { ConversationError } from "../errors.js";
import type { LogPlace } from "../ports/live-storage.js";
import type { PagePoint, SearchPoint } from "../ports/read-storage.js";

/**
 * Cursors: where a page ended. Each is sealed for the list and the filters that it was given with, so that nobody makes one up,
 * and none of one hotel, conversation or search begins a page of another. What it holds is no secret, and it says nothing of
 * rights, which are applied anew to every page.
 */
export interface Cursors {
  /**
   * Those of one list as it was asked for.
   * @param filters whatever else makes it another list; how long a page is does not
   */
  of(list: string, filters?: Readonly<Record<string, string | boolean | null | undefined>>): ListCursors;
}

export interface ListCursors {
  readonly point: Codec<PagePoint>;
  readonly number: Codec<number>;
  readonly id: Codec<string>;
  readonly template: Codec<TemplateKey>;
  readonly search: Codec<SearchPoint>;
  readonly savedReply: Codec<SavedReplyKey>;
  /** A place in the log of the hotel that the filters name. */
  readonly log: Codec<Omit<LogPlace, "hotelId">>;
}

export interface Codec<T> {
  /** null is the last page. */
  readonly encode: (end: T | null) => string | null;
  /** @returns null to begin with the first page @throws {ConversationError} `cursor_invalid` */
  readonly decode: (cursor: string | undefined) => T | null;
}

const Point = z.strictObject({ at: z.iso.datetime(), id: z.string().max(200) });
const Before = z.strictObject({ before: z.int() });
const Id = z.strictObject({ id: z.string().max(200) });
const Key = z.strictObject({ name: z.string().max(512), language: z.string().max(512) });
const Shortcut = z.strictObject({ shortcut: z.string().max(64), id: z.string().max(200) });
const InLog = z.strictObject({ seq: z.int().min(0), at: z.iso.datetime().nullable() });
const Place = z.strictObject({ eventSeq: z.int(), id: z.string().max(200) });

/** Bytes: 128 bits of HMAC-SHA256, which nobody finds by trying. */
const SEAL_BYTES = 16;
const KEY_BYTES = 32;
/** Makes the key good for nothing else that may be derived from the same secret. */
const PURPOSE = "belldesk cursor 1";

/**
 * @param secrets the first seals; each opens, so that one can be rotated. Processes that share them read each other's cursors,
 *   also after they were started anew
 */
export function sealedCursors(secrets: readonly (string | Secret)[]): Cursors {
  const keys = secrets.map((secret) => Buffer.from(hkdfSync("sha256", reveal(secret), "", PURPOSE, KEY_BYTES)));
  const seal = (key: Buffer, context: string, body: Buffer): Buffer =>
    createHmac("sha256", key).update(context).update("\0").update(body).digest().subarray(0, SEAL_BYTES);

  return {
    of(list, filters = {}) {
      const asked = Object.entries(filters).filter(([, value]) => value !== undefined && value !== null);
      // JSON escapes every NUL, so that the context ends where it ends.
      const context = JSON.stringify([list, asked.sort(([a], [b]) => (a < b ? -1 : 1))]);
      const codec = <T, Written>(
        schema: z.ZodType<Written>,
        write: (end: T) => Written,
        read: (written: Written) => T,
      ): Codec<T> => ({
        encode(end) {
          const [key] = keys;
          if (end === null) return null;
          if (key === undefined) throw new ConversationError("internal", { missing: "cursorSecrets" });
          const body = Buffer.from(JSON.stringify(write(end)));
          return Buffer.concat([seal(key, context, body), body]).toString("base64url");
        },
        decode(cursor) {
          if (cursor === undefined) return null;
          const bytes = Buffer.from(cursor, "base64url");
          // Decoding passes over what is no base64: only one text is the cursor.
          if (bytes.toString("base64url") !== cursor) throw new ConversationError("cursor_invalid");
          const [sealed, body] = [bytes.subarray(0, SEAL_BYTES), bytes.subarray(SEAL_BYTES)];
          const isOurs =
            sealed.length === SEAL_BYTES && keys.some((key) => timingSafeEqual(sealed, seal(key, context, body)));
          if (!isOurs) throw new ConversationError("cursor_invalid");
          const written = schema.safeParse(parsed(body));
          // Ours, of a release that wrote it in another way.
          if (!written.success) throw new ConversationError("cursor_invalid");
          return read(written.data);
        },
      });
      return {
        point: codec(
          Point,
          ({ at, id }: PagePoint) => ({ at: at.toISOString(), id }),
          ({ at, id }) => ({ at: new Date(at), id }),
        ),
        number: codec(
          Before,
          (before: number) => ({ before }),
          ({ before }) => before,
        ),
        id: codec(
          Id,
          (id: string) => ({ id }),
          ({ id }) => id,
        ),
        template: codec(
          Key,
          ({ name, language }: TemplateKey) => ({ name, language }),
          (key) => key,
        ),
        search: codec(
          Place,
          ({ eventSeq, id }: SearchPoint) => ({ eventSeq, id }),
          (place) => place,
        ),
        savedReply: codec(
          Shortcut,
          ({ shortcut, id }: SavedReplyKey) => ({ shortcut, id }),
          (key) => key,
        ),
        log: codec(
          InLog,
          ({ seq, at }: Omit<LogPlace, "hotelId">) => ({ seq, at: at?.toISOString() ?? null }),
          ({ seq, at }) => ({ seq, at: at === null ? null : new Date(at) }),
        ),
      };
    },
  };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return null;
  }
}
