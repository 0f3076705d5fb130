import { describe, expect, test } from "vitest";
import { checkTemplate, templateUpdates } from "../../src/decide/template.js";
import type { TemplateNews } from "../../src/domain/account.js";
import { renderTemplate } from "../../src/domain/template-fill.js";
import type { TemplateContent, TemplateDefinition } from "../../src/domain/template.js";
import { ConversationError } from "../../src/errors.js";
import { readTemplate } from "../../src/whatsapp/template-json.js";

const NOON = new Date("2026-11-10T12:00:00Z");

const read = (json: object): TemplateDefinition => {
  const template = readTemplate({ name: "arrival_reminder", language: "en_US", ...json });
  if (template === null) throw new Error("No template.");
  return template;
};
const ARRIVAL = read({
  status: "APPROVED",
  components: [
    { type: "HEADER", format: "TEXT", text: "Welcome to the {{1}}" },
    { type: "BODY", text: "Hello {{1}}, we expect you at {{2}}. {{1}}, welcome!" },
    { type: "FOOTER", text: "The Grand" },
    { type: "BUTTONS", buttons: [{ type: "URL", text: "Check in", url: "https://example.com/{{1}}" }] },
  ],
});
const FILLED: TemplateContent = {
  type: "template",
  name: "arrival_reminder",
  language: "en_US",
  header: { type: "text", text: "Grand" },
  body: [{ text: "Nadia {{2}}" }, { text: "15:00" }],
  buttons: [{ type: "url", index: 0, text: "abc" }],
};

/** What `checkTemplate` throws: its code and details; null for nothing. */
function refusal(template: TemplateDefinition | null, content: TemplateContent) {
  try {
    checkTemplate(template, content);
    return null;
  } catch (error) {
    if (!ConversationError.is(error)) throw error;
    return { code: error.code, ...error.details };
  }
}

