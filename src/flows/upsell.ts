import { button, defineFlow, keyword, staff, type FlowBuilder } from "../flow/define.js";
import type { ApprovalDecision } from "../domain/flow-run.js";
import type { Flow, FlowContext, Patience, Trigger } from "../flow/types.js";
import type { ChargeResult, Offer, OfferKind, PmsPort } from "../ports/pms.js";
import { bookingOf, findBooking, refOf, type BookingSoFar } from "./booking.js";
import { moneyIn } from "./format.js";
import type { BookingText } from "./texts/booking.js";
import { UPSELL_TEXTS, type UpsellEnglish, type UpsellText } from "./texts/upsell.js";
import { speaker, withOwnTexts, type OwnTexts } from "./words.js";

export interface UpsellOptions extends Patience {
  /** The hotel's own system. */
  readonly pms: Pick<PmsPort, "findReservations" | "reservation" | "offers" | "charge">;
  /** `"upsell"` by default. */
  readonly id?: string;
  /** Raise it when what you put in changes the steps; 1 by default. */
  readonly version?: number;
  /** Whose conversations its runs are; by default of the department that the guest was with. */
  readonly department?: string;
  /** What is offered; everything that the PMS has by default. */
  readonly kinds?: readonly OfferKind[];
  /** Which offers staff have to say yes to before they are booked; all by default. */
  readonly approval?: (offer: Offer) => boolean;
  /** Who is asked; the conversation's own department by default. */
  readonly approvalDepartment?: string;
  /** How long staff may take; two hours by default. Milliseconds; null: for ever. */
  readonly approvalMs?: number | null;
  /** What begins it besides. What the PMS tells begins it with nobody who wants no offers. */
  readonly triggers?: readonly Trigger[];
  /** Own words in place of ours, by language and key. */
  readonly texts?: OwnTexts<UpsellText>;
  /** Own words in place of those that look for the booking, by language and key. */
  readonly bookingTexts?: OwnTexts<BookingText>;
}

/** What an offer has been answered up to here. */
export interface UpsellSoFar extends BookingSoFar {
  readonly offers?: readonly Offer[];
  /** The offer's id, or `none`. */
  readonly offer?: string;
  readonly approved?: ApprovalDecision;
  readonly charged?: ChargeResult;
}

/** What guests write to ask for offers, in six languages. */
export const UPSELL_KEYWORDS: readonly [string, ...string[]] = [
  ...(["late check out", "upgrade"] as const),
  ...["late checkout", "uscita posticipata"],
  ...["salida tardía"],
  ...["saída tardia", "check out tardio"],
  ...["später auschecken", "späte abreise"],
  ...["départ tardif"],
];

type Start = FlowBuilder<UpsellSoFar, never, never, unknown>;
type Context = FlowContext<UpsellSoFar>;

const NO_OFFER = "none";
const TWO_HOURS_MS = 2 * 60 * 60_000;

/**
 * What a guest can have for money (a later check-out, a better room): offers of the PMS, of which the guest chooses one, staff say whether it is possible, and the PMS
 * books and charges it once, at the price that the guest saw.
 * @throws {ConversationError} `flow_invalid`
 */
