import type { MemoryPms } from "belldesk/testing";
import express, { type Router } from "express";

/** What happens at the front desk, by hand: `POST /simulator/front-desk/arrives {"hotel":"grand"}`. */
export function frontDeskRouter(pms: MemoryPms): Router {
  const router = express.Router();
  router.use(express.json());
  router.post("/:act", (request, response, next) => {
    const body = (request.body ?? {}) as Partial<Record<string, string>>;
    const { hotel: hotelId = "grand", reservation: reservationId = `${hotelId}-1`, room = "101" } = body;
    const at = { hotelId, reservationId };
    const { address = "12025550101", name = "Ada Demo", from = today(0), to = today(3), language = "en" } = body;
    const stay = { reservationId, number: reservationId, status: "booked", name, from, to, guests: 1 } as const;
    const acts: Readonly<Record<string, () => Promise<void>>> = {
      books: () => pms.book({ hotelId, guest: { waId: address }, reservation: { ...stay, room: null, language } }),
      moves: () => pms.move(at, { from, to }),
      cancels: () => pms.cancel(at),
      room: () => pms.assign(at, room),
      ready: () => pms.ready(at),
      arrives: () => pms.arrives(at),
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

const today = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
