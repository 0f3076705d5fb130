import { setTimeout as delay } from "node:timers/promises";
import { healthOf, type Health } from "../decide/health.js";
import { codeOf, ConversationError } from "../errors.js";
import type { Storage } from "../ports/storage.js";

/** Milliseconds: whoever probes gives up after a second or two. */
const DEADLINE_MS = 1_000;

/** Asks the storage how the work stands; whatever it says or does not say, there is an answer within a second. */
/** @param refused why the latest webhook could not be stored; null where it was */
export async function health(storage: Pick<Storage, "pulse">, ready: boolean, refused: string | null): Promise<Health> {
  if (!ready) return healthOf(false, null, null);
  const over = new AbortController();
  const late = delay(DEADLINE_MS, null, { signal: over.signal }).then(() => {
    throw new ConversationError("storage_timeout");
  });
  // Lost the race, it rejects to nobody.
  late.catch(() => undefined);
  try {
    return healthOf(true, await Promise.race([storage.pulse(), late]), refused);
  } catch (error) {
    return healthOf(true, null, codeOf(error));
  } finally {
    over.abort();
  }
}
