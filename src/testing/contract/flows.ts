import assert from "node:assert/strict";
import type { Reach } from "../../domain/access.js";
import type { FlowMove } from "../../domain/flow-move.js";
import type { FlowRun } from "../../domain/flow-run.js";
import {
  aCommand,
  aConversation,
  aFlowRun,
  anAmendment,
  anInboundMessage,
  messageEvent,
  anOutboundMessage,
  HOTEL,
  minutesAfterNoon,
  OTHER_HOTEL,
  NOON,
} from "./builders.js";
import type { LaneChange } from "../../domain/change.js";
import type { Storage } from "../../ports/storage.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, chatOf, commit, merge, stored } from "./steps.js";

const aMove = ({ hotelId, id }: FlowRun, number: number, fields: Partial<FlowMove> = {}): FlowMove => ({
  hotelId,
  runId: id,
  number,
  at: minutesAfterNoon(number),
  messageId: null,
  what: { number },
  ...fields,
});

const everywhere = { reach: "everything", client: null, template: null } as const;
const runsOf = (runs: readonly FlowRun[]) => runs.map(({ id, version }) => [id, version]).sort();

/** What cannot be stored leaves nothing. */
async function refused(storage: Storage, ...changes: readonly LaneChange[]): Promise<void> {
  assert.equal((await storage.commit(HOTEL, changes)).outcome, "conflict");
}

