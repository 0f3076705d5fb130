import assert from "node:assert/strict";
import type { Reach } from "../../domain/access.js";
import type { NewEvent } from "../../domain/event.js";
import type { LiveConversation, LogPlace, News, Snapshot } from "../../ports/live-storage.js";
import type { ConversationRow } from "../../ports/read-storage.js";
import type { Storage } from "../../ports/storage.js";
import {
  aCommand,
  aConversation,
  aGuestUpdate,
  anAmendment,
  anInboundMessage,
  aNote,
  aReport,
  anOutboundMessage,
  DAY_MS,
  HOTEL,
  HOUR_MS,
  minutesAfterNoon,
  NOON,
  OTHER_HOTEL,
  SECOND_MS,
  within,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  aKnownGuest,
  amendedMessageOf,
  atOnce,
  chatOf,
  commit,
  conversationOf,
  merge,
  nowOf,
  sentOne,
  stored,
  unmerge,
} from "./steps.js";

const GRAND = within([HOTEL, "all"]);
const RECEPTION = within([HOTEL, ["reception"]]);
const BEGINNING: LogPlace = { hotelId: HOTEL, seq: 0, at: null };
const A_LATER_PHONE = { waId: "12025550102" };

const snapshot = (storage: Storage, reach: Reach = GRAND, limit = 100) => storage.snapshot({ reach, limit });

async function news(storage: Storage, after: LogPlace = BEGINNING, limit = 100): Promise<News> {
  const found = await storage.news({ after, limit });
  assert.ok(found !== null, "the log has the event at which it is read on");
  return found;
}

/** Where a hotel's log stands. */
async function head(storage: Storage, hotelId = HOTEL): Promise<LogPlace> {
  const [place] = await storage.heads([hotelId]);
  return place ?? { hotelId, seq: 0, at: null };
}

const idsOf = (rows: readonly ConversationRow[]): readonly string[] => rows.map(({ conversation: { id } }) => id);
const sorted = (rows: readonly ConversationRow[]): readonly string[] => idsOf(rows).toSorted();
const hotelsOf = (places: readonly LogPlace[]): readonly string[] => places.map(({ hotelId }) => hotelId).toSorted();
const placeIn = ({ places }: Snapshot, hotelId = HOTEL) => places.find((place) => place.hotelId === hotelId);

function told(of: News, id: string): LiveConversation {
  const found = of.conversations.filter(({ conversation }) => conversation.id === id);
  const [one] = found;
  assert.ok(one !== undefined && found.length === 1, `the news show ${id} once`);
  return one;
}

/** So much happens in a hotel, about no conversation. */
const happen = (storage: Storage, count: number, hotelId = HOTEL) =>
  commit(
    storage,
    aCommand({
      hotelId,
      events: Array.from({ length: count }, (_, n) => ({
        conversationId: null,
        departmentId: null,
        body: { type: "work.dead", workId: `itm_${String(n)}`, code: "internal" },
      })),
    }),
  );

const about = (conversationId: string, departmentId: string | null = "reception"): NewEvent => ({
  conversationId,
  departmentId,
  body: { type: "conversation.tagged" },
});

const aboutGuests = (body: Extract<NewEvent["body"], { readonly type: `guest.${string}` }>): NewEvent => ({
  conversationId: null,
  departmentId: null,
  body,
});

