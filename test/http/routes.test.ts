import { describe, expect, test } from "vitest";
import type { ShownMessage } from "../../src/domain/amendment.js";
import { ConversationError } from "../../src/errors.js";
import { answerDesk } from "../../src/http/desk-handler.js";
import { ROUTES } from "../../src/http/routes.js";
import type { Desk } from "../../src/runtime/desk-api.js";
import type { GuestConsents, GuestView } from "../../src/runtime/desk-shapes.js";
import { expectDescribed } from "../support/described.js";

const NOON = new Date("2026-11-10T12:00:00Z");
const tom: GuestView = {
  id: "gst_1",
  hotelId: "grand",
  name: "Tom",
  username: null,
  language: null,
  addresses: [{ kind: "waId", value: "12025550102", evidence: "att_1", firstSeenAt: NOON, retiredAt: null }],
  mergedInto: null,
  merged: [],
  maybeSame: [{ guestId: "gst_2", why: "formerPhone" }],
  stay: { reservationId: "R-7", from: "2026-11-09", to: "2026-11-12" },
  known: null,
};

const stopped: GuestConsents = {
  marketing: "stopped",
  entries: [
    {
      id: "cns_1",
      hotelId: "grand",
      guestId: "gst_1",
      scope: "marketing",
      wish: "stop",
      source: "keyword",
      evidence: "wamid.1",
      at: NOON,
      recordedAt: NOON,
    },
  ],
};

/** A desk that answers with what it was asked for, and the API before it. */
function api(desk: Partial<Desk>) {
  const quiet = () => undefined;
  const source = { as: () => desk as Desk, logger: { debug: quiet, info: quiet, warn: quiet, error: quiet } };
  return async (method: "GET" | "POST", address: string, body?: unknown) => {
    const [path = "", query = ""] = address.split("?");
    const answer = await answerDesk(source, {
      method,
      path,
      query: new URLSearchParams(query),
      contentType: "application/json",
      authenticate: () => Promise.resolve({ kind: "system", id: "test" }),
      readBody: () => Promise.resolve(body === undefined ? new Uint8Array() : { parsed: body }),
    });
    if (answer === null) return null;
    const json = answer.body === "" ? null : (JSON.parse(answer.body) as unknown);
    expectDescribed(method, path, answer.status, json);
    return { status: answer.status, json };
  };
}
const issueAt = (path: string) => ({
  status: 400,
  json: { error: { code: "request_invalid", details: { issues: [{ path }] } } },
});

