import { PRUNABLE, type PrivacyCounts, type PrunePolicy } from "../domain/privacy.js";
import { failpoint } from "../failpoints.js";
import type { Storage } from "../ports/storage.js";
import { removeFiles } from "./media-sweep.js";
import type { MediaDesk } from "./media-work.js";

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Rows that one step takes away. */
const STEP = 1_000;

/** Deletes what a policy says of one hotel, kind by kind, in small steps. @returns how many things went, or would */
export async function pruneHotel(
  { storage, media }: { readonly storage: Pick<Storage, "prune">; readonly media: MediaDesk | null },
  hotelId: string,
  policy: PrunePolicy,
  {
    dryRun = false,
    onStep = () => undefined,
    isStopping = () => false,
  }: {
    readonly dryRun?: boolean;
    readonly onStep?: (counts: PrivacyCounts) => void;
    readonly isStopping?: () => boolean;
  } = {},
): Promise<number> {
  const all = tally({});
  for (const what of PRUNABLE) {
    const days = policy[what];
    if (days === undefined) continue;
    for (let more = true; more && !isStopping();) {
      if (BELLDESK_FAILPOINTS) await failpoint("prune.stepping");
      const step = await storage.prune({ hotelId, what, olderThanMs: days * DAY_MS, limit: STEP, dryRun });
      if (BELLDESK_FAILPOINTS) await failpoint("prune.stepped");
      if (media !== null) await removeFiles(media, step);
      if (BELLDESK_FAILPOINTS) await failpoint("prune.cleaned");
      all.add(step.counts);
      onStep(step.counts);
      ({ more } = step);
    }
  }
  return all.sum();
}

/** Counts that are added up. */
export function tally(from: PrivacyCounts) {
  const counts = new Map<string, number>(Object.entries(from));
  return {
    add(more: PrivacyCounts): void {
      for (const [name, count] of Object.entries(more)) counts.set(name, (counts.get(name) ?? 0) + count);
    },
    sum: (): number => [...counts.values()].reduce((sum, count) => sum + count, 0),
    all: (): PrivacyCounts => Object.fromEntries([...counts].filter(([, count]) => count > 0)),
  };
}
