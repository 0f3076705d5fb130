import { expect, test } from "vitest";
import { ConversationError, templateCatalogue, type ErrorCode } from "../../src/index.js";

const catalogue = templateCatalogue([
  {
    name: "arrival_reminder",
    language: "en_US",
    category: "UTILITY",
    parameter_format: "NAMED",
    components: [
      { type: "HEADER", format: "TEXT", text: "Your stay at {{hotel}}" },
      { type: "BODY", text: "Hello {{first_name}}, we expect you at {{hour}}. See you soon, {{ first_name }}!" },
      { type: "FOOTER", text: "Grand Hotel" },
    ],
  },
  {
    name: "arrival_reminder",
    language: "it",
    category: "UTILITY",
    components: [{ type: "BODY", text: "Ciao {{1}}, ti aspettiamo alle {{2}}. A presto, {{1}}!" }],
  },
  { name: "thanks", language: "en_US", category: "MARKETING", components: [{ type: "BODY", text: "Thank you." }] },
  {
    name: "door_code",
    language: "en_US",
    category: "UTILITY",
    components: [
      { type: "HEADER", format: "IMAGE" },
      { type: "BODY", text: "Your code is {{1}}." },
      {
        type: "BUTTONS",
        buttons: [
          { type: "QUICK_REPLY", text: "It works" },
          { type: "QUICK_REPLY", text: "Help" },
          { type: "URL", text: "Map", url: "https://grand.example/map/{{1}}" },
          { type: "URL", text: "House", url: "https://grand.example" },
          { type: "PHONE_NUMBER", text: "Call", phone_number: "+12025550190" },
        ],
      },
    ],
  },
  {
    name: "bill",
    language: "en_US",
    category: "UTILITY",
    components: [
      { type: "HEADER", format: "DOCUMENT" },
      { type: "BODY", text: "Your bill." },
      {
        type: "BUTTONS",
        buttons: [
          { type: "FLOW", text: "Rate us" },
          { type: "COPY_CODE", text: "Copy" },
        ],
      },
    ],
  },
  {
    name: "where",
    language: "en_US",
    category: "UTILITY",
    components: [
      { type: "HEADER", format: "LOCATION" },
      { type: "BODY", text: "We are here." },
    ],
  },
]);

function codeFrom(fill: () => unknown): ErrorCode | null {
  try {
    fill();
    return null;
  } catch (error) {
    if (ConversationError.is(error)) return error.code;
    throw error;
  }
}

test("a template is filled in by the names that its own text has (M15)", () => {
  const more = { header: "the Grand" };
  expect(catalogue.template("arrival_reminder", "en_US", { first_name: "Nadia", hour: "15:00" }, more)).toEqual({
    type: "template",
    name: "arrival_reminder",
    language: "en_US",
    header: { type: "text", text: "the Grand", name: "hotel" },
    body: [
      { name: "first_name", text: "Nadia" },
      { name: "hour", text: "15:00" },
    ],
    text: "Your stay at the Grand\nHello Nadia, we expect you at 15:00. See you soon, Nadia!\nGrand Hotel",
  });
});

test("one with numbers is filled in by as many texts as it has different numbers (M15)", () => {
  expect(catalogue.template("arrival_reminder", "it", ["Nadia", "15:00"])).toEqual({
    type: "template",
    name: "arrival_reminder",
    language: "it",
    body: [{ text: "Nadia" }, { text: "15:00" }],
    text: "Ciao Nadia, ti aspettiamo alle 15:00. A presto, Nadia!",
  });
});

test("one with nothing to fill in wants nothing", () => {
  const plain = { type: "template", name: "thanks", language: "en_US", text: "Thank you." };
  expect(catalogue.template("thanks", "en_US")).toEqual(plain);
  expect(catalogue.template("thanks", "en_US", [])).toEqual(plain);
});

test("headers and buttons take what they are made for (N4)", () => {
  const image = { link: "https://grand.example/door.png" };
  expect(
    catalogue.template("door_code", "en_US", ["4711"], { header: image, buttons: { 2: "room-12", 0: "works" } }),
  ).toMatchObject({
    header: { type: "image", media: image },
    buttons: [
      { type: "quickReply", index: 0, payload: "works" },
      { type: "url", index: 2, text: "room-12" },
    ],
    text: "Your code is 4711.\n[It works] [Help] [Map] [House] [Call]",
  });
  const file = { id: "900", fileName: "bill.pdf" };
  expect(
    catalogue.template("bill", "en_US", [], {
      header: file,
      buttons: { 0: { token: "t-1", data: { room: 12 } }, 1: "SUN" },
    }),
  ).toMatchObject({
    header: { type: "document", media: { id: "900" }, fileName: "bill.pdf" },
    buttons: [
      { type: "flow", index: 0, token: "t-1", data: { room: 12 } },
      { type: "copyCode", index: 1, code: "SUN" },
    ],
  });
  const place = { latitude: 41.9, longitude: 12.5, name: "Grand", address: "Via Roma 1" };
  expect(catalogue.template("where", "en_US", [], { header: place }).header).toEqual({ type: "location", ...place });
});

