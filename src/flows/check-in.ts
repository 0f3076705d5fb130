import type { FormReference } from "../domain/content.js";
import { invalidFlow, type Draft } from "../flow/compile.js";
import { button, defineFlow, keyword, staff, type FlowBuilder, type PhotoAnswer } from "../flow/define.js";
import type { StandardSchema } from "../flow/standard-schema.js";
import type { Flow, FlowContext, Patience, Trigger } from "../flow/types.js";
import type { CheckedIdentity, CheckInAnswers, CheckInResult, PmsPort } from "../ports/pms.js";
import { bookingOf, findBooking, isAnother, isTheirs, refOf, type BookingSoFar } from "./booking.js";
import { CHECK_IN_FORM, type CheckInForm } from "./check-in-form.js";
import { dayIn, nightsBetween, todayIn } from "./format.js";
import { agreementTo, checkRules, ruleText, type HouseRules } from "./house-rules.js";
import {
  discarded,
  idWords,
  verifiedBy,
  type IdentityRule,
  type IdPhoto,
  type IdVerdict,
  type Verified,
} from "./identity.js";
import type { BookingText } from "./texts/booking.js";
import { CHECK_IN_TEXTS, type CheckInEnglish, type CheckInText } from "./texts/check-in.js";
import { speaker, whole, withOwnTexts, type OwnTexts } from "./words.js";

export interface CheckInOptions extends Patience {
  /** The hotel's own system. */
  readonly pms: Pick<PmsPort, "findReservations" | "reservation" | "checkIn">;
  /** `"check-in"` by default. */
  readonly id?: string;
  /** 1 by default: raise it when steps of your own change. */
  readonly version?: number;
  /** Whose conversations its runs are, and who helps. Of the department that the guest was with by default. */
  readonly department?: string;
  /** What begins it besides its keywords, a button or a template's quick reply with the payload `check-in`, staff and the host. */
  readonly triggers?: readonly Trigger[];
  /**
   * What the hotel has to know of who comes, which is a matter of the law at its place: a `"photo"` of a document, which is looked at once and forgotten
   * at once; `"fields"` alone (name, date of birth, nationality; no number of a document, which WhatsApp wants in no chat); or `"none"`, which
   * is the default. A function decides for each hotel.
   */
  readonly identity?: IdentityRule | ((context: Pick<FlowContext, "hotelId" | "language">) => IdentityRule);
  /** Looks at the photo of a document, by a service of yours. Needed where `identity` may be `"photo"`. What it throws is tried again. */
  readonly verify?: (photo: IdPhoto) => Promise<IdVerdict>;
  /** The house rules that a guest agrees to. Not asked without. */
  readonly rules?: HouseRules;
  /** The guest fills in a form of WhatsApp's own instead of answering one question after the other. */
  readonly form?: {
    readonly form: FormReference;
    /** Its first screen. It is given `guests` (a number) and, where there are house rules, `rules` (their text). */
    readonly screen: string;
  };
  /** Steps of your own in the place of ours. Each answers under the name that ours has. */
  readonly steps?: Partial<CheckInSteps>;
  /** Texts of your own in the place of ours, one by one. */
  readonly texts?: OwnTexts<CheckInText>;
  /** Own words in place of those that look for the booking, by language and key. */
  readonly bookingTexts?: OwnTexts<BookingText>;
}

/** A step of a hotel's own: it goes on from what the guest has answered, and answers `T`. */
export type CheckInStep<T> = (flow: FlowBuilder<CheckInSoFar, never, never, unknown>) => {
  readonly drafts: readonly Draft[];
  readonly types?: { readonly answers: T; readonly names: (taken: never) => void };
};

/** The steps of the check-in that a hotel may replace, with what theirs have to answer. */
export interface CheckInSteps {
  readonly guests: CheckInStep<{ readonly guests: number }>;
  /** In the guest's words, or as an option of yours is called. */
  readonly arrival: CheckInStep<{ readonly arrival: string | null }>;
  readonly requests: CheckInStep<{ readonly requests: string | null }>;
}