export const liveCases: readonly StorageCase[] = [
  {
    id: "live/snapshot",
    says: "A snapshot shows what stands open as the list does, the newest message first, and says whether there is more (S18).",
    async run({ storage }) {
      const { now, ...nothing } = await storage.snapshot({ reach: "everything", limit: 5 });
      assert.deepEqual(nothing, { items: [], more: false, places: [] });
      assert.ok(now <= (await nowOf(storage)));
      const guest = await aKnownGuest(storage);
      const chat = await chatOf(storage, guest);
      const guestUpdate = aGuestUpdate(guest.id, { name: "Zoë \0 \ud83d" });
      assert.ok(chat.chat === null || chat.chat.version > 0);
      const open = aConversation("con_1", guest, {
        lastSeq: 2,
        readSeq: 1,
        lastMessageAt: minutesAfterNoon(1),
        lastMessagePreview: "Towels \\ \0",
        previewMessageId: "msg_2",
        tags: ["vip"],
      });
      const messages = [anInboundMessage("msg_1", open, 1), anInboundMessage("msg_2", open, 2)];
      const windowClosesAt = minutesAfterNoon(24 * 60);
      const fields = { phoneNumberId: guest.phoneNumberId, guestId: guest.id, version: chat.chat?.version ?? 0 };
      const listened = {
        currentConversationId: "con_1",
        lastInboundAt: NOON,
        windowClosesAt,
        menuSentAt: null,
        ratingPromptId: null,
        awayUntil: null,
        staffWroteAt: null,
        automated: null,
      };
      await stored(storage, open, messages, {
        guest: guestUpdate,
        chat: { hotelId: HOTEL, ...fields, ...listened },
        amendments: [anAmendment("act_1", "wamid.msg_2", guest)],
      });
      for (const [id, minute] of [
        ["con_2", 3],
        ["con_3", 2],
        ["con_4", 2],
      ] as const)
        await stored(storage, aConversation(id, guest, { departmentId: id, lastMessageAt: minutesAfterNoon(minute) }));
      const closed = { status: "closed", closedAt: NOON, lastMessageAt: minutesAfterNoon(9) } as const;
      await stored(storage, aConversation("con_5", guest, closed));

      const { items, more } = await snapshot(storage);
      assert.deepEqual(idsOf(items), ["con_2", "con_4", "con_3", "con_1"]);
      assert.equal(more, false);
      const query = {
        reach: GRAND,
        hotelId: null,
        departmentId: null,
        status: "open",
        after: null,
        limit: 10,
      } as const;
      assert.deepEqual(items, (await storage.conversations(query)).items);
      const row = items.at(-1);
      assert.deepEqual([row?.guestName, row?.unread, row?.windowClosesAt], ["Zoë \0 \ud83d", 1, windowClosesAt]);
      assert.deepEqual(row?.previewAmendments, [anAmendment("act_1", "wamid.msg_2", guest)]);
      const some = await snapshot(storage, GRAND, 3);
      assert.deepEqual([idsOf(some.items), some.more], [["con_2", "con_4", "con_3"], true]);
      assert.equal((await snapshot(storage, GRAND, 4)).more, false);
    },
  },
  {
    id: "live/snapshot-reach",
    says: "A snapshot shows nothing beyond the reach, and tells the places of the logs of its hotels alone (M14, T58).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const other = await aKnownGuest(storage, { hotelId: OTHER_HOTEL });
      const departments: readonly (readonly [string, string | null])[] = [
        ["con_1", "reception"],
        ["con_2", "spa"],
        ["con_3", null],
      ];
      for (const [id, departmentId] of departments)
        await stored(storage, aConversation(id, guest, { departmentId }), [], { events: [about(id, departmentId)] });
      await stored(storage, aConversation("con_4", other), [], { events: [about("con_4")] });
      const shows = async (reach: Reach) => {
        const { items, places } = await snapshot(storage, reach);
        return [sorted(items), hotelsOf(places)];
      };
      assert.deepEqual(await shows("everything"), [
        ["con_1", "con_2", "con_3", "con_4"],
        [HOTEL, OTHER_HOTEL],
      ]);
      assert.deepEqual(await shows(GRAND), [["con_1", "con_2", "con_3"], [HOTEL]]);
      assert.deepEqual(await shows(RECEPTION), [["con_1"], [HOTEL]]);
      assert.deepEqual(await shows(within([HOTEL, ["spa"]], [OTHER_HOTEL, "all"])), [
        ["con_2", "con_4"],
        [HOTEL, OTHER_HOTEL],
      ]);
      assert.deepEqual(await shows(within()), [[], []]);
    },
  },
  {
    id: "live/snapshot-guest",
    says: "A guest's snapshot shows what is theirs, of whatever department, and no word of a note among staff (T69).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const merged = await aKnownGuest(storage, A_LATER_PHONE);
      const other = await aKnownGuest(storage, { waId: "12025550103" });
      const con1 = aConversation("con_1", guest, {
        lastSeq: 1,
        lastMessagePreview: "Watch out",
        previewMessageId: "msg_1",
      });
      await stored(storage, con1, [aNote("msg_1", con1, 1)]);
      const con2 = aConversation("con_2", merged, {
        departmentId: null,
        lastSeq: 1,
        lastMessagePreview: "Hello",
        previewMessageId: "msg_2",
      });
      await stored(storage, con2, [anInboundMessage("msg_2", con2, 1)]);
      await stored(storage, aConversation("con_3", other));
      await stored(storage, aConversation("con_4", guest, { departmentId: "spa", status: "closed", closedAt: NOON }));
      await merge(storage, merged.id, guest.id);
      const { items, places } = await snapshot(storage, { guest: { hotelId: HOTEL, id: merged.id } });
      const previews = items.map(({ conversation: { id, lastMessagePreview } }) => `${id}: ${lastMessagePreview}`);
      assert.deepEqual(previews.toSorted(), ["con_1: ", "con_2: Hello"]);
      assert.deepEqual(hotelsOf(places), [HOTEL]);
    },
  },
  {
    id: "live/snapshot-moment",
    says: "A snapshot holds what the logs told up to the places that it names, and nothing that they tell later (F81).",
    needs: "concurrency",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      let conversation = await stored(storage, aConversation("con_1", guest));
      const before = (await head(storage)).seq;
      const TIMES = 20;
      const writing = (async () => {
        for (let n = 1; n <= TIMES; n++) {
          const after = { ...conversation, lastSeq: n, readSeq: n };
          conversation = await stored(storage, after, [anOutboundMessage(`msg_${String(n)}`, after, n)]);
        }
      })();
      for (let looks = 0, seen = 0; seen < TIMES && looks < 10_000; looks++) {
        const shot = await snapshot(storage);
        seen = shot.items[0]?.conversation.lastSeq ?? -1;
        const place = placeIn(shot) ?? BEGINNING;
        assert.equal(place.seq - before, seen, "what is shown is what was told by then");
      }
      await writing;
      const last = await snapshot(storage);
      assert.deepEqual(placeIn(last), await head(storage));
      assert.equal(last.items[0]?.conversation.lastSeq, TIMES);
    },
  },
  {
    id: "live/news",
    says: "News are what a hotel's log tells after a place, in order and in parts, and say how far the log has got.",
    async run({ storage, shiftClock }) {
      const { now, ...nothing } = await news(storage);
      assert.deepEqual(nothing, { events: [], upTo: BEGINNING, head: 0, conversations: [], messages: [] });
      assert.ok(now <= (await nowOf(storage)));
      await happen(storage, 2);
      await shiftClock(SECOND_MS);
      await happen(storage, 3);
      await happen(storage, 1, OTHER_HOTEL);
      const all = await storage.events({ hotelId: HOTEL, after: 0, limit: 10 });
      const placeAt = (seq: number): LogPlace => ({ hotelId: HOTEL, seq, at: all[seq - 1]?.at ?? null });
      const whole = await news(storage);
      assert.deepEqual(whole.events, all);
      assert.deepEqual([whole.upTo, whole.head], [placeAt(5), 5]);
      const part = await news(storage, BEGINNING, 3);
      assert.deepEqual([part.events, part.upTo, part.head], [all.slice(0, 3), placeAt(3), 5]);
      const rest = await news(storage, part.upTo, 3);
      assert.deepEqual([rest.events, rest.upTo, rest.head], [all.slice(3), placeAt(5), 5]);
      const none = await news(storage, rest.upTo);
      assert.deepEqual([none.events, none.upTo, none.head, none.conversations], [[], placeAt(5), 5, []]);
      // As it comes back out of JSON.
      const kept = JSON.parse(JSON.stringify(part.upTo)) as { hotelId: string; seq: number; at: string };
      assert.deepEqual((await news(storage, { ...kept, at: new Date(kept.at) })).events, all.slice(3));
    },
  },
  {
    id: "live/news-lost",
    says: "A place that the log does not have as it says leads nowhere: it is another log's, or one's from before a restore (F78).",
    async run({ storage, shiftClock }) {
      await happen(storage, 2);
      await shiftClock(SECOND_MS);
      await happen(storage, 1);
      const place = await head(storage);
      const leads = async (fields: Partial<LogPlace>) =>
        (await storage.news({ after: { ...place, ...fields }, limit: 10 })) !== null;
      const { at } = place;
      assert.ok(at);
      assert.equal(await leads({}), true);
      assert.equal(await leads({ seq: 4 }), false);
      assert.equal(await leads({ seq: 2 }), false);
      assert.equal(await leads({ at: new Date(at.getTime() - 1) }), false);
      assert.equal(await leads({ at: new Date(at.getTime() + 1) }), false);
      assert.equal(await leads({ at: null }), false);
      assert.equal(await leads({ hotelId: OTHER_HOTEL }), false);
      assert.equal(await leads({ seq: 0, at: null }), true);
      assert.equal(await leads({ hotelId: OTHER_HOTEL, seq: 0, at: null }), true);
    },
  },
  {
    id: "live/news-about",
    says: "News bring the conversations that are told of as they stand now, closed ones too, and no others (S19).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const other = await aKnownGuest(storage, A_LATER_PHONE);
      const con1 = await stored(storage, aConversation("con_1", guest), [], { events: [about("con_1")] });
      const con2 = await stored(storage, aConversation("con_2", other), [], { events: [about("con_2")] });
      const first = await news(storage);
      assert.deepEqual(sorted(first.conversations), ["con_1", "con_2"]);
      assert.deepEqual(told(first, "con_1").conversation, con1);

      const heard = {
        ...con1,
        departmentId: "spa",
        lastSeq: 1,
        lastMessagePreview: "Towels",
        previewMessageId: "msg_1",
      };
      const now = await stored(storage, heard, [anInboundMessage("msg_1", heard, 1)], {
        guest: aGuestUpdate(guest.id, { name: "Zoë" }),
        amendments: [anAmendment("act_1", "wamid.msg_1", guest)],
      });
      const second = await news(storage, first.upTo);
      assert.deepEqual(second.conversations, [
        {
          conversation: now,
          previewAmendments: [anAmendment("act_1", "wamid.msg_1", guest)],
          guestId: guest.id,
          guestName: "Zoë",
          unread: 1,
          windowClosesAt: null,
          previewForGuest: true,
        },
      ]);
      // Also what was told before is told as it is now.
      assert.deepEqual(told(await news(storage, BEGINNING, 1), "con_1"), second.conversations[0]);
      await stored(storage, { ...con2, status: "closed", closedAt: NOON }, [], { events: [about("con_2")] });
      const third = await news(storage, second.upTo);
      assert.deepEqual(sorted(third.conversations), ["con_2"]);
      assert.equal(told(third, "con_2").conversation.status, "closed");
    },
  },
  {
    id: "live/news-continued",
    says: "What happens in a conversation that others go on with is news of all of those, however many in a row (S22).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const other = await aKnownGuest(storage, A_LATER_PHONE);
      // As after a merge that was undone, another guest's may go on with it.
      const closed = { status: "closed", closedAt: NOON } as const;
      await stored(storage, aConversation("con_3", other));
      await stored(storage, aConversation("con_2", other, { ...closed, continuedIn: "con_3", departmentId: "spa" }));
      const con1 = aConversation("con_1", guest, { ...closed, continuedIn: "con_2", lastSeq: 1 });
      await stored(storage, con1, [anInboundMessage("msg_1", con1, 1)]);
      const found = await news(storage);
      assert.deepEqual(sorted(found.conversations), ["con_1", "con_2", "con_3"]);
      assert.deepEqual(
        ["con_1", "con_2", "con_3"].map((id) => told(found, id).unread),
        [1, 1, 1],
      );
    },
  },
  {
    id: "live/news-left",
    says: "What had gone on in another guest's conversation, and does so no longer, is news of that one, too (F81).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const other = await aKnownGuest(storage, A_LATER_PHONE);
      await stored(storage, aConversation("con_2", other));
      const closed = { status: "closed", closedAt: NOON, continuedIn: "con_2", lastSeq: 1 } as const;
      const con1 = aConversation("con_1", guest, closed);
      const before = await stored(storage, con1, [anInboundMessage("msg_1", con1, 1)]);
      assert.equal(told(await news(storage), "con_2").unread, 1);
      for (const body of [
        { type: "conversation.reopened", leaves: "con_2" },
        { type: "conversation.closed", continuedIn: null, leaves: "con_2" },
      ] as const) {
        const place = await head(storage);
        const alone = { ...(await conversationOf(storage, before.id)), continuedIn: null };
        await stored(storage, alone, [], { events: [{ ...about("con_1"), body }] });
        const found = await news(storage, place);
        assert.deepEqual(sorted(found.conversations), ["con_1", "con_2"]);
        assert.equal(told(found, "con_2").unread, 0);
      }
    },
  },
  {
    id: "live/news-guest",
    says: "What happens in one of a guest's conversations is news of their other open ones: it shows their name, and their window.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const other = await aKnownGuest(storage, A_LATER_PHONE);
      await stored(storage, aConversation("con_1", guest));
      await stored(storage, aConversation("con_2", guest, { departmentId: "spa" }));
      await stored(storage, aConversation("con_3", guest, { status: "closed", closedAt: NOON, departmentId: "bar" }));
      await stored(storage, aConversation("con_4", other));
      const named = aGuestUpdate(guest.id, { name: "Zoë" });
      await commit(storage, aCommand({ guest: named, events: [about("con_1")] }));
      const found = await news(storage);
      assert.deepEqual(sorted(found.conversations), ["con_1", "con_2"]);
      assert.equal(told(found, "con_2").guestName, "Zoë");
    },
  },
  {
    id: "live/news-merged",
    says: "Whoever turns out to be the same person, or not to be: that is news of all that these people have open (S49).",
    async run({ storage }) {
      const [one, two, three, other] = [
        await aKnownGuest(storage),
        await aKnownGuest(storage, A_LATER_PHONE),
        await aKnownGuest(storage, { waId: "12025550103" }),
        await aKnownGuest(storage, { waId: "12025550104" }),
      ];
      for (const [id, guest] of [
        ["con_1", one],
        ["con_2", two],
        ["con_3", three],
        ["con_4", other],
      ] as const)
        await stored(storage, aConversation(id, guest));
      await commit(storage, aCommand({ guest: aGuestUpdate(one.id, { name: "Zoë" }) }));
      await merge(storage, three.id, two.id);
      const tells = async (event: NewEvent) => {
        const { events } = await commit(storage, aCommand({ events: [event] }));
        const seq = (events[0]?.seq ?? 0) - 1;
        const [before] = seq === 0 ? [] : await storage.events({ hotelId: HOTEL, after: seq - 1, limit: 1 });
        return news(storage, { hotelId: HOTEL, seq, at: before?.at ?? null });
      };
      await merge(storage, two.id, one.id);
      const joined = await tells(aboutGuests({ type: "guest.merged", guestId: two.id, into: one.id }));
      assert.deepEqual(sorted(joined.conversations), ["con_1", "con_2", "con_3"]);
      for (const id of ["con_1", "con_2", "con_3"]) {
        assert.deepEqual([told(joined, id).guestId, told(joined, id).guestName], [one.id, "Zoë"]);
      }
      for (const event of [
        about("con_3"),
        aboutGuests({ type: "guest.changed", guestId: three.id, changed: "number" }),
      ])
        assert.deepEqual(sorted((await tells(event)).conversations), ["con_1", "con_2", "con_3"]);

      await unmerge(storage, two.id);
      const parted = await tells(aboutGuests({ type: "guest.unmerged", guestId: two.id, from: one.id }));
      assert.deepEqual(sorted(parted.conversations), ["con_1", "con_2", "con_3"]);
      assert.deepEqual([told(parted, "con_3").guestId, told(parted, "con_3").guestName], [two.id, null]);
      assert.deepEqual(sorted((await tells(about("con_3"))).conversations), ["con_2", "con_3"]);
      const wish = aboutGuests({ type: "guest.consent", guestId: three.id, wish: "stop", source: "keyword" });
      assert.deepEqual(sorted((await tells(wish)).conversations), ["con_2", "con_3"]);
    },
  },
  {
    id: "live/news-messages",
    says: "News bring the messages that are told of, each once, as they are now, with what was done to them (S20).",
    async run({ storage }) {
      const sending = await sentOne(storage, "wamid.1");
      const { guest, conversation, message } = sending;
      const act = anAmendment("act_1", "wamid.1", guest);
      await commit(
        storage,
        aCommand({
          amendments: [act],
          events: [
            { ...about(conversation.id), body: { type: "message.amended", messageId: message.id, act: "edited" } },
            about(conversation.id),
          ],
        }),
      );
      await storage.applyStatuses([
        {
          hotelId: HOTEL,
          wamid: "wamid.1",
          status: "read",
          correlationId: null,
          failure: null,
          billing: null,
          at: NOON,
        },
      ]);
      const found = await news(storage);
      assert.deepEqual(found.messages, [await amendedMessageOf(storage, message.id)]);
      assert.deepEqual([found.messages[0]?.status, found.messages[0]?.amendments], ["read", [act]]);
      const place = await head(storage);
      await storage.applyStatuses([aReport("played", "wamid.1")]);
      assert.deepEqual(
        (await news(storage, place)).messages.map(({ id, status }) => [id, status]),
        [[message.id, "played"]],
      );
      const later = await head(storage);
      const after = await stored(storage, { ...(await conversationOf(storage, conversation.id)), lastSeq: 3 }, [
        aNote("msg_note", conversation, 3),
      ]);
      assert.deepEqual((await news(storage, later)).messages, [await amendedMessageOf(storage, "msg_note")]);
      assert.equal(after.id, conversation.id);
    },
  },
  {
    id: "live/news-note",
    says: "News say whether a guest may see what a preview shows: a note among staff they may not (T69).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const kinds = { con_1: aNote, con_2: anOutboundMessage, con_3: anInboundMessage } as const;
      for (const [id, make] of Object.entries(kinds)) {
        const shows = { lastSeq: 1, lastMessagePreview: "Words", previewMessageId: `msg_${id}` };
        const conversation = aConversation(id, guest, { ...shows, departmentId: id });
        await stored(storage, conversation, [make(`msg_${id}`, conversation, 1)]);
      }
      await stored(storage, aConversation("con_4", guest), [], { events: [about("con_4")] });
      const found = await news(storage);
      const ids = ["con_1", "con_2", "con_3", "con_4"];
      assert.deepEqual(
        ids.map((id) => told(found, id).previewForGuest),
        [false, true, true, true],
      );
      // The words themselves are staff's to see.
      assert.equal(told(found, "con_1").conversation.lastMessagePreview, "Words");
    },
  },
  {
    id: "live/heads",
    says: "How far logs have got is told for the hotels asked for that have told something.",
    async run({ storage, shiftClock }) {
      await happen(storage, 2);
      await shiftClock(HOUR_MS);
      await happen(storage, 1);
      await happen(storage, 1, OTHER_HOTEL);
      await aKnownGuest(storage, { hotelId: "silent" });
      const [, , last] = await storage.events({ hotelId: HOTEL, after: 0, limit: 10 });
      assert.ok(last);
      assert.deepEqual(await storage.heads([HOTEL, "silent", "unknown \0", HOTEL]), [
        { hotelId: HOTEL, seq: 3, at: last.at },
      ]);
      assert.deepEqual(hotelsOf(await storage.heads([OTHER_HOTEL, HOTEL])), [HOTEL, OTHER_HOTEL]);
      assert.deepEqual(await storage.heads([]), []);
      assert.deepEqual(placeIn(await snapshot(storage, "everything")), { hotelId: HOTEL, seq: 3, at: last.at });
    },
  },
  {
    id: "live/revoked",
    says: "Whose rights have changed is told to whoever asks for what came after a number, in order (T58).",
    async run({ storage }) {
      assert.deepEqual(await storage.revocations({ after: null }), { upTo: 0, principals: [] });
      await storage.revoke({ kind: "staff", id: "staff_1" });
      const { upTo, principals } = await storage.revocations({ after: null });
      assert.deepEqual(principals, []);
      await storage.revoke({ kind: "guest", id: "gst_1" });
      await storage.revoke({ kind: "staff", id: "staff_2" });
      const later = await storage.revocations({ after: upTo });
      assert.deepEqual(later.principals, [
        { kind: "guest", id: "gst_1" },
        { kind: "staff", id: "staff_2" },
      ]);
      assert.deepEqual(await storage.revocations({ after: later.upTo }), { upTo: later.upTo, principals: [] });
      await storage.revoke({ kind: "guest", id: "gst_1" });
      assert.deepEqual((await storage.revocations({ after: later.upTo })).principals, [{ kind: "guest", id: "gst_1" }]);
    },
  },
  {
    id: "live/revoked-kept",
    says: "What is older than a day may be forgotten, but numbers go on, and a number that is still to come misses nobody.",
    async run({ storage, shiftClock }) {
      await storage.revoke({ kind: "staff", id: "staff_1" });
      await storage.revoke({ kind: "staff", id: "staff_2" });
      const { upTo } = await storage.revocations({ after: null });
      await shiftClock(DAY_MS - SECOND_MS);
      await storage.revoke({ kind: "staff", id: "staff_3" });
      assert.equal((await storage.revocations({ after: 0 })).principals.length, 3);
      await shiftClock(2 * DAY_MS);
      assert.ok((await storage.revocations({ after: null })).upTo > upTo, "the newest number stays");
      const asked = await storage.revocations({ after: upTo });
      assert.deepEqual(asked.principals, [{ kind: "staff", id: "staff_3" }]);
      let last = asked;
      for (const id of ["staff_4", "staff_5"]) {
        const before = last.upTo;
        await storage.revoke({ kind: "staff", id });
        last = await storage.revocations({ after: before });
        assert.deepEqual(last.principals, [{ kind: "staff", id }]);
        assert.ok(last.upTo > before);
      }
      // A backup was restored: whoever read on in the storage that is gone has missed what this one knows.
      const ahead = await storage.revocations({ after: last.upTo + 10 });
      assert.equal(ahead.upTo, last.upTo);
      assert.ok(ahead.principals.some(({ id }) => id === "staff_5"));
    },
  },
  {
    id: "live/revoked-at-once",
    says: "However many are told at once, whoever reads on by number misses none of them.",
    needs: "concurrency",
    async run({ storage }) {
      const REVOKED = 40;
      const heard: string[] = [];
      let place = 0;
      const reading = async () => {
        const { upTo, principals } = await storage.revocations({ after: place });
        place = upTo;
        heard.push(...principals.map(({ id }) => id));
      };
      const progress = { isOver: false };
      const watching = (async () => {
        while (!progress.isOver) await reading();
      })();
      await atOnce(REVOKED, (n) => storage.revoke({ kind: "staff", id: `staff_${String(n)}` }));
      progress.isOver = true;
      await watching;
      await reading();
      assert.deepEqual(heard.toSorted(), Array.from({ length: REVOKED }, (_, n) => `staff_${String(n)}`).toSorted());
    },
  },
];
