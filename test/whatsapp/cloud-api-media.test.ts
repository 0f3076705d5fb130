import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo, LookupFunction } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { cloudApi, type CloudApiOptions } from "../../src/whatsapp/cloud-api.js";
import type { OutgoingFile, OutgoingMessage } from "../../src/ports/transport.js";

const number = { phoneNumberId: "2000", accessToken: "secret-token" };
const wanted = { number, mediaId: "300" };

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A server on 127.0.0.1 that answers as it is told, and what it was asked. */
async function serving(answer: RequestListener) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { port, requests, origin: `http://127.0.0.1:${String(port)}` };
}

const naming =
  (url: string): RequestListener =>
  (_, response) =>
    response.end(JSON.stringify({ url }));

function api(options: CloudApiOptions) {
  const transport = cloudApi({ deadlineMs: 2_000, ...options });
  ends.push(() => transport.close?.() ?? Promise.resolve());
  return {
    send: (message: OutgoingMessage) => transport.send(message),
    upload: async (file: OutgoingFile) => transport.uploadMedia?.(file),
    download: async (signal?: AbortSignal) => transport.downloadMedia?.({ ...wanted, ...(signal && { signal }) }),
  };
}

const MEGABYTE = Buffer.alloc(1_000_000, "x");
async function* megabytes(count: number, everyMs = 0): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => setTimeout(resolve, everyMs));
    yield MEGABYTE;
  }
}
const aFile = (changes: Partial<OutgoingFile> = {}): OutgoingFile => ({
  number,
  mimeType: "video/mp4",
  sizeBytes: 5 * MEGABYTE.length,
  read: () => megabytes(5),
  ...changes,
});

describe("a guest's file", () => {
  test("is fetched with the token from a place that the host names, and from no other", async () => {
    const store = await serving((_, response) => response.end("a photo"));
    const { origin } = await serving(naming(`${store.origin}/file?hash=1`));
    expect(await api({ graphUrl: origin }).download()).toMatchObject({
      outcome: "failed",
      failure: { code: "media_elsewhere" },
    });
    expect(store.requests).toEqual([]);

    const found = await api({ graphUrl: origin, mediaOrigins: [store.origin] }).download();
    if (found?.outcome !== "found") return expect.unreachable(JSON.stringify(found));
    expect(Buffer.concat(await all(found.file.bytes)).toString()).toBe("a photo");
    expect(store.requests.map(({ url }) => url)).toEqual(["/file?hash=1"]);
    expect(store.requests[0]?.headers.authorization).toBe("Bearer secret-token");
  });

  test("is not fetched where the name of that place leads into the hotel's own network (F59)", async () => {
    const inside = await serving((_, response) => response.end("an intranet"));
    const store = `http://store.example:${String(inside.port)}`;
    const { origin } = await serving(naming(`${store}/file`));
    const lookup: LookupFunction = (_, options, callback) => {
      if (options.all === true) callback(null, [{ address: "127.0.0.1", family: 4 }]);
      else callback(null, "127.0.0.1", 4);
    };
    expect(await api({ graphUrl: origin, mediaOrigins: [store], lookup }).download()).toMatchObject({
      outcome: "failed",
      failure: { code: "address_private" },
      retry: { afterMs: null },
    });
    expect(inside.requests).toEqual([]);
  });

  test("is asked for with a proof that it is the app that asks; where the file lies nobody needs one", async () => {
    const store = await serving((_, response) => response.end("a photo"));
    const { origin, requests } = await serving(naming(`${store.origin}/file`));
    await api({ graphUrl: origin, mediaOrigins: [store.origin], appSecret: "app-secret" }).download();
    const proof = createHmac("sha256", "app-secret").update("secret-token").digest("hex");
    expect(requests.map(({ url }) => url)).toEqual([`/v26.0/300?phone_number_id=2000&appsecret_proof=${proof}`]);
    expect(store.requests.map(({ url }) => url)).toEqual(["/file"]);
  });

  test("may take longer than the deadline, as long as some of it comes", async () => {
    const { origin } = await serving((request, response) => {
      if (request.url !== "/file") {
        naming(`http://${request.headers.host ?? ""}/file`)(request, response);
        return;
      }
      let sent = 0;
      const more = setInterval(() => {
        sent += 1;
        if (sent === 6) {
          clearInterval(more);
          response.end();
        } else response.write("x".repeat(1_000));
      }, 300);
    });
    const since = performance.now();
    const found = await api({ graphUrl: origin, deadlineMs: 1_000 }).download();
    if (found?.outcome !== "found") return expect.unreachable(JSON.stringify(found));
    expect(Buffer.concat(await all(found.file.bytes))).toHaveLength(5_000);
    expect(performance.now() - since).toBeGreaterThan(1_500);
  });

  test.each(["lookaside.fbsbx.com", "ftp://x", "https://x/path", "https://a:b@x", "https://x/?a=b", "*"])(
    "kept at %j is kept nowhere: the host hears so at once",
    (place) => {
      expect(() => cloudApi({ mediaOrigins: [place] })).toThrow(expect.objectContaining({ code: "config_invalid" }));
    },
  );
});

