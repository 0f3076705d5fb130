import { once } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { WebSocket, WebSocketServer } from "ws";
import { afterEach, describe, expect, test, vi } from "vitest";
import { webSocketGateway } from "../../adapters/websocket/index.js";
import { CLOSE, ERRORS, type CloseReason, type LiveSocket, type Principal, type ServerFrame } from "../../src/index.js";
import { eventually, manager, receptionist } from "../harness/hotel.js";
import { aNode, PAGE, signIn, tokenOf, type Node, type NodeOptions } from "../live/nodes.js";
import { rawClient } from "../live/raw-client.js";

const nodes: Node[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.end();
});
const started = async (options: NodeOptions = {}): Promise<Node> => {
  const node = await aNode(options);
  nodes.push(node);
  return node;
};
const closedBy = (reason: CloseReason) => ({ code: CLOSE[reason].code, reason });
const hello = (as: Principal = manager) => ({ type: "hello", version: 1, token: tokenOf(as) });

describe("why a connection ends (T67)", () => {
  test.each<[string, readonly unknown[], CloseReason]>([
    ["somebody who only holds the socket open", [], "hello_timeout"],
    ["a command before the hello", [{ type: "command", id: "1", do: "close", on: "con_1" }], "out_of_turn"],
    ["a ping before the hello", [{ type: "ping" }], "out_of_turn"],
    ["a second hello", [hello(), hello()], "out_of_turn"],
    ["a token that is nobody's", [{ type: "hello", version: 1, token: "nobody" }], "unauthenticated"],
    ["no token", [{ type: "hello", version: 1 }], "unauthenticated"],
    ["a version of the future", [{ type: "hello", version: 2, token: tokenOf(manager) }], "version_unsupported"],
    ["an operator, who sees no conversation", [hello({ kind: "operator", id: "op" })], "forbidden"],
    ["the host's own code", [hello({ kind: "system", id: "sys" })], "forbidden"],
    ["somebody of no hotel", [hello({ ...receptionist, hotels: {} })], "forbidden"],
    ["somebody of a role that nobody defined", [hello({ ...receptionist, role: "nobody" })], "forbidden"],
    ["what is no JSON", ["hello"], "bad_frame"],
    ["a frame that is no object", [[hello()]], "bad_frame"],
    ["an unknown frame", [{ type: "base" }], "bad_frame"],
    ["a frame with a member too many", [{ ...hello(), event: "base" }], "bad_frame"],
    ["bytes that are no text", [new Uint8Array([1, 2, 3])], "bad_frame"],
  ])("%s", async (_, frames, reason) => {
    const node = await started({ live: { helloMs: 300 } });
    const client = await node.opens();
    for (const frame of frames) client.says(frame);
    expect(await client.ends()).toEqual(closedBy(reason));
    expect(node.desk.live.counts()).toMatchObject({ connections: 0, principals: 0, addresses: 0, audiences: 0 });
  });

  test("what proves somebody's rights runs out", async () => {
    const node = await started();
    const client = await node.connects({ ...manager, expiresInMs: 800 });
    await client.hears("live");
    expect(await client.ends(3_000)).toEqual(closedBy("rights_changed"));
  });

  test("authenticate throws, or takes too long: that is nobody's fault at the page", async () => {
    const thrower = await started({ gateway: { authenticate: () => Promise.reject(new Error("secret-of-the-host")) } });
    const client = await thrower.connects(manager);
    expect(await client.ends()).toEqual(closedBy("unavailable"));
    expect(JSON.stringify(thrower.logged)).not.toContain("secret-of-the-host");

    const sleeper = await started({
      live: { authenticateMs: 200 },
      gateway: { authenticate: () => new Promise<never>(() => undefined) },
    });
    expect(await (await sleeper.connects(manager)).ends()).toEqual(closedBy("unavailable"));
  });

  test("the desk stops, or its door is closed: go elsewhere, and resume", async () => {
    const node = await started();
    const client = await node.watches(manager);
    await node.desk.stop();
    expect(await client.ends()).toEqual(closedBy("going_away"));
    expect(node.server.listenerCount("upgrade")).toBe(0);

    const other = await started();
    const [first, second] = [await other.watches(manager), await other.opens()];
    await other.door.close();
    expect([await first.ends(), await second.ends()]).toEqual([closedBy("going_away"), closedBy("going_away")]);
    expect(other.desk.live.counts().connections).toBe(0);
    await other.door.close();
  });

  test("nobody is at the page for long", async () => {
    const node = await started({ live: { idleMs: 1_000, pingMs: 150 } });
    const [idle, busy] = [await node.watches(manager), await node.watches(receptionist)];
    const somebody = setInterval(() => {
      busy.says({ type: "active" });
    }, 200);
    expect(await idle.ends(4_000)).toEqual(closedBy("idle"));
    expect(busy.isClosed()).toBe(false);
    clearInterval(somebody);
    // It answered the pings all the time, which is no sign of anybody.
    expect(idle.of("ping").length).toBeGreaterThan(2);
  });
});

