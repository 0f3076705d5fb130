import { isIPv4 } from "node:net";
import contentDisposition from "content-disposition";
import { maskCardNumbers } from "../../src/domain/card-numbers.js";
import { optionId, promptOf } from "../../src/domain/prompt.js";
import { isFound, soughtWords, wordsOf } from "../../src/domain/search.js";
import { preview } from "../../src/domain/text.js";
import { answerTo } from "../../src/decide/choices.js";
import { ConversationError } from "../../src/errors.js";
import { slotsOf } from "../../src/flow/phrase.js";
import { ConversationManager, checkMedia, fromBytes, MEDIA_FLAWS, MEDIA_KINDS } from "../../src/index.js";
import { memoryStorage } from "../../adapters/memory/index.js";
import { readFrame } from "../../src/live/client-frame.js";
import { contentDisposition as dispositionOf, shownName } from "../../src/media/names.js";
import { readMessage } from "../../src/runtime/bus-message.js";
import { sealedCursors } from "../../src/runtime/cursor.js";
import { openFlowToken, sealFlowToken } from "../../src/runtime/flow-token.js";
import { linkAt } from "../../src/whatsapp/link.js";
import { parseMarkup } from "../../src/whatsapp/markup.js";
import { phoneVariants, waIdOf } from "../../src/whatsapp/phone.js";
import { isPublicAddress, isPublicHost } from "../../src/whatsapp/public-address.js";
import { renderHtml, renderName, toPlain } from "../../src/whatsapp/render.js";
import { sign, verifySignature } from "../../src/whatsapp/signature.js";
import { splitText } from "../../src/whatsapp/split-text.js";
import { splitWebhook } from "../../src/whatsapp/webhook.js";
import { APP_SECRET, hotels, VERIFY_TOKEN } from "../harness/hotel.js";
import { corpus } from "../media/corpus.js";
import { aText, bent, bentBytes, bentJson, oneOf, textOf, type Random } from "./bending.js";
import { mutant, siblingsHurt, wrongWith } from "../whatsapp/mutants.js";

/** Whatever comes from outside and is read by us: made by chance, and what must hold whatever it is. */
export interface Target {
  /** Anything of which the whole is kept when it goes wrong. */
  readonly make: (random: Random) => unknown;
  /** @returns what is wrong; null when nothing is. It throws nothing. */
  readonly wrong: (made: unknown, random: Random) => string | null | Promise<string | null>;
  /** Milliseconds that one may take; 50 by default. */
  readonly withinMs?: number;
}

const text =
  (check: (given: string, random: Random) => string | null): Target["wrong"] =>
  (made, random) =>
    check(made as string, random);
const NOW = new Date("2026-11-11T00:00:00Z");
const KEY = "a-secret-of-thirty-two-characters!";

/** What was thrown is one of ours, and of this code. */
const refusedAs = (code: string, act: () => unknown): string | null => {
  try {
    act();
    return null;
  } catch (error) {
    return ConversationError.is(error) && error.code === code ? null : `it threw ${String(error)}`;
  }
};

