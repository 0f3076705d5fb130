import { setTimeout as delay } from "node:timers/promises";
import { auditId } from "../decide/ids.js";
import { noChange } from "../domain/change.js";
import { policyFor, type PrunePolicy } from "../domain/privacy.js";
import { codeOf } from "../errors.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { Ids } from "../ports/ids.js";
import type { Logger } from "../ports/logger.js";
import type { Storage } from "../ports/storage.js";
import { eraseOn, type Erasing } from "./erase.js";
import { hotelsStored } from "./privacy-desk.js";
import { pruneHotel } from "./prune.js";
import { timeOf } from "./storage-clock.js";

export interface PrivacySweepOptions extends Omit<Erasing, "storage"> {
  readonly storage: Storage;
  readonly hotels: Pick<HotelsPort, "byId">;
  readonly ids: Ids;
  readonly logger: Logger;
  /** Milliseconds between two sweeps, and between two looks at what has grown old. */
  readonly everyMs: number;
  readonly pruneMs: number;
  /** Of the hotels that have none of their own. */
  readonly policy: PrunePolicy;
}

/** Erasures of one sweep. */
const ERASURES = 20;

/** Goes on with erasures that were broken off, and deletes what the settings say is too old. All processes may do it at once. */
export function privacySweep(options: PrivacySweepOptions) {
  const { storage, hotels, media, publish, ids, logger, everyMs, pruneMs, policy } = options;
  const stopping = new AbortController();
  const isStopping = () => stopping.signal.aborted;
  let running: Promise<void> | null = null;

  async function erase(): Promise<void> {
    for (const erasure of await storage.unfinishedErasures({ limit: ERASURES })) {
      if (isStopping()) return;
      await eraseOn({ storage, media, publish }, erasure, undefined, isStopping);
    }
  }

  async function prune(): Promise<void> {
    for (const hotelId of await hotelsStored(storage)) {
      if (isStopping()) return;
      const own = policyFor(policy, (await hotels.byId(hotelId))?.retention);
      if ((await pruneHotel({ storage, media }, hotelId, own, { isStopping })) === 0) continue;
      const audit = {
        id: auditId(ids()),
        hotelId,
        actor: { kind: "system", id: "desk" },
        action: "data.prune",
        reason: "retention",
        target: { kind: "hotel", id: hotelId },
        at: await timeOf(storage),
      } as const;
      const change = { ...noChange(hotelId), audit: [audit] };
      await storage.commit(hotelId, [{ change, lane: null, completes: [], failed: null }]);
    }
  }

  async function once(withOld: boolean): Promise<void> {
    for (const step of withOld ? [erase, prune] : [erase]) {
      try {
        await step();
      } catch (error) {
        logger.warn({ code: codeOf(error) }, "what is to be erased or too old could not be gone through");
      }
    }
  }

  async function run(): Promise<void> {
    const every = Math.max(1, Math.round(pruneMs / everyMs));
    for (let round = 0; !isStopping(); round++) {
      await delay(everyMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      if (!isStopping()) await once(round % every === 0);
    }
  }

  return {
    start(): void {
      running ??= run();
    },
    async stop(): Promise<void> {
      stopping.abort();
      await running;
    },
    /** All that there is to do, at once. */
    now: () => once(true),
  };
}

export type PrivacySweep = ReturnType<typeof privacySweep>;
