import { expect, test } from "vitest";
import {
  checkSends,
  sendViolations,
  type Queued,
  type Row,
  type SendsEvidence,
  type SendsFindings,
} from "./sends-checks.js";
import type { Step, Turn } from "./sends-ledger.js";

// Each rule of what is counted after a chaos of sends, with a ledger that breaks it and no other.

const NUMBER = "200000000000001";
const GUEST = `${NUMBER} 12025550101`;
type LoggedCall = SendsEvidence["calls"][number];

const written = (id: string, fields: Partial<Queued> = {}): Queued => ({
  clientMessageId: id,
  text: `Words of ${id}`,
  urgent: false,
  chat: GUEST,
  ...fields,
});
const row = (id: string, fields: Partial<Row> = {}): Row => ({
  id,
  clientMessageId: id,
  status: "delivered",
  failure: null,
  ...fields,
});
const call = (correlationId: string, atMs: number, fields: Partial<LoggedCall> = {}): LoggedCall => ({
  atMs,
  answeredAtMs: atMs + 1,
  phoneNumberId: NUMBER,
  correlationId,
  code: null,
  retryAfter: null,
  fault: null,
  ...fields,
});
const taken = (correlationId: string, text = `Words of ${correlationId}`): SendsEvidence["accepted"][number] => ({
  correlationId,
  body: { type: "text", text: { body: text } },
});
const step = (messageId: string, atMs: number, status: string, by = "host 1"): Step => ({
  messageId,
  atMs,
  committedAtMs: atMs,
  // As if there were one transaction each millisecond, that nobody waits for.
  tx: String(Math.round(atMs)),
  saw: `${String(Math.round(atMs))}:${String(Math.round(atMs))}:`,
  status,
  by,
});
const turn = (atMs: number, seenAtMs = atMs): Turn => ({ phoneNumberId: NUMBER, atMs, seenAtMs });

/** Messages that were sent one after another and are there, `everyMs` apart. */
function sent(ids: readonly string[], everyMs = 1_000): SendsEvidence {
  return {
    queued: ids.map((id) => written(id)),
    calls: ids.map((id, n) => call(id, n * everyMs + 10)),
    accepted: ids.map((id) => taken(id)),
    rows: ids.map((id) => row(id)),
    steps: ids.flatMap((id, n) => [
      step(id, n * everyMs + 5, "sending"),
      step(id, n * everyMs + 15, "sent"),
      step(id, n * everyMs + 30, "delivered"),
    ]),
    turns: ids.map((_, n) => turn(n * everyMs)),
    killed: [],
    senders: [{ phoneNumberId: NUMBER, perSecond: 80 }],
    deadlineMs: 1_000,
  };
}
const ONE = sent(["a"]);
const TWO = sent(["a", "b"]);
const many = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `m${String(n)}`);
const violationsOf = (evidence: SendsEvidence): readonly string[] => sendViolations(checkSends(evidence).found);

test("a run in which everything was sent once and in order has nothing wrong", () => {
  expect(violationsOf(TWO)).toEqual([]);
  expect(checkSends(TWO).figures).toMatchObject({ queued: 2, calls: 2, accepted: 2, failed: 0, unknown: 0 });
});

/** The first message is of unknown fate, as its process found it at `atMs`; the second is called for at `nextMs`. */
const behindUnknown = (nextMs: number, more: readonly Step[] = []): SendsEvidence => ({
  ...TWO,
  calls: [call("a", 10, { fault: "html" }), call("b", nextMs)],
  accepted: [taken("b")],
  rows: [row("a", { status: "unknown" }), row("b")],
  steps: [
    step("a", 5, "sending"),
    step("a", 20, "unknown"),
    ...more,
    step("b", nextMs - 5, "sending"),
    step("b", nextMs + 5, "sent"),
  ],
});

/** WhatsApp asks the number to wait for two seconds; another message is intended at `intentMs` and comes at `callMs`. */
const asked = (intentMs: number, callMs: number, heardBy = "host 1"): SendsEvidence => ({
  ...TWO,
  queued: [written("a"), written("b", { chat: `${NUMBER} 12025550102` })],
  calls: [call("a", 10, { fault: "error", code: 130429, retryAfter: 2 }), call("b", callMs), call("a", 3_000)],
  steps: [
    step("a", 5, "sending"),
    step("a", 30, "queued", heardBy),
    step("b", intentMs, "sending", "host 2"),
    step("b", callMs + 5, "sent", "host 2"),
    step("a", 2_995, "sending"),
    step("a", 3_005, "sent"),
  ],
});

