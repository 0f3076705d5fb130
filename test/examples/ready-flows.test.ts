import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../harness/hotel.js";
import { RunnableHotel } from "../harness/runnable-hotel.js";

const GUEST = "12025550101";
const RECEPTION = "demo-grand-reception";
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

test("at the runnable hotel a guest checks in, and reception says yes to their late check-out (S2)", async () => {
  const dataDir = await fs.mkdtemp(path.join(os.tmpdir(), "belldesk-hotel-"));
  ends.push(() => fs.rm(dataDir, { recursive: true, force: true }));
  const hotel = await RunnableHotel.open({ DATA_DIR: dataDir });
  ends.push(() => hotel.kill());

  const shown = (words: string, after = 0) =>
    eventually(`the phone shows "${words}"`, async () =>
      (await hotel.phone(GUEST, "grand"))
        .slice(after)
        .some(({ from, text }) => from === "hotel" && text?.includes(words) === true),
    );
  const talks = async (lines: readonly (readonly [string, string])[]): Promise<void> => {
    for (const [text, answer] of lines) {
      // The same was asked in the flow before.
      const before = (await hotel.phone(GUEST, "grand")).length;
      await hotel.guestActs(GUEST, { hotel: "grand", type: "text", text });
      await shown(answer, before);
    }
  };
  await talks([
    ["check in", "booking number"],
    ["GH-1001", "family name"],
    ["Rossi", "Is that right?"],
    ["Yes", "what time"],
    ["at six", "prepare for you"],
    ["skip", "Nobody smokes in the rooms."],
    ["I agree", "Is everything right?"],
    ["Check in", "Your room is 101"],
    ["late check out", "booking number"],
    ["GH-1001", "family name"],
    ["Rossi", "This is what we can offer you."],
    ["Check-out at 14:00", "I will ask our team"],
  ]);
  const { json } = await hotel.get("/api/conversations?hotel=grand&department=reception", RECEPTION);
  const asking = (json.items as { id: string; mode: string }[]).find(({ mode }) => mode === "flow");
  const at = `/api/conversations/${asking?.id ?? ""}`;
  const { run } = (await hotel.get(`${at}/flow`, RECEPTION)).json;
  expect(run.approval).toMatchObject({ note: expect.stringContaining("booking GH-1001") as string, decision: null });
  const decided = await hotel.post(`${at}/approval`, { approvalId: run.approval.id, approved: true }, RECEPTION);
  expect(decided.status).toBe(200);
  await shown("It is booked: Check-out at 14:00, for €30.00.");
}, 180_000);