describe("the routes about guests", () => {
  const asked: unknown[] = [];
  const answering =
    <T>(value: T) =>
    (...question: readonly unknown[]): Promise<T> => {
      asked.splice(0, asked.length, ...question);
      return Promise.resolve(value);
    };
  const call = api({
    guest: answering(tom),
    findGuests: answering([tom]),
    mergeGuests: answering(tom),
    unmergeGuests: answering(tom),
    consents: answering(stopped),
    setConsent: answering(stopped),
  });
  const json = { id: "gst_1", addresses: [{ value: "12025550102" }], maybeSame: [{ guestId: "gst_2" }] };

  test("show one", async () => {
    expect(await call("GET", "/guests/gst_1")).toMatchObject({ status: 200, json });
    expect(asked).toEqual(["gst_1"]);
  });

  test("find some by a hotel and a phone in any spelling, and by nothing less", async () => {
    const find = (body: object) => call("POST", "/guests/find", body);
    expect(await find({ hotel: "grand", phone: "+1 202-555-0102" })).toMatchObject({
      status: 200,
      json: { items: [json] },
    });
    expect(asked).toEqual([{ hotel: "grand", phone: "+1 202-555-0102" }]);
    expect(await find({ hotel: "grand" })).toMatchObject(issueAt("phone"));
    expect(await find({ phone: "12025550102" })).toMatchObject(issueAt("hotel"));
    expect(await find({ hotel: "grand", phone: "" })).toMatchObject(issueAt("phone"));
    expect(await find({ hotel: "grand", phone: "1", name: "Tom" })).toMatchObject(issueAt(""));
  });

  test("merge two and take them apart, with a reason or without", async () => {
    expect(await call("POST", "/guests/gst_2/merge", { into: "gst_1", reason: "same passport" })).toMatchObject({
      status: 200,
      json,
    });
    expect(asked).toEqual([{ guestId: "gst_2", into: "gst_1", reason: "same passport" }]);
    await call("POST", "/guests/gst_2/merge", { into: "gst_1" });
    expect(asked).toStrictEqual([{ guestId: "gst_2", into: "gst_1" }]);
    expect(await call("POST", "/guests/gst_2/unmerge")).toMatchObject({ status: 200, json });
    expect(asked).toStrictEqual([{ guestId: "gst_2" }]);
    await call("POST", "/guests/gst_2/unmerge", { reason: "a mistake" });
    expect(asked).toEqual([{ guestId: "gst_2", reason: "a mistake" }]);
  });

  test("show what a guest said about offers, and note what they say", async () => {
    const consents = {
      status: 200,
      json: {
        marketing: "stopped",
        items: [
          {
            id: "cns_1",
            guestId: "gst_1",
            scope: "marketing",
            wish: "stop",
            source: "keyword",
            evidence: "wamid.1",
            at: "2026-11-10T12:00:00.000Z",
            recordedAt: "2026-11-10T12:00:00.000Z",
          },
        ],
      },
    };
    expect(await call("GET", "/guests/gst_1/consents")).toEqual(consents);
    expect(asked).toEqual(["gst_1"]);
    expect(await call("POST", "/guests/gst_1/consents", { wish: "stop", reason: "on the phone" })).toEqual(consents);
    expect(asked).toEqual(["gst_1", { wish: "stop", reason: "on the phone" }]);
    await call("POST", "/guests/gst_1/consents", { wish: "resume" });
    expect(asked).toStrictEqual(["gst_1", { wish: "resume" }]);
    asked.length = 0;
    expect(await call("POST", "/guests/gst_1/consents", { wish: "start" })).toMatchObject(issueAt("wish"));
    expect(await call("POST", "/guests/gst_1/consents")).toMatchObject(issueAt("wish"));
    expect(await call("POST", "/guests/gst_1/consents", { wish: "stop", at: "2020" })).toMatchObject(issueAt(""));
    expect(asked).toEqual([]);
  });

  test("refuse what they do not know before the desk is asked", async () => {
    asked.length = 0;
    expect(await call("POST", "/guests/gst_2/merge", {})).toMatchObject(issueAt("into"));
    expect(await call("POST", "/guests/gst_2/merge")).toMatchObject(issueAt("into"));
    expect(await call("POST", "/guests/gst_2/merge", { into: "gst\u0000" })).toMatchObject(issueAt("into"));
    expect(await call("POST", "/guests/gst_2/merge", { into: "gst_1", guestId: "gst_3" })).toMatchObject(issueAt(""));
    expect(await call("POST", "/guests/gst_2/unmerge", { reason: "" })).toMatchObject(issueAt("reason"));
    expect(await call("POST", "/guests/gst_2/unmerge", { from: "gst_1" })).toMatchObject(issueAt(""));
    expect(await call("GET", "/guests/gst_1?all=1")).toMatchObject(issueAt(""));
    expect(asked).toEqual([]);
  });

  test("say why two cannot be merged", async () => {
    const merged = api({
      mergeGuests: () => Promise.reject(new ConversationError("merge_impossible", { mergedInto: "gst_3" })),
    });
    expect(await merged("POST", "/guests/gst_2/merge", { into: "gst_1" })).toMatchObject({
      status: 409,
      json: { error: { code: "merge_impossible", details: { mergedInto: "gst_3" } } },
    });
  });
});

