import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BUILT_IN_ROLES } from "../../src/domain/access.js";
import type { DeskEvent, EventBody } from "../../src/domain/event.js";
import { guestViewer, staffViewer, type Viewer } from "../../src/live/audience.js";
import { batchOf } from "../../src/live/frames.js";
import type { ServerFrame } from "../../src/live/protocol.js";
import type { LiveConversation, News } from "../../src/ports/live-storage.js";
import {
  aConversation,
  anInboundMessage,
  aNote,
  anOutboundMessage,
  NOON,
} from "../../src/testing/contract/builders.js";
import { receptionist } from "../harness/hotel.js";

const GUESTS = ["gst_a", "gst_b"] as const;
const DEPARTMENTS = ["reception", "housekeeping", null] as const;
const SECRET = "SECRET";

/** Bodies of every kind, about a message of whatever direction. */
const bodies = (messageId: string): fc.Arbitrary<EventBody> =>
  fc.constantFrom<EventBody>(
    { type: "conversation.opened" },
    { type: "conversation.routed", fromDepartmentId: null },
    { type: "conversation.transferred", fromDepartmentId: "reception" },
    { type: "conversation.closed", continuedIn: null, leaves: null },
    { type: "conversation.reopened", leaves: null },
    { type: "conversation.read", readSeq: 1 },
    { type: "conversation.assigned", assigneeId: SECRET, fromAssigneeId: null },
    { type: "conversation.prioritised", priority: "urgent" },
    { type: "conversation.tagged" },
    { type: "conversation.snoozed", until: NOON.toISOString() },
    { type: "conversation.unsnoozed", by: "staff" },
    { type: "conversation.takenOver" },
    { type: "conversation.givenBack" },
    { type: "conversation.windowClosed" },
    { type: "conversation.unread", readSeq: 0 },
    { type: "message.received", messageId },
    { type: "message.queued", messageId },
    { type: "message.echoed", messageId },
    { type: "message.noted", messageId },
    { type: "staff.mentioned", messageId, staffId: SECRET },
    { type: "message.amended", messageId, act: "edited" },
    { type: "message.status", messageId, status: "failed" },
    { type: "guest.changed", guestId: "gst_a", changed: "number" },
    { type: "guest.consent", guestId: "gst_a", wish: "stop", source: "keyword" },
    { type: "sender.paused", phoneNumberId: SECRET, code: "x" },
    { type: "work.dead", workId: SECRET, code: "x" },
  );

interface Talk {
  readonly guest: (typeof GUESTS)[number];
  readonly department: (typeof DEPARTMENTS)[number];
  readonly kind: "inbound" | "outbound" | "note";
}
const talks = fc.array(
  fc.record<Talk>({
    guest: fc.constantFrom(...GUESTS),
    department: fc.constantFrom(...DEPARTMENTS),
    kind: fc.constantFrom("inbound", "outbound", "note"),
  }),
  { minLength: 1, maxLength: 4 },
);

/** News of these conversations, each with a message, and an event of any kind for each. */
const news = talks.chain((made) =>
  fc
    .tuple(...made.map((_, n) => bodies(`msg_${String(n)}`)), fc.boolean())
    .map((parts) => newsOf(made, parts.slice(0, -1) as EventBody[], parts.at(-1) as boolean)),
);

function newsOf(made: readonly Talk[], said: readonly EventBody[], aboutNone: boolean): News {
  const conversations = made.map(({ guest, department, kind }, n): LiveConversation => {
    const whose = { id: guest, hotelId: "grand", phoneNumberId: "1" };
    const conversation = aConversation(`con_${String(n)}`, whose, {
      departmentId: department,
      version: 3,
      tags: [SECRET],
      assigneeId: SECRET,
      priority: "urgent",
      lastMessagePreview: kind === "note" ? SECRET : `line ${String(n)} of ${guest}`,
      previewMessageId: `msg_${String(n)}`,
    });
    return {
      conversation,
      previewAmendments: [],
      guestId: guest,
      guestName: guest,
      unread: 3,
      windowClosesAt: null,
      previewForGuest: kind !== "note",
    };
  });
  const messages = made.map(({ kind }, n) => {
    const { conversation } = conversations[n]!;
    const id = `msg_${String(n)}`;
    const fields = {
      content: { type: "text", text: kind === "note" ? SECRET : `of ${conversation.guestId}` },
    } as const;
    const message =
      kind === "inbound"
        ? anInboundMessage(id, conversation, 1, fields)
        : kind === "note"
          ? aNote(id, conversation, 1, fields)
          : anOutboundMessage(id, conversation, 1, { ...fields, author: { kind: "staff", id: SECRET, name: "Anna" } });
    return { ...message, eventSeq: n + 1, createdAt: NOON, failure: { code: SECRET, message: SECRET }, amendments: [] };
  });
  const events = said.map((body, n): DeskEvent => {
    const of = aboutNone && n === 0 ? null : conversations[n]!.conversation;
    return {
      hotelId: "grand",
      seq: n + 1,
      at: NOON,
      conversationId: of?.id ?? null,
      departmentId: of?.departmentId ?? null,
      body,
    };
  });
  const upTo = { hotelId: "grand", seq: events.length, at: NOON };
  return { now: NOON, events, upTo, head: events.length, conversations, messages };
}

