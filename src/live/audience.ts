import { createHash } from "node:crypto";
import { GUEST_DIRECTIONS, reach, reaches, type Reach, type Roles } from "../domain/access.js";
import type { EventType } from "../domain/event.js";
import type { Message } from "../domain/message.js";
import type { GuestPrincipal, StaffPrincipal } from "../domain/principal.js";
import { LIVE_POLICY } from "../runtime/policy.js";

/** By what rights something is shown. Connections with the same rights are told the same. */
export type Viewer = StaffViewer | GuestViewer;

interface StaffViewer {
  readonly kind: "staff";
  /** Equal for those who see the same. */
  readonly key: string;
  readonly hotels: readonly string[];
  readonly list: Reach;
  readonly read: Reach;
  readonly events: Reach;
}

interface GuestViewer {
  readonly kind: "guest";
  readonly key: string;
  readonly hotels: readonly string[];
  /** The guest, or the one into whom they were merged. */
  readonly guestId: string;
}

/** Whom a conversation belongs to, as it is now. */
export interface Belongs {
  readonly departmentId: string | null;
  /** The guest, or the one into whom they were merged. */
  readonly guestId: string;
}

/** What is told of a guest's own conversations. Whatever is not named here is for staff. */
const FOR_GUESTS: ReadonlySet<EventType> = new Set([
  "message.received",
  "message.queued",
  "message.echoed",
  "message.amended",
  "message.attachment",
  "message.status",
  "conversation.opened",
  "conversation.closed",
  "conversation.reopened",
] as const);

/** What staff see live, by what the policy says of it. */
export function staffViewer(principal: StaffPrincipal, roles: Roles): Viewer {
  const [list, read, events] = [LIVE_POLICY.conversations, LIVE_POLICY.messages, LIVE_POLICY.events].map((permission) =>
    reach(principal, permission, roles),
  ) as [Reach, Reach, Reach];
  const hotels = [...new Set([list, read, events].flatMap(hotelsOf))].sort();
  return { kind: "staff", key: JSON.stringify([list, read, events].map(written)), hotels, list, read, events };
}

/** @param staysId the guest's id, or that of the one into whom they were merged */
export function guestViewer(principal: GuestPrincipal, staysId: string, roles: Roles): Viewer {
  const own = reach(principal, LIVE_POLICY.conversations, roles);
  const hotels = own !== "everything" && "guest" in own ? [own.guest.hotelId] : [];
  return { kind: "guest", key: JSON.stringify(["guest", principal.hotelId, staysId]), hotels, guestId: staysId };
}

/**
 * What a client keeps with its places, for the desk to see whether it knows things by other rights than those it has now: then nothing
 * that is told later would put that right.
 */
export const rightsOf = ({ kind, id }: StaffPrincipal | GuestPrincipal, viewer: Viewer): string =>
  createHash("sha256")
    .update(JSON.stringify([kind, id, viewer.key]))
    .digest("base64url");

/**
 * Whether an event is told.
 * @param shownIn the conversation that it is about and those that go on with it, as they are now; null: it is about none
 */
export function seesEvent(
  viewer: Viewer,
  hotelId: string,
  type: EventType,
  shownIn: readonly Belongs[] | null,
): boolean {
  if (viewer.kind === "guest")
    return FOR_GUESTS.has(type) && (shownIn?.some(({ guestId }) => guestId === viewer.guestId) ?? false);
  if (shownIn === null) return reaches(viewer.events, hotelId, null);
  return shownIn.some(({ departmentId }) => reaches(viewer.read, hotelId, departmentId));
}

/** Whether a guest is told of a message at all: no note is theirs. */
export const isForGuests = ({ direction }: Pick<Message, "direction">): boolean => GUEST_DIRECTIONS.includes(direction);

/** Whether a conversation stands in the viewer's list. */
export const isListed = (viewer: Viewer, hotelId: string, { departmentId, guestId }: Belongs): boolean =>
  viewer.kind === "guest" ? guestId === viewer.guestId : reaches(viewer.list, hotelId, departmentId);

/** Whether a conversation may have stood in the viewer's list and does not any more. @param formerly departments that it came from */
export const isGone = (viewer: Viewer, hotelId: string, now: Belongs, formerly: readonly (string | null)[]): boolean =>
  viewer.kind === "staff" &&
  !isListed(viewer, hotelId, now) &&
  formerly.some((departmentId) => reaches(viewer.list, hotelId, departmentId));

const hotelsOf = (reach: Reach): readonly string[] =>
  reach !== "everything" && "hotels" in reach ? [...reach.hotels.keys()] : [];

/** The same text for the same rights, in whatever order they were written. */
const written = (reach: Reach): unknown =>
  reach === "everything" || !("hotels" in reach)
    ? reach
    : [...reach.hotels]
        .map(([hotel, departments]) => [hotel, departments === "all" ? departments : [...new Set(departments)].sort()])
        .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
