import { setTimeout as delay } from "node:timers/promises";
import type { PrivacyCounts } from "../domain/privacy.js";
import type { DeskEvent } from "../domain/event.js";
import { failpoint } from "../failpoints.js";
import type { Storage } from "../ports/storage.js";
import { removeFiles } from "./media-sweep.js";
import type { MediaDesk } from "./media-work.js";

export interface Erasing {
  readonly storage: Pick<Storage, "continueErasure">;
  /** null: the desk keeps no files. */
  readonly media: MediaDesk | null;
  readonly publish: (events: readonly DeskEvent[]) => void;
}

/** Rows that one step takes away: what it locks, it locks for milliseconds. */
const STEP = 500;
/** Milliseconds between two looks at whether those who were writing are through; and how long they are waited for before the sweep goes on with it. */
const WAIT_MS = 50;
const PATIENCE_MS = 60_000;

/**
 * Goes on with an erasure until nothing is left. Again, and by several at once, it does what is left to do; a file whose row is gone and whose bytes could not be
 * removed is removed by the sweep of files.
 * @returns whether it is done: false when somebody writes for so long that it is left to the sweep
 */
export async function eraseOn(
  { storage, media, publish }: Erasing,
  erasure: { readonly hotelId: string; readonly id: string },
  onStep: (counts: PrivacyCounts) => void = () => undefined,
  isStopping: () => boolean = () => false,
): Promise<boolean> {
  let waited = 0;
  for (;;) {
    const { state, counts, files, events } = await storage.continueErasure({ ...erasure, limit: STEP });
    if (BELLDESK_FAILPOINTS) await failpoint("erase.stepped");
    publish(events);
    if (media !== null) await removeFiles(media, { files });
    if (BELLDESK_FAILPOINTS) await failpoint("erase.cleaned");
    onStep(counts);
    if (state === "done") return true;
    if (isStopping()) return false;
    if (state !== "waits") continue;
    if (waited >= PATIENCE_MS) return false;
    await delay(WAIT_MS);
    waited += WAIT_MS;
  }
}
