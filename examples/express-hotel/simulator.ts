import fs from "node:fs";
import path from "node:path";
import { EventEmitter } from "node:events";
import { systemClock, type Clock } from "belldesk";
import { fakeWhatsApp, type FakeWhatsApp, type Mishap, type NewTemplate } from "belldesk/testing";
import express, { type Router } from "express";
import { act, unfit, type Act } from "./acts.js";
import type { Config } from "./config.js";
import { TEMPLATES } from "./hotels.js";
import { fileRoutes } from "./simulator-files.js";
import { invalid, numberOf, unknownHotel } from "./simulator-answers.js";

/**
 * The simulated WhatsApp of this machine. What phones show, and what the hotel has not heard of yet, is kept beside the
 * database: a process that dies between the two brings it when it comes back.
 * @param options.changes emits `change` whenever a phone may show something else
 */
export async function startSimulator(
  { port, dataDir, appSecret }: Config,
  {
    clock = systemClock,
    changes = new EventEmitter(),
  }: { readonly clock?: Clock; readonly changes?: EventEmitter } = {},
): Promise<FakeWhatsApp> {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = path.join(dataDir, "phones.json");
  const snapshot = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
  const fake = await fakeWhatsApp({
    appSecret,
    clock,
    webhookUrl: `http://127.0.0.1:${String(port)}/webhooks/whatsapp`,
    ...(snapshot !== undefined && { snapshot }),
    onChange: (whatsapp) => {
      // Written whole and then renamed: a phone never shows half of what it knew.
      fs.writeFileSync(`${file}.new`, whatsapp.snapshot(), { mode: 0o600 });
      fs.renameSync(`${file}.new`, file);
      changes.emit("change");
    },
  });
  // Whatever became of them since stands in the file.
  if (snapshot === undefined) for (const template of TEMPLATES) fake.template(template);
  return fake;
}

/**
 * What people do on their phones, what happens to it on its way, and Meta with templates: README.md has every route with its body and its
 * answer. A `POST` by which a guest acts answers `{ wamid }` when the webhook was answered 200; what the phone does not show is 422.
 * @param changes emits `change` whenever a phone may show something else; without it nobody is told, and has to look
 */