const body = Buffer.from('{"object":"whatsapp_business_account","entry":[]}');
const SIGNED = sign(body, APP_SECRET);
const list = sealedCursors([KEY]).of("conversations", { hotel: "grand" });
const CURSOR = list.point.encode({ at: NOW, id: "con_1" }) ?? "";
const TOKEN = sealFlowToken([KEY], {
  hotelId: "grand",
  guestId: "gst_1",
  promptId: "prm_1",
  expiresAt: new Date("2027-01-01"),
});
const QUESTION = {
  text: "Which one?",
  options: ["Reception", "Room 101", "10", "Größe", "受付"].map((title, n) => ({ id: optionId("prm_1", n), title })),
};
const FRAMES: readonly unknown[] = [
  { type: "hello", version: 1, token: "x", resume: { grand: "c" }, snapshot: { limit: 5 } },
  {
    type: "command",
    id: "1",
    do: "reply",
    on: "con_1",
    body: { clientMessageId: "1", content: { type: "text", text: "x" } },
  },
  { type: "signal", kind: "typing", conversationId: "con_1" },
  { type: "ping" },
];
const TOLD = { from: "process", n: 1, hotels: ["grand"], work: true, revoked: false, signals: [] };
const ADDRESSES = [
  "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1",
  "http://127.0.0.1/",
  "https://2130706433/",
  "https://0x7f.1/",
  "https://[::ffff:7f00:1]/",
  "https://[64:ff9b::7f00:1]/",
  "https://good@evil.example/",
  "https://good%2eevil.example",
  "https://例え.jp/",
  "mailto:a@b.example",
  "javascript:alert(1)",
  "tel:+39061234567",
];
/** IPv4 addresses that nobody outside may be sent to, however they are spelt. */
const PRIVATE =
  /^(127\.|10\.|192\.168\.|169\.254\.|0\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/;
const OPTIONS = {
  hotels,
  webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
  work: { pollMs: 100 },
  media: { tempDir: "/tmp" },
  retention: { conversations: 365 },
};

const files = await corpus();
const FORM = JSON.stringify({
  object: "whatsapp_business_account",
  entry: [
    {
      id: "1",
      changes: [
        {
          field: "messages",
          value: {
            metadata: { phone_number_id: "200000000000001" },
            messages: [
              {
                from: "12025550101",
                id: "wamid.1",
                timestamp: "1793448000",
                type: "interactive",
                interactive: { type: "nfm_reply", nfm_reply: { name: "flow", response_json: "{}", body: "Sent" } },
              },
            ],
          },
        },
      ],
    },
  ],
});

export const TARGETS: Readonly<Record<string, Target>> = {
  webhook: {
    make: (random) => mutant(random),
    wrong: (made, random) => wrongWith(made as Buffer) ?? siblingsHurt(random),
    withinMs: 500,
  },
  signature: {
    make: (random) => bent(random, SIGNED),
    wrong: text((header) =>
      verifySignature(body, header, [APP_SECRET]) === "valid" && header !== SIGNED
        ? "a forged signature is valid"
        : null,
    ),
  },
  command: {
    make: (random) => bentJson(random, oneOf(random, FRAMES)),
    wrong: (made) => {
      const frame = readFrame(made);
      return frame !== null && !["hello", "command", "signal", "active", "ping", "pong"].includes(frame.type)
        ? "a frame of no kind"
        : null;
    },
  },
  bus: {
    make: (random) => (random() < 0.5 ? bent(random, JSON.stringify(TOLD)) : JSON.stringify(bentJson(random, TOLD))),
    wrong: text((said) => {
      const told = readMessage(said);
      return told !== null && !Number.isInteger(told.n) ? "a message without a number" : null;
    }),
  },
  cursor: {
    make: (random) => bent(random, CURSOR),
    wrong: text((cursor) => {
      if (cursor === CURSOR || cursor === "") return null;
      let opened: unknown = null;
      const wrong = refusedAs("cursor_invalid", () => (opened = list.point.decode(cursor)));
      return wrong ?? (opened === null ? null : "a cursor that nobody gave out is one");
    }),
  },
  token: {
    make: (random) => bent(random, TOKEN),
    wrong: text((token) =>
      openFlowToken([KEY], token, NOW) !== null && token !== TOKEN ? "a token that nobody gave out is one" : null,
    ),
  },
  choice: {
    make: (random) =>
      bent(random, oneOf(random, [...QUESTION.options.map(({ id }) => id), "prm_1#2", "reception", "2", "②"])),
    wrong: text((said) => {
      promptOf(said);
      const tapped = answerTo(QUESTION, { type: "choice", id: said, title: said, replyKind: "button" } as never);
      const typed = answerTo(QUESTION, said);
      const known = [tapped, typed].every((one) => one === null || QUESTION.options.some(({ id }) => id === one.id));
      return known ? null : "an option that there is not";
    }),
  },
  form: {
    make: (random) =>
      FORM.replace('"{}"', () => JSON.stringify(JSON.stringify(bentJson(random, { flow_token: TOKEN, room: "214" })))),
    wrong: text((webhook) => {
      const [leaf, second] = splitWebhook(Buffer.from(webhook), NOW);
      return leaf !== undefined && second === undefined ? null : "not one leaf";
    }),
  },
  phrase: {
    make: (random) => [
      oneOf(random, ["room {a}", "{a} and {b}", "{a}, {b}, {c}", "from {a} to {b} for {c}", "{a}{b}"]),
      aText(random, 1_000),
    ],
    wrong: (made) => {
      const [pattern, said] = made as [string, string];
      const slots = slotsOf(pattern, said);
      return slots !== null && Object.values(slots).some((slot) => slot.length < 1 || slot.length > 100)
        ? "a place that is empty or too long"
        : null;
    },
  },
  media: {
    make: (random) => ({ kind: oneOf(random, MEDIA_KINDS), bytes: bentBytes(random, oneOf(random, files).bytes) }),
    wrong: async (made) => {
      const { kind, bytes } = made as { kind: (typeof MEDIA_KINDS)[number]; bytes: Uint8Array };
      const verdict = await checkMedia(fromBytes(bytes), { kind, declaredType: null, fileName: null });
      return verdict.verdict !== "accepted" && !(verdict.reason in MEDIA_FLAWS) ? "a verdict without a reason" : null;
    },
    withinMs: 2_000,
  },
  filename: {
    make: (random) => aText(random, 400),
    wrong: text((name) => {
      const shown = shownName(name, "pdf");
      if (/[/\\\0\r\n]|^\.|^-/.test(shown) || !shown.endsWith(".pdf")) return `shown as ${shown}`;
      return Buffer.byteLength(shown) > 255 || !shown.isWellFormed() ? "a name that no folder holds" : null;
    }),
  },
  disposition: {
    make: (random) => shownName(aText(random, 400), "pdf"),
    wrong: text((name) => {
      const header = dispositionOf(name, "attachment");
      if (/[^\x20-\x7e\xa0-\xff]/.test(header)) return "a header of several lines";
      const { type, parameters } = contentDisposition.parse(header);
      return type === "attachment" && parameters["filename"] === name
        ? null
        : `read back as ${parameters["filename"] ?? ""}`;
    }),
  },
  address: {
    make: (random) => bent(random, oneOf(random, ADDRESSES)),
    wrong: text((url) => {
      const link = linkAt(url, 0);
      if (link?.target != null && !/^(https?|mailto|tel):/.test(link.target.href))
        return `a link to ${link.target.href}`;
      isPublicAddress(url);
      if (!URL.canParse(url)) return null;
      const { hostname } = new URL(url);
      return isPublicHost(hostname) && isIPv4(hostname) && PRIVATE.test(hostname)
        ? `${hostname} is no public host`
        : null;
    }),
  },
  phone: {
    make: (random) =>
      bent(random, oneOf(random, ["+39 06 1234567", "005511999999999", "+52 1 55 1234 5678", "(202) 555-0101", "١٢٣"])),
    wrong: text((phone) => {
      const found = waIdOf(phone, "IT");
      if (found !== null && !/^\d{5,17}$/.test(found)) return `not digits: ${found}`;
      return [...phoneVariants(phone), ...(found === null ? [] : phoneVariants(found))].every(
        (one) => typeof one === "string",
      )
        ? null
        : "a variant that is none";
    }),
  },
  cards: {
    make: (random) =>
      bent(
        random,
        oneOf(random, [
          "4111 1111 1111 1111",
          "My card 5500-0000-0000-0004 12/29 123",
          "IT60 X054 2811 1010 0000 0123 456",
        ]),
      ),
    wrong: text((said) => {
      const once = maskCardNumbers(said);
      // A card's digits may stand in an account's number, which is left, until what is masked beside them makes it none.
      if (/[A-Z]{2}\d{2}/.test(said)) return null;
      // In a run of hundreds of digits many overlap, and nobody can say which of them was meant.
      if ((said.match(/\p{Nd}/gu)?.length ?? 0) > 60) return null;
      return maskCardNumbers(once.text).text === once.text ? null : "masked again, it is another";
    }),
  },
  words: {
    make: (random) => aText(random, 4_096),
    wrong: text((said) => {
      const html = renderHtml(said);
      if (/<(?!\/?(b|i|s|code|pre|ul|ol|li|blockquote|br|a|p|bdi|span|div|em|strong|del)\b)/.test(html))
        return "an element that is not promised";
      if (renderName(said).includes("<script")) return "script in a name";
      if (toPlain(parseMarkup(said)) !== toPlain(said)) return "another plain text of the tree";
      // A single character that is longer than a message is refused.
      const unsplit = refusedAs("payload_invalid", () => {
        for (const piece of splitText(said, 1_000))
          if (piece.length > 1_000) throw new RangeError("a piece is too long");
      });
      if (unsplit !== null) return unsplit;
      if (!preview(said).isWellFormed() || preview(said).includes("\n")) return "a preview of several lines";
      return soughtWords(said).length > 0 && !isFound(wordsOf(said), soughtWords(said)) ? "not found by itself" : null;
    }),
    withinMs: 400,
  },
  options: {
    make: (random) => bentJson(random, OPTIONS),
    wrong: (made) =>
      refusedAs("config_invalid", () => {
        new ConversationManager({
          ...(made as object),
          storage: memoryStorage(),
          transport: { send: () => Promise.reject(new Error("nobody sends")) },
        } as never);
      }),
    withinMs: 500,
  },
};

/** One case of a target. @returns what went wrong, with what; null when nothing did */
export async function tried(
  { make, wrong, withinMs = 50 }: Target,
  seed: number,
  seeded: (seed: number) => Random,
): Promise<string | null> {
  const random = seeded(seed);
  const made = make(random);
  let fastest = Infinity;
  // What is slow once may have waited for others; thrice, it is slow.
  for (let time = 0; time < 3 && fastest > withinMs; time++) {
    const at = performance.now();
    let said: string | null;
    try {
      said = await wrong(made, random);
    } catch (error) {
      said = `it threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    }
    fastest = Math.min(fastest, performance.now() - at);
    if (said !== null) return `${said}\n${textOf(made)}`;
    if (Object.keys(Object.prototype).length > 0 || "polluted" in {}) return `a prototype was changed\n${textOf(made)}`;
  }
  return fastest > withinMs ? `it took ${fastest.toFixed(0)} ms\n${textOf(made)}` : null;
}
