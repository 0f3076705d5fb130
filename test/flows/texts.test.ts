import { describe, expect, test } from "vitest";
import { MENU_TEXTS } from "../../src/decide/menu-texts.js";
import { TASK_UPDATES } from "../../src/domain/task-words.js";
import { FLOW_TEXTS } from "../../src/flow/texts.js";
import * as ready from "../../src/flows/index.js";
import { LANGUAGES, speaker, textFaults, TEXT_LIMITS, withOwnTexts, type Texts } from "../../src/flows/words.js";

const TABLES = Object.entries(ready).flatMap(([name, value]: [string, unknown]) =>
  name.endsWith("_TEXTS") ? [[name, value as Texts] as const] : [],
);

test("there is a table of each ready-made flow", () => {
  expect(TABLES.map(([name]) => name)).toContain("CHECK_IN_TEXTS");
});

describe.each(TABLES)("%s", (_name, texts) => {
  test("is complete in six languages, fills in the same, and is as short as WhatsApp wants it", () => {
    expect(Object.keys(texts.languages).sort()).toEqual([...LANGUAGES].sort());
    expect(textFaults(texts)).toEqual([]);
  });

  test("would be found to lack a key, to fill in something else, or to be too long", () => {
    const { en, it: italian } = texts.languages;
    const keys = Object.keys(en);
    const key = keys.find((one) => texts.kinds[one] === "button" || texts.kinds[one] === "label") ?? keys[0] ?? "";
    const limit = TEXT_LIMITS[texts.kinds[key] ?? "body"];
    const slotted = keys.find((one) => (en[one] ?? "").includes("{")) ?? key;
    const { [key]: _gone, ...without } = italian;
    const faultsOf = (own: Readonly<Record<string, string>>) =>
      textFaults({ ...texts, languages: { ...texts.languages, it: own } });
    expect(faultsOf(without)).toEqual([{ language: "it", key, what: "missing" }]);
    expect(faultsOf({ ...italian, [key]: "x".repeat(limit + 1) })).toEqual([{ language: "it", key, what: "too long" }]);
    expect(faultsOf({ ...italian, [slotted]: "{sconosciuto}" })).toEqual([
      { language: "it", key: slotted, what: "slots differ" },
    ]);
    expect(faultsOf({ ...italian, [key]: " " })).toEqual([{ language: "it", key, what: "empty" }]);
    expect(faultsOf({ ...italian, extra: "x" })).toEqual([{ language: "it", key: "extra", what: "unknown" }]);
  });
});

describe("a hotel's own texts", () => {
  const { CHECK_IN_TEXTS } = ready;

  test("take the place of ours one by one, and whatever is wrong with one is said at once", () => {
    const own = withOwnTexts(CHECK_IN_TEXTS, { it: { askArrival: "A che ora?" } }, "check-in");
    const say = speaker<typeof CHECK_IN_TEXTS.languages.en>(own);
    expect(say("askArrival")({ language: "it-IT" })).toBe("A che ora?");
    expect(say("askArrival")({ language: "en" })).toBe("At about what time will you arrive?");
    expect(say("askArrival")({ language: "sv" })).toBe("At about what time will you arrive?");
    expect(() => withOwnTexts(CHECK_IN_TEXTS, { it: { done: "Fatto." } }, "check-in")).toThrow(
      expect.objectContaining({
        code: "flow_invalid",
        details: expect.objectContaining({ step: "done", flow: "check-in" }) as unknown,
      }) as Error,
    );
    expect(() => withOwnTexts(CHECK_IN_TEXTS, { nl: { askArrival: "Hoe laat?" } }, "check-in")).toThrow("flow_invalid");
  });

  test("are filled with what a guest or the PMS says as it is, and no longer than a question may be", () => {
    const say = speaker<typeof CHECK_IN_TEXTS.languages.en>(CHECK_IN_TEXTS);
    const done = (room: string) => say("done", () => ({ room }))({ language: "en" });
    expect(done("$& {room}")).toContain("Your room is $& {room}.");
    expect(done("x".repeat(5_000)).length).toBeLessThan(1_024);
  });
});

describe("all that the desk says to guests by itself", () => {
  const bySix = (tables: Readonly<Record<string, Readonly<Record<string, string>>>>): Texts => ({
    kinds: {},
    languages: tables,
  });
  const updates = Object.fromEntries(
    LANGUAGES.map((language) => [
      language,
      Object.fromEntries(Object.entries(TASK_UPDATES).map(([status, { texts }]) => [status, texts[language] ?? ""])),
    ]),
  );
  const ALL = [...TABLES, ["MENU", bySix(MENU_TEXTS)], ["FLOW", bySix(FLOW_TEXTS)], ["TASK", bySix(updates)]] as const;

  /** How nobody speaks to a hotel's guest; and of Portuguese, what nobody in Brazil says. */
  const RUDE: Readonly<Partial<Record<string, RegExp>>> = {
    it: /(?<!\p{L})(tu|tuo|tua|tuoi|tue|ti|fai|scegli|apri|modifica|scrivi|invia|vedi|valuta|hai|sei)(?!\p{L})/iu,
    es: /(?<!\p{L})(tu|tus|te|ti|tuyo|tuya|elige|escribe|envía|quieres|puedes|tienes)(?!\p{L})/iu,
    pt: /(?<!\p{L})(a tratar|tu|teu|tua|equipa|connosco|registo|telemóvel|já não|autocarro|casa de banho|rececionista)(?!\p{L})/iu,
    de: /(?<!\p{L})(du|dein|deine|deinen|deiner|dir|dich|euch|euer)(?!\p{L})/iu,
    fr: /(?<!\p{L})(tu|ton|ta|tes|toi|choisis|envoie)(?!\p{L})/iu,
  };

  test.each(ALL)(
    "%s: has the same keys and places in six languages, and says nothing as one does not speak to a guest",
    (_, texts) => {
      expect(textFaults(texts)).toEqual([]);
      for (const [language, table] of Object.entries(texts.languages))
        for (const [key, text] of Object.entries(table))
          expect([language, key, RUDE[language]?.exec(text)?.[0]]).toEqual([language, key, undefined]);
    },
  );

  test("would be heard if it did", () => {
    expect(RUDE["it"]?.test("Abbiamo ricevuto la tua richiesta")).toBe(true);
    expect(RUDE["es"]?.test("Hemos recibido tu solicitud")).toBe(true);
    expect(RUDE["pt"]?.test("Já estamos a tratar disso")).toBe(true);
    expect(RUDE["de"]?.test("Was brauchst du?")).toBe(true);
    expect(RUDE["fr"]?.test("Choisis un service")).toBe(true);
  });

  test("what housekeeping does is not what the kitchen brings", () => {
    const called = Object.values(ready.REQUEST_TEXTS.languages).map(({ housekeeping }) => housekeeping);
    for (const kitchen of [
      "Servizio in camera",
      "Zimmerservice",
      "Service en chambre",
      "Servicio de habitaciones",
      "Room service",
    ])
      expect([...called, ...ready.REQUEST_KEYWORDS].map((text) => text.toLowerCase())).not.toContain(
        kitchen.toLowerCase(),
      );
  });
});
