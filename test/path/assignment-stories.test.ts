import { afterEach, describe, expect, test } from "vitest";
import type { Assignment, AssignmentPlace } from "../../src/index.js";
import { eventually, hotels, receptionist } from "../harness/hotel.js";
import { aHotel, STORAGES, type Hotel, type Stored } from "./stories.js";

const PHONES = ["12025550101", "12025550102", "12025550103", "12025550104"];

describe.each(STORAGES)("who gets what comes to a department (%s)", (_, make) => {
  let hotel: Hotel;
  let stored: Stored;
  afterEach(async () => {
    await hotel.stop();
    await stored.end();
  });

  async function opens(assignment: Assignment): Promise<void> {
    stored = await make();
    hotel = await aHotel(stored.storage, [{ ...hotels[0]!, assignment }, hotels[1]!]);
  }
  /** A guest writes and chooses reception. @returns the conversation */
  async function comes(phone: string): Promise<string> {
    await hotel.shows(await hotel.writes({ phone }, "hello"));
    return (await hotel.shows(await hotel.writes({ phone }, "Reception"))).conversation.id;
  }
  const has = async (id: string) =>
    (await hotel.staff().conversations({ limit: 100 })).items.find((one) => one.id === id)?.assigneeId;
  const gets = (id: string) => eventually("somebody sees to it", () => has(id));
  /** Waits until nobody is looked for any more. */
  const decided = () =>
    eventually("everybody has been looked for", async () => {
      const { nextDueInMs } = await stored.storage.claim({ kind: "assignment", lanes: 0, itemsPerLane: 1, leaseMs: 1 });
      return nextDueInMs === null;
    });

  test("one after the other, and written down as the desk's own doing", async () => {
    await opens({ rule: "roundRobin", staff: ["staff_a", "staff_b", "staff_c"] });
    const got: unknown[] = [];
    for (const phone of PHONES) got.push(await gets(await comes(phone)));
    expect(new Set(got.slice(0, 3))).toEqual(new Set(["staff_a", "staff_b", "staff_c"]));
    expect(got[3]).toBe(got[0]);
    const id = (await hotel.staff().conversations()).items[0]?.id ?? "";
    expect(await stored.storage.audit({ hotelId: "grand", targetId: id })).toMatchObject([
      { actor: { kind: "system", id: "desk" }, action: "conversation.assign", reason: "auto_assignment" },
    ]);
  });

  test("the least busy of those who are there, whom the host is asked for each time; again when it is opened again", async () => {
    const places: AssignmentPlace[] = [];
    let there = ["staff_a", "staff_b"];
    await opens({
      rule: "leastBusy",
      staff: (place) => {
        places.push(place);
        return Promise.resolve(there);
      },
    });
    const [first = "", second = "", third = ""] = PHONES;
    const one = await comes(first);
    const other = await comes(second);
    expect(new Set([await gets(one), await gets(other)])).toEqual(new Set(["staff_a", "staff_b"]));
    expect(places[0]).toEqual({ hotelId: "grand", departmentId: "reception", conversationId: one });
    const busy = await has(one);
    await hotel.staff().close(other);
    expect(await gets(await comes(third))).not.toBe(busy);
    there = ["staff_c"];
    await hotel.staff().unassign(other);
    await hotel.staff().reopen(other);
    expect(await gets(other)).toBe("staff_c");
  });

  test("nobody while nobody is there, and not whom staff have chosen meanwhile", async () => {
    let answer: (id: string | null) => void = () => undefined;
    const asked: AssignmentPlace[] = [];
    await opens((place) => {
      asked.push(place);
      return new Promise((resolve) => (answer = resolve));
    });
    const id = await comes(PHONES[0]!);
    await eventually("the host is asked", () => Promise.resolve(asked.length === 1));
    await hotel.desk.as(receptionist).assign(id);
    answer("staff_a");
    await decided();
    expect(await has(id)).toBe("staff_reception");
    const other = await comes(PHONES[1]!);
    await eventually("the host is asked again", () => Promise.resolve(asked.length === 2));
    answer(null);
    await decided();
    expect(await has(other)).toBeNull();
  });

  test("somebody of the department it is transferred to; nobody where staff gave it back, until the guest writes after a silence", async () => {
    await opens(({ departmentId }) => Promise.resolve(`staff_${departmentId}`));
    const [phone = ""] = PHONES;
    const id = await comes(phone);
    expect(await gets(id)).toBe("staff_reception");
    await hotel.staff().transfer(id, { departmentId: "housekeeping" });
    expect(await gets(id)).toBe("staff_housekeeping");

    await hotel.staff().takeover(id);
    await hotel.staff().giveback(id);
    await decided();
    expect(await has(id)).toBe("staff_housekeeping");
    await hotel.staff().unassign(id);
    await hotel.shows(await hotel.writes({ phone }, "And towels, please"));
    await decided();
    expect(await has(id)).toBeNull();
    await stored.pass(10 * 60 * 1000);
    await hotel.shows(await hotel.writes({ phone }, "Is anybody there?"));
    expect(await gets(id)).toBe("staff_housekeeping");

    await hotel.staff().close(id);
    const next = await comes(phone);
    expect([next === id, await gets(next)]).toEqual([false, "staff_reception"]);
  });

  test("the host's function that fails holds up no guest, and is asked again", async () => {
    let failures = 3;
    await opens({
      rule: "roundRobin",
      staff: () => (failures-- > 0 ? Promise.reject(new Error("the rota is away")) : Promise.resolve(["staff_a"])),
    });
    expect(await gets(await comes(PHONES[0]!))).toBe("staff_a");
    expect(failures).toBeLessThan(0);
  });
});