export function upsell(options: UpsellOptions): Flow<UpsellSoFar> {
  const { pms, id = "upsell", version = 1, department, kinds, triggers = [], texts = {}, bookingTexts = {} } = options;
  const { approval = () => true, approvalMs = TWO_HOURS_MS, approvalDepartment, remindMs, timeoutMs } = options;
  const patience = { ...(remindMs !== undefined && { remindMs }), ...(timeoutMs !== undefined && { timeoutMs }) };
  const say = speaker<UpsellEnglish>(withOwnTexts(UPSELL_TEXTS, texts, id));
  const begin = defineFlow({
    id,
    version,
    ...(department !== undefined && { department }),
    triggers: [keyword(...UPSELL_KEYWORDS), button("upsell"), staff(), ...triggers.map(selling)],
  }) as unknown as Start;
  const wanted = ["booked", "checkedIn"] as const;
  const found = findBooking<UpsellSoFar>({
    pms,
    flow: id,
    wanted,
    own: ["inHouse", "booked"],
    texts: bookingTexts,
    ...patience,
  })(begin);

  return (
    found
      .perform("offers", async (context) => {
        const offers = await pms.offers({ ...refOf(context), ...(kinds !== undefined && { kinds }) });
        return offers.filter((offer) => !isOver(offer, context.now));
      })
      .branch("any", {
        when: ({ answers }) => (answers.offers.length === 0 ? "none" : "some"),
        paths: {
          some: (path) => path,
          none: (path) =>
            path
              .handoff("nothing", { text: say("none"), note: "The PMS has no offer for the guest." })
              .end("nothingEnd"),
        },
      })
      .choose("offer", {
        text: say("askOffer"),
        button: say("offerLabel"),
        options: (context: Context) => ({
          ...Object.fromEntries(
            (context.answers.offers ?? []).map((one) => [
              keyOf(one),
              { title: titleOf(one, context.language), description: moneyIn(one.price, context.language) },
            ]),
          ),
          [NO_OFFER]: say("noThanks")(context),
        }),
        ...patience,
      })
      .branch("wants", {
        when: ({ answers, now }) => {
          const offer = offerOf(answers);
          // Nobody of staff is asked for what has ended.
          return offer === null ? "none" : approval(offer) && !isOver(offer, now) ? "ask" : "book";
        },
        paths: {
          book: (path) => path,
          none: (path) => path.say("noMatter", say("noMatter")).end("noneEnd"),
          ask: (path) =>
            path
              .approval("approved", {
                text: say("asking"),
                // Staff read it.
                note: (context) => say("note", noteValues)({ ...context, language: context.hotelLanguage }),
                timeoutMs: approvalMs,
                ...(approvalDepartment !== undefined && { department: approvalDepartment }),
              })
              .branch("possible", {
                when: ({ answers }) => (answers.approved.outcome === "approved" ? "yes" : "no"),
                paths: {
                  yes: (more) => more,
                  no: (more) => more.say("declined", say("declined")).end("declinedEnd"),
                },
              }),
        },
      })
      // Asked when everybody has said yes, and before the PMS is: what was charged once is not called too late when the call comes again.
      .branch("inTime", {
        when: ({ answers, now }) => (isOver(offerOf(answers), now) ? "over" : "inTime"),
        paths: {
          inTime: (path) => path,
          over: (path) => path.say("over", say("over", offerValues)).end("overEnd"),
        },
      })
      .perform("charged", (context) => {
        const { approved } = context.answers as UpsellSoFar;
        const offer = offerOf(context.answers);
        if (offer === null) return { outcome: "gone" } as const;
        const { offerId, price } = offer;
        return pms.charge({ ...refOf(context), offerId, price, approvedBy: approved?.by ?? null });
      })
      .branch("ending", {
        when: ({ answers }) => answers.charged.outcome,
        paths: {
          charged: (path) => path.say("booked", say("booked", offerValues)),
          gone: (path) => path.say("gone", say("gone")),
          refused: (path) =>
            path.handoff("refused", { text: say("refused"), note: "The PMS refused to book the offer." }),
        },
      })
      .build()
  );
}

const offerOf = ({ offers = [], offer }: UpsellSoFar): Offer | null =>
  offers.find((one) => keyOf(one) === offer) ?? null;

/** Of an option. Keys that look like numbers would be put in front, and one that is called as none would be none. */
const keyOf = ({ offerId }: Offer): string => `offer ${offerId}`;

/** Whether it was to be had until now, or until earlier. */
const isOver = (offer: Offer | null, now: Date): boolean =>
  offer?.until !== undefined && Date.parse(offer.until) <= now.getTime();

/** Whatever the PMS begins this with, it sells something. */
const selling = (trigger: Trigger): Trigger => (trigger.kind === "pms" ? { ...trigger, offer: true } : trigger);

function titleOf({ title }: Offer, language: string): string {
  const [primary = ""] = language.toLowerCase().split("-");
  return (Object.hasOwn(title, primary) ? title[primary] : undefined) ?? title.en;
}

function offerValues({ answers, language }: Context) {
  const offer = offerOf(answers);
  return {
    offer: offer === null ? "" : titleOf(offer, language),
    price: offer === null ? "" : moneyIn(offer.price, language),
  };
}

function noteValues(context: Context) {
  const reservation = bookingOf(context.answers)?.reservation;
  return { guest: reservation?.name ?? "", number: reservation?.number ?? "", ...offerValues(context) };
}
