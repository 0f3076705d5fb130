/** Who asks. The host authenticates and says so; belldesk keeps no passwords. */
export type Principal = StaffPrincipal | OperatorPrincipal | SystemPrincipal;

export interface StaffPrincipal {
  readonly kind: "staff";
  /** Stable and opaque. */
  readonly id: string;
  /** Shown to colleagues. */
  readonly name?: string;
  readonly role: StaffRole;
  /** Hotel id to the ids of the departments in it, or `"all"` of them and what has no department yet. */
  readonly hotels: Readonly<Record<string, readonly string[] | "all">>;
}

/**
 * `agent` works conversations, and takes those that nobody has; `manager` also gives them to others, and sees dead work of the hotel
 * and what was kept aside; `admin` also replays it.
 */
export type StaffRole = "agent" | "manager" | "admin";

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

const ROLES: Readonly<Record<StaffRole, true>> = { agent: true, manager: true, admin: true };

/** A host may be written without types, or read its staff from elsewhere. @returns null when `value` is a principal */
export function flawOf(value: unknown): Flaw | null {
  if (!isObject(value)) return { member: "", expected: "a principal: { kind, id, ... }" };
  const { kind, id, name, role, hotels } = value as Partial<Record<keyof StaffPrincipal, unknown>>;
  if (kind !== "staff" && kind !== "operator" && kind !== "system")
    return { member: "kind", expected: `"staff", "operator" or "system"` };
  if (typeof id !== "string" || id === "") return { member: "id", expected: "a string that is not empty" };
  if (kind !== "staff") return null;
  if (name !== undefined && typeof name !== "string") return { member: "name", expected: "a string, or nothing" };
  if (typeof role !== "string" || !Object.hasOwn(ROLES, role))
    return { member: "role", expected: `"agent", "manager" or "admin"` };
  if (!isObject(hotels)) return { member: "hotels", expected: `an object: hotel id to department ids, or to "all"` };
  for (const [hotel, departments] of Object.entries(hotels)) {
    const fits =
      departments === "all" || (Array.isArray(departments) && departments.every((each) => typeof each === "string"));
    if (!fits) return { member: `hotels.${hotel}`, expected: `a list of department ids, or "all"` };
  }
  return null;
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
