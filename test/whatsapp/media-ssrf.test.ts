import { createServer, type Server } from "node:http";
import { createServer as tcpServer, type AddressInfo, type LookupFunction, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cloudApi, type CloudApiOptions } from "../../src/index.js";

const TOKEN = "the-token-of-the-hotel";
const number = { phoneNumberId: "200000000000001", accessToken: TOKEN };

/** Something of the hotel's own network that nobody is to speak to: it counts who connects, and keeps what they say. */
interface Canary {
  readonly port: number;
  readonly heard: () => { readonly connections: number; readonly bytes: string };
}

const open: (Server | ReturnType<typeof tcpServer>)[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await Promise.all(open.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listening(server: Server | ReturnType<typeof tcpServer>, host = "127.0.0.1"): Promise<number> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}

async function aCanary(): Promise<Canary> {
  let connections = 0;
  let bytes = "";
  const server = tcpServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("data", (data) => (bytes += data.toString("latin1")));
    socket.on("error", () => undefined);
  });
  // On every address of this machine, by IPv4 and IPv6 alike.
  const port = await listening(server, "::");
  return { port, heard: () => ({ connections, bytes }) };
}

/** A Graph API that says that a file lies at an address, and hears what is asked of it for that file. */
async function aGraph(url: () => string, redirect?: () => string) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    if ((request.url ?? "").startsWith("/file")) {
      response.writeHead(302, { location: redirect?.() ?? "/" }).end();
      return;
    }
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ url: url(), mime_type: "image/jpeg", sha256: "00".repeat(32), file_size: 3 }));
  });
  const port = await listening(server);
  return { graphUrl: `http://127.0.0.1:${String(port)}`, asked };
}

const IN_HOUSE = [
  "127.0.0.1",
  "127.1",
  "127.0.1",
  "0x7f000001",
  "0x7f.0x0.0x0.0x1",
  "0177.0.0.1",
  "2130706433",
  "017700000001",
  "127.0.0.1.",
  "127.000.000.001",
  "0.0.0.0",
  "0",
  "[::1]",
  "[::]",
  "[0:0:0:0:0:0:0:1]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[::127.0.0.1]",
  "[64:ff9b::7f00:1]",
  "[64:ff9b:1::7f00:1]",
  "[2002:7f00:1::]",
  "[fe80::1]",
  "[fc00::1]",
  "[fd00:ec2::254]",
  "localhost",
  "LOCALHOST",
  "localhost.",
  "a.localhost",
  "10.0.0.1",
  "172.16.0.1",
  "192.168.0.1",
  "100.64.0.1",
  "169.254.169.254",
  "169.254.170.2",
  "[::ffff:169.254.169.254]",
  "metadata.google.internal",
  "graph.facebook.com.attacker.example",
  "attacker.example",
  "lookaside.fbsbx.com.attacker.example",
  "xlookaside.fbsbx.com",
  "lookaside.fbsbx.com.",
];

/** Addresses that a lying or broken answer may name. */
const vectors = (port: number): readonly string[] => {
  const at = String(port);
  return [
    ...IN_HOUSE.flatMap((host) => [
      `http://${host}:${at}/file`,
      `https://${host}:${at}/file`,
      `http://${host}/latest/meta-data/`,
    ]),
    ...["lookaside.fbsbx.com", "graph.facebook.com"].flatMap((host) => [
      `http://${host}:${at}/file`,
      `https://${host}:${at}/file`,
      `http://${host}/file`,
      `https://${host}@127.0.0.1:${at}/file`,
      `https://${host}:443@127.0.0.1:${at}/file`,
      `https://user:secret@${host}/file`,
      `https://127.0.0.1:${at}/${host}`,
      `https://127.0.0.1:${at}#@${host}/`,
      `https://127.0.0.1:${at}?@${host}/`,
      `https://127.0.0.1:${at}\\@${host}/`,
      `https:\\\\127.0.0.1:${at}\\${host}`,
      `//${host}/file`,
    ]),
    `file:///etc/passwd`,
    `ftp://127.0.0.1:${at}/file`,
    `gopher://127.0.0.1:${at}/_GET`,
    `dict://127.0.0.1:${at}/info`,
    `data:image/jpeg;base64,AAAA`,
    `javascript:alert(1)`,
    `ws://127.0.0.1:${at}/file`,
    `unix:/var/run/docker.sock`,
    `http://`,
    ``,
    `not an address`,
  ];
};

