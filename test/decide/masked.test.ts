import { describe, expect, test } from "vitest";
import { maskedContent } from "../../src/decide/masked.js";
import type { OutboundContent } from "../../src/index.js";

const CARD = "4111111111111111";
const MASKED = "411111xxxxxx1111";

describe("what a hotel sends", () => {
  test("is without card numbers in its words, and keeps its ids, addresses and codes (T83)", () => {
    const template: OutboundContent = {
      type: "template",
      name: CARD,
      language: "en",
      header: { type: "text", text: `For ${CARD}` },
      body: [{ text: "room 214" }, { text: `card ${CARD}`, name: "card" }],
      buttons: [
        { type: "url", index: 0, text: CARD },
        { type: "copyCode", index: 1, code: CARD },
      ],
    };
    expect(maskedContent(template)).toEqual({
      content: {
        ...template,
        header: { type: "text", text: `For ${MASKED}` },
        body: [{ text: "room 214" }, { text: `card ${MASKED}`, name: "card" }],
      },
      cards: 2,
    });
    const list: OutboundContent = {
      type: "list",
      text: `Which of ${CARD}?`,
      button: "Choose",
      rows: [{ id: CARD, title: "This", description: CARD }],
      footer: CARD,
    };
    expect(maskedContent(list)).toEqual({
      content: {
        ...list,
        text: `Which of ${MASKED}?`,
        rows: [{ id: CARD, title: "This", description: MASKED }],
        footer: MASKED,
      },
      cards: 3,
    });
  });

  test("is the very same value where there is none", () => {
    const place: OutboundContent = { type: "location", latitude: 41.9, longitude: 12.5, text: "Room 4111111111" };
    expect(maskedContent(place).content).toBe(place);
    const buttons: OutboundContent = { type: "buttons", text: "Well?", buttons: [{ id: CARD, title: "Yes" }] };
    expect(maskedContent(buttons).content).toBe(buttons);
  });
});
