import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConversationError } from "../../src/errors.js";
import { LIMITS } from "../../src/whatsapp/limits.js";
import {
  checkContent,
  WhatsAppPayloadBuilder,
  type ListRow,
  type ReplyButton,
} from "../../src/whatsapp/payload-builder.js";

const to = new WhatsAppPayloadBuilder({ kind: "waId", value: "12025550101" });
const a = (length: number): string => "a".repeat(length);
const button = (extra: Partial<ReplyButton> = {}): ReplyButton => ({ id: "b1", title: "Yes", ...extra });
const row = (n: number, extra: Partial<ListRow> = {}): ListRow => ({
  id: `r${String(n)}`,
  title: `Row ${String(n)}`,
  ...extra,
});
const rows = (count: number): ListRow[] => Array.from({ length: count }, (_, n) => row(n));

function refusal(build: () => unknown): unknown {
  try {
    build();
    return "accepted";
  } catch (error) {
    return ConversationError.is(error) ? { code: error.code, ...error.details } : error;
  }
}

describe("what the builder makes", () => {
  test("a text to a phone, quoting and correlated", () => {
    expect(to.quoting("wamid.1").correlated("msg_1").text("Good morning")).toEqual({
      messaging_product: "whatsapp",
      recipient_type: "individual",
      to: "+12025550101",
      context: { message_id: "wamid.1" },
      biz_opaque_callback_data: "msg_1",
      type: "text",
      text: { body: "Good morning" },
    });
  });

  test("a guest without a phone is addressed as recipient, never as to (chatwoot#15150)", () => {
    const payload = new WhatsAppPayloadBuilder({ kind: "bsuid", value: "JP.9000" }).text("hi");
    expect(payload).toMatchObject({ recipient: "JP.9000" });
    expect(payload).not.toHaveProperty("to");
  });

  test("reply buttons and a list, as the documentation shows them", () => {
    expect(
      to.replyButtons("Breakfast?", [button(), button({ id: "b2", title: "No" })], {
        header: "Tomorrow",
        footer: "7 to 10",
      }),
    ).toMatchObject({
      type: "interactive",
      interactive: {
        type: "button",
        header: { type: "text", text: "Tomorrow" },
        body: { text: "Breakfast?" },
        footer: { text: "7 to 10" },
        action: {
          buttons: [
            { type: "reply", reply: { id: "b1", title: "Yes" } },
            { type: "reply", reply: { id: "b2", title: "No" } },
          ],
        },
      },
    });
    expect(to.list("Which?", "Open", [{ rows: [row(1, { description: "first" })] }])).toMatchObject({
      interactive: {
        type: "list",
        action: { button: "Open", sections: [{ rows: [{ id: "r1", title: "Row 1", description: "first" }] }] },
      },
    });
  });

  test("nothing of a builder changes", () => {
    to.quoting("wamid.9");
    expect(to.text("hi")).not.toHaveProperty("context");
  });
});

