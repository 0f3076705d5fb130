import type { Letter, PostAnswer } from "../mailbag.js";

/**
 * What happens to one message of a guest's on its way to the host. `twice`: it is brought again right after it was answered 200.
 * `answerLost`: the host's 200 never comes, so it is brought again. `late`: it is held back for `byMs` milliseconds of the clock, and what the guest
 * does meanwhile goes past it. `overtaken`: it is held back until the guest's next message has been brought, or for `byMs`.
 */
export type Mishap =
  { readonly kind: "twice" | "answerLost" } | { readonly kind: "late" | "overtaken"; readonly byMs: number };

/** One try to bring something to the host. */
export interface Delivery {
  /** Of what was brought in one body, in order; null for what is no message. */
  readonly wamids: readonly (string | null)[];
  /** When, as ISO text. */
  readonly at: string;
  /** Of HTTP; null when nobody answered. */
  readonly status: number | null;
  /** The answer was given and never came. */
  readonly isLost: boolean;
}

/** So many tries are remembered: it is to be looked at, no proof. */
const REMEMBERED = 200;

/** How what guests do travels to the host. */
export interface Mishaps {
  /** What guests do next meets these, one each; reports meet none. */
  expect(...next: readonly Mishap[]): void;
  readonly deliveries: readonly Delivery[];
  tried(letters: readonly Letter[], answer: PostAnswer, at: Date): void;
  /**
   * Brings what somebody did in a chat, after all that they did there before, as the next mishap has it.
   * @param wait resolves after so many milliseconds of the clock @param bring posts it until the host has it
   */
  deliver(chat: string, wait: (ms: number) => Promise<void>, bring: (losing?: number) => Promise<void>): Promise<void>;
}

export function mishaps(): Mishaps {
  const coming: Mishap[] = [];
  const deliveries: Delivery[] = [];
  /** What is being brought, by chat: the next waits for it. */
  const before = new Map<string, Promise<void>>();
  /** Who waits until something of a chat was brought. */
  const overtaken = new Map<string, Set<() => void>>();

  async function inTurn(chat: string, bring: () => Promise<void>): Promise<void> {
    const mine = (before.get(chat) ?? Promise.resolve()).then(bring);
    const over = mine.catch(() => undefined);
    before.set(chat, over);
    void over.then(() => {
      if (before.get(chat) === over) before.delete(chat);
    });
    await mine;
    for (const go of overtaken.get(chat) ?? []) go();
  }

  /** Resolves when something else of the chat was brought, or the time is over. */
  function passed(chat: string, over: Promise<void>): Promise<void> {
    const waiting = overtaken.get(chat) ?? new Set();
    overtaken.set(chat, waiting);
    return new Promise((resolve) => {
      const go = (): void => {
        waiting.delete(go);
        resolve();
      };
      waiting.add(go);
      void over.then(go);
    });
  }

  return {
    expect(...next) {
      coming.push(...next);
    },
    deliveries,
    tried(letters, { status, isLost }, at) {
      const wamids = letters.map((letter) => (letter.kind === "message" ? letter.wamid : letter.about.wamid));
      deliveries.push({ wamids, at: at.toISOString(), status, isLost });
      if (deliveries.length > REMEMBERED) deliveries.shift();
    },
    async deliver(chat, wait, bring) {
      const mishap = coming.shift();
      switch (mishap?.kind) {
        case undefined:
          return inTurn(chat, bring);
        case "twice":
          await inTurn(chat, bring);
          return bring();
        case "answerLost":
          return inTurn(chat, () => bring(1));
        case "late":
          await wait(mishap.byMs);
          return bring();
        case "overtaken":
          await passed(chat, wait(mishap.byMs));
          return bring();
      }
    },
  };
}
