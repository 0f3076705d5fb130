import type {
  Bill,
  ChargeResult,
  CheckInAnswers,
  CheckInResult,
  CheckOutResult,
  Offer,
  PmsPort,
  PmsRefusal,
  Reservation,
  ReservationRef,
} from "../ports/pms.js";
import type { TaskRequest, TasksPort } from "../ports/tasks.js";
import type { PmsEvent, PmsStayEvent, PmsTaskEvent } from "../runtime/pms-event.js";

/** A reservation in the books, with what belongs to it. */
export interface PmsBooking {
  readonly hotelId: string;
  readonly reservation: Reservation;
  /** Whose it is, as WhatsApp names them: told to the desk. */
  readonly guest?: { readonly waId: string } | { readonly bsuid: string };
  /** Nothing to pay by default. */
  readonly bill?: Bill;
  readonly offers?: readonly Offer[];
}

/** What the hotel's books hold at first, and who is told of what happens. */
export interface MemoryPmsOptions {
  /** Bookings that there are already. */
  readonly books?: readonly PmsBooking[];
  /** Told of what happens, once for each: `(event) => desk.pms.apply(event)`. What it rejects with comes out of the act. */
  readonly tells?: (event: PmsEvent) => Promise<unknown>;
  /** The room that is given to who checks in without one; none by default. */
  readonly freeRooms?: readonly string[];
  /** From which versions count on, and with them the ids of events; 0 by default. More than ever was told, where a desk that keeps its data outlives this. */
  readonly since?: number;
}

/**
 * A hotel's own system (PMS) in memory, for tests and demos: the port that flows ask, the port for requests, and what people do at the front desk,
 * each of which it tells. Versions count on from one, or from `since`, for each reservation and request.
 */
export interface MemoryPms {
  readonly port: PmsPort;
  readonly tasks: TasksPort;
  /** All that was told, in order: for feeds that are shuffled, or told twice. */
  readonly told: readonly PmsEvent[];
  /** What guests answered when they checked in by the port, by reservation. */
  readonly checkIns: ReadonlyMap<string, CheckInAnswers>;
  /** Requests that were taken, by the desk's id. */
  readonly requests: ReadonlyMap<string, TaskRequest>;
  /** Somebody books. */
  book(booking: PmsBooking): Promise<void>;
  /** They move to another room. */
  move(at: ReservationRef, to: { readonly from: string; readonly to: string }): Promise<void>;
  /** The booking is cancelled. */
  cancel(at: ReservationRef): Promise<void>;
  /** It gets a room. */
  assign(at: ReservationRef, room: string): Promise<void>;
  /** Its room is ready. */
  ready(at: ReservationRef): Promise<void>;
  /** The guest checks in at reception. */
  arrives(at: ReservationRef): Promise<void>;
  /** They pay what is open, at reception. */
  pays(at: ReservationRef): Promise<void>;
  /** They check out. */
  leaves(at: ReservationRef): Promise<void>;
  /** What becomes of a request. */
  does(taskId: string, status: PmsTaskEvent["status"], note?: string): Promise<void>;
  /** A booking as it is now. */
  reservation(at: ReservationRef): Reservation | null;
}

