import { afterEach, describe, expect, test } from "vitest";
import type { Principal, StaffPrincipal } from "../../src/index.js";
import { admin, hotels, manager, receptionist } from "../harness/hotel.js";
import { aSendingHotel, MINUTE_MS, operator, type SendingHotel } from "./sending.js";
import { STORAGES } from "./stories.js";

const GUEST = "12025550101";
/** Of another hotel's departments all, of this one's only some. */
const headOfReception: StaffPrincipal = { ...manager, id: "head", hotels: { grand: ["reception"], seaside: "all" } };
const housekeeper: StaffPrincipal = { ...receptionist, id: "staff_house", hotels: { grand: ["housekeeping"] } };

interface Done {
  readonly conversationId: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly action: string;
  readonly reason: string;
}

describe.each(STORAGES)("who asks why a message is where it is (%s)", (_, open) => {
  let hotel: SendingHotel | undefined;
  afterEach(async () => {
    await hotel?.close();
    hotel = undefined;
  });

  /** A guest with a matter at housekeeping and a newer one at reception, whose message is asked about. */
  async function twoMatters() {
    hotel = await aSendingHotel(open, { hotel: { departments: hotels[0]!.departments } });
    const made = hotel;
    const nadia = made.guest(GUEST);
    await made.writes(nadia, "towels, please");
    const { conversationId: housekeeping } = await made.writes(nadia, "housekeeping");
    await made.staff().close(housekeeping, { reason: "brought" });
    await made.pass(3 * MINUTE_MS);
    await made.writes(nadia, "my tap drips");
    const { conversationId: reception, all } = await made.writes(nadia, "reception");
    const asked = (await all()).find(({ content }) => content.type === "text" && content.text === "my tap drips");
    await made.pass(MINUTE_MS);
    return { housekeeping, reception, messageId: asked?.id ?? "" };
  }
  /** What was done to its conversations, as the desk and as HTTP say it. */
  async function done(as: Principal, messageId: string): Promise<readonly Done[]> {
    const { status, json } = await hotel!.ask(as, `/messages/${messageId}/explain`);
    expect(status).toBe(200);
    const { conversationAudit: told } = json as { conversationAudit: readonly (Done & { readonly at: string })[] };
    const { conversationAudit } = await hotel!.desk.as(as).explain(messageId);
    expect(told).toEqual(
      conversationAudit.map(({ target, actor, action, reason, at }) => ({
        ...{ conversationId: target.id, actor, action, reason, at: at.toISOString() },
      })),
    );
    return told;
  }
  const inShort = (told: readonly Done[]) =>
    told.map(({ conversationId, actor, action, reason }) => [conversationId, actor.id, action, reason]);

  test("is told that staff gave it to another department, where it goes on with what was open, who did and why, and what was done there since", async () => {
    const { housekeeping, reception, messageId } = await twoMatters();
    const staff = hotel!.staff();
    expect(await done(manager, messageId)).toEqual([]);
    await staff.markRead(reception);
    await staff.tag(reception, { add: ["bathroom"] });
    await staff.reopen(housekeeping, { reason: "once more" });
    const into = { departmentId: "housekeeping", reason: "a plumber" };
    await hotel!.desk.as(receptionist).transfer(reception, into);
    await hotel!.pass(MINUTE_MS);
    await hotel!.desk.as(housekeeper).close(housekeeping, { reason: "mended" });
    const told = [
      [reception, "staff_manager", "conversation.tag", "tag"],
      [housekeeping, "staff_manager", "conversation.reopen", "once more"],
      [reception, "staff_reception", "conversation.transfer", "a plumber"],
      [housekeeping, "staff_house", "conversation.close", "mended"],
    ];
    const sorted = (rows: readonly (readonly string[])[]) => rows.map((row) => row.join()).sort();
    expect(sorted(inShort(await done(manager, messageId)))).toEqual(sorted(told));
    expect(inShort(await done(admin, messageId)).at(-1)).toEqual(told.at(-1));
  });

  test("and may not read the audit is told nothing of it; whoever does not reach the message finds none", async () => {
    const { reception, messageId } = await twoMatters();
    await hotel!.staff().takeover(reception, { reason: "a regular" });
    await hotel!.pass(1_000);
    await hotel!.staff().close(reception, { reason: "a complaint about Ben" });
    expect(inShort(await done(manager, messageId))).toEqual([
      [reception, "staff_manager", "conversation.takeover", "a regular"],
      [reception, "staff_manager", "conversation.close", "a complaint about Ben"],
    ]);
    for (const one of [receptionist, headOfReception]) expect(await done(one, messageId)).toEqual([]);
    for (const stranger of [housekeeper, operator])
      expect((await hotel!.ask(stranger, `/messages/${messageId}/explain`)).status).toBe(404);
  });

  test("gets no more than the newest fifty, however often it was read and tagged since", async () => {
    const { reception, messageId } = await twoMatters();
    const staff = hotel!.staff();
    for (let n = 0; n < 52; n++) {
      if (n % 4 === 0) await staff.markUnread(reception);
      if (n % 4 === 0) await staff.markRead(reception);
      await staff.tag(reception, { [n % 2 === 0 ? "add" : "remove"]: ["late"], reason: `n${String(n)}` });
      await hotel!.pass(1_000);
    }
    const told = await done(manager, messageId);
    expect(told.map(({ reason }) => reason)).toEqual(Array.from({ length: 50 }, (_each, n) => `n${String(n + 2)}`));
  });
});