describe("the routes of writing first, sending again and settling by hand", () => {
  const asked: unknown[] = [];
  const message: ShownMessage = {
    id: "msg_1",
    hotelId: "grand",
    conversationId: "con_1",
    seq: 1,
    eventSeq: 1,
    direction: "outbound",
    author: { kind: "staff", id: "staff_1", name: null },
    content: { type: "text", text: "hello" },
    versions: [],
    revokedAt: null,
    reactions: [],
    insteadOf: null,
    fallback: null,
    status: "failed",
    failure: { code: "graph_131026", message: "The guest cannot be reached." },
    billing: null,
    wamid: null,
    quotedWamid: null,
    context: null,
    attemptId: null,
    clientMessageId: null,
    flow: null,
    reasons: [{ code: "sent_again", at: NOON, details: { as: "msg_1_again" } }],
    sentAt: NOON,
    createdAt: NOON,
  };
  const answering = (...question: readonly unknown[]): Promise<ShownMessage> => {
    asked.splice(0, asked.length, ...question);
    return Promise.resolve(message);
  };
  const call = api({ write: answering, resend: answering, resolve: answering });
  const json = { id: "msg_1", failure: { code: "graph_131026" }, resentAs: "msg_1_again" };

  test("a first message goes to a phone, to WhatsApp's id, or to a known guest", async () => {
    const content = { type: "template", name: "arrival", language: "en" };
    for (const to of [{ waId: "+1 202-555-0101" }, { bsuid: "US.1" }, { guestId: "gst_1" }]) {
      const body = { hotelId: "grand", departmentId: "reception", to, content };
      expect(await call("POST", "/conversations", body)).toMatchObject({ status: 202, json });
      expect(asked).toStrictEqual([body]);
    }
    const all = {
      clientMessageId: "w1",
      hotelId: "grand",
      departmentId: "reception",
      to: { waId: "12025550101" },
      phoneNumberId: "200000000000001",
      content: { type: "text", text: "hello" },
    };
    expect(await call("POST", "/conversations", all)).toMatchObject({ status: 202 });
    expect(asked).toStrictEqual([all]);
    asked.length = 0;
    const refused = async (fields: object, path: string) => {
      expect(await call("POST", "/conversations", { ...all, ...fields })).toMatchObject(issueAt(path));
    };
    await refused({ to: { waId: "12025550101", bsuid: "US.1" } }, "to");
    await refused({ to: {} }, "to");
    await refused({ to: { waId: "" } }, "to.waId");
    await refused({ departmentId: "" }, "departmentId");
    await refused({ content: { type: "reaction", messageId: "msg_1", text: "👍" } }, "content.type");
    await refused({ content: { type: "poll" } }, "content.type");
    await refused({ quotes: "msg_1" }, "");
    await refused({ clientMessageId: "w\u0000" }, "clientMessageId");
    expect(asked).toEqual([]);
  });

  test("a message is sent again, and what became of it is said, with a reason or without", async () => {
    expect(await call("POST", "/messages/msg_1/resend")).toMatchObject({ status: 202, json });
    expect(asked).toStrictEqual(["msg_1", {}]);
    const how = { clientMessageId: "c1", mayDouble: true, urgent: true, reason: "asked at the desk" };
    await call("POST", "/messages/msg_1/resend", how);
    expect(asked).toStrictEqual(["msg_1", how]);
    expect(await call("POST", "/messages/msg_1/resend", { force: true })).toMatchObject(issueAt(""));
    expect(await call("POST", "/messages/msg_1/resend", { mayDouble: "yes" })).toMatchObject(issueAt("mayDouble"));
    expect(await call("POST", "/messages/msg_1/resolve", { as: "sent" })).toMatchObject({ status: 200, json });
    expect(asked).toStrictEqual(["msg_1", { as: "sent" }]);
    await call("POST", "/messages/msg_1/resolve", { as: "failed", reason: "never came" });
    expect(asked).toStrictEqual(["msg_1", { as: "failed", reason: "never came" }]);
    expect(await call("POST", "/messages/msg_1/resolve", { as: "read" })).toMatchObject(issueAt("as"));
    expect(await call("POST", "/messages/msg_1/resolve")).toMatchObject(issueAt("as"));
  });

  test("say what to do instead", async () => {
    const refusing = api({
      resend: () => Promise.reject(new ConversationError("resend_may_double", { messageId: "msg_1" })),
      write: () => Promise.reject(new ConversationError("recipient_moved", { guestId: "gst_1" })),
    });
    expect(await refusing("POST", "/messages/msg_1/resend")).toMatchObject({
      status: 409,
      json: { error: { code: "resend_may_double", details: { messageId: "msg_1" } } },
    });
    const body = {
      hotelId: "grand",
      departmentId: "reception",
      to: { waId: "12025550101" },
      content: { type: "text", text: "hello" },
    };
    expect(await refusing("POST", "/conversations", body)).toMatchObject({
      status: 409,
      json: { error: { code: "recipient_moved", details: { guestId: "gst_1" } } },
    });
  });
});

