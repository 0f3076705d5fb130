import fc from "fast-check";
import { expect } from "vitest";
import {
  joinStatus,
  type DeliveryStatus,
  type ReportedStatus,
  type SettledResult,
  type StatusUpdate,
} from "../../../src/index.js";
import { aReport } from "../../../src/testing/index.js";
import {
  eventsOf,
  FAILURE,
  intended,
  messageOf,
  sendingOne,
  settle,
  statusesIn,
} from "../../../src/testing/contract/steps.js";
import type { FreshSubject } from "./subject.js";

/** What our own send came to, as whoever made it records it. */
const ANSWERS = {
  sent: { kind: "sent", wamid: "wamid.1" },
  failed: { kind: "failed", failure: FAILURE },
  unknown: { kind: "unknown", failure: FAILURE, holdMs: 15_000 },
} as const satisfies Record<string, SettledResult>;
type Answer = keyof typeof ANSWERS;

interface Report {
  readonly status: ReportedStatus;
  /** Whether it brings our own id of the message, or Meta's alone. */
  readonly ours: boolean;
}
/** One of our own records, or reports that come in one webhook. */
type Told = Answer | readonly Report[];

const isAnswer = (told: Told): told is Answer => typeof told === "string";

const webhooks = fc.array(
  fc.record({
    status: fc.constantFrom<ReportedStatus>("sent", "delivered", "read", "played", "failed"),
    ours: fc.boolean(),
  }),
  { minLength: 1, maxLength: 3 },
);
/** A process that froze may still record that it was sent, after another one took its fate for unknown. */
const answers = fc.constantFrom<readonly [Answer, ...Answer[]]>(
  ["sent"],
  ["failed"],
  ["unknown"],
  ["unknown", "sent"],
  ["unknown", "failed"],
);
/** All that is told of one message, in any order and some of it again. */
const stories = fc.tuple(answers, fc.array(webhooks, { maxLength: 4 })).chain(([ours, reports]) =>
  fc.array(fc.constantFrom<Told>(...ours, ...reports), { maxLength: 3 }).chain((again) =>
    fc.shuffledSubarray<Told>([...ours, ...reports, ...again.filter((told) => !isAnswer(told))], {
      minLength: ours.length + reports.length + again.filter((told) => !isAnswer(told)).length,
    }),
  ),
);

/** The law: what is told of a message ends in the join of all that can be told to be about it. */
export const statusLaw = (fresh: FreshSubject) =>
  fc.asyncProperty(stories, async (story) => {
    const { storage, hotelId } = await fresh();
    const sending = await sendingOne(storage, 1, hotelId);
    const { id } = sending.message;
    await intended(storage, sending);
    for (const told of story) {
      if (isAnswer(told)) await settle(storage, sending, ANSWERS[told]);
      else await storage.applyStatuses(told.map((report) => updateOf(report, id, hotelId)));
    }

    const reports = story.flatMap((told) => (isAnswer(told) ? [] : told));
    const own = story.filter(isAnswer);
    // Until our own id or our own record brings Meta's, nobody knows whose a report is.
    const isKnown = own.includes("sent") || reports.some(({ ours }) => ours);
    const statuses: readonly DeliveryStatus[] = [...own, ...(isKnown ? reports.map((report) => report.status) : [])];
    const expected = statuses.reduce(joinStatus, "sending");

    const { status, wamid, failure } = await messageOf(storage, id);
    expect(status).toBe(expected);
    expect(wamid).toBe(isKnown ? "wamid.1" : null);
    expect(failure !== null).toBe(status === "failed" || status === "unknown");
    const heard = statusesIn(await eventsOf(storage, hotelId), id) as readonly DeliveryStatus[];
    expect(heard.at(-1)).toBe(expected);
    expect(heard).toEqual(heard.filter((one, index) => one !== heard[index - 1] && isRise(heard[index - 1], one)));
  });

const REPORTED = ["sent", "delivered", "read", "played", "failed"] as const satisfies readonly ReportedStatus[];

/** Every sequence of so many reports, repeats included. */
const sequences = (length: number): readonly (readonly ReportedStatus[])[] =>
  length === 0 ? [[]] : sequences(length - 1).flatMap((before) => REPORTED.map((status) => [...before, status]));

/** Every order of up to `most` reports by Meta's own id, with our own record of the send before, between and after them. */
export async function everyOrder(fresh: FreshSubject, most: number): Promise<void> {
  for (let length = 1; length <= most; length++) {
    for (const reports of sequences(length)) {
      const expected = reports.reduce<DeliveryStatus>(joinStatus, "sent");
      for (let recorded = 0; recorded <= length; recorded++) {
        const { storage, hotelId } = await fresh();
        const sending = await sendingOne(storage, 1, hotelId);
        await intended(storage, sending);
        const report = (status: ReportedStatus) => storage.applyStatuses([aReport(status, "wamid.1", { hotelId })]);
        for (const status of reports.slice(0, recorded)) await report(status);
        await settle(storage, sending, ANSWERS.sent);
        for (const status of reports.slice(recorded)) await report(status);
        const { status } = await messageOf(storage, sending.message.id);
        expect([reports, recorded, status]).toEqual([reports, recorded, expected]);
      }
    }
  }
}

const isRise = (from: DeliveryStatus = "sending", to: DeliveryStatus): boolean => joinStatus(from, to) === to;

const updateOf = ({ status, ours }: Report, messageId: string, hotelId: string): StatusUpdate =>
  aReport(status, "wamid.1", { hotelId, correlationId: ours ? messageId : null });