/** @throws {RangeError} for an act about a reservation, or a request, that there is not */
export function memoryPms({
  books = [],
  tells = () => Promise.resolve(),
  freeRooms = [],
  since = 0,
}: MemoryPmsOptions = {}): MemoryPms {
  const bookings = new Map<string, PmsBooking>();
  const versions = new Map<string, number>();
  const answered = new Map<string, Promise<unknown>>();
  /** By which key a reservation was checked in. */
  const checkedInBy = new Map<string, string>();
  const checkIns = new Map<string, CheckInAnswers>();
  const requests = new Map<string, TaskRequest>();
  const told: PmsEvent[] = [];
  const rooms = [...freeRooms];
  for (const booking of books) bookings.set(keyOf(idOf(booking)), booking);

  const found = (at: ReservationRef): PmsBooking | null => bookings.get(keyOf(at)) ?? null;
  const tell = async (event: PmsEvent): Promise<void> => {
    told.push(event);
    await tells(event);
  };
  const next = (about: string): { readonly version: number; readonly eventId: string } => {
    const version = (versions.get(about) ?? since) + 1;
    versions.set(about, version);
    return { version, eventId: `${about}#${String(version)}` };
  };

  async function act(
    at: ReservationRef,
    kind: PmsStayEvent["kind"],
    becomes: Partial<Reservation>,
    says: Partial<PmsStayEvent> = {},
  ): Promise<void> {
    const { hotelId, reservationId } = at;
    const booking = found(at);
    if (booking === null) throw unknown(at);
    bookings.set(keyOf(at), { ...booking, reservation: { ...booking.reservation, ...becomes } });
    await tell({ ...next(keyOf(at)), hotelId, reservationId, kind, ...says });
  }

  /** The same key again is answered as the first time. */
  function once<T>(key: string, call: () => Promise<T>): Promise<T> {
    const known = answered.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const answer = call();
    answered.set(key, answer);
    answer.catch(() => answered.delete(key));
    return answer;
  }

  const refusal = (booking: PmsBooking | null): { readonly outcome: "refused"; readonly why: PmsRefusal } | null => {
    if (booking === null) return { outcome: "refused", why: "unknown" };
    const { status } = booking.reservation;
    if (status === "cancelled") return { outcome: "refused", why: "cancelled" };
    return status === "checkedOut" ? { outcome: "refused", why: "over" } : null;
  };

  const arrives = (at: ReservationRef, room: string | null): Promise<void> =>
    act(at, "checked_in", { status: "checkedIn", room }, { ...(room !== null && { room }) });

  const port: PmsPort = {
    findReservations({ hotelId, name, number, date }) {
      const fits = ({ hotelId: own, reservation }: PmsBooking): boolean =>
        own === hotelId &&
        (reservation.status === "booked" || reservation.status === "checkedIn") &&
        isCalled(reservation.name, name) &&
        (number !== undefined || date !== undefined) &&
        (number === undefined || plain(number) === plain(reservation.number)) &&
        (date === undefined || date === reservation.from);
      return Promise.resolve([...bookings.values()].filter(fits).map(({ reservation }) => reservation));
    },
    reservation: (at) => Promise.resolve(found(at)?.reservation ?? null),
    checkIn: ({ idempotencyKey, answers, ...at }) =>
      once<CheckInResult>(`in ${idempotencyKey}`, async () => {
        const booking = found(at);
        const refused = refusal(booking);
        if (refused !== null || booking === null) return refused ?? { outcome: "refused", why: "unknown" };
        const { status, room: given } = booking.reservation;
        if (status === "checkedIn" && checkedInBy.get(keyOf(at)) !== idempotencyKey)
          return { outcome: "already", room: given };
        checkedInBy.set(keyOf(at), idempotencyKey);
        const room = given ?? rooms.shift() ?? null;
        checkIns.set(at.reservationId, answers);
        await arrives(at, room);
        return { outcome: "checkedIn", room };
      }),
    bill(at) {
      const booking = found(at);
      return Promise.resolve(booking && (booking.bill ?? NOTHING_TO_PAY));
    },
    checkOut: ({ idempotencyKey, ...at }) =>
      once<CheckOutResult>(`out ${idempotencyKey}`, async () => {
        const booking = found(at);
        const refused = refusal(booking);
        if (refused !== null) return refused;
        const { due } = booking?.bill ?? NOTHING_TO_PAY;
        if (due.amount > 0) return { outcome: "open", due };
        await act(at, "checked_out", { status: "checkedOut" });
        return { outcome: "checkedOut" };
      }),
    offers({ kinds, ...at }) {
      const all = refusal(found(at)) === null ? (found(at)?.offers ?? []) : [];
      return Promise.resolve(all.filter(({ kind }) => kinds?.includes(kind) ?? true));
    },
    charge: ({ idempotencyKey, offerId, price, ...at }) =>
      once<ChargeResult>(`charge ${idempotencyKey}`, () => {
        const booking = found(at);
        const refused = refusal(booking);
        if (refused !== null || booking === null)
          return Promise.resolve(refused ?? { outcome: "refused", why: "unknown" });
        const offer = booking.offers?.find((one) => one.offerId === offerId);
        const isSame = offer?.price.amount === price.amount && offer.price.currency === price.currency;
        if (offer === undefined || !isSame) return Promise.resolve({ outcome: "gone" });
        const bill = booking.bill ?? {
          ...NOTHING_TO_PAY,
          total: { ...price, amount: 0 },
          due: { ...price, amount: 0 },
        };
        const plus = (money: Bill["due"]): Bill["due"] => ({ ...money, amount: money.amount + price.amount });
        bookings.set(keyOf(at), {
          ...booking,
          offers: (booking.offers ?? []).filter((one) => one !== offer),
          bill: {
            total: plus(bill.total),
            due: plus(bill.due),
            lines: [...bill.lines, { text: offer.title.en, price }],
          },
        });
        return Promise.resolve({ outcome: "charged", reference: `${at.reservationId}/${offerId}` });
      }),
  };

  return {
    port,
    told,
    checkIns,
    requests,
    tasks: {
      create(request) {
        requests.set(request.id, request);
        return Promise.resolve({ taskId: `T-${request.idempotencyKey}` });
      },
    },
    async book(booking) {
      const { hotelId, reservation, guest } = booking;
      const at = idOf(booking);
      bookings.set(keyOf(at), booking);
      const { from, to, name, language, room } = reservation;
      await tell({
        ...next(keyOf(at)),
        hotelId,
        reservationId: reservation.reservationId,
        kind: "reservation_created",
        arrival: from,
        departure: to,
        guestName: name,
        ...(language !== undefined && { language }),
        ...(room !== null && { room }),
        ...(guest !== undefined && { guest }),
      });
    },
    move: (at, { from, to }) => act(at, "reservation_changed", { from, to }, { arrival: from, departure: to }),
    cancel: (at) => act(at, "reservation_cancelled", { status: "cancelled" }),
    assign: (at, room) => act(at, "room_assigned", { room }, { room }),
    ready: (at) => act(at, "room_ready", {}),
    arrives: (at) => arrives(at, found(at)?.reservation.room ?? null),
    pays(at) {
      const booking = found(at);
      if (booking === null) return Promise.reject(unknown(at));
      const { bill } = booking;
      if (bill !== undefined)
        bookings.set(keyOf(at), { ...booking, bill: { ...bill, due: { ...bill.due, amount: 0 } } });
      return Promise.resolve();
    },
    leaves: (at) => act(at, "checked_out", { status: "checkedOut" }),
    async does(taskId, status, note) {
      const request = requests.get(taskId);
      if (request === undefined) throw new RangeError(`There is no request ${taskId}.`);
      const { hotelId } = request;
      const said = note === undefined ? {} : { note };
      await tell({ ...next(taskId), hotelId, kind: "task_changed", taskId, status, ...said });
    },
    reservation: (at) => found(at)?.reservation ?? null,
  };
}

