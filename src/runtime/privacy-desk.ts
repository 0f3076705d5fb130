import { auditId } from "../decide/ids.js";
import { reach, reaches, type Permission, type Reach } from "../domain/access.js";
import type { Attachment } from "../domain/attachment.js";
import type { AuditEntry } from "../domain/audit.js";
import { noChange } from "../domain/change.js";
import { UNROUTED_HOTEL_ID } from "../domain/hotel.js";
import { PRUNABLE, type Erasure, type PrunePolicy } from "../domain/privacy.js";
import type { Principal } from "../domain/principal.js";
import { ConversationError } from "../errors.js";
import { failpoint } from "../failpoints.js";
import { EXPORTED, type StoredRecord } from "../ports/privacy-storage.js";
import type { DeskOptions } from "./desk.js";
import { eraseOn, type Erasing } from "./erase.js";
import { limitOf } from "./lists.js";
import { recipientOf } from "./outbound-desk.js";
import {
  GUEST_EXPORT_VERSION,
  type ErasureReport,
  type ExportRecord,
  type GuestRef,
  type LongWork,
  type PrivacyDesk,
} from "./privacy-api.js";
import { pruneHotel, tally } from "./prune.js";
import { timeOf } from "./storage-clock.js";

/** Records that are read by one statement. */
const EXPORT_PAGE = 200;
const DAY_MS = 24 * 60 * 60 * 1_000;
/** The oldest that an age may be, in days: a hundred years. */
const AGE_MOST = 36_500;

interface Whose {
  readonly hotelId: string;
  readonly guestId: string;
}

