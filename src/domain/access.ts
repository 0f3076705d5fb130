import { UNROUTED_HOTEL_ID } from "./hotel.js";
import type { Message } from "./message.js";
import type { BuiltInRole, Principal } from "./principal.js";

/** Everything that a role may allow (docs/access.md). */
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
  "conversation.askRating",
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
  "conversation.startFlow",
  "conversation.stopFlow",
  "conversation.approve",
  "conversation.readFlow",
  "conversation.replayFlow",
  "conversation.readStay",
  "conversation.readTasks",
  "conversation.createTask",
  "message.explain",
  "message.resend",
  "message.resolve",
  "attachment.read",
  "attachment.add",
  "attachment.keep",
  "attachment.discard",
  "mention.list",
  "guest.read",
  "guest.consent",
  "guest.merge",
  "guest.erase",
  "guest.export",
  "savedReply.list",
  "savedReply.write",
  "template.list",
  "template.sync",
  "events.list",
  "audit.list",
  "audit.export",
  "audit.verify",
  "times.read",
  "sender.list",
  "sender.resume",
  "dead.list",
  "dead.replay",
  "kept.list",
  "kept.reprocess",
  "pms.apply",
  "data.prune",
] as const;
/** One of them. */
export type Permission = (typeof PERMISSIONS)[number];

/** What a principal may see. Storage puts it into the query itself. */
export type Reach = "everything" | HotelsReach | GuestReach;

/** Hotels, and in each the departments or all of it. */
export interface HotelsReach {
  readonly hotels: ReadonlyMap<string, readonly string[] | "all">;
}

/**
 * A guest's own conversations with one hotel, of whatever department, and those of everybody who turned out to be the same
 * person. Nothing else of the hotel: what does not know of guests sees nothing here.
 */
export interface GuestReach {
  readonly guest: { readonly hotelId: string; readonly id: string };
}

/** What a guest is ever shown of a conversation: what the two said to each other, never what staff say among themselves. */
export const GUEST_DIRECTIONS: readonly Message["direction"][] = ["inbound", "outbound"];

/** What the roles of an installation may do, by the role's name. */
export type Roles = ReadonlyMap<string, ReadonlySet<Permission>>;

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
  "conversation.askRating",
  "conversation.reopen",
  "conversation.assign",
  "conversation.unassign",
  "conversation.prioritise",
  "conversation.tag",
  "conversation.snooze",
  "conversation.unsnooze",
  "conversation.takeover",
  "conversation.giveback",
  "conversation.startFlow",
  "conversation.stopFlow",
  "conversation.approve",
  "conversation.readFlow",
  "conversation.readStay",
  "conversation.readTasks",
  "conversation.createTask",
  "message.explain",
  "message.resend",
  "message.resolve",
  "attachment.read",
  "attachment.add",
  "attachment.keep",
  "attachment.discard",
  "mention.list",
  "guest.read",
  "guest.consent",
  "savedReply.list",
  "template.list",
] as const satisfies readonly Permission[];

const BUILT_IN: Readonly<Record<BuiltInRole, readonly Permission[]>> = {
  agent: AGENT,
  manager: [
    ...AGENT,
    "conversation.assignOthers",
    "conversation.replayFlow",
    "guest.merge",
    "savedReply.write",
    "events.list",
    "audit.list",
    "times.read",
    "sender.list",
    "dead.list",
    "kept.list",
  ],
  admin: PERMISSIONS,
};

/** Roles that every installation has. */
export const BUILT_IN_ROLES: Roles = new Map(
  Object.entries(BUILT_IN).map(([name, permissions]) => [name, new Set<Permission>(permissions)]),
);

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
  "guest.erase",
  "data.prune",
] as const);

/** A guest reads what was said to them and by them. */
const GUEST: ReadonlySet<Permission> = new Set(["conversation.list", "conversation.read", "attachment.read"] as const);

const NOTHING: Reach = { hotels: new Map() };

/**
 * The one access function: what `principal` reaches when it does `permission`. Everything that reads or changes asks
 * here; storage applies the answer in its queries, so what is out of reach looks exactly like what does not exist.
 * @param roles what the installation's roles may do; staff of a role that is not among them reach nothing
 */
export function reach(principal: Principal, permission: Permission, roles: Roles): Reach {
  switch (principal.kind) {
    case "system":
      return "everything";
    case "operator":
      return OPERATOR.has(permission) ? "everything" : NOTHING;
    case "guest": {
      const { hotelId, guestId } = principal;
      // What belongs to no hotel is nobody's conversation.
      if (!GUEST.has(permission) || hotelId === UNROUTED_HOTEL_ID) return NOTHING;
      return { guest: { hotelId, id: guestId } };
    }
    case "staff":
      if (roles.get(principal.role)?.has(permission) !== true) return NOTHING;
      return { hotels: new Map(Object.entries(principal.hotels).filter(([id]) => id !== UNROUTED_HOTEL_ID)) };
  }
}

/**
 * Whether a thing of this hotel and department (null: none yet) lies within `reach`. A guest reaches no department: what is
 * theirs is theirs by whose it is.
 */
export function reaches(reach: Reach, hotelId: string, departmentId: string | null): boolean {
  if (reach === "everything") return true;
  if ("guest" in reach) return false;
  const departments = reach.hotels.get(hotelId);
  if (departments === undefined) return false;
  return departments === "all" || (departmentId !== null && departments.includes(departmentId));
}
