import fs from "node:fs";
import path from "node:path";
import { fakeWhatsApp, type FakeWhatsApp, type GuestFile, type MediaKind, type NewTemplate } from "belldesk/testing";
import express, { type ErrorRequestHandler, type Router } from "express";
import type { Config } from "./config.js";
import { NUMBERS, TEMPLATES } from "./hotels.js";
import { SAMPLES } from "./sample-files.js";

/**
 * The simulated WhatsApp of this machine. What phones show, and what the hotel has not heard of yet, is kept beside the
 * database: a process that dies between the two brings it when it comes back.
 */
export async function startSimulator({ port, dataDir, appSecret }: Config): Promise<FakeWhatsApp> {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = path.join(dataDir, "phones.json");
  const snapshot = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
  const fake = await fakeWhatsApp({
    appSecret,
    webhookUrl: `http://127.0.0.1:${String(port)}/webhooks/whatsapp`,
    ...(snapshot !== undefined && { snapshot }),
    onChange: (whatsapp) => {
      // Written whole and then renamed: a phone never shows half of what it knew.
      fs.writeFileSync(`${file}.new`, whatsapp.snapshot(), { mode: 0o600 });
      fs.renameSync(`${file}.new`, file);
    },
  });
  // Whatever became of them since stands in the file.
  if (snapshot === undefined) for (const template of TEMPLATES) fake.template(template);
  return fake;
}

/**
 * What people do on their phones, and Meta with templates; README.md has the same as a table. A `POST` answers `{ wamid }`
 * when the webhook was answered 200; what the phone does not show is 422.
 *
 * - `GET /guests/:address/messages?hotel=`: what a guest's phone shows, oldest first.
 * - `POST /guests/:address/messages`: a guest acts. `{ hotel, type: "text", text }`, `{ hotel, type: "button" | "list", id }`
 *   (or `title`), `{ hotel, type: "edit", wamid, text }`, `{ hotel, type: "revoke", wamid }`,
 *   `{ hotel, type: "reaction", wamid, emoji }` (`emoji: null` takes it back), `{ hotel, type: "unsupported", text }` (`poll`, for
 *   example), a file, or any other type, with `text` as the caption. A file is `{ hotel, type: "image" | "document" | "audio" | "video" | "sticker", base64, mimeType }`, with `text`,
 *   `fileName` and `voice` where there are such; an image and a document need no `base64`: the phone has one at hand.
 * - `POST /guests/:address/preferences`: `{ hotel, marketing: "stop" | "resume" }`, what a guest wants to hear. Answers `{}`.
 * - `POST /guests/:address/identity`: `{ phone }`, the number that a guest has from now on, with which comes another id; or
 *   `{ hidesPhone: true | false }`. Answers `{ wamids, identity }`: what each hotel with a chat was told by, and who they are now.
 * - `POST /hotel-phone/messages`: somebody at the hotel writes in the phone app. `{ hotel, to, text }`.
 * - `POST /templates`: Meta approves a template, `{ name, language, components }` as the Graph API has them, with `category`
 *   and `status` where they are not `UTILITY` and `APPROVED`. Answers with the template.
 * - `POST /templates/:name/status` and `/category`: Meta changes its mind. `{ language, status }` or `{ language, category }`.
 *   Answers `{}`; 422 when there is no such template.
 */
