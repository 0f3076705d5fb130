import { describe, expect, test } from "vitest";
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
