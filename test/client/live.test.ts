import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { deskClient, openConversations, signalsIn, type DeskClient } from "../../src/client/index.js";
import type { DeskClientOptions } from "../../src/client/client.js";
import type { ConversationSummaryJson } from "../../src/http/json-types.js";
import type { LiveCursors } from "../../src/live/protocol.js";
import { eventually } from "../harness/hotel.js";
import { deskLine } from "./desk-line.js";
import { ends, listening } from "./harness.js";

afterEach(ends.run);

const SOON = { baseMs: 20, maxMs: 40 };

async function aLine(options: Partial<DeskClientOptions> = {}) {
  const { server, base } = await listening((_request, response) => response.writeHead(503).end());
  const line = deskLine(server);
  const client = deskClient({
    baseUrl: `${base}/api`,
    token: "reception",
    WebSocket,
    live: { retry: SOON },
    ...options,
  });
  ends.all.push(() => {
    client.close();
  });
  client.connect();
  return { client, line, base };
}

const summary = (id: string, version = 1) =>
  ({
    id,
    version,
    status: "open",
    snoozedUntil: null,
    lastMessageAt: "2026-11-10T12:00:00Z",
  }) as ConversationSummaryJson;
const snapshot = (...ids: readonly string[]) =>
  ({ type: "snapshot", items: ids.map((id) => summary(id)), last: true, more: false }) as const;
const live = (cursors: LiveCursors = { grand: "c1" }) => ({ type: "live", cursors }) as const;
const inbox = (client: DeskClient) => openConversations(client.getState()).map(({ id }) => id);
const becomes = (client: DeskClient, status: string, reason: string | null = null) =>
  eventually(`it is ${status}`, () => {
    const { connection } = client.getState();
    return Promise.resolve(connection.status === status && connection.reason === reason);
  });