test("an operator's events come in pages, each with its hotel, number, time and what happened", async () => {
  const asked: unknown[] = [];
  const call = api({
    operatorEvents: (query) => {
      asked.push(query);
      const body = { type: "work.dead", workId: "w1", code: "decision_failed" } as const;
      const item = { hotelId: "grand", seq: 4, at: NOON, conversationId: null, departmentId: null, body };
      return Promise.resolve({ items: [item], nextCursor: "more" });
    },
  });
  expect(await call("GET", "/operator/events?limit=1&cursor=c")).toEqual({
    status: 200,
    json: {
      items: [
        {
          hotelId: "grand",
          seq: 4,
          at: "2026-11-10T12:00:00.000Z",
          type: "work.dead",
          workId: "w1",
          code: "decision_failed",
        },
      ],
      nextCursor: "more",
    },
  });
  expect(asked).toEqual([{ limit: 1, cursor: "c" }]);
  expect(await call("GET", "/operator/events?type=work.dead")).toMatchObject(issueAt(""));
});

test("what stands aside is read again when asked, and the answer says how much of it is work now", async () => {
  const call = api({ reprocess: () => Promise.resolve({ read: 12, understood: 3, ids: ["raw_1"] }) });
  const done = { status: 200, json: { read: 12, understood: 3 } };
  expect(await call("POST", "/operator/reprocess")).toEqual(done);
  expect(await call("POST", "/operator/reprocess", {})).toEqual(done);
  expect(await call("POST", "/operator/reprocess", { since: "yesterday" })).toMatchObject(issueAt(""));
});

test("each of these routes asks for the permission that it names", () => {
  const permissions = Object.fromEntries(
    ROUTES.map(({ method, path, permission }) => [`${method} ${path}`, permission]),
  );
  expect(permissions).toMatchObject({
    "POST /guests/find": "guest.read",
    "GET /guests/:id": "guest.read",
    "GET /guests/:id/consents": "guest.read",
    "POST /guests/:id/consents": "guest.consent",
    "POST /guests/:id/merge": "guest.merge",
    "POST /guests/:id/unmerge": "guest.merge",
    "GET /operator/events": "events.list",
    "POST /operator/reprocess": "kept.reprocess",
    "POST /conversations": "conversation.write",
    "POST /messages/:id/resend": "message.resend",
    "POST /messages/:id/resolve": "message.resolve",
    "GET /templates": "template.list",
    "POST /operator/templates/sync": "template.sync",
  });
});

