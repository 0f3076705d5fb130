import { pmsDay, type MemoryPms, type PmsBooking, type PmsDayStep } from "belldesk/testing";
import express, { type Router } from "express";
import { offersOf } from "./pms.js";

/** A booking as it is typed in; what is left out is somebody's who comes today. */
type Typed = Partial<Record<"reservation" | "address" | "name" | "from" | "to" | "language", string>>;

/** What happens at the front desk, by hand: `POST /simulator/front-desk/arrives {"hotel":"grand"}`; or a whole day of it, one thing after the other. */
export function frontDeskRouter(pms: MemoryPms): Router {
  const router = express.Router();
  router.use(express.json());

  /** What is still to happen on the day that was begun last. */
  let day: PmsDayStep[] = [];
  router.post("/day", (request, response) => {
    const {
      hotel = "grand",
      guests = [],
      rooms = [],
    } = (request.body ?? {}) as {
      readonly hotel?: string;
      readonly guests?: readonly Typed[];
      readonly rooms?: readonly string[];
    };
    day = [
      ...pmsDay(
        pms,
        guests.map((guest) => bookingOf(hotel, guest)),
        rooms,
      ),
    ];
    response.json({ steps: day.map(({ at, says }) => ({ at, says })) });
  });
  router.post("/next", (_request, response, next) => {
    const step = day.shift();
    if (step === undefined) {
      response.status(404).json({ error: { code: "front_desk", message: "The day is over." } });
      return;
    }
    const { at, says, run } = step;
    run().then(() => response.json({ at, says, told: pms.told.at(-1) ?? null, then: day[0]?.at ?? null }), next);
  });

  router.post("/:act", (request, response, next) => {
    const body = (request.body ?? {}) as Partial<Record<string, string>>;
    const { hotel: hotelId = "grand", reservation: reservationId = `${hotelId}-1`, room = "101" } = body;
    const at = { hotelId, reservationId };
    const booking = bookingOf(hotelId, { ...body, reservation: reservationId });
    const { from, to } = booking.reservation;
    const acts: Readonly<Record<string, () => Promise<void>>> = {
      books: () => pms.book(booking),
      moves: () => pms.move(at, { from, to }),
      cancels: () => pms.cancel(at),
      room: () => pms.assign(at, room),
      ready: () => pms.ready(at),
      arrives: () => pms.arrives(at),
      pays: () => pms.pays(at),
      leaves: () => pms.leaves(at),
      task: () =>
        pms.does(body["task"] ?? "", (body["status"] ?? "done") as "accepted" | "started" | "done" | "refused"),
    };
    const act = Object.hasOwn(acts, request.params.act) ? acts[request.params.act] : undefined;
    if (act === undefined) {
      next();
      return;
    }
    act().then(
      () => response.json({ told: pms.told.at(-1) ?? null }),
      (error: unknown) => {
        const message = error instanceof RangeError ? error.message : "The desk did not take it.";
        response.status(error instanceof RangeError ? 404 : 500).json({ error: { code: "front_desk", message } });
      },
    );
  });
  return router;
}

function bookingOf(hotelId: string, typed: Typed): PmsBooking {
  const { reservation: id = `${hotelId}-1`, address = "12025550101", name = "Ada Demo", language = "en" } = typed;
  const { from = today(0), to = today(3) } = typed;
  return {
    hotelId,
    guest: { waId: address },
    offers: offersOf(hotelId),
    reservation: {
      ...{ reservationId: id, number: id, status: "booked", name, from, to, guests: 1, room: null, language },
    },
  };
}

const today = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