/** What a guest has answered on the way; at the end of a run that went through, `checkedIn` is there. */
export interface CheckInSoFar extends BookingSoFar {
  readonly confirm?: "yes" | "guests" | "dates";
  readonly guests?: number;
  readonly document?: PhotoAnswer;
  readonly verified?: Verified;
  readonly idName?: string;
  readonly birthDate?: string;
  readonly nationality?: string;
  readonly arrival?: string | null;
  readonly requests?: string | null;
  readonly rules?: "yes" | "no";
  readonly details?: CheckInForm;
  readonly summary?: "yes" | "change";
  readonly change?: Section | "booking";
  readonly checkedIn?: CheckInResult;
}

type Section = "guests" | "identity" | "arrival" | "requests" | "rules";
type Context = FlowContext<CheckInSoFar>;
type Start = FlowBuilder<CheckInSoFar, never, never, unknown>;

/** What guests write to begin the check-in, in six languages. */
export const CHECK_IN_KEYWORDS: readonly [string, ...string[]] = [
  "check in",
  "checkin",
  ...["fare il check in", "registrazione"],
  ...["hacer el check in", "registrarme"],
  ...["fazer check in", "fazer o check in"],
  ...["einchecken", "anmelden"],
  ...["enregistrement", "m'enregistrer"],
];

/**
 * Check-in by chat: finds the booking, asks what the hotel has to know, shows it all to be confirmed or corrected, and tells the PMS once. Each
 * guest is spoken to in the language that the run began in. Begun with `given.reservationId` (by an event of the PMS, by staff), it
 * looks for no booking.
 * @throws {ConversationError} `flow_invalid`
 */
