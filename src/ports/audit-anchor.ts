import type { AuditHead } from "../domain/audit.js";

/**
 * Where the ends of hotels' audit chains are kept, out of reach of whoever may write to the database: a bucket with object lock, a table
 * of another department's, a printer. Whoever can write to both can rewrite what was done without a trace.
 *
 * Processes tell it of the same hotel at the same moment: an end may come twice, or after a later one.
 */
export interface AuditAnchor {
  /**
   * Keeps where a hotel's chain ends, for good. Asked after each sealing; when it fails, it is asked again for where the chain ends by
   * then, and nothing waits for it.
   */
  keep(head: AuditHead): Promise<void>;
  /** What was kept of a hotel, in the order in which it came; read once for each `verifyAudit`. */
  kept(hotelId: string): AsyncIterable<AuditHead>;
}
