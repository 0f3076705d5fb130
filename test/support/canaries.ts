import { maskCardNumbers } from "../../src/domain/card-numbers.js";

/** What must not be found: `secret` and `card` nowhere, `guest` (their words, names and phones) where people who run the desk look. */
type Canary = "secret" | "card" | "guest";
/** Where something is told. Guests' words have their place in what staff's pages are told (`body`, `frame`), and in none of the others. */
export type Sink = "log" | "error" | "metric" | "trace" | "body" | "frame";
const GUESTS_PLACE: ReadonlySet<Sink> = new Set(["body", "frame"]);

/** By so many characters it begins; shorter ones are words that anybody says. */
const LENGTH = { secret: 8, card: 12, guest: 10 } as const;
/** What is told is looked through once it is so many characters, and at the end. */
const FLUSH = 4_000_000;
/** Tests of many thousand made-up guests need not have each watched for. */
const CANARIES_MOST = 20_000;

export interface Finding {
  readonly canary: Canary;
  readonly sink: Sink;
  /** What surrounds it. */
  readonly near: string;
}

/** Remembers what guests wrote and which secrets there are, and looks for them in all that is told. */
function canaries() {
  /** By how they begin, so that a text is gone through once, however many there are. */
  const byStart: Record<Canary, Map<string, Set<string>>> = { secret: new Map(), card: new Map(), guest: new Map() };
  let known = 0;
  let told: { readonly sink: Sink; readonly text: string }[] = [];
  let waiting = 0;
  let isOn = false;
  const found: Finding[] = [];

  function add(canary: Canary, text: string): void {
    if (text.length < LENGTH[canary] || known >= CANARIES_MOST) return;
    const start = text.slice(0, LENGTH[canary]);
    const all = byStart[canary].get(start) ?? new Set();
    if (!all.has(text)) known += 1;
    byStart[canary].set(start, all.add(text));
  }

  function look(): void {
    for (const { sink, text } of told) {
      for (const canary of ["secret", "card", "guest"] as const) {
        if (canary === "guest" && GUESTS_PLACE.has(sink)) continue;
        const starts = byStart[canary];
        if (starts.size === 0) continue;
        const length = LENGTH[canary];
        for (let at = 0; at + length <= text.length; at++) {
          const all = starts.get(text.slice(at, at + length));
          if (all === undefined || ![...all].some((one) => text.startsWith(one, at))) continue;
          found.push({ canary, sink, near: text.slice(Math.max(0, at - 60), at + 60) });
          break;
        }
      }
    }
    told = [];
    waiting = 0;
  }

  return {
    /** Nothing is remembered before. */
    begin(): void {
      isOn = true;
    },

    /** Whether anything is remembered: in a test, and in no program. */
    isOn: () => isOn,

    secret: (text: string) => add("secret", text),

    /** A webhook: what is in it is a guest's from now on. */
    webhook(body: Uint8Array, masks = true): void {
      if (!isOn) return;
      for (const text of guestsTexts(body)) {
        add("guest", text);
        if (masks && maskCardNumbers(text).text !== text)
          for (const [number] of text.matchAll(/\d(?:[ .-]?\d){11,18}/g)) add("card", number);
      }
    },

    tell(sink: Sink, text: string): void {
      if (!isOn) return;
      waiting += text.length;
      told.push({ sink, text });
      if (waiting > FLUSH) look();
    },

    /** @returns what was found since the last time */
    end(): readonly Finding[] {
      look();
      known = 0;
      for (const starts of Object.values(byStart)) starts.clear();
      return found.splice(0);
    },
  };
}

/** Bytes of a body that is made to be large, not to be read. */
const BODY_MOST = 256 * 1024;
const SAID: ReadonlySet<string> = new Set(["body", "caption", "name", "wa_id", "from"]);

/** Texts, captions, names and phones of a webhook's messages and contacts; none of one that is not as Meta writes it. */
function guestsTexts(body: Uint8Array): readonly string[] {
  const texts: string[] = [];
  if (body.length > BODY_MOST) return texts;
  try {
    JSON.parse(Buffer.from(body).toString(), (member, value: unknown) => {
      if (typeof value === "string" && SAID.has(member)) texts.push(value);
      return value;
    });
  } catch {
    // No JSON, or deeper than anybody reads.
  }
  return texts;
}

/** The one of this process: of every test file in it, and of the servers that they start. */
const KEY = Symbol.for("belldesk.test.canaries");
const shared = globalThis as unknown as Record<symbol, ReturnType<typeof canaries> | undefined>;
export const watched = (shared[KEY] ??= canaries());
