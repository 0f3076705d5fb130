import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { MediaFailed, OutgoingFile, Transport, UploadResult } from "../../ports/transport.js";
import type { TransportCase } from "./case.js";
import { graphServer, type GraphAnswer } from "./graph-server.js";
import {
  against,
  html,
  inTime,
  json,
  LONG_MS,
  PHONE,
  refusal,
  reset,
  SHORT_MS,
  silence,
  TOKEN,
} from "./transport-world.js";

/** Longer than what a socket takes at once, and no text. */
const FILE = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * index) % 256));

const kept: GraphAnswer = json(200, { id: "9001" });

function upload(
  transport: Transport,
  changes: Partial<OutgoingFile> = {},
  deadlineMs = LONG_MS,
): Promise<UploadResult> {
  const given = transport.uploadMedia?.({
    number: { phoneNumberId: "2000", accessToken: TOKEN },
    mimeType: "audio/ogg; codecs=opus",
    sizeBytes: FILE.length,
    read: () => pieces(FILE.subarray(0, 1_000), FILE.subarray(1_000)),
    ...changes,
  });
  return inTime(given ?? assert.fail("the transport carries no files"), deadlineMs);
}

async function* pieces(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

export function failedFor(result: { readonly outcome: string }, why: string): MediaFailed {
  assert.equal(result.outcome, "failed", `${why} is a failure: ${JSON.stringify(result)}`);
  const failed = result as MediaFailed;
  assert.match(failed.failure.code, /^\w+$/, why);
  const said = JSON.stringify(failed);
  for (const secret of [TOKEN, PHONE]) assert.equal(said.includes(secret), false, said);
  return failed;
}

export const uploadCases: readonly TransportCase[] = [
  {
    id: "upload/stored",
    says: "A file comes to WhatsApp byte for byte, with its type, and gets an id.",
    needs: "media",
    run: (subject) =>
      against(subject, kept, async ({ transport, graph }) => {
        assert.deepEqual(await upload(transport), { outcome: "uploaded", mediaId: "9001" });
        const [{ method, url, headers, bytes }] = graph.seen as [(typeof graph.seen)[number]];
        assert.equal(method, "POST");
        assert.ok(/\/2000\/media(\?|$)/.test(url), url);
        const type = headers["content-type"] ?? "";
        const body = new Response(new Uint8Array(bytes), { headers: { "content-type": type } });
        // oxlint-disable-next-line typescript/no-deprecated -- for who serves strangers; this is our own body
        const form = await body.formData();
        const file = form.get("file");
        assert.equal(form.get("messaging_product"), "whatsapp");
        assert.ok(file !== null && typeof file === "object");
        assert.equal(file.type.replace(" ", ""), "audio/ogg;codecs=opus");
        assert.ok(FILE.equals(Buffer.from(await file.arrayBuffer())), "the bytes are others");
      }),
  },
  {
    id: "upload/token-hidden",
    says: "The token that a file leaves with stands in its header and nowhere else.",
    needs: "media",
    run: (subject) =>
      against(subject, kept, async ({ transport, graph }) => {
        await upload(transport);
        const [{ url, headers, body }] = graph.seen as [(typeof graph.seen)[number]];
        const { authorization, ...others } = headers;
        assert.equal(authorization, `Bearer ${TOKEN}`);
        assert.equal(JSON.stringify([url, others, body]).includes(TOKEN), false);
      }),
  },
  {
    id: "upload/streams",
    says: "A file is passed on as it is read: a long one never lies in memory whole.",
    needs: "media",
    run: (subject) =>
      against(subject, kept, async ({ transport, graph }) => {
        async function* read(): AsyncGenerator<Uint8Array> {
          yield FILE.subarray(0, 100_000);
          for (let waited = 0; graph.received < 50_000; waited += 10) {
            assert.ok(waited < LONG_MS / 2, "nothing has arrived of what was read");
            await delay(10);
          }
          yield FILE.subarray(100_000);
        }
        assert.equal((await upload(transport, { read })).outcome, "uploaded");
      }),
  },
  {
    id: "upload/refused",
    says: "A file that WhatsApp refuses is not given to it again, and a token that it refuses pauses the token.",
    needs: "media",
    async run(subject) {
      await against(subject, refusal(400, 131_053), async ({ transport }) => {
        const { retry, pauses } = failedFor(await upload(transport), "a refused file");
        assert.deepEqual([retry, pauses], [null, undefined]);
      });
      await against(subject, refusal(401, 190), async ({ transport }) => {
        const { retry, pauses } = failedFor(await upload(transport), "an expired token");
        assert.deepEqual([retry, pauses?.scope, pauses?.ends], [null, "token", "repair"]);
      });
    },
  },
  {
    id: "upload/again",
    says: "Whatever leaves it open whether WhatsApp has the file lets it be given again, which doubles nothing for a guest.",
    needs: "media",
    async run(subject) {
      for (const answer of [reset, html(502), refusal(503, 2), json(200, "{"), json(200, {}), silence]) {
        await against(
          subject,
          answer,
          async ({ transport }) => {
            assert.notEqual(failedFor(await upload(transport, {}, SHORT_MS), "an upload of unknown fate").retry, null);
          },
          SHORT_MS,
        );
      }
    },
  },
  {
    id: "upload/redirect",
    says: "A redirect takes no file and no token anywhere (F54).",
    needs: "media",
    async run(subject) {
      const elsewhere = await graphServer(kept);
      try {
        const moved = json(307, "", { location: `${elsewhere.graphUrl}/v26.0/2000/media` });
        await against(subject, moved, async ({ transport }) => {
          failedFor(await upload(transport), "a redirect");
        });
        assert.equal(elsewhere.connections, 0);
      } finally {
        await elsewhere.close();
      }
    },
  },
  {
    id: "upload/never-throws",
    says: "An upload never throws: not for a token or a type that no request can hold, a file that cannot be read, or one of another length.",
    needs: "media",
    run: (subject) =>
      against(subject, kept, async ({ transport, graph }) => {
        const number = { phoneNumberId: "2000", accessToken: "two\nlines" };
        failedFor(await upload(transport, { number }), "a token of two lines");
        failedFor(await upload(transport, { mimeType: "a/b\r\nx: y" }), "a type of two lines");
        for (const sizeBytes of [FILE.length - 1, FILE.length + 1, -1, NaN])
          assert.equal(failedFor(await upload(transport, { sizeBytes }), `a size of ${String(sizeBytes)}`).retry, null);
        failedFor(await upload(transport, { read: () => unreadable() }), "a file that breaks off");
        failedFor(await upload(transport, { signal: AbortSignal.abort() }), "one that nobody wants");
        assert.equal(graph.seen.length, 0);
      }),
  },
];

async function* unreadable(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(FILE.subarray(0, 1_000));
  throw new Error("the disk is gone");
}
