import type { HotelStays } from "belldesk";

/** Two days before they come guests hear when, in their language; and once they are there, what is for breakfast. */
export const stays: HotelStays = {
  messages: [
    {
      id: "arrival",
      when: { before: "arrival", ms: 48 * 3_600_000 },
      templates: {
        en: { type: "template", name: "arrival", language: "en", body: [{ text: "{name}" }, { text: "{arrival}" }] },
        it: { type: "template", name: "arrival", language: "it", body: [{ text: "{name}" }, { text: "{arrival}" }] },
      },
    },
    {
      id: "breakfast",
      when: { on: "checked_in", afterMs: 3_600_000 },
      texts: {
        en: "Room {room}: breakfast is from seven to ten.",
        it: "Camera {room}: la colazione è dalle 7 alle 10.",
      },
    },
  ],
};