export function checkIn(options: CheckInOptions): Flow<CheckInSoFar> {
  const {
    pms,
    id = "check-in",
    version = 1,
    department,
    triggers = [],
    identity = "none",
    verify,
    rules,
    form,
  } = options;
  const { remindMs, timeoutMs, bookingTexts = {} } = options;
  const patience = { ...(remindMs !== undefined && { remindMs }), ...(timeoutMs !== undefined && { timeoutMs }) };
  const say = speaker<CheckInEnglish>(withOwnTexts(CHECK_IN_TEXTS, options.texts ?? {}, id));
  if (verify === undefined && (identity === "photo" || typeof identity === "function"))
    throw invalidFlow("asks for a photo and has no verify()", "document", id);
  if (rules !== undefined) checkRules(rules, id);
  const identityOf = (context: Context): IdentityRule =>
    typeof identity === "function" ? identity(context) : identity;

  const steps: CheckInSteps = {
    guests: (flow) => flow.ask("guests", { kind: "number", schema: HEADS, text: say("askGuests"), ...patience }),
    arrival: (flow) => flow.ask("arrival", { text: say("askArrival"), ...patience }),
    requests: (flow) => flow.ask("requests", { text: say("askRequests"), optional: true, ...patience }),
    ...options.steps,
  };
  /**
   * Whether a section is asked: because the guest wants to change it, or on the way to the summary, where the form has not asked it. Whoever changes
   * something goes the same way again, past all the rest.
   */
  const asks =
    (section: Section) =>
    (context: Context): "ask" | "pass" => {
      const { summary, change } = context.answers;
      const isMissing = summary === undefined || change === "booking" ? isOpen(section, context) : change === section;
      return isMissing ? "ask" : "pass";
    };
  const isOpen = (section: Section, context: Context): boolean => {
    const { answers } = context;
    if (answers.summary !== undefined) return section === "guests" && answers.confirm === "guests";
    const { details } = answers;
    switch (section) {
      case "guests":
        return answers.confirm === "guests" && details?.guests === undefined;
      case "identity":
        return identityOf(context) === "photo" || filledInIdentity(context) === undefined;
      case "arrival":
        return (details?.arrival ?? null) === null;
      case "requests":
        return details === undefined;
      case "rules":
        return details?.rules !== true;
    }
  };
  const pass = (flow: Start) => flow;
  const wasIn = (room: string | null) => (room === null ? say("alreadyIn") : say("alreadyInRoom", () => ({ room })));

  const found = (flow: Start) =>
    findBooking<CheckInSoFar>({
      pms,
      flow: id,
      wanted: ["booked"],
      anew: ({ change, confirm }) => change === "booking" && confirm !== "dates",
      alreadyIn: (context) => wasIn(isTheirs(context.answers) ? roomOf(context.answers) : null)(context),
      own: ["booked", "inHouse"],
      texts: bookingTexts,
      ...patience,
    })(flow)
      .branch("other", {
        when: ({ answers }) => (isAnother(answers) ? "anew" : "same"),
        paths: {
          same: (path) => path,
          // Who comes, when, and with what wishes was said of the other booking: whose document it is as well.
          anew: (path) => path.forget("anew", OF_A_BOOKING),
        },
      })
      .choose("confirm", {
        text: say("confirm", ({ answers, language }: Context) => bookingWords(answers, language)),
        options: (context) => ({
          yes: say("confirmYes")(context),
          guests: say("confirmGuests")(context),
          dates: say("confirmDates")(context),
        }),
        ...patience,
      })
      .branch("dates", {
        when: ({ answers }) => (answers.confirm === "dates" ? "others" : "these"),
        paths: {
          these: (path) => path,
          others: (path) =>
            path.handoff("helpDates", { text: say("helpDates"), note: "The guest wants other dates." }).goTo("whose"),
        },
      });

  const filledIn = (flow: Start) =>
    flow.form("details", {
      text: say("askForm"),
      label: say("formLabel"),
      form: form?.form ?? { id: "" },
      start: ({ answers, language }) => ({
        screen: form?.screen ?? "",
        data: {
          guests: bookingOf(answers)?.reservation?.guests ?? 1,
          ...(rules !== undefined && { rules: ruleText(rules, language) }),
        },
      }),
      schema: CHECK_IN_FORM,
      secret: ["identity"],
      ...(rules !== undefined && {
        agreement: { ...agreementTo(rules), when: ({ rules: agrees }: CheckInForm) => agrees },
      }),
      ...patience,
    });

  const identified = (flow: Start) =>
    flow.branch("identify", {
      when: identityOf,
      paths: {
        none: pass,
        fields: (path) =>
          path
            .ask("idName", { text: say("askIdName"), secret: true, ...patience })
            .ask("birthDate", {
              kind: "date",
              past: true,
              text: say("askBirthDate"),
              invalid: say("birthDateWrong"),
              secret: true,
              ...patience,
            })
            .ask("nationality", { text: say("askNationality"), secret: true, ...patience }),
        photo: (path) =>
          path
            .photo("document", { text: say("askPhoto"), documents: true, purpose: "identity", ...patience })
            .perform("verified", (context) => verifiedBy(verify, context), { deadlineMs: 60_000, secret: true })
            // A step of its own: what was seen is kept before the photo is gone, and each is tried again by itself.
            .perform("discarded", ({ answers, files }) => discarded(answers, files))
            .branch("readable", {
              when: ({ answers }) => answers.verified.outcome,
              paths: {
                verified: (more) => more,
                unreadable: (more) => more.say("photoUnreadable", say("photoUnreadable")).goTo("document"),
                desk: (more) => more.say("showAtDesk", say("showAtDesk")),
              },
            }),
      },
    });

  const agreedTo = (terms: HouseRules) => (flow: Start) =>
    flow
      .choose("rules", {
        text: say("askRules", ({ language }: Context) => ({ rules: whole(ruleText(terms, language)) })),
        options: (context) => ({ yes: say("rulesYes")(context), no: say("rulesNo")(context) }),
        agreement: agreementTo(terms),
        ...patience,
      })
      .branch("agreed", {
        when: ({ answers }) => (answers.rules === "yes" ? "yes" : "no"),
        paths: {
          yes: (path) => path,
          no: (path) =>
            path
              .handoff("helpRules", { text: say("helpRules"), note: "The guest does not agree to the house rules." })
              .goTo("rules"),
        },
      });

  /** What is asked at this hotel, as the guest reads it in the summary. */
  const lines = (context: Context): readonly (readonly [Section, string])[] => {
    const { guests, arrival, requests, identity: who } = answered(context);
    const none = say("none")(context);
    const isAsked = identityOf(context) !== "none";
    return [
      ["guests", say("lineGuests", () => ({ value: guests }))(context)],
      ...(isAsked
        ? [["identity", say("lineIdentity", () => ({ value: idWords(who, say, context.language) }))(context)] as const]
        : []),
      ["arrival", say("lineArrival", () => ({ value: arrival ?? say("notSaid")(context) }))(context)],
      ["requests", say("lineRequests", () => ({ value: requests ?? none }))(context)],
      ...(rules === undefined
        ? []
        : [["rules", say("lineRules", () => ({ value: say("agreed")(context) }))(context)] as const]),
    ];
  };

  const begin = defineFlow({
    id,
    version,
    ...(department !== undefined && { department }),
    triggers: [keyword(...CHECK_IN_KEYWORDS), button("check-in"), staff(), ...triggers],
  }) as unknown as Start;

  return begin
    .branch("begin", {
      when: ({ answers: { summary, change } }) => (summary === undefined || change === "booking" ? "find" : "pass"),
      paths: { find: found, pass },
    })
    .branch("fill", {
      when: ({ answers: { summary } }) => (form !== undefined && summary === undefined ? "ask" : "pass"),
      paths: { ask: filledIn, pass },
    })
    .branch("askGuests", { when: asks("guests"), paths: { ask: steps.guests, pass } })
    .branch("askIdentity", { when: asks("identity"), paths: { ask: identified, pass } })
    .branch("askArrival", { when: asks("arrival"), paths: { ask: steps.arrival, pass } })
    .branch("askRequests", { when: asks("requests"), paths: { ask: steps.requests, pass } })
    .branch("askRules", {
      when: rules === undefined ? () => "pass" : asks("rules"),
      paths: { ask: rules === undefined ? pass : agreedTo(rules), pass },
    })
    .choose("summary", {
      text: say("summary", (context: Context) => ({
        lines: whole(
          lines(context)
            .map(([, line]) => line)
            .join("\n"),
        ),
      })),
      options: (context) => ({ yes: say("summaryYes")(context), change: say("summaryChange")(context) }),
      ...patience,
    })
    .branch("right", {
      when: ({ answers }) => (answers.summary === "yes" ? "yes" : "change"),
      paths: {
        yes: (path) => path,
        change: (path) =>
          path
            .choose("change", {
              text: say("askChange"),
              button: say("changeLabel"),
              options: (context: Context) =>
                Object.fromEntries(
                  ["booking" as const, ...lines(context).map(([section]) => section)].map((section) => [
                    section,
                    say(CHANGES[section])(context),
                  ]),
                ),
              ...patience,
            })
            .goTo("begin"),
      },
    })
    .perform("checkedIn", (context) => pms.checkIn({ ...refOf(context), answers: answered(context) }))
    .branch("ending", {
      when: ({ answers: { checkedIn } }) =>
        checkedIn.outcome !== "checkedIn" ? checkedIn.outcome : checkedIn.room === null ? "noRoom" : "room",
      paths: {
        // Somebody else of the same room was faster, or they themselves on another phone.
        already: (path) => path.say("already", (context: Context) => wasIn(checkedInRoom(context.answers))(context)),
        room: (path) =>
          path.say(
            "done",
            say("done", ({ answers }: Context) => ({ room: checkedInRoom(answers) ?? "" })),
          ),
        noRoom: (path) => path.say("doneNoRoom", say("doneNoRoom")),
        refused: (path) =>
          path.handoff("refused", { text: say("refused"), note: "The PMS refused to check the guest in." }),
      },
    })
    .build();
}

