import { withProcessor } from "../decide/processed.js";
import { reach, type Permission, type Roles } from "../domain/access.js";
import type { AuditEntry } from "../domain/audit.js";
import type { Message } from "../domain/message.js";
import type { Principal } from "../domain/principal.js";
import { REASONS } from "../domain/reason.js";
import { ConversationError } from "../errors.js";
import type { PagePoint } from "../ports/read-storage.js";
import type { Storage } from "../ports/storage.js";
import type { Desk } from "./desk-api.js";
import type { ExplanationStep } from "./desk-shapes.js";

export interface ExplainOptions {
  readonly storage: Pick<Storage, "message" | "audit" | "auditEntries">;
  readonly roles: Roles;
}

/** Entries that an explanation has of the conversations at most: the newest. */
const MOST = 50;
/** Entries that are looked at for one conversation at most, in pages of so many: whoever reads writes one each time. */
const LOOKED_AT = { pages: 5, page: 100 };
/** They move no message. */
const READINGS: ReadonlySet<string> = new Set<Permission>(["conversation.markRead", "conversation.markUnread"]);

/** Why a message stands where it stands, as far as one principal may know. */
export function explainDesk(principal: Principal, { storage, roles }: ExplainOptions): Pick<Desk, "explain"> {
  const reachFor = (permission: Permission) => reach(principal, permission, roles);

  return {
    async explain(messageId) {
      const history = await storage.message({ reach: reachFor("message.explain"), messageId });
      if (history === null) throw new ConversationError("not_found");
      const { message, receivedAt, shownIn } = history;
      const received: ExplanationStep[] =
        receivedAt === null
          ? []
          : [{ at: receivedAt, code: "received", says: "The webhook's item was stored before WhatsApp was answered." }];
      const steps = withProcessor(message).map((reason) => ({ ...reason, says: REASONS[reason.code] }));
      const audit = await storage.audit({ hotelId: message.hotelId, targetId: message.id });
      const since = await Promise.all(shownIn.map((conversationId) => doneSince(message, conversationId)));
      const conversationAudit = since.flat().sort(byTime).slice(-MOST);
      const { conversationId } = message;
      return { messageId, conversationId, steps: [...received, ...steps], audit, conversationAudit };
    },
  };

  /** What was done to a conversation since a message, the newest first; nothing for whoever may not read the hotel's audit. */
  async function doneSince({ hotelId, createdAt }: Message, conversationId: string): Promise<readonly AuditEntry[]> {
    const found: AuditEntry[] = [];
    let before: PagePoint | null = null;
    for (let page = 0; page < LOOKED_AT.pages && found.length < MOST; page++) {
      const { items, next }: Awaited<ReturnType<Storage["auditEntries"]>> = await storage.auditEntries({
        reach: reachFor("audit.list"),
        hotelId,
        targetId: conversationId,
        actorId: null,
        before,
        limit: LOOKED_AT.page,
      });
      const later = items.filter(({ at }) => at >= createdAt);
      found.push(...later.filter(({ action, target }) => target.kind === "conversation" && !READINGS.has(action)));
      if (next === null || later.length < items.length) break;
      before = next;
    }
    return found;
  }
}

const byTime = (a: AuditEntry, b: AuditEntry): number =>
  a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