const start = { hotelId: "grand", seq: 0, at: null };
const told = (given: News, viewer: Viewer): ServerFrame[] =>
  (batchOf("grand", start, given, "cursor").told(viewer, 0) ?? []).flatMap(
    (message) => JSON.parse(Buffer.from(message).toString()) as ServerFrame[],
  );

describe("who hears what of a hotel's news", () => {
  const guest = guestViewer({ kind: "guest", id: "g", hotelId: "grand", guestId: "gst_a" }, "gst_a", BUILT_IN_ROLES);

  test("a guest hears of their own conversations alone, and nothing that is for staff, whatever happens (S22)", () => {
    fc.assert(
      fc.property(news, (given) => {
        const frames = told(given, guest);
        const own = new Set(
          given.conversations.filter(({ guestId }) => guestId === "gst_a").map(({ conversation }) => conversation.id),
        );
        for (const frame of frames) {
          expect(["event", "conversation", "upTo"]).toContain(frame.type);
          if (frame.type === "event") {
            expect(own).toContain(frame.event.conversationId);
            expect(frame.message?.direction).not.toBe("internal");
            expect(frame.event.type).toMatch(
              /^(message\.(received|queued|echoed|amended|status)|conversation\.(opened|closed|reopened))$/,
            );
          }
          if (frame.type === "conversation") expect(own).toContain(frame.conversation.id);
        }
        expect(JSON.stringify(frames)).not.toMatch(/SECRET|gst_b|urgent/);
      }),
      { numRuns: 300 },
    );
  });

  test("staff hear of conversations of their departments alone, and of what is about none only where they have the whole hotel", () => {
    const viewers = [
      [["reception"], staffViewer(receptionist, BUILT_IN_ROLES)],
      [
        ["housekeeping"],
        staffViewer({ ...receptionist, role: "manager", hotels: { grand: ["housekeeping"] } }, BUILT_IN_ROLES),
      ],
      [["reception", "housekeeping", null], staffViewer({ ...receptionist, hotels: { grand: "all" } }, BUILT_IN_ROLES)],
      [[], staffViewer({ ...receptionist, hotels: { seaside: "all" } }, BUILT_IN_ROLES)],
    ] as const;
    fc.assert(
      fc.property(news, (given) => {
        for (const [departments, viewer] of viewers) {
          const visible = new Set(
            given.conversations
              .filter(({ conversation }) => (departments as readonly unknown[]).includes(conversation.departmentId))
              .map(({ conversation }) => conversation.id),
          );
          const frames = told(given, viewer);
          const events = frames.flatMap((frame) => (frame.type === "event" ? [frame.event.seq] : []));
          const seen = given.events.filter(
            ({ conversationId }) => conversationId !== null && visible.has(conversationId),
          );
          expect(events).toEqual(seen.map(({ seq }) => seq));
          expect(frames.flatMap((frame) => (frame.type === "conversation" ? [frame.conversation.id] : []))).toEqual([
            ...visible,
          ]);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("all who see the same are told by the same bytes", () => {
    const given = newsOf(
      [{ guest: "gst_a", department: "reception", kind: "inbound" }],
      [{ type: "message.received", messageId: "msg_0" }],
      false,
    );
    const batch = batchOf("grand", start, given, "cursor");
    const [one, all] = [
      staffViewer(receptionist, BUILT_IN_ROLES),
      staffViewer({ ...receptionist, hotels: { grand: "all" } }, BUILT_IN_ROLES),
    ];
    expect(batch.told(one, 0)![0]).toBe(batch.told(all, 0)![0]);
    expect(batch.told(guest, 0)![0]).not.toBe(batch.told(all, 0)![0]);
    // Whoever knows all of its events already is told no event again.
    expect(Buffer.from(batch.told(one, 1)![0]!).toString()).not.toContain(`"event"`);
  });
});