/** What the law wants, for one principal. */
export function privacyDesk(principal: Principal, options: DeskOptions): PrivacyDesk {
  const { storage, roles, ids, cursors, publish, media, dedupRetentionMs = 30 * DAY_MS } = options;
  const reachFor = (permission: Permission) => reach(principal, permission, roles);
  const erasing: Erasing = { storage, media, publish };

  /** Of the whole hotel: what is kept of a guest stands in all of its departments. */
  async function whose(ref: GuestRef, permission: Permission): Promise<Whose> {
    const within = reachFor(permission);
    if (typeof ref === "string") {
      const { guests } = await storage.loadGuests({ reach: within, guestIds: [ref] });
      const guest = guests[0]?.guest;
      if (guest === undefined || !reaches(within, guest.hotelId, null)) throw new ConversationError("not_found");
      return { hotelId: guest.hotelId, guestId: guest.id };
    }
    const { hotel, ...to } = ref;
    const address = recipientOf(to);
    if ("guestId" in address || !reaches(within, hotel, null)) throw new ConversationError("not_found");
    const found = await storage.findGuests({ reach: within, hotelId: hotel, addresses: [address] });
    // Who had it before is somebody else.
    const holder = found.find(({ addresses }) =>
      addresses.some(({ kind, value }) => kind === address.kind && value === address.value),
    );
    if (holder === undefined) throw new ConversationError("not_found");
    return { hotelId: hotel, guestId: holder.id };
  }

  const entry = (
    action: Permission,
    reason: string,
    target: AuditEntry["target"],
  ): Omit<AuditEntry, "hotelId" | "at"> => ({
    id: auditId(ids()),
    actor: { kind: principal.kind, id: principal.id },
    action,
    reason,
    target,
  });

  async function write(hotelId: string, audit: ReturnType<typeof entry>): Promise<void> {
    const change = { ...noChange(hotelId), audit: [{ ...audit, hotelId, at: await timeOf(storage) }] };
    await storage.commit(hotelId, [{ change, lane: null, completes: [], failed: null }]);
  }

  async function erase({ hotelId, guestId }: Whose, reason: string, work: LongWork): Promise<ErasureReport> {
    const guest = { hotelId, guestId };
    if (work.dryRun === true) {
      const [counts, told] = await Promise.all([
        storage.countErasure(guest),
        storage.personalData({ ...guest, part: "guest", after: null, limit: 1 }),
      ]);
      if (counts === null || told === null) throw new ConversationError("not_found");
      return { erasure: null, hotelId, guestIds: told.guestIds, dryRun: true, counts };
    }
    const id = `ers_${ids()}`;
    const audit = entry("guest.erase", reason, { kind: "erasure", id });
    if (BELLDESK_FAILPOINTS) await failpoint("erase.beginning");
    const begun = await storage.beginErasure({ ...guest, id, audit });
    if (BELLDESK_FAILPOINTS) await failpoint("erase.begun");
    if (begun === null) throw new ConversationError("not_found");
    publish(begun.events);
    // Their own page shows nothing of it any more.
    for (const gone of begun.erasure.guestIds) await options.rightsChanged?.({ kind: "guest", id: gone });
    const counts = tally(begun.counts);
    await eraseOn(erasing, { hotelId, id }, (step) => {
      counts.add(step);
      work.onProgress?.({ what: Object.keys(step)[0] ?? "", done: counts.sum() });
    });
    const at = new Date(begun.erasure.at.getTime() - 1);
    const { items } = await storage.erasures({ hotelId, after: { at, id: "" }, limit: 100 });
    const erasure = items.find((one) => one.id === id) ?? begun.erasure;
    return { erasure, hotelId, guestIds: erasure.guestIds, dryRun: false, counts: counts.all() };
  }

  async function* records(
    { hotelId, guestId }: Whose,
    guestIds: readonly string[],
    at: Date,
    asked: { readonly notes: boolean; readonly files: boolean } & LongWork,
  ): AsyncGenerator<ExportRecord> {
    const { notes, files } = asked;
    const counts = tally({});
    const told = (what: string) => {
      counts.add({ [what]: 1 });
      asked.onProgress?.({ what, done: counts.sum() });
    };
    yield { type: "export", version: GUEST_EXPORT_VERSION, hotelId, guestIds, at, notes, files };
    for (const part of EXPORTED) {
      let after: string | null = null;
      do {
        const page = await storage.personalData({ hotelId, guestId, part, after, limit: EXPORT_PAGE });
        // Erased meanwhile: what was told is not all, which the missing end says.
        if (page === null) throw new ConversationError("not_found");
        for (const record of page.records) {
          const shown = notes ? record : withoutNotes(record);
          if (shown === null) continue;
          yield shown;
          told(shown.type);
          if (!files || shown.type !== "attachment") continue;
          const file = await openFile(shown.attachment);
          if (file === null) continue;
          yield file.record;
          file.discard();
          told("file");
        }
        after = page.next;
      } while (after !== null);
    }
    yield { type: "end", counts: counts.all() };
  }

  async function openFile({ id, hotelId, state, file }: Attachment) {
    if (media === null || file === null || state !== "stored") return null;
    const stored = await media.store.open({ hotelId, id: file.id });
    if (stored === null) return null;
    const record = {
      type: "file",
      attachmentId: id,
      mimeType: file.mimeType,
      sizeBytes: stored.sizeBytes,
      bytes: stored.bytes,
    } as const;
    return { record, discard: stored.discard };
  }

  async function known(within: Reach, hotelId: string): Promise<void> {
    if (!reaches(within, hotelId, null) || (await options.hotels.byId(hotelId)) === null)
      throw new ConversationError("not_found");
  }

  /** The hotels that are reached wholly. */
  async function hotelsIn(permission: Permission, asked: string | undefined): Promise<readonly string[]> {
    const within = reachFor(permission);
    if (asked !== undefined) {
      await known(within, asked);
      return [asked];
    }
    if (within === "everything") return hotelsStored(storage);
    if ("guest" in within) return [];
    return [...within.hotels.keys()].filter((hotelId) => reaches(within, hotelId, null));
  }

  return {
    async eraseGuest(guest, { reason, ...work }) {
      return erase(await whose(guest, "guest.erase"), reason, work);
    },

    async exportGuest(guest, { notes = false, files = true, ...work } = {}) {
      const { hotelId, guestId } = await whose(guest, "guest.export");
      const first = await storage.personalData({ hotelId, guestId, part: "guest", after: null, limit: 1 });
      if (first === null) throw new ConversationError("not_found");
      if (work.dryRun !== true)
        await write(
          hotelId,
          entry("guest.export", notes ? "export with notes" : "export", { kind: "guest", id: guestId }),
        );
      return records({ hotelId, guestId }, first.guestIds, first.now, {
        notes,
        files: files && work.dryRun !== true,
        ...work,
      });
    },

    async erasures(hotelId, query = {}) {
      if (!reaches(reachFor("guest.erase"), hotelId, null)) return { items: [], nextCursor: null };
      const cursor = cursors.of("erasures", { hotelId }).point;
      const page = await storage.erasures({ hotelId, after: cursor.decode(query.cursor), limit: limitOf(query) });
      return { items: page.items, nextCursor: cursor.encode(page.next) };
    },

    async reapplyErasures(hotelId, erasures, work = {}) {
      await known(reachFor("guest.erase"), hotelId);
      const erased: ErasureReport[] = [];
      let read = 0;
      for await (const erasure of erasures as AsyncIterable<Erasure>) {
        read += 1;
        if (erasure.hotelId !== hotelId) continue;
        const back = await storage.reapplyErasure(erasure, work.dryRun === true);
        for (const guestId of back) {
          try {
            erased.push(await erase({ hotelId, guestId }, "reapplied", work));
          } catch (error) {
            // Merged into one who is erased by now.
            if (!ConversationError.is(error) || error.code !== "not_found") throw error;
          }
        }
      }
      return { dryRun: work.dryRun === true, read, erased };
    },

    async prune(policy, { hotel, ...work } = {}) {
      checkPolicy(policy, dedupRetentionMs);
      const counts = tally({});
      for (const hotelId of await hotelsIn("data.prune", hotel)) {
        const own = await pruneHotel({ storage, media }, hotelId, policy, {
          dryRun: work.dryRun === true,
          onStep: (step) => {
            counts.add(step);
            work.onProgress?.({ what: Object.keys(step)[0] ?? "", done: counts.sum() });
          },
        });
        if (own > 0 && work.dryRun !== true)
          await write(hotelId, entry("data.prune", "prune", { kind: "hotel", id: hotelId }));
      }
      return { dryRun: work.dryRun === true, counts: counts.all() };
    },
  };
}