/** One thing that happens at a hotel in the course of a day. */
export interface PmsDayStep {
  /** By the clock on the wall, `HH:MM`. */
  readonly at: string;
  readonly says: string;
  /** Lets it happen. */
  readonly run: () => Promise<void>;
}

/** A day at the front desk: rooms are given and get ready, guests arrive and leave. @param guests who arrives; the first of them leaves again */
export function pmsDay(pms: MemoryPms, guests: readonly PmsBooking[], rooms: readonly string[]): readonly PmsDayStep[] {
  const step = (at: string, says: string, run: () => Promise<void>): PmsDayStep => ({ at, says, run });
  const [first] = guests;
  const ofAll = guests.flatMap((booking, index): readonly PmsDayStep[] => {
    const { reservation } = booking;
    const [at, room] = [idOf(booking), rooms[index] ?? String(101 + index)];
    return [
      step("08:00", `${reservation.number} is booked`, () => pms.book(booking)),
      step("10:00", `room ${room} is given to ${reservation.number}`, () => pms.assign(at, room)),
      step("14:00", `room ${room} is ready`, () => pms.ready(at)),
      step("15:30", `${reservation.number} arrives`, () => pms.arrives(at)),
    ];
  });
  const leaving =
    first === undefined ? [] : [step("18:00", `${first.reservation.number} leaves`, () => pms.leaves(idOf(first)))];
  return [...ofAll, ...leaving].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

const unknown = ({ hotelId, reservationId }: ReservationRef): RangeError =>
  new RangeError(`There is no reservation ${reservationId} at ${hotelId}.`);

const NOTHING_TO_PAY: Bill = { total: { amount: 0, currency: "EUR" }, due: { amount: 0, currency: "EUR" }, lines: [] };

const idOf = ({ hotelId, reservation: { reservationId } }: PmsBooking): ReservationRef => ({ hotelId, reservationId });
const keyOf = ({ hotelId, reservationId }: ReservationRef): string => `${hotelId}/${reservationId}`;

const plain = (text: string): string =>
  text
    .normalize("NFD")
    .replace(/[\p{M}\s-]/gu, "")
    .toLowerCase();

/** The whole name, or the family name. */
const isCalled = (name: string, typed: string): boolean =>
  plain(typed) !== "" && [name, name.trim().split(/\s+/).at(-1) ?? ""].some((one) => plain(one) === plain(typed));
