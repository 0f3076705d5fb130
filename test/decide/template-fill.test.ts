import { describe, expect, test } from "vitest";
import {
  checkTemplate,
  offerProblem,
  templateProblem,
  templateUpdates,
  withTemplate,
} from "../../src/decide/template.js";
import { isSendable, renderTemplate, templateFlaw } from "../../src/domain/template-fill.js";
import { categoryOf, knownStatus, qualityOf, statusOf, templateKey } from "../../src/domain/template-words.js";
import type {
  TemplateButton,
  TemplateButtonSlot,
  TemplateContent,
  TemplateDefinition,
} from "../../src/domain/template.js";
import { ConversationError } from "../../src/errors.js";
import { after, aStop, aTemplate, HOUR, NOON } from "./world.js";

const bare: TemplateContent = { type: "template", name: "arrival", language: "en" };
const slots = (...buttons: readonly object[]): TemplateDefinition =>
  aTemplate("arrival", { buttons: buttons as readonly TemplateButtonSlot[] });
const flawOf = (template: TemplateDefinition, content: object = {}) => templateFlaw(template, { ...bare, ...content });
const ODD = "one line, at most four spaces in a row";
const SPACES = "line break, tab or spaces";

const positional = aTemplate("arrival", { body: { text: "Hello {{1}}, at {{2}}.", placeholders: ["1", "2"] } });
const named = aTemplate("arrival", {
  parameters: "named",
  body: { text: "Hello {{guest}}, at {{time}}.", placeholders: ["guest", "time"] },
});

describe("the words of a template's text", () => {
  test.each<[string, readonly { text: string; name?: string }[], object | null]>([
    ["as many as it has", [{ text: "Ana" }, { text: "15:00" }], null],
    ["none", [], { what: "body", wanted: 2, given: 0 }],
    ["one too many", [{ text: "a" }, { text: "b" }, { text: "c" }], { what: "body", wanted: 2, given: 3 }],
    ["an empty one", [{ text: "a" }, { text: " " }], { what: "body.2", wanted: "text", given: "nothing" }],
    ["one with a name", [{ text: "a", name: "x" }, { text: "b" }], { what: "body.x", wanted: "none", given: "x" }],
    ["a line break", [{ text: "a\nb" }, { text: "b" }], { what: "body.1", wanted: ODD, given: SPACES }],
    ["a tab", [{ text: "a\tb" }, { text: "b" }], { what: "body.1", wanted: ODD, given: SPACES }],
    ["five blanks", [{ text: "a     b" }, { text: "b" }], { what: "body.1", wanted: ODD, given: SPACES }],
    ["four blanks", [{ text: "a    b" }, { text: "b" }], null],
  ])("by number: %s", (_, body, flaw) => {
    expect(flawOf(positional, { body })).toEqual(flaw);
  });

  test.each<[string, readonly { text: string; name?: string }[], object | null]>([
    [
      "each by its name",
      [
        { text: "15:00", name: "time" },
        { text: "Ana", name: "guest" },
      ],
      null,
    ],
    ["one of them", [{ text: "Ana", name: "guest" }], { what: "body", wanted: ["guest", "time"], given: ["guest"] }],
    [
      "one twice",
      [
        { text: "a", name: "guest" },
        { text: "b", name: "guest" },
      ],
      { what: "body", wanted: ["guest", "time"], given: ["guest", "guest"] },
    ],
    [
      "one too many",
      [
        { text: "a", name: "guest" },
        { text: "b", name: "time" },
        { text: "c", name: "room" },
      ],
      { what: "body", wanted: ["guest", "time"], given: ["guest", "time", "room"] },
    ],
    ["without names", [{ text: "a" }, { text: "b" }], { what: "body", wanted: ["guest", "time"], given: [null, null] }],
    [
      "an empty one",
      [
        { text: "a", name: "guest" },
        { text: "", name: "time" },
      ],
      { what: "body.time", wanted: "text", given: "nothing" },
    ],
  ])("by name: %s", (_, body, flaw) => {
    expect(flawOf(named, { body })).toEqual(flaw);
  });

  test("come to 1024 units with their values at most, and a header to 60", () => {
    const body = (length: number) => [{ text: "x".repeat(length) }, { text: "y" }];
    const fixed = "Hello , at .".length + 1;
    expect(flawOf(positional, { body: body(1024 - fixed) })).toBeNull();
    expect(flawOf(positional, { body: body(1025 - fixed) })).toEqual({ what: "body", wanted: 1024, given: 1025 });
    const titled = aTemplate("arrival", { header: { type: "text", text: "To {{1}}", placeholder: "1" } });
    const header = (length: number) => ({ header: { type: "text", text: "x".repeat(length) } });
    expect(flawOf(titled, header(57))).toBeNull();
    expect(flawOf(titled, header(58))).toEqual({ what: "header", wanted: 60, given: 61 });
  });
});

