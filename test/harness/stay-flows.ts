import type * as Flows from "belldesk/flows";
import type { Desk, Flow, HotelOptions, TasksPort } from "belldesk";
import { GRAND_NUMBER } from "./hotel.js";

/** The text of the house rules, and the template by which a guest is asked to check in, in each language. */
export const HOUSE_RULES: Readonly<Record<Flows.Language, string>> = {
  en: "Quiet from ten at night.",
  it: "Silenzio dalle dieci di sera.",
  es: "Silencio desde las diez de la noche.",
  pt: "Silêncio a partir das dez da noite.",
  de: "Ruhe ab zehn Uhr abends.",
  fr: "Silence à partir de dix heures du soir.",
};
export const INVITATIONS: Readonly<Record<Flows.Language, readonly [body: string, button: string]>> = {
  en: ["{{1}}, we expect you on {{2}}.", "Check in now"],
  it: ["{{1}}, La aspettiamo il {{2}}.", "Check-in ora"],
  es: ["{{1}}, le esperamos el {{2}}.", "Check-in ahora"],
  pt: ["{{1}}, esperamos você em {{2}}.", "Check-in agora"],
  de: ["{{1}}, wir erwarten Sie am {{2}}.", "Jetzt einchecken"],
  fr: ["{{1}}, nous vous attendons le {{2}}.", "Check-in maintenant"],
};
export const REVIEWS = "https://reviews.example/grand";

/** As the Graph API writes it. */
const invitation = (language: Flows.Language) => ({
  name: "invitation",
  language,
  status: "APPROVED",
  category: "UTILITY",
  components: [
    { type: "BODY", text: INVITATIONS[language][0], example: { body_text: [["Anna", "today"]] } },
    { type: "BUTTONS", buttons: [{ type: "QUICK_REPLY", text: INVITATIONS[language][1] }] },
  ],
});

/** A hotel that speaks a language, and asks guests to check in before they come. */
export function stayHotel(language: Flows.Language): HotelOptions {
  const template = {
    type: "template" as const,
    name: "invitation",
    language,
    body: [{ text: "{name}" }, { text: "{arrival}" }],
    buttons: [{ type: "quickReply" as const, index: 0, payload: "check-in" }],
  };
  return {
    id: "grand",
    name: "Grand",
    timeZone: "Europe/Rome",
    language,
    numbers: [{ phoneNumberId: GRAND_NUMBER, accessToken: "grand-token", messagesPerSecond: null }],
    departments: [
      { id: "reception", name: "Reception" },
      { id: "housekeeping", name: "Housekeeping" },
    ],
    templates: [invitation(language)],
    stays: {
      messages: [
        { id: "invitation", when: { before: "arrival", ms: 48 * 3_600_000 }, templates: { [language]: template } },
      ],
    },
  };
}

/**
 * All ready-made flows, and what does requests: the hotel's own systems stand behind an address, so that they outlive a process of the desk.
 * @param lib the flows of the package, or of the source @param outside `http://...`
 */
export function stayFlows(
  lib: Pick<typeof Flows, "checkIn" | "checkOut" | "guestRequest" | "upsell">,
  outside: string,
  createTask: Desk["createTask"],
): { readonly flows: readonly Flow[]; readonly tasks: TasksPort } {
  async function call<T>(name: string, asked: object): Promise<T> {
    const { signal, ...body } = asked as { readonly signal?: AbortSignal };
    const response = await fetch(`${outside}/${name}`, {
      method: "POST",
      body: JSON.stringify(body),
      ...(signal !== undefined && { signal }),
    });
    if (response.status !== 200) throw new Error(`${name} was answered ${String(response.status)}`);
    return (await response.json()) as T;
  }
  const pms: Flows.PmsPort = {
    findReservations: (query) => call("findReservations", query),
    reservation: (query) => call("reservation", query),
    checkIn: (request) => call("checkIn", request),
    bill: (query) => call("bill", query),
    checkOut: (request) => call("checkOut", request),
    offers: (query) => call("offers", query),
    charge: (request) => call("charge", request),
  };
  return {
    tasks: { create: (request) => call("createTask", request) },
    flows: [
      lib.checkIn({
        pms,
        rules: { version: "2026-11", text: HOUSE_RULES },
        identity: "photo",
        async verify({ bytes, signal, ...photo }) {
          const pieces: Uint8Array[] = [];
          for await (const piece of bytes) pieces.push(piece);
          return call("verify", { ...photo, signal, base64: Buffer.concat(pieces).toString("base64") });
        },
      }),
      lib.guestRequest({
        tasks: {
          async create({ conversationId, idempotencyKey: key, kind, what, room, when, attachmentIds, language }) {
            const task = await createTask(conversationId, {
              key,
              kind,
              what,
              attachmentIds,
              ...(room !== null && { room }),
              ...(when !== null && { when }),
              ...(language !== null && { language }),
            });
            return { taskId: task.externalId };
          },
        },
      }),
      lib.upsell({ pms }),
      lib.checkOut({ pms, reviewUrl: REVIEWS, onFeedback: (feedback) => call("feedback", feedback) }),
    ],
  };
}
