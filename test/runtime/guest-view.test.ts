import { expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { ConversationManager, type GuestPrincipal } from "../../src/index.js";
import { aConversation, anInboundMessage, anOutboundMessage } from "../../src/testing/contract/builders.js";
import { aKnownGuest, stored } from "../../src/testing/contract/steps.js";
import { APP_SECRET, hotels, receptionist, VERIFY_TOKEN } from "../harness/hotel.js";

test("a guest reads what was said, and not who of the staff it was in the books, nor what became of it behind the desk (T61)", async () => {
  const storage = memoryStorage();
  const desk = new ConversationManager({
    hotels,
    storage,
    transport: {
      send: () =>
        Promise.resolve({ outcome: "rejected", failure: { code: "nowhere", message: "Nobody." }, retry: null }),
    },
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
  });
  await desk.start({ work: false });
  const guest = await aKnownGuest(storage);
  const conversation = aConversation("con_1", guest, { lastSeq: 2 });
  const at = new Date("2026-03-01T12:00:00Z");
  await stored(storage, conversation, [
    anInboundMessage("msg_1", conversation, 1),
    anOutboundMessage("msg_2", conversation, 2, {
      author: { kind: "staff", id: "payroll-4711", name: "Anna" },
      status: "failed",
      failure: { code: "graph_131026", message: "The guest cannot be reached." },
      clientMessageId: "click-1",
      flow: { flowId: "upsell", runId: "run_4712", step: "champagne", result: "pending" },
      reasons: [{ code: "resent", at }],
    }),
  ]);
  const principal: GuestPrincipal = { kind: "guest", id: "web_1", hotelId: "grand", guestId: guest.id };
  const { items } = await desk.as(principal).messages("con_1");
  expect(items.map(({ id, author, content, status }) => ({ id, author, content, status }))).toEqual([
    {
      id: "msg_2",
      author: { kind: "staff", id: "staff", name: "Anna" },
      content: { type: "text", text: "Message msg_2" },
      status: "failed",
    },
    {
      id: "msg_1",
      author: { kind: "guest", id: guest.id },
      content: { type: "text", text: "Message msg_1" },
      status: "received",
    },
  ]);
  expect(JSON.stringify(items)).not.toMatch(/payroll|131026|click-1|resent|upsell|4712|champagne/);
  const staff = await desk.as(receptionist).messages("con_1");
  expect(JSON.stringify(staff.items)).toMatch(/payroll.*131026.*click-1.*champagne/);
  await expect(desk.as(principal).explain("msg_1")).rejects.toMatchObject({ code: "not_found" });
  await expect(
    desk.as(principal).reply("con_1", { clientMessageId: "1", content: { type: "text", text: "hello" } }),
  ).rejects.toMatchObject({ code: "not_found" });
  await desk.stop();
});

test("a guest is not told how staff sort their conversation, and cannot find it out by asking for it (T60, T61)", async () => {
  const storage = memoryStorage();
  const desk = new ConversationManager({
    hotels,
    storage,
    transport: { send: () => Promise.reject(new Error("nothing is sent")) },
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
  });
  await desk.start({ work: false });
  const guest = await aKnownGuest(storage);
  const conversation = aConversation("con_1", guest, { lastSeq: 1, waitingSince: new Date("2026-03-01T12:00:00Z") });
  await stored(storage, conversation, [anInboundMessage("msg_1", conversation, 1)]);
  const staff = desk.as(receptionist);
  await staff.assign("con_1");
  await staff.tag("con_1", { add: ["difficult"] });
  await staff.setPriority("con_1", { priority: "high" });
  await staff.snooze("con_1", { until: new Date(Date.now() + 3_600_000) });
  await staff.note("con_1", { clientMessageId: "n1", text: "Never pays." });

  const own = desk.as({ kind: "guest", id: "web_1", hotelId: "grand", guestId: guest.id });
  const { items } = await own.conversations({ status: "open" });
  expect(items).toMatchObject([
    { id: "con_1", assigneeId: null, tags: [], priority: "normal", snoozedUntil: null, unread: 0, waitingSince: null },
  ]);
  for (const query of [
    { assignee: receptionist.id },
    { assignee: null },
    { tag: "difficult" },
    { priority: "high" },
    { priority: "normal" },
    { snoozed: true },
    { snoozed: false },
    { unread: true },
    { waiting: true },
  ] as const)
    expect((await own.conversations(query)).items, JSON.stringify(query)).toEqual([]);
  expect((await own.messages("con_1")).items.map(({ id }) => id)).toEqual(["msg_1"]);
  expect((await own.search({ hotel: "grand", text: "never" })).items).toEqual([]);
  expect(await own.counters()).toEqual([]);
  await expect(own.participants("con_1")).rejects.toMatchObject({ code: "not_found" });
  await desk.stop();
});
