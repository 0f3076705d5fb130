import assert from "node:assert/strict";
import type { Conversation } from "../../domain/conversation.js";
import type { ConversationQuery } from "../../ports/read-storage.js";
import type { Storage } from "../../ports/storage.js";
import {
  aCommand,
  aConversation,
  anOutboundMessage,
  HOTEL,
  minutesAfterNoon,
  NOON,
  OTHER_HOTEL,
  sendWork,
  within,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, chatOf, claimedSend, commit, conversationOf, messageOf, reasonsOf, stored } from "./steps.js";

const WORKED: Partial<Conversation> = {
  assigneeId: "staff_café",
  priority: "urgent",
  tags: ["late arrival", "vip", "überraschung 🎂"],
  snoozedUntil: minutesAfterNoon(90),
};

const listed = async (storage: Storage, query: Partial<ConversationQuery> = {}): Promise<readonly string[]> => {
  const { items } = await storage.conversations({
    reach: "everything",
    hotelId: null,
    departmentId: null,
    status: null,
    after: null,
    limit: 100,
    ...query,
  });
  return items.map(({ conversation }) => conversation.id);
};

/** Conversations of two hotels, each done something else to. The newest first: `con_5` down to `con_0`. */
async function aDay(storage: Storage): Promise<void> {
  const guest = await aKnownGuest(storage);
  const elsewhere = await aKnownGuest(storage, { hotelId: OTHER_HOTEL });
  const all: readonly [Partial<Conversation>, typeof guest?][] = [
    [{ assigneeId: "staff_1", tags: ["vip"], departmentId: "reception" }],
    [{ assigneeId: "staff_2", priority: "high", departmentId: "spa" }],
    [{ snoozedUntil: NOON, tags: ["noise", "vip"], departmentId: "bar" }],
    [{ status: "closed", closedAt: NOON, assigneeId: "staff_1", priority: "urgent" }],
    [{ status: "closed", closedAt: NOON }],
    [{ assigneeId: "staff_1", tags: ["vip"], priority: "high" }, elsewhere],
  ];
  for (const [index, [fields, of = guest]] of all.entries())
    await stored(
      storage,
      aConversation(`con_${String(index)}`, of, { ...fields, lastMessageAt: minutesAfterNoon(index) }),
    );
}

