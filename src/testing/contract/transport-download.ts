import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { DownloadResult, IncomingFile, Transport, WantedFile } from "../../ports/transport.js";
import type { TransportCase } from "./case.js";
import { graphServer, type GraphAnswer, type GraphServer } from "./graph-server.js";
import { failedFor } from "./transport-upload.js";
import {
  against,
  html,
  inTime,
  json,
  LONG_MS,
  refusal,
  reset,
  SHORT_MS,
  silence,
  SLACK_MS,
  TOKEN,
} from "./transport-world.js";

const FILE = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256));
const SHA256 = createHash("sha256").update(FILE).digest();

const PATH = "/whatsapp_business/attachments/?mid=300&hash=h";
const host = (graphUrl: string): string => graphUrl.replace("http://", "");

interface Graph {
  /** What stands in the answer that names the address, besides. */
  readonly says?: object;
  /** The address that is named, where it is not the Graph API's own. */
  readonly at?: string;
  readonly file?: GraphAnswer;
}

const whole: GraphAnswer = (response) => {
  response.writeHead(200, { "content-type": "image/png", "content-length": FILE.length }).end(FILE);
};

/** Names an address, and answers there. */
const keeping =
  ({ says = {}, at, file = whole }: Graph = {}): GraphAnswer =>
  (response, request, seen) => {
    if (seen.url.startsWith("/whatsapp_business/")) {
      file(response, request, seen);
      return;
    }
    const url = at ?? `http://${seen.headers.host ?? ""}${PATH}`;
    const said = { messaging_product: "whatsapp", id: "300", url, mime_type: "image/png", ...says };
    json(200, said)(response, request, seen);
  };

function download(
  transport: Transport,
  changes: Partial<WantedFile> = {},
  deadlineMs = LONG_MS,
): Promise<DownloadResult> {
  const number = { phoneNumberId: "2000", accessToken: TOKEN };
  const asked = transport.downloadMedia?.({ number, mediaId: "300", ...changes });
  return inTime(asked ?? assert.fail("the transport carries no files"), deadlineMs);
}

async function found(transport: Transport, changes: Partial<WantedFile> = {}): Promise<IncomingFile> {
  const result = await download(transport, changes);
  return result.outcome === "found" ? result.file : assert.fail(`the file is there: ${JSON.stringify(result)}`);
}

