import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { ReportedStatus } from "../domain/delivery-status.js";
import { batched } from "./fake/batch.js";
import type { Refusal } from "./fake/graph-error.js";
import type { Accepted } from "./fake/sends.js";

/** One thing that the host is to hear of: what somebody did, as it is posted, or what a phone did with a message of the hotel's. */
export type Letter =
  | ({ readonly kind: "message" } & News)
  | {
      readonly kind: "report";
      readonly about: Accepted;
      readonly status: ReportedStatus;
      /** Why it failed, when another reason than the usual one is told. */
      readonly failure?: Refusal;
      /** Once it has: the same whenever it is told. */
      happened?: Happened;
    };

/** What a phone's doing is told with. */
export interface Happened {
  /** As ISO text. */
  readonly at: string;
  /** Whether what the message costs stands in it. */
  readonly isPriced: boolean;
}

/** What somebody did. */
export interface News {
  /** null for what is no message. */
  readonly wamid: string | null;
  readonly webhook: object;
  /** In which chat it was done: it comes after what was done there before. Absent for what may come whenever. */
  readonly chat?: string;
}

export interface MailbagOptions {
  readonly webhookUrl: string;
  readonly sign: (body: string) => string;
  /** The webhook of a letter, when it is posted. */
  readonly write: (letter: Letter) => object;
  /** What stood in a mailbag before. */
  readonly saved: readonly Letter[];
  /** Told of each try to bring letters. */
  readonly tried: (letters: readonly Letter[], answer: PostAnswer) => void;
}

/** What became of one try. */
export interface PostAnswer {
  /** Of HTTP; null when nobody was there, or nothing was said in time. */
  readonly status: number | null;
  /** The answer was given, and never came: so it is brought again. */
  readonly isLost: boolean;
}

/** What the host has to hear of and has not answered 200 yet, and the postman who brings it. */
export interface Mailbag {
  /** In the order in which they were added. */
  readonly undelivered: readonly Letter[];
  add<Kind extends Letter>(letter: Kind): Kind;
  /**
   * Posts letters in one body until the answer is 200, as Meta does; then they are out of the bag.
   * @throws {Error} when the answer says that it never will be, which takes them out too; and when the bag is closed first,
   *   which leaves them in
   * @param losing how many answers are lost on their way; none by default
   */
  post(letters: readonly Letter[], losing?: number): Promise<void>;
  /** Posts nothing more. */
  close(): void;
}

/** Milliseconds between deliveries of one webhook until it is answered 200: at first, and at most. */
const REDELIVERY = { first: 50, most: 2_000 };
/** Milliseconds after which a host that says nothing is tried again. */
const ANSWER_MS = 10_000;

export function mailbag({ webhookUrl, sign, write, saved, tried }: MailbagOptions): Mailbag {
  const bag = new Set<Letter>(saved);
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  const { signal } = closing;

  async function post(letters: readonly Letter[], losing = 0): Promise<void> {
    const body = asMetaWrites(batched(letters.map(write)));
    const headers = { "content-type": "application/json", "x-hub-signature-256": sign(body) };
    for (let attempt = 0; !signal.aborted; attempt++) {
      // null: nobody there, so it is delivered again.
      const patience = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
      const response = await fetch(webhookUrl, { method: "POST", body, headers, signal: patience }).catch(() => null);
      const said = (await response?.text().catch(() => "")) ?? "";
      const isLost = response !== null && losing > 0;
      tried(letters, { status: response?.status ?? null, isLost });
      if (isLost) losing--;
      else {
        if (response?.status === 200 || (response !== null && isFinal(response.status)))
          for (const letter of letters) bag.delete(letter);
        if (response?.status === 200) return;
        if (response !== null && isFinal(response.status)) throw new Error(refusal(webhookUrl, response.status, said));
      }
      await delay(Math.min(REDELIVERY.most, REDELIVERY.first * 2 ** attempt), undefined, { signal }).catch(
        () => undefined,
      );
    }
    throw new Error("The WhatsApp for tests was closed before the host answered 200.");
  }

  return {
    get undelivered() {
      return [...bag];
    },
    add(letter) {
      bag.add(letter);
      return letter;
    },
    post,
    close: () => closing.abort(),
  };
}

/** With `\\uXXXX` for whatever is not ASCII, and `\\/`: who signs what was parsed and written again has another signature. */
const asMetaWrites = (webhook: object): string =>
  JSON.stringify(webhook)
    .replaceAll("/", "\\/")
    .replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Refused for what it is, not for when it came. */
const isFinal = (status: number): boolean => status >= 400 && status < 500 && status !== 408 && status !== 429;

/** In the words of the desk's own JSON, or of whatever else answered. */
function refusal(url: string, status: number, said: string): string {
  let why = said.slice(0, 200);
  try {
    const { error } = JSON.parse(said) as { error: { code: string; message: string } };
    why = `${error.code}: ${error.message}`;
  } catch {
    // Not the desk's: a page that says 404, perhaps.
  }
  return `The webhook at ${new URL(url).pathname} answered ${String(status)} ${why}`;
}