const CHANGES = {
  booking: "changeBooking",
  guests: "changeGuests",
  identity: "changeIdentity",
  arrival: "changeArrival",
  requests: "changeRequests",
  rules: "changeRules",
} as const satisfies Record<Section | "booking", CheckInText>;

/** What is said of one booking, and of no other. */
const OF_A_BOOKING = [
  ...(["confirm", "guests", "details", "arrival", "requests", "rules", "summary", "change"] as const),
  ...(["document", "verified", "idName", "birthDate", "nationality"] as const),
] satisfies readonly (keyof CheckInSoFar)[];

/** People in a booking. Ours: more is a group, and a matter for staff. */
const HEADS_MAX = 20;
const HEADS: StandardSchema<unknown, number> = {
  "~standard": {
    version: 1,
    vendor: "belldesk",
    validate: (value) =>
      typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= HEADS_MAX
        ? { value }
        : { issues: [{ message: "a whole number of people" }] },
  },
};

function bookingWords(answers: CheckInSoFar, language: string) {
  const {
    number = "",
    name = "",
    from = "1970-01-01",
    to = "1970-01-01",
    guests = 1,
  } = bookingOf(answers)?.reservation ?? {};
  return {
    number,
    name,
    from: dayIn(from, language),
    to: dayIn(to, language),
    nights: nightsBetween(from, to),
    guests,
  };
}