test("what is wrong does not compile, and is refused where nobody compiled it (M15, chatwoot#13142)", () => {
  const its = catalogue;
  const hotel = { header: "the Grand" };
  const image = { id: "900" };
  const unknown: readonly (() => unknown)[] = [
    // @ts-expect-error a name that is not in the catalogue
    () => its.template("arrival_remainder", "en_US", { first_name: "Nadia", hour: "15:00" }, hotel),
    // @ts-expect-error a language in which there is none
    () => its.template("thanks", "it"),
  ];
  const wrong: readonly (() => unknown)[] = [
    // @ts-expect-error a name too few
    () => its.template("arrival_reminder", "en_US", { hour: "15:00" }, hotel),
    // @ts-expect-error a name too many
    () => its.template("arrival_reminder", "en_US", { first_name: "Nadia", hour: "15:00", room: "12" }, hotel),
    // @ts-expect-error texts where names are wanted
    () => its.template("arrival_reminder", "en_US", ["Nadia", "15:00"], hotel),
    // @ts-expect-error the header's text is missing
    () => its.template("arrival_reminder", "en_US", { first_name: "Nadia", hour: "15:00" }),
    // @ts-expect-error a text too few
    () => its.template("arrival_reminder", "it", ["Nadia"]),
    // @ts-expect-error a text too many
    () => its.template("arrival_reminder", "it", ["Nadia", "15:00", "12"]),
    // @ts-expect-error names where texts are wanted
    () => its.template("arrival_reminder", "it", { first_name: "Nadia" }),
    // @ts-expect-error a header for a template without one
    () => its.template("arrival_reminder", "it", ["Nadia", "15:00"], hotel),
    // @ts-expect-error a value for a template that takes none
    () => its.template("thanks", "en_US", ["Nadia"]),
    // @ts-expect-error the picture is missing
    () => its.template("door_code", "en_US", ["4711"], { buttons: { 2: "12" } }),
    // @ts-expect-error the end of the address is missing
    () => its.template("door_code", "en_US", ["4711"], { header: image }),
    // @ts-expect-error the button with a whole address takes nothing
    () => its.template("door_code", "en_US", ["4711"], { header: image, buttons: { 2: "12", 3: "x" } }),
    // @ts-expect-error there is no such button
    () => its.template("door_code", "en_US", ["4711"], { header: image, buttons: { 2: "12", 9: "x" } }),
    // @ts-expect-error a text where a picture is wanted
    () => its.template("door_code", "en_US", ["4711"], { header: "x", buttons: { 2: "12" } }),
    // @ts-expect-error the code is missing
    () => its.template("bill", "en_US", [], { header: image, buttons: { 0: {} } }),
    // @ts-expect-error a picture where a place is wanted
    () => its.template("where", "en_US", [], { header: image }),
  ];
  expect(unknown.map(codeFrom)).toEqual(unknown.map(() => "template_unknown"));
  expect(wrong.map(codeFrom)).toEqual(wrong.map(() => "template_parameters_wrong"));
});

test("the answer of Graph is a catalogue too, and an imported file, whose words the compiler does not see, is checked when it is filled in", () => {
  const graph = templateCatalogue({
    data: [
      { name: "thanks", language: "de", status: "APPROVED", components: [{ type: "BODY", text: "Danke, {{name}}." }] },
    ],
    paging: { cursors: { after: "x" } },
  });
  expect(graph.template("thanks", "de", { name: "Nadia" }).text).toBe("Danke, Nadia.");
  // @ts-expect-error the name is missing
  expect(codeFrom(() => graph.template("thanks", "de", {}))).toBe("template_parameters_wrong");

  const file: { name: string; language: string; components: { type: string; text: string }[] }[] = [
    { name: "thanks", language: "de", components: [{ type: "BODY", text: "Danke, {{name}}." }] },
  ];
  const loose = templateCatalogue(file);
  expect(loose.template("thanks", "de", { name: "Nadia" }).text).toBe("Danke, Nadia.");
  expect(codeFrom(() => loose.template("thanks", "de"))).toBe("template_parameters_wrong");
  expect(codeFrom(() => loose.template("thanks", "fr"))).toBe("template_unknown");
});