test.each<[string, keyof SendsFindings, SendsEvidence]>([
  ["a message that WhatsApp took twice (F43)", "acceptedTwice", { ...ONE, accepted: [taken("a"), taken("a")] }],
  [
    "the same words that WhatsApp took under two ids",
    "acceptedTwice",
    { ...TWO, accepted: [taken("a"), taken("b", "Words of a")] },
  ],
  ["what WhatsApp took and nobody wrote", "acceptedForNobody", { ...ONE, accepted: [taken("a"), taken("stray")] }],
  ["a message that staff were told is kept and is not there", "lost", { ...ONE, queued: [written("a"), written("b")] }],
  [
    "a message that stands there twice",
    "lost",
    { ...TWO, queued: [written("a")], rows: [row("a"), row("b", { clientMessageId: "a" })] },
  ],
  ["a message that is never sent", "unfinished", { ...ONE, accepted: [], rows: [row("a", { status: "queued" })] }],
  ["a message that we say was sent, and WhatsApp has not", "claimedSent", { ...ONE, accepted: [] }],
  [
    "a message that staff see as failed, and the guest has",
    "failedThoughTaken",
    { ...ONE, rows: [row("a", { status: "failed", failure: "lease_over" })] },
  ],
  [
    "a message that failed and does not say why",
    "failedSilently",
    { ...ONE, accepted: [], rows: [row("a", { status: "failed" })] },
  ],
  [
    "a message of unknown fate although WhatsApp said what became of it",
    "unknownForNothing",
    { ...ONE, steps: [step("a", 5, "sending"), step("a", 15, "unknown"), step("a", 30, "delivered")] },
  ],
  [
    "a message of unknown fate to another process, while whoever sent it lives",
    "unknownForNothing",
    { ...ONE, steps: [step("a", 5, "sending"), step("a", 500, "unknown", "host 2"), step("a", 530, "delivered")] },
  ],
  [
    "a message of unknown fate whose report came",
    "unsettled",
    {
      ...ONE,
      calls: [call("a", 10, { fault: "reset" })],
      rows: [row("a", { status: "unknown" })],
      steps: [step("a", 5, "sending"), step("a", 15, "unknown")],
    },
  ],
  [
    "a call to WhatsApp before its intent was durable (F43)",
    "withoutIntent",
    { ...ONE, steps: [step("a", 12, "sending"), step("a", 15, "delivered")] },
  ],
  ["a call before the end of a Retry-After that everybody could know of", "beforeRetryAfter", asked(600, 610)],
  [
    "a number that has more turns at once than an eighth of a second's",
    "turnsAbovePace",
    { ...ONE, turns: many(11).map(() => turn(0)) },
  ],
  [
    "a number that has turns above its messages a second, a little each time",
    "turnsAbovePace",
    { ...ONE, turns: many(78).map((_, n) => turn(n * 11)) },
  ],
  ["a number that counts its pace for a time to come", "turnsAbovePace", { ...ONE, turns: [turn(100, 50)] }],
  [
    "calls above what WhatsApp lets through in a second",
    "callsAbovePace",
    {
      ...ONE,
      senders: [{ phoneNumberId: NUMBER, perSecond: 1 }],
      calls: [call("a", 10, { fault: "redirect" }), call("a", 20)],
      turns: [],
    },
  ],
  [
    "a call that WhatsApp refused for its pace",
    "refusedForPace",
    { ...ONE, calls: [call("a", 10, { code: 131056 }), call("a", 9_000)] },
  ],
  ["a guest who was sent 21 messages at once (F49)", "pairsAbovePace", sent(many(21), 100)],
  ["a guest who reads what was written later first", "inversions", { ...TWO, accepted: [taken("b"), taken("a")] }],
  [
    "a guest who reads two door codes in the wrong order",
    "inversions",
    {
      ...TWO,
      queued: [written("a", { urgent: true }), written("b", { urgent: true })],
      accepted: [taken("b"), taken("a")],
    },
  ],
  ["a message that passes one of unknown fate at once", "passedTooEarly", behindUnknown(1_000)],
])("is found: %s", (_, rule, evidence) => {
  expect(violationsOf(evidence)).toEqual([`${rule} 1`]);
});

test.each<[string, SendsEvidence]>([
  [
    "of unknown fate when the answer could not be read, and settled by its report",
    {
      ...ONE,
      calls: [call("a", 10, { fault: "badJson" })],
      steps: [step("a", 5, "sending"), step("a", 15, "unknown"), step("a", 30, "delivered")],
    },
  ],
  [
    "of unknown fate when WhatsApp was slower than anybody waits",
    { ...ONE, steps: [step("a", 5, "sending"), step("a", 1_012, "unknown"), step("a", 1_030, "delivered")] },
  ],
  [
    "of unknown fate when whoever sent it was killed",
    {
      ...ONE,
      accepted: [],
      calls: [],
      rows: [row("a", { status: "unknown" })],
      steps: [step("a", 5, "sending"), step("a", 2_000, "unknown", "host 2")],
      killed: ["host 1"],
    },
  ],
  ["in the air when WhatsApp asked the number to wait", asked(8, 40)],
  ["sent in time to wait, when whoever heard so was killed before it could tell", asked(600, 610, "host 2")],
  [
    "sent in time to wait, when whoever asked had given up waiting for the answer",
    {
      ...asked(1_600, 1_610),
      calls: [call("a", 500, { answeredAtMs: 1_100, fault: "error", code: 130429, retryAfter: 2 }), call("b", 1_610)],
      rows: [row("a", { status: "unknown" }), row("b")],
      accepted: [taken("b")],
      steps: [
        step("a", 5, "sending"),
        step("a", 1_101, "unknown"),
        step("b", 1_600, "sending", "host 2"),
        step("b", 1_615, "sent", "host 2"),
      ],
    },
  ],
  ["sent when the Retry-After is over", asked(2_050, 2_060)],
  [
    "intended while the Retry-After was being stored",
    {
      ...asked(600, 610),
      steps: asked(600, 610).steps.map((one) => (one.messageId === "b" ? { ...one, saw: "30:601:30" } : one)),
    },
  ],
  ["15 s behind one of unknown fate", behindUnknown(15_030)],
  ["behind one of unknown fate that a person has settled", behindUnknown(1_000, [step("a", 900, "failed")])],
  [
    "urgent, and overtakes what is not",
    { ...TWO, queued: [written("a"), written("b", { urgent: true })], accepted: [taken("b"), taken("a")] },
  ],
  [
    "the 21st to a guest, and urgent",
    {
      ...sent(many(21), 100),
      queued: many(21).map((id) => written(id, { urgent: id === "m20" })),
    },
  ],
  ["the 21st to a guest, six seconds later", { ...sent(many(21), 6_000) }],
])("may be: a message that was %s", (_, evidence) => {
  expect(violationsOf(evidence)).toEqual([]);
});
