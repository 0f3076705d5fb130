import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import { DEFAULT_CLOCKS, later, passed } from "../../src/domain/clocks.js";
import {
  SERVICE_WINDOW_MARGIN_MS,
  SERVICE_WINDOW_MS,
  windowAfter,
  windowAt,
  windowIsOpen,
} from "../../src/domain/service-window.js";
import type { FirstMessage, Reply, Resend, ServiceWindow, TemplateContent } from "../../src/index.js";

const WRITTEN = new Date("2026-03-28T22:30:00Z");
const after = (ms: number): Date => new Date(WRITTEN.getTime() + ms);
const instants = fc.date({ min: new Date("2020-01-01"), max: new Date("2040-01-01"), noInvalidDate: true });

describe("the service window", () => {
  test("is open for 24 hours from the guest's message, over a change of clocks too", () => {
    expect(windowAfter(WRITTEN, null)).toEqual(new Date("2026-03-29T22:30:00Z"));
  });

  test("was never open before the guest wrote", () => {
    expect(windowIsOpen(null, WRITTEN)).toBe(false);
  });

  test("counts as closed a minute early, so that nothing leaves that would arrive too late", () => {
    const closesAt = windowAfter(WRITTEN, null);
    expect(windowIsOpen(closesAt, WRITTEN)).toBe(true);
    expect(windowIsOpen(closesAt, after(SERVICE_WINDOW_MS - SERVICE_WINDOW_MARGIN_MS - 1))).toBe(true);
    expect(windowIsOpen(closesAt, after(SERVICE_WINDOW_MS - SERVICE_WINDOW_MARGIN_MS))).toBe(false);
    expect(windowIsOpen(closesAt, after(SERVICE_WINDOW_MS))).toBe(false);
    expect(windowIsOpen(closesAt, after(2 * SERVICE_WINDOW_MS))).toBe(false);
  });

  test("is shown to staff as it is: until when it is open, since when it is not, or that the guest never wrote", () => {
    const closesAt = windowAfter(WRITTEN, null);
    expect(windowAt(closesAt, WRITTEN)).toEqual({ open: true, closesAt });
    expect(windowAt(closesAt, closesAt)).toEqual({ open: false, closesAt });
    expect(windowAt(null, WRITTEN)).toEqual({ open: false, closesAt: null });
  });

  test("is not shortened by an older message that arrives late", () => {
    const closesAt = windowAfter(WRITTEN, null);
    expect(windowAfter(after(-3_600_000), closesAt)).toEqual(closesAt);
  });

  test("stays where the newest message put it, in whatever order messages come", () => {
    fc.assert(
      fc.property(fc.array(instants, { minLength: 1 }), (sentAts) => {
        const closesAt = sentAts.reduce<Date | null>((closes, sentAt) => windowAfter(sentAt, closes), null);
        const newest = Math.max(...sentAts.map((sentAt) => sentAt.getTime()));
        expect(closesAt).toEqual(new Date(newest + SERVICE_WINDOW_MS));
      }),
    );
  });
});

