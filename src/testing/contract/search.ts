import assert from "node:assert/strict";
import type { Amendment } from "../../domain/amendment.js";
import type { Conversation } from "../../domain/conversation.js";
import type { NewMessage } from "../../domain/message.js";
import { soughtWords } from "../../domain/search.js";
import type { GuestSearchQuery, SearchPoint, SearchQuery } from "../../ports/read-storage.js";
import type { Storage } from "../../ports/storage.js";
import {
  aCommand,
  aConversation,
  aGuestUpdate,
  anAmendment,
  anInboundMessage,
  anOutboundMessage,
  HOTEL,
  minutesAfterNoon,
  NOON,
  OTHER_HOTEL,
  within,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, amendedMessageOf, commit, pagesOf, stored } from "./steps.js";

const search = (storage: Storage, text: string, query: Partial<SearchQuery> = {}) =>
  storage.search({
    reach: "everything",
    hotelId: HOTEL,
    departmentId: null,
    words: soughtWords(text),
    before: null,
    limit: 100,
    ...query,
  });
const found = async (storage: Storage, text: string, query: Partial<SearchQuery> = {}): Promise<readonly string[]> =>
  (await search(storage, text, query)).items.map(({ message }) => message.id);

const searchGuests = (storage: Storage, text: string, query: Partial<GuestSearchQuery> = {}) =>
  storage.searchGuests({
    reach: "everything",
    hotelId: HOTEL,
    words: soughtWords(text),
    before: null,
    limit: 100,
    ...query,
  });

const saying = (id: string, conversation: Conversation, seq: number, text: string, fields: Partial<NewMessage> = {}) =>
  anInboundMessage(id, conversation, seq, { content: { type: "text", text }, ...fields });

const closed = { status: "closed", closedAt: NOON } as const;

