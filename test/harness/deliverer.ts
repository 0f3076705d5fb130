import { setTimeout as delay } from "node:timers/promises";
import { request } from "undici";
import { delivery, type GuestText } from "./hotel.js";

/** Milliseconds between attempts, and without an answer. */
const AGAIN_MS = { first: 30, most: 1_000 };
const ANSWER_MS = 5_000;

export interface Deliverer {
  /** Posts these messages in one delivery, again and again until it is answered 200, as Meta does. */
  readonly deliver: (texts: readonly GuestText[]) => Promise<void>;
  /** Posts them once. @returns whether the answer was 200 */
  readonly tryOnce: (texts: readonly GuestText[]) => Promise<boolean>;
  /** How many deliveries were answered 200. */
  readonly acknowledged: number;
  /** How often one was posted. */
  readonly posted: number;
}

/** Meta's side of the webhook: signs, posts, and tries again until 200. What a batch holds is its caller's to cut. */
export function deliverer(base: string): Deliverer {
  const count = { acknowledged: 0, posted: 0 };

  async function attempt({ body, signature }: ReturnType<typeof delivery>): Promise<boolean> {
    count.posted += 1;
    try {
      const answer = await request(`${base}/webhooks/whatsapp`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-hub-signature-256": signature },
        body,
        // Behind a load balancer each delivery may come to another process.
        reset: true,
        headersTimeout: ANSWER_MS,
      });
      await answer.body.dump();
      if (answer.statusCode !== 200) return false;
      count.acknowledged += 1;
      return true;
    } catch {
      // Nobody there, or nobody answers: Meta tries again.
      return false;
    }
  }

  return {
    deliver: async (texts) => {
      const signed = delivery(texts);
      for (let tried = 0; !(await attempt(signed)); tried++)
        await delay(Math.min(AGAIN_MS.most, AGAIN_MS.first * 2 ** tried));
    },
    tryOnce: (texts) => attempt(delivery(texts)),
    get acknowledged() {
      return count.acknowledged;
    },
    get posted() {
      return count.posted;
    },
  };
}