export function simulatorRouter(fake: FakeWhatsApp): Router {
  const router = express.Router();
  // A file of 10 MB is 14 MB of base64.
  router.use(express.json({ limit: "14mb" }));

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

  router.post("/guests/:address/preferences", (request, response, next) => {
    const { hotel, marketing } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof hotel !== "string" || (marketing !== "stop" && marketing !== "resume")) {
      invalid(response, 'Send JSON like {"hotel":"grand","marketing":"stop"}.');
      return;
    }
    const number = numberOf(hotel);
    if (number === undefined) {
      unknownHotel(response);
      return;
    }
    const guest = fake.guest(request.params.address);
    const told = marketing === "stop" ? guest.stopsMarketing(number) : guest.resumesMarketing(number);
    told.then(() => response.json({}), next);
  });

  router.post("/guests/:address/identity", (request, response, next) => {
    const { phone, hidesPhone } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
    const isNumber = typeof phone === "string" && /^\d{7,15}$/.test(phone);
    if (!isNumber && typeof hidesPhone !== "boolean") {
      invalid(response, 'Send JSON like {"phone":"12025550151"} or {"hidesPhone":true}.');
      return;
    }
    const guest = fake.guest(request.params.address);
    if (hidesPhone === true) guest.hidesPhone();
    if (hidesPhone === false) guest.showsPhone();
    const told = isNumber ? guest.changesNumber(phone) : Promise.resolve([]);
    told.then((wamids) => response.json({ wamids, identity: guest.identity }), next);
  });

  router.post("/templates", (request, response) => {
    const body = (request.body ?? {}) as Partial<NewTemplate>;
    const { name, language, components } = body;
    if (typeof name !== "string" || typeof language !== "string" || !Array.isArray(components)) {
      invalid(
        response,
        'Send JSON like {"name":"arrival","language":"en","components":[{"type":"BODY","text":"Hello {{1}}"}]}.',
      );
      return;
    }
    response.json(fake.template({ ...body, name, language, components }));
  });

  const changes = (response: express.Response, next: express.NextFunction, told: Promise<void>): void => {
    told.then(
      () => response.json({}),
      (error: unknown) => {
        if (error instanceof RangeError)
          response.status(422).json({ error: { code: "template_unknown", message: error.message } });
        else next(error);
      },
    );
  };

  router.post("/templates/:name/status", (request, response, next) => {
    const { language, status } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof language !== "string" || typeof status !== "string")
      invalid(response, 'Send JSON like {"language":"en","status":"PAUSED"}.');
    else changes(response, next, fake.setTemplateStatus({ name: request.params.name, language }, status));
  });

  router.post("/templates/:name/category", (request, response, next) => {
    const { language, category } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof language !== "string" || (category !== "MARKETING" && category !== "UTILITY"))
      invalid(response, 'Send JSON like {"language":"en","category":"MARKETING"}, or UTILITY.');
    else changes(response, next, fake.setTemplateCategory({ name: request.params.name, language }, category));
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
  /** Of a file. */
  readonly base64?: string;
  readonly mimeType?: string;
  readonly fileName?: string;
  readonly voice?: boolean;
}

const isFile = (type: string): type is MediaKind => ["image", "document", "audio", "video", "sticker"].includes(type);

function act(fake: FakeWhatsApp, address: string, number: string, deed: Act): Promise<string> {
  const { type = "text", text = "", id, title, option, wamid = "", emoji = null } = deed;
  const guest = fake.guest(address);
  const file = isFile(type) ? fileOf(type, deed) : null;
  if (file !== null) return guest.sendsFile(number, file);
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
    case "unsupported":
      return guest.sendsUnsupported(number, text === "" ? null : text);
    case "reaction":
      return guest.reacts(number, wamid, emoji);
    default:
      return guest.sends(number, type, text === "" ? {} : { caption: text });
  }
}

/** null when neither the act nor the phone has one. */
function fileOf(kind: MediaKind, { text = "", base64, mimeType, fileName, voice }: Act): GuestFile | null {
  const sample = SAMPLES[kind];
  const bytes = base64 === undefined ? sample?.bytes : Buffer.from(base64, "base64");
  const type = mimeType ?? sample?.mimeType;
  if (bytes === undefined || type === undefined) return null;
  const name = fileName ?? (kind === "document" ? sample?.fileName : undefined);
  return {
    kind,
    bytes,
    mimeType: type,
    ...(text !== "" && { caption: text }),
    ...(name !== undefined && { fileName: name }),
    ...(voice !== undefined && { voice }),
  };
}

const numberOf = (hotel: string): string | undefined => (Object.hasOwn(NUMBERS, hotel) ? NUMBERS[hotel] : undefined);

const invalid = (response: express.Response, message: string): void => {
  response.status(400).json({ error: { code: "request_invalid", message } });
};

const unknownHotel = (response: express.Response): void => {
  response.status(404).json({ error: { code: "not_found", message: "There is no such hotel; try grand or seaside." } });
};