describe("who may connect (T65, T66)", () => {
  test.each([
    "https://evil.example.com",
    "https://desk.example.com.evil.com",
    "https://evil-desk.example.com",
    "https://desk.example.comx",
    "https://desk.example.co",
    "https://desk.example.com:8443",
    "https://desk.example.com:443",
    "http://desk.example.com",
    "https://desk.example.com/",
    "https://desk.example.com/live",
    "HTTPS://DESK.EXAMPLE.COM",
    "https://user@desk.example.com",
    "https://xdesk.example.com",
    "https://deskxexample.com",
    "https://desk.example.com evil.com",
    "https://desk.example.com, https://evil.com",
    "wss://desk.example.com",
    "file://",
    "null",
    "*",
  ])("a page of %s is refused before anybody is asked, also with the user's cookie", async (origin) => {
    let asked = 0;
    const node = await started({ gateway: { authenticate: () => (asked++, manager) } });
    const { status } = await rawClient(node.port, { headers: { Origin: origin, Cookie: "sid=manager" } });
    expect(status).toBe("HTTP/1.1 403 Forbidden");
    expect([asked, node.desk.live.counts().connections]).toEqual([0, 0]);
  });

  test("the host's own page signs in by its cookie; what is no browser says who it is in its first frame", async () => {
    const byCookie: NodeOptions["gateway"] = {
      authenticate: (request, token) => (request.headers.cookie === "sid=manager" ? manager : signIn(token)),
    };
    const node = await started({ gateway: byCookie });
    const page = await node.opens("/live", { origin: PAGE, headers: { cookie: "sid=manager" } });
    page.says({ type: "hello", version: 1 });
    await page.hears("live");
    // Without an Origin the cookie is not looked at: a page that hides where it is from sends it just as well.
    const hidden = await node.opens("/live", { headers: { cookie: "sid=manager" } });
    hidden.says({ type: "hello", version: 1 });
    expect(await hidden.ends()).toEqual(closedBy("unauthenticated"));
    const program = await node.opens();
    program.says(hello());
    await program.hears("live");
  });

  test.each(["", "null", "*", "https://*.example.com", "https://desk.example.com/", "desk.example.com", "HTTPS://A.b"])(
    "a host cannot allow %j by mistake",
    async (origin) => {
      const node = await started();
      const options = { server: node.server, path: "/other", authenticate: () => null };
      expect(() => webSocketGateway(node.desk, { ...options, allowedOrigins: [origin] })).toThrow(
        expect.objectContaining({ code: "config_invalid" }),
      );
    },
  );

  test.each(["?token=abc", "?a=1&token=abc", "?access_token=x", "?jwt=x", "?TOKEN=x"])(
    "a token in the address (%s) counts for nothing, and nothing of it is written down (T66)",
    async (query) => {
      const node = await started();
      const client = await node.opens(`/live${query}`);
      expect(await client.ends()).toEqual(closedBy("unauthenticated"));
      expect(JSON.stringify(node.logged)).not.toContain("abc");
    },
  );

  test("what a host's own function throws over a header ends one connection, and not the process", async () => {
    const ip = () => {
      throw new Error("secret-of-the-host");
    };
    const node = await started({ gateway: { ip } });
    const client = await node.opens();
    expect(await client.ends()).toEqual(closedBy("unavailable"));
    expect(JSON.stringify(node.logged)).not.toContain("secret-of-the-host");
  });

  test("another's upgrade path is left to them, and one that is nobody's is answered", async () => {
    const node = await started();
    const { status } = await rawClient(node.port, { path: "/other" });
    expect(status).toBe("HTTP/1.1 404 Not Found");

    const others = new WebSocketServer({ noServer: true });
    node.server.on("upgrade", (request, socket, head) => {
      if (request.url !== "/other") return;
      others.handleUpgrade(request, socket, head, (opened) => {
        opened.send("hello from the host");
      });
    });
    const client = new WebSocket(`ws://127.0.0.1:${String(node.port)}/other`);
    const [data] = (await once(client, "message")) as [Buffer];
    expect(data.toString()).toBe("hello from the host");
    client.terminate();
    await (await node.watches(manager)).hears("live");
    const plain = await fetch(`http://127.0.0.1:${String(node.port)}/live`);
    expect(await plain.text()).toBe("host");
  });
});

