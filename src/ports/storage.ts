import type { Finding } from "../domain/finding.js";
import type { AttachmentStorage } from "./attachment-storage.js";
import type { AuditStorage } from "./audit-storage.js";
import type { LiveStorage } from "./live-storage.js";
import type { HostStorage } from "./host-storage.js";
import type { PrivacyStorage } from "./privacy-storage.js";
import type { ReadStorage } from "./read-storage.js";
import type { StayStorage } from "./stay-storage.js";
import type { TranslationStorage } from "./translation-storage.js";
import type { WorkStorage } from "./work-storage.js";

/**
 * What the desk asks of a database: intents in our words, no SQL, no transaction handle. Every verb is atomic, every
 * promise is a case of the contract in `belldesk/testing`, named by `@contract`.
 *
 * Every verb may throw `storage_unavailable` or `storage_timeout` (retryable: nothing is known to have happened), and every
 * other error means that nothing did. `storage_busy` (retryable too) says that this call could not be done just now, because somebody
 * holds what it needs or it took too long, while another, or one with less in it, may well go. Every instant it takes or gives is by the database's own clock unless a field says otherwise.
 * An array may name several hotels, and an empty one does nothing. Ids are compared and sorted by their bytes.
 *
 * A lane is in its holder's hands from the claim until it is given back or claimed by another; a lease that has run out
 * lets others claim it, and until one does, it is still the holder's. A lane given back is due at once when it has items
 * left, those remembered meanwhile included, unless a wait is asked for: then it is due after the wait, whatever
 * arrives. A lane without items is never due. An item that is tried again stays first in its lane.
 */
export interface Storage
  extends
    WorkStorage,
    ReadStorage,
    HostStorage,
    LiveStorage,
    AttachmentStorage,
    StayStorage,
    TranslationStorage,
    AuditStorage,
    PrivacyStorage {
  /**
   * Makes ready for work. Refuses an absent or old schema with `schema_missing` unless `migrate` is true, and one
   * that a newer release changed incompatibly with `schema_newer`.
   */
  open(options: { readonly migrate: boolean }): Promise<void>;
  /** Lets go of what `open` took. What the host gave (a pool) stays the host's. */
  close(): Promise<void>;
  /**
   * What an operator should know of the database: whether its schema is right, what its settings mean for what was promised, what runs
   * out. Changes nothing, and may be asked before `open`. Without this method `doctor()` says nothing about it.
   * @contract examine/findings
   */
  examine?(): Promise<readonly Finding[]>;
}