async function read(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const asksFor = (graph: GraphServer): number => graph.seen.filter(({ url }) => !url.startsWith("/whatsapp_")).length;

export const downloadCases: readonly TransportCase[] = [
  {
    id: "download/found",
    says: "A guest's file comes byte for byte, asked for in the name of the number that got it.",
    needs: "media",
    run: (subject) =>
      against(subject, keeping(), async ({ transport, graph }) => {
        assert.ok(FILE.equals(await read((await found(transport)).bytes)), "the bytes are others");
        const asked = new URL(graph.seen[0]?.url ?? "", "http://graph");
        assert.match(asked.pathname, /\/300$/);
        assert.equal(asked.searchParams.get("phone_number_id"), "2000");
        assert.deepEqual(
          graph.seen.map(({ url }) => url.startsWith("/whatsapp_")),
          [false, true],
        );
        assert.equal(graph.seen[1]?.url, PATH);
      }),
  },
  {
    id: "download/found-described",
    says: "What WhatsApp says of a file is the same, however it writes it: sizes as texts, hashes as base64; nothing is null.",
    needs: "media",
    async run(subject) {
      const hex = SHA256.toString("hex");
      const cases: readonly (readonly [says: object, expected: readonly unknown[]])[] = [
        [{ file_size: String(FILE.length), sha256: SHA256.toString("base64") }, ["image/png", FILE.length, hex]],
        [{ file_size: FILE.length, sha256: hex.toUpperCase() }, ["image/png", FILE.length, hex]],
        [{ file_size: "?", sha256: "none", mime_type: undefined }, [null, null, null]],
      ];
      for (const [says, expected] of cases) {
        await against(subject, keeping({ says }), async ({ transport }) => {
          const { mimeType, sizeBytes, sha256, discard } = await found(transport);
          discard();
          assert.deepEqual([mimeType, sizeBytes, sha256], expected);
        });
      }
    },
  },
  {
    id: "download/token-hidden",
    says: "The token that a file is fetched with stands in its header and nowhere else.",
    needs: "media",
    run: (subject) =>
      against(subject, keeping(), async ({ transport, graph }) => {
        await read((await found(transport)).bytes);
        for (const { url, headers, body } of graph.seen) {
          const { authorization, ...others } = headers;
          assert.equal(authorization, `Bearer ${TOKEN}`);
          assert.ok(others["user-agent"], "whoever does not say who they are may get a page in the file's place");
          assert.equal(JSON.stringify([url, others, body]).includes(TOKEN), false);
        }
      }),
  },
  {
    id: "download/streams",
    says: "A file is handed on as it comes: its first bytes are there before WhatsApp has sent the last.",
    needs: "media",
    async run(subject) {
      let go = (): void => undefined;
      const file: GraphAnswer = (response) => {
        response.writeHead(200, { "content-length": FILE.length }).write(FILE.subarray(0, 1_000));
        go = () => void response.end(FILE.subarray(1_000));
      };
      await against(subject, keeping({ file }), async ({ transport }) => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of (await found(transport)).bytes) {
          if (chunks.push(chunk) === 1) go();
        }
        assert.ok(FILE.equals(Buffer.concat(chunks)), "the bytes are others");
      });
    },
  },
  {
    id: "download/expired",
    says: "An address that has expired is asked for again.",
    needs: "media",
    async run(subject) {
      let asked = 0;
      const file: GraphAnswer = (...all) => {
        asked += 1;
        if (asked === 1) html(404)(...all);
        else whole(...all);
      };
      await against(subject, keeping({ file }), async ({ transport, graph }) => {
        assert.ok(FILE.equals(await read((await found(transport)).bytes)));
        assert.equal(asksFor(graph), 2);
      });
    },
  },
  {
    id: "download/gone",
    says: "A file whose second address leads nowhere either is gone for good, and not asked for a third time.",
    needs: "media",
    run: (subject) =>
      against(subject, keeping({ file: html(404) }), async ({ transport, graph }) => {
        assert.equal(failedFor(await download(transport), "a file that is gone").retry, null);
        assert.equal(asksFor(graph), 2);
      }),
  },
  {
    id: "download/refused",
    says: "A file that WhatsApp does not know is not asked for again and holds up nobody; a refused token pauses the token.",
    needs: "media",
    async run(subject) {
      for (const code of [33, 100]) {
        await against(subject, refusal(400, code), async ({ transport }) => {
          const { retry, pauses } = failedFor(await download(transport), String(code));
          assert.deepEqual([retry, pauses], [null, undefined]);
        });
      }
      await against(subject, refusal(401, 190), async ({ transport }) => {
        const { retry, pauses } = failedFor(await download(transport), "an expired token");
        assert.deepEqual([retry, pauses?.scope, pauses?.ends], [null, "token", "repair"]);
      });
    },
  },
  {
    id: "download/again",
    says: "What has no answer that can be understood may be asked again.",
    needs: "media",
    async run(subject) {
      const bad = [reset, html(502), refusal(503, 2), refusal(500, 131_000), json(200, "{"), silence];
      for (const answer of [...bad, ...[reset, html(502), silence].map((file) => keeping({ file }))]) {
        await against(
          subject,
          answer,
          async ({ transport }) => {
            assert.notEqual(failedFor(await download(transport, {}, SHORT_MS), "no answer").retry, null);
          },
          SHORT_MS,
        );
      }
    },
  },
  {
    id: "download/elsewhere",
    says: "The token goes to no host that is not known to keep WhatsApp's files, whatever address an answer names.",
    needs: "media",
    async run(subject) {
      const elsewhere = await graphServer(whole);
      const graphHost = "127.0.0.1";
      try {
        const { port } = new URL(elsewhere.graphUrl);
        for (const at of [
          `${elsewhere.graphUrl}${PATH}`,
          `http://${graphHost}@${host(elsewhere.graphUrl)}${PATH}`,
          `http://localhost:${port}${PATH}`,
          `http://${graphHost}.localhost:${port}${PATH}`,
          `file://${PATH}`,
        ]) {
          await against(subject, keeping({ at }), async ({ transport }) => {
            assert.equal(failedFor(await download(transport), at).retry, null);
          });
        }
        assert.equal(elsewhere.connections, 0);
      } finally {
        await elsewhere.close();
      }
    },
  },
  {
    id: "download/redirect",
    says: "A redirect takes the token nowhere, from the Graph API as little as from where the file is (F54).",
    needs: "media",
    async run(subject) {
      const elsewhere = await graphServer(keeping());
      try {
        const moved = json(302, "", { location: `${elsewhere.graphUrl}${PATH}` });
        for (const answer of [moved, keeping({ file: moved })]) {
          await against(subject, answer, async ({ transport }) => {
            failedFor(await download(transport), "a redirect");
          });
        }
        assert.equal(elsewhere.connections, 0);
      } finally {
        await elsewhere.close();
      }
    },
  },
  {
    id: "download/encoded",
    says: "A file that comes compressed is refused: what it would grow to nobody knows, and nobody asked for it.",
    needs: "media",
    run: (subject) => {
      const file: GraphAnswer = (response) => void response.writeHead(200, { "content-encoding": "gzip" }).end(FILE);
      return against(subject, keeping({ file }), async ({ transport, graph }) => {
        assert.equal(failedFor(await download(transport), "a compressed file").retry, null);
        assert.equal(graph.seen[1]?.headers["accept-encoding"] ?? "identity", "identity");
      });
    },
  },
  {
    id: "download/broken-off",
    says: "Reading a file that breaks off, or of which nothing more comes, throws: half a file is never taken for a whole one.",
    needs: "media",
    async run(subject) {
      const cut: GraphAnswer = (response) => {
        response.writeHead(200, { "content-length": FILE.length });
        response.write(FILE.subarray(0, 1_000), () => void response.destroy());
      };
      const unended: GraphAnswer = (response) => {
        response.writeHead(200, { "transfer-encoding": "chunked" });
        response.write(FILE.subarray(0, 1_000), () => void response.destroy());
      };
      for (const file of [cut, unended, beginning().file]) {
        await against(
          subject,
          keeping({ file }),
          async ({ transport }) => {
            const { bytes } = await found(transport);
            const end = read(bytes).then(
              () => "read",
              (error: unknown) => (error as { readonly code?: unknown }).code,
            );
            assert.equal(await inTime(end, SHORT_MS), "media_broken_off");
          },
          SHORT_MS,
        );
      }
    },
  },
  {
    id: "download/stopped",
    says: "Whoever wants the file may give up, before it is there and while it is read.",
    needs: "media",
    async run(subject) {
      const reason = new Error("too slow");
      const { file, isLeft } = beginning();
      await against(subject, keeping({ file }), async ({ transport }) => {
        const stop = new AbortController();
        const since = performance.now();
        const { bytes } = await found(transport, { signal: stop.signal });
        await assert.rejects(
          async () => {
            for await (const chunk of bytes) if (chunk.length > 0) stop.abort(reason);
          },
          (error) => error === reason,
        );
        await isLeft(1);
        assert.ok(performance.now() - since < LONG_MS - 500, "the deadline was waited for");
        assert.equal(failedFor(await download(transport, { signal: stop.signal }), "given up").retry, null);
      });
    },
  },
  {
    id: "download/discarded",
    says: "Whoever leaves a file, read in part or not at all, leaves no connection open.",
    needs: "media",
    async run(subject) {
      const { file, isLeft } = beginning();
      await against(subject, keeping({ file }), async ({ transport }) => {
        for await (const chunk of (await found(transport)).bytes) if (chunk.length > 0) break;
        await isLeft(1);
        (await found(transport)).discard();
        await isLeft(2);
      });
    },
  },
  {
    id: "download/never-throws",
    says: "Asking for a file never throws: not for a token that no request can hold, nor for an id that none is.",
    needs: "media",
    run: (subject) =>
      against(subject, refusal(400, 100), async ({ transport, graph }) => {
        for (const accessToken of ["", "two\nlines"])
          failedFor(await download(transport, { number: { phoneNumberId: "2000", accessToken } }), "no token");
        for (const mediaId of ["../2000/messages?", "\ud800"])
          failedFor(await download(transport, { mediaId }), mediaId);
        assert.equal(
          graph.seen.some(({ url }) => url.includes("/messages")),
          false,
        );
      }),
  },
];

/** The first bytes of a file, the rest of which never comes, and when the connection was let go of. */
function beginning() {
  let left = 0;
  const file: GraphAnswer = (response) => {
    response.once("close", () => (left += 1));
    response.writeHead(200, { "content-length": FILE.length }).write(FILE.subarray(0, 1_000));
  };
  return {
    file,
    isLeft: async (times: number): Promise<void> => {
      for (let waited = 0; left < times && waited < SLACK_MS; waited += 20) await delay(20);
      assert.equal(left, times, "the connection is held on to");
    },
  };
}
