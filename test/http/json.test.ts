import { describe, expect, test } from "vitest";
import { shown, type Amendment, type AmendmentAct, type ShownMessage } from "../../src/domain/amendment.js";
import { contentText, type MessageContent } from "../../src/domain/content.js";
import type { Message } from "../../src/domain/message.js";
import { eventJson, guestJson, messageJson } from "../../src/http/json.js";

const NOON = new Date("2026-11-10T12:00:00Z");
const after = (seconds: number) => new Date(NOON.getTime() + seconds * 1_000);

const aMessage = (content: MessageContent, extra: Partial<Message> = {}): Message => ({
  id: "msg_1",
  hotelId: "grand",
  conversationId: "con_1",
  seq: 1,
  eventSeq: 1,
  direction: "inbound",
  author: { kind: "guest", id: "gst_1" },
  content,
  status: "received",
  fallback: null,
  failure: null,
  billing: null,
  wamid: "wamid.1",
  quotedWamid: null,
  context: null,
  attemptId: "att_1",
  clientMessageId: null,
  flow: null,
  reasons: [],
  sentAt: NOON,
  createdAt: NOON,
  ...extra,
});

let acts = 0;
const amended = (message: Message, ...made: readonly [AmendmentAct, Amendment["by"]?][]): ShownMessage =>
  shown(
    message,
    made.map(([act, by = "guest"], index) => ({
      hotelId: "grand",
      wamid: "wamid.1",
      id: `amendment_${String(acts++).padStart(4, "0")}`,
      guestId: "gst_1",
      by,
      act,
      at: after(index + 1),
      attemptId: "att_2",
    })),
  );
const edited = (text: string): AmendmentAct => ({ kind: "edited", content: { type: "text", text } });

describe("a message as staff's pages get it", () => {
  test("says which step of a flow it is of, and what became of that (design §5.12)", () => {
    const of = (flow: Message["flow"]) => messageJson(amended(aMessage({ type: "text", text: "two" }, { flow }))).flow;
    const mark = { flowId: "arrival", runId: "run_1", step: "nights", result: "succeeded" } as const;
    expect(of(mark)).toEqual(mark);
    expect(of({ flowId: "arrival", step: "nights", result: "failed" })).toEqual({
      ...mark,
      runId: null,
      result: "failed",
    });
  });

  test("has what it said before, who reacted, and what it cost", () => {
    const billing = { billable: true, model: "PMP", category: "service", conversation: { id: "c", origin: "service" } };
    const message = aMessage({ type: "text", text: "at six" }, { billing });
    expect(
      messageJson(
        amended(message, [edited("at seven")], [edited("at eight")], [{ kind: "reacted", emoji: "👍" }, "device"]),
      ),
    ).toEqual({
      id: "msg_1",
      conversationId: "con_1",
      seq: 1,
      direction: "inbound",
      author: { kind: "guest", id: "gst_1" },
      content: { type: "text", text: "at eight" },
      versions: [
        { content: { type: "text", text: "at six" }, at: "2026-11-10T12:00:00.000Z" },
        { content: { type: "text", text: "at seven" }, at: "2026-11-10T12:00:01.000Z" },
      ],
      revokedAt: null,
      reactions: [{ by: "device", emoji: "👍", at: "2026-11-10T12:00:03.000Z" }],
      context: null,
      flow: null,
      status: "received",
      failure: null,
      insteadOf: null,
      attachment: null,
      wamid: "wamid.1",
      quotes: null,
      translation: null,
      resentAs: null,
      billing,
      clientMessageId: null,
      sentAt: "2026-11-10T12:00:00.000Z",
      createdAt: "2026-11-10T12:00:00.000Z",
    });
  });

  test.each<MessageContent>([
    { type: "text", text: "the secret words" },
    { type: "image", text: "the secret words", media: { id: "1", mimeType: "image/jpeg" } },
    { type: "document", fileName: "the secret words.pdf", media: { id: "1", mimeType: "application/pdf" } },
    { type: "location", latitude: 1, longitude: 2, text: "the secret words" },
    { type: "contacts", cards: [{ name: "the secret words", isOwn: false, phones: [], emails: [] }] },
  ])("has no word of a $type that was deleted, nor of what it said before", (content) => {
    const message = amended(aMessage(content), [edited("secret words, again")], [{ kind: "revoked" }]);
    const json = messageJson(message);
    expect([json.content, json.versions, json.revokedAt]).toEqual([
      { type: "revoked" },
      [],
      "2026-11-10T12:00:02.000Z",
    ]);
    expect(JSON.stringify(json)).not.toContain("secret");
    // Nor where whoever gives it has left them in.
    const left = { ...message, content, versions: [{ content, at: NOON }] };
    expect(JSON.stringify(messageJson(left))).not.toContain("secret");
  });

  test.each<[MessageContent, object]>([
    [
      { type: "system", changed: "number", text: "User Tom changed from 12025550102 to 12025550152" },
      { type: "system", changed: "number", text: "User Tom changed from 12025550102 to 12025550152" },
    ],
    [
      { type: "system", changed: "identity" },
      { type: "system", changed: "identity" },
    ],
    [
      { type: "call", direction: "fromGuest", outcome: "completed", seconds: 120 },
      { type: "call", direction: "fromGuest", outcome: "completed", seconds: 120 },
    ],
    [
      { type: "call", direction: "toGuest", outcome: "failed" },
      { type: "call", direction: "toGuest", outcome: "failed" },
    ],
    [
      { type: "note", text: "Nut allergy", mentions: ["ben"] },
      { type: "note", text: "Nut allergy", mentions: ["ben"] },
    ],
    [{ type: "mediaPlaceholder" }, { type: "mediaPlaceholder" }],
    [{ type: "revoked" }, { type: "revoked" }],
  ])("says %j", (content, json) => {
    const more = { ...content, raw: { secret: contentText(content) } };
    expect(messageJson(shown(aMessage(more), [])).content).toStrictEqual(json);
  });

  test("says of an older version's file what it is, and not where it lies with Meta", () => {
    const image = (text: string): MessageContent => ({
      type: "image",
      text,
      media: { id: "9", mimeType: "image/png" },
    });
    const json = messageJson(amended(aMessage(image("leaks")), [{ kind: "edited", content: image("it leaks") }]));
    expect([json.content, json.versions.map(({ content }) => content)]).toStrictEqual([
      { type: "image", text: "it leaks", mimeType: "image/png" },
      [{ type: "image", text: "leaks", mimeType: "image/png" }],
    ]);
  });
});

