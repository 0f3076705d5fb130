import { SCORES, type Score } from "../domain/rating.js";
import type { FlowBuilder } from "../flow/define.js";
import { button, defineFlow, keyword, staff } from "../flow/define.js";
import { invalidFlow } from "../flow/compile.js";
import type { StandardSchema } from "../flow/standard-schema.js";
import type { Flow, FlowContext, Patience, PerformContext, Trigger } from "../flow/types.js";
import type { Bill, CheckOutResult, PmsPort } from "../ports/pms.js";
import { bookingOf, findBooking, refOf, type BookingSoFar } from "./booking.js";
import { moneyIn } from "./format.js";
import type { BookingText } from "./texts/booking.js";
import { CHECK_OUT_TEXTS, type CheckOutEnglish, type CheckOutText } from "./texts/check-out.js";
import { speaker, whole, withOwnTexts, type OwnTexts, type Speaker } from "./words.js";

/**
 * How a guest is asked how it was. Nobody is reminded, and whoever says nothing is left alone: after 24 hours the flow ends; whoever has said how it was and
 * not why is asked no further after an hour. `remindMs` and `timeoutMs` say otherwise, for both questions.
 */
export interface FeedbackOptions extends Patience {
  /** `"csat"`, by default: five words from excellent to bad, as 5 to 1. `"nps"`: 0 to 10. */
  readonly ask?: "csat" | "nps";
  /** Where happy guests may write a review. Not offered without. */
  readonly reviewUrl?: string | ((context: Pick<FlowContext, "hotelId" | "language">) => string);
  /** Who writes to unhappy guests; the conversation's own department by default. */
  readonly unhappyDepartment?: string;
  /** Told once for each key what a guest said. What it throws is tried again. */
  readonly onFeedback?: (feedback: Feedback) => Promise<void>;
  /** Own words in place of ours, by language and key. */
  readonly texts?: OwnTexts<CheckOutText>;
}

/** What a guest said of their stay. `score` is 1 to 5 for `csat`, 0 to 10 for `nps`. */
export interface Feedback {
  readonly hotelId: string;
  readonly guestId: string;
  readonly conversationId: string;
  /** null where it was asked without a booking. */
  readonly reservationId: string | null;
  readonly ask: "csat" | "nps";
  readonly score: number;
  /** In the guest's words; null when they would not say. */
  readonly reason: string | null;
  readonly idempotencyKey: string;
}

export interface CheckOutOptions extends FeedbackOptions {
  /** The hotel's own system. */
  readonly pms: Pick<PmsPort, "findReservations" | "reservation" | "bill" | "checkOut">;
  /** `"check-out"` by default. */
  readonly id?: string;
  /** Raise it when what you put in changes the steps; 1 by default. */
  readonly version?: number;
  /** Whose conversations its runs are; by default of the department that the guest was with. */
  readonly department?: string;
  /** What begins it besides. */
  readonly triggers?: readonly Trigger[];
  /** Own words in place of those that look for the booking, by language and key. */
  readonly bookingTexts?: OwnTexts<BookingText>;
}

/** What the questions after a stay have been answered up to here. */
export interface FeedbackSoFar extends BookingSoFar {
  readonly score?: string | number;
  readonly reason?: string | null;
}

/** What a check-out has been answered up to here. */
export interface CheckOutSoFar extends FeedbackSoFar {
  readonly bill?: Bill | null;
  readonly settle?: "yes" | "question" | "later";
  readonly checkedOut?: CheckOutResult;
}

/** What guests write to begin the check-out, in six languages. */
export const CHECK_OUT_KEYWORDS: readonly [string, ...string[]] = [
  "check out",
  "checkout",
  ...["fare il check out", "partenza"],
  ...["hacer el check out", "salida"],
  ...["fazer check out", "fazer o check out"],
  ...["auschecken", "abreise"],
  ...["départ", "faire mon départ"],
];

type Start = FlowBuilder<CheckOutSoFar, never, never, unknown>;
type Context = FlowContext<CheckOutSoFar>;

/**
 * Check-out by chat: shows the bill, answers a question about it by a person, checks the guest out once, and asks how it was. Of a guest
 * who is checked out already (`given.reservationId`, by an event of the PMS) it only asks that.
 * @throws {ConversationError} `flow_invalid`
 */
