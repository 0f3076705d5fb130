import type { JsonValue } from "../domain/json.js";

/**
 * What the ready-made flows ask of the hotel's own system (its PMS). The host implements it; `memoryPms()` of `belldesk/testing` is one that
 * holds a hotel in memory, and `pmsContract` says whether one is right. What the PMS tells the desk by itself is another matter: `desk.pms.apply`.
 *
 * **Calls may come twice.** What changes something has an `idempotencyKey`: the same key again, in whatever process and however much later, does
 * nothing and is answered as the first time. Keys are made by the desk and never used for something else.
 *
 * **Throwing is for faults that can pass** (a line that is down, a time-out): the flow calls again with back-off, and gives the guest to staff
 * after the last time. What the PMS says no to is an answer, not a throw. `signal` is aborted when nobody waits for the answer any more.
 *
 * Nothing of what is answered here is logged. What a flow is answered is kept with its run, so answer what the flow asks for and no more.
 */
export interface PmsPort {
  /**
   * The reservations that fit all of what is given: none, one or several. A guest is told what stands in a reservation that is found, so a
   * `number` alone finds nothing: whoever asks proves by a `name` as well that it is theirs.
   *
   * Names are compared as people write them: the family name or the whole name, in any case, with or without accents. Numbers in any case, with
   * or without blanks and hyphens. Stays that are over, and those that were cancelled, are not found.
   * @param query `name` with `number`, with `date` or with both
   * @contract find/number-and-name, find/name-and-date, find/number-alone, find/spelling, find/several, find/over, find/hotel
   */
  findReservations(query: ReservationQuery): Promise<readonly Reservation[]>;
  /**
   * The reservation with this id, whatever its status; null for an id that the hotel has not.
   * @contract reservation/known, reservation/unknown, reservation/hotel
   */
  reservation(query: ReservationRef): Promise<Reservation | null>;
  /**
   * Checks the guest in with what they answered, once for each key. The room may not be known yet. A reservation is checked in once, whoever asks and
   * by whatever key: two guests of one room may both do it at the same moment, and who comes second is told `already`, and changes nothing.
   * @contract check-in/once, check-in/answers, check-in/already, check-in/refused, check-in/hotel
   */
  checkIn(request: ReservationRef & Once & { readonly answers: CheckInAnswers }): Promise<CheckInResult>;
  /**
   * What stands on the bill right now; null for an id that the hotel has not.
   * @contract bill/shown, bill/unknown
   */
  bill(query: ReservationRef): Promise<Bill | null>;
  /**
   * Checks the guest out, once for each key.
   * @contract check-out/once, check-out/open, check-out/refused
   */
  checkOut(request: ReservationRef & Once): Promise<CheckOutResult>;
  /**
   * What this guest can have right now for money: a later check-out, a better room. Best first; empty for nothing.
   * @contract offers/shown, offers/none
   */
  offers(query: ReservationRef & { readonly kinds?: readonly OfferKind[] }): Promise<readonly Offer[]>;
  /**
   * Books an offer and puts its price on the bill, once for each key. An offer that another guest got meanwhile is `gone`.
   * @param request `price`: what the guest agreed to; where the offer costs something else by now it is `gone`
   * @contract charge/once, charge/gone, charge/price
   */
  charge(
    request: ReservationRef &
      Once & {
        readonly offerId: string;
        readonly price: Money;
        /** The id of whoever of staff said yes; null where nobody was asked. */
        readonly approvedBy: string | null;
      },
  ): Promise<ChargeResult>;
}

/** Which booking. */
export interface ReservationRef extends PmsCall {
  readonly hotelId: string;
  /** The PMS's own: stable, and never shown to guests. */
  readonly reservationId: string;
}

