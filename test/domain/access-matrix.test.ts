import { describe, expect, test } from "vitest";
import { BUILT_IN_ROLES, PERMISSIONS, reach, type Reach } from "../../src/domain/access.js";
import { UNROUTED_HOTEL_ID } from "../../src/domain/hotel.js";
import type { Principal } from "../../src/domain/principal.js";
import { ROUTES } from "../../src/http/routes.js";
import { FOR_COLLEAGUES, POLICY } from "../../src/runtime/policy.js";
import { MATRIX, type Cell, type Who } from "./access-matrix.js";

const hotels = { grand: ["reception", "spa"], seaside: "all", alpine: [] } as const;
const staff = (role: string): Principal => ({ kind: "staff", id: "anna", role, hotels });
const PRINCIPALS: Readonly<Record<Who, Principal>> = {
  agent: staff("agent"),
  manager: staff("manager"),
  admin: staff("admin"),
  guest: { kind: "guest", id: "web_1", hotelId: "grand", guestId: "gst_1" },
  operator: { kind: "operator", id: "olga" },
  system: { kind: "system", id: "host" },
};
const REACHES: Readonly<Record<Cell, Reach>> = {
  theirs: { hotels: new Map(Object.entries(hotels)) },
  own: { guest: { hotelId: "grand", id: "gst_1" } },
  all: "everything",
  "-": { hotels: new Map() },
};

describe("the access matrix", () => {
  test("has one row for each permission, and each permission is needed for something", () => {
    expect(MATRIX.map(({ permission }) => permission).sort()).toEqual([...PERMISSIONS].sort());
    expect([...new Set([...Object.values(POLICY), FOR_COLLEAGUES])].sort()).toEqual([...PERMISSIONS].sort());
  });

  test.each(MATRIX)("says who reaches what by $permission (T51, T52, T64)", ({ permission, of: _, ...cells }) => {
    for (const [who, cell] of Object.entries(cells) as [Who, Cell][])
      expect(reach(PRINCIPALS[who], permission, BUILT_IN_ROLES), who).toEqual(REACHES[cell]);
  });

  test("says nothing of what belongs to no hotel: staff and guests never reach it, whatever a host names", () => {
    const everywhere = { ...PRINCIPALS.admin, hotels: { [UNROUTED_HOTEL_ID]: "all" } } as Principal;
    const nobody = { ...PRINCIPALS.guest, hotelId: UNROUTED_HOTEL_ID } as Principal;
    for (const principal of [everywhere, nobody])
      for (const permission of PERMISSIONS)
        expect(reach(principal, permission, BUILT_IN_ROLES)).toEqual({ hotels: new Map() });
  });
});

describe("the policy", () => {
  test("is the way of every route, and every verb of the desk has one (T54)", () => {
    for (const { does, permission } of ROUTES) expect(permission).toBe(POLICY[does]);
    expect([...new Set(ROUTES.map(({ does }) => does))].sort()).toEqual(Object.keys(POLICY).sort());
  });
});

describe("a role of the host's own", () => {
  test.each(PERMISSIONS)(
    "that may do %s reaches what its staff are named, by that and by nothing else",
    (permission) => {
      const roles = new Map([...BUILT_IN_ROLES, ["nightPorter", new Set([permission])]]);
      for (const each of PERMISSIONS) {
        const reached = reach(staff("nightPorter"), each, roles);
        expect(reached).toEqual(each === permission ? REACHES.theirs : REACHES["-"]);
      }
    },
  );

  test("that nobody defined reaches nothing, by the name of an object's own part neither", () => {
    for (const role of ["boss", "", "Agent", "constructor", "__proto__"])
      for (const permission of PERMISSIONS)
        expect(reach(staff(role), permission, BUILT_IN_ROLES)).toEqual({ hotels: new Map() });
  });
});
