import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import express from "express";
import { afterEach, describe, expect, test } from "vitest";
import { liveRouter } from "../../adapters/express/index.js";
import { memoryBus, memoryRealtime, memoryStorage } from "../../adapters/memory/index.js";
import { liveHandler, type LiveSource, type Principal, type ServerFrame } from "../../src/index.js";
import { eventually, manager, receptionist } from "../harness/hotel.js";
import { aNode, signIn, tokenOf, type Node, type NodeOptions } from "../live/nodes.js";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A host on Express, and one that speaks `Request` and `Response`. */
const HOSTS: Record<string, (desk: LiveSource) => RequestListener> = {
  liveRouter(desk) {
    const app = express();
    const authenticate = ({ headers }: IncomingMessage) => signIn(headers.authorization);
    app.use("/live", liveRouter(desk, { authenticate }));
    return app as RequestListener;
  },
  liveHandler(desk) {
    const handler = liveHandler(desk, {
      authenticate: ({ headers }) => signIn(headers.get("authorization") ?? undefined),
    });
    return (request, response) => {
      const leaving = new AbortController();
      response.once("close", () => {
        leaving.abort();
      });
      const given = new Request(`http://127.0.0.1${request.url ?? "/"}`, {
        method: request.method ?? "GET",
        headers: Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]),
        signal: leaving.signal,
        ...(request.method === "POST" && { body: Readable.toWeb(request) as ReadableStream, duplex: "half" }),
      });
      void handler(given)
        .then(async ({ status, headers, body }) => {
          response.writeHead(status, Object.fromEntries(headers));
          response.flushHeaders();
          for await (const chunk of body ?? []) if (!response.write(chunk)) await once(response, "drain");
          response.end();
        })
        .catch(() => response.destroy());
    };
  },
};