/** What every call of the hotel's own system has. */
export interface PmsCall {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

/** What makes a call that changes something harmless when it comes again. */
export interface Once {
  readonly idempotencyKey: string;
}

/** By what a guest's booking is looked for: the name with its number, or with the day of arrival. */
export interface ReservationQuery extends PmsCall {
  readonly hotelId: string;
  /** As the guest typed it, 1 to 100 UTF-16 units. */
  readonly name: string;
  /** As the guest typed it. */
  readonly number?: string;
  /** Day of arrival, `YYYY-MM-DD`. */
  readonly date?: string;
}

/** A booking, as the hotel's own system has it. */
export interface Reservation {
  readonly reservationId: string;
  /** What the guest knows it by: on their confirmation. */
  readonly number: string;
  readonly status: "booked" | "checkedIn" | "checkedOut" | "cancelled";
  /** Who booked, as staff call them. */
  readonly name: string;
  /** First and last day at the hotel, `YYYY-MM-DD` by its own calendar. */
  readonly from: string;
  readonly to: string;
  /** How many people stay, children among them. */
  readonly guests: number;
  /** null while none is given. */
  readonly room: string | null;
  /** BCP 47, in which the guest is spoken to once the booking is known; absent when it is not known. */
  readonly language?: string;
}

/** What a guest answered when they checked in. Questions that the hotel does not ask are null. */
export interface CheckInAnswers {
  readonly guests: number;
  readonly nights: number;
  readonly identity: CheckedIdentity | null;
  /** As the guest wrote it: `"18:30"`, `"late evening"`. */
  readonly arrival: string | null;
  /** In the guest's words. */
  readonly requests: string | null;
  readonly rules: AgreedRules | null;
}

/** How it is known who the guest is. Of a document's photo nothing is kept but that it was looked at. */
export type CheckedIdentity =
  | {
      readonly how: "photo";
      /** ISO 8601. */
      readonly verifiedAt: string;
      /** Of the attachment that was looked at: it leads to nothing but the record of its destruction. */
      readonly attachmentId: string | null;
      /** What the hotel's verifier read out of it, where it keeps anything. */
      readonly fields: JsonValue;
    }
  | {
      readonly how: "fields";
      readonly name: string;
      /** `YYYY-MM-DD`. */
      readonly birthDate: string;
      readonly nationality: string;
    }
  /** The document is still to be shown at reception. */
  | { readonly how: "desk" };

/** Proof of what a guest agreed to. */
export interface AgreedRules {
  readonly document: string;
  readonly version: string;
  /** SHA-256 of the text that was shown, as hex. */
  readonly sha256: string;
  /** ISO 8601. */
  readonly at: string;
  /** Ours: of the message that showed it, and of the one that agreed. */
  readonly askedIn: string;
  readonly agreedIn: string;
}

/** `already`: the reservation is checked in, by another key or at the desk. `room` is null while none is given. */
export type CheckInResult =
  | { readonly outcome: "checkedIn"; readonly room: string | null }
  | { readonly outcome: "already"; readonly room: string | null }
  | { readonly outcome: "refused"; readonly why: PmsRefusal };

/** `open`: there is still something to pay, at the desk. */
export type CheckOutResult =
  | { readonly outcome: "checkedOut" }
  | { readonly outcome: "open"; readonly due: Money }
  | { readonly outcome: "refused"; readonly why: PmsRefusal };

/** `gone`: somebody else has it, or it costs something else by now. */
export type ChargeResult =
  | { readonly outcome: "charged"; readonly reference: string }
  | { readonly outcome: "gone" }
  | { readonly outcome: "refused"; readonly why: PmsRefusal };

/** `unknown`: there is no such reservation. `cancelled`, `over`: nothing can be done with it any more. `staff`: a person has to look at it. */
export type PmsRefusal = "unknown" | "cancelled" | "over" | "staff";

/** An amount of money. */
export interface Money {
  /** In the currency's smallest unit, as cents; whole. */
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
}

/** What a stay costs. */
export interface Bill {
  readonly total: Money;
  /** Still to pay; zero for a bill that is settled. */
  readonly due: Money;
  readonly lines: readonly { readonly text: string; readonly price: Money }[];
}

/** What is offered. */
export type OfferKind = "lateCheckOut" | "upgrade" | "other";

/** Something that a guest can have for money. */
export interface Offer {
  readonly offerId: string;
  readonly kind: OfferKind;
  /** In words, by BCP 47 primary language; `en` is there always. At most 200 UTF-16 units each. */
  readonly title: Readonly<Record<string, string>> & { readonly en: string };
  readonly price: Money;
  /** ISO 8601: not to be had afterwards; nobody is charged for it from then on. */
  readonly until?: string;
}