describe("limits are held at n-1 and n, and refused at n+1 with field, limit and actual (S36, I19)", () => {
  const cases: readonly [string, number, (length: number) => unknown][] = [
    ["text.body", LIMITS.textBody, (n) => to.text(a(n))],
    ["biz_opaque_callback_data", LIMITS.callbackData, (n) => to.correlated(a(n))],
    ["interactive.body", LIMITS.buttonBody, (n) => to.replyButtons(a(n), [button()])],
    ["button.id", LIMITS.buttonId, (n) => to.replyButtons("?", [button({ id: a(n) })])],
    ["button.title", LIMITS.buttonTitle, (n) => to.replyButtons("?", [button({ title: a(n) })])],
    ["interactive.header", LIMITS.header, (n) => to.replyButtons("?", [button()], { header: a(n) })],
    ["interactive.footer", LIMITS.footer, (n) => to.list("?", "Open", [{ rows: rows(1) }], { footer: a(n) })],
    ["interactive.body", LIMITS.listBody, (n) => to.list(a(n), "Open", [{ rows: rows(1) }])],
    ["list.button", LIMITS.listButton, (n) => to.list("?", a(n), [{ rows: rows(1) }])],
    ["list.rows", LIMITS.rows, (n) => to.list("?", "Open", [{ rows: rows(n) }])],
    [
      "list.sections",
      LIMITS.sections,
      (n) =>
        to.list(
          "?",
          "Open",
          rows(n).map((one, i) => ({ title: `S${String(i)}`, rows: [one] })),
        ),
    ],
    ["section.title", LIMITS.sectionTitle, (n) => to.list("?", "Open", [{ title: a(n), rows: rows(1) }])],
    ["row.id", LIMITS.rowId, (n) => to.list("?", "Open", [{ rows: [row(1, { id: a(n) })] }])],
    ["row.title", LIMITS.rowTitle, (n) => to.list("?", "Open", [{ rows: [row(1, { title: a(n) })] }])],
    [
      "row.description",
      LIMITS.rowDescription,
      (n) => to.list("?", "Open", [{ rows: [row(1, { description: a(n) })] }]),
    ],
  ];
  test.each(cases)("%s: %d", (field, limit, build) => {
    expect(refusal(() => build(limit - 1))).toBe("accepted");
    expect(refusal(() => build(limit))).toBe("accepted");
    expect(refusal(() => build(limit + 1))).toEqual({ code: "payload_invalid", field, limit, actual: limit + 1 });
    expect(refusal(() => build(0))).toMatchObject({ code: "payload_invalid" });
  });

  test("buttons: one to three, with ids and titles that differ, and no space around an id", () => {
    const four = [1, 2, 3, 4].map((n) => button({ id: String(n), title: String(n) }));
    expect(refusal(() => checkContent({ type: "buttons", text: "?", buttons: four }))).toMatchObject({
      field: "interactive.buttons",
      limit: 3,
      actual: 4,
    });
    expect(refusal(() => to.replyButtons("?", [button(), button({ title: "No" })]))).toMatchObject({
      field: "button.id",
    });
    expect(refusal(() => to.replyButtons("?", [button(), button({ id: "b2" })]))).toMatchObject({
      field: "button.title",
    });
    expect(refusal(() => to.replyButtons("?", [button({ id: " b1" })]))).toMatchObject({ field: "button.id" });
    // @ts-expect-error a fourth button does not compile
    const tooMany = () => to.replyButtons("?", [button(), button(), button(), button()]);
    expect(refusal(tooMany)).toMatchObject({ code: "payload_invalid" });
  });

  test("a second section needs titles, and white space is no text", () => {
    expect(refusal(() => to.list("?", "Open", [{ rows: rows(1) }, { rows: [row(7)] }]))).toMatchObject({
      field: "section.title",
    });
    expect(refusal(() => to.text(" \n\t "))).toMatchObject({ field: "text.body" });
  });

  test("lengths are counted in UTF-16 units, so never too long whatever WhatsApp counts", () => {
    expect(refusal(() => to.text("👋".repeat(2_048)))).toBe("accepted");
    expect(refusal(() => to.text("👋".repeat(2_049)))).toMatchObject({ actual: 4_098 });
  });

  test("whatever it accepts satisfies the limits, and nothing is cut", () => {
    const words = fc.string({ maxLength: 90, unit: "grapheme" });
    fc.assert(
      fc.property(
        words,
        fc.array(fc.record({ id: words, title: words, description: words }), { maxLength: 12 }),
        (text, many) => {
          const outcome = refusal(() => to.list(text, "Open", [{ rows: many }]));
          const fits =
            text.trim() !== "" &&
            many.length >= 1 &&
            many.length <= LIMITS.rows &&
            new Set(many.map(({ id }) => id)).size === many.length &&
            many.every(
              ({ id, title, description }) =>
                id.trim() === id &&
                id !== "" &&
                id.length <= LIMITS.rowId &&
                title.trim() !== "" &&
                title.length <= LIMITS.rowTitle &&
                description.trim() !== "" &&
                description.length <= LIMITS.rowDescription,
            );
          expect(outcome === "accepted").toBe(fits);
        },
      ),
    );
  });
});
