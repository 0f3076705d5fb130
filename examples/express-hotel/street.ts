import type { EventEmitter } from "node:events";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { FakeWhatsApp } from "belldesk/testing";
import express, { type Express, type Router } from "express";
import { assets } from "./assets.js";
import type { StreetClock } from "./clock.js";
import type { Door } from "./door.js";
import { failed } from "./failures.js";
import { invalid } from "./simulator-answers.js";
import { simulatorRouter } from "./simulator.js";
import type { Supervisor } from "./supervisor.js";

export interface StreetOptions {
  readonly simulator: FakeWhatsApp;
  /** Emits `change` whenever a phone may show something else. */
  readonly changes: EventEmitter;
  readonly hotel: Supervisor;
  readonly way: Door;
  readonly clock: StreetClock;
}

const PAGES = fileURLToPath(new URL("public", import.meta.url));
/** Pages load nothing from elsewhere and run no script that stands in them; a phone plays the sounds and films that it was sent. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; media-src 'self' blob:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const HOUR_MS = 3_600_000;

/** All that is at the hotel's address: phones and WhatsApp here, and the hotel behind its door. */
export function street({ simulator, changes, hotel, way, clock }: StreetOptions): Express {
  const app = express();
  app.disable("x-powered-by");
  // The hotel's own system, which is with the hotel.
  app.use("/simulator/front-desk", (request, response) => {
    request.url = request.originalUrl;
    way.pass(request, response);
  });
  app.use("/simulator", streetRouter({ hotel, way, clock, changed: () => void changes.emit("change") }));
  app.use("/simulator", simulatorRouter(simulator, changes));

  for (const [address, file] of [
    ["/guest", "guest.html"],
    ["/scenarios", "scenarios.html"],
  ] as const)
    app.get(address, (_request, response) => {
      response.set({
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
      });
      response.sendFile(file, { root: PAGES });
    });
  // What phones show stays while the hotel is away; the rest of the pages is the hotel's.
  for (const file of ["guest.js", "guest.css"])
    app.get(`/assets/${file}`, (_request, response) => {
      response.sendFile(file, { root: PAGES });
    });
  for (const folder of ["guest", "shared"])
    app.use(`/assets/${folder}`, express.static(path.join(PAGES, folder), { index: false }));
  app.get("/assets/markup.js", assets());
  app.use((request, response) => {
    way.pass(request, response);
  });
  app.use(failed);
  return app;
}

export interface StreetRouterOptions extends Pick<StreetOptions, "hotel" | "way" | "clock"> {
  /** Phones show another time. */
  readonly changed: () => void;
}

/** Time, and what happens to the hotel's process and to the line of its staff. README.md has each with its body and its answer. */
export function streetRouter({ hotel, way, clock, changed }: StreetRouterOptions): Router {
  const router = express.Router();
  router.use(["/clock", "/line", "/hotel-process"], express.json());

  const time = () => ({ now: clock.now().toISOString(), hoursAhead: clock.aheadMs / HOUR_MS });
  router.get("/clock", (_request, response) => {
    response.json(time());
  });
  router.post("/clock", (request, response, next) => {
    const { hours } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof hours !== "number" || !(hours > 0 && hours <= 24 * 365)) {
      invalid(response, 'Send JSON like {"hours":26}: above 0, and at most 8760.');
      return;
    }
    const ms = Math.round(hours * HOUR_MS);
    hotel
      .shiftClock(ms)
      .then((isMoved) => {
        if (isMoved) {
          clock.pass(ms);
          changed();
          response.json(time());
        } else {
          const error = { code: "hotel_away", message: "The hotel's clock can be moved when the hotel is there." };
          response.status(503).json({ error });
        }
      })
      .catch(next);
  });

  router.get("/hotel-process", (_request, response) => {
    response.json(hotel.now);
  });
  router.post("/hotel-process/kill", (request, response, next) => {
    const seconds = secondsOf(request.body, 3);
    if (seconds === null) {
      invalid(response, 'Send JSON like {"seconds":3}: for how long there is no process, at most 60.');
      return;
    }
    hotel.kill(seconds * 1_000).then((pid) => response.json({ pid }), next);
  });

  let mend: NodeJS.Timeout | undefined;
  router.post("/line", (request, response) => {
    const seconds = secondsOf(request.body, 5);
    if (seconds === null) {
      invalid(response, 'Send JSON like {"seconds":5}: for how long staff have no line, at most 60; 0 mends it.');
      return;
    }
    clearTimeout(mend);
    way.isCut = seconds > 0;
    if (seconds > 0)
      mend = setTimeout(() => {
        way.isCut = false;
      }, seconds * 1_000);
    response.json({});
  });
  return router;
}

/** null when it is none. */
function secondsOf(body: unknown, usual: number): number | null {
  const { seconds = usual } = (body ?? {}) as Readonly<Record<string, unknown>>;
  return typeof seconds === "number" && seconds >= 0 && seconds <= 60 ? seconds : null;
}