test("a path that nobody who listens wants is answered all the same, and one that is slow to answer is left alone", async () => {
  const node = await started();
  const others = new WebSocketServer({ noServer: true });
  let answer: () => void = () => undefined;
  node.server.on("upgrade", (request, socket, head) => {
    if (request.url === "/slow")
      answer = () => {
        others.handleUpgrade(request, socket, head, () => undefined);
      };
    if (request.url === "/other") others.handleUpgrade(request, socket, head, () => undefined);
  });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const [other, slow] = [rawClient(node.port, { path: "/other" }), rawClient(node.port, { path: "/slow" })];
    const unknown = rawClient(node.port, { path: "/unknown" });
    expect((await other).status).toBe("HTTP/1.1 101 Switching Protocols");
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(5_000);
    answer();
    expect((await slow).status).toBe("HTTP/1.1 101 Switching Protocols");
    vi.advanceTimersByTime(10_000);
    expect((await unknown).status).toBe("HTTP/1.1 404 Not Found");
    expect([(await other).socket.destroyed, (await slow).socket.destroyed]).toEqual([false, false]);
    for (const client of [other, slow, unknown]) (await client).socket.destroy();
  } finally {
    vi.useRealTimers();
  }
});

describe("who wants too much (T68)", () => {
  test("a frame that is too large ends the connection before it is read", async () => {
    const node = await started();
    const client = await node.watches(manager);
    client.says(JSON.stringify({ type: "active", pad: "x".repeat(64 * 1024) }));
    expect((await client.ends()).code).toBe(1009);

    const raw = await rawClient(node.port);
    raw.frame(1, "x", { declare: 1_000_000_000 });
    expect(await raw.closeCode()).toBe(1009);
  });

  test("a frame in thousands of pieces", async () => {
    const node = await started();
    const raw = await rawClient(node.port);
    raw.frame(1, "{", { fin: false });
    for (let piece = 0; piece < 200; piece++) raw.frame(0, " ", { fin: false });
    expect(await raw.closeCode()).toBe(1008);
  });

  test("too many frames, of the desk's and of the protocol's", async () => {
    const node = await started();
    const bystander = await node.watches(receptionist);
    const flood = await node.watches(manager);
    for (let frame = 0; frame < 100; frame++) flood.says({ type: "active" });
    expect(await flood.ends()).toEqual(closedBy("too_many"));

    const raw = await rawClient(node.port);
    raw.frame(1, JSON.stringify(hello()));
    for (let ping = 0; ping < 100; ping++) raw.frame(9, "");
    expect(await raw.closeCode()).toBe(CLOSE.too_many.code);
    expect(bystander.isClosed()).toBe(false);
    // Somebody who types fast is none of these.
    for (let frame = 0; frame < 30; frame++) bystander.says({ type: "active" });
    bystander.says({ type: "ping" });
    await bystander.hears("pong");
  });

  test("too many sockets of one user, who keeps those that they have", async () => {
    const node = await started({ live: { connectionsPerPrincipal: 3 } });
    const own = await Promise.all([1, 2, 3].map(() => node.watches(manager)));
    expect(await (await node.connects(manager)).ends()).toEqual(closedBy("too_many"));
    await node.watches(receptionist);
    expect(own.map((one) => one.isClosed())).toEqual([false, false, false]);
    own[0]!.leaves();
    await own[0]!.ends();
    await node.watches(manager);
  });

  test("too many sockets of one address that say nothing, whatever address a header gives", async () => {
    const node = await started({ live: { waitingPerIp: 1, waitingPerProxy: 5 } });
    const silent = await Promise.all([1, 2, 3, 4, 5].map(() => node.opens()));
    const sixth = await rawClient(node.port, {
      headers: { "X-Forwarded-For": "203.0.113.9", Forwarded: "for=203.0.113.9" },
    });
    expect(await sixth.closeCode()).toBe(CLOSE.too_many.code);
    // Those who said who they are do not count any more.
    for (const client of silent) client.says(hello());
    await Promise.all(silent.map((client) => client.hears("live")));
    await node.watches(receptionist);

    const trusting = await started({
      live: { waitingPerIp: 1 },
      gateway: { ip: ({ headers }) => String(headers["x-real-ip"]) },
    });
    await trusting.opens("/live", { headers: { "x-real-ip": "203.0.113.1" } });
    const elsewhere = await trusting.opens("/live", { headers: { "x-real-ip": "203.0.113.2" } });
    elsewhere.says(hello());
    await elsewhere.hears("live");
  });

  test("somebody who tries tokens is not asked about any more", async () => {
    let asked = 0;
    const node = await started({
      manager: { floods: { unauthenticatedPerMinute: 5 } },
      gateway: { ip: () => "203.0.113.1", authenticate: (_, token) => (asked++, signIn(token)) },
    });
    const reasons: string[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      const client = await node.opens();
      client.says({ type: "hello", version: 1, token: `guess-${String(attempt)}` });
      reasons.push((await client.ends()).reason);
    }
    expect(reasons.slice(-1)).toEqual(["too_many"]);
    expect(asked).toBeLessThan(8);
  });

  test("too many commands in a minute are refused, and the connection lives", async () => {
    const node = await started({ manager: { floods: { commandsPerMinute: 3 } } });
    const client = await node.watches(manager);
    for (let id = 0; id < 5; id++) client.says({ type: "command", id: String(id), do: "close", on: "con_none" });
    await client.hears("refused", ({ id }) => id === "4");
    expect(client.of("refused").map(({ error }) => error.code)).toEqual([
      ...["not_found", "not_found", "not_found"],
      ...["too_many_requests", "too_many_requests"],
    ]);
  });
});