describe("a template's header", () => {
  const text = (placeholder: string | null) =>
    aTemplate("arrival", { header: { type: "text", text: "Welcome {{1}}", placeholder } });
  const image = aTemplate("arrival", { header: { type: "image" } });

  test.each<[string, TemplateDefinition, object, object | null]>([
    ["none where there is none", aTemplate("arrival"), {}, null],
    ["words where there is none", aTemplate("arrival"), { type: "text", text: "x" }, { wanted: "none", given: "text" }],
    ["none where it says the same to everybody", text(null), {}, null],
    ["words where it does", text(null), { type: "text", text: "x" }, { wanted: "none", given: "text" }],
    ["the word that it wants", text("1"), { type: "text", text: "Ana" }, null],
    ["no word", text("1"), {}, { wanted: "text", given: "none" }],
    ["an empty word", text("1"), { type: "text", text: " " }, { wanted: "text", given: "nothing" }],
    ["a word by a name", text("1"), { type: "text", text: "x", name: "a" }, { wanted: "none", given: "a" }],
    ["a word by its name", text("guest"), { type: "text", text: "x", name: "guest" }, null],
    ["a word without its name", text("guest"), { type: "text", text: "x" }, { wanted: "guest", given: "none" }],
    ["a picture", image, { type: "image", media: { id: "1" } }, null],
    ["a film for a picture", image, { type: "video", media: { id: "1" } }, { wanted: "image", given: "video" }],
    ["no picture", image, {}, { wanted: "image", given: "none" }],
  ])("takes %s, or says what is wrong", (_, template, header, flaw) => {
    const given = Object.keys(header).length === 0 ? {} : { header };
    expect(flawOf(template, given)).toEqual(flaw === null ? null : { what: "header", ...flaw });
  });
});

describe("a template's buttons", () => {
  const url = { type: "url", label: "Go", placeholder: "1" };
  const fixed = { type: "url", label: "Go", placeholder: null };
  const reply = { type: "quickReply", label: "Yes" };
  const code = { type: "copyCode", label: "Copy" };
  const flow = { type: "flow", label: "Form" };
  const button = (type: string, index: number, value = "x"): TemplateButton =>
    ({ type, index, payload: value, text: value, code: value }) as unknown as TemplateButton;

  test.each<[string, TemplateDefinition, readonly TemplateButton[], object | null]>([
    [
      "what each takes",
      slots(url, reply, code, flow),
      [button("url", 0), button("quickReply", 1), button("copyCode", 2), button("flow", 3)],
      null,
    ],
    ["only what it needs", slots(url, reply, code, flow), [button("url", 0), button("copyCode", 2)], null],
    ["no end of a link", slots(url), [], { what: "buttons.0", wanted: "url", given: "none" }],
    ["one of two", slots(url, code), [button("url", 0)], { what: "buttons.1", wanted: "copyCode", given: "none" }],
    ["no code", slots(reply, code), [], { what: "buttons.1", wanted: "copyCode", given: "none" }],
    [
      "an end of a link that has none",
      slots(fixed),
      [button("url", 0)],
      { what: "buttons.0", wanted: "none", given: "url" },
    ],
    ["nothing for a link that has no end", slots(fixed), [], null],
    ["another kind", slots(reply), [button("url", 0)], { what: "buttons.0", wanted: "quickReply", given: "url" }],
    [
      "one that is not there",
      slots(reply),
      [button("quickReply", 1)],
      { what: "buttons.1", wanted: "none", given: "quickReply" },
    ],
    [
      "one twice",
      slots(reply),
      [button("quickReply", 0), button("quickReply", 0)],
      { what: "buttons.0", wanted: 1, given: 2 },
    ],
    ["an empty value", slots(url), [button("url", 0, " ")], { what: "buttons.0", wanted: "text", given: "nothing" }],
    [
      "an empty answer",
      slots(reply),
      [button("quickReply", 0, "")],
      { what: "buttons.0", wanted: "text", given: "nothing" },
    ],
    [
      "an empty code",
      slots(code),
      [button("copyCode", 0, " ")],
      { what: "buttons.0", wanted: "text", given: "nothing" },
    ],
    ["a form, which has no value", slots(flow), [button("flow", 0, " ")], null],
  ])("take %s, or say what is wrong", (_, template, buttons, flaw) => {
    expect(flawOf(template, { buttons })).toEqual(flaw);
  });

  test.each(["phone", "contactInfo", "catalog", "call", "unknown"])("take nothing where they are %s", (type) => {
    expect(flawOf(slots({ type, label: "x" }))).toBeNull();
    expect(flawOf(slots({ type, label: "x" }), { buttons: [button("url", 0)] })).toMatchObject({ wanted: "none" });
  });
});