export const flowCases: readonly StorageCase[] = [
  {
    id: "commit/runs",
    says: "A run is stored whole, whatever stands in it, with the change that moves it; and not at all over another version.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { mode: "flow" });
      const strange = 'NUL \u0000, half an emoji \ud83d, "quotes" \\ ünï 😀';
      const run = aFlowRun("run_1", conversation, {
        step: "party.name",
        loops: { party: { at: 1, items: [0, strange] } },
        answers: { name: strange, party: [{ name: null }, {}], nested: { deep: [1.5, true] } },
        given: { room: strange },
        trail: [{ step: "name", rounds: { party: 0 } }],
        records: [
          { step: "name", round: "", result: "succeeded", at: NOON.toISOString(), messageId: "msg_1" },
          { step: "party.name", round: "1", result: "pending", at: NOON.toISOString(), messageId: null },
        ],
        options: [{ id: "prm_run_1_2#1", value: "yes", title: strange, labels: { it: "Sì" } }],
        toldOverAt: minutesAfterNoon(1),
        why: "asked",
        reminded: true,
        tries: 2,
        turn: 7,
      });
      await commit(storage, aCommand({ conversations: [conversation], runs: [run] }));
      assert.deepEqual((await chatOf(storage, guest)).runs, [{ ...run, version: 1 }]);

      const moved: FlowRun = {
        ...run,
        version: 1,
        step: "done",
        status: "handedOff",
        answers: { name: "Anna" },
        promptId: null,
      };
      await refused(storage, aCommand({ runs: [{ ...moved, version: 0 }] }));
      await refused(storage, aCommand({ runs: [{ ...moved, version: 2 }] }));
      await refused(storage, aCommand({ runs: [moved] }), aCommand({ runs: [moved] }));
      assert.deepEqual((await chatOf(storage, guest)).runs, [{ ...run, version: 1 }], "nothing of it was stored");
      await commit(storage, aCommand({ runs: [moved] }));
      assert.deepEqual((await chatOf(storage, guest)).runs, [{ ...moved, version: 2 }]);
    },
  },
  {
    id: "commit/one-run",
    says: "One run at most is under way in a conversation; another begins with the change that ends it.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { mode: "flow" });
      const first = aFlowRun("run_1", conversation);
      await commit(storage, aCommand({ conversations: [conversation], runs: [first] }));
      await refused(storage, aCommand({ runs: [aFlowRun("run_2", conversation)] }));
      const ended: FlowRun = { ...first, version: 1, status: "stopped", endedAt: minutesAfterNoon(5) };
      await commit(
        storage,
        aCommand({ runs: [aFlowRun("run_2", conversation, { startedAt: minutesAfterNoon(5) }), ended] }),
      );
      assert.deepEqual(runsOf((await chatOf(storage, guest)).runs), [["run_2", 1]]);
    },
  },
  {
    id: "load/chat-runs",
    says: "A guest's runs under way are there for what they write, on whatever number, and those of whoever they turned out to be; none that is over.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const other = await aKnownGuest(storage, { waId: "12025550102" });
      const one = aConversation("con_1", guest, { mode: "flow", departmentId: "reception" });
      const two = aConversation("con_2", guest, { mode: "flow", departmentId: "housekeeping" });
      const three = aConversation("con_3", other, { mode: "flow" });
      const over = aFlowRun("run_0", one, { status: "finished", endedAt: NOON });
      const runs = [
        over,
        aFlowRun("run_1", one),
        aFlowRun("run_2", two, { status: "handedOff" }),
        aFlowRun("run_3", three),
      ];
      await commit(storage, aCommand({ conversations: [one, two, three], runs }));
      assert.deepEqual(runsOf((await chatOf(storage, guest)).runs), [
        ["run_1", 1],
        ["run_2", 1],
      ]);
      await merge(storage, other.id, guest.id);
      assert.deepEqual(runsOf((await chatOf(storage, guest)).runs), [
        ["run_1", 1],
        ["run_2", 1],
        ["run_3", 1],
      ]);
    },
  },
  {
    id: "load/conversation-runs",
    says: "A command sees the guest's runs under way, and the conversation's newest that is over.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const one = aConversation("con_1", guest, { mode: "flow", departmentId: "reception" });
      const two = aConversation("con_2", guest, { mode: "flow", departmentId: "housekeeping" });
      const over = (id: string, minutes: number) =>
        aFlowRun(id, one, {
          status: "finished",
          startedAt: minutesAfterNoon(minutes),
          endedAt: minutesAfterNoon(minutes + 1),
        });
      await commit(
        storage,
        aCommand({ conversations: [one, two], runs: [over("run_1", 10), over("run_3", 1), aFlowRun("run_2", two)] }),
      );
      const load = async (conversationId: string) =>
        runsOf((await storage.loadConversation({ ...everywhere, conversationId })).state?.runs ?? []);
      assert.deepEqual(await load("con_1"), [
        ["run_1", 1],
        ["run_2", 1],
      ]);
      assert.deepEqual(await load("con_2"), [["run_2", 1]]);
      await commit(storage, aCommand({ runs: [aFlowRun("run_4", one, { startedAt: minutesAfterNoon(20) })] }));
      assert.deepEqual(
        await load("con_1"),
        [
          ["run_2", 1],
          ["run_4", 1],
        ],
        "one under way stands before those that are over",
      );
    },
  },
  {
    id: "commit/flow-prompt",
    says: "A question of a flow comes back with its run, its step and what its options stand for, when one is tapped.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { mode: "flow" });
      const message = anOutboundMessage("msg_1", conversation, 1);
      const prompt = {
        id: "prm_run_1_1",
        hotelId: HOTEL,
        guestId: guest.id,
        phoneNumberId: guest.phoneNumberId,
        conversationId: "con_1",
        messageId: "msg_1",
        createdAt: NOON,
        kind: "flow",
        runId: "run_1",
        step: "breakfast",
        options: [{ id: "prm_run_1_1#1", value: "yes", title: "Yes \u0000" }],
      } as const;
      await commit(
        storage,
        aCommand({
          conversations: [{ ...conversation, lastSeq: 1 }],
          messages: [message],
          prompts: [prompt],
          events: [messageEvent(message, conversation)],
        }),
      );
      assert.deepEqual((await chatOf(storage, guest, { promptIds: [prompt.id] })).prompts, [prompt]);
      assert.deepEqual((await chatOf(storage, guest)).prompts, [], "nobody asked for it");
    },
  },
  {
    id: "flow/record",
    says: "What moved a run is kept with the change that moves it, whatever stands in it, each move once, with what the guest's message said; the run asked for, else the one under way, else the newest.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { mode: "flow", lastSeq: 1 });
      const strange = 'NUL \u0000, half an emoji \ud83d, "quotes" \\ ünï 😀';
      const said = anInboundMessage("msg_1", conversation, 1, { content: { type: "text", text: strange } });
      const first = aFlowRun("run_1", conversation, { moves: 2 });
      const began = aMove(first, 1, {
        at: minutesAfterNoon(1),
        what: { input: strange, deep: [1.5, null, { no: false }] },
      });
      const heard = aMove(first, 2, { at: minutesAfterNoon(2), messageId: "msg_1" });
      await stored(storage, conversation, [said], { runs: [first], moves: [began, heard] });

      const recordOf = async (runId: string | null = null) =>
        (await storage.flowRecord({ reach: "everything", conversationId: "con_1", runId }))?.record;
      const moves = [
        { ...began, heard: null },
        { ...heard, heard: said.content },
      ];
      assert.deepEqual(await recordOf(), { run: { ...first, version: 1 }, moves });

      const gone = aMove(first, 4, { messageId: "msg_gone", at: minutesAfterNoon(4) });
      const over: FlowRun = { ...first, version: 1, moves: 4, status: "finished", endedAt: minutesAfterNoon(5) };
      await refused(storage, aCommand({ runs: [{ ...over, version: 0 }], moves: [gone] }));
      await commit(storage, aCommand({ runs: [over], moves: [gone, aMove(first, 3), heard] }));
      assert.deepEqual(
        (await recordOf())?.moves.map(({ number, heard: words }) => [number, words?.type ?? null]),
        [
          [1, null],
          [2, "text"],
          [3, null],
          [4, null],
        ],
      );

      const second = aFlowRun("run_2", conversation, { startedAt: minutesAfterNoon(6), moves: 1 });
      await commit(storage, aCommand({ runs: [second], moves: [aMove(second, 1)] }));
      assert.deepEqual((await recordOf())?.run.id, "run_2");
      assert.deepEqual((await recordOf("run_1"))?.moves.length, 4);
      await commit(
        storage,
        aCommand({
          runs: [
            { ...second, version: 1, endedAt: minutesAfterNoon(7), status: "finished" },
            aFlowRun("run_3", conversation, { startedAt: NOON }),
          ],
        }),
      );
      assert.deepEqual((await recordOf())?.run.id, "run_3", "one under way stands before those that are over");
      assert.deepEqual((await recordOf())?.moves, []);
      assert.equal(await recordOf("run_4"), null);

      const wordsOf = async () => (await recordOf("run_1"))?.moves[1]?.heard ?? null;
      const wamid = said.wamid ?? "";
      const byHotel = anAmendment("wamid.a", wamid, guest, { by: "device", act: { kind: "revoked" } });
      await commit(storage, aCommand({ amendments: [byHotel] }));
      assert.deepEqual(await wordsOf(), said.content, "only whoever wrote it deletes it");
      await commit(
        storage,
        aCommand({ amendments: [anAmendment("wamid.b", wamid, guest, { act: { kind: "revoked" } })] }),
      );
      assert.equal(await wordsOf(), null);
    },
  },
  {
    id: "flow/record-reach",
    says: "What moved a run is for whoever reaches its conversation's department: not for others of the staff, and never for a guest; a run of another conversation is not told.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const at = (id: string, departmentId: string) => aConversation(id, guest, { mode: "flow", departmentId });
      const [one, two] = [at("con_1", "reception"), at("con_2", "housekeeping")];
      const [first, second] = [aFlowRun("run_1", one), aFlowRun("run_2", two)];
      await commit(
        storage,
        aCommand({ conversations: [one, two], runs: [first, second], moves: [aMove(first, 1), aMove(second, 1)] }),
      );
      const seenBy = async (reach: Reach, conversationId = "con_1", runId: string | null = null) => {
        const found = await storage.flowRecord({ reach, conversationId, runId });
        return found && (found.record?.run.id ?? "none");
      };
      const of = (hotelId: string, departments: readonly string[] | "all"): Reach => ({
        hotels: new Map([[hotelId, departments]]),
      });
      assert.equal(await seenBy(of(HOTEL, ["reception"])), "run_1");
      assert.equal(await seenBy(of(HOTEL, "all")), "run_1");
      assert.equal(await seenBy(of(HOTEL, ["housekeeping"])), null);
      assert.equal(await seenBy(of(OTHER_HOTEL, "all")), null);
      assert.equal(await seenBy({ guest: { hotelId: HOTEL, id: guest.id } }), null);
      assert.equal(await seenBy("everything", "con_3"), null);
      assert.equal(await seenBy("everything", "con_1", "run_2"), "none");
      assert.deepEqual(
        (await storage.flowRecord({ reach: "everything", conversationId: "con_2", runId: null }))?.record?.moves,
        [{ ...aMove(second, 1), heard: null }],
      );
    },
  },
  {
    id: "flow/stray",
    says: "Runs under way of versions that nobody knows any more are found page by page, in every hotel.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const seaside = await aKnownGuest(storage, { hotelId: OTHER_HOTEL });
      const at = (id: string, department: string) =>
        aConversation(id, guest, { mode: "flow", departmentId: department });
      const [a, b, c, d] = [at("con_a", "a"), at("con_b", "b"), at("con_c", "c"), at("con_d", "d")];
      const away = aConversation("con_s", seaside, { mode: "flow" });
      const runs = [
        aFlowRun("run_1", a, { flowVersion: 1 }),
        aFlowRun("run_2", b, { flowVersion: 2 }),
        aFlowRun("run_3", c, { flowId: "feedback", flowVersion: 2 }),
        aFlowRun("run_4", d, { flowVersion: 1, status: "finished", endedAt: NOON }),
      ];
      await commit(storage, aCommand({ conversations: [a, b, c, d], runs }));
      await stored(storage, away, [], { runs: [aFlowRun("run_0", away)] });
      const known = [{ flowId: "check-in", version: 2 }];
      const pages: string[][] = [];
      let after: { hotelId: string; id: string } | null = null;
      for (let page = 0; page < 4; page++) {
        const found: readonly FlowRun[] = await storage.strayRuns({ known, after, limit: 2 });
        pages.push(found.map(({ hotelId, id }) => `${hotelId} ${id}`));
        const last: FlowRun | undefined = found.at(-1);
        if (last === undefined) break;
        after = { hotelId: last.hotelId, id: last.id };
      }
      assert.deepEqual(pages, [[`${HOTEL} run_1`, `${HOTEL} run_3`], [`${OTHER_HOTEL} run_0`], []]);
      assert.equal((await storage.strayRuns({ known: [], after: null, limit: 10 })).length, 4);
    },
  },
];
