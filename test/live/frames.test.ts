import { expect, test } from "vitest";
import type { DeskEvent, StaffPrincipal } from "../../src/index.js";
import { staffViewer } from "../../src/live/audience.js";
import { batchOf } from "../../src/live/frames.js";
import { recentNews } from "../../src/live/recent.js";
import { BUILT_IN_ROLES } from "../../src/domain/access.js";
import { admin } from "../harness/hotel.js";

const at = new Date("2026-03-01T10:00:00Z");
const place = (seq: number) => ({ hotelId: "grand", seq, at: seq === 0 ? null : at });
const EVENTS = 50;
/** A hotel whose number is held up again and again: events about no conversation, with something to say. */
const news = (from: number) => ({
  now: at,
  events: Array.from({ length: EVENTS }, (_, n): DeskEvent => ({
    hotelId: "grand",
    seq: from + n + 1,
    at,
    conversationId: null,
    departmentId: null,
    body: { type: "sender.paused", phoneNumberId: "200000000000001", code: "x".repeat(10_000) },
  })),
  upTo: place(from + EVENTS),
  head: from + EVENTS,
  conversations: [],
  messages: [],
});

test("what is made for those who come back at every place counts as memory, and does not grow for ever", () => {
  const viewer = staffViewer(admin satisfies StaffPrincipal, BUILT_IN_ROLES);
  const batch = batchOf("grand", place(0), news(0), "cursor");
  const before = batch.bytes;
  const [message] = batch.told(viewer, 0)!;
  expect(batch.bytes).toBeGreaterThanOrEqual(before + message!.length);
  // The same for all who were told as much.
  expect(batch.told(viewer, 0)![0]).toBe(message);
  let most = 0;
  let last = batch.bytes;
  for (let after = 1; after < EVENTS; after++) {
    expect(batch.told(viewer, after)).not.toBeNull();
    most = Math.max(most, batch.bytes);
    last = batch.bytes;
  }
  // Some 12 MB were made.
  expect([last > before + 1_000_000, most < before + 3_000_000]).toEqual([true, true]);

  const recent = recentNews(place(0), 4_000_000);
  recent.push(batch);
  expect(recent.bytes()).toBe(batch.bytes);
  for (let from = EVENTS; from <= 3 * EVENTS; from += EVENTS) {
    const next = batchOf("grand", place(from), news(from), "cursor");
    for (let after = from; after < from + EVENTS; after++) next.told(viewer, after);
    recent.push(next);
  }
  expect(recent.bytes()).toBeLessThan(4_000_000);
});