export const searchCases: readonly StorageCase[] = [
  {
    id: "search/words",
    says: "Messages are found by all words that are looked for, the last as far as it was typed, however they are written; the newest first.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { lastSeq: 8 });
      await stored(storage, conversation, [
        saying("msg_1", conversation, 1, "Could we have a LATE dinner?\u0000 It's for Zoë & me"),
        saying("msg_2", conversation, 2, "dinner at 8, not late", { sentAt: minutesAfterNoon(-9) }),
        saying("msg_3", conversation, 3, "İstanbul'dan geliyoruz, ＬＡＴＥ check-in"),
        saying("msg_4", conversation, 4, "朝ごはんは何時ですか"),
        saying("msg_5", conversation, 5, "it's 'quoted' \\ & | ! ( ) :* <-> \ud83d"),
        anInboundMessage("msg_6", conversation, 6, { content: { type: "unknown" } }),
        anOutboundMessage("msg_7", conversation, 7, { content: { type: "text", text: "Late? Of course." } }),
        anInboundMessage("msg_8", conversation, 8, {
          content: { type: "document", fileName: "passport.pdf", media: { id: "1", mimeType: "application/pdf" } },
        }),
      ]);
      assert.deepEqual(await found(storage, "late"), ["msg_7", "msg_3", "msg_2", "msg_1"]);
      assert.deepEqual(await found(storage, "dinner late"), ["msg_2", "msg_1"], "in whatever order");
      assert.deepEqual(await found(storage, "Late DIN"), ["msg_2", "msg_1"], "the last may go on");
      assert.deepEqual(await found(storage, "din late"), [], "and no other");
      assert.deepEqual(await found(storage, "inner"), [], "a word's end is another word");
      assert.deepEqual(await found(storage, "zoe"), ["msg_1"]);
      assert.deepEqual(await found(storage, "istanbul"), ["msg_3"]);
      assert.deepEqual(await found(storage, "ごはん"), ["msg_4"], "also where no space is between words");
      assert.deepEqual(await found(storage, "か"), ["msg_4"]);
      assert.deepEqual(await found(storage, "朝は"), []);
      assert.deepEqual(await found(storage, "it's 'quoted'"), ["msg_5"]);
      assert.deepEqual(await found(storage, "passport"), ["msg_8"]);
      for (const nothing of ["", "  ", "?!", "\u0000", "…:*", "unheard", "l'"]) {
        const wanted = nothing === "l'" ? ["msg_7", "msg_3", "msg_2", "msg_1"] : [];
        assert.deepEqual(await found(storage, nothing), wanted, nothing);
      }
      assert.deepEqual(await found(storage, "late", { hotelId: OTHER_HOTEL }), []);
      assert.deepEqual(
        await found(storage, "x", { words: [{ word: "la' | te\\", isPrefix: true }] }),
        [],
        "what is no word is found nowhere",
      );
      const { items } = await search(storage, "passport");
      assert.deepEqual(items, [
        {
          message: await amendedMessageOf(storage, "msg_8"),
          conversationId: "con_1",
          departmentId: "reception",
          guestId: guest.id,
          guestName: null,
        },
      ]);
    },
  },
  {
    id: "search/shown",
    says: "A message is found by what it shows now: by its last edit, by nothing once it was deleted, whenever that came (S54).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { lastSeq: 5 });
      const amends = (
        id: string,
        message: string,
        act: Amendment["act"],
        minute: number,
        by: Amendment["by"] = "guest",
      ) => anAmendment(`wamid.${id}`, `wamid.${message}`, guest, { act, by, at: minutesAfterNoon(minute) });
      const edits = (id: string, message: string, text: string, minute: number, by?: Amendment["by"]) =>
        amends(id, message, { kind: "edited", content: { type: "text", text } }, minute, by);
      await commit(
        storage,
        aCommand({ amendments: [edits("a", "msg_2", "sauna early", 2), amends("b", "msg_3", { kind: "revoked" }, 1)] }),
      );
      await stored(storage, conversation, [
        saying("msg_1", conversation, 1, "sauna one"),
        saying("msg_2", conversation, 2, "sauna two"),
        saying("msg_3", conversation, 3, "sauna three"),
        anInboundMessage("msg_4", conversation, 4, { content: { type: "unknown" } }),
        saying("msg_5", conversation, 5, "sauna five"),
      ]);
      assert.deepEqual(await found(storage, "sauna"), ["msg_5", "msg_2", "msg_1"]);
      assert.deepEqual(await found(storage, "sauna two"), []);
      assert.deepEqual(await found(storage, "sauna early"), ["msg_2"]);
      const understood = { kind: "understood", content: { type: "text", text: "sauna four" } } as const;
      await commit(
        storage,
        aCommand({
          amendments: [
            edits("c", "msg_1", "massage", 5),
            edits("d", "msg_1", "swimming", 4),
            amends("e", "msg_4", understood, 1),
            amends("f", "msg_5", { kind: "reacted", emoji: "🧖" }, 1),
            edits("g", "msg_5", "nothing of the sort", 9, "device"),
          ],
        }),
      );
      assert.deepEqual(await found(storage, "sauna"), ["msg_5", "msg_4", "msg_2"]);
      assert.deepEqual(await found(storage, "massage"), ["msg_1"]);
      assert.deepEqual(await found(storage, "swimming"), []);
      assert.deepEqual(await found(storage, "nothing"), [], "nobody edits another's message");
      await commit(
        storage,
        aCommand({
          amendments: [
            amends("h", "msg_1", { kind: "revoked" }, 1),
            edits("i", "msg_4", "hammam", 3),
            edits("j", "msg_3", "sauna again", 20),
          ],
        }),
      );
      assert.deepEqual(await found(storage, "massage"), []);
      assert.deepEqual(await found(storage, "hammam"), ["msg_4"]);
      assert.deepEqual(await found(storage, "sauna"), ["msg_5", "msg_2"]);
    },
  },
  {
    id: "search/reach",
    says: "A search finds what is within reach and nothing else, in the department that is asked for (S27, T51, T56).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const elsewhere = await aKnownGuest(storage, { hotelId: OTHER_HOTEL });
      for (const departmentId of ["reception", "spa", null]) {
        const id = String(departmentId);
        const conversation = aConversation(`con_${id}`, guest, { departmentId, lastSeq: 1 });
        await stored(storage, conversation, [saying(`msg_${id}`, conversation, 1, "towels please")]);
      }
      const seaside = aConversation("con_seaside", elsewhere, { lastSeq: 1 });
      await stored(storage, seaside, [saying("msg_seaside", seaside, 1, "towels please")]);
      const sees = (query: Partial<SearchQuery>) => found(storage, "towels", query);
      assert.deepEqual(await sees({ reach: within([HOTEL, "all"]) }), ["msg_null", "msg_spa", "msg_reception"]);
      assert.deepEqual(await sees({ reach: within([HOTEL, ["spa"]]) }), ["msg_spa"]);
      assert.deepEqual(await sees({ reach: within([HOTEL, ["SPA", "null", ""]]) }), []);
      assert.deepEqual(await sees({ reach: within([HOTEL, []]) }), []);
      assert.deepEqual(await sees({ reach: within() }), []);
      assert.deepEqual(await sees({ reach: within([OTHER_HOTEL, "all"]) }), []);
      assert.deepEqual(await sees({ reach: within([OTHER_HOTEL, ["reception"]]), hotelId: OTHER_HOTEL }), [
        "msg_seaside",
      ]);
      assert.deepEqual(await sees({ departmentId: "spa" }), ["msg_spa"]);
      assert.deepEqual(await sees({ departmentId: "spa", reach: within([HOTEL, ["reception"]]) }), []);
      const before = { eventSeq: Number.MAX_SAFE_INTEGER, id: "" };
      assert.deepEqual(
        await sees({ reach: within([HOTEL, ["spa"]]), before }),
        ["msg_spa"],
        "a point carries no rights (T55)",
      );
    },
  },
  {
    id: "search/continued",
    says: "What was said in a conversation that another continues is found by whoever sees it there, and leads to the last that they see.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const first = aConversation("con_1", guest, { ...closed, departmentId: null, lastSeq: 1, continuedIn: "con_2" });
      const middle = aConversation("con_2", guest, { ...closed, departmentId: "spa", continuedIn: "con_3" });
      await stored(storage, first, [saying("msg_1", first, 1, "a massage at ten")]);
      await stored(storage, middle);
      await stored(storage, aConversation("con_3", guest));
      const where = async (query: Partial<SearchQuery>) =>
        (await search(storage, "massage", query)).items.map(({ conversationId, departmentId }) => [
          conversationId,
          departmentId,
        ]);
      assert.deepEqual(await where({}), [["con_3", "reception"]]);
      assert.deepEqual(await where({ reach: within([HOTEL, ["spa"]]) }), [["con_2", "spa"]]);
      assert.deepEqual(await where({ departmentId: "spa" }), [["con_2", "spa"]]);
      assert.deepEqual(await where({ reach: within([HOTEL, ["restaurant"]]) }), []);
      assert.deepEqual(await where({ reach: within([HOTEL, ["reception"]]), departmentId: "spa" }), []);
    },
  },
  {
    id: "search/pages",
    says: "Pages of what is found put together are the whole, each message once, also old ones and while others come (S61).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { lastSeq: 6 });
      const other = aConversation("con_2", guest, { departmentId: "spa", lastSeq: 1 });
      const old = aConversation("con_old", guest, { ...closed, departmentId: null, lastSeq: 4, imported: true });
      const place = (days: number) => -(2 ** 52) + days * 86_400 * 2 ** 20;
      const before = { eventSeq: Number.MAX_SAFE_INTEGER, id: "" };
      // Two of one second, two months apart, and some years before.
      const places = [place(20_000), place(20_060), place(20_060), place(12_000)];
      await stored(
        storage,
        old,
        places.map((importedPlace, n) => saying(`old_${String(n)}`, old, n + 1, "towels", { importedPlace })),
      );
      await stored(
        storage,
        conversation,
        [1, 2, 3, 4, 5, 6].map((seq) => saying(`msg_${String(seq)}`, conversation, seq, seq === 3 ? "soap" : "towels")),
      );
      const whole = ["msg_6", "msg_5", "msg_4", "msg_2", "msg_1", "old_2", "old_1", "old_0", "old_3"];
      assert.deepEqual(await found(storage, "towels"), whole);
      assert.deepEqual(await found(storage, "towels", { before }), whole);
      for (const limit of [1, 2, 4, 9]) {
        const pages = await pagesOf((point: SearchPoint | null) => search(storage, "towels", { before: point, limit }));
        assert.deepEqual(
          pages.flat().map(({ message }) => message.id),
          whole,
        );
      }
      const { next } = await search(storage, "towels", { limit: 2 });
      await stored(storage, other, [saying("msg_new", other, 1, "towels")]);
      assert.deepEqual(await found(storage, "towels", { before: next, limit: 3 }), ["msg_4", "msg_2", "msg_1"]);
      assert.equal((await found(storage, "towels"))[0], "msg_new");
    },
  },
  {
    id: "search/merged",
    says: "What a merged guest said is found under the name of the guest who stays; and of an imported message only what came live.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const stays = await aKnownGuest(storage, { waId: "12025550102" });
      await commit(storage, aCommand({ guest: aGuestUpdate(stays.id, { name: "Zoë" }) }));
      const old = aConversation("con_old", guest, { ...closed, departmentId: null, lastSeq: 1, imported: true });
      await stored(storage, old, [saying("old_1", old, 1, "towels", { importedPlace: -1_000, wamid: "wamid.same" })]);
      const conversation = aConversation("con_1", guest, { lastSeq: 1 });
      await stored(storage, conversation, [saying("msg_1", conversation, 1, "towels", { wamid: "wamid.same" })]);
      await commit(storage, aCommand({ merge: { guestId: guest.id, into: stays.id } }));
      const { items } = await search(storage, "towels");
      assert.deepEqual(
        items.map(({ message, guestId, guestName }) => [message.id, guestId, guestName]),
        [["msg_1", stays.id, "Zoë"]],
      );
    },
  },
  {
    id: "search/guests",
    says: "Guests are found by any part of their name and username, and once they were merged as who they turned out to be (S54).",
    async run({ storage }) {
      const named = async (waId: string, name: string | null, username: string | null = null) => {
        const guest = await aKnownGuest(storage, { waId });
        await commit(storage, aCommand({ guest: aGuestUpdate(guest.id, { name, username }) }));
        return guest.id;
      };
      const ada = await named("12025550101", "Ada Lovelace-King \u0000");
      const bob = await named("12025550102", "Bob Johnson", "island.bob");
      const cem = await named("12025550103", "ÇEM  ÖZTÜRK");
      const dai = await named("12025550104", "田中大輔");
      const ids = async (text: string, query: Partial<GuestSearchQuery> = {}) =>
        (await searchGuests(storage, text, query)).items.map(({ id }) => id);
      assert.deepEqual(await ids("ada"), [ada]);
      assert.deepEqual(await ids("Lovelace a"), [ada]);
      assert.deepEqual(await ids("king ada"), [ada]);
      assert.deepEqual(await ids("hns"), [bob], "any part of a name");
      assert.deepEqual(await ids("john"), [bob]);
      assert.deepEqual(await ids("son isl"), [bob], "of the name and of the username");
      assert.deepEqual(await ids("ozturk"), [cem]);
      assert.deepEqual(await ids("大輔"), [dai]);
      for (const nobody of ["", "?", "adam", "john ada", "bobby"]) assert.deepEqual(await ids(nobody), [], nobody);
      assert.deepEqual(await ids("ada", { hotelId: OTHER_HOTEL }), []);
      const all = [ada, bob, cem].toSorted().toReversed();
      const pages = await pagesOf((before: string | null) =>
        searchGuests(storage, "a", { before, limit: 1 }).then((page) => page),
      );
      assert.deepEqual(
        pages.flat().map(({ id }) => id),
        all.filter((id) => id !== cem),
      );
      await commit(storage, aCommand({ guest: aGuestUpdate(bob, { name: "Robert" }) }));
      assert.deepEqual(await ids("johnson"), []);
      assert.deepEqual(await ids("robert island"), [bob], "what was not said anew stays");
      await commit(storage, aCommand({ merge: { guestId: bob, into: ada } }));
      assert.deepEqual(await ids("robert"), [ada]);
      assert.deepEqual(await ids("a"), [ada], "each once");
      const { items } = await searchGuests(storage, "robert");
      const { guests } = await storage.loadGuests({ reach: "everything", guestIds: [ada] });
      assert.deepEqual(items, [guests[0]?.guest]);
    },
  },
  {
    id: "search/guests-reach",
    says: "A guest is found by whoever sees a conversation of theirs, or the whole hotel, and by nobody else (T51, T53).",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const other = await aKnownGuest(storage, { waId: "12025550102" });
      for (const { id } of [guest, other])
        await commit(storage, aCommand({ guest: aGuestUpdate(id, { name: "Ada" }) }));
      await stored(storage, aConversation("con_1", guest, { departmentId: "spa" }));
      const sees = async (reach: GuestSearchQuery["reach"]) =>
        (await searchGuests(storage, "ada", { reach })).items.map(({ id }) => id);
      assert.deepEqual(await sees(within([HOTEL, "all"])), [guest.id, other.id].toSorted().toReversed());
      assert.deepEqual(await sees(within([HOTEL, ["spa"]])), [guest.id]);
      assert.deepEqual(await sees(within([HOTEL, ["reception"]])), []);
      assert.deepEqual(await sees(within([OTHER_HOTEL, "all"])), []);
      assert.deepEqual(await sees(within()), []);
    },
  },
];