export function checkOut(options: CheckOutOptions): Flow<CheckOutSoFar> {
  const { pms, id = "check-out", version = 1, department, triggers = [], bookingTexts = {}, texts = {} } = options;
  const { remindMs, timeoutMs } = options;
  const patience = { ...(remindMs !== undefined && { remindMs }), ...(timeoutMs !== undefined && { timeoutMs }) };
  const say = speaker<CheckOutEnglish>(withOwnTexts(CHECK_OUT_TEXTS, texts, id));
  const begin = defineFlow({
    id,
    version,
    ...(department !== undefined && { department }),
    triggers: [keyword(...CHECK_OUT_KEYWORDS), button("check-out"), staff(), ...triggers],
  }) as unknown as Start;
  const wanted = ["checkedIn", "checkedOut"] as const;
  const found = findBooking<CheckOutSoFar>({
    pms,
    flow: id,
    wanted,
    own: ["inHouse"],
    texts: bookingTexts,
    ...patience,
  })(begin);

  const settled = (flow: Start) =>
    flow
      .perform("bill", (context) => pms.bill(refOf(context)))
      .branch("billed", {
        when: ({ answers: { bill } }) => (bill === null ? "none" : "some"),
        paths: {
          some: (path) => path,
          none: (path) =>
            path.handoff("noBill", { text: say("refused"), note: "The PMS has no bill for the guest." }).goTo("bill"),
        },
      })
      .choose("settle", {
        text: say("bill", ({ answers, language }: Context) => billWords(answers, language)),
        options: (context) => ({
          yes: say("billYes")(context),
          question: say("billQuestion")(context),
          later: say("billLater")(context),
        }),
        ...patience,
      })
      .branch("settling", {
        when: ({ answers: { settle } }) => (settle === "yes" || settle === "later" ? settle : "question"),
        paths: {
          yes: (path) => path,
          later: (path) => path.say("later", say("later")).end("goesOn"),
          question: (path) =>
            path
              .handoff("helpBill", { text: say("helpBill"), note: "The guest has a question about the bill." })
              .goTo("bill"),
        },
      })
      .perform("checkedOut", (context) => pms.checkOut(refOf(context)))
      .branch("left", {
        when: ({ answers: { checkedOut } }) => checkedOut.outcome,
        paths: {
          checkedOut: (path) => path.say("goodbye", say("checkedOut")),
          open: (path) =>
            path
              .handoff("open", {
                text: say("open", ({ answers, language }: Context) => ({ due: dueOf(answers, language) })),
                note: "There is still something to pay.",
              })
              .goTo("bill"),
          refused: (path) =>
            path
              .handoff("refused", { text: say("refused"), note: "The PMS refused to check the guest out." })
              .end("refusedEnd"),
        },
      });

  return feedbackSteps(
    found.branch("bills", {
      when: ({ answers }) => (bookingOf(answers)?.reservation?.status === "checkedOut" ? "over" : "open"),
      paths: { open: settled, over: (path) => path },
    }),
    options,
    say,
  ).build();
}

/**
 * Asks a guest how it was, and why; happy ones are told where to write a review, unhappy ones hear from a person.
 * @throws {ConversationError} `flow_invalid`
 */
export function feedback(
  options: FeedbackOptions & Pick<CheckOutOptions, "id" | "version" | "department" | "triggers">,
): Flow<FeedbackSoFar> {
  const { id = "feedback", version = 1, department, triggers = [], texts = {} } = options;
  const say = speaker<CheckOutEnglish>(withOwnTexts(CHECK_OUT_TEXTS, texts, id));
  const begin = defineFlow({
    id,
    version,
    ...(department !== undefined && { department }),
    triggers: [button("feedback"), staff(), ...triggers],
  }) as unknown as FlowBuilder<FeedbackSoFar, never, never, unknown>;
  return feedbackSteps(begin, options, say).build();
}

