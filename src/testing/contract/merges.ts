import assert from "node:assert/strict";
import { newChat } from "../../domain/chat.js";
import type { GuestMerge } from "../../domain/guest.js";
import {
  aCommand,
  aConversation,
  aGuestUpdate,
  anInboundMessage,
  aNewAddress,
  bsuid,
  HOTEL,
  minutesAfterNoon,
  NUMBER,
  parentBsuid,
  phone,
  SECOND_NUMBER,
} from "./builders.js";
import type { CommitResult } from "../../ports/work-storage.js";
import type { StorageCase } from "./case.js";
import {
  addressesOf,
  atOnce,
  chatOf,
  collides,
  commit,
  conflicts,
  conversationOf,
  eventsOf,
  guestStateOf,
  merge,
  messagesIn,
  stored,
  theGuest,
  unmerge,
  writtenBy,
} from "./steps.js";

const A = phone("12025550101");
const B = phone("12025550102");
const C = phone("12025550103");

const merging = (merge: GuestMerge) => aCommand({ merge });

/** Two guests turn out to be one, and are two after all. */
export const mergeCases: readonly StorageCase[] = [
  {
    id: "commit/merge",
    says: "What WhatsApp brings of a merged guest, and of guests merged into them before, is the guest's who stays; no message moves.",
    async run({ storage }) {
      const [first, second, third] = [
        await writtenBy(storage, "1", [A]),
        await writtenBy(storage, "2", [B]),
        await writtenBy(storage, "3", [C]),
      ];
      const conversation = await stored(storage, aConversation("con_1", theGuest(first), { lastSeq: 1 }), [
        anInboundMessage("msg_1", aConversation("con_1", theGuest(first)), 1),
      ]);
      const event = {
        conversationId: null,
        departmentId: null,
        body: { type: "guest.merged", guestId: first, into: second },
      } as const;
      const { events } = await commit(storage, aCommand({ merge: { guestId: first, into: second }, events: [event] }));
      assert.deepEqual(
        events.map(({ body }) => body),
        [event.body],
      );
      assert.equal(await writtenBy(storage, "4", [A]), second);
      await merge(storage, second, third);
      assert.equal(await writtenBy(storage, "5", [A]), third);
      assert.equal(await writtenBy(storage, "6", [B]), third);
      assert.deepEqual(await addressesOf(storage, third), ["12025550101 1", "12025550102 2", "12025550103 3"]);
      const { guest } = await guestStateOf(storage, third);
      assert.deepEqual([guest.id, guest.mergedInto], [third, null]);
      assert.deepEqual(await conversationOf(storage, "con_1"), conversation);
      assert.deepEqual(await messagesIn(storage, "con_1"), ["msg_1"]);
    },
  },
  {
    id: "commit/merge-learns",
    says: "What is learned of a merged guest's addresses is learned of the guest who stays, by a message or by a change.",
    async run({ storage }) {
      const first = await writtenBy(storage, "1", [A]);
      const second = await writtenBy(storage, "2", [B]);
      await merge(storage, first, second);
      assert.equal(await writtenBy(storage, "3", [bsuid("US.1"), A]), second);
      const addresses = [aNewAddress(A, "itm_9"), aNewAddress(bsuid("US.2"), "itm_9")];
      await commit(storage, aCommand({ guest: aGuestUpdate(second, { addresses, retires: [A] }) }));
      const { guest, formerAddresses } = await guestStateOf(storage, second);
      assert.deepEqual(await addressesOf(storage, second), ["12025550101 1", "12025550102 2", "US.1 3", "US.2 itm_9"]);
      assert.ok(guest.addresses.find(({ value }) => value === A.value)?.retiredAt, "they may give it up");
      assert.deepEqual(formerAddresses, []);
      assert.deepEqual((await guestStateOf(storage, first)).formerAddresses, [], "nothing has passed");
    },
  },
  {
    id: "commit/merge-learns-late",
    says: "What was decided about a guest before they were merged, and stored after, is learned of the guest who stays.",
    async run({ storage }) {
      const first = await writtenBy(storage, "1", [A]);
      const second = await writtenBy(storage, "2", [B]);
      await merge(storage, first, second);
      const addresses = [aNewAddress(A, "itm_9"), aNewAddress(bsuid("US.1"), "itm_9")];
      await commit(storage, aCommand({ guest: aGuestUpdate(first, { username: "zoe", addresses, retires: [B] }) }));
      assert.deepEqual(await addressesOf(storage, second), ["12025550101 1", "12025550102 2", "US.1 itm_9"]);
      const { guest } = await guestStateOf(storage, second);
      assert.equal(guest.username, "zoe");
      assert.ok(guest.addresses.find(({ value }) => value === B.value)?.retiredAt);
      await unmerge(storage, first);
      assert.deepEqual(await addressesOf(storage, first), ["12025550101 1"]);
      assert.equal((await guestStateOf(storage, first)).guest.username, null);
    },
  },
  {
    id: "commit/merge-chats",
    says: "The chats of who stays take over what is later in those of the merged guest, and a current conversation where they have none.",
    async run({ storage }) {
      const first = await writtenBy(storage, "1", [A]);
      const second = await writtenBy(storage, "2", [B]);
      const ofFirst = {
        ...newChat(HOTEL, NUMBER, first),
        currentConversationId: "con_1",
        lastInboundAt: minutesAfterNoon(5),
        windowClosesAt: minutesAfterNoon(1445),
        menuSentAt: minutesAfterNoon(1),
        awayUntil: minutesAfterNoon(6),
        automated: { since: minutesAfterNoon(0), count: 2, row: 0, at: minutesAfterNoon(1), heard: null },
      };
      const ofSecond = {
        ...newChat(HOTEL, NUMBER, second),
        lastInboundAt: minutesAfterNoon(3),
        menuSentAt: minutesAfterNoon(2),
        staffWroteAt: minutesAfterNoon(4),
        automated: { since: minutesAfterNoon(0), count: 9, row: 1, at: minutesAfterNoon(1), heard: 5 },
      };
      const elsewhere = {
        ...newChat(HOTEL, SECOND_NUMBER, first),
        lastInboundAt: minutesAfterNoon(9),
        awayUntil: minutesAfterNoon(8),
        staffWroteAt: minutesAfterNoon(7),
      };
      await commit(storage, ...[ofFirst, ofSecond, elsewhere].map((chat) => aCommand({ chat })));
      await merge(storage, first, second);
      assert.deepEqual((await chatOf(storage, theGuest(second))).chat, {
        ...ofFirst,
        guestId: second,
        version: 2,
        menuSentAt: minutesAfterNoon(2),
        staffWroteAt: minutesAfterNoon(4),
        automated: ofSecond.automated,
      });
      assert.deepEqual(
        (await chatOf(storage, { ...theGuest(second), phoneNumberId: SECOND_NUMBER })).chat,
        { ...elsewhere, guestId: second, version: 1 },
        "also where they had none",
      );
      const late = aCommand({ chat: { ...ofSecond, version: 1 } });
      conflicts(await storage.commit(HOTEL, [late]), [0], [late]);
    },
  },
  {
    id: "commit/merge-chats-kept",
    says: "What is later in the chat of who stays, and the conversation that is current there, stays.",
    async run({ storage }) {
      const first = await writtenBy(storage, "1", [A]);
      const second = await writtenBy(storage, "2", [B]);
      const chat = (guestId: string, minutes: number, currentConversationId: string) => ({
        ...newChat(HOTEL, NUMBER, guestId),
        currentConversationId,
        lastInboundAt: minutesAfterNoon(minutes),
        windowClosesAt: minutesAfterNoon(minutes + 1440),
        menuSentAt: minutesAfterNoon(minutes),
        awayUntil: minutesAfterNoon(minutes),
        staffWroteAt: minutesAfterNoon(minutes),
      });
      const own = chat(second, 5, "con_2");
      await commit(storage, aCommand({ chat: chat(first, 3, "con_1") }), aCommand({ chat: own }));
      await merge(storage, first, second);
      assert.deepEqual((await chatOf(storage, theGuest(second))).chat, { ...own, version: 2 });
    },
  },
  {
    id: "commit/merge-conflict",
    says: "Who is merged already is not merged again and nobody into them, and who is not merged does not come back: nothing is stored.",
    async run({ storage }) {
      const [first, second, third] = [
        await writtenBy(storage, "1", [A]),
        await writtenBy(storage, "2", [B]),
        await writtenBy(storage, "3", [C]),
      ];
      await merge(storage, first, second);
      const before = (await eventsOf(storage)).length;
      for (const impossible of [
        { guestId: first, into: second },
        { guestId: first, into: third },
        { guestId: third, into: first },
        { guestId: second, into: null },
        { guestId: third, into: null },
      ]) {
        const change = merging(impossible);
        const conversation = aConversation("con_1", theGuest(third));
        const opened = { conversationId: "con_1", departmentId: null, body: { type: "conversation.opened" } } as const;
        const beside = aCommand({ conversations: [conversation], events: [opened] });
        conflicts(await storage.commit(HOTEL, [beside, change]), [1], [beside, change]);
      }
      assert.equal((await eventsOf(storage)).length, before);
      assert.equal((await guestStateOf(storage, first)).guest.mergedInto, second);
      assert.deepEqual(await addressesOf(storage, third), ["12025550103 3"]);
      await unmerge(storage, first);
      const again = merging({ guestId: first, into: null });
      conflicts(await storage.commit(HOTEL, [again]), [0], [again]);
      await merge(storage, first, third);
    },
  },
  {
    id: "commit/merge-conflict-in-a-batch",
    says: "Two merges in one batch that do not go together collide, and either can be stored alone.",
    async run({ storage }) {
      const [first, second, third] = [
        await writtenBy(storage, "1", [A]),
        await writtenBy(storage, "2", [B]),
        await writtenBy(storage, "3", [C]),
      ];
      const intoSecond = merging({ guestId: first, into: second });
      const intoThird = merging({ guestId: first, into: third });
      collides(await storage.commit(HOTEL, [intoSecond, intoThird]));
      await commit(storage, intoThird);
      conflicts(await storage.commit(HOTEL, [intoSecond]), [0], [intoSecond]);
    },
  },
  {
    id: "commit/merge-at-once",
    says: "Of many who merge one guest at the same moment, and of two who merge two guests into each other, one is heard.",
    needs: "concurrency",
    async run({ storage }) {
      const [first, second, third] = [
        await writtenBy(storage, "1", [A]),
        await writtenBy(storage, "2", [B]),
        await writtenBy(storage, "3", [C]),
      ];
      const heard = (results: readonly CommitResult[]) =>
        results.filter(({ outcome }) => outcome === "committed").length;
      const merges = await atOnce(10, (n) =>
        storage.commit(HOTEL, [merging({ guestId: first, into: n % 2 === 0 ? second : third })]),
      );
      assert.equal(heard(merges), 1);
      assert.equal(merges.filter(({ outcome }) => outcome === "conflict").length, 9);
      const undone = await atOnce(5, () => storage.commit(HOTEL, [merging({ guestId: first, into: null })]));
      assert.equal(heard(undone), 1);
      const crosswise = await atOnce(2, (n) =>
        storage.commit(HOTEL, [merging(n === 0 ? { guestId: second, into: third } : { guestId: third, into: second })]),
      );
      assert.equal(heard(crosswise), 1);
    },
  },
  {
    id: "commit/unmerge",
    says: "A merge undone gives back exactly the addresses that were the merged guest's; what was learned by their own, who stayed keeps.",
    async run({ storage }) {
      const [first, second, third] = [
        await writtenBy(storage, "1", [A]),
        await writtenBy(storage, "2", [B]),
        await writtenBy(storage, "3", [C]),
      ];
      await merge(storage, first, second);
      await merge(storage, second, third);
      assert.equal(await writtenBy(storage, "4", [bsuid("US.4"), C]), third);
      await unmerge(storage, second);
      assert.deepEqual(await addressesOf(storage, third), ["12025550103 3", "US.4 4"]);
      assert.deepEqual(await addressesOf(storage, second), ["12025550101 1", "12025550102 2"]);
      assert.equal((await guestStateOf(storage, second)).guest.mergedInto, null);
      assert.equal((await guestStateOf(storage, first)).guest.mergedInto, second, "who was merged before stays so");
      assert.equal(await writtenBy(storage, "5", [A]), second);
      assert.equal(await writtenBy(storage, "6", [bsuid("US.4")]), third);
      await unmerge(storage, first);
      assert.equal(await writtenBy(storage, "7", [A]), first);
      assert.equal(await writtenBy(storage, "8", [B]), second);
    },
  },
  {
    id: "commit/unmerge-learned",
    says: "What was learned by an address that a merge brought goes back with it: it came from whoever has that address.",
    async run({ storage }) {
      const [first, second] = [
        await writtenBy(storage, "1", [bsuid("US.1"), A]),
        await writtenBy(storage, "2", [bsuid("US.2"), B]),
      ];
      const third = await writtenBy(storage, "3", [C]);
      await merge(storage, first, second);
      assert.equal(await writtenBy(storage, "4", [bsuid("US.1"), parentBsuid("US.ENT.1")]), second);
      assert.equal(await writtenBy(storage, "5", [bsuid("US.1"), C]), second, "a phone that passes too");
      assert.equal(await writtenBy(storage, "6", [bsuid("US.2"), parentBsuid("US.ENT.2"), C]), second);
      assert.deepEqual(await addressesOf(storage, third), []);
      await unmerge(storage, first);
      assert.deepEqual(await addressesOf(storage, first), ["12025550101 1", "12025550103 5", "US.1 1", "US.ENT.1 4"]);
      assert.deepEqual(await addressesOf(storage, second), ["12025550102 2", "US.2 2", "US.ENT.2 6"]);
      assert.equal(await writtenBy(storage, "7", [C]), first);
    },
  },
  {
    id: "commit/unmerge-passed",
    says: "An address that has passed to somebody else in the meantime does not come back.",
    async run({ storage }) {
      const first = await writtenBy(storage, "1", [bsuid("US.1"), A]);
      const second = await writtenBy(storage, "2", [B]);
      await merge(storage, first, second);
      assert.equal(await writtenBy(storage, "3", [bsuid("US.3"), A]), "gst_3");
      assert.deepEqual(await addressesOf(storage, second), ["12025550102 2", "US.1 1"]);
      assert.deepEqual(
        (await guestStateOf(storage, second)).formerAddresses.map(({ value, heldBy }) => [value, heldBy]),
        [[A.value, "gst_3"]],
        "it was named theirs when it passed",
      );
      await unmerge(storage, first);
      assert.deepEqual(await addressesOf(storage, first), ["US.1 1"]);
      assert.deepEqual(await addressesOf(storage, "gst_3"), ["12025550101 3", "US.3 3"]);
    },
  },
];