/** Somebody whose socket is upgraded and who has said hello, by hand. */
async function rawWatcher(node: Node, as: Principal = manager) {
  const raw = await rawClient(node.port);
  raw.frame(1, JSON.stringify(hello(as)));
  await eventually("it is live", () => Promise.resolve(raw.texts.some((text) => text.includes(`"live"`))));
  return raw;
}

test("a line that is dead at the other end is found within two pings, and nothing of it is left (F75)", async () => {
  const node = await started({ live: { pingMs: 500 } });
  const raw = await rawWatcher(node);
  const began = performance.now();
  await eventually("it is forgotten", () => Promise.resolve(node.desk.live.counts().connections === 0));
  // And a look at the clock every quarter of a second.
  expect(performance.now() - began).toBeLessThan(2 * 500 + 500);
  expect(node.desk.live.counts()).toMatchObject({ live: 0, principals: 0, audiences: 0 });
  expect(await raw.closeCode()).toBe(CLOSE.lost.code);
});

test.each([10, 3_000, 40_000, 90_000])(
  "what is told to several at once reaches each of them whole, however long it is (%i characters)",
  async (length) => {
    const node = await started({ live: { pingMs: 300 } });
    const pages = await Promise.all([1, 2, 3].map((n) => node.watches({ ...manager, id: `m${String(n)}` })));
    const texts = ["a", "ä", "🛎️"].map((letter) => letter.repeat(length / letter.length));
    for (const text of texts) await node.writes(text);
    for (const page of pages) {
      await page.hears("event", ({ message }) => message?.content.type === "text" && message.content.text === texts[2]);
      const heard = page
        .of("event")
        .flatMap(({ event, message }) =>
          event.type === "message.received" && message?.content.type === "text" ? [message.content.text] : [],
        );
      expect(heard).toEqual(texts);
    }
    // Pings are told to all, too, and answered; and what is somebody's own comes between.
    await eventually("all are asked", () => Promise.resolve(pages.every((page) => page.of("ping").length > 2)));
    pages[1]!.says({ type: "ping" });
    await pages[1]!.hears("pong");
    pages[0]!.leaves();
    await pages[0]!.ends();
    await node.writes("the last");
    for (const page of pages.slice(1))
      await page.hears(
        "event",
        ({ message }) => message?.content.type === "text" && message.content.text === "the last",
      );
    expect(pages.map((page) => page.isClosed())).toEqual([true, false, false]);
  },
);

