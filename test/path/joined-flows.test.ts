import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defineFlow, keyword } from "../../src/index.js";
import { hotels } from "../harness/hotel.js";
import { aHotel, STORAGES, type Hotel, type Person, type Stored } from "./stories.js";

const TOM: Person = { phone: "12025550102", bsuid: "US.102", name: "Tom Okafor" };
const NEW_TOM: Person = { phone: "12025550152", bsuid: "US.152", name: "Tom" };

/** It waits for ever: no timer of its own finds out that nobody can answer. */
const patient = defineFlow({ id: "visit", version: 1, triggers: [keyword("visit")] })
  .ask("name", { text: "Name?", remindMs: null, timeoutMs: null })
  .ask("room", { text: "Room?", remindMs: null, timeoutMs: null })
  .say("done", ({ answers }) => `${answers.name} in ${answers.room}`)
  .build();

describe.each(STORAGES)("two guests who turn out to be one, each in a flow (%s)", (_, make) => {
  let hotel: Hotel;
  let end: Stored["end"];
  beforeEach(async () => {
    const stored = await make();
    ({ end } = stored);
    hotel = await aHotel(stored.storage, hotels, { flows: [patient] });
  });
  afterEach(async () => {
    await hotel.stop();
    await end();
  });

  const isNowTom = () =>
    hotel.says(
      { type: "user_changed_number", wa_id: "12025550152", user_id: "US.152", previous_user_id: "US.102" },
      "12025550102",
    );
  const flowIn = (conversationId: string) => hotel.staff().flowRun(conversationId);

  test("go on in one of them; the other ends, and staff read there what was answered in it", async () => {
    await hotel.writes(TOM, "visit");
    const kept = (await hotel.shows(await hotel.writes(TOM, "Tom"))).conversation.id;
    await hotel.writes(NEW_TOM, "visit");
    const left = (await hotel.shows(await hotel.writes(NEW_TOM, "Thomas"))).conversation.id;
    expect(left).not.toBe(kept);
    await isNowTom();
    await expect.poll(async () => (await flowIn(left))?.status).toBe("stopped");
    expect(await flowIn(kept)).toMatchObject({ status: "waiting", step: "room" });
    const { items } = await hotel.staff().messages(kept, { limit: 100 });
    const notes = items.flatMap(({ content }) => (content.type === "note" ? [content.text] : []));
    expect(notes).toEqual([
      "Flow visit (version 1), at step room: the guest turned out to be one whose conversation goes on in its place, so the flow ends here.\nname: Thomas",
    ]);
    expect((await hotel.staff().replayFlow(left))?.gap).toBeNull();
    await hotel.writes(NEW_TOM, "12");
    await expect.poll(async () => (await flowIn(kept))?.status).toBe("finished");
  });

  test("go on with the one that there is, when only one of them was in one", async () => {
    await hotel.shows(await hotel.writes(TOM, "hello"));
    await hotel.writes(NEW_TOM, "visit");
    const own = (await hotel.shows(await hotel.writes(NEW_TOM, "Thomas"))).conversation.id;
    await isNowTom();
    await expect.poll(() => hotel.heard.includes("guest.merged")).toBe(true);
    await hotel.writes(NEW_TOM, "12");
    await expect.poll(async () => (await flowIn(own))?.status).toBe("finished");
  });
});