export const deskWorkCases: readonly StorageCase[] = [
  {
    id: "commit/desk-work",
    says: "Who sees to a conversation, its priority, its tags and its snooze are kept and read back as they are, and changed with it.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const first = await stored(storage, aConversation("con_1", guest, WORKED));
      assert.deepEqual(await conversationOf(storage, "con_1"), first);
      assert.deepEqual((await chatOf(storage, guest)).conversations, [first]);
      const none = { assigneeId: null, priority: "normal", tags: [], snoozedUntil: null } as const;
      const after = await stored(storage, { ...first, ...none });
      assert.deepEqual(await conversationOf(storage, "con_1"), after);
      const again = await stored(storage, { ...after, ...WORKED });
      assert.deepEqual(await conversationOf(storage, "con_1"), again);
    },
  },
  {
    id: "read/assignee",
    says: "A list can be asked for what one of staff sees to, or for what nobody does.",
    async run({ storage }) {
      await aDay(storage);
      assert.deepEqual(await listed(storage, { assigneeId: "staff_1" }), ["con_5", "con_3", "con_0"]);
      assert.deepEqual(await listed(storage, { assigneeId: "staff_1", status: "open", hotelId: HOTEL }), ["con_0"]);
      assert.deepEqual(await listed(storage, { assigneeId: null }), ["con_4", "con_2"]);
      assert.deepEqual(await listed(storage, { assigneeId: null, status: "open" }), ["con_2"]);
      assert.deepEqual(await listed(storage, { assigneeId: "none" }), []);
      assert.deepEqual(await listed(storage, { assigneeId: "staff_2", reach: within([HOTEL, ["reception"]]) }), []);
    },
  },
  {
    id: "read/priority",
    says: "A list can be asked for one priority.",
    async run({ storage }) {
      await aDay(storage);
      assert.deepEqual(await listed(storage, { priority: "high" }), ["con_5", "con_1"]);
      assert.deepEqual(await listed(storage, { priority: "urgent" }), ["con_3"]);
      assert.deepEqual(await listed(storage, { priority: "normal" }), ["con_4", "con_2", "con_0"]);
    },
  },
  {
    id: "read/tag",
    says: "A list can be asked for one tag, which is another than one that it begins with.",
    async run({ storage }) {
      await aDay(storage);
      assert.deepEqual(await listed(storage, { tag: "vip" }), ["con_5", "con_2", "con_0"]);
      assert.deepEqual(await listed(storage, { tag: "vip", hotelId: HOTEL }), ["con_2", "con_0"]);
      assert.deepEqual(await listed(storage, { tag: "noise" }), ["con_2"]);
      assert.deepEqual(await listed(storage, { tag: "vi" }), []);
      assert.deepEqual(await listed(storage, { tag: "vip", reach: within([OTHER_HOTEL, "all"]) }), ["con_5"]);
    },
  },
  {
    id: "read/snoozed",
    says: "A list can be asked for what is snoozed, also when its time is over, or for what is not.",
    async run({ storage }) {
      await aDay(storage);
      assert.deepEqual(await listed(storage, { snoozed: true }), ["con_2"]);
      assert.deepEqual(await listed(storage, { snoozed: false, hotelId: HOTEL }), ["con_4", "con_3", "con_1", "con_0"]);
      assert.deepEqual(await listed(storage, { snoozed: false, status: "open", tag: "vip" }), ["con_5", "con_0"]);
    },
  },
  {
    id: "load/staff",
    says: "How many open conversations each of staff sees to is told in the order asked, in this hotel alone.",
    async run({ storage }) {
      await aDay(storage);
      await stored(
        storage,
        aConversation("con_9", await aKnownGuest(storage, { waId: "12025550109" }), { assigneeId: "staff_2" }),
      );
      const staffIds = ["staff_2", "nobody", "staff_1", "staff_2"];
      assert.deepEqual(await storage.loadStaff({ hotelId: HOTEL, staffIds }), [2, 0, 1, 2]);
      assert.deepEqual(await storage.loadStaff({ hotelId: HOTEL, staffIds: [] }), []);
      assert.deepEqual(await storage.loadStaff({ hotelId: OTHER_HOTEL, staffIds: ["staff_1", "staff_2"] }), [1, 0]);
    },
  },
  {
    id: "send/intend-flow",
    says: "What a flow had queued is not intended once a person has taken the conversation over; what staff wrote is, and so is a flow's while the bot speaks (F39).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const other = await aKnownGuest(storage, { waId: "12025550102" });
      const flow = { flowId: "check-in", step: "welcome", result: "pending" } as const;
      const conversation = aConversation("con_1", guest, { speaker: "bot", lastSeq: 1 });
      const byFlow = anOutboundMessage("msg_flow", conversation, 1, { author: { kind: "bot", id: "check-in" }, flow });
      const before = await stored(storage, conversation, [byFlow], { work: [sendWork(byFlow, guest)] });
      const send = await claimedSend(storage);
      const intend = (lane: typeof send.lane, messageId: string, as: "windowless" | "content" = "windowless") =>
        storage.intend([{ lane, messageId, as }]);

      const taken = { ...before, speaker: "human" as const };
      await commit(storage, aCommand({ conversations: [taken] }));
      assert.deepEqual(await intend(send.lane, "msg_flow"), ["personSpeaks"]);
      // Nor is it for want of an open window, which would let something else go in its place.
      assert.deepEqual(await intend(send.lane, "msg_flow", "content"), ["personSpeaks"]);
      const kept = await messageOf(storage, "msg_flow");
      assert.deepEqual([kept.status, reasonsOf(kept)], ["queued", []], "nothing was done");

      const human = aConversation("con_2", other, { speaker: "human", lastSeq: 1 });
      const byStaff = anOutboundMessage("msg_staff", human, 1);
      await stored(storage, human, [byStaff], { work: [sendWork(byStaff, other)] });
      const { lane } = await claimedSend(storage);
      assert.deepEqual(await intend(lane, "msg_staff"), ["go"]);

      await commit(storage, aCommand({ conversations: [{ ...taken, version: taken.version + 1, speaker: "bot" }] }));
      assert.deepEqual(await intend(send.lane, "msg_flow"), ["go"]);
    },
  },
];
