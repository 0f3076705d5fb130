import type { FlowBuilder } from "../flow/define.js";
import type { FlowContext, Patience, PerformContext } from "../flow/types.js";
import type { PmsPort, Reservation } from "../ports/pms.js";
import { BOOKING_TEXTS, type BookingEnglish } from "./texts/booking.js";
import { speaker, withOwnTexts, type OwnTexts } from "./words.js";
import type { BookingText } from "./texts/booking.js";

export interface BookingSoFar {
  readonly number?: string | null;
  readonly name?: string;
  readonly date?: string;
  /** The booking, as it was loaded by its id, and as it was found; the later one counts. */
  readonly known?: Booking;
  readonly search?: Booking;
}

export interface Booking {
  readonly reservation: Reservation | null;
  /** How many fit. */
  readonly found: number;
  /** How often nothing was found, or too much. */
  readonly misses: number;
  /** Counts how often a booking was loaded or looked for. */
  readonly round: number;
}

export interface FindBooking<A> extends Patience {
  readonly pms: Pick<PmsPort, "findReservations" | "reservation">;
  readonly flow: string;
  /** Of bookings as they may be to go on with; any other is a person's. */
  readonly wanted: readonly Reservation["status"][];
  /** Whether another booking is looked for, though one is known. */
  readonly anew?: (answers: A) => boolean;
  /** Said of a booking that is checked in already, where that is not wanted: the flow ends then. */
  readonly alreadyIn?: (context: Pick<FlowContext, "language">) => string;
  readonly texts: OwnTexts<BookingText>;
}

/** Where the booking is looked for: a later step may go back to `whose`. */
type BookingStep = "whose" | "which";

/** After so many times a person looks for the booking. */
const SEARCHES = 3;

type Given = FlowContext["given"];

/**
 * The steps that find a guest's booking: by `given.reservationId` where that is known, else by number and name, or by name and day of arrival. After three
 * times a person helps. What follows finds it by `bookingOf`.
 */
export const findBooking =
  <A extends BookingSoFar>({
    pms,
    flow: id,
    wanted,
    anew = () => false,
    alreadyIn,
    texts,
    ...patience
  }: FindBooking<A>) =>
  (flow: FlowBuilder<A, never, never, unknown>): FlowBuilder<A, BookingStep, BookingStep, unknown> => {
    const say = speaker<BookingEnglish>(withOwnTexts(BOOKING_TEXTS, texts, id));
    const isKnown = (answers: BookingSoFar, given: Given): boolean => {
      const booking = bookingOf(answers);
      return booking === undefined
        ? typeof given["reservationId"] === "string"
        : booking.reservation !== null && !anew(answers as A);
    };
    const fit = ({ reservation, found, misses }: Booking): "one" | "isIn" | "several" | "none" | "help" => {
      if (reservation !== null && wanted.includes(reservation.status)) return "one";
      if (reservation?.status === "checkedIn" && alreadyIn !== undefined) return "isIn";
      return reservation !== null || misses >= SEARCHES ? "help" : found > 1 ? "several" : "none";
    };
    const start = flow as unknown as FlowBuilder<BookingSoFar, never, never, unknown>;
    const found = start
      .branch("whose", {
        when: ({ answers, given }) => (isKnown(answers, given) ? "known" : "search"),
        paths: {
          known: (path) => path.perform("known", (context) => known(pms, context)),
          search: (path) => path,
        },
      })
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
              .perform("search", (context) => sought(pms, context))
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
      });
    return found as unknown as FlowBuilder<A, BookingStep, BookingStep, unknown>;
  };

/** The booking that the guest has; undefined before there is one. */
export const bookingOf = ({ known, search }: BookingSoFar): Booking | undefined =>
  (known?.round ?? 0) > (search?.round ?? 0) ? known : search;

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
  const named = typeof given["reservationId"] === "string" ? given["reservationId"] : "";
  const reservationId = before?.reservation?.reservationId ?? named;
  const reservation = await pms.reservation({ hotelId, reservationId, signal });
  return { reservation, found: reservation === null ? 0 : 1, misses: 0, round: (before?.round ?? 0) + 1 };
}

async function sought(pms: Pick<PmsPort, "findReservations">, context: PerformContext<BookingSoFar>): Promise<Booking> {
  const { answers, hotelId, signal } = context;
  const { search, number = null, name = "", date } = answers;
  const how = number === null ? (date === undefined ? {} : { date }) : { number };
  const fit = await pms.findReservations({ hotelId, name, signal, ...how });
  const [only = null] = fit;
  const isOne = fit.length === 1;
  return {
    reservation: isOne ? only : null,
    found: fit.length,
    misses: isOne ? 0 : (search?.misses ?? 0) + 1,
    round: (bookingOf(answers)?.round ?? 0) + 1,
  };
}
