import { describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import {
  button,
  defineFlow,
  pms,
  type Flow,
  type HotelOptions,
  type HotelStays,
  type Trigger,
} from "../../src/index.js";
import { scenario } from "../../src/testing/index.js";
import { ANNA, booked, planOf, told } from "./stay-words.js";

const approved = (name: string, language: string, text: string, category = "UTILITY") => ({
  name,
  language,
  category,
  status: "APPROVED",
  components: [
    { type: "BODY", text },
    { type: "BUTTONS", buttons: [{ type: "QUICK_REPLY", text: "Check in" }] },
  ],
});
const invitation = (name: string, language: string) => ({
  type: "template" as const,
  name,
  language,
  body: [{ text: "{name}" }],
  buttons: [{ type: "quickReply" as const, index: 0, payload: "check-in" }],
});

const grand = (stays: HotelStays = {}, more: Partial<HotelOptions> = {}): HotelOptions => ({
  id: "grand",
  timeZone: "Europe/Rome",
  numbers: [{ phoneNumberId: "200000000000001", accessToken: "none", messagesPerSecond: null }],
  departments: [
    { id: "reception", name: "Reception" },
    { id: "housekeeping", name: "Housekeeping" },
  ],
  templates: [
    approved("come_in", "en", "Hello {{1}}, check in here."),
    approved("come_in", "it", "Buongiorno {{1}}, il check-in è qui."),
    approved("come_to_the_spa", "en", "Hello {{1}}, the spa is open.", "MARKETING"),
  ],
  stays,
  ...more,
});

const flow = (id: string, triggers: readonly Trigger[], says = id): Flow =>
  defineFlow({ id, version: 1, department: "housekeeping", triggers })
    .say("news", says)
    .ask("when", { text: "When do you come?", remindMs: null, timeoutMs: null })
    .build();

const house = (flows: readonly Flow[], stays: HotelStays = {}, more: Partial<HotelOptions> = {}) =>
  scenario({ hotel: grand(stays, more), flows, storage: (clock) => memoryStorage({ clock }) });

const auditOf = async (stay: ReturnType<typeof house>) =>
  (await stay.storage.audit({ hotelId: "grand", targetId: "R-1" })).map(({ action, reason }) => `${action} ${reason}`);

describe("a flow that the hotel's own system begins (M25)", () => {
  test("sells nothing to a guest who wants no offers; one that serves the stay begins with them (S62)", async () => {
    const stay = house([flow("spa", [pms("checked_in", { offer: true })]), flow("towels", [pms("room_ready")])]);
    const anna = stay.guest();
    await anna.says("STOP");
    const before = anna.phone.length;
    await stay.pms(booked());
    await stay.pms(told(2, "checked_in"));
    await anna.waits("2h");
    expect(await planOf(stay)).toEqual(["flow:spa dropped marketing_stopped"]);
    expect(await auditOf(stay)).toContain("stay.message flow:spa marketing_stopped");
    await stay.pms(told(3, "room_ready"));
    expect(anna.phone.slice(before).map(({ text }) => text)).toEqual(["towels", "When do you come?"]);
  });

  test("begins once where two triggers of it are of one event, and sells something if one of them does", async () => {
    const twice = house([flow("spa", [pms("checked_in"), pms("checked_in", { offer: true }), pms("room_ready")])], {
      gapMs: 0,
    });
    const anna = twice.guest();
    await anna.says("hello");
    const before = anna.phone.length;
    await twice.pms(booked());
    await twice.pms(told(2, "checked_in"));
    await anna.says("at five");
    await anna.waits("2h");
    expect(anna.phone.slice(before).map(({ text }) => text)).toEqual(["spa", "When do you come?"]);
    expect(await planOf(twice)).toEqual(["flow:spa sent rule"]);
    const stopped = house([flow("spa", [pms("checked_in"), pms("checked_in", { offer: true })])]);
    await stopped.guest().says("STOP");
    await stopped.pms(booked());
    await stopped.pms(told(2, "checked_in"));
    expect(await planOf(stopped)).toEqual(["flow:spa dropped marketing_stopped"]);
  });

  test("waits until the hotel's quiet hours are over (M23)", async () => {
    const stay = house([flow("towels", [pms("room_ready")])], {}, { quietHours: ["22:00-08:00"] });
    const anna = stay.guest();
    await stay.pms(booked());
    await anna.waits("10h");
    await anna.says("Hello"); // at eleven in the evening
    const before = anna.phone.length;
    await stay.pms(told(2, "room_ready"));
    await anna.waits("8h");
    expect(anna.phone).toHaveLength(before);
    expect(await planOf(stay)).toEqual(["flow:towels planned quiet_hours"]);
    await anna.waits("1h");
    expect(anna.phone.slice(before).map(({ text }) => text)).toEqual(["towels", "When do you come?"]);
  });

  test("and another of the same event never speak at once: the second begins when the first is over, not before the gap", async () => {
    const stay = house([flow("one", [pms("checked_in")]), flow("two", [pms("checked_in")])]);
    const anna = stay.guest();
    await anna.says("hello");
    const before = anna.phone.length;
    const shown = () => anna.phone.slice(before).map(({ text }) => text);
    await stay.pms(booked());
    await stay.pms(told(2, "checked_in"));
    expect(shown()).toEqual(["one", "When do you come?"]);
    await anna.says("at five");
    await anna.waits("28m");
    expect(shown()).toEqual(["one", "When do you come?"]);
    await anna.waits("3m");
    expect(shown()).toEqual(["one", "When do you come?", "two", "When do you come?"]);
  });

  test("does not begin where WhatsApp would not carry what it says, then or when the guest writes a day later", async () => {
    const stay = house([flow("towels", [pms("room_ready")])]);
    const anna = stay.guest();
    await anna.says("hello");
    await anna.waits("25h");
    const before = anna.phone.length;
    await stay.pms(booked());
    await stay.pms(told(2, "room_ready"));
    expect(await planOf(stay)).toEqual(["flow:towels dropped window_closed"]);
    expect(await auditOf(stay)).toContain("stay.message flow:towels window_closed");
    await anna.waits("1h");
    await anna.says("hello again");
    await anna.waits("2h");
    expect(anna.phone.slice(before).map(({ text }) => text)).not.toContain("towels");
    expect(await anna.run()).toBeNull();
  });
});

describe("a flow for somebody who never wrote", () => {
  const templates = { en: invitation("come_in", "en"), it: invitation("come_in", "it") };
  const checkIn = (more: Parameters<typeof pms>[1] = { templates }): Flow =>
    flow("check-in", [pms("arrival_soon", more), button("check-in")], "Welcome!");

  test("begins with a template in their language: what they tap there is the flow", async () => {
    const stay = house([checkIn()]);
    const anna = stay.guest();
    await stay.pms(booked({ language: "it" }));
    expect(await anna.waits("3d")).toEqual([]);
    expect(await anna.waits("3h")).toEqual(["Buongiorno Anna, il check-in è qui.\n[Check in]"]);
    expect(await planOf(stay)).toEqual(["flow:check-in sent rule"]);
    const [conversation] = (await stay.staff.desk.conversations()).items;
    expect(conversation, "it is of the flow's department").toMatchObject({ departmentId: "housekeeping" });
    const tapped = await anna.sends("button", { payload: "check-in", text: "Check in" });
    expect(tapped).toEqual(["Welcome!", "When do you come?"]);
    await anna.says("at five");
    expect(await anna.waits("3d")).toEqual([]);
  });

  test("without a template does not begin, and the stay's record says why", async () => {
    const stay = house([checkIn({})]);
    await stay.pms(booked());
    expect(await stay.guest().waits("5d")).toEqual([]);
    expect(await planOf(stay)).toEqual(["flow:check-in dropped window_closed"]);
    expect(await auditOf(stay)).toContain("stay.message flow:check-in window_closed");
    expect(stay.events.map(({ body }) => body)).toContainEqual({
      type: "stay.message",
      reservationId: "R-1",
      rule: "flow:check-in",
      state: "dropped",
      why: "window_closed",
    });
  });

  test("of a stay that names nobody waits for whose it is, begins when that is told, and says why it never does", async () => {
    const { guest: _, ...nobody } = booked();
    const stay = house([checkIn()]);
    const anna = stay.guest();
    await stay.pms(nobody);
    await anna.waits("75h");
    expect(await planOf(stay)).toEqual(["flow:check-in planned guest_unknown"]);
    await stay.pms(told(2, "reservation_changed", { guest: { waId: ANNA } }));
    expect(anna.phone.map(({ text }) => text)).toEqual(["Hello Anna, check in here.\n[Check in]"]);

    const never = house([checkIn()]);
    await never.pms(nobody);
    await never.guest().waits("5d");
    expect(await planOf(never)).toEqual(["flow:check-in dropped guest_unknown"]);
    expect(await auditOf(never)).toContain("stay.message flow:check-in guest_unknown");
  });

  test("that is an offer, by itself or by its template's category, goes to nobody who wants none", async () => {
    const spa = { en: invitation("come_to_the_spa", "en") };
    for (const more of [{ templates, offer: true }, { templates: spa }]) {
      const stay = house([checkIn(more)]);
      const anna = stay.guest();
      await anna.says("STOP");
      await stay.pms(booked());
      const before = anna.phone.length;
      await anna.waits("5d");
      expect(anna.phone).toHaveLength(before);
      expect(await planOf(stay)).toEqual(["flow:check-in dropped marketing_stopped"]);
    }
  });

  test("is asked once, though a process dies at any moment (F35)", async () => {
    let moments = 0;
    for (let dieAt = -1; dieAt < Math.max(moments, 0); dieAt++) {
      let seen = 0;
      const stay = scenario({
        hotel: grand(),
        flows: [checkIn()],
        storage: (clock) => memoryStorage({ clock }),
        crashes: ({ work }) => (work === "timer" || work === "outbound") && seen++ === dieAt,
      });
      const anna = stay.guest();
      await stay.pms(booked());
      await anna.waits("4d");
      moments = Math.max(moments, seen);
      // A send of which nobody can say whether it left is not sent again.
      expect(anna.phone.length, String(dieAt)).toBeLessThanOrEqual(1);
      expect(await planOf(stay), String(dieAt)).toEqual(["flow:check-in sent rule"]);
      if (dieAt < 0) expect(anna.phone).toHaveLength(1);
    }
    expect(moments).toBeGreaterThan(5);
  });
});
