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

/** `agent` works conversations; `manager` also sees dead work of the hotel and what was kept aside; `admin` also replays it. */
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
