import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  deskHandler,
  type Conversation,
  type ConversationJson,
  type ConversationSummaryJson,
  type ErrorJson,
  type ListJson,
  type Principal,
  type Storage,
} from "../../src/index.js";
import { aCommand, anOutboundMessage, messageEvent, sendWork } from "../../src/testing/contract/builders.js";
import { conversationOf, nowOf } from "../../src/testing/contract/steps.js";
import { eventually, manager, receptionist } from "../harness/hotel.js";
import { aHotel, STORAGES, type Hotel, type Stored } from "./stories.js";

const INES = { phone: "12025550101", name: "Ines" };
const HOUR_MS = 3_600_000;
const housekeeper: Principal = { ...receptionist, id: "staff_house", hotels: { grand: ["housekeeping"] } };
const colleague: Principal = { ...receptionist, id: "staff_colleague" };

describe.each(STORAGES)("what staff do with a conversation (%s)", (_, make) => {
  let hotel: Hotel;
  let storage: Storage;
  let pass: Stored["pass"];
  let end: Stored["end"];
  let id: string;

  beforeEach(async () => {
    ({ storage, pass, end } = await make());
    hotel = await aHotel(storage);
    await hotel.shows(await hotel.writes(INES, "hello"));
    ({ id } = (await hotel.shows(await hotel.writes(INES, "Reception"))).conversation);
    await hotel.settled();
  });
  afterEach(async () => {
    await hotel.stop();
    await end();
  });

  async function ask(as: Principal, path: string, body?: object) {
    const handler = deskHandler(hotel.desk, { authenticate: () => as });
    const answer = await handler(
      new Request(`http://host${path}`, {
        method: body === undefined ? "GET" : "POST",
        ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      }),
    );
    return { status: answer?.status, json: await answer?.json() };
  }
  const act = async (as: Principal, what: string, body: object = {}) => {
    const { status, json } = await ask(as, `/conversations/${id}/${what}`, body);
    return { status, json: json as ConversationJson & ErrorJson };
  };
  const list = async (query = "", as: Principal = manager) =>
    (await ask(as, `/conversations?${query}`)).json as ListJson<ConversationSummaryJson>;
  const listed = async (query: string, as?: Principal) => (await list(query, as)).items.map((one) => one.id);
  /** What was told and written down about the conversation since. */
  async function since() {
    const all = async () => ({
      events: (await storage.events({ hotelId: "grand", after: 0, limit: 1_000 }))
        .map(({ body }) => body.type)
        // Of what was sent before, WhatsApp reports when it likes.
        .filter((type) => type !== "message.status"),
      audit: (await storage.audit({ hotelId: "grand", targetId: id })).map(({ action, reason }) => [action, reason]),
    });
    const before = await all();
    return async () => {
      const after = await all();
      return {
        events: after.events.slice(before.events.length),
        audit: after.audit.slice(before.audit.length),
      };
    };
  }

  test("an agent takes what nobody has and gives it back; a colleague is told who was faster; a manager gives it to anybody (S23)", async () => {
    const told = await since();
    const taken = await act(receptionist, "assign", { reason: "mine" });
    expect(taken).toMatchObject({ status: 200, json: { assigneeId: "staff_reception" } });
    expect(await act(receptionist, "assign", { assigneeId: "staff_reception" })).toEqual(taken);
    expect(await act(colleague, "assign")).toMatchObject({
      status: 409,
      json: { error: { code: "conversation_taken", details: { assigneeId: "staff_reception" } } },
    });
    expect(await act(colleague, "unassign")).toMatchObject({ status: 409 });
    expect(await act(receptionist, "assign", { assigneeId: "staff_colleague" })).toMatchObject({
      status: 403,
      json: { error: { code: "assignment_forbidden" } },
    });
    expect(await act(housekeeper, "assign")).toMatchObject({ status: 404, json: { error: { code: "not_found" } } });
    expect(await listed("assignee=staff_reception&status=open")).toEqual([id]);
    expect(await listed("assignee=none&status=open")).toEqual([]);

    expect(await act(manager, "assign", { assigneeId: "staff_colleague" })).toMatchObject({
      json: { assigneeId: "staff_colleague" },
    });
    expect(await act(colleague, "unassign")).toMatchObject({ status: 200, json: { assigneeId: null } });
    expect(await act(colleague, "unassign")).toMatchObject({ status: 200, json: { assigneeId: null } });
    expect(await listed("assignee=none&status=open")).toEqual([id]);
    expect(await told()).toEqual({
      events: ["conversation.assigned", "conversation.assigned", "conversation.assigned"],
      audit: [
        ["conversation.assign", "mine"],
        ["conversation.assign", "assign"],
        ["conversation.unassign", "unassign"],
      ],
    });
  });

  test("a transfer leaves it to the other department, where nobody sees to it yet and nothing is put off", async () => {
    await act(receptionist, "assign");
    await act(receptionist, "snooze", { until: new Date(Date.now() + HOUR_MS).toISOString() });
    const told = await since();
    expect(await act(receptionist, "transfer", { departmentId: "housekeeping" })).toMatchObject({
      status: 200,
      json: { departmentId: "housekeeping", assigneeId: null, snoozedUntil: null },
    });
    expect((await told()).events).toEqual([
      "conversation.transferred",
      "conversation.assigned",
      "conversation.unsnoozed",
    ]);
    expect(await listed("status=open", housekeeper)).toEqual([id]);
  });

  test("priority and tags sort the list; a tag is one however it is typed; what is so already is no news (T59)", async () => {
    const told = await since();
    expect(await act(receptionist, "priority", { priority: "urgent" })).toMatchObject({ json: { priority: "urgent" } });
    const tagged = await act(receptionist, "tags", { add: [" VIP", "Late  Arrival"] });
    expect(tagged).toMatchObject({ status: 200, json: { tags: ["late arrival", "vip"] } });
    expect(await act(receptionist, "tags", { add: ["vip"], remove: ["never there"] })).toEqual(tagged);
    expect(await act(receptionist, "priority", { priority: "urgent" })).toEqual(tagged);
    expect(await listed("priority=urgent&tag=Vip")).toEqual([id]);
    expect(await listed("priority=high")).toEqual([]);
    expect(await listed("tag=arrival")).toEqual([]);
    expect(await act(receptionist, "tags", { remove: ["VIP"] })).toMatchObject({ json: { tags: ["late arrival"] } });
    expect(await told()).toMatchObject({
      events: ["conversation.prioritised", "conversation.tagged", "conversation.tagged"],
      audit: [
        ["conversation.prioritise", "priority"],
        ["conversation.tag", "tag"],
        ["conversation.tag", "tag"],
      ],
    });
    for (const [what, body] of [
      ["priority", { priority: "highest" }],
      ["tags", { add: [""] }],
      ["tags", { add: ["x".repeat(41)] }],
      ["tags", { add: ["a\u0000b"] }],
      ["assign", { assigneeId: "a\u0000b" }],
      ["assign", { assigneeId: "", by: "somebody" }],
      ["snooze", { until: "tomorrow" }],
      ["snooze", { until: new Date(Date.now() - 1_000).toISOString() }],
      ["snooze", { until: new Date(Date.now() + 400 * 24 * HOUR_MS).toISOString() }],
    ] as const)
      expect(await act(receptionist, what, body)).toMatchObject({
        status: 400,
        json: { error: { code: "request_invalid" } },
      });
    const many = Array.from({ length: 21 }, (_none, index) => `tag ${String(index)}`);
    expect(await act(receptionist, "tags", { add: many })).toMatchObject({
      json: { error: { code: "tags_too_many" } },
    });
  });

  describe("a snoozed conversation", () => {
    const snooze = async (ms: number) =>
      act(receptionist, "snooze", { until: new Date((await nowOf(storage)).getTime() + ms).toISOString() });

    test("leaves the open list and comes back when its time is over, once, with nobody waiting for it", async () => {
      const snoozed = await snooze(HOUR_MS);
      expect(snoozed.status).toBe(200);
      expect(await listed("status=open")).toEqual([]);
      expect(await listed("status=open&snoozed=true")).toEqual([id]);
      expect(await listed("")).toContain(id);
      const told = await since();
      await pass(HOUR_MS + 1_000);
      await eventually("it is back", async () => (await listed("status=open")).includes(id));
      await pass(HOUR_MS);
      expect(await told()).toEqual({ events: ["conversation.unsnoozed"], audit: [] });
      expect(await conversationOf(storage, id)).toMatchObject({ snoozedUntil: null });
      expect(hotel.heard.at(-1)).toBe("conversation.unsnoozed");
    });

    test("comes back in another process, when the one that knew of it has ended (a restart)", async () => {
      await snooze(HOUR_MS);
      await hotel.stop();
      await pass(2 * HOUR_MS);
      hotel = await aHotel(storage);
      await eventually("it is back", async () => (await listed("status=open")).includes(id));
    });

    test("comes back when the guest writes before, and does not come back a second time", async () => {
      await snooze(HOUR_MS);
      const told = await since();
      await hotel.shows(await hotel.writes(INES, "Are you there?"));
      expect(await listed("status=open")).toEqual([id]);
      await pass(2 * HOUR_MS);
      await timersFire();
      expect(await told()).toEqual({ events: ["conversation.unsnoozed", "message.received"], audit: [] });
    });

    test("that was put off further does not come back at the first time, nor one that was closed or wanted back", async () => {
      await snooze(HOUR_MS);
      await snooze(5 * HOUR_MS);
      const told = await since();
      await pass(2 * HOUR_MS);
      await timersFire();
      expect(await listed("status=open")).toEqual([]);
      expect((await told()).events).toEqual([]);
      const back = await act(receptionist, "unsnooze");
      expect(back).toMatchObject({ json: { snoozedUntil: null } });
      expect(await act(receptionist, "unsnooze")).toEqual(back);
      await snooze(HOUR_MS);
      await act(receptionist, "close");
      await pass(10 * HOUR_MS);
      await timersFire();
      expect((await told()).events).toEqual(["conversation.unsnoozed", "conversation.snoozed", "conversation.closed"]);
      expect(await conversationOf(storage, id)).toMatchObject({ status: "closed", snoozedUntil: null });
      expect(await snooze(HOUR_MS)).toMatchObject({ json: { error: { code: "conversation_closed" } } });
    });

    /** Waits until no timer is left that is due, or in somebody's hands. */
    const timersFire = () =>
      eventually("timers have fired", async () => {
        const { nextDueInMs } = await storage.claim({ kind: "timer", lanes: 0, itemsPerLane: 1, leaseMs: 1 });
        return nextDueInMs === null || nextDueInMs > 60_000;
      });
  });

  test("a command about a version that is no more is told so, with who was faster; nobody overwrites, and a repeated one is no news", async () => {
    const { version } = (await act(receptionist, "priority", { priority: "high" })).json;
    const listedVersion = (await list()).items[0]?.version;
    expect(listedVersion).toBe(version);
    const first = await act(receptionist, "transfer", { departmentId: "housekeeping", version });
    expect(first).toMatchObject({ status: 200, json: { departmentId: "housekeeping", version: version + 1 } });
    const told = await since();
    for (const [what, body] of [
      ["transfer", { departmentId: "reception" }],
      ["close", {}],
      ["assign", { assigneeId: "staff_house" }],
      ["tags", { add: ["late"] }],
      ["priority", { priority: "normal" }],
      ["snooze", { until: new Date(Date.now() + HOUR_MS).toISOString() }],
      ["giveback", {}],
    ] as const)
      expect(await act(manager, what, { ...body, version })).toMatchObject({
        status: 409,
        json: {
          error: {
            code: "conversation_changed",
            details: { version: version + 1, by: "staff_reception", action: "conversation.transfer" },
          },
        },
      });
    // The answer to one's own command may have been lost.
    expect(await act(manager, "transfer", { departmentId: "housekeeping", version })).toEqual(first);
    expect(await told()).toEqual({ events: [], audit: [] });
    expect(await act(manager, "close", { version: version + 1 })).toMatchObject({ json: { status: "closed" } });
    expect(await act(manager, "reopen", { version })).toMatchObject({ status: 409 });
    expect(await act(manager, "reopen")).toMatchObject({ json: { status: "open", version: version + 3 } });
  });

  describe("who speaks", () => {
    /** What a flow had decided to say, by whoever spoke then. */
    async function flowSays(messageId: string) {
      const before: Conversation = await conversationOf(storage, id);
      const conversation = { ...before, lastSeq: before.lastSeq + 1 };
      const flow = { flowId: "check-in", step: "welcome", result: "pending" } as const;
      const now = await nowOf(storage);
      const message = anOutboundMessage(messageId, conversation, conversation.lastSeq, {
        author: { kind: "bot", id: "check-in" },
        flow,
        sentAt: now,
        createdAt: now,
      });
      const work = sendWork(message, { id: before.guestId, hotelId: "grand", phoneNumberId: before.phoneNumberId });
      const events = [messageEvent(message, conversation)];
      const change = aCommand({ conversations: [conversation], messages: [message], events, work: [work] });
      expect((await storage.commit("grand", [change])).outcome).toBe("committed");
    }
    const becomes = (messageId: string, status: string) =>
      eventually(`${messageId} is ${status}`, async () => {
        const { items } = await hotel.staff().messages(id);
        return items.find((message) => message.id === messageId && message.status === status);
      });

    test("after a takeover nothing of a flow leaves, and staff see why; given back, the bot speaks again (F39, L)", async () => {
      await flowSays("msg_flow_1");
      await becomes("msg_flow_1", "sent");
      const told = await since();
      const taken = await act(receptionist, "takeover");
      expect(taken).toMatchObject({ status: 200, json: { speaker: "human" } });
      expect(await act(receptionist, "takeover")).toEqual(taken);
      await flowSays("msg_flow_2");
      const failed = await becomes("msg_flow_2", "failed");
      expect(failed.failure?.code).toBe("person_speaks");
      expect((await hotel.staff().explain("msg_flow_2")).steps.map(({ code }) => code)).toEqual(["person_speaks"]);
      const answered = await hotel
        .staff()
        .reply(id, { clientMessageId: "r1", content: { type: "text", text: "Here I am" } });
      await becomes(answered.id, "sent");
      expect(await act(receptionist, "giveback")).toMatchObject({ status: 200, json: { speaker: "bot" } });
      await flowSays("msg_flow_3");
      await becomes("msg_flow_3", "sent");
      expect(hotel.outbox.map(({ messageId }) => messageId)).not.toContain("msg_flow_2");
      const { events, audit } = await told();
      expect(events.filter((type) => type.startsWith("conversation."))).toEqual([
        "conversation.takenOver",
        "conversation.givenBack",
      ]);
      expect(audit.map(([action]) => action)).toEqual(["conversation.takeover", "conversation.giveback"]);
    });
  });
});
