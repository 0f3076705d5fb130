import assert from "node:assert/strict";
import { aConversation, aCommand, anInboundMessage, HOTEL, messageEvent, OTHER_HOTEL } from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, atOnce, commit, eventsOf, messageOf, stored } from "./steps.js";

/** A change whose events say in which order it was given. */
const telling = (...conversationIds: readonly string[]) =>
  aCommand({
    events: conversationIds.map((conversationId) => ({
      conversationId,
      departmentId: "reception",
      body: { type: "conversation.reopened", leaves: null },
    })),
  });

export const commitNumberCases: readonly StorageCase[] = [
  {
    id: "commit/numbers",
    says: "Events are numbered per hotel from 1 without holes, in the order of the changes and of the events in each (F74).",
    async run({ storage }) {
      const first = await commit(storage, telling("a", "b"), telling(), telling("c"));
      const second = await commit(storage, telling("d"), telling("e", "f"));
      const events = await eventsOf(storage);
      assert.deepEqual(
        events.map(({ seq, conversationId }) => [seq, conversationId]),
        ["a", "b", "c", "d", "e", "f"].map((id, index) => [index + 1, id]),
      );
      assert.deepEqual([...first.events, ...second.events], events);
      const elsewhere = telling("x");
      await commit(storage, { ...elsewhere, change: { ...elsewhere.change, hotelId: OTHER_HOTEL } });
      assert.deepEqual(
        (await eventsOf(storage, OTHER_HOTEL)).map(({ seq }) => seq),
        [1],
        "each hotel counts by itself",
      );
    },
  },
  {
    id: "commit/numbers-of-messages",
    says: "A message's place in its hotel is the number of its own event, wherever in the batch that stands.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const changes = ["reception", "restaurant"].map((departmentId) => {
        const conversation = aConversation(`con_${departmentId}`, guest, { departmentId, lastSeq: 2 });
        const messages = [1, 2].map((seq) => anInboundMessage(`msg_${departmentId}_${String(seq)}`, conversation, seq));
        const opened = {
          conversationId: conversation.id,
          departmentId,
          body: { type: "conversation.opened" as const },
        };
        const events = [...messages.map((message) => messageEvent(message, conversation)).reverse(), opened];
        return aCommand({ conversations: [conversation], messages, events });
      });
      const { messages } = await commit(storage, ...changes);
      const places = { msg_reception_1: 2, msg_reception_2: 1, msg_restaurant_1: 5, msg_restaurant_2: 4 };
      assert.deepEqual(Object.fromEntries(messages.map(({ id, eventSeq }) => [id, eventSeq])), places);
      for (const [id, place] of Object.entries(places)) assert.equal((await messageOf(storage, id)).eventSeq, place);
    },
  },
  {
    id: "commit/numbers-at-once",
    says: "While many commit, whoever reads never sees a number before all smaller ones (F74).",
    needs: "concurrency",
    async run({ storage }) {
      let writing = true;
      const reader = async () => {
        let looks = 0;
        while (writing || looks === 0) {
          looks += 1;
          const seen = (await eventsOf(storage)).map(({ seq }) => seq);
          assert.deepEqual(
            seen,
            seen.map((_, index) => index + 1),
          );
        }
      };
      const writers = async () => {
        try {
          return await atOnce(30, (index) =>
            commit(storage, telling(...Array.from({ length: (index % 3) + 1 }, () => String(index)))),
          );
        } finally {
          writing = false;
        }
      };
      const [results] = await Promise.all([writers(), reader(), reader()]);
      const events = await eventsOf(storage);
      assert.equal(events.length, 60);
      for (const { events: own } of results) {
        const first = own[0]?.seq ?? 0;
        assert.deepEqual(
          events.slice(first - 1, first - 1 + own.length),
          own,
          "the events of one commit stand together",
        );
      }
    },
  },
  {
    id: "commit/numbers-crosswise",
    says: "Batches of two hotels in opposite order, with the same guests' lanes, do not stand in each other's way.",
    needs: "concurrency",
    async run({ storage }) {
      const guests = [await aKnownGuest(storage), await aKnownGuest(storage, { waId: "12025550102" })];
      const conversations = await Promise.all(
        guests.map((guest, index) => stored(storage, aConversation(`con_${String(index)}`, guest))),
      );
      const attempt = async (index: number): Promise<void> => {
        const changes = conversations.map((conversation) =>
          aCommand({ conversations: [conversation], events: telling(conversation.id).change.events }),
        );
        await storage.commit(HOTEL, index % 2 === 0 ? changes : changes.reverse());
      };
      await atOnce(20, attempt);
      assert.equal((await eventsOf(storage)).length, 2);
    },
  },
];