describe("what a guest reads of a template", () => {
  const whole = aTemplate("arrival", {
    header: { type: "text", text: "To {{1}}", placeholder: "1" },
    body: { text: "Hello {{1}}, at {{2}}. {{1}}!", placeholders: ["1", "2"] },
    footer: "The Grand",
    buttons: [
      { type: "quickReply", label: "Yes" },
      { type: "quickReply", label: "No" },
    ] as readonly TemplateButtonSlot[],
  });

  test("is its parts on lines of their own, with what stands in the gaps", () => {
    const content: TemplateContent = {
      ...bare,
      header: { type: "text", text: "Ana" },
      body: [{ text: "Ana {{2}}" }, { text: "15:00" }],
    };
    expect(renderTemplate(whole, content)).toBe("To Ana\nHello Ana {{2}}, at 15:00. Ana {{2}}!\nThe Grand\n[Yes] [No]");
  });

  test("shows a gap that nobody filled in as it is, and leaves out what is not there", () => {
    expect(renderTemplate(whole, bare)).toBe("To {{1}}\nHello {{1}}, at {{2}}. {{1}}!\nThe Grand\n[Yes] [No]");
    expect(renderTemplate(aTemplate("x", { header: { type: "image" } }), bare)).toBe(aTemplate("x").body.text);
    const body = [
      { name: "time", text: "15:00" },
      { name: "guest", text: "Ana" },
    ];
    expect(renderTemplate(named, { ...bare, body })).toBe("Hello Ana, at 15:00.");
  });
});

describe("whether a template may go", () => {
  const codeOf = (problem: ConversationError | null) => problem && { code: problem.code, ...problem.details };

  test("is by what Meta says of it, what this release can fill in, and what stands in it", () => {
    const key = { name: "arrival", language: "en" };
    expect(codeOf(templateProblem(aTemplate("arrival"), bare))).toBeNull();
    expect(codeOf(templateProblem(null, bare))).toEqual({ code: "template_unknown", ...key });
    expect(codeOf(templateProblem(aTemplate("arrival", { status: "paused" }), bare))).toEqual({
      code: "template_not_approved",
      ...key,
      status: "paused",
    });
    expect(codeOf(templateProblem(aTemplate("arrival", { unsupported: ["CAROUSEL"] }), bare))).toEqual({
      code: "template_unsupported",
      ...key,
      components: ["CAROUSEL"],
    });
    expect(codeOf(templateProblem(positional, bare))).toEqual({
      code: "template_parameters_wrong",
      ...key,
      what: "body",
      wanted: 2,
      given: 0,
    });
    expect(() => {
      checkTemplate(null, bare);
    }).toThrow(/template_unknown/);
    expect(() => {
      checkTemplate(aTemplate("arrival"), bare);
    }).not.toThrow();
  });

  test("is shown to staff by the same rules", () => {
    const sendable = (fields: object) => isSendable(aTemplate("arrival", fields));
    expect([sendable({}), sendable({ status: "flagged" })]).toEqual([true, true]);
    expect([sendable({ status: "paused" }), sendable({ unsupported: ["OTP"] })]).toEqual([false, false]);
  });

  test("is the guest's wish where it sells, and only there", () => {
    const code = (category: TemplateDefinition["category"], stopped: boolean) =>
      codeOf(offerProblem({ category }, stopped ? [aStop] : []))?.code ?? null;
    expect([code("marketing", true), code("marketing", false)]).toEqual(["marketing_stopped", null]);
    expect([code("utility", true), code("authentication", true)]).toEqual([null, null]);
  });

  const words = { type: "text", text: "Good morning" } as const;
  const open = { windowClosesAt: after(HOUR) };
  const shut = { windowClosesAt: null };
  const asked = (
    content: typeof words | TemplateContent,
    fallback: TemplateContent | null,
    template: TemplateDefinition | null,
    chat: { windowClosesAt: Date | null } = open,
  ) => {
    try {
      return withTemplate({ content, fallback }, { template, consents: [aStop], chat }, NOON);
    } catch (error) {
      return ConversationError.is(error) ? error.code : error;
    }
  };

  test("is asked of the one that it goes as, with what the guest will read", () => {
    const template = aTemplate("arrival");
    const filled = { ...bare, text: template.body.text };
    expect(asked(words, null, null)).toEqual({ content: words, fallback: null });
    expect(asked(bare, null, template)).toEqual({ content: filled, fallback: null });
    expect(asked(words, bare, template)).toEqual({ content: words, fallback: filled });
    expect([asked(bare, null, null), asked(words, bare, null)]).toEqual(["template_unknown", "template_unknown"]);
  });

  test("of one that stands in waits until it is needed, but for what no time mends", () => {
    const offer = aTemplate("arrival", { category: "marketing" });
    const paused = aTemplate("arrival", { status: "paused" });
    expect([asked(words, bare, offer, shut), asked(words, bare, paused, shut)]).toEqual([
      "marketing_stopped",
      "template_not_approved",
    ]);
    expect([asked(bare, null, offer), asked(bare, null, paused)]).toEqual([
      "marketing_stopped",
      "template_not_approved",
    ]);
    for (const template of [offer, paused]) expect(asked(words, bare, template)).toMatchObject({ content: words });
    expect(asked(words, bare, positional)).toBe("template_parameters_wrong");
  });
});

