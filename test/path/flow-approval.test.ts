import { afterEach, describe, expect, test } from "vitest";
import { upsell } from "../../src/flows/index.js";
import { aReservation, smallPms } from "../flows/hotel.js";
import { eventually, GRAND_NUMBER, manager } from "../harness/hotel.js";
import { aSendingHotel, type SendingHotel } from "./sending.js";
import { STORAGES } from "./stories.js";

describe.each(STORAGES)("a guest who would like to leave later, on %s", (_, open) => {
  let hotel: SendingHotel | null = null;
  afterEach(async () => {
    await hotel?.close();
    hotel = null;
  });

  test("is answered by what the first of staff decided, who decided at once; it is charged once or never", async () => {
    const own = smallPms([aReservation({ status: "checkedIn" })]);
    const of = await aSendingHotel(open, { flows: [upsell({ pms: own.pms })] });
    hotel = of;
    const guest = of.guest("12025550101");
    const said = (words: string) =>
      eventually(`WhatsApp has taken "${words}"`, () =>
        Promise.resolve(of.fake.accepted.some((sent) => JSON.stringify(sent).includes(words))),
      );
    for (const [says, answer] of [
      ["late check out", "booking number"],
      ["AB-1234", "family name"],
      ["Rossi", "would you like"],
      ["Check-out at 14:00", "I will ask our team"],
    ] as const) {
      await guest.says(GRAND_NUMBER, says);
      await said(answer === "would you like" ? "Would you like" : answer);
    }
    const { items } = await of.staff().conversations({ limit: 10 });
    const [asking] = items.filter(({ mode }) => mode === "flow");
    const id = asking?.id ?? "";
    expect(asking).toMatchObject({ speaker: "bot", unread: 1 });
    const approval = (await of.staff().flowRun(id))?.approval;
    expect(approval).toMatchObject({ step: "approved", decision: null });
    const decide = (approved: boolean) => of.staff().decideApproval(id, { approvalId: approval?.id ?? "", approved });
    const results = await Promise.allSettled([decide(true), decide(false), decide(true), decide(false)]);
    const outcome = (await of.staff().flowRun(id))?.approval?.decision?.outcome;
    const isApproved = outcome === "approved";
    expect(results.map(({ status }) => status)).toEqual(
      [true, false, true, false].map((approved) => (approved === isApproved ? "fulfilled" : "rejected")),
    );
    for (const result of results)
      if (result.status === "rejected")
        expect(result.reason).toMatchObject({ code: "approval_over", details: { outcome } });
    // The same by HTTP: again changes nothing, otherwise is refused.
    const body = { approvalId: approval?.id, approved: isApproved };
    expect(await of.ask(manager, `/conversations/${id}/approval`, body)).toMatchObject({ status: 200 });
    expect(await of.ask(manager, `/conversations/${id}/approval`, { ...body, approved: !isApproved })).toMatchObject({
      status: 409,
      json: { error: { code: "approval_over", details: { outcome } } },
    });
    expect(await of.ask(manager, `/conversations/${id}/flow`)).toMatchObject({
      status: 200,
      json: { run: { approval: { id: approval?.id, decision: { outcome } } } },
    });
    await said(isApproved ? "It is booked" : "this time it is not possible");
    expect(own.charges).toEqual(isApproved ? ["late-14"] : []);
    const { items: entries } = await of.staff().audit({ hotel: "grand", limit: 100 });
    expect(entries.filter(({ action }) => action === "conversation.approve")).toHaveLength(1);
  });
});