describe("a template that staff send", () => {
  test("goes when it is approved and filled in, and shows them what the guest reads (M15)", () => {
    expect(refusal(ARRIVAL, FILLED)).toBe(null);
    expect(renderTemplate(ARRIVAL, FILLED)).toBe(
      "Welcome to the Grand\nHello Nadia {{2}}, we expect you at 15:00. Nadia {{2}}, welcome!\nThe Grand\n[Check in]",
    );
  });

  test.each([
    ["approved", null],
    ["flagged", null],
    ["paused", "template_not_approved"],
    ["disabled", "template_not_approved"],
    ["pending", "template_not_approved"],
    ["deleted", "template_not_approved"],
    ["a_word_of_2027", "template_not_approved"],
  ] as const)("and that is %s goes, or is refused with its reason", (status, code) => {
    const said = refusal({ ...ARRIVAL, status }, FILLED);
    expect(said).toEqual(code === null ? null : { code, name: "arrival_reminder", language: "en_US", status });
  });

  test("with buttons that take no value goes: a catalogue, a call, a phone, the guest's own number (N4)", () => {
    const types = ["CATALOG", "VOICE_CALL", "PHONE_NUMBER", "REQUEST_CONTACT_INFO"];
    const template = read({
      components: [
        { type: "BODY", text: "See what we have." },
        { type: "BUTTONS", buttons: types.map((type) => ({ type, text: "View" })) },
      ],
    });
    expect(template.buttons.map(({ type }) => type)).toEqual(["catalog", "call", "phone", "contactInfo"]);
    const content = { type: "template", name: "arrival_reminder", language: "en_US" } as const;
    expect(refusal(template, content)).toBeNull();
    expect(refusal(template, { ...content, buttons: [{ type: "url", index: 0, text: "x" }] })).toMatchObject({
      code: "template_parameters_wrong",
      what: "buttons.0",
      wanted: "none",
    });
  });

  test.each([
    [{ type: "BUTTONS", buttons: [{ type: "OTP", otp_type: "COPY_CODE", text: "Copy" }] }, "OTP"],
    [{ type: "BUTTONS", buttons: [{ type: "A_BUTTON_OF_2027", text: "View" }] }, "A_BUTTON_OF_2027"],
    [{ type: "BUTTONS", buttons: [{ type: "URL", text: "Go", url: "https://hotel.example/{{1}}/{{2}}" }] }, "URL"],
    [{ type: "BUTTONS", buttons: [{}] }, "BUTTONS"],
    [{ type: "LIMITED_TIME_OFFER", limited_time_offer: { text: "Only today" } }, "LIMITED_TIME_OFFER"],
    [{ type: "HEADER", format: "A_KIND_OF_2027" }, "HEADER"],
  ])("with %j stays here, and says what of it cannot be filled in", (component, named) => {
    const template = read({ components: [{ type: "BODY", text: "Hello." }, component] });
    expect(refusal(template, FILLED)).toMatchObject({ code: "template_unsupported", components: [named] });
  });

  test("is refused when nobody knows it, or can fill it in", () => {
    expect(refusal(null, FILLED)).toMatchObject({ code: "template_unknown", language: "en_US" });
    expect(refusal(read({ components: [{ type: "CAROUSEL", cards: [] }] }), FILLED)).toMatchObject({
      code: "template_unsupported",
      components: ["CAROUSEL"],
    });
  });

  test.each<[string, Partial<TemplateContent>, object]>([
    ["one value too few", { body: [{ text: "Nadia" }] }, { what: "body", wanted: 2, given: 1 }],
    ["one too many", { body: ["a", "b", "c"].map((text) => ({ text })) }, { what: "body", wanted: 2, given: 3 }],
    ["an empty value", { body: [{ text: " " }, { text: "b" }] }, { what: "body.1", given: "nothing" }],
    ["a line break in one", { body: [{ text: "a" }, { text: "b\nc" }] }, { what: "body.2" }],
    ["too much", { body: [{ text: "x".repeat(1_000) }, { text: "b" }] }, { what: "body", wanted: 1024 }],
    ["an image for a header", { header: { type: "image", media: { id: "1" } } }, { what: "header", wanted: "text" }],
    ["no end of its link", { buttons: [] }, { what: "buttons.0", wanted: "url", given: "none" }],
    [
      "another button",
      { buttons: [{ type: "copyCode", index: 0, code: "x" }] },
      { what: "buttons.0", given: "copyCode" },
    ],
  ])("with %s is refused before the network, by its place and not by its words (M15)", (_, change, flaw) => {
    const said = refusal(ARRIVAL, { ...FILLED, ...change });
    expect(said).toMatchObject({ code: "template_parameters_wrong", ...flaw });
    expect(JSON.stringify(said)).not.toContain("Nadia");
  });
});

describe("what WhatsApp tells of a template", () => {
  const told = (news: Partial<TemplateNews>) =>
    templateUpdates({ about: "template", accountId: "1", templateId: "800", ...news }, NOON);
  const update = { metaId: "800", key: null, status: null, quality: null, category: null, at: NOON };

  test("changes the one part that it is about (M15)", () => {
    const key = { name: "arrival_reminder", language: "en_US" };
    expect(told({ ...key, status: "PAUSED" })).toEqual([{ ...update, key, status: "paused" }]);
    expect(told({ ...key, status: "REINSTATED" })).toEqual([{ ...update, key, status: "approved" }]);
    expect(told({ quality: { before: "GREEN", now: "RED" } })).toEqual([{ ...update, quality: "red" }]);
    const category = { before: "UTILITY", now: "MARKETING" };
    expect(told({ category: { ...category, coming: true } })).toEqual([
      { ...update, category: { now: "utility", coming: "marketing" } },
    ]);
    expect(told({ category: { ...category, coming: false } })).toEqual([
      { ...update, category: { now: "marketing", coming: null } },
    ]);
  });

  test("in a word that nobody knows yet changes nothing, but a category that is not known counts as marketing", () => {
    expect(told({ status: "HIBERNATED" })).toEqual([]);
    expect(told({ quality: { now: "PURPLE" } })).toEqual([]);
    expect(told({})).toEqual([]);
    expect(told({ category: { now: "SERVICE", coming: false } })).toEqual([
      { ...update, category: { now: "marketing", coming: null } },
    ]);
  });

  test("with a name that is none is told by Meta's id alone", () => {
    expect(told({ name: "no name!", language: "en", status: "PAUSED" })).toEqual([{ ...update, status: "paused" }]);
  });
});
