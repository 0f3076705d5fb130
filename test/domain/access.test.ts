import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BUILT_IN_ROLES,
  GUEST_DIRECTIONS,
  PERMISSIONS,
  reach as reachWith,
  reaches,
  type Permission,
} from "../../src/domain/access.js";
import { UNROUTED_HOTEL_ID } from "../../src/domain/hotel.js";
import type { Principal, StaffPrincipal } from "../../src/domain/principal.js";

const staff = (fields: Partial<StaffPrincipal> = {}): StaffPrincipal => ({
  kind: "staff",
  id: "staff_1",
  role: "agent",
  hotels: { grand: ["reception"] },
  ...fields,
});
const reach = (principal: Principal, permission: Permission) => reachWith(principal, permission, BUILT_IN_ROLES);
const operator: Principal = { kind: "operator", id: "operator_1" };
const system: Principal = { kind: "system", id: "host" };

const mayRead = (principal: Principal, hotelId: string, departmentId: string | null): boolean =>
  reaches(reach(principal, "conversation.read"), hotelId, departmentId);

/** Where each kind of principal may do what: a hotel, a whole hotel, everything, or nothing. */
const granted = (principal: Principal): readonly Permission[] =>
  PERMISSIONS.filter((permission) => reaches(reach(principal, permission), "grand", null));

describe("who may do what", () => {
  const conversations = PERMISSIONS.filter(
    (permission) =>
      !/^(dead|kept|events|audit|times|sender|pms)\.|^guest\.(merge|erase|export)$|^data\.|^template\.sync$|^conversation\.(assignOthers|replayFlow)$|^savedReply\.write$/.test(
        permission,
      ),
  );

  test("an agent works conversations, a manager also gives them to others, merges guests and sees what happens aside, an admin also replays, reads templates and lets numbers send again", () => {
    const of = (role: StaffPrincipal["role"]) => granted(staff({ role, hotels: { grand: "all" } }));
    expect(of("agent")).toEqual(conversations);
    const also = [
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
    ];
    expect(of("manager")).toEqual(PERMISSIONS.filter((one) => also.includes(one) || conversations.includes(one)));
    expect(of("admin")).toEqual(PERMISSIONS);
  });

  test("an operator sees what could not be processed, what sends and the templates, and no conversation; the host's own code does everything", () => {
    expect(granted(operator)).toEqual([
      "guest.erase",
      "template.list",
      "template.sync",
      "events.list",
      "sender.list",
      "sender.resume",
      "dead.list",
      "dead.replay",
      "kept.list",
      "kept.reprocess",
      "data.prune",
    ]);
    expect(granted(system)).toEqual(PERMISSIONS);
  });
});

describe("how far it reaches", () => {
  test("staff of one department see that department of that hotel, and nothing beside it (T51, T52)", () => {
    const agent = staff();
    expect(mayRead(agent, "grand", "reception")).toBe(true);
    expect(mayRead(agent, "grand", "housekeeping")).toBe(false);
    expect(mayRead(agent, "seaside", "reception")).toBe(false);
  });

  test("what has no department yet is seen by those of the whole hotel alone", () => {
    expect(mayRead(staff({ hotels: { grand: "all" } }), "grand", null)).toBe(true);
    expect(mayRead(staff({ hotels: { grand: "all" } }), "grand", "spa")).toBe(true);
    expect(mayRead(staff({ hotels: { grand: ["reception", ""] } }), "grand", null)).toBe(false);
    expect(mayRead(staff({ hotels: { grand: [] } }), "grand", null)).toBe(false);
  });

  test("a department is its id, never its spelling: no case, no accent, no dotless i, no blank makes it another's (S54)", () => {
    const departments = ["reception", "minibar", "café", "straße"];
    const agent = staff({ hotels: { grand: departments } });
    const lookalikes = [
      "Reception",
      "RECEPTION",
      "recept\u0131on",
      "RECEPT\u0130ON",
      "M\u0130N\u0130BAR",
      "m\u0131n\u0131bar",
      "cafe\u0301",
      "strasse",
      "STRASSE",
      " reception",
      "reception ",
      "reception\u0000",
      "reception\u200b",
      "ｒｅｃｅｐｔｉｏｎ",
      "",
      "all",
    ];
    for (const lookalike of lookalikes) expect(mayRead(agent, "grand", lookalike), lookalike).toBe(false);
    for (const department of departments) expect(mayRead(agent, "grand", department)).toBe(true);
  });

  test("hotels are compared like that too, and the names of every object's own parts are no hotels", () => {
    const agent = staff({ hotels: { grand: "all" } });
    for (const hotelId of ["Grand", "grand ", "gr\u00e4nd", "", "constructor", "__proto__", "toString"]) {
      expect(mayRead(agent, hotelId, "reception"), hotelId).toBe(false);
    }
  });

  test("a department called `all` is a department", () => {
    const agent = staff({ hotels: { grand: ["all"] } });
    expect(mayRead(agent, "grand", "all")).toBe(true);
    expect(mayRead(agent, "grand", "reception")).toBe(false);
    expect(mayRead(agent, "grand", null)).toBe(false);
  });

  test("what belongs to no hotel is the operators', whatever a host writes into a staff member's hotels", () => {
    const admin = staff({ role: "admin", hotels: { [UNROUTED_HOTEL_ID]: "all", grand: "all" } });
    expect(reaches(reach(admin, "dead.list"), UNROUTED_HOTEL_ID, null)).toBe(false);
    expect(reaches(reach(operator, "dead.list"), UNROUTED_HOTEL_ID, null)).toBe(true);
    expect(reaches(reach(admin, "kept.list"), UNROUTED_HOTEL_ID, null)).toBe(false);
    expect(reaches(reach(operator, "kept.list"), UNROUTED_HOTEL_ID, null)).toBe(true);
  });

  test("a guest reaches what is theirs by whose it is, no department, and nothing that staff say among themselves", () => {
    const guest: Principal = { kind: "guest", id: "web_1", hotelId: "grand", guestId: "gst_1" };
    for (const department of ["reception", null]) expect(mayRead(guest, "grand", department)).toBe(false);
    expect(GUEST_DIRECTIONS).toEqual(["inbound", "outbound"]);
  });

  test("staff without a hotel reach nothing", () => {
    expect(mayRead(staff({ hotels: {} }), "grand", "reception")).toBe(false);
  });

  test("whatever is granted, staff reach exactly the departments named (T51, T52)", () => {
    const ids = fc.constantFrom("reception", "spa", "bar", "Reception", "receptıon");
    const hotels = fc.dictionary(
      fc.constantFrom("grand", "seaside"),
      fc.oneof(fc.array(ids), fc.constant("all" as const)),
    );
    fc.assert(
      fc.property(
        hotels,
        fc.constantFrom("grand", "seaside", "alpine"),
        fc.option(ids),
        (granted, hotelId, departmentId) => {
          const there = granted[hotelId] ?? [];
          const expected = there === "all" || (departmentId !== null && there.includes(departmentId));
          expect(mayRead(staff({ hotels: granted }), hotelId, departmentId)).toBe(expected);
          expect(mayRead(operator, hotelId, departmentId)).toBe(false);
          expect(mayRead(system, hotelId, departmentId)).toBe(true);
        },
      ),
    );
  });
});