test("a guest is shown with every address and its evidence, and nothing that merely stands beside them", () => {
  const guest = {
    id: "gst_1",
    hotelId: "grand",
    name: "Tom",
    username: "tom.o",
    language: "de",
    addresses: [
      { kind: "waId", value: "12025550102", evidence: "att_1", firstSeenAt: NOON, retiredAt: after(60), extra: 1 },
      { kind: "bsuid", value: "US.1", evidence: null, firstSeenAt: NOON, retiredAt: null },
    ],
    mergedInto: null,
    merged: [{ id: "gst_2", name: null, extra: 1 }],
    maybeSame: [{ guestId: "gst_3", why: "likePhone", extra: 1 }],
    stay: { reservationId: "R-7", room: "204", from: "2026-11-09", to: "2026-11-12", extra: 1 },
    known: { name: "Mr O.", language: "en", vip: true, extra: 1 },
    extra: 1,
  } as const;
  expect(guestJson(guest)).toStrictEqual({
    id: "gst_1",
    hotelId: "grand",
    name: "Tom",
    username: "tom.o",
    language: "de",
    addresses: [
      {
        kind: "waId",
        value: "12025550102",
        evidence: "att_1",
        firstSeenAt: "2026-11-10T12:00:00.000Z",
        retiredAt: "2026-11-10T12:01:00.000Z",
      },
      { kind: "bsuid", value: "US.1", evidence: null, firstSeenAt: "2026-11-10T12:00:00.000Z", retiredAt: null },
    ],
    mergedInto: null,
    merged: [{ id: "gst_2", name: null }],
    maybeSame: [{ guestId: "gst_3", why: "likePhone" }],
    stay: { reservationId: "R-7", room: "204", from: "2026-11-09", to: "2026-11-12" },
    known: { name: "Mr O.", language: "en", vip: true },
  });
});

test("an event of an operator's list has its hotel, its number and what happened", () => {
  const news = { accountId: "100", about: "template", templateId: "7", name: "welcome", status: "PAUSED" } as const;
  const event = { hotelId: "grand", seq: 7, at: NOON, conversationId: null, departmentId: null };
  expect(eventJson({ ...event, body: { type: "account.news", news } })).toStrictEqual({
    hotelId: "grand",
    seq: 7,
    at: "2026-11-10T12:00:00.000Z",
    type: "account.news",
    news,
  });
  expect(eventJson({ ...event, body: { type: "guest.merged", guestId: "gst_1", into: "gst_2" } })).toMatchObject({
    type: "guest.merged",
    guestId: "gst_1",
    into: "gst_2",
  });
});
