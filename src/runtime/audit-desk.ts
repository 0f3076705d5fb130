import { reach, reaches, type Permission, type Roles } from "../domain/access.js";
import type { SealedAuditEntry } from "../domain/audit.js";
import type { Principal } from "../domain/principal.js";
import { ConversationError } from "../errors.js";
import type { AuditAnchor } from "../ports/audit-anchor.js";
import type { Storage } from "../ports/storage.js";
import type { Cursors } from "./cursor.js";
import { verifyAudit } from "./audit-verify.js";
import type { Desk } from "./desk-api.js";

export interface AuditDeskOptions {
  readonly storage: Pick<Storage, "sealedAudit">;
  readonly roles: Roles;
  readonly cursors: Cursors;
  readonly anchor?: AuditAnchor | null;
}

const DAY_MS = 86_400_000;
/** Entries of a page: an audit is read whole, so that pages are longer than those that somebody turns. */
const PAGE = { default: 500, most: 1_000 };

/** What one principal takes of a hotel's audit for those who check it, and whether it holds. */
export function auditDesk(
  principal: Principal,
  { storage, roles, cursors, anchor = null }: AuditDeskOptions,
): Pick<Desk, "exportAudit" | "verifyAudit"> {
  const reachFor = (permission: Permission) => reach(principal, permission, roles);

  return {
    async exportAudit({ hotel, cursor, limit = PAGE.default }) {
      const place = cursors.of("audit-export", { hotel }).number;
      const after = place.decode(cursor);
      const most = Math.min(PAGE.most, Math.max(1, Math.trunc(limit)));
      const found = await storage.sealedAudit({ reach: reachFor("audit.export"), hotelId: hotel, after, limit: most });
      const { kept, head, unsealedSince, entries: items } = found;
      const last = items.at(-1)?.n ?? head.n;
      return {
        hotelId: hotel,
        kept,
        head,
        unsealedSince,
        items,
        nextCursor: place.encode(last < head.n ? last : null),
      };
    },

    async verifyAudit({ hotel, keptForDays }) {
      const mine = reachFor("audit.verify");
      if (!reaches(mine, hotel, null)) throw new ConversationError("not_found");
      const read = (after: number | null) =>
        storage.sealedAudit({ reach: mine, hotelId: hotel, after, limit: PAGE.default });
      const first = await read(null);
      const { kept, head, unsealedSince, now } = first;
      async function* entries(): AsyncGenerator<SealedAuditEntry> {
        for (let page = first.entries; page.length > 0;) {
          // What is sealed meanwhile is another time's.
          yield* page.filter(({ n }) => n <= head.n);
          const last = page.at(-1)?.n ?? head.n;
          if (last >= head.n) return;
          page = (await read(last)).entries;
        }
      }
      const verdict = await verifyAudit({
        hotelId: hotel,
        entries: entries(),
        kept,
        head,
        unsealedSince,
        now,
        ...(anchor !== null && { anchors: anchor.kept(hotel) }),
        ...(keptForDays !== undefined && { keptForMs: keptForDays * DAY_MS }),
      });
      // Of a hotel by a misspelt name nothing is said to hold.
      if (verdict.holds && head.n === 0 && unsealedSince === null) throw new ConversationError("not_found");
      return verdict;
    },
  };
}
