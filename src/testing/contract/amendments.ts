import assert from "node:assert/strict";
import type { Amendment } from "../../domain/amendment.js";
import { plainKind } from "../../domain/content.js";
import { aCommand, aConversation, anAmendment, anInboundMessage, minutesAfterNoon, OTHER_HOTEL } from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, amendedMessageOf, chatOf, commit, eventsOf, merge, stored, unmerge } from "./steps.js";

const idsOf = (amendments: readonly Amendment[] | undefined): readonly string[] | undefined =>
  amendments?.map(({ id }) => id).sort();

export const amendmentCases: readonly StorageCase[] = [
  {
    id: "commit/amendments",
    says: "What was done to a message is stored as it was given, whether the message is there or still to come.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const text = 'NUL \u0000, half an emoji \ud83d, "quotes" \\ ünï 😀';
      const amendments = [
        anAmendment("wamid.a", "wamid.msg_1", guest, { act: { kind: "edited", content: { type: "text", text } } }),
        anAmendment("wamid.b", "wamid.msg_1", guest, { act: { kind: "revoked" }, at: minutesAfterNoon(1) }),
        anAmendment("wamid.c", "wamid.msg_1", guest, { by: "device", act: { kind: "reacted", emoji: "👩‍👩‍👧" } }),
        anAmendment("wamid.d", "wamid.msg_1", guest, { act: { kind: "reacted", emoji: null } }),
        anAmendment("wamid.e", "wamid.msg_1", guest, { act: { kind: "understood", content: plainKind("welcome") } }),
      ];
      const result = await commit(storage, aCommand({ amendments }));
      assert.deepEqual(result.events, [], "its events are the change's to tell");
      const byId = (some: readonly Amendment[]) => new Map(some.map((each) => [each.id, each]));
      const { amendments: early } = await chatOf(storage, guest, { wamids: ["wamid.msg_1"] });
      assert.deepEqual(byId(early), byId(amendments));
      assert.equal(early.length, 5);
      const conversation = aConversation("con_1", guest, { lastSeq: 1 });
      await stored(storage, conversation, [anInboundMessage("msg_1", conversation, 1)]);
      assert.deepEqual(byId((await amendedMessageOf(storage, "msg_1")).amendments), byId(amendments));
    },
  },
  {
    id: "commit/amendments-once",
    says: "What brought an amendment amends each message once: what is stored stays as it is.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const elsewhere = await aKnownGuest(storage, { hotelId: OTHER_HOTEL });
      const first = anAmendment("wamid.a", "wamid.1", guest);
      const again = { ...first, act: { kind: "revoked" } as const, at: minutesAfterNoon(1) };
      await commit(storage, aCommand({ amendments: [first, anAmendment("wamid.b", "wamid.1", guest)] }));
      const ofOther = anAmendment("wamid.a", "wamid.2", guest);
      await commit(storage, aCommand({ amendments: [again, ofOther] }));
      const inOtherHotel = anAmendment("wamid.a", "wamid.1", elsewhere);
      await commit(storage, aCommand({ hotelId: OTHER_HOTEL, amendments: [inOtherHotel] }));
      const { amendments } = await chatOf(storage, guest, { wamids: ["wamid.1"] });
      assert.deepEqual(idsOf(amendments), ["wamid.a", "wamid.b"]);
      assert.deepEqual(
        amendments.find(({ id }) => id === "wamid.a"),
        first,
      );
      assert.deepEqual((await chatOf(storage, guest, { wamids: ["wamid.2"] })).amendments, [ofOther]);
      assert.deepEqual((await chatOf(storage, elsewhere, { wamids: ["wamid.1"] })).amendments, [inOtherHotel]);
    },
  },
  {
    id: "load/chat-amendments",
    says: "With a chat comes what was done to the messages asked for, in whoever's chat it was done, stored or not.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const other = await aKnownGuest(storage, { waId: "12025550102" });
      const amendments = [
        anAmendment("wamid.a", "wamid.1", guest),
        anAmendment("wamid.b", "wamid.2", guest),
        anAmendment("wamid.c", "wamid.3", guest),
        anAmendment("wamid.d", "wamid.1", other),
      ];
      await commit(storage, aCommand({ amendments }));
      const loaded = async (of: typeof guest, ...wamids: readonly string[]) =>
        idsOf((await chatOf(storage, of, { wamids })).amendments);
      const both = ["wamid.a", "wamid.b", "wamid.d"];
      assert.deepEqual(await loaded(guest, "wamid.1", "wamid.2", "wamid.1", "wamid.gone"), both);
      assert.deepEqual(await loaded(other, "wamid.1", "wamid.2"), both);
      assert.deepEqual(await loaded(guest), []);
    },
  },
  {
    id: "read/amended",
    says: "A message comes with what was done to it, and with nothing that was done to another.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { lastSeq: 3 });
      await stored(storage, conversation, [
        anInboundMessage("msg_1", conversation, 1),
        anInboundMessage("msg_2", conversation, 2),
        anInboundMessage("msg_3", conversation, 3, { wamid: null }),
      ]);
      const amendments = [
        anAmendment("wamid.a", "wamid.msg_1", guest),
        anAmendment("wamid.b", "wamid.msg_1", guest, { act: { kind: "revoked" } }),
        anAmendment("wamid.c", "wamid.gone", guest, { act: { kind: "revoked" } }),
      ];
      await commit(storage, aCommand({ amendments }));
      const query = { reach: "everything", conversationId: "con_1", before: null, limit: 10 } as const;
      const counted = async () => {
        const page = await storage.messages(query);
        const ids = page?.items.map((message) => [message.id, idsOf(message.amendments)]);
        for (const [index, id] of ["msg_3", "msg_2", "msg_1"].entries())
          assert.deepEqual(idsOf((await amendedMessageOf(storage, id)).amendments), ids?.[index]?.[1]);
        return ids;
      };
      const rest = [
        ["msg_3", []],
        ["msg_2", []],
      ];
      assert.deepEqual(await counted(), [...rest, ["msg_1", ["wamid.a", "wamid.b"]]]);
      const [, , first] = (await storage.messages(query))?.items ?? [];
      assert.deepEqual(
        first?.amendments.find(({ id }) => id === "wamid.a"),
        amendments[0],
      );
      assert.equal((await eventsOf(storage)).length, 3);
    },
  },
  {
    id: "read/amended-apart",
    says: "After two guests were merged and taken apart, a guest still deletes their own words that stand in the other's conversation.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const other = await aKnownGuest(storage, { waId: "12025550102" });
      await merge(storage, guest.id, other.id);
      const conversation = aConversation("con_1", other, { lastSeq: 1 });
      await stored(storage, conversation, [anInboundMessage("msg_1", conversation, 1)]);
      await unmerge(storage, guest.id);
      const { known } = await chatOf(storage, guest, { wamids: ["wamid.msg_1"] });
      assert.deepEqual([known.get("wamid.msg_1")?.messageId, known.get("wamid.msg_1")?.isOwn], ["msg_1", false]);
      const revoke = anAmendment("wamid.a", "wamid.msg_1", guest, { act: { kind: "revoked" } });
      await commit(storage, aCommand({ amendments: [revoke] }));
      assert.deepEqual((await amendedMessageOf(storage, "msg_1")).amendments, [revoke]);
      const page = await storage.messages({ reach: "everything", conversationId: "con_1", before: null, limit: 10 });
      assert.deepEqual(page?.items[0]?.amendments, [revoke]);
    },
  },
];
