import { S3Client } from "@aws-sdk/client-s3";
import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { s3Files } from "../../adapters/s3/index.js";
import { mediaStoreContract } from "../../src/testing/index.js";
import { S3_KEYS, S3_REGION, startS3, type S3Server } from "../harness/s3-server.js";

const clientOf = (endpoint: string): S3Client =>
  new S3Client({
    endpoint,
    region: S3_REGION,
    forcePathStyle: true,
    credentials: S3_KEYS,
    requestChecksumCalculation: "WHEN_REQUIRED",
    maxAttempts: 1,
  });

describe("files in a bucket", () => {
  let server: S3Server;
  let client: S3Client;
  beforeAll(async () => {
    server = await startS3();
    client = clientOf(server.url);
  });
  afterAll(async () => {
    client.destroy();
    await server.stop();
  });
  const open = () => Promise.resolve(s3Files(client, { bucket: "hotels", prefix: `${randomUUID()}/` }));

  for (const { id, says, run } of mediaStoreContract) test(`${id}: ${says}`, () => run({ open }));

  test("do not take what others keep in the bucket for theirs", async () => {
    const [ours, theirs] = ["ours/", "ours/hgrand/and/theirs/"].map((prefix) =>
      s3Files(client, { bucket: "hotels", prefix }),
    );
    const file = { hotelId: "grand", sizeBytes: 0, mimeType: "text/plain", read: nothing };
    await ours!.put({ ...file, id: "one" });
    await theirs!.put({ ...file, id: "two" });
    expect((await ours!.list({ after: null, limit: 10 })).items.map(({ id }) => id)).toEqual(["one"]);
  });
});

// oxlint-disable-next-line require-yield, typescript/require-await -- a file of no bytes
async function* nothing(): AsyncGenerator<Uint8Array> {
  return;
}

describe("a bucket that", () => {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) server.closeAllConnections();
  });
  const answering = async (answer: Parameters<typeof createServer>[1]): Promise<S3Client> => {
    const server = createServer(answer as never).listen(0, "127.0.0.1");
    servers.push(server);
    await new Promise((resolve) => server.once("listening", resolve));
    return clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  };
  const KEY = { hotelId: "grand", id: "file_1" };
  const file = {
    ...KEY,
    sizeBytes: 8,
    mimeType: "text/plain",
    // oxlint-disable-next-line typescript/require-await -- as a stream would
    read: async function* () {
      yield Buffer.from("passport");
    },
  };

  test("is away, refuses or fails is tried again later, and says nothing of the guest's (F65)", async () => {
    const away = clientOf("http://127.0.0.1:9");
    const full = await answering((_, response) => {
      response.writeHead(503, { "content-type": "application/xml" });
      response.end("<Error><Code>SlowDown</Code><Message>hotels/hgrand/file_1</Message></Error>");
    });
    for (const client of [away, full]) {
      const store = s3Files(client, { bucket: "hotels" });
      for (const call of [() => store.put(file), () => store.open(KEY), () => store.list({ after: null, limit: 1 })]) {
        const error: unknown = await call().catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: "media_store_unavailable", retryable: true });
        expect(JSON.stringify(error)).not.toMatch(/hgrand|127\.0\.0\.1|passport/);
      }
    }
  });

  test("says that somebody was quicker has the file", async () => {
    let heads = 0;
    const raced = await answering((request, response) => {
      request.resume();
      if (request.method === "HEAD") response.writeHead(heads++ === 0 ? 404 : 200, { "content-length": "8" }).end();
      else response.writeHead(request.headers["if-none-match"] === "*" ? 412 : 500).end();
    });
    await s3Files(raced, { bucket: "hotels" }).put(file);
    expect(heads).toBe(2);
  });

  test("breaks off in the middle of a file gives no half of it (F60)", async () => {
    const broken = await answering((_, response) => {
      response.writeHead(200, { "content-length": "8" });
      response.write("pass");
      setTimeout(() => response.destroy(), 20);
    });
    const found = await s3Files(broken, { bucket: "hotels" }).open(KEY);
    const read = (async () => {
      const pieces = [];
      for await (const piece of found!.bytes) pieces.push(piece);
      return pieces;
    })();
    await expect(read).rejects.toMatchObject({ code: "media_store_unavailable" });
  });
});
