import { createHmac, hkdfSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ConversationError } from "../../src/index.js";
import { sealedCursors, type Codec } from "../../src/runtime/cursor.js";

const instants = fc.date({ min: new Date(0), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true });
const ids = fc.string({ unit: "binary", maxLength: 100 });
/** Texts like cursors, and texts. */
const texts = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.base64String(),
  fc.json().map((json) => Buffer.from(json).toString("base64url")),
  fc.record({ at: fc.oneof(instants, fc.string(), fc.nat()), id: fc.oneof(ids, fc.nat()) }).map(inBase64),
  fc.record({ before: fc.oneof(fc.integer(), fc.double(), fc.string()) }).map(inBase64),
);
function inBase64(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

const SECRETS = ["the secret of all processes", "the secret before that one"] as const;
const cursors = sealedCursors(SECRETS);
const refusal = expect.objectContaining({ code: "cursor_invalid" }) as ConversationError;
const refuses = <T>({ decode }: Codec<T>, text: string): void => {
  expect(() => decode(text)).toThrow(refusal);
};
const encoded = <T>({ encode }: Codec<T>, end: T): string => encode(end) ?? "";

describe("where the next page begins, as staff pages carry it", () => {
  test("comes back to the millisecond and the character, and stands in a URL as it is", () => {
    const { point, number, id, template, search } = cursors.of("list", { hotel: "grand" });
    fc.assert(
      fc.property(instants, ids, fc.maxSafeInteger(), (at, text, place) => {
        const comes = <T>(codec: Codec<T>, end: T) => {
          expect(codec.decode(encoded(codec, end))).toEqual(end);
          expect(encodeURIComponent(encoded(codec, end))).toBe(encoded(codec, end));
        };
        comes(point, { at, id: text });
        comes(number, place);
        comes(id, text);
        comes(template, { name: text, language: text });
        comes(search, { eventSeq: place, id: text });
      }),
    );
    expect([point.encode(null), point.decode(undefined)]).toEqual([null, null]);
  });

  test("also in the saved replies and in a hotel's log, which may have begun before it was kept", () => {
    const { savedReply, log } = cursors.of("list");
    const comes = <T>(codec: Codec<T>, end: T) => {
      expect(codec.decode(encoded(codec, end))).toEqual(end);
    };
    for (const shortcut of ["wifi", "s".repeat(64)]) comes(savedReply, { shortcut, id: "srp_1" });
    for (const at of [new Date("2026-03-01T12:00:00.001Z"), null]) comes(log, { seq: 0, at });
    refuses(savedReply, encoded(savedReply, { shortcut: "s".repeat(65), id: "srp_1" }));
    refuses(savedReply, encoded(savedReply, { shortcut: "wifi", id: "s".repeat(201) }));
    refuses(log, encoded(log, { seq: -1, at: null }));
    refuses(log, encoded(savedReply, { shortcut: "wifi", id: "srp_1" }));
  });

  test("is sealed in one way, so that a page may be turned while the desk's processes go over to a new release", () => {
    const sealed = (list: string, filters: readonly (readonly [string, string])[], body: string): string => {
      const key = Buffer.from(hkdfSync("sha256", SECRETS[0], "", "belldesk cursor 1", 32));
      const context = JSON.stringify([list, filters]);
      const seal = createHmac("sha256", key).update(`${context}\0${body}`).digest().subarray(0, 16);
      return Buffer.concat([seal, Buffer.from(body)]).toString("base64url");
    };
    const filters = [
      ["department", "spa"],
      ["hotel", "grand"],
    ] as const;
    const { number } = cursors.of("list", { hotel: "grand", department: "spa" });
    expect(encoded(number, 7)).toBe(sealed("list", filters, '{"before":7}'));
    // Ours, and of another release: what it holds is looked at all the same.
    for (const body of ["", "7", "not JSON", '{"before":"7"}', '{"before":7,"after":1}', '{"before":7.5}'])
      refuses(number, sealed("list", filters, body));
  });

  test("is not given out by a desk without a secret, which says what it misses", () => {
    const { number } = sealedCursors([]).of("list");
    expect(number.encode(null)).toBeNull();
    expect(() => number.encode(7)).toThrow(
      expect.objectContaining({ code: "internal", details: { missing: "cursorSecrets" } }) as ConversationError,
    );
    refuses(number, encoded(cursors.of("list").number, 7));
  });

  test("is refused as a cursor when it was not given out, whatever somebody puts there", () => {
    const { point, number, search } = cursors.of("list");
    fc.assert(
      fc.property(texts, (text) => {
        refuses(point, text);
        refuses(number, text);
        refuses(search, text);
      }),
      { numRuns: 500 },
    );
  });

  test("is refused when a single bit or character of it is another", () => {
    const { number } = cursors.of("messages", { conversationId: "con_1" });
    const cursor = encoded(number, 1_000);
    const bytes = Buffer.from(cursor, "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      refuses(number, changed.toString("base64url"));
    }
    for (const text of [`${cursor}=`, `${cursor}A`, ` ${cursor}`, cursor.slice(0, -1), cursor.slice(0, 22)])
      refuses(number, text);
  });

  test("begins no page of another list, another hotel, or what was looked for otherwise (T55)", () => {
    const lists = [
      cursors.of("conversations", { hotel: "grand" }),
      cursors.of("conversations", { hotel: "seaside" }),
      cursors.of("conversations", { hotel: "grand", department: "spa" }),
      cursors.of("conversations", { department: "grand" }),
      cursors.of("conversations", { hotel: "grand", unread: true }),
      cursors.of("conversations", { hotel: "grand", waiting: true }),
      cursors.of("conversations"),
      cursors.of("dead", { hotel: "grand" }),
      cursors.of('conversations",{"hotel":"grand"'),
    ].map(({ point }) => point);
    const end = { at: new Date("2026-03-01T12:00:00Z"), id: "con_1" };
    for (const [n, given] of lists.entries()) {
      for (const [m, used] of lists.entries()) {
        if (n === m) expect(used.decode(encoded(given, end))).toEqual(end);
        else refuses(used, encoded(given, end));
      }
    }
    refuses(cursors.of("list").number, encoded(cursors.of("list").point, end));
  });

  test("is the same list's, in whatever order its filters are named, and whatever was left out", () => {
    const given = cursors.of("list", { hotel: "grand", department: "spa", status: undefined }).number;
    expect(
      cursors.of("list", { department: "spa", hotel: "grand", actor: null }).number.decode(encoded(given, 7)),
    ).toBe(7);
  });

  test("outlives the process, and a secret that is being rotated; not one that is taken out", () => {
    const [now, before] = SECRETS;
    const given = encoded(sealedCursors([before]).of("list").number, 7);
    expect(sealedCursors([before]).of("list").number.decode(given)).toBe(7);
    expect(sealedCursors([now, before]).of("list").number.decode(given)).toBe(7);
    refuses(sealedCursors([now]).of("list").number, given);
    refuses(sealedCursors([before]).of("list").number, encoded(sealedCursors([now, before]).of("list").number, 7));
  });
});