function feedbackSteps(
  flow: FlowBuilder<FeedbackSoFar, never, never, unknown>,
  { ask = "csat", reviewUrl, unhappyDepartment, onFeedback, remindMs, timeoutMs }: FeedbackOptions,
  say: Speaker<CheckOutEnglish>,
) {
  if (typeof reviewUrl === "string" && !reviewUrl.startsWith("https://"))
    throw invalidFlow("has a reviewUrl that is no https address", "review");
  const patience = (ms: number) => ({
    remindMs: remindMs ?? null,
    timeoutMs: timeoutMs === undefined ? ms : timeoutMs,
  });
  const asked = (
    ask === "csat"
      ? flow.choose("score", {
          text: say("askCsat"),
          button: say("scoreLabel"),
          options: (context) => ({
            "score-5": say("score5")(context),
            "score-4": say("score4")(context),
            "score-3": say("score3")(context),
            "score-2": say("score2")(context),
            "score-1": say("score1")(context),
          }),
          rates: starsOf,
          unanswered: "end",
          ...patience(SCORE_MS),
        })
      : flow.ask("score", {
          kind: "number",
          schema: NPS,
          text: say("askNps"),
          unanswered: "end",
          ...patience(SCORE_MS),
        })
  ) as FlowBuilder<FeedbackSoFar, never, never, unknown>;
  const moodOf = ({ answers: { score } }: FlowContext<FeedbackSoFar>) => mood(ask, scoreOf(score));
  return asked
    .ask("reason", {
      text: (context: FlowContext<FeedbackSoFar>) =>
        say(({ happy: "askWhyGood", neutral: "askWhy", unhappy: "askWhyBad" } as const)[moodOf(context)])(context),
      optional: true,
      // What was said counts: an unhappy guest hears from a person also where they do not say why.
      unanswered: "skip",
      ...patience(REASON_MS),
    })
    .perform("reported", async (context) => {
      await onFeedback?.(feedbackOf(ask, context));
      return null;
    })
    .branch("mood", {
      when: (context) => (moodOf(context) === "happy" && reviewUrl !== undefined ? "review" : moodOf(context)),
      paths: {
        review: (path) =>
          path.say(
            "review",
            say("review", (context: FlowContext<FeedbackSoFar>) => ({
              link: typeof reviewUrl === "function" ? reviewUrl(context) : (reviewUrl ?? ""),
            })),
          ),
        happy: (path) => path.say("thanks", say("thanks")),
        neutral: (path) => path.say("thanksToo", say("thanks")),
        unhappy: (path) =>
          path.handoff("unhappy", {
            text: say("unhappy"),
            note: "The guest was not happy with their stay.",
            ...(unhappyDepartment !== undefined && { department: unhappyDepartment }),
          }),
      },
    });
}

/** As long as WhatsApp lets a hotel answer: a day after what the guest wrote last. */
const SCORE_MS = 24 * 60 * 60_000;
const REASON_MS = 60 * 60_000;

const feedbackOf = (ask: Feedback["ask"], context: PerformContext<FeedbackSoFar>): Feedback => ({
  hotelId: context.hotelId,
  guestId: context.guest.id,
  conversationId: context.run.conversationId,
  reservationId: bookingOf(context.answers)?.reservation?.reservationId ?? givenReservation(context),
  ask,
  score: scoreOf(context.answers.score),
  reason: context.answers.reason ?? null,
  idempotencyKey: context.idempotencyKey,
});

const givenReservation = ({ given: { reservationId } }: Pick<FlowContext, "given">): string | null =>
  typeof reservationId === "string" ? reservationId : null;

const starsOf = (answer: string): Score | null => SCORES.find((score) => score === scoreOf(answer)) ?? null;

/** Of the options' keys, or as it was typed. */
const scoreOf = (score: string | number | undefined): number => Number(String(score ?? "").replace("score-", ""));

/** By the usual reading of both: 4 and 5 of 5 are happy, 9 and 10 of 10; up to 2, and up to 6, are not. */
const mood = (ask: Feedback["ask"], score: number): "happy" | "neutral" | "unhappy" =>
  ask === "csat"
    ? score >= 4
      ? "happy"
      : score <= 2
        ? "unhappy"
        : "neutral"
    : score >= 9
      ? "happy"
      : score <= 6
        ? "unhappy"
        : "neutral";

const NPS: StandardSchema<unknown, number> = {
  "~standard": {
    version: 1,
    vendor: "belldesk",
    validate: (value) =>
      typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 10
        ? { value }
        : { issues: [{ message: "a whole number from 0 to 10" }] },
  },
};

/** More lines nobody reads in a chat: the rest is in the total. */
const LINES_MOST = 8;
/** Of what a line is called. UTF-16 units. */
const LINE_MAX = 60;

const billWords = ({ bill }: CheckOutSoFar, language: string) => {
  const { lines = [], total = NOTHING, due = NOTHING } = bill ?? {};
  const shown = lines
    .slice(0, LINES_MOST)
    .map(({ text, price }) => `${text.slice(0, LINE_MAX).toWellFormed()}: ${moneyIn(price, language)}`);
  return {
    lines: whole([...shown, ...(lines.length > LINES_MOST ? ["…"] : [])].join("\n")),
    total: moneyIn(total, language),
    due: moneyIn(due, language),
  };
};
/** Of a bill that there is not: nobody is shown it. */
const NOTHING = { amount: 0, currency: "EUR" };

const dueOf = ({ checkedOut }: CheckOutSoFar, language: string): string =>
  checkedOut?.outcome === "open" ? moneyIn(checkedOut.due, language) : "";