describe("a page that watches the desk", () => {
  test("says who it is in the first frame and nowhere else, and shows the snapshot when it is whole (T66)", async () => {
    const { client, line } = await aLine();
    const desk = await line.number(1);
    expect(await desk.hears("hello")).toEqual({ type: "hello", version: 1, token: "reception" });
    expect(desk.address).toBe("/live");
    const changes: string[][] = [];
    client.subscribe(() => changes.push(inbox(client)));
    desk.welcome();
    desk.say({ type: "snapshot", items: [summary("one")], last: false, more: false });
    desk.say({ ...snapshot("two"), more: true }, live());
    await becomes(client, "live");
    expect(changes.filter((ids) => ids.length === 1)).toEqual([]);
    expect(inbox(client)).toEqual(["one", "two"]);
    expect(client.getState().more).toBe(true);
  });

  test("goes on after a cut where each hotel's log had got to, and keeps what it shows meanwhile (M7)", async () => {
    const { client, line } = await aLine();
    const first = await line.number(1);
    await first.hears("hello");
    first.welcome();
    first.say(snapshot("one"), live({ grand: "g1", seaside: "s1" }));
    first.say({ type: "conversation", conversation: summary("two") }, { type: "upTo", hotelId: "grand", cursor: "g2" });
    await eventually("the second is told of", () => Promise.resolve(inbox(client).length === 2));
    first.socket.terminate();

    const second = await line.number(2);
    expect(await second.hears("hello")).toMatchObject({ resume: { grand: "g2", seaside: "s1" } });
    expect(inbox(client)).toEqual(["one", "two"]);
    second.welcome();
    second.say(
      { type: "conversation", conversation: summary("three") },
      { type: "upTo", hotelId: "grand", cursor: "g3" },
    );
    // Cut again while it catches up: what has been told of is not asked for again.
    await eventually("the third is told of", () => Promise.resolve(inbox(client).length === 3));
    second.socket.terminate();
    expect(await (await line.number(3)).hears("hello")).toMatchObject({ resume: { grand: "g3", seaside: "s1" } });
  });

  test("asks for a snapshot again when it was cut in the middle of one", async () => {
    const { client, line } = await aLine();
    const first = await line.number(1);
    await first.hears("hello");
    first.welcome();
    first.say({ type: "snapshot", items: [summary("one")], last: false, more: false });
    first.say({ type: "upTo", hotelId: "grand", cursor: "g1" });
    first.socket.close();
    const second = await line.number(2);
    expect(await second.hears("hello")).not.toHaveProperty("resume");
    expect(inbox(client)).toEqual([]);
  });

  test("begins anew when its place in the log is gone, and shows nothing of before (F78)", async () => {
    const { client, line } = await aLine();
    const first = await line.number(1);
    await first.hears("hello");
    first.welcome();
    first.say(snapshot("one"), live());
    await becomes(client, "live");
    first.end("going_away");
    const second = await line.number(2);
    await second.hears("hello");
    second.welcome();
    second.say({ type: "resync_required", hotelIds: ["grand"] });
    second.say(snapshot("two"), live({ grand: "n1" }));
    await becomes(client, "live");
    expect(inbox(client)).toEqual(["two"]);
    second.end("slow");
    expect(await (await line.number(3)).hears("hello")).toMatchObject({ resume: { grand: "n1" } });
  });

  test("answers pings, and gives up a line that is silent for two of them (F75)", async () => {
    const { client, line } = await aLine();
    const first = await line.number(1);
    await first.hears("hello");
    first.welcome(100);
    first.say(snapshot(), live());
    first.say({ type: "ping" });
    await first.hears("pong");
    const silent = performance.now();
    await line.number(2);
    expect(performance.now() - silent).toBeGreaterThan(180);
    await becomes(client, "connecting", "lost");
  });

  test("tells that somebody is there, and comes back from being idle only then (S50)", async () => {
    const { client, line } = await aLine();
    const first = await line.number(1);
    await first.hears("hello");
    first.welcome();
    first.say(snapshot("one"), live());
    await becomes(client, "live");
    client.active();
    client.active();
    await first.hears("active");
    first.end("idle");
    await becomes(client, "offline", "idle");
    expect(first.heard.filter(({ type }) => type === "active")).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 150)); // longer than it would wait to try again
    expect(line.sides).toHaveLength(1);
    client.active();
    expect(await (await line.number(2)).hears("hello")).toMatchObject({ resume: { grand: "c1" } });
  });

  test("shows what colleagues are about, and tells them what it is about, also after a cut (S20)", async () => {
    const { client, line } = await aLine();
    const first = await line.number(1);
    await first.hears("hello");
    first.welcome();
    first.say(snapshot("one"), live());
    await becomes(client, "live");
    const by = { id: "ana", name: "Ana" };
    const signal = { type: "signal", hotelId: "grand", conversationId: "one", by } as const;
    first.say({ ...signal, kind: "viewing", connectionId: "me" }, { ...signal, kind: "typing", connectionId: "other" });
    await eventually("Ana is seen", () => Promise.resolve(signalsIn(client.getState(), "one").length > 0));
    expect(signalsIn(client.getState(), "one")).toMatchObject([{ kind: "typing", by }]);

    client.signal("viewing", "one");
    client.signal("typing", "one");
    client.signal("typing", "one");
    await eventually("both are said", () =>
      Promise.resolve(first.heard.filter((f) => f.type === "signal").length === 2),
    );
    first.socket.terminate();
    const second = await line.number(2);
    await second.hears("hello");
    second.welcome();
    second.say(live());
    expect(await second.hears("signal")).toEqual({ type: "signal", kind: "typing", conversationId: "one" });
    client.signal("left", "one");
    await eventually("it has left", () =>
      Promise.resolve(second.heard.some((f) => f.type === "signal" && f.kind === "left")),
    );
  });

  test("hands each event on, and a listener that fails costs the others nothing", async () => {
    const { client, line } = await aLine();
    const first = await line.number(1);
    await first.hears("hello");
    first.welcome();
    first.say(snapshot("one"), live());
    await becomes(client, "live");
    const heard: number[] = [];
    const end = client.onEvent((event) => heard.push(event.seq));
    const event = (seq: number) =>
      ({
        type: "event",
        event: {
          type: "conversation.opened",
          hotelId: "grand",
          seq,
          at: "2026-11-10T12:00:00Z",
          conversationId: "one",
        },
        message: null,
      }) as const;
    first.say(event(1), event(2));
    await eventually("both are heard", () => Promise.resolve(heard.length === 2));
    end();
    first.say(event(3), { type: "conversation", conversation: summary("two") });
    await eventually("the last is told", () => Promise.resolve(inbox(client).includes("two")));
    expect(heard).toEqual([1, 2]);
  });

  test("hands an event on once, also when news were cut in the middle and are told again from the beginning", async () => {
    const { client, line } = await aLine();
    const heard: string[] = [];
    client.onEvent(({ hotelId, seq }) => heard.push(`${hotelId} ${String(seq)}`));
    const event = (seq: number, hotelId = "grand") => ({
      type: "event" as const,
      event: {
        type: "conversation.opened" as const,
        hotelId,
        seq,
        at: "2026-11-10T12:00:00Z",
        conversationId: "one",
      },
      message: null,
    });
    const first = await line.number(1);
    await first.hears("hello");
    first.welcome();
    first.say(snapshot("one"), live());
    first.say(event(11), event(12), event(11, "annex"));
    await eventually("it heard them", () => Promise.resolve(heard.length === 3));
    first.socket.terminate();
    const second = await line.number(2);
    expect((await second.hears("hello")).resume).toEqual({ grand: "c1" });
    second.welcome();
    second.say(event(11), event(12), event(13), { type: "upTo", hotelId: "grand", cursor: "c2" }, live());
    await eventually("it heard the news", () => Promise.resolve(heard.includes("grand 13")));
    expect(heard).toEqual(["grand 11", "grand 12", "annex 11", "grand 13"]);

    // In a restored backup other events have those numbers.
    second.say({ type: "resync_required", hotelIds: ["grand"] }, snapshot("one"), live(), event(5));
    await eventually("it heard that", () => Promise.resolve(heard.includes("grand 5")));
  });
});

