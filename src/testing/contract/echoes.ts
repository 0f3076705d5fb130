import assert from "node:assert/strict";
import type { Conversation } from "../../domain/conversation.js";
import type { NewMessage } from "../../domain/message.js";
import {
  aCommand,
  aConversation,
  anEcho,
  aReport,
  HOTEL,
  messageEvent,
  OTHER_HOTEL,
  SECOND_NUMBER,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  aKnownGuest,
  atOnce,
  commit,
  conflicts,
  eventsOf,
  intended,
  messageOf,
  nothingIsDue,
  reasonsOf,
  sendingOne,
  sentOne,
  settle,
  statusesIn,
  stored,
} from "./steps.js";

const telling = (message: NewMessage, conversation: Conversation, more: readonly Conversation[] = []) =>
  aCommand({
    hotelId: conversation.hotelId,
    conversations: more,
    messages: [message],
    events: [messageEvent(message, conversation)],
  });

/** What somebody at the hotel writes in the phone app. */
export const echoCases: readonly StorageCase[] = [
  {
    id: "commit/echo",
    says: "What somebody wrote in the phone app joins the reports that were faster, and later ones find it (F20).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const billing = { billable: false, category: "service" };
      const early = [aReport("delivered", "wamid.1", { billing }), aReport("sent", "wamid.1")];
      assert.deepEqual((await storage.applyStatuses(early)).outcomes, ["parked", "parked"]);
      const conversation = aConversation("con_1", guest, { lastSeq: 1 });
      const echo = anEcho("msg_1", conversation, 1, { wamid: "wamid.1" });
      const { events, messages } = await commit(storage, telling(echo, conversation, [conversation]));
      const message = await messageOf(storage, "msg_1");
      assert.equal(message.status, "delivered");
      assert.deepEqual(message.billing, billing);
      assert.deepEqual(reasonsOf(message), ["status_reported"]);
      assert.deepEqual(messages, [message], "it is answered as it is stored");
      assert.deepEqual(events, await eventsOf(storage));
      assert.deepEqual(
        events.map(({ seq, conversationId, departmentId, body }) => [seq, conversationId, departmentId, body]),
        [
          [1, "con_1", "reception", { type: "message.echoed", messageId: "msg_1" }],
          [2, "con_1", "reception", { type: "message.status", messageId: "msg_1", status: "delivered" }],
        ],
      );
      assert.equal(message.eventSeq, 1);
      assert.deepEqual((await storage.applyStatuses([aReport("read", "wamid.1")])).outcomes, ["applied"]);
      assert.deepEqual(statusesIn(await eventsOf(storage), "msg_1"), ["delivered", "read"]);
    },
  },
  {
    id: "commit/echo-alone",
    says: "Without an early report, or where it says no more than the echo, an echo is stored as it came.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { lastSeq: 2 });
      await storage.applyStatuses([aReport("sent", "wamid.msg_2")]);
      await storage.applyStatuses([aReport("read", "wamid.msg_1", { hotelId: OTHER_HOTEL })]);
      await stored(storage, conversation, [anEcho("msg_1", conversation, 1), anEcho("msg_2", conversation, 2)]);
      for (const id of ["msg_1", "msg_2"]) {
        const message = await messageOf(storage, id);
        assert.deepEqual([message.status, message.wamid, message.reasons], ["sent", `wamid.${id}`, []]);
      }
      assert.deepEqual(
        (await eventsOf(storage)).map(({ body }) => body.type),
        ["message.echoed", "message.echoed"],
      );
    },
  },
  {
    id: "commit/echo-at-once",
    says: "A report and its echo that meet at the same moment lose nothing, whichever is first (F20).",
    needs: "concurrency",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = await stored(storage, aConversation("con_1", guest));
      await atOnce(10, async (index) => {
        const echo = anEcho(`msg_${String(index)}`, conversation, index + 1);
        await Promise.all([
          commit(storage, telling(echo, conversation)),
          storage.applyStatuses([aReport("delivered", `wamid.msg_${String(index)}`)]),
        ]);
        assert.equal((await messageOf(storage, echo.id)).status, "delivered");
      });
    },
  },
  {
    id: "commit/client-id-of-echo",
    says: "What WhatsApp has an id for is one message: an echo of what is stored already is a conflict.",
    async run({ storage }) {
      const { conversation } = await sentOne(storage, "wamid.1");
      const echo = (id: string, where: Conversation, wamid: string) =>
        telling(anEcho(id, where, where.lastSeq + 1, { wamid }), where);
      const ofSent = echo("msg_1", conversation, "wamid.1");
      conflicts(await storage.commit(HOTEL, [ofSent]), [0], [ofSent]);
      await commit(storage, echo("msg_2", conversation, "wamid.2"));
      const again = echo("msg_3", conversation, "wamid.2");
      conflicts(await storage.commit(HOTEL, [again]), [0], [again]);
      const guest = await aKnownGuest(storage, { hotelId: OTHER_HOTEL });
      const elsewhere = await stored(storage, aConversation("con_2", guest, { phoneNumberId: SECOND_NUMBER }));
      await commit(storage, echo("msg_4", elsewhere, "wamid.1"));
    },
  },
  {
    id: "send/settle-echoed",
    says: "A send whose echo was faster is recorded without WhatsApp's id, which is the echo's already.",
    async run({ storage }) {
      const sending = await sendingOne(storage);
      await intended(storage, sending);
      await commit(
        storage,
        telling(anEcho("msg_echo", sending.conversation, 2, { wamid: "wamid.1" }), sending.conversation),
      );
      const events = await settle(storage, sending, { kind: "sent", wamid: "wamid.1" });
      assert.deepEqual(statusesIn(events, sending.message.id), ["sent"]);
      const message = await messageOf(storage, sending.message.id);
      assert.deepEqual([message.status, message.wamid], ["sent", null]);
      assert.ok(reasonsOf(message).includes("send_accepted"));
      await nothingIsDue(storage, "outbound");
      await storage.applyStatuses([aReport("read", "wamid.1")]);
      assert.equal((await messageOf(storage, "msg_echo")).status, "read", "reports are the echo's");
      assert.equal((await messageOf(storage, sending.message.id)).status, "sent");
    },
  },
  {
    id: "status/correlation-echoed",
    says: "A report with our own id is our message's, and where an echo has WhatsApp's id already, it stays the echo's.",
    async run({ storage }) {
      const sending = await sendingOne(storage);
      await intended(storage, sending);
      await commit(
        storage,
        telling(anEcho("msg_echo", sending.conversation, 2, { wamid: "wamid.1" }), sending.conversation),
      );
      const report = aReport("delivered", "wamid.1", { correlationId: sending.message.id });
      assert.deepEqual((await storage.applyStatuses([report])).outcomes, ["applied"]);
      const message = await messageOf(storage, sending.message.id);
      assert.deepEqual([message.status, message.wamid], ["delivered", null]);
      const echo = await messageOf(storage, "msg_echo");
      assert.deepEqual([echo.status, echo.wamid], ["sent", "wamid.1"]);
    },
  },
];
