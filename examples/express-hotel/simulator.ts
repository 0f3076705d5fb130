import fs from "node:fs";
import path from "node:path";
import { fakeWhatsApp, type FakeWhatsApp } from "belldesk/testing";
import express, { type ErrorRequestHandler, type Router } from "express";
import type { Config } from "./config.js";
import { NUMBERS } from "./hotels.js";

/**
 * The simulated WhatsApp of this machine. What phones show, and what the hotel has not heard of yet, is kept beside the
 * database: a process that dies between the two brings it when it comes back.
 */
export async function startSimulator({ port, dataDir, appSecret }: Config): Promise<FakeWhatsApp> {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = path.join(dataDir, "phones.json");
  const snapshot = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
  return fakeWhatsApp({
    appSecret,
    webhookUrl: `http://127.0.0.1:${String(port)}/webhooks/whatsapp`,
    ...(snapshot !== undefined && { snapshot }),
    onChange: (whatsapp) => {
      // Written whole and then renamed: a phone never shows half of what it knew.
      fs.writeFileSync(`${file}.new`, whatsapp.snapshot(), { mode: 0o600 });
      fs.renameSync(`${file}.new`, file);
    },
  });
}

/**
 * What people do on their phones. A `POST` answers `{ wamid }` when the webhook was answered 200; what the phone does not
 * show is 422.
 *
 * - `GET /guests/:address/messages?hotel=`: what a guest's phone shows, oldest first.
 * - `POST /guests/:address/messages`: a guest acts. `{ hotel, type: "text", text }`, `{ hotel, type: "button" | "list", id }`
 *   (or `title`), `{ hotel, type: "edit", wamid, text }`, `{ hotel, type: "revoke", wamid }`,
 *   `{ hotel, type: "reaction", wamid, emoji }` (`emoji: null` takes it back), or any other type, with `text` as the caption.
 * - `POST /hotel-phone/messages`: somebody at the hotel writes in the phone app. `{ hotel, to, text }`.
 */
export function simulatorRouter(fake: FakeWhatsApp): Router {
  const router = express.Router();
  router.use(express.json());

  router.get("/guests/:address/messages", (request, response) => {
    const { hotel } = request.query;
    if (typeof hotel !== "string") {
      invalid(response, "Which hotel? Add ?hotel=grand or ?hotel=seaside.");
      return;
    }
    const number = numberOf(hotel);
    if (number === undefined) unknownHotel(response);
    else response.json({ items: fake.phone(request.params.address, number) });
  });

  router.post("/guests/:address/messages", (request, response, next) => {
    const body = request.body as (Act & { readonly hotel?: string }) | undefined;
    if (body?.hotel === undefined) {
      invalid(response, 'Send JSON that names a hotel: {"hotel":"grand","type":"text","text":"Hello"}.');
      return;
    }
    const number = numberOf(body.hotel);
    if (number === undefined) {
      unknownHotel(response);
      return;
    }
    act(fake, request.params.address, number, body).then(
      (wamid) => response.json({ wamid }),
      (error: unknown) => {
        if (!(error instanceof RangeError)) {
          next(error);
          return;
        }
        // Something to tap, or a message.
        const code = body.type === "button" || body.type === "list" ? "option_unknown" : "message_unknown";
        response.status(422).json({ error: { code, message: error.message } });
      },
    );
  });

  router.post("/hotel-phone/messages", (request, response, next) => {
    const { hotel, to, text } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof hotel !== "string" || typeof to !== "string" || to === "" || typeof text !== "string") {
      invalid(response, 'Send JSON like {"hotel":"grand","to":"12025550101","text":"Good evening"}.');
      return;
    }
    const number = numberOf(hotel);
    if (number === undefined) {
      unknownHotel(response);
      return;
    }
    fake
      .hotelPhone(number)
      .says(to, text)
      .then((wamid) => response.json({ wamid }), next);
  });

  const unreadable: ErrorRequestHandler = (error: unknown, _request, response, next) => {
    if (error instanceof SyntaxError) invalid(response, "The body is not JSON.");
    else next(error);
  };
  router.use(unreadable);
  return router;
}

interface Act {
  readonly type?: string;
  readonly text?: string;
  readonly id?: string;
  readonly title?: string;
  readonly option?: string;
  /** Of the message that is edited, deleted or reacted to. */
  readonly wamid?: string;
  readonly emoji?: string | null;
}

function act(
  fake: FakeWhatsApp,
  address: string,
  number: string,
  { type = "text", text = "", id, title, option, wamid = "", emoji = null }: Act,
): Promise<string> {
  const guest = fake.guest(address);
  switch (type) {
    case "text":
      return guest.says(number, text);
    case "button":
    case "list":
      return guest.taps(number, id ?? option ?? title ?? text);
    case "edit":
      return guest.edits(number, wamid, text);
    case "revoke":
      return guest.deletes(number, wamid);
    case "reaction":
      return guest.reacts(number, wamid, emoji);
    default:
      return guest.sends(number, type, text === "" ? {} : { caption: text });
  }
}

const numberOf = (hotel: string): string | undefined => (Object.hasOwn(NUMBERS, hotel) ? NUMBERS[hotel] : undefined);

const invalid = (response: express.Response, message: string): void => {
  response.status(400).json({ error: { code: "request_invalid", message } });
};

const unknownHotel = (response: express.Response): void => {
  response.status(404).json({ error: { code: "not_found", message: "There is no such hotel; try grand or seaside." } });
};
