import assert from "node:assert/strict";
import type { LaneChange } from "../../domain/change.js";
import type { ClaimedLane } from "../../domain/lane.js";
import {
  aConversation,
  aCommand,
  anInboundMessage,
  bsuid,
  HOTEL,
  messageEvent,
  OTHER_HOTEL,
  phone,
  SECOND_MS,
  SECOND_NUMBER,
  type GuestOfHotel,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import { conflicts } from "./commit.js";
import {
  aKnownGuest,
  atOnce,
  claim,
  claimOne,
  commit,
  completing,
  eventsOf,
  from,
  guestWrites,
  itemsOf,
  LEASE_MS,
  messageOf,
  nothingIsDue,
  nowOf,
  stored,
} from "./steps.js";

const failing = (lane: ClaimedLane, completed: number, retryInMs: number | null): LaneChange => ({
  ...completing(lane, completed),
  failed: { workId: lane.items[completed]?.id ?? "", code: "decision_failed", retryInMs },
});

/** A change whose events say in which order it was given. */
const telling = (...conversationIds: readonly string[]) =>
  aCommand({
    events: conversationIds.map((conversationId) => ({
      conversationId,
      departmentId: "reception",
      body: { type: "conversation.reopened" },
    })),
  });

export const commitLaneCases: readonly StorageCase[] = [
  {
    id: "commit/fenced",
    says: "A process whose lane has passed on stores nothing: neither its change nor those beside it (F30, F31).",
    async run({ storage, shiftClock }) {
      await guestWrites(storage, "itm_1");
      const frozen = await claimOne(storage);
      await shiftClock(LEASE_MS + SECOND_MS);
      const held = await claimOne(storage);
      const guest = { id: held.guestId, hotelId: HOTEL, phoneNumberId: held.phoneNumberId };
      const beside = aCommand({ conversations: [aConversation("con_1", guest)] });
      const late = completing(frozen, 1, { conversations: [aConversation("con_2", guest, { departmentId: "spa" })] });
      assert.deepEqual(await storage.commit(HOTEL, [beside, late]), { outcome: "fenced", changes: [1] });
      const { states } = await storage.loadChats([{ ...held, quotedWamids: [], promptIds: [] }]);
      assert.deepEqual(states[0]?.conversations, []);
      await nothingIsDue(storage);
      await commit(storage, completing(held));
    },
  },
  {
    id: "commit/fenced-before-conflict",
    says: "A lane that has passed on is told before any conflict: what it decided is nobody's business any more.",
    async run({ storage, shiftClock }) {
      const guest = await aKnownGuest(storage);
      const conversation = await stored(storage, aConversation("con_1", guest));
      await guestWrites(storage, "itm_1");
      const frozen = await claimOne(storage);
      await shiftClock(LEASE_MS + SECOND_MS);
      await claimOne(storage);
      const late = completing(frozen, 1, { conversations: [{ ...conversation, version: 9 }] });
      assert.deepEqual(await storage.commit(HOTEL, [late]), { outcome: "fenced", changes: [0] });
    },
  },
  {
    id: "commit/fenced-not-taken",
    says: "A lease that ran out and was taken by nobody still commits: the epoch decides, not the time.",
    async run({ storage, shiftClock }) {
      await guestWrites(storage, "itm_1");
      const slow = await claimOne(storage);
      await shiftClock(LEASE_MS + SECOND_MS);
      await commit(storage, completing(slow));
      await nothingIsDue(storage);
    },
  },
  {
    id: "commit/fenced-given-back",
    says: "A lane that was given back is not held any more, though nobody has claimed it since.",
    async run({ storage }) {
      await guestWrites(storage, "itm_1");
      const lane = await claimOne(storage);
      await storage.release([lane]);
      assert.deepEqual(await storage.commit(HOTEL, [completing(lane)]), { outcome: "fenced", changes: [0] });
      assert.deepEqual(itemsOf([await claimOne(storage)]), [["itm_1"]]);
    },
  },
  {
    id: "commit/fenced-out-of-order",
    says: "Only a lane's first items can be completed: an order that was decided wrongly is refused.",
    async run({ storage }) {
      await guestWrites(storage, "itm_1");
      await guestWrites(storage, "itm_2");
      const lane = await claimOne(storage);
      assert.deepEqual(await storage.commit(HOTEL, [{ ...completing(lane), completes: ["itm_2"] }]), {
        outcome: "fenced",
        changes: [0],
      });
      await commit(storage, completing(lane));
    },
  },
  {
    id: "commit/fenced-at-once",
    says: "A commit and the claim of its expired lane that meet at the same moment never both win.",
    needs: "concurrency",
    async run({ storage, shiftClock }) {
      for (let round = 0; round < 10; round++) {
        await guestWrites(storage, `itm_${String(round)}`);
        const slow = await claimOne(storage);
        await shiftClock(LEASE_MS + SECOND_MS);
        const [{ outcome }, { lanes }] = await Promise.all([storage.commit(HOTEL, [completing(slow)]), claim(storage)]);
        assert.equal(lanes.length, outcome === "committed" ? 0 : 1, "either the commit or the claim has the lane");
        for (const lane of lanes) await commit(storage, completing(lane));
      }
    },
  },
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
        const results = await atOnce(30, (index) =>
          commit(storage, telling(...Array.from({ length: (index % 3) + 1 }, () => String(index)))),
        );
        writing = false;
        return results;
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
  {
    id: "commit/failed-work",
    says: "A lane stops at the item that could not be decided: what was before it is stored, it is tried again later, first.",
    async run({ storage, shiftClock }) {
      for (const id of ["itm_1", "itm_2", "itm_3"]) await guestWrites(storage, id);
      const { events } = await commit(storage, failing(await claimOne(storage), 1, 5 * SECOND_MS));
      assert.deepEqual(events, [], "an item that is tried again is no news");
      await nothingIsDue(storage);
      await shiftClock(6 * SECOND_MS);
      const again = await claimOne(storage);
      assert.deepEqual(
        again.items.map(({ id, attempts }) => [id, attempts]),
        [
          ["itm_2", 1],
          ["itm_3", 0],
        ],
      );
    },
  },
  {
    id: "commit/failed-work-dead",
    says: "An item that was given up is set aside and told last, and the lane goes on at once with the next (F23).",
    async run({ storage }) {
      for (const id of ["itm_1", "itm_2", "itm_3"]) await guestWrites(storage, id);
      const lane = await claimOne(storage);
      const told = telling("con_1").change.events;
      const before = await nowOf(storage);
      const change = failing(lane, 1, null);
      const { events } = await commit(storage, { ...change, change: { ...change.change, events: told } });
      assert.deepEqual(
        events.map(({ seq, conversationId, departmentId, body }) => ({ seq, conversationId, departmentId, body })),
        [
          { seq: 1, ...told[0] },
          {
            seq: 2,
            conversationId: null,
            departmentId: null,
            body: { type: "work.dead", workId: "itm_2", code: "decision_failed" },
          },
        ],
      );
      assert.deepEqual(events, await eventsOf(storage));
      const { items } = await storage.dead({ reach: "everything", before: null, limit: 10 });
      assert.deepEqual(
        items.map(({ id, hotelId, kind, code, attempts }) => ({ id, hotelId, kind, code, attempts })),
        [{ id: "itm_2", hotelId: HOTEL, kind: "inbound", code: "decision_failed", attempts: 1 }],
      );
      assert.ok(items[0] && items[0].deadAt >= before);
      assert.deepEqual(itemsOf([await claimOne(storage)]), [["itm_3"]]);
    },
  },
  {
    id: "commit/lane",
    says: "A commit gives its lane back: due at once with what is left or came meanwhile, never again without.",
    async run({ storage }) {
      for (const id of ["itm_1", "itm_2"]) await guestWrites(storage, id);
      await commit(storage, completing(await claimOne(storage), 1));
      const second = await claimOne(storage);
      assert.deepEqual(itemsOf([second]), [["itm_2"]]);
      await guestWrites(storage, "itm_3");
      await commit(storage, completing(second));
      await commit(storage, completing(await claimOne(storage)));
      await nothingIsDue(storage);
    },
  },
  {
    id: "commit/lane-nothing-completed",
    says: "A change that completes nothing gives its lane back all the same.",
    async run({ storage }) {
      await guestWrites(storage, "itm_1");
      await commit(storage, completing(await claimOne(storage), 0));
      assert.deepEqual(itemsOf([await claimOne(storage)]), [["itm_1"]]);
    },
  },
  {
    id: "commit/lane-kept-in-conflict",
    says: "A conflict leaves the lane in its holder's hands, who decides again.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = await stored(storage, aConversation("con_1", guest));
      await guestWrites(storage, "itm_1");
      const lane = await claimOne(storage);
      const late = completing(lane, 1, { conversations: [{ ...conversation, version: 0 }] });
      conflicts(await storage.commit(HOTEL, [late]), [0], [late]);
      await nothingIsDue(storage);
      await commit(storage, completing(lane, 1, { conversations: [conversation] }));
      await nothingIsDue(storage);
    },
  },
  {
    id: "commit/lane-new-work",
    says: "New work goes to the end of its lane, in the order given, and makes an idle lane due at once.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const work = (id: string, phoneNumberId = guest.phoneNumberId) =>
        ({ id, kind: "outbound", phoneNumberId, guestId: guest.id, payload: null }) as const;
      await commit(
        storage,
        aCommand({ work: [work("b"), work("a")] }),
        aCommand({ work: [work("d"), work("c", SECOND_NUMBER)] }),
      );
      await commit(storage, aCommand({ work: [work("0")] }));
      const { lanes } = await claim(storage, { kind: "outbound" });
      assert.deepEqual(new Set(itemsOf(lanes).map((ids) => ids.join())), new Set(["b,a,d,0", "c"]));
    },
  },
  {
    id: "commit/lane-many",
    says: "One commit for many guests' lanes gives each back by itself.",
    async run({ storage }) {
      for (const waId of ["12025550101", "12025550102", "12025550103"]) {
        for (const index of [1, 2]) await guestWrites(storage, `itm_${waId}_${String(index)}`, from(waId));
      }
      const { lanes } = await claim(storage);
      const [a, b, c] = [...lanes].sort((one, other) =>
        (one.items[0]?.id ?? "").localeCompare(other.items[0]?.id ?? ""),
      );
      assert.ok(a && b && c);
      await commit(storage, completing(a), failing(b, 0, 60 * SECOND_MS), completing(c, 1));
      assert.deepEqual(itemsOf((await claim(storage)).lanes), [["itm_12025550103_2"]]);
    },
  },
  {
    id: "commit/guest",
    says: "What a message taught us about a guest is kept: the newest name, and addresses with their first evidence.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const learns = (
        name: string | null,
        ...addresses: readonly { kind: "waId" | "bsuid"; value: string; evidence: string }[]
      ) => commit(storage, aCommand({ guest: { id: guest.id, name, addresses } }));
      const name = "Zoë \u0000 \ud83d 👩‍👩‍👧";
      const before = await nowOf(storage);
      await learns(name, { ...bsuid("US.1"), evidence: "itm_2", kind: "bsuid" });
      await learns(null, { ...bsuid("US.1"), evidence: "itm_3", kind: "bsuid" });
      const { states } = await storage.loadChats([keyOf(guest)]);
      assert.equal(states[0]?.guest.name, name);
      assert.deepEqual(
        new Map(states[0].guest.addresses.map(({ value, evidence }) => [value, evidence])),
        new Map([
          ["12025550101", "first_grand_12025550101"],
          ["US.1", "itm_2"],
        ]),
      );
      const learned = states[0].guest.addresses.find(({ value }) => value === "US.1");
      assert.ok(learned && learned.firstSeenAt >= before);
      await guestWrites(storage, "itm_4", { chat: { addresses: [bsuid("US.1")] } });
      assert.equal((await claimOne(storage)).guestId, guest.id, "and finds the guest from then on");
    },
  },
  {
    id: "commit/guest-of-others",
    says: "An address that another guest has stays with that guest; in another hotel it is free.",
    async run({ storage }) {
      const first = await aKnownGuest(storage);
      const second = await aKnownGuest(storage, { waId: "12025550102" });
      const elsewhere = await aKnownGuest(storage, { hotelId: OTHER_HOTEL, waId: "12025550103" });
      const addresses = [{ ...phone("12025550101"), evidence: "itm_9" }];
      await commit(storage, aCommand({ guest: { id: second.id, name: null, addresses } }));
      await commit(storage, aCommand({ hotelId: OTHER_HOTEL, guest: { id: elsewhere.id, name: null, addresses } }));
      const { states } = await storage.loadChats([first, second, elsewhere].map(keyOf));
      assert.deepEqual(
        states.map(({ guest }) => guest.addresses.map(({ value }) => value).sort()),
        [["12025550101"], ["12025550102"], ["12025550101", "12025550103"]],
      );
    },
  },
  {
    id: "commit/guest-twice-in-a-batch",
    says: "A guest who writes to two numbers at once may teach two things in one batch.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const learns = (name: string | null, value: string) =>
        aCommand({ guest: { id: guest.id, name, addresses: [{ ...bsuid(value), evidence: "itm_2" }] } });
      await commit(storage, learns("A name", "US.1"), learns(null, "US.2"), learns(null, "US.1"));
      const { states } = await storage.loadChats([keyOf(guest)]);
      assert.equal(states[0]?.guest.name, "A name");
      assert.deepEqual(states[0].guest.addresses.map(({ value }) => value).sort(), ["12025550101", "US.1", "US.2"]);
    },
  },
];

const keyOf = ({ hotelId, phoneNumberId, id }: GuestOfHotel) => ({
  hotelId,
  phoneNumberId,
  guestId: id,
  quotedWamids: [],
  promptIds: [],
});
