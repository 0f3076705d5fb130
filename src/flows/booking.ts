import type { FlowBuilder } from "../flow/define.js";
import type { FlowContext, Patience, PerformContext } from "../flow/types.js";
import type { StayStatus } from "../domain/stay.js";
import type { PmsPort, Reservation } from "../ports/pms.js";
import { BOOKING_TEXTS, type BookingEnglish } from "./texts/booking.js";
import { speaker, withOwnTexts, type OwnTexts } from "./words.js";
import type { BookingText } from "./texts/booking.js";

/** What a flow that begins with a booking has been answered up to here. */
export interface BookingSoFar {
  readonly number?: string | null;
  readonly name?: string;
  readonly date?: string;
  /** The one of the guest's own stays that fits, as the desk knows it; null: there is none, or more than one. */
  readonly own?: { readonly reservationId: string | null };
  /** The booking, as it was loaded by its id, and as it was found; the later one counts. */
  readonly known?: Booking;
  readonly search?: Booking;
}

/** What looking for a booking came to. */
export interface Booking {
  readonly reservation: Reservation | null;
  /** How many fit. */
  readonly found: number;
  /** How often nothing was found, or too much, in this run. */
  readonly misses: number;
  /** Counts how often a booking was loaded or looked for. */
  readonly round: number;
  /** Whose the answers are that were given before this one was looked for; null: nobody's, or its own. */
  readonly instead: string | null;
}

export interface FindBooking<A> extends Patience {
  readonly pms: Pick<PmsPort, "findReservations" | "reservation">;
  readonly flow: string;
  /** Of bookings as they may be to go on with; any other is a person's. */
  readonly wanted: readonly Reservation["status"][];
  /** Whether another booking is looked for, though one is known. */
  readonly anew?: (answers: A) => boolean;
  /** Said of a booking that is checked in already, where that is not wanted: the flow ends then. */
  readonly alreadyIn?: (context: FlowContext<BookingSoFar>) => string;
  /**
   * How far a stay of the guest's own has to be, as the hotel's own system told the desk of it, to be the one that is meant where no booking is named: of the first
   * of these of which they have any. Where one fits nothing is asked; where none does, or several, the guest is. Not looked for by default.
   */
  readonly own?: readonly StayStatus[];
  readonly texts: OwnTexts<BookingText>;
}

/** Where the booking is looked for: a later step may go back to `whose`. */
type BookingStep = "whose" | "which";

/** After so many times a person looks for the booking. */
const SEARCHES = 3;

type Given = FlowContext["given"];

/**
 * The steps that find a guest's booking: by `given.reservationId` where that is known, else by the one stay that is the guest's `own`, else by number and name, or by
 * name and day of arrival. After three times a person helps, also when the guest has begun again in between. What follows finds it by `bookingOf`.
 */
export const findBooking =
  <A extends BookingSoFar>({
    pms,
    flow: id,
    wanted,
    anew = () => false,
    alreadyIn,
    own = [],
    texts,
    ...patience
  }: FindBooking<A>) =>
  (flow: FlowBuilder<A, never, never, unknown>): FlowBuilder<A, BookingStep, BookingStep, unknown> => {
    const say = speaker<BookingEnglish>(withOwnTexts(BOOKING_TEXTS, texts, id));
    const isKnown = (answers: BookingSoFar, given: Given): boolean => {
      const booking = bookingOf(answers);
      return booking === undefined
        ? namedIn(answers, given) !== null
        : booking.reservation !== null && !anew(answers as A);
    };
    const fit = ({ reservation, found, misses }: Booking): "one" | "isIn" | "several" | "none" | "help" => {
      if (reservation !== null && wanted.includes(reservation.status)) return "one";
      if (reservation?.status === "checkedIn" && alreadyIn !== undefined) return "isIn";
      return reservation !== null || misses >= SEARCHES ? "help" : found > 1 ? "several" : "none";
    };
    const start = flow as unknown as FlowBuilder<BookingSoFar, never, never, unknown>;
    const found = start
      .branch("owned", {
        when: ({ answers, given }) =>
          own.length === 0 || bookingOf(answers) !== undefined || namedIn({}, given) !== null ? "pass" : "look",
        paths: {
          look: (path) => path.perform("own", (context) => ownStay(own, context)),
          pass: (path) => path,
        },
      })
      .branch("whose", {
        when: ({ answers, given }) => (isKnown(answers, given) ? "known" : "search"),
        paths: {
          known: (path) => path.perform("known", (context) => known(pms, context)),
          search: (path) => path,
        },
      })
      .speak("inTheirs", languageOf)
      .branch("which", {
        when: ({ answers, given }) => {
          const booking = bookingOf(answers);
          if (booking === undefined || !isKnown(answers, given)) return "search";
          const fits = fit(booking);
          return fits === "one" || fits === "isIn" ? fits : "search";
        },
        paths: {
          one: (path) => path,
          isIn: (path) => path.say("alreadyIn", alreadyIn ?? "-").end("isIn"),
          search: (path) =>
            path
              .ask("number", { text: say("askNumber"), optional: true, ...patience })
              .ask("name", { text: say("askName"), ...patience })
              .branch("dated", {
                when: ({ answers }) => (answers.number === null ? "ask" : "pass"),
                paths: {
                  ask: (more) => more.ask("date", { kind: "date", text: say("askDate"), ...patience }),
                  pass: (more) => more,
                },
              })
              .perform("search", (context) => sought(pms, (before) => fit(before) === "one", context))
              .branch("fits", {
                when: ({ answers }) => fit(answers.search),
                paths: {
                  one: (more) => more,
                  isIn: (more) => more.say("alreadyInToo", alreadyIn ?? "-").end("wasIn"),
                  several: (more) => more.say("several", say("several")).goTo("number"),
                  none: (more) => more.say("notFound", say("notFound")).goTo("number"),
                  help: (more) =>
                    more
                      .handoff("helpFinding", { text: say("helpFinding"), note: "The booking was not found." })
                      .goTo("number"),
                },
              }),
        },
      })
      .speak("inTheirsToo", languageOf);
    return found as unknown as FlowBuilder<A, BookingStep, BookingStep, unknown>;
  };

