import net from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clamd, type ClamdOptions } from "../../adapters/clamd/index.js";
import { startClamd, type OwnClamd } from "../../scripts/services/clamd.mjs";
import type { MediaFile } from "../../src/index.js";
import { docx, part } from "../media/builders.js";
import { corpus, EICAR } from "../media/corpus.js";

const aFile = (bytes: Buffer, changes: Partial<MediaFile> = {}): MediaFile => ({
  sizeBytes: bytes.length,
  mimeType: "application/pdf",
  // oxlint-disable-next-line typescript/require-await -- as a stream would
  read: async function* () {
    for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
  },
  ...changes,
});

const HELD_BACK = { code: "scanner_unavailable", retryable: true };

describe("a clamd that runs", () => {
  let server: OwnClamd;
  beforeAll(async () => {
    server = await startClamd({ maxMegabytes: 4 });
  });
  afterAll(() => server.stop());

  test("says of malware what it is, wherever it stands, and of the rest that it is clean (T45)", async () => {
    for (const options of [{ port: server.port }, { path: server.socket }]) {
      const scanner = clamd(options);
      expect(await scanner.scan(aFile(Buffer.from(EICAR)))).toEqual({
        verdict: "infected",
        name: "Eicar-Test.UNOFFICIAL",
      });
      const packed = docx({ parts: [part("word/media/a.txt", EICAR)] });
      expect(await scanner.scan(aFile(packed))).toMatchObject({ verdict: "infected" });
      expect(await scanner.scan(aFile(Buffer.concat([Buffer.alloc(900_000), Buffer.from(EICAR)])))).toMatchObject({
        verdict: "infected",
      });
      expect(await scanner.scan(aFile(Buffer.alloc(0)))).toEqual({ verdict: "clean" });
    }
    const honest = (await corpus()).filter(
      ({ expected, name }) => expected.verdict === "accepted" && !name.includes("EICAR"),
    );
    const verdicts = await Promise.all(honest.map(({ bytes }) => clamd({ port: server.port }).scan(aFile(bytes))));
    expect(new Set(verdicts.map(({ verdict }) => verdict))).toEqual(new Set(["clean"]));
  });

  test("does not take a file above its limit, which no retry changes", async () => {
    const large = Buffer.alloc(6_000_000, "room ");
    const limited = clamd({ port: server.port, maxBytes: 4_000_000 }).scan(aFile(large));
    await expect(limited).rejects.toMatchObject({
      code: "scanner_limit",
      retryable: false,
      details: { sizeBytes: 6_000_000 },
    });
    // Not told of the limit: clamd hangs up in the middle, and its word may be lost with the connection.
    const told: unknown = await clamd({ port: server.port })
      .scan(aFile(large))
      .catch((error: unknown) => error);
    expect(["scanner_limit", "scanner_unavailable"]).toContain((told as { code: string }).code);
  });

  test("gives no verdict about a file that breaks off, or is another than it was", async () => {
    const broken = new Error("EIO");
    const scanner = clamd({ port: server.port });
    const breaking = scanner.scan(
      aFile(Buffer.from(EICAR), {
        // oxlint-disable-next-line typescript/require-await -- as a stream would
        read: async function* () {
          yield Buffer.from("half of it");
          throw broken;
        },
      }),
    );
    await expect(breaking).rejects.toBe(broken);
    await expect(scanner.scan(aFile(Buffer.from("hello"), { sizeBytes: 6 }))).rejects.toMatchObject({
      code: "media_size_differs",
    });
  });

  test("and stands still holds the file back, and is asked again when it goes on (T45)", async () => {
    const scanner = clamd({ port: server.port, idleMs: 300 });
    await server.freeze();
    try {
      await expect(scanner.scan(aFile(Buffer.from("hello")))).rejects.toMatchObject({
        ...HELD_BACK,
        details: { failure: "timeout" },
      });
    } finally {
      await server.thaw();
    }
    expect(await scanner.scan(aFile(Buffer.from("hello")))).toEqual({ verdict: "clean" });
  });

  test("is given up when nobody waits any more", async () => {
    await server.freeze();
    try {
      const given = new AbortController();
      const scan = clamd({ port: server.port }).scan(aFile(Buffer.from("hello"), { signal: given.signal }));
      const reason = new Error("the desk stops");
      setTimeout(() => given.abort(reason), 50);
      await expect(scan).rejects.toBe(reason);
    } finally {
      await server.thaw();
    }
  });
});

describe("a file is held back (T45) when", () => {
  const scanned = async (answer: (socket: net.Socket) => void, options: ClamdOptions = {}) => {
    const server = net.createServer((socket) => {
      socket.on("error", () => undefined);
      answer(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as net.AddressInfo;
      return await clamd({ port, idleMs: 300, ...options }).scan(aFile(Buffer.from("hello")));
    } finally {
      server.close();
    }
  };
  const after = (text: string) => (socket: net.Socket) => {
    socket.once("data", () => socket.end(text));
  };

  test("nobody listens", async () => {
    await expect(clamd({ port: 9 }).scan(aFile(Buffer.from("hello")))).rejects.toMatchObject(HELD_BACK);
    await expect(clamd({ path: "/nowhere/clamd" }).scan(aFile(Buffer.from("hello")))).rejects.toMatchObject(HELD_BACK);
  });
  test.each([
    ["it hangs up", ""],
    ["its answer is cut", "stream: OK"],
    ["its answer is odd", "stream: OK or so\0"],
    ["it answers about something else", "other: OK\0"],
    ["it fails", "stream: Can't allocate memory ERROR\0"],
    ["it never ends", "stream: ".repeat(2_000)],
  ])("%s", async (_, text) => {
    await expect(scanned(after(text))).rejects.toMatchObject(HELD_BACK);
  });
  test("the connection is cut", async () => {
    await expect(scanned((socket) => socket.resetAndDestroy())).rejects.toMatchObject(HELD_BACK);
  });
  test("it stopped looking", async () => {
    const said = scanned(after("stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0"));
    await expect(said).rejects.toMatchObject({ code: "scanner_limit" });
  });
});
