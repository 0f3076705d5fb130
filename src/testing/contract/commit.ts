import assert from "node:assert/strict";
import { newChat } from "../../domain/chat.js";
import {
  aCommand,
  aConversation,
  aGuestUpdate,
  anAuditEntry,
  anInboundMessage,
  anOutboundMessage,
  aPrompt,
  HOTEL,
  NUMBER,
  messageEvent,
  minutesAfterNoon,
  NOON,
  sendWork,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  aKnownGuest,
  asStored,
  atOnce,
  chatOf,
  claim,
  claimOne,
  collides,
  commit,
  completing,
  conflicts,
  conversationOf,
  eventsOf,
  guestWrites,
  itemsOf,
  messageOf,
  messagesIn,
  nothingIsDue,
  nowOf,
  stored,
} from "./steps.js";

export const commitCases: readonly StorageCase[] = [
  {
    id: "commit/whole",
    says: "A change is stored whole: chat, conversation, messages, events, audit and work, as they were given.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { lastSeq: 2, lastMessageAt: minutesAfterNoon(2) });
      const strange = 'NUL \u0000, half an emoji \ud83d, "quotes" \\ ünï 😀 <b>&amp;';
      const inbound = anInboundMessage("msg_1", conversation, 1, {
        content: { type: "choice", via: "list", id: `prm_1#2${strange}`, text: strange },
        quotedWamid: "wamid.quoted",
        context: { forwarded: "often", referral: { source: "ad", headline: "Half an emoji: \ud83d and \u0000" } },
        flow: { flowId: "check-in", runId: "run_1", step: "name", result: "succeeded" },
        reasons: [{ code: "answered_prompt", at: NOON, details: { conversationId: "con_1", number: 2 } }],
        sentAt: minutesAfterNoon(-3),
      });
      const outbound = anOutboundMessage("msg_2", conversation, 2, {
        author: { kind: "staff", id: "staff_1", name: "Reception desk" },
        content: { type: "buttons", text: strange, buttons: [{ id: "b#1", title: "Yes" }] },
        clientMessageId: "client_1",
      });
      const before = await nowOf(storage);
      const result = await commit(
        storage,
        aCommand({
          chat: { ...newChat(HOTEL, guest.phoneNumberId, guest.id), currentConversationId: "con_1" },
          conversations: [conversation],
          messages: [inbound, outbound],
          prompts: [aPrompt("prm_1", conversation)],
          participants: [{ conversationId: "con_1", kind: "guest", id: guest.id, readSeq: 1 }],
          events: [
            { conversationId: "con_1", departmentId: "reception", body: { type: "conversation.opened" } },
            messageEvent(inbound, conversation),
            messageEvent(outbound, conversation),
          ],
          audit: [anAuditEntry("aud_1", "con_1")],
          work: [sendWork(outbound, guest)],
        }),
      );
      assert.deepEqual(await conversationOf(storage, "con_1"), { ...conversation, version: 1 });
      assert.deepEqual(await messageOf(storage, "msg_1"), asStored(inbound, 2));
      assert.deepEqual(await messageOf(storage, "msg_2"), asStored(outbound, 3));
      assert.deepEqual(result.messages, [await messageOf(storage, "msg_1"), await messageOf(storage, "msg_2")]);
      assert.deepEqual(result.events, await eventsOf(storage));
      assert.deepEqual(
        result.events.map(({ hotelId, seq, conversationId, departmentId, body }) => [
          hotelId,
          seq,
          conversationId,
          departmentId,
          body.type,
        ]),
        [
          [HOTEL, 1, "con_1", "reception", "conversation.opened"],
          [HOTEL, 2, "con_1", "reception", "message.received"],
          [HOTEL, 3, "con_1", "reception", "message.queued"],
        ],
      );
      for (const { at } of result.events) assert.ok(at >= before && at <= (await nowOf(storage)));
      assert.deepEqual(await storage.audit({ hotelId: HOTEL, targetId: "con_1" }), [anAuditEntry("aud_1", "con_1")]);
      assert.deepEqual(itemsOf([await claimOne(storage, "outbound")]), [["snd_msg_2"]]);
    },
  },
  {
    id: "commit/whole-or-nothing",
    says: "Where one change of a batch cannot be stored, nothing of any is: no message, event, number, audit or work.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const known = await stored(storage, aConversation("con_1", guest));
      const fresh = aConversation("con_2", guest, { departmentId: "restaurant", lastSeq: 1 });
      const message = anOutboundMessage("msg_1", fresh, 1);
      const good = aCommand({
        guest: aGuestUpdate(guest.id, { name: "A name" }),
        chat: newChat(HOTEL, guest.phoneNumberId, guest.id),
        conversations: [fresh],
        messages: [message],
        prompts: [aPrompt("prm_1", fresh)],
        events: [messageEvent(message, fresh)],
        audit: [anAuditEntry("aud_1", "con_2")],
        work: [sendWork(message, guest)],
      });
      const stale = aCommand({ conversations: [{ ...known, version: 7 }] });
      conflicts(await storage.commit(HOTEL, [good, stale]), [1], [good, stale]);

      assert.equal(await storage.message({ reach: "everything", messageId: "msg_1" }), null);
      assert.deepEqual(await eventsOf(storage), []);
      assert.deepEqual(await storage.audit({ hotelId: HOTEL, targetId: "con_2" }), []);
      await nothingIsDue(storage, "outbound");
      const { chat, conversations, prompts, ...state } = await chatOf(storage, guest, { promptIds: ["prm_1"] });
      assert.deepEqual([state.guest.name, chat, conversations, prompts], [null, null, [known], []]);
      await commit(storage, good);
      assert.deepEqual(
        (await eventsOf(storage)).map(({ seq }) => seq),
        [1],
        "the next number was not used up",
      );
    },
  },
  {
    id: "commit/whole-empty",
    says: "Committing nothing is no error, and changes nothing.",
    async run({ storage }) {
      assert.deepEqual(await storage.commit(HOTEL, []), { outcome: "committed", events: [], messages: [] });
      assert.deepEqual(await commit(storage, aCommand()), { outcome: "committed", events: [], messages: [] });
    },
  },
  {
    id: "commit/conflict",
    says: "A change that was decided on a conversation as it no longer stands is refused, and names itself.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const first = await stored(storage, aConversation("con_1", guest));
      const second = await stored(storage, { ...first, lastMessagePreview: "newer" });
      const late = aCommand({ conversations: [{ ...first, lastMessagePreview: "older" }] });
      conflicts(await storage.commit(HOTEL, [late]), [0], [late]);
      assert.deepEqual(await conversationOf(storage, "con_1"), second);
      assert.equal(second.version, 2);
    },
  },
  {
    id: "commit/conflict-chat",
    says: "A chat is protected by its version as a conversation is.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const chat = newChat(HOTEL, guest.phoneNumberId, guest.id);
      await commit(storage, aCommand({ chat }));
      await commit(storage, aCommand({ chat: { ...chat, version: 1, menuSentAt: NOON } }));
      const late = aCommand({ chat: { ...chat, version: 1, currentConversationId: "con_late" } });
      conflicts(await storage.commit(HOTEL, [late]), [0], [late]);
      assert.deepEqual((await chatOf(storage, guest)).chat, { ...chat, version: 2, menuSentAt: NOON });
    },
  },
  {
    id: "commit/conflict-new",
    says: "Version 0 says that there is none yet: where there is one by now, the change is refused; one that is not there cannot be changed.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest);
      const chat = newChat(HOTEL, guest.phoneNumberId, guest.id);
      await stored(storage, conversation, [], { chat });
      for (const change of [
        { conversations: [conversation] },
        { chat },
        { conversations: [aConversation("con_2", guest, { version: 1, departmentId: "spa" })] },
      ]) {
        const late = aCommand(change);
        conflicts(await storage.commit(HOTEL, [late]), [0], [late]);
      }
      assert.equal((await conversationOf(storage, "con_1")).version, 1);
    },
  },
  {
    id: "commit/conflict-twice-in-a-batch",
    says: "Two changes of one conversation, or of one chat, in one batch are a conflict: never is one of them lost unseen.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = await stored(storage, aConversation("con_1", guest));
      const chat = newChat(HOTEL, guest.phoneNumberId, guest.id);
      collides(
        await storage.commit(HOTEL, [
          aCommand({ conversations: [{ ...conversation, readSeq: 1 }] }),
          aCommand({ conversations: [{ ...conversation, lastSeq: 1 }] }),
        ]),
      );
      collides(await storage.commit(HOTEL, [aCommand({ chat }), aCommand({ chat: { ...chat, menuSentAt: NOON } })]));
      assert.deepEqual(await conversationOf(storage, "con_1"), conversation);
    },
  },
  {
    id: "commit/conflict-at-once",
    says: "Of many changes of one conversation at the same moment exactly one is stored (F38).",
    needs: "concurrency",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = await stored(storage, aConversation("con_1", guest));
      const results = await atOnce(12, (index) =>
        storage.commit(HOTEL, [aCommand({ conversations: [{ ...conversation, lastMessagePreview: String(index) }] })]),
      );
      assert.equal(results.filter(({ outcome }) => outcome === "committed").length, 1);
      assert.equal(results.filter(({ outcome }) => outcome === "conflict").length, 11);
      const { version, lastMessagePreview } = await conversationOf(storage, "con_1");
      assert.equal(version, 2);
      assert.equal(results[Number(lastMessagePreview)]?.outcome, "committed");
    },
  },
  {
    id: "commit/twice",
    says: "What is stored already stays as it is: deciding twice names the same things, and the second time stores none again.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = await stored(storage, aConversation("con_1", guest, { departmentId: null }));
      const message = anOutboundMessage("msg_1", conversation, 1, { clientMessageId: "client_1" });
      const heard = anInboundMessage("msg_0", conversation, 2);
      const once = {
        messages: [message, heard],
        prompts: [aPrompt("prm_1", conversation)],
        participants: [{ conversationId: "con_1", kind: "guest" as const, id: guest.id, readSeq: 1 }],
        events: [messageEvent(message, conversation), messageEvent(heard, conversation)],
        audit: [anAuditEntry("aud_1", "con_1")],
        work: [sendWork(message, guest)],
      };
      await commit(storage, aCommand(once));
      const before = await messageOf(storage, "msg_1");
      await commit(
        storage,
        aCommand({
          ...once,
          messages: [{ ...message, content: { type: "text", text: "another text" } }, heard],
          prompts: [aPrompt("prm_1", conversation, { options: [] })],
          audit: [anAuditEntry("aud_1", "con_1", { reason: "another reason" })],
        }),
      );
      assert.deepEqual(await messageOf(storage, "msg_1"), before);
      assert.deepEqual(await messagesIn(storage, "con_1"), ["msg_1", "msg_0"]);
      assert.deepEqual(await storage.audit({ hotelId: HOTEL, targetId: "con_1" }), [anAuditEntry("aud_1", "con_1")]);
      assert.deepEqual((await chatOf(storage, guest, { promptIds: ["prm_1"] })).prompts, once.prompts);
      await storage.setPaces([{ hotelId: HOTEL, phoneNumberId: NUMBER, perSecond: null }]);
      const lane = await claimOne(storage, "outbound");
      assert.deepEqual(itemsOf([lane]), [["snd_msg_1"]]);
      await storage.fail([{ lane, workId: "snd_msg_1", code: "given_up", retryInMs: null }]);
      await nothingIsDue(storage, "outbound");
      await commit(storage, aCommand(once));
      await nothingIsDue(storage, "outbound");
    },
  },
  {
    id: "commit/twice-after-work",
    says: "A lane's change that is committed again, because its first answer was lost, changes nothing.",
    async run({ storage }) {
      await guestWrites(storage, "itm_1");
      await guestWrites(storage, "itm_2");
      const lane = await claimOne(storage);
      const guest = { id: lane.guestId, hotelId: HOTEL, phoneNumberId: lane.phoneNumberId };
      const conversation = aConversation("con_1", guest, { lastSeq: 1 });
      const message = anInboundMessage("msg_1", conversation, 1);
      const change = completing(lane, 1, {
        conversations: [conversation],
        messages: [message],
        events: [messageEvent(message, conversation)],
      });
      await commit(storage, change);
      assert.deepEqual(await storage.commit(HOTEL, [change]), { outcome: "fenced", changes: [0] });
      assert.equal((await eventsOf(storage)).length, 1);
      assert.deepEqual(itemsOf((await claim(storage)).lanes), [["itm_2"]]);
    },
  },
];
