// Webhooks from one sender to a door, told one by one: when each was posted, and when it was answered.
import { Pool } from "undici";
import type { SignedWebhook } from "./webhooks.js";

export interface Posting {
  /** @returns whether it was answered with 200; false too when the line broke */
  readonly post: (webhook: SignedWebhook) => Promise<boolean>;
  readonly close: () => Promise<void>;
}

export function posting(port: number, connections: number): Posting {
  const pool = new Pool(`http://127.0.0.1:${String(port)}`, { connections });
  return {
    async post({ body, signature }) {
      try {
        const answer = await pool.request({
          path: "/webhook",
          method: "POST",
          headers: { "content-type": "application/json", "x-hub-signature-256": signature },
          body,
        });
        await answer.body.dump();
        return answer.statusCode === 200;
      } catch {
        return false;
      }
    },
    close: () => pool.destroy(),
  };
}

/** Does something with each number below `count`, so many at once, in their order. */
export async function each(count: number, atOnce: number, act: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const one = async () => {
    for (let n = next++; n < count; n = next++) await act(n);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}
