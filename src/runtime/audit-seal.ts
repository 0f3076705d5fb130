import { setTimeout as delay } from "node:timers/promises";
import { codeOf } from "../errors.js";
import type { AuditAnchor } from "../ports/audit-anchor.js";
import type { AuditStorage } from "../ports/audit-storage.js";
import type { Logger } from "../ports/logger.js";
import { linksOf } from "./audit-chain.js";

export interface AuditSealOptions {
  readonly storage: Pick<AuditStorage, "auditToSeal" | "sealAudit" | "auditToAnchor" | "auditAnchored">;
  /** null: nobody keeps where chains end. */
  readonly anchor: AuditAnchor | null;
  readonly logger: Logger;
  /** Milliseconds between two rounds. */
  readonly everyMs: number;
}

/** Hotels that are looked at by one statement, and entries of each. */
const HOTELS = 20;
const ENTRIES = 200;

/** Seals what was written, and has it anchored. All processes may do it at once: the database decides whose link counts. */
export function auditSeal({ storage, anchor, logger, everyMs }: AuditSealOptions) {
  const stopping = new AbortController();
  let running: Promise<void> | null = null;

  /** @returns whether there is more to seal of a hotel that was looked at */
  async function sealed(): Promise<boolean> {
    let more = false;
    for (let after: string | null = null; !stopping.signal.aborted;) {
      const hotels = await storage.auditToSeal({ after, hotels: HOTELS, entries: ENTRIES });
      for (const { hotelId, version, now, head, entries } of hotels) {
        try {
          await storage.sealAudit({ hotelId, version, sealedAt: now, links: linksOf(head, entries, now) });
          more ||= entries.length === ENTRIES;
        } catch (error) {
          // One hotel's must not keep the others' unsealed.
          logger.warn({ hotelId, code: codeOf(error) }, "a hotel's audit could not be sealed");
        }
      }
      if (hotels.length < HOTELS) return more;
      after = hotels.at(-1)?.hotelId ?? null;
    }
    return false;
  }

  async function anchored(to: AuditAnchor): Promise<void> {
    for (let after: string | null = null; !stopping.signal.aborted;) {
      const heads = await storage.auditToAnchor({ after, limit: HOTELS });
      for (const head of heads) {
        try {
          await to.keep(head);
          await storage.auditAnchored(head);
        } catch (error) {
          logger.warn(
            { hotelId: head.hotelId, code: codeOf(error) },
            "the end of a hotel's audit could not be anchored",
          );
        }
      }
      if (heads.length < HOTELS) return;
      after = heads.at(-1)?.hotelId ?? null;
    }
  }

  async function once(): Promise<void> {
    try {
      while (await sealed());
    } catch (error) {
      logger.warn({ code: codeOf(error) }, "the audit could not be sealed");
    }
    if (anchor === null) return;
    try {
      await anchored(anchor);
    } catch (error) {
      logger.warn({ code: codeOf(error) }, "the audit could not be anchored");
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await once();
      await delay(everyMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
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
    now: once,
  };
}

export type AuditSeal = ReturnType<typeof auditSeal>;
