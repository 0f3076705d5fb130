import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { mayMarket } from "../../src/index.js";
import { manager, receptionist } from "../harness/hotel.js";
import { aHotel, STORAGES, type Hotel, type Person, type Stored } from "./stories.js";

const INES: Person = { phone: "12025550103", bsuid: "US.103", name: "Inés Duarte" };
const secondsAgo = (seconds: number) => ({ at: new Date(Date.now() - seconds * 1_000) });

describe.each(STORAGES)("what a guest wants (%s)", (_, make) => {
  let hotel: Hotel;
  let end: Stored["end"];
  beforeEach(async () => {
    const stored = await make();
    ({ end } = stored);
    hotel = await aHotel(stored.storage);
  });
  afterEach(async () => {
    await hotel.stop();
    await end();
  });

  /** What the desk said by itself in a conversation, oldest first. */
  const answersIn = async (conversationId: string) =>
    (await hotel.staff().messages(conversationId)).items
      .filter(({ author }) => author.kind === "bot")
      .map(({ content }) => ("text" in content ? content.text : content.type))
      .reverse();
  const consents = (guestId: string) => hotel.staff().consents(guestId);

  test("a guest writes ALTO: they are told once, staff see it and still answer, and START undoes it (N11, M28)", async () => {
    await hotel.shows(await hotel.writes(INES, "hola", secondsAgo(60)));
    const { conversation, guestId } = await hotel.shows(await hotel.writes(INES, "Reception", secondsAgo(50)));
    const menus = await answersIn(conversation.id);
    const wamid = await hotel.writes(INES, "¡ALTO!", secondsAgo(40));
    const { message } = await hotel.shows(wamid);
    await hotel.shows(await hotel.writes(INES, "alto", secondsAgo(30)));
    const told = await answersIn(conversation.id);
    expect(told.slice(menus.length)).toEqual([expect.stringContaining("no more offers")]);
    expect((await hotel.staff().explain(message.id)).steps.map(({ code }) => code)).toContain("consent_stopped");

    const before = await consents(guestId);
    expect(before.marketing).toBe("stopped");
    expect(before.entries).toMatchObject([{ wish: "stop", source: "keyword", evidence: wamid }, { wish: "stop" }]);
    expect(hotel.heard.filter((type) => type === "guest.consent")).toHaveLength(2);
    const { state } = await hotel.storage.loadConversation({
      reach: "everything",
      conversationId: conversation.id,
      client: null,
      template: null,
    });
    expect(mayMarket(state?.consents ?? [])).toBe(false);

    const answer = await hotel.desk.as(receptionist).reply(conversation.id, {
      clientMessageId: "r1",
      content: { type: "text", text: "Of course. Your room is ready." },
    });
    await expect
      .poll(
        async () => (await hotel.staff().messages(conversation.id)).items.find(({ id }) => id === answer.id)?.status,
      )
      .toBe("sent");

    await hotel.shows(await hotel.writes(INES, "START", secondsAgo(20)));
    const after = await consents(guestId);
    expect([after.marketing, after.entries.map(({ wish }) => wish)]).toEqual(["allowed", ["stop", "stop", "resume"]]);
    expect((await answersIn(conversation.id)).slice(told.length)).toEqual([expect.stringContaining("offers again")]);
  });

  test("a guest whose first word is STOP gets no menu for it, and one with their next question", async () => {
    const { conversation } = await hotel.shows(await hotel.writes(INES, "STOP", secondsAgo(20)));
    expect(await answersIn(conversation.id)).toEqual([expect.stringContaining("no more offers")]);
    await hotel.shows(await hotel.writes(INES, "Is there parking?", secondsAgo(10)));
    expect(await answersIn(conversation.id)).toHaveLength(2);
  });

  test("WhatsApp's own switch, the receptionist and the host's code are heard alike, each with its source", async () => {
    const { conversation, guestId } = await hotel.shows(await hotel.writes(INES, "hello", secondsAgo(60)));
    const at = Math.floor(Date.now() / 1_000) - 40;
    const wish = {
      wa_id: INES.phone,
      user_id: INES.bsuid,
      category: "marketing_messages",
      value: "stop",
      timestamp: at,
    };
    await hotel.delivers("user_preferences", { user_preferences: [wish] });
    await expect.poll(async () => (await consents(guestId)).marketing).toBe("stopped");
    expect(await answersIn(conversation.id)).toHaveLength(1);

    await hotel.shows(await hotel.writes(INES, "Reception", secondsAgo(10)));
    const staff = hotel.desk.as(receptionist);
    expect((await staff.setConsent(guestId, { wish: "resume", reason: "asked for it at the desk" })).marketing).toBe(
      "allowed",
    );
    const host = hotel.desk.as({ kind: "system", id: "pms" });
    expect(await host.setConsent(guestId, { wish: "stop" })).toMatchObject({
      marketing: "stopped",
      entries: [
        { source: "preference", at: new Date(at * 1_000) },
        { source: "staff", evidence: null },
        { source: "host", evidence: null },
      ],
    });
    const audit = await hotel.storage.audit({ hotelId: "grand", targetId: guestId });
    expect(audit).toMatchObject([
      { action: "guest.consent", actor: { kind: "staff", id: receptionist.id }, reason: "asked for it at the desk" },
      { action: "guest.consent", actor: { kind: "system", id: "pms" }, reason: "consent" },
    ]);
  });

  test("who may not see a guest may neither read nor say what they want", async () => {
    const { guestId } = await hotel.shows(await hotel.writes(INES, "STOP", secondsAgo(10)));
    const elsewhere = hotel.desk.as({ ...manager, hotels: { seaside: "all" } });
    const operator = hotel.desk.as({ kind: "operator", id: "operator_1" });
    for (const desk of [elsewhere, operator, hotel.desk.as(receptionist)]) {
      await expect(desk.consents(guestId)).rejects.toMatchObject({ code: "not_found" });
      await expect(desk.setConsent(guestId, { wish: "resume" })).rejects.toMatchObject({ code: "not_found" });
    }
    expect((await consents(guestId)).marketing).toBe("stopped");
  });
});