test("a page that was away for more than may wait for it is told all of it as fast as it reads (F76, F78)", async () => {
  const node = await started();
  const page = await node.watches(manager);
  const resume = { ...page.cursors() };
  // Nearly 3 MB; a megabyte may wait.
  for (let message = 0; message < 45; message++) await node.writes(`${"x".repeat(60_000)}${String(message)}`);
  const isReceived = (frame: ServerFrame) => frame.type === "event" && frame.event.type === "message.received";
  await eventually("all of it has come", () => Promise.resolve(page.of("event").filter(isReceived).length === 45));

  let waiting = 0;
  let ended: string | null = null;
  const read: ServerFrame[] = [];
  const line = setInterval(() => (waiting = Math.max(0, waiting - 200_000)), 5);
  const socket: LiveSocket = {
    send(message) {
      waiting += message.length;
      read.push(...(JSON.parse(Buffer.from(message).toString("utf8")) as ServerFrame[]));
    },
    bufferedBytes: () => waiting,
    close: (_, reason) => (ended = reason),
    terminate: () => undefined,
  };
  const connection = node.desk.live.connect(socket, {
    ip: null,
    peer: null,
    authenticate: (token) => Promise.resolve(signIn(token)),
  });
  connection.received(JSON.stringify({ ...hello(), resume }));
  await eventually("it is live, or over", () =>
    Promise.resolve(ended !== null || read.some(({ type }) => type === "live")),
  );
  clearInterval(line);
  connection.closed();
  expect(ended).toBeNull();
  expect(read.filter(isReceived)).toHaveLength(45);
}, 120_000);

test("clients that do not read are closed as slow, with bounded memory, while others hear everything (F76)", async () => {
  const count = Number(process.env["STALLED"] ?? 20);
  const node = await started({ live: { stallMs: 1_500 } });
  const reader = await node.watches({ ...manager, id: "reader" });
  const stalled = await Promise.all(
    Array.from({ length: count }, (_, n) => rawWatcher(node, { ...manager, id: `stalled-${String(n)}` })),
  );
  for (const { socket } of stalled) socket.pause();
  const before = process.memoryUsage();
  const text = "x".repeat(60_000);
  // 18 MB for each: more than the operating system holds for a socket.
  for (let message = 0; message < 300; message++) await node.writes(`${text}${String(message)}`);
  await eventually("only the reader is left", () => Promise.resolve(node.desk.live.counts().connections === 1));
  const after = process.memoryUsage();
  // 18 MB were offered to each. What is shared is held once; each may hold a megabyte of its own, and here is the other end, too.
  expect((after.external + after.arrayBuffers - before.external - before.arrayBuffers) / 1e6).toBeLessThan(
    110 + 2 * count,
  );
  expect(node.logged.some(({ fields }) => fields.code === "live_slow")).toBe(true);
  await eventually("the reader heard all", () =>
    Promise.resolve(reader.of("event").filter(({ event }) => event.type === "message.received").length === 300),
  );
  expect(reader.isClosed()).toBe(false);
}, 120_000);

