import { UNROUTED_HOTEL_ID } from "./hotel.js";
import type { Principal, StaffRole } from "./principal.js";

export const PERMISSIONS = [
  "conversation.list",
  "conversation.read",
  "conversation.reply",
  "conversation.write",
  "conversation.note",
  "conversation.typing",
  "conversation.markRead",
  "conversation.markUnread",
  "conversation.transfer",
  "conversation.close",
  "conversation.reopen",
  "conversation.assign",
  "conversation.unassign",
  "conversation.assignOthers",
  "conversation.prioritise",
  "conversation.tag",
  "conversation.snooze",
  "conversation.unsnooze",
  "conversation.takeover",
  "conversation.giveback",
  "message.explain",
  "message.resend",
  "message.resolve",
  "mention.list",
  "guest.read",
  "guest.consent",
  "guest.merge",
  "savedReply.list",
  "savedReply.write",
  "template.list",
  "template.sync",
  "events.list",
  "audit.list",
  "sender.list",
  "sender.resume",
  "dead.list",
  "dead.replay",
  "kept.list",
  "kept.reprocess",
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** What a principal may see: hotels, and in each the departments or all of it. Storage puts it into the query itself. */
export type Reach = "everything" | { readonly hotels: ReadonlyMap<string, readonly string[] | "all"> };

const AGENT = [
  "conversation.list",
  "conversation.read",
  "conversation.reply",
  "conversation.write",
  "conversation.note",
  "conversation.typing",
  "conversation.markRead",
  "conversation.markUnread",
  "conversation.transfer",
  "conversation.close",
  "conversation.reopen",
  "conversation.assign",
  "conversation.unassign",
  "conversation.prioritise",
  "conversation.tag",
  "conversation.snooze",
  "conversation.unsnooze",
  "conversation.takeover",
  "conversation.giveback",
  "message.explain",
  "message.resend",
  "message.resolve",
  "mention.list",
  "guest.read",
  "guest.consent",
  "savedReply.list",
  "template.list",
] as const satisfies readonly Permission[];

const BY_ROLE: Record<StaffRole, ReadonlySet<Permission>> = {
  agent: new Set(AGENT),
  manager: new Set([
    ...AGENT,
    "conversation.assignOthers",
    "guest.merge",
    "savedReply.write",
    "events.list",
    "audit.list",
    "sender.list",
    "dead.list",
    "kept.list",
  ] as const),
  admin: new Set(PERMISSIONS),
};

const OPERATOR: ReadonlySet<Permission> = new Set([
  "template.list",
  "template.sync",
  "events.list",
  "sender.list",
  "sender.resume",
  "dead.list",
  "dead.replay",
  "kept.list",
  "kept.reprocess",
] as const);

const NOTHING: Reach = { hotels: new Map() };

/**
 * The one access function: what `principal` reaches when it does `permission`. Everything that reads or changes asks
 * here; storage applies the answer in its queries, so what is out of reach looks exactly like what does not exist.
 */
export function reach(principal: Principal, permission: Permission): Reach {
  switch (principal.kind) {
    case "system":
      return "everything";
    case "operator":
      return OPERATOR.has(permission) ? "everything" : NOTHING;
    case "staff":
      if (!BY_ROLE[principal.role].has(permission)) return NOTHING;
      return { hotels: new Map(Object.entries(principal.hotels).filter(([id]) => id !== UNROUTED_HOTEL_ID)) };
  }
}

/** Whether a thing of this hotel and department (null: none yet) lies within `reach`. */
export function reaches(reach: Reach, hotelId: string, departmentId: string | null): boolean {
  if (reach === "everything") return true;
  const departments = reach.hotels.get(hotelId);
  if (departments === undefined) return false;
  return departments === "all" || (departmentId !== null && departments.includes(departmentId));
}