const download = async (options: CloudApiOptions): Promise<string> => {
  const api = cloudApi({ deadlineMs: 400, ...options });
  try {
    const found = await api.downloadMedia?.({ number, mediaId: "900" });
    if (found?.outcome === "found") {
      found.file.discard();
      return "found";
    }
    return found?.failure.code ?? "none";
  } finally {
    await api.close?.();
  }
};

describe("where a file lies that WhatsApp, or who speaks for it, names", () => {
  let canary: Canary;
  beforeEach(async () => {
    canary = await aCanary();
  });

  test("is one of the places that are known, or nobody goes there: 150 addresses, no connection and no token (T36, T39)", async () => {
    const addresses = vectors(canary.port);
    expect(addresses.length).toBeGreaterThanOrEqual(150);
    let named = "";
    const { graphUrl } = await aGraph(() => named);
    const outcomes = new Set<string>();
    for (const address of addresses) {
      named = address;
      outcomes.add(await download({ graphUrl }));
    }
    expect(outcomes).toEqual(new Set(["media_elsewhere", "answer_odd"]));
    expect(canary.heard()).toEqual({ connections: 0, bytes: "" });
  }, 120_000);

  test("is not followed to where it redirects, however often, wherever that is (T37)", async () => {
    const at = String(canary.port);
    const places = [
      `http://127.0.0.1:${at}/`,
      `http://[::1]:${at}/`,
      `//127.0.0.1:${at}/`,
      `https://127.0.0.1:${at}/`,
      `/file?again`,
      `/file#again`,
      `file:///etc/passwd`,
    ];
    let graphUrl = "";
    let to = "";
    const graph = await aGraph(
      () => `${graphUrl}/file`,
      () => to,
    );
    graphUrl = graph.graphUrl;
    for (const place of places) {
      to = place;
      graph.asked.length = 0;
      expect(await download({ graphUrl })).not.toBe("found");
      expect(graph.asked.filter((path) => path.startsWith("/file"))).toHaveLength(1);
    }
    expect(canary.heard()).toEqual({ connections: 0, bytes: "" });
  });

  test("is looked up where the socket connects: a name that means another address then is refused (T38)", async () => {
    const at = String(canary.port);
    const named = `http://files.example:${at}`;
    const { graphUrl } = await aGraph(() => `${named}/file`);
    const inHouse = [
      "127.0.0.1",
      "::1",
      "::ffff:127.0.0.1",
      "::ffff:7f00:1",
      "0.0.0.0",
      "10.1.2.3",
      "169.254.169.254",
      "64:ff9b::7f00:1",
      "2002:7f00:1::",
      "fe80::1%lo",
      "fd00::1",
    ];
    for (const address of inHouse) {
      const family = address.includes(":") ? 6 : 4;
      let lookups = 0;
      /** Says something public to whoever asks first, and this machine to whoever asks then; or both at once. */
      const flipping =
        (first: boolean): LookupFunction =>
        (_host, options, callback) => {
          lookups += 1;
          const isPublic = first && lookups === 1;
          const answer = isPublic ? { address: "192.88.98.1", family: 4 } : { address, family };
          if (options.all === true) callback(null, first ? [answer] : [{ address: "192.88.98.1", family: 4 }, answer]);
          else callback(null, answer.address, answer.family);
        };
      for (const first of [true, false]) {
        lookups = 0;
        const outcome = await download({ graphUrl, mediaOrigins: [named], lookup: flipping(first), deadlineMs: 150 });
        expect(outcome, address).not.toBe("found");
        lookups = 0;
        // Asked again, it is this machine.
        lookups = 1;
        expect(
          await download({ graphUrl, mediaOrigins: [named], lookup: flipping(true), deadlineMs: 150 }),
          address,
        ).toBe("address_private");
      }
    }
    expect(canary.heard()).toEqual({ connections: 0, bytes: "" });
  }, 120_000);

  test("would be found if nobody looked: the canary hears whoever comes", async () => {
    const named = `http://127.0.0.1:${String(canary.port)}`;
    const { graphUrl } = await aGraph(() => `${named}/file`);
    expect(await download({ graphUrl, mediaOrigins: [named], deadlineMs: 150 })).not.toBe("found");
    const { connections, bytes } = canary.heard();
    expect(connections).toBe(1);
    expect(bytes).toContain(TOKEN);
  });
});
