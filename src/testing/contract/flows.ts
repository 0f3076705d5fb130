import assert from "node:assert/strict";
import type { FlowRun } from "../../domain/flow-run.js";
import {
  aCommand,
  aConversation,
  aFlowRun,
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