/** Every hotel of which something is stored, and what is nobody's. */
export async function hotelsStored(storage: DeskOptions["storage"]): Promise<readonly string[]> {
  const { places } = await storage.snapshot({ reach: "everything", limit: 1 });
  return [...new Set([...places.map(({ hotelId }) => hotelId), UNROUTED_HOTEL_ID])];
}

/** @throws {ConversationError} `request_invalid` */
function checkPolicy(policy: PrunePolicy, dedupRetentionMs: number): void {
  const issues = PRUNABLE.flatMap((what) => {
    const days = policy[what];
    if (days === undefined) return [];
    if (!Number.isInteger(days) || days < 1 || days > AGE_MOST)
      return [{ path: what, message: `a whole number of days from 1 to ${String(AGE_MOST)}` }];
    return what === "dedupKeys" && days * DAY_MS < dedupRetentionMs
      ? [{ path: what, message: "not younger than webhook.dedupRetentionMs" }]
      : [];
  });
  const unknown = Object.keys(policy).filter((key) => !(PRUNABLE as readonly string[]).includes(key));
  const all = [...issues, ...unknown.map((path) => ({ path, message: "nothing that can be pruned" }))];
  if (all.length > 0) throw new ConversationError("request_invalid", { issues: all });
}

/** What staff say among themselves is left out: notes, tags, and a preview that may be a note's. null: nothing is left. */
function withoutNotes(record: StoredRecord): StoredRecord | null {
  if (record.type === "message") return record.message.direction === "internal" ? null : record;
  if (record.type !== "conversation") return record;
  return { ...record, conversation: { ...record.conversation, tags: [], lastMessagePreview: "" } };
}
