import { expect, test } from "vitest";
import { defineFlow, keyword } from "../../src/flow/define.js";
import { FLOW_TEXTS, languageFor, languageOf, textsOf } from "../../src/flow/texts.js";
import { LIMITS } from "../../src/whatsapp/limits.js";
import { stayWith } from "./world.js";

const inItaly = {
  id: "grand",
  timeZone: "Europe/Rome",
  numbers: [{ phoneNumberId: "200000000000001", accessToken: "token", messagesPerSecond: null }],
  departments: [{ id: "reception", name: "Reception" }],
  language: "it",
};

const flowOf = (more: Partial<Parameters<typeof defineFlow>[0]>) =>
  defineFlow({ id: "check-in", version: 1, triggers: [keyword("check in")], ...more })
    .ask("date", { kind: "date", text: "?" })
    .ask("nights", { kind: "nights", text: "??" })
    .build();

test("no language lacks a text, and each fits above a question in one message", () => {
  const names = Object.keys(FLOW_TEXTS.en).sort();
  expect(Object.keys(FLOW_TEXTS).sort()).toEqual(["de", "en", "es", "fr", "it", "pt"]);
  for (const [language, texts] of Object.entries(FLOW_TEXTS)) {
    expect(Object.keys(texts).sort(), language).toEqual(names);
    expect(new Set(Object.values(texts)).size, language).toBe(names.length);
    for (const text of Object.values(texts)) {
      expect(text.trim()).not.toBe("");
      expect(text.length).toBeLessThan(LIMITS.buttonBody / 4);
      if (language !== "en") expect(Object.values<string>(FLOW_TEXTS.en)).not.toContain(text);
    }
  }
});

test("a language's countries share its words, and one that there is not is answered in English", () => {
  for (const [tag, table] of [
    ["pt-BR", "pt"],
    ["DE-at", "de"],
    ["ja", "en"],
    ["constructor", "en"],
  ] as const)
    expect(textsOf({ texts: {} }, tag), tag).toEqual(FLOW_TEXTS[table]);
});

test("a flow speaks its own language, else the hotel's, and any of its words may be the host's (S57)", async () => {
  const german = stayWith([flowOf({ language: "de-CH" })], { hotel: inItaly });
  await german.guest().says("check in");
  expect(await german.guest().says("was?")).toEqual([`${FLOW_TEXTS.de.invalid}\n\n?`]);
  expect(await german.guest().says("abbrechen")).toEqual([FLOW_TEXTS.de.stopped]);

  const hotels = stayWith([flowOf({ texts: { stopped: "Basta." } })], { hotel: inItaly });
  await hotels.guest().says("check in");
  expect(await hotels.guest().says("che cosa?")).toEqual([`${FLOW_TEXTS.it.invalid}\n\n?`]);
  expect(await hotels.guest().waits("31m")).toEqual([`${FLOW_TEXTS.it.reminder}\n\n?`]);
  expect(await hotels.guest().says("annulla")).toEqual(["Basta."]);
});

test("a text of the host's that no message has room for is told when the flow is built", () => {
  for (const over of ["", " ", "x".repeat(LIMITS.buttonBody + 1)])
    expect(() => flowOf({ texts: { over } })).toThrow(expect.objectContaining({ code: "flow_invalid" }));
});

test("a run speaks the flow's language, else the guest's, else the hotel's, and one that is under way keeps its own", () => {
  const world = (language: string | null, hotel?: string) => ({
    guest: language === null ? {} : { language },
    ...(hotel !== undefined && { language: hotel }),
  });
  expect(languageFor({ language: "de" }, world("fr", "it"))).toBe("de");
  expect(languageFor({ language: null }, world("fr", "it"))).toBe("fr");
  expect(languageFor({ language: null }, world(null, "it"))).toBe("it");
  expect(languageFor({ language: null }, world(null))).toBe("en");
  expect(languageOf({ language: "de" }, { language: "it" }, { language: "fr" })).toBe("fr");
  expect(languageOf({ language: null }, { language: "it" }, {})).toBe("it");
});