describe("what the end of a connection asks for", () => {
  const begun = async (options: Partial<DeskClientOptions> = {}) => {
    const { client, line } = await aLine(options);
    const first = await line.number(1);
    await first.hears("hello");
    first.welcome();
    first.say(snapshot("one"), live());
    await becomes(client, "live");
    return { client, line, first };
  };

  test.each(["going_away", "slow", "lost", "too_many", "unavailable", "hello_timeout"] as const)(
    "%s: to connect again and resume",
    async (reason) => {
      const { line, first } = await begun();
      first.end(reason);
      expect(await (await line.number(2)).hears("hello")).toHaveProperty("resume");
    },
  );

  test.each(["bad_frame", "forbidden", "version_unsupported", "out_of_turn", "too_large"] as const)(
    "%s: to stop, until somebody connects again",
    async (reason) => {
      const { client, line, first } = await begun();
      first.end(reason);
      await becomes(client, "stopped", reason);
      await new Promise((resolve) => setTimeout(resolve, 100)); // longer than it would wait to try again
      expect(line.sides).toHaveLength(1);
      client.connect();
      await line.number(2);
    },
  );

  test("an old token: to ask for another, and resume with it", async () => {
    let count = 0;
    const { line, first } = await begun({ token: () => Promise.resolve(`token ${String((count += 1))}`) });
    first.end("unauthenticated");
    expect(await (await line.number(2)).hears("hello")).toMatchObject({ token: "token 2", resume: { grand: "c1" } });
  });

  test("an old token where there is no other, or nobody signed in: to stop", async () => {
    const { client, first } = await begun();
    first.end("unauthenticated");
    await becomes(client, "stopped", "unauthenticated");

    const nobody = await aLine({ token: () => null });
    await becomes(nobody.client, "stopped", "unauthenticated");
    expect(nobody.line.sides).toEqual([]);
  });

  test("a token that could not be got: to ask again", async () => {
    let count = 0;
    const { line } = await aLine({
      token: () => ((count += 1) < 3 ? Promise.reject(new Error("away")) : Promise.resolve("at last")),
    });
    expect(await (await line.number(1)).hears("hello")).toMatchObject({ token: "at last" });
  });

  test("changed rights: to show only what a new snapshot has (T57)", async () => {
    const { client, line, first } = await begun();
    first.end("rights_changed");
    const second = await line.number(2);
    expect(await second.hears("hello")).not.toHaveProperty("resume");
    second.welcome();
    second.say(snapshot("two"), live());
    await becomes(client, "live");
    expect(inbox(client)).toEqual(["two"]);
  });

  test("the page's own close: to be quiet, and connect when it is asked to", async () => {
    const { client, line, first } = await begun();
    client.close();
    client.close();
    await eventually("it has gone", () => Promise.resolve(first.socket.readyState === first.socket.CLOSED));
    expect(client.getState().connection).toEqual({ status: "stopped", reason: "closed" });
    client.connect();
    client.connect();
    await line.number(2);
    await new Promise((resolve) => setTimeout(resolve, 50)); // as long as a second connection would need
    expect(line.sides).toHaveLength(2);
  });
});