describe("what is said to nonsense (T69)", () => {
  test("thousands of commands that are none: fixed texts, and nothing of the desk's own", async () => {
    const node = await started({
      live: { framesPerSecond: 10_000, framesAtOnce: 10_000, commandsWaiting: 1_000 },
      manager: { floods: { commandsPerMinute: null } },
    });
    const client = await node.watches(manager);
    const verbs = [
      "base",
      "__proto__",
      "constructor",
      "toString",
      "close",
      "reply",
      "note",
      "tag",
      "hasOwnProperty",
      "then",
      "",
      "conversations",
      "🏨".repeat(9),
    ];
    const values: unknown[] = [
      null,
      0,
      "",
      "MARK",
      [],
      {},
      { event: "base" },
      { __proto__: { admin: true } },
      "x".repeat(300),
      -1e308,
      { type: "text", text: "MARK" },
      [[[[]]]],
    ];
    let id = 0;
    const pick = <T>(from: readonly T[]): T => from[(id * 7919 + (id >> 3)) % from.length]!;
    for (; id < 3_000; id++) {
      const verb = pick(verbs) || "x";
      const body =
        id % 5 === 0
          ? pick(values)
          : { content: pick(values), clientMessageId: pick(values), text: pick(values), version: pick(values) };
      client.says({
        type: "command",
        id: String(id),
        do: verb,
        ...(id % 3 !== 0 && { on: `con_${String(id)}` }),
        body,
      });
      if (id % 100 === 0) await client.hears("refused", (frame) => frame.id === String(id));
    }
    await client.hears("refused", (frame) => frame.id === "2999");
    const texts = new Set<string>(Object.values(ERRORS).map(({ says }) => says));
    const answered = client.of("refused");
    expect(answered).toHaveLength(3_000);
    expect(answered.filter(({ error }) => !texts.has(error.message) || !(error.code in ERRORS))).toEqual([]);
    expect(answered.filter((frame) => JSON.stringify(frame).includes("MARK"))).toEqual([]);
    expect(new Set(answered.map(({ error }) => error.code))).not.toContain("internal");
    client.says({ type: "ping" });
    await client.hears("pong");
  }, 120_000);

  test("hundreds of frames that are none end their connection and nothing else", async () => {
    const node = await started();
    const bystander = await node.watches(receptionist);
    const pieces = [
      `{`,
      `}`,
      `[`,
      `]`,
      `"type"`,
      `:`,
      `"hello"`,
      `,`,
      `null`,
      `1e999`,
      `"\\ud800"`,
      `"command"`,
      `\u0000`,
      `{"type":"hello"}`,
    ];
    const codes = new Set<number>();
    for (let n = 0; n < 300; n++) {
      const client = await node.opens();
      let text = "";
      for (let piece = 0; piece < 1 + (n % 9); piece++)
        text += pieces[(n * 31 + piece * 17 + (n >> 2)) % pieces.length]!;
      client.says(text);
      codes.add((await client.ends()).code);
    }
    expect([...codes]).toEqual([CLOSE.bad_frame.code]);
    expect(bystander.isClosed()).toBe(false);
    expect(node.desk.live.counts()).toMatchObject({ connections: 1, addresses: 0 });
  });
});

/** Bytes, when all that nobody holds is gone. */
async function heapUsed(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let time = 0; time < 5; time++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    collect();
  }
  return process.memoryUsage().heapUsed;
}

const rounds = Number(process.env["OPENINGS"] ?? 2_000);
test(
  "thousands of connections open and close, and the registries and the heap are back where they began",
  async () => {
    const node = await started({ live: { connectionsPerPrincipal: 100 } });
    await node.writes("hello");
    await node.showing("hello");
    const open = async (n: number) => {
      const saysNothing = n % 4 === 0;
      const as = n % 2 === 0 ? manager : { ...receptionist, id: `r${String(n % 50)}` };
      const client = saysNothing ? await node.opens() : await node.connects(as);
      if (!saysNothing && n % 3 === 0) await client.hears("live");
      if (n % 5 === 0) client.leaves();
      else client.socket.terminate();
      node.forget(client);
    };
    const all = async (count: number) => {
      for (let n = 0; n < count; n += 20) await Promise.all(Array.from({ length: 20 }, (_, k) => open(n + k)));
      await eventually("nobody is left", () => Promise.resolve(node.desk.live.counts().connections === 0));
    };
    // What the first bring with them stays.
    await all(500);
    const before = await heapUsed();
    await all(rounds);
    const { hotels, ...left } = node.desk.live.counts();
    expect(left).toEqual({ connections: 0, live: 0, principals: 0, addresses: 0, audiences: 0 });
    // Their news are read for another minute: they may all be about to come back.
    expect(hotels).toBeLessThanOrEqual(2);
    // Also nothing that no registry knows of: a connection has thousands of bytes.
    expect((await heapUsed()) - before).toBeLessThan(2_000_000 + 200 * rounds);
  },
  120_000 + 30 * rounds,
);
