/** Who asks. The host authenticates and says so; belldesk keeps no passwords. */
export type Principal = StaffPrincipal | GuestPrincipal | OperatorPrincipal | SystemPrincipal;

/** Somebody who works at hotels of the group, as the host says. */
export interface StaffPrincipal {
  readonly kind: "staff";
  /** Stable and opaque. */
  readonly id: string;
  /** Shown to colleagues. */
  readonly name?: string;
  /** One of the built-in roles, or of those in the options. */
  readonly role: StaffRole;
  /** Hotel id to the ids of the departments in it, or `"all"` of them and what has no department yet. */
  readonly hotels: Readonly<Record<string, readonly string[] | "all">>;
}

/** The name of a role: a built-in one, or one that the options define. */
export type StaffRole = BuiltInRole | (string & Record<never, never>);

/**
 * `agent` works conversations, and takes those that nobody has; `manager` also gives them to others, and sees dead work of the hotel
 * and what was kept aside; `admin` also replays it.
 */
export type BuiltInRole = "agent" | "manager" | "admin";

/**
 * A guest whom the host has signed in, for a chat on its own pages: reads their own conversations with the hotel, and what was said
 * in them to them and by them.
 */
export interface GuestPrincipal {
  readonly kind: "guest";
  /** Stable and opaque: the host's own for this guest. */
  readonly id: string;
  readonly hotelId: string;
  /** The desk's id of the guest. Of guests who were merged either will do. */
  readonly guestId: string;
}

/** Runs the installation: sees what belongs to no hotel and what could not be processed, and no conversation. */
export interface OperatorPrincipal {
  readonly kind: "operator";
  readonly id: string;
}

/** The host's own code. */
export interface SystemPrincipal {
  readonly kind: "system";
  readonly id: string;
}

/** What is wrong with a principal. */
export interface Flaw {
  /** `"role"`, `"hotels.grand"` and the like; `""` for the whole. */
  readonly member: string;
  readonly expected: string;
}

/**
 * A host may be written without types, or read its staff from elsewhere.
 * @param roles the names of the installation's roles
 * @returns null when `value` is a principal
 */
export function flawOf(value: unknown, roles: ReadonlyMap<string, unknown>): Flaw | null {
  if (!isObject(value)) return { member: "", expected: "a principal: { kind, id, ... }" };
  const { kind, id, ...rest } = value as Readonly<Record<string, unknown>>;
  if (kind !== "staff" && kind !== "guest" && kind !== "operator" && kind !== "system")
    return { member: "kind", expected: `"staff", "guest", "operator" or "system"` };
  const expected = "a string that is not empty";
  if (!isText(id)) return { member: "id", expected };
  if (kind === "staff") return staffFlaw(rest, roles);
  if (kind !== "guest") return null;
  const member = ["hotelId", "guestId"].find((each) => !isText(rest[each]));
  return member === undefined ? null : { member, expected };
}

function staffFlaw(
  { name, role, hotels }: Readonly<Partial<Record<string, unknown>>>,
  roles: ReadonlyMap<string, unknown>,
): Flaw | null {
  if (name !== undefined && typeof name !== "string") return { member: "name", expected: "a string, or nothing" };
  if (typeof role !== "string" || !roles.has(role)) return { member: "role", expected: oneOf([...roles.keys()]) };
  if (!isObject(hotels)) return { member: "hotels", expected: `an object: hotel id to department ids, or to "all"` };
  for (const [hotel, departments] of Object.entries(hotels)) {
    const fits =
      departments === "all" || (Array.isArray(departments) && departments.every((each) => typeof each === "string"));
    if (!fits) return { member: `hotels.${hotel}`, expected: `a list of department ids, or "all"` };
  }
  return null;
}

/** What can be stored as the id of one of staff: 1 to 200 characters, none of control. */
export const isStaffId = (value: unknown): value is string =>
  typeof value === "string" && value.length >= 1 && value.length <= 200 && !/[\p{Cc}\p{Cs}]/u.test(value);

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";

/** `"a", "b" or "c"` */
const oneOf = (names: readonly string[]): string =>
  names.map((name, at) => `${at === 0 ? "" : at === names.length - 1 ? " or " : ", "}"${name}"`).join("");

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
