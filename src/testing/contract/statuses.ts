import assert from "node:assert/strict";
import type { ReportedStatus } from "../../domain/delivery-status.js";
import { aConversation, anInboundMessage, aReport, HOTEL, OTHER_HOTEL } from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  aKnownGuest,
  conversationOf,
  eventsOf,
  intended,
  messageOf,
  reasonsOf,
  sendingOne,
  sentOne,
  settle,
  statusesIn,
  stored,
} from "./steps.js";

const FAILED = aReport("failed", "").failure;

export const statusCases: readonly StorageCase[] = [
  {
    id: "status/lattice",
    says: "Statuses only rise: late, repeated and swapped reports leave the highest (F21, chatwoot#14529).",
    async run({ storage }) {
      const { message } = await sentOne(storage, "wamid.1");
      const reports: readonly ReportedStatus[] = ["delivered", "sent", "read", "delivered", "read", "failed", "sent"];
      const outcomes: string[] = [];
      for (const status of reports)
        outcomes.push(...(await storage.applyStatuses([aReport(status, "wamid.1")])).outcomes);
      assert.deepEqual(outcomes, [
        "applied",
        "unchanged",
        "applied",
        "unchanged",
        "unchanged",
        "unchanged",
        "unchanged",
      ]);
      const { status, failure } = await messageOf(storage, message.id);
      assert.equal(status, "read");
      assert.equal(failure, null);
    },
  },
  {
    id: "status/lattice-failed",
    says: "A failure sticks through a late `sent`, and yields to a proof of delivery; its reason stays to be asked for (I6).",
    async run({ storage }) {
      const { message } = await sentOne(storage, "wamid.1");
      await storage.applyStatuses([aReport("failed", "wamid.1")]);
      await storage.applyStatuses([aReport("sent", "wamid.1")]);
      const failed = await messageOf(storage, message.id);
      assert.equal(failed.status, "failed");
      assert.deepEqual(failed.failure, FAILED);

      await storage.applyStatuses([aReport("delivered", "wamid.1")]);
      const delivered = await messageOf(storage, message.id);
      assert.equal(delivered.status, "delivered");
      assert.equal(delivered.failure, null);
      assert.deepEqual(
        delivered.reasons.filter(({ code }) => code === "status_reported").map(({ details }) => details),
        [{ status: "failed", failure: FAILED?.code }, { status: "delivered" }],
      );
    },
  },
  {
    id: "status/lattice-in-a-batch",
    says: "Several reports of one message in one webhook end where the highest stands, in whatever order they come.",
    async run({ storage }) {
      const { message } = await sentOne(storage, "wamid.1");
      const batch: readonly ReportedStatus[] = ["read", "sent", "delivered", "read"];
      const { outcomes, events } = await storage.applyStatuses(batch.map((status) => aReport(status, "wamid.1")));
      assert.equal(outcomes.length, 4);
      assert.equal(outcomes[0], "applied");
      assert.ok(!outcomes.includes("parked"));
      assert.equal((await messageOf(storage, message.id)).status, "read");
      assert.deepEqual(statusesIn(events, message.id), ["read"]);
    },
  },
  {
    id: "status/lattice-rising-in-a-batch",
    says: "Reports that rise within one webhook are all taken, whether they are told as one rise or as several.",
    async run({ storage }) {
      const { message } = await sentOne(storage, "wamid.1");
      const batch: readonly ReportedStatus[] = ["failed", "delivered", "read"];
      const { events } = await storage.applyStatuses(batch.map((status) => aReport(status, "wamid.1")));
      const told = statusesIn(events, message.id);
      assert.equal(told.at(-1), "read");
      assert.deepEqual(
        told,
        batch.filter((status) => told.includes(status)),
        "no status is told twice or falls",
      );
      const { status, failure } = await messageOf(storage, message.id);
      assert.equal(status, "read");
      assert.equal(failure, null);
    },
  },
  {
    id: "status/lattice-at-once",
    says: "Reports that arrive at the same moment, at several processes, end where the highest stands.",
    needs: "concurrency",
    async run({ storage }) {
      const { message } = await sentOne(storage, "wamid.1");
      const reports = (["sent", "delivered", "failed", "read"] as const).flatMap((status) => [status, status, status]);
      const results = await Promise.all(reports.map((status) => storage.applyStatuses([aReport(status, "wamid.1")])));
      assert.equal((await messageOf(storage, message.id)).status, "read");
      const told = statusesIn(await eventsOf(storage), message.id);
      assert.equal(new Set(told).size, told.length, "each rise is told once");
      assert.equal(results.flatMap(({ events }) => events).length, told.length - 1, "all but the send's own event");
    },
  },
  {
    id: "status/parked",
    says: "A report that is faster than the answer to our send is parked, and joined when the send is recorded (F20).",
    async run({ storage }) {
      const sending = await sendingOne(storage);
      await intended(storage, sending);
      const early = await storage.applyStatuses([aReport("delivered", "wamid.1"), aReport("sent", "wamid.1")]);
      assert.deepEqual(early, { outcomes: ["parked", "parked"], events: [] });
      assert.equal((await messageOf(storage, sending.message.id)).status, "sending");

      const events = await settle(storage, sending, { kind: "sent", wamid: "wamid.1" });
      const message = await messageOf(storage, sending.message.id);
      assert.equal(message.status, "delivered");
      assert.ok(reasonsOf(message).includes("status_reported"));
      assert.equal(statusesIn(events, message.id).at(-1), "delivered");
      assert.deepEqual(statusesIn(await eventsOf(storage), message.id), statusesIn(events, message.id));
    },
  },
  {
    id: "status/parked-failure",
    says: "A failure that was reported early is joined with its cause.",
    async run({ storage }) {
      const sending = await sendingOne(storage);
      await storage.applyStatuses([aReport("failed", "wamid.1")]);
      await intended(storage, sending);
      await settle(storage, sending, { kind: "sent", wamid: "wamid.1" });
      const { status, failure } = await messageOf(storage, sending.message.id);
      assert.equal(status, "failed");
      assert.deepEqual(failure, FAILED);
    },
  },
  {
    id: "status/parked-then-correlated",
    says: "What was parked is joined too when another report makes its wamid known.",
    async run({ storage }) {
      const { message } = await sendingOne(storage);
      assert.deepEqual((await storage.applyStatuses([aReport("read", "wamid.1")])).outcomes, ["parked"]);
      const { outcomes } = await storage.applyStatuses([aReport("sent", "wamid.1", { correlationId: message.id })]);
      assert.deepEqual(outcomes, ["applied"]);
      assert.equal((await messageOf(storage, message.id)).status, "read");
    },
  },
  {
    id: "status/parked-together",
    says: "A report is joined also when the one that makes its wamid known comes in the same call, before or after it.",
    async run({ storage }) {
      for (const [round, isFirst] of [true, false].entries()) {
        const { message } = await sendingOnNext(storage, round);
        const wamid = `wamid.${String(round)}`;
        const reports = [aReport("sent", wamid, { correlationId: message.id }), aReport("read", wamid)];
        await storage.applyStatuses(isFirst ? reports : reports.toReversed());
        const { status, wamid: learned } = await messageOf(storage, message.id);
        assert.deepEqual([status, learned], ["read", wamid]);
      }
    },
  },
  {
    id: "status/parked-once",
    says: "A report is joined once: what was parked is not told again by later reports.",
    async run({ storage }) {
      const sending = await sendingOne(storage);
      await storage.applyStatuses([aReport("delivered", "wamid.1")]);
      await storage.applyStatuses([aReport("delivered", "wamid.1")]);
      await intended(storage, sending);
      await settle(storage, sending, { kind: "sent", wamid: "wamid.1" });
      await storage.applyStatuses([aReport("read", "wamid.1")]);
      const told = statusesIn(await eventsOf(storage), sending.message.id);
      assert.deepEqual(
        told.filter((status) => status !== "sent"),
        ["delivered", "read"],
      );
    },
  },
  {
    id: "status/parked-at-once",
    says: "A report and the record of its send that meet at the same moment lose nothing, whichever is first (F20).",
    needs: "concurrency",
    async run({ storage }) {
      for (let round = 0; round < 10; round++) {
        const sending = await sendingOnNext(storage, round);
        const wamid = `wamid.${String(round)}`;
        await Promise.all([
          settle(storage, sending, { kind: "sent", wamid }),
          storage.applyStatuses([aReport("delivered", wamid)]),
        ]);
        assert.equal((await messageOf(storage, sending.message.id)).status, "delivered");
      }
    },
  },
  {
    id: "status/correlation",
    says: "A report with our own id settles a send of which nobody knew what became of it, and teaches its wamid (F44, F45).",
    async run({ storage }) {
      const sending = await sendingOne(storage);
      await intended(storage, sending);
      await settle(storage, sending, {
        kind: "unknown",
        failure: { code: "no_answer", message: "No answer came." },
        holdMs: 0,
      });
      assert.equal((await messageOf(storage, sending.message.id)).status, "unknown");

      const report = aReport("sent", "wamid.1", { correlationId: sending.message.id });
      assert.deepEqual((await storage.applyStatuses([report])).outcomes, ["applied"]);
      const settled = await messageOf(storage, sending.message.id);
      assert.equal(settled.status, "sent");
      assert.equal(settled.wamid, "wamid.1");
      assert.equal(settled.failure, null);
      assert.deepEqual(
        (await storage.applyStatuses([aReport("read", "wamid.1")])).outcomes,
        ["applied"],
        "its wamid is known now",
      );
    },
  },
  {
    id: "status/correlation-before-settling",
    says: "A report may be faster than the sender in any state of the send: queued or already on its way.",
    async run({ storage }) {
      const sending = await sendingOne(storage, 2);
      const queued = await storage.applyStatuses([aReport("sent", "wamid.1", { correlationId: sending.message.id })]);
      assert.deepEqual(queued.outcomes, ["applied"]);
      assert.equal((await messageOf(storage, sending.message.id)).status, "sent");
      assert.deepEqual(
        await storage.intend([{ lane: sending.lane, messageId: sending.message.id, as: "windowless" }]),
        ["no"],
        "it is not sent again",
      );
    },
  },
  {
    id: "status/correlation-unknown",
    says: "A correlation id that is no message of ours leaves the wamid to find it; neither is parked.",
    async run({ storage }) {
      const { message } = await sentOne(storage, "wamid.1");
      const stranger = { correlationId: "somebody-elses-id" };
      assert.deepEqual((await storage.applyStatuses([aReport("read", "wamid.1", stranger)])).outcomes, ["applied"]);
      assert.equal((await messageOf(storage, message.id)).status, "read");
      assert.deepEqual((await storage.applyStatuses([aReport("read", "wamid.2", stranger)])).outcomes, ["parked"]);
    },
  },
  {
    id: "status/correlation-inbound",
    says: "No report touches what a guest wrote.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const conversation = aConversation("con_1", guest, { lastSeq: 1 });
      await stored(storage, conversation, [anInboundMessage("msg_1", conversation, 1, { wamid: "wamid.1" })]);
      const answer = await storage.applyStatuses([
        aReport("read", "wamid.1"),
        aReport("failed", "wamid.1", { correlationId: "msg_1" }),
      ]);
      assert.deepEqual(answer, { outcomes: ["parked", "parked"], events: [] });
      const { status, failure, reasons } = await messageOf(storage, "msg_1");
      assert.deepEqual({ status, failure, reasons }, { status: "received", failure: null, reasons: [] });
    },
  },
  {
    id: "status/event",
    says: "A rise is told by an event under the message's conversation and its department, and leaves a reason.",
    async run({ storage }) {
      const { message, conversation } = await sentOne(storage, "wamid.1");
      await stored(storage, { ...(await conversationOf(storage, conversation.id)), departmentId: "housekeeping" });
      const before = await eventsOf(storage);
      const { events } = await storage.applyStatuses([aReport("delivered", "wamid.1")]);
      assert.deepEqual(
        events,
        (await eventsOf(storage)).slice(before.length),
        "the events given back are those stored",
      );
      assert.equal(events.length, 1);
      const [event] = events;
      assert.equal(event?.hotelId, HOTEL);
      assert.equal(event.seq, before.length + 1);
      assert.equal(event.conversationId, conversation.id);
      assert.equal(event.departmentId, "housekeeping");
      assert.deepEqual(event.body, { type: "message.status", messageId: message.id, status: "delivered" });
      const reason = (await messageOf(storage, message.id)).reasons.at(-1);
      assert.equal(reason?.code, "status_reported");
      assert.deepEqual(reason.details, { status: "delivered" });
    },
  },
  {
    id: "status/event-none",
    says: "A report that is no rise leaves no trace: no event, no reason, no other failure.",
    async run({ storage }) {
      const { message } = await sentOne(storage, "wamid.1");
      await storage.applyStatuses([aReport("failed", "wamid.1")]);
      const before = await messageOf(storage, message.id);
      const other = { failure: { code: "graph_1", message: "Another cause." } };
      assert.deepEqual(await storage.applyStatuses([aReport("failed", "wamid.1", other), aReport("sent", "wamid.1")]), {
        outcomes: ["unchanged", "unchanged"],
        events: [],
      });
      assert.deepEqual(await messageOf(storage, message.id), before);
    },
  },
  {
    id: "status/event-many",
    says: "Reports of many messages in one call keep their places in the answer, and their events are numbered without holes.",
    async run({ storage }) {
      const sent = [
        await sentOne(storage, "wamid.1"),
        await sentOnNext(storage, 2, "wamid.2"),
        await sentOnNext(storage, 3, "wamid.3"),
      ];
      const before = (await eventsOf(storage)).length;
      const { outcomes, events } = await storage.applyStatuses([
        aReport("read", "wamid.2"),
        aReport("sent", "wamid.3"),
        aReport("delivered", "wamid.nobody"),
        aReport("delivered", "wamid.1"),
      ]);
      assert.deepEqual(outcomes, ["applied", "unchanged", "parked", "applied"]);
      assert.deepEqual(
        events.map(({ seq }) => seq),
        [before + 1, before + 2],
      );
      const statuses = await Promise.all(
        sent.map(async ({ message }) => (await messageOf(storage, message.id)).status),
      );
      assert.deepEqual(statuses, ["delivered", "read", "sent"]);
    },
  },
  {
    id: "status/foreign-hotel",
    says: "A report of one hotel never reaches another's message, neither by wamid nor by message id.",
    async run({ storage }) {
      const grand = await sentOne(storage, "wamid.1");
      const seaside = await sentOne(storage, "wamid.2", OTHER_HOTEL);
      const { outcomes } = await storage.applyStatuses([
        aReport("read", "wamid.1", { hotelId: OTHER_HOTEL }),
        aReport("read", "wamid.3", { hotelId: OTHER_HOTEL, correlationId: grand.message.id }),
        aReport("delivered", "wamid.1"),
      ]);
      assert.deepEqual(outcomes, ["parked", "parked", "applied"]);
      assert.equal((await messageOf(storage, grand.message.id)).status, "delivered");
      assert.equal((await messageOf(storage, seaside.message.id)).status, "sent");
    },
  },
  {
    id: "status/foreign-hotel-parked",
    says: "What was parked for one hotel is not joined when another records the same wamid.",
    async run({ storage }) {
      await storage.applyStatuses([aReport("read", "wamid.1", { hotelId: OTHER_HOTEL })]);
      const { message } = await sentOne(storage, "wamid.1");
      assert.equal((await messageOf(storage, message.id)).status, "sent");
    },
  },
];

/** Another guest's message in somebody's hands. */
const sendingOnNext = async (storage: Parameters<typeof sendingOne>[0], index: number) => {
  const sending = await sendingOne(storage, 1, HOTEL, `120255502${String(index).padStart(2, "0")}`);
  await intended(storage, sending);
  return sending;
};

const sentOnNext = async (storage: Parameters<typeof sendingOne>[0], index: number, wamid: string) => {
  const sending = await sendingOnNext(storage, index);
  await settle(storage, sending, { kind: "sent", wamid });
  return sending;
};