describe.each(Object.keys(HOSTS))("%s", (kind) => {
  async function started(options: NodeOptions = {}) {
    const node: Node = await aNode(options);
    ends.push(() => node.end());
    const server = createServer(HOSTS[kind]!(node.desk));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    ends.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/live`;

    async function listens(as: Principal | null, lastEventId?: string, isRead = true) {
      const leaving = new AbortController();
      const response = await fetch(base, {
        headers: {
          ...(as !== null && { authorization: tokenOf(as) }),
          ...(lastEventId !== undefined && { "last-event-id": lastEventId }),
        },
        signal: leaving.signal,
      });
      const frames: ServerFrame[] = [];
      const seen = { id: "", closed: null as unknown, text: "" };
      const read = async () => {
        for await (const chunk of response.body ?? []) {
          seen.text += Buffer.from(chunk as Uint8Array).toString();
          for (let end = seen.text.indexOf("\n\n"); end >= 0; end = seen.text.indexOf("\n\n")) {
            const lines = seen.text.slice(0, end).split("\n");
            seen.text = seen.text.slice(end + 2);
            const data = JSON.parse(lines.find((line) => line.startsWith("data: "))!.slice(6)) as ServerFrame[];
            if (lines.includes("event: close")) seen.closed = data;
            else frames.push(...data);
            seen.id = lines.find((line) => line.startsWith("id: "))?.slice(4) ?? seen.id;
          }
        }
      };
      if (isRead) void read().catch(() => undefined);
      const of = <Type extends ServerFrame["type"]>(type: Type) =>
        frames.filter((frame): frame is Extract<ServerFrame, { type: Type }> => frame.type === type);
      return {
        response,
        frames,
        of,
        seen,
        hears: <Type extends ServerFrame["type"]>(
          type: Type,
          fits: (frame: Extract<ServerFrame, { type: Type }>) => boolean = () => true,
        ) => eventually(`the stream tells ${type}`, () => Promise.resolve(of(type).find(fits))),
        leaves: () => {
          leaving.abort();
        },
      };
    }
    const posts = async (as: Principal | null, body: unknown, type = "application/json") => {
      const headers = { "content-type": type, ...(as !== null && { authorization: tokenOf(as) }) };
      const response = await fetch(base, { method: "POST", headers, body: JSON.stringify(body) });
      const text = await response.text();
      return { status: response.status, json: text === "" ? null : JSON.parse(text) };
    };
    return { node, listens, posts };
  }

  test("whom no WebSocket reaches hears the same as a stream of events, goes on from the last, and posts what they do", async () => {
    const { node, listens, posts } = await started();
    await node.writes("hello");
    const { id } = await node.showing("hello");
    const page = await listens(manager);
    await page.hears("live");
    expect(page.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const { connectionId } = page.of("welcome")[0]!;
    const command = { type: "command", id: "1", do: "note", on: id, body: { clientMessageId: "c1", text: "noted" } };
    const done = await posts(manager, { connectionId, frame: command });
    expect(done).toMatchObject({ status: 200, json: { type: "done", id: "1" } });
    await page.hears("event", ({ event }) => event.type === "message.noted");
    // Told twice, it is done once; and what is refused is told as on any connection.
    expect((await posts(manager, { connectionId, frame: command })).json).toEqual(done.json);
    const wrong = { ...command, on: "con_none", id: "2" };
    expect((await posts(manager, { connectionId, frame: wrong })).json).toMatchObject({
      type: "refused",
      id: "2",
      error: { code: "not_found" },
    });

    const colleague = await node.watches({ ...receptionist, id: "anna", hotels: { grand: "all" } });
    expect(
      await posts(manager, { connectionId, frame: { type: "signal", kind: "typing", conversationId: id } }),
    ).toEqual({
      status: 204,
      json: null,
    });
    expect((await colleague.hears("signal")).by.id).toBe(manager.id);
    page.leaves();
    // Whoever leaves does nothing any more.
    await colleague.hears("signal", ({ kind }) => kind === "left");
    await node.writes("while away");
    await node.showing("while away");
    const back = await listens(manager, page.seen.id);
    await back.hears("live");
    expect(back.of("snapshot")).toEqual([]);
    expect(back.of("event").filter(({ event }) => event.type === "message.received")).toHaveLength(1);
    // Somebody else's place shows what is theirs.
    const other = await listens({ ...receptionist, hotels: { seaside: "all" } }, page.seen.id);
    await other.hears("live");
    expect([other.of("resync_required").length, other.of("event").length]).toEqual([1, 0]);

    await node.desk.rightsChanged({ kind: "staff", id: manager.id });
    await eventually("the stream ends", () => Promise.resolve(back.seen.closed));
    expect(back.seen.closed).toEqual({ code: 4419, reason: "rights_changed" });
  });

  test("what is posted for a stream is believed of whoever listens to it, and of nobody else", async () => {
    const { node, listens, posts } = await started({ manager: { floods: { commandsPerMinute: 20 } } });
    await node.writes("hello");
    const { id } = await node.showing("hello");
    const page = await listens(manager);
    await page.hears("live");
    const { connectionId } = page.of("welcome")[0]!;
    const anna = { ...receptionist, id: "anna", hotels: { grand: "all" as const } };
    const colleague = await node.watches(anna);
    const typing = { type: "signal", kind: "typing", conversationId: id };
    for (const [who, wrong] of [
      [anna, connectionId],
      [manager, "made-up"],
      [manager, ""],
      [manager, `${connectionId.slice(0, -2)}xx`],
      [{ ...anna, id: "ben" }, colleague.of("welcome")[0]!.connectionId],
    ] as const) {
      expect((await posts(who, { connectionId: wrong, frame: typing })).status).toBe(400);
      expect((await posts(who, { connectionId: wrong, frame: { type: "active" } })).status).toBe(400);
    }
    expect(colleague.of("signal")).toEqual([]);
    // What it does for guests matters more than from where it is said.
    const command = { type: "command", id: "1", do: "note", on: id, body: { clientMessageId: "c1", text: "noted" } };
    expect((await posts(manager, { connectionId: "made-up", frame: command })).status).toBe(200);

    const statuses: number[] = [];
    for (let n = 0; n < 30; n++) statuses.push((await posts(manager, { connectionId, frame: typing })).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([204, 429]);
    expect((await colleague.hears("signal")).by.id).toBe(manager.id);
  });

  test("a stream is not idle while its user does something at another process that tells of it", async () => {
    const bus = memoryBus();
    const storage = memoryStorage();
    const options = () => ({
      storage,
      live: { idleMs: 1_200 },
      manager: { realtime: memoryRealtime(bus), cursorSecrets: ["a secret that both processes have, and nobody else"] },
    });
    const [here, there] = [await started(options()), await started(options())];
    await here.node.writes("hello");
    const { id } = await here.node.showing("hello");
    const [busy, idle] = [await here.listens(manager), await here.listens({ ...receptionist, id: "idle" })];
    await busy.hears("live");
    const { connectionId } = busy.of("welcome")[0]!;
    const frames = [
      { type: "active" },
      { type: "signal", kind: "viewing", conversationId: id },
      { type: "command", id: "1", do: "markRead", on: id },
    ];
    for (let n = 0; n < 8; n++) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect((await there.posts(manager, { connectionId, frame: frames[n % 3] })).status).toBeLessThan(300);
    }
    expect([busy.seen.closed, idle.seen.closed]).toEqual([null, { code: 4421, reason: "idle" }]);
    await eventually("it is idle now", () => Promise.resolve(busy.seen.closed));
  });

  test("nobody is told nothing, and a page of another site posts nothing with a user's cookies", async () => {
    const { listens, posts } = await started();
    const nobody = await listens(null);
    expect([nobody.response.status, nobody.frames]).toEqual([401, []]);
    expect((await listens({ kind: "operator", id: "op" })).response.status).toBe(404);
    const page = await listens(manager);
    await page.hears("live");
    const { connectionId } = page.of("welcome")[0]!;
    const frame = { type: "active" };
    expect((await posts(null, { connectionId: "x", frame })).status).toBe(401);
    expect((await posts(manager, { connectionId: "x", frame }, "text/plain")).status).toBe(415);
    expect((await posts(manager, { connectionId, frame })).status).toBe(204);
    for (const wrong of [
      {},
      { connectionId },
      { connectionId, frame: { type: "hello", version: 1 } },
      [frame],
      { connectionId, frame: { type: "base" } },
    ])
      expect((await posts(manager, wrong)).status).toBe(400);
  });

  test("whoever does not read their stream is closed as slow, and one that leaves is forgotten", async () => {
    const { node, listens } = await started({ live: { stallMs: 500, queueBytes: 200_000 } });
    await node.writes("hello");
    await node.showing("hello");
    const page = await listens(manager);
    await page.hears("live");
    page.leaves();
    await eventually("it is forgotten", () => Promise.resolve(node.desk.live.counts().connections === 0));
    const slow = await listens(manager, undefined, false);
    await eventually("it is live", () => Promise.resolve(node.desk.live.counts().live === 1));
    const text = "x".repeat(60_000);
    // More than the operating system holds for a socket.
    for (let n = 0; n < 200; n++) await node.writes(`${text}${String(n)}`);
    await eventually("it is closed", () => Promise.resolve(node.desk.live.counts().connections === 0));
    expect(node.logged.some(({ fields }) => fields.code === "live_slow")).toBe(true);
    slow.leaves();
  }, 120_000);
});
