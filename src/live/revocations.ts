import type { LiveStorage, RevokedPrincipal } from "../ports/live-storage.js";

/** Whose rights have changed lately, as the storage says. */
export interface Revocations {
  /** Looks now. Whoever asks while a look is under way shares it. Rejects as the storage does. */
  look(): Promise<void>;
  /** Resolves when a look that began at most so long ago has ended. @param ms milliseconds */
  within(ms: number): Promise<void>;
  /** Whether somebody's rights were found changed after an instant, of the last minute. @param since of the monotonic clock */
  since(principal: RevokedPrincipal, since: number): boolean;
}

/** Milliseconds for which it is remembered: longer than anybody takes between being recognised and being connected. */
const REMEMBERED_MS = 60_000;

/** @param now milliseconds of a clock that does not jump @param revoked is called for each, once */
export function revocations(
  storage: Pick<LiveStorage, "revocations">,
  now: () => number,
  revoked: (principal: RevokedPrincipal) => void,
): Revocations {
  let after: number | null = null;
  let beganAt = -Infinity;
  let looking: { readonly beganAt: number; readonly done: Promise<void> } | null = null;
  const recent = new Map<string, number>();

  async function look(began: number): Promise<void> {
    const { upTo, principals } = await storage.revocations({ after });
    after = upTo;
    beganAt = began;
    for (const principal of principals) {
      recent.delete(keyOf(principal));
      recent.set(keyOf(principal), now());
      revoked(principal);
    }
    // The oldest stand first.
    for (const [key, at] of recent) {
      if (now() - at <= REMEMBERED_MS) break;
      recent.delete(key);
    }
  }

  function begin(): Promise<void> {
    const began = now();
    const done = look(began).finally(() => {
      looking = null;
    });
    looking = { beganAt: began, done };
    return done;
  }

  return {
    look: () => looking?.done ?? begin(),
    async within(ms) {
      const soonEnough = now() - ms;
      if (beganAt >= soonEnough) return;
      if (looking !== null && looking.beganAt < soonEnough) await looking.done;
      if (beganAt < soonEnough) await (looking?.done ?? begin());
    },
    since: (principal, since) => (recent.get(keyOf(principal)) ?? -Infinity) >= since,
  };
}

export const keyOf = ({ kind, id }: RevokedPrincipal): string => `${kind}:${id}`;
