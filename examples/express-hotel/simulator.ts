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

/** `POST` makes a guest act, `GET` shows their phone. Answers a POST when the webhook was answered 200. */
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
        if (!(error instanceof RangeError)) next(error);
        else response.status(422).json({ error: { code: "option_unknown", message: error.message } });
      },
    );
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
}

function act(
  fake: FakeWhatsApp,
  address: string,
  number: string,
  { type = "text", text = "", id, title, option }: Act,
): Promise<string> {
  const guest = fake.guest(address);
  switch (type) {
    case "text":
      return guest.says(number, text);
    case "button":
    case "list":
      return guest.taps(number, id ?? option ?? title ?? text);
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