describe("WhatsApp's words about templates", () => {
  test.each([
    ["APPROVED", "approved"],
    ["reinstated", "approved"],
    ["UNARCHIVED", "approved"],
    ["FLAGGED", "flagged"],
    ["PAUSED", "paused"],
    ["DISABLED", "disabled"],
    ["REJECTED", "rejected"],
    ["PENDING", "pending"],
    ["IN_APPEAL", "inAppeal"],
    ["ARCHIVED", "archived"],
    ["LIMIT_EXCEEDED", "limitExceeded"],
    ["LOCKED", "locked"],
    ["PENDING_DELETION", "pendingDeletion"],
    ["DELETED", "deleted"],
  ])("%s is %s", (given, status) => {
    expect([knownStatus(given), statusOf(given)]).toEqual([status, status]);
  });

  test("that nobody knows yet are kept in small letters, and count as nothing", () => {
    expect([knownStatus("HIBERNATED"), statusOf("HIBERNATED"), knownStatus("toString")]).toEqual([
      null,
      "hibernated",
      null,
    ]);
    expect([categoryOf("SERVICE"), categoryOf(null), categoryOf("Utility")]).toEqual([null, null, "utility"]);
    expect(["GREEN", "yellow", "Red", "UNKNOWN", "PURPLE", null].map(qualityOf)).toEqual([
      "green",
      "yellow",
      "red",
      "unknown",
      null,
      null,
    ]);
  });

  test("name a template by what can be a name, or none", () => {
    expect(templateKey("arrival_1", "pt-BR")).toEqual({ name: "arrival_1", language: "pt-BR" });
    expect(templateKey("a".repeat(512), "en")).not.toBeNull();
    for (const name of [null, "", "no name!", "a".repeat(513), "a b", " a"]) {
      expect(templateKey(name, "en")).toBeNull();
      expect(templateKey("arrival", name)).toBeNull();
    }
  });

  test("change of a template what they are about, as of when they were said", () => {
    const news = { about: "template", accountId: "1", templateId: "800" } as const;
    const none = { metaId: "800", key: null, status: null, quality: null, category: null, at: NOON };
    expect(templateUpdates({ ...news, name: "arrival", language: "en", status: "PAUSED" }, NOON)).toEqual([
      { ...none, key: { name: "arrival", language: "en" }, status: "paused" },
    ]);
    expect(templateUpdates({ ...news, quality: { now: "RED" } }, NOON)).toEqual([{ ...none, quality: "red" }]);
    expect(templateUpdates({ ...news, category: { now: "UTILITY", coming: true } }, NOON)).toEqual([
      { ...none, category: { now: null, coming: "utility" } },
    ]);
    expect(templateUpdates({ ...news, status: "HIBERNATED", quality: { now: "PURPLE" } }, NOON)).toEqual([]);
  });
});
