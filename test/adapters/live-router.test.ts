import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { afterEach, expect, test } from "vitest";
import { liveRouter } from "../../adapters/express/index.js";
import type { Principal, ServerFrame } from "../../src/index.js";
import { eventually, manager, receptionist } from "../harness/hotel.js";
import { aNode, signIn, tokenOf, type Node, type NodeOptions } from "../live/nodes.js";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function started(options: NodeOptions = {}) {
  const node: Node = await aNode(options);
  ends.push(() => node.end());
  const app = express();
  const authenticate = ({ headers }: IncomingMessage) => signIn(headers.authorization);
  app.use("/live", liveRouter(node.desk, { authenticate }));
  const server = createServer(app as RequestListener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/live`;

  async function listens(as: Principal | null, lastEventId?: string) {
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
    void read().catch(() => undefined);
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
  expect(await posts(manager, { connectionId, frame: { type: "signal", kind: "typing", conversationId: id } })).toEqual(
    {
      status: 204,
      json: null,
    },
  );
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

test("nobody is told nothing, and a page of another site posts nothing with a user's cookies", async () => {
  const { listens, posts } = await started();
  const nobody = await listens(null);
  expect([nobody.response.status, nobody.frames]).toEqual([401, []]);
  expect((await listens({ kind: "operator", id: "op" })).response.status).toBe(404);
  const frame = { type: "active" };
  expect((await posts(null, { connectionId: "x", frame })).status).toBe(401);
  expect((await posts(manager, { connectionId: "x", frame }, "text/plain")).status).toBe(415);
  expect((await posts(manager, { connectionId: "x", frame })).status).toBe(204);
  for (const wrong of [
    {},
    { connectionId: "x" },
    { connectionId: "x", frame: { type: "hello", version: 1 } },
    [frame],
    { connectionId: "x", frame: { type: "base" } },
  ])
    expect((await posts(manager, wrong)).status).toBe(400);
});
