import { describe, expect, test } from "vitest";
import { contentLine, OUTBOUND_TYPES, type OutboundContent } from "../../src/domain/content.js";
import type { ConversationError } from "../../src/errors.js";
import { checkContent, payloadOf, WhatsAppPayloadBuilder } from "../../src/whatsapp/payload-builder.js";
import { OUTBOUND } from "./outbound-contents.js";

const phone = { kind: "waId", value: "12025550101" } as const;
const envelope = { messaging_product: "whatsapp", recipient_type: "individual", to: "+12025550101" };

describe("what a hotel sends leaves as Meta writes it (S58)", () => {
  test.each(OUTBOUND)("$content.type: $line", ({ content, line, sent }) => {
    expect(payloadOf(new WhatsAppPayloadBuilder(phone), content)).toStrictEqual({ ...envelope, ...sent });
    expect(contentLine(content)).toBe(line);
  });

  test("no kind is without an example", () => {
    expect(new Set(OUTBOUND.map(({ content }) => content.type))).toEqual(new Set(OUTBOUND_TYPES));
  });

  test("a guest without a phone is addressed as recipient, never as to (chatwoot#15150), with what is quoted, our own id, and the device it is meant for", () => {
    const builder = new WhatsAppPayloadBuilder({ kind: "bsuid", value: "JP.9000" });
    expect(builder.quoting("wamid.1").correlated("msg_1").identified("h4sh").text("The code is 1234.")).toStrictEqual({
      messaging_product: "whatsapp",
      recipient_type: "individual",
      recipient: "JP.9000",
      context: { message_id: "wamid.1" },
      biz_opaque_callback_data: "msg_1",
      recipient_identity_key_hash: "h4sh",
      type: "text",
      text: { body: "The code is 1234." },
    });
  });

  test("a message is marked as read, with or without the sign that an answer is being written", () => {
    expect(WhatsAppPayloadBuilder.markRead("wamid.1")).toStrictEqual({
      messaging_product: "whatsapp",
      status: "read",
      message_id: "wamid.1",
    });
    expect(WhatsAppPayloadBuilder.markRead("wamid.1", { typing: true })).toStrictEqual({
      messaging_product: "whatsapp",
      status: "read",
      message_id: "wamid.1",
      typing_indicator: { type: "text" },
    });
  });

  test("what is checked before it is stored is what is checked when it leaves", () => {
    for (const { content } of OUTBOUND) {
      checkContent(content);
      const quoting = () => checkContent(content, true);
      if (content.type !== "reaction") quoting();
      else expect(quoting).toThrow("payload_invalid");
    }
  });

  const wrong = (content: unknown): unknown => {
    try {
      checkContent(content as OutboundContent);
      return null;
    } catch (error) {
      return (error as ConversationError).details;
    }
  };

  test.each(OUTBOUND)("a host without types that misspells something in $content.type hears what", ({ content }) => {
    expect(wrong({ ...content, captoin: "?" })).toEqual({
      field: "content.captoin",
      limit: "no such member",
      actual: 1,
    });
    // Whatever stands for a member that has to be there.
    for (const name of Object.keys(content))
      expect([name, wrong({ ...content, [name]: Symbol.iterator })]).toMatchObject([
        name,
        { field: expect.any(String) },
      ]);
  });

  test.each<[string, object, string]>([
    ["a kind that nobody knows", { type: "hologram", text: "Hello" }, "content.type"],
    ["no kind", { text: "Hello" }, "content.type"],
    ["a text without its text", { type: "text" }, "content.text"],
    [
      "a list with a picture above it",
      {
        type: "list",
        text: "Where to?",
        button: "Choose",
        rows: [{ id: "a", title: "A" }],
        header: { type: "image", media: { id: "1" } },
      },
      "content.header",
    ],
    [
      "a file by its id and by a link",
      { type: "image", media: { id: "1", link: "https://cdn.example/1.png" } },
      "content.media",
    ],
    [
      "a request for an address of a country that has none",
      { type: "addressRequest", text: "Where to?", country: "FR" },
      "content.country",
    ],
    ["a member of a name that is somebody's words", { type: "text", text: "Hello", "I am Nadia": true }, "content"],
  ])("%s is refused before it is stored", (_, content, field) => {
    expect(wrong(content)).toMatchObject({ field });
  });

  test("nothing of a builder changes", () => {
    const builder = new WhatsAppPayloadBuilder(phone);
    const before = builder.text("hi");
    builder.quoting("wamid.1");
    builder.correlated("msg_1");
    builder.identified("h4sh");
    expect(builder.text("hi")).toStrictEqual(before);
    const quoting = builder.quoting("wamid.1");
    quoting.quoting("wamid.2");
    expect(quoting.text("hi")).toMatchObject({ context: { message_id: "wamid.1" } });
  });
});