/** The booking that the guest has; undefined before there is one. */
export const bookingOf = ({ known, search }: BookingSoFar): Booking | undefined =>
  (known?.round ?? 0) > (search?.round ?? 0) ? known : search;

/** What the PMS says that whoever booked speaks; what the guest has said themselves counts before. */
function languageOf({ answers, guest }: FlowContext<BookingSoFar>): string | null {
  const language = bookingOf(answers)?.reservation?.language;
  return guest.language !== undefined || language === undefined ? null : language.replaceAll("_", "-");
}

/** Whether the guest has turned to another booking than the one that they have answered for. */
export const isAnother = (answers: BookingSoFar): boolean => {
  const { reservation = null, instead = null } = bookingOf(answers) ?? {};
  return reservation !== null && instead !== null && instead !== reservation.reservationId;
};

/** Whether the booking is known to be the guest's: by the desk's own word, not by what somebody typed. */
export const isTheirs = (answers: BookingSoFar): boolean =>
  answers.known !== undefined && bookingOf(answers) === answers.known;

/** The id by which a booking is known, before it was looked for. */
const namedIn = ({ own }: Pick<BookingSoFar, "own">, { reservationId }: Given): string | null =>
  typeof reservationId === "string" ? reservationId : (own?.reservationId ?? null);

/** The guest's only stay that has come as far as the first of these of which they have any. */
async function ownStay(
  wanted: readonly StayStatus[],
  { stays }: PerformContext<BookingSoFar>,
): Promise<{ readonly reservationId: string | null }> {
  const all = await stays();
  const status = wanted.find((one) => all.some((stay) => stay.status === one));
  const [only, ...others] = status === undefined ? [] : all.filter((stay) => stay.status === status);
  return { reservationId: others.length === 0 ? (only?.reservationId ?? null) : null };
}

/** As whose booking something is done; not asked before there is one. */
export const refOf = (context: PerformContext<BookingSoFar>) => ({
  hotelId: context.hotelId,
  reservationId: bookingOf(context.answers)?.reservation?.reservationId ?? "",
  idempotencyKey: context.idempotencyKey,
  signal: context.signal,
});

async function known(pms: Pick<PmsPort, "reservation">, context: PerformContext<BookingSoFar>): Promise<Booking> {
  const { answers, given, hotelId, signal } = context;
  const before = bookingOf(answers);
  const reservationId = before?.reservation?.reservationId ?? namedIn(answers, given) ?? "";
  const reservation = await pms.reservation({ hotelId, reservationId, signal });
  const found = reservation === null ? 0 : 1;
  return { reservation, found, misses: 0, round: (before?.round ?? 0) + 1, instead: null };
}

/** @param isOne whether the booking before was one that the guest went on with */
async function sought(
  pms: Pick<PmsPort, "findReservations">,
  isOne: (before: Booking) => boolean,
  context: PerformContext<BookingSoFar>,
): Promise<Booking> {
  const { answers, hotelId, signal, time } = context;
  const { search, number = null, name = "", date } = answers;
  const how = number === null ? (date === undefined ? {} : { date }) : { number };
  const fit = await pms.findReservations({ hotelId, name, signal, ...how });
  const [only = null] = fit;
  const before = bookingOf(answers);
  const isFound = fit.length === 1;
  // Whoever has begun again, or has found one in between, has tried before.
  const missed = search?.misses ?? time - 1;
  return {
    reservation: isFound ? only : null,
    found: fit.length,
    misses: isFound ? missed : missed + 1,
    round: (before?.round ?? 0) + 1,
    instead: (before !== undefined && isOne(before) ? before.reservation?.reservationId : before?.instead) ?? null,
  };
}