/** What the PMS is told, of what was asked in the chat and of what stood in the form. */
function answered(context: Context): CheckInAnswers {
  const { answers, agreements } = context;
  const { details, verified, document, idName, birthDate, nationality } = answers;
  const { guests = 1, from = "", to = "" } = bookingOf(answers)?.reservation ?? {};
  // A step of a hotel's own may have the guest agree to something else.
  const agreed = agreements.findLast(({ step }) => step === "rules" || step === "details");
  const filledIn = filledInIdentity(context);
  const identity: CheckedIdentity | null =
    verified?.outcome === "verified"
      ? { how: "photo", verifiedAt: verified.at, attachmentId: document?.attachmentId ?? null, fields: verified.fields }
      : verified?.outcome === "desk"
        ? { how: "desk" }
        : idName !== undefined && birthDate !== undefined && nationality !== undefined
          ? { how: "fields", name: idName, birthDate, nationality }
          : filledIn === undefined
            ? null
            : { how: "fields", ...filledIn };
  return {
    guests: answers.guests ?? details?.guests ?? guests,
    nights: nightsBetween(from, to),
    identity,
    arrival: answers.arrival ?? details?.arrival ?? null,
    requests: answers.requests === undefined ? (details?.requests ?? null) : answers.requests,
    rules:
      agreed === undefined
        ? null
        : {
            document: agreed.document,
            version: agreed.version,
            sha256: agreed.sha256,
            at: agreed.at,
            askedIn: agreed.askedIn,
            agreedIn: agreed.agreedIn,
          },
  };
}

const roomOf = (answers: BookingSoFar): string | null => bookingOf(answers)?.reservation?.room ?? null;

const checkedInRoom = ({ checkedIn }: CheckInSoFar): string | null =>
  checkedIn === undefined || checkedIn.outcome === "refused" ? null : checkedIn.room;

/** What the form says of who comes; nothing where it cannot be: nobody is born tomorrow. */
function filledInIdentity({ answers, timeZone, now }: Context): CheckInForm["identity"] {
  const { identity } = answers.details ?? {};
  return identity !== undefined && identity.birthDate < todayIn(timeZone, now) ? identity : undefined;
}