describe("an open service window", () => {
  const aroundItsEnd = fc.oneof(
    fc.integer({ min: -2, max: 2 }).map((ms) => -SERVICE_WINDOW_MARGIN_MS + ms),
    fc.integer({ min: -2 * SERVICE_WINDOW_MS, max: 2 * SERVICE_WINDOW_MS }),
  );

  test("ends once, one minute before Meta's, and what the guest wrote earlier or later never closes it sooner", () => {
    fc.assert(
      fc.property(instants, aroundItsEnd, fc.nat(), instants, (closesAt, fromEnd, ms, wroteAt) => {
        const now = new Date(closesAt.getTime() + fromEnd);
        const isOpen = windowIsOpen(closesAt, now);
        expect(isOpen).toBe(fromEnd < -SERVICE_WINDOW_MARGIN_MS);
        if (isOpen) expect(windowIsOpen(closesAt, new Date(now.getTime() - ms))).toBe(true);
        else expect(windowIsOpen(closesAt, new Date(now.getTime() + ms))).toBe(false);
        if (isOpen) expect(windowIsOpen(windowAfter(wroteAt, closesAt), now)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe("the other clocks", () => {
  test("a span has passed at its last millisecond, not before", () => {
    expect(passed(WRITTEN, after(999), 1_000)).toBe(false);
    expect(passed(WRITTEN, after(1_000), 1_000)).toBe(true);
    expect(passed(WRITTEN, after(-1), 0)).toBe(false);
  });

  test("are a day of silence, two minutes between two menus and half an hour for a step of a flow, unless a hotel says otherwise", () => {
    const MINUTE_MS = 60_000;
    expect(DEFAULT_CLOCKS).toEqual({
      conversationIdleMs: 1_440 * MINUTE_MS,
      menuRepromptMs: 2 * MINUTE_MS,
      flowStepMs: 30 * MINUTE_MS,
    });
  });

  test("of two instants the later one is later, whichever is named first", () => {
    fc.assert(
      fc.property(instants, instants, (a, b) => {
        expect(later(a, b)).toEqual(later(b, a));
        expect(later(a, b).getTime()).toBe(Math.max(a.getTime(), b.getTime()));
      }),
    );
  });
});

describe("what a closed window asks of whoever writes code does not compile without (M15)", () => {
  const text = { type: "text", text: "Your room is ready." } as const;
  const reminder = { type: "template", name: "arrival_reminder", language: "en_US" } as const;

  test("to say until when it is open, the code has to know that it is", () => {
    const until = (window: ServiceWindow): string => {
      // @ts-expect-error a guest who never wrote has no such time
      const whatever = (): string => window.closesAt.toISOString();
      return window.open ? window.closesAt.toISOString() : `closed, ${typeof whatever}`;
    };
    expect(until(windowAt(after(SERVICE_WINDOW_MS), WRITTEN))).toBe(after(SERVICE_WINDOW_MS).toISOString());
    expect(until(windowAt(null, WRITTEN))).toBe("closed, function");
    expectTypeOf<Extract<ServiceWindow, { open: true }>["closesAt"]>().toEqualTypeOf<Date>();
    expectTypeOf<Extract<ServiceWindow, { open: false }>["closesAt"]>().toEqualTypeOf<Date | null>();
    // @ts-expect-error a window is not open without an end
    const endless: ServiceWindow = { open: true, closesAt: null };
    expect(endless.open).toBe(true);
  });

  test("what goes in an answer's place is a template, and nothing that needs the window as well", () => {
    const replies: Reply[] = [
      { clientMessageId: "r1", content: text, fallback: reminder },
      // @ts-expect-error a text needs the window that has closed
      { clientMessageId: "r2", content: text, fallback: text },
      // @ts-expect-error so do buttons
      { clientMessageId: "r3", content: text, fallback: { type: "buttons", text: "Late?", buttons: [] } },
      // @ts-expect-error a template has a language
      { clientMessageId: "r4", content: text, fallback: { type: "template", name: "arrival_reminder" } },
    ];
    const to = { hotelId: "grand", departmentId: "reception", to: { guestId: "gst_1" } };
    const first: FirstMessage[] = [
      { ...to, content: reminder },
      { ...to, content: text, fallback: reminder },
      // @ts-expect-error a text needs the window too
      { ...to, content: text, fallback: text },
      // @ts-expect-error a reaction belongs to a message, and is no beginning
      { ...to, content: { type: "reaction", messageId: "msg_1", text: "👍" } },
    ];
    // @ts-expect-error a text needs the window too
    const again: Resend = { fallback: text };
    expectTypeOf<Reply["fallback"]>().toEqualTypeOf<TemplateContent | undefined>();
    expect([...replies, ...first, again]).toHaveLength(9);
  });
});