describe("the routes of what staff say among themselves", () => {
  const asked: unknown[] = [];
  const answering =
    <T>(value: T) =>
    (...question: readonly unknown[]): Promise<T> => {
      asked.splice(0, asked.length, ...question);
      return Promise.resolve(value);
    };
  const note: ShownMessage = {
    id: "msg_1",
    hotelId: "grand",
    conversationId: "con_1",
    seq: 2,
    eventSeq: 2,
    direction: "internal",
    author: { kind: "staff", id: "anna", name: null },
    content: { type: "note", text: "Nut allergy", mentions: ["ben"] },
    versions: [],
    revokedAt: null,
    reactions: [],
    insteadOf: null,
    fallback: null,
    status: "noted",
    failure: null,
    billing: null,
    wamid: null,
    quotedWamid: null,
    context: null,
    attemptId: null,
    clientMessageId: "n1",
    flow: null,
    reasons: [],
    sentAt: NOON,
    createdAt: NOON,
  };
  const call = api({
    note: answering(note),
    mentions: answering({ items: [{ at: NOON, read: false, shownIn: ["con_1"], message: note }], nextCursor: "next" }),
    participants: answering([{ conversationId: "con_1", kind: "staff", id: "anna", readSeq: 2 } as const]),
    typing: answering({ shown: true } as const),
    reply: answering(note),
  });

  test("pass on what was asked for, and answer it as JSON", async () => {
    const body = { clientMessageId: "n1", text: "Nut allergy", mentions: ["ben"] };
    expect(await call("POST", "/conversations/con_1/notes", body)).toMatchObject({
      status: 201,
      json: { id: "msg_1", direction: "internal", status: "noted", content: note.content },
    });
    expect(asked).toEqual(["con_1", body]);
    expect(await call("GET", "/mentions?unread=true&limit=5")).toMatchObject({
      status: 200,
      json: { items: [{ at: NOON.toISOString(), read: false, shownIn: ["con_1"] }], nextCursor: "next" },
    });
    expect(asked).toEqual([{ unread: true, limit: 5 }]);
    await call("GET", "/mentions?unread=false");
    expect(asked).toEqual([{ unread: false }]);
    expect(await call("GET", "/conversations/con_1/participants")).toEqual({
      status: 200,
      json: { items: [{ conversationId: "con_1", kind: "staff", id: "anna", readSeq: 2 }] },
    });
    expect(await call("POST", "/conversations/con_1/typing")).toEqual({ status: 202, json: { shown: true } });
    const reply = { clientMessageId: "m1", content: { type: "text", text: "Yes" }, seenSeq: 0 } as const;
    await call("POST", "/conversations/con_1/messages", reply);
    expect(asked).toEqual(["con_1", reply]);
  });

  test("refuse what they do not know before the desk is asked; a note is no answer", async () => {
    asked.length = 0;
    const body = { clientMessageId: "n1", text: "Nut allergy" };
    expect(await call("POST", "/conversations/con_1/notes", { ...body, mentions: "ben" })).toMatchObject(
      issueAt("mentions"),
    );
    expect(await call("POST", "/conversations/con_1/notes", { ...body, content: {} })).toMatchObject(issueAt(""));
    expect(await call("POST", "/conversations/con_1/notes", { text: "Nut allergy" })).toMatchObject(
      issueAt("clientMessageId"),
    );
    expect(await call("GET", "/mentions?unread=1")).toMatchObject(issueAt("unread"));
    expect(await call("GET", "/mentions?staff=ben")).toMatchObject(issueAt(""));
    expect(await call("POST", "/conversations/con_1/typing", { seq: 1 })).toMatchObject(issueAt(""));
    const asReply = { clientMessageId: "n1", content: { type: "note", text: "Nut allergy", mentions: [] } };
    expect(await call("POST", "/conversations/con_1/messages", asReply)).toMatchObject({ status: 400 });
    const unseen = { clientMessageId: "m1", content: { type: "text", text: "Yes" }, seenSeq: -1 };
    expect(await call("POST", "/conversations/con_1/messages", unseen)).toMatchObject(issueAt("seenSeq"));
    expect(asked).toEqual([]);
  });
});