describe("the hotel's file", () => {
  const counting = (counted: { bytes: number }): RequestListener => {
    return (request, response) => {
      request.on("data", (chunk: Buffer) => (counted.bytes += chunk.length));
      request.once("end", () => response.end('{"id":"9001"}'));
    };
  };

  test("may take longer than the deadline, as long as some of it goes", async () => {
    const counted = { bytes: 0 };
    const { origin, requests } = await serving(counting(counted));
    const { upload } = api({ graphUrl: origin, deadlineMs: 1_000 });
    expect(await upload(aFile({ read: () => megabytes(5, 350) }))).toEqual({ outcome: "uploaded", mediaId: "9001" });
    expect(requests[0]?.headers["content-length"]).toBe(String(counted.bytes));
  });

  test("is given up when WhatsApp takes no more of it, and when the hotel's store yields no more", async () => {
    const { origin } = await serving((request) => request.pause());
    const { upload } = api({ graphUrl: origin, deadlineMs: 300 });
    const size = { sizeBytes: 50 * MEGABYTE.length };
    for (const read of [() => megabytes(50), () => megabytes(50, 60_000)]) {
      expect(await upload(aFile({ ...size, read }))).toMatchObject({
        outcome: "failed",
        failure: { code: "no_answer" },
        retry: { afterMs: null },
      });
    }
  });

  test("is not opened when there is no connection to write to", async () => {
    let opened = 0;
    const read = () => {
      opened += 1;
      return megabytes(5);
    };
    const result = await api({ graphUrl: "http://127.0.0.1:9" }).upload(aFile({ read }));
    expect(result).toMatchObject({ outcome: "failed", failure: { code: "connection_econnrefused" } });
    expect(opened).toBe(0);
  });

  test("that the hotel cannot read says so, and is tried again", async () => {
    const { origin } = await serving((request) => request.resume());
    const read = () => {
      throw new Error("no such file: guest-passport.jpg");
    };
    const result = await api({ graphUrl: origin }).upload(aFile({ read }));
    expect(result).toMatchObject({ outcome: "failed", failure: { code: "file_unreadable" }, retry: { afterMs: null } });
    expect(JSON.stringify(result)).not.toContain("passport");
  });

  test("holds up no message, however many files are on their way", async () => {
    const { origin } = await serving((request, response) => {
      if (request.url?.endsWith("/messages") === true) response.end('{"messages":[{"id":"wamid.1"}]}');
    });
    const { upload, send } = api({ graphUrl: origin, connections: 1 });
    const stop = new AbortController();
    const uploads = Array.from({ length: 30 }, () => upload(aFile({ signal: stop.signal })));
    const to = { kind: "waId", value: "12025550101" } as const;
    const content = { type: "text", text: "Good morning" } as const;
    expect(
      await send({ number, to, content, correlationId: "msg_1", quotedWamid: null, identityKeyHash: null }),
    ).toMatchObject({
      outcome: "accepted",
    });
    stop.abort();
    for (const result of await Promise.all(uploads))
      expect(result).toMatchObject({ outcome: "failed", failure: { code: "aborted" }, retry: null });
  });
});

async function all(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return chunks;
}