export function simulatorRouter(fake: FakeWhatsApp, changes = new EventEmitter()): Router {
  const router = express.Router();
  // A file of 10 MB is 14 MB of base64.
  router.use(express.json({ limit: "14mb" }));

  router.get("/guests/:address/messages", (request, response) => {
    const { address } = request.params;
    const { hotel } = request.query;
    if (typeof hotel !== "string") {
      invalid(response, "Which hotel? Add ?hotel=grand or ?hotel=seaside.");
      return;
    }
    const number = numberOf(hotel);
    if (number === undefined) {
      unknownHotel(response);
      return;
    }
    const items = fake.phone(address, number);
    // Whoever only looks makes nobody up.
    const about =
      items.length === 0 ? {} : { typing: fake.typing(address, number), guest: fake.guest(address).identity };
    response.json({ items, ...about });
  });

  router.post("/guests/:address/messages", (request, response, next) => {
    const body = (request.body ?? {}) as Act & { readonly hotel?: unknown; readonly wait?: boolean };
    const { address } = request.params;
    if (typeof body.hotel !== "string") {
      invalid(response, 'Send JSON that names a hotel: {"hotel":"grand","type":"text","text":"Hello"}.');
      return;
    }
    const wrong = unfit(body);
    if (wrong !== null) {
      invalid(response, `"${wrong}" cannot be that: README.md says what each act takes.`);
      return;
    }
    const number = numberOf(body.hotel);
    if (number === undefined) {
      unknownHotel(response);
      return;
    }
    const refuse = (error: unknown): void => {
      if (response.headersSent) return;
      if (!(error instanceof RangeError)) {
        next(error);
        return;
      }
      // Something to tap, or a message.
      const code = body.type === "button" || body.type === "list" ? "option_unknown" : "message_unknown";
      response.status(422).json({ error: { code, message: error.message } });
    };
    const acted = act(fake, address, number, body);
    acted.then((wamid) => {
      if (!response.headersSent) response.json({ wamid });
    }, refuse);
    // What the phone refuses it has refused by then; the rest is on its way, and shown with the ticks that it has.
    if (body.wait === false)
      setImmediate(() => {
        if (!response.headersSent) response.status(202).json({});
      });
  });

  router.post("/guests/:address/read", (request, response) => {
    const { hotel } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
    const number = typeof hotel === "string" ? numberOf(hotel) : undefined;
    if (number === undefined) unknownHotel(response);
    else {
      // The hotel hears of it when it is there.
      fake
        .guest(request.params.address)
        .reads(number)
        .catch(() => undefined);
      response.json({});
    }
  });

  router.post("/guests/:address/phone", (request, response) => {
    const { reports } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
    const wanted =
      typeof reports === "string" && Object.hasOwn(PHONE_REPORTS, reports) ? PHONE_REPORTS[reports] : undefined;
    if (wanted === undefined) {
      invalid(response, 'Send JSON like {"reports":"delivered"}: all, delivered or nothing.');
      return;
    }
    fake.guest(request.params.address).stands({ reports: wanted });
    response.json({});
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
    const { phone, hidesPhone, name } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
    const isNumber = typeof phone === "string" && /^\d{7,15}$/.test(phone);
    const isNamed = typeof name === "string" && name.trim() !== "" && name.length <= 60;
    if (!isNumber && typeof hidesPhone !== "boolean" && !isNamed) {
      invalid(response, 'Send JSON like {"phone":"12025550151"}, {"hidesPhone":true} or {"name":"Ada"}.');
      return;
    }
    const guest = fake.guest(request.params.address);
    if (isNamed) fake.guest({ ...guest.identity, name });
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

  const answerWith = (response: express.Response, next: express.NextFunction, told: Promise<void>): void => {
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
    else answerWith(response, next, fake.setTemplateStatus({ name: request.params.name, language }, status));
  });

  router.post("/templates/:name/category", (request, response, next) => {
    const { language, category } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof language !== "string" || (category !== "MARKETING" && category !== "UTILITY"))
      invalid(response, 'Send JSON like {"language":"en","category":"MARKETING"}, or UTILITY.');
    else answerWith(response, next, fake.setTemplateCategory({ name: request.params.name, language }, category));
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

  router.get("/deliveries", (_request, response) => {
    response.json({ items: fake.deliveries });
  });

  router.post("/deliveries", (request, response) => {
    const { next: kind, seconds = 5 } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
    const byMs = typeof seconds === "number" && seconds >= 0 && seconds <= 600 ? seconds * 1_000 : null;
    if (byMs === null || !isMishap(kind)) {
      invalid(response, 'Send JSON like {"next":"late","seconds":5}: twice, answerLost, late or overtaken.');
      return;
    }
    fake.mishap(kind === "late" || kind === "overtaken" ? { kind, byMs } : { kind });
    response.json({});
  });

  router.get("/changes", (request, response) => {
    response.set({ "content-type": "text/event-stream", "cache-control": "no-store" }).flushHeaders();
    let isDue = false;
    const tell = (): void => {
      if (isDue) return;
      isDue = true;
      // Many at once are one: whoever hears of it looks at everything.
      setTimeout(() => {
        isDue = false;
        response.write("event: change\ndata: \n\n");
      }, 30);
    };
    response.write(": here\n\n");
    changes.on("change", tell);
    request.on("close", () => changes.off("change", tell));
  });

  fileRoutes(router, fake);
  return router;
}

/** What a phone reports of what it gets: that it came and was read, that it came, or nothing, as one that is off. */
const PHONE_REPORTS: Readonly<Record<string, readonly ("sent" | "delivered")[] | null>> = {
  all: null,
  delivered: ["sent", "delivered"],
  nothing: ["sent"],
};

const isMishap = (kind: unknown): kind is Mishap["kind"] =>
  ["twice", "answerLost", "late", "overtaken"].includes(kind as string);
