import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client as AwsClient,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { Readable } from "node:stream";
import {
  ConversationError,
  contentDisposition,
  type ListedFile,
  type MediaKey,
  type MediaStore,
} from "../../src/index.js";
import { encoded, fileOf, keyOf } from "./keys.js";

/** All that is used of an `S3Client` of `@aws-sdk/client-s3`, which the host makes, with its region, address and keys, and ends. */
export interface S3Client {
  /** Does one command of `@aws-sdk/client-s3`. */
  send(command: never, options?: never): Promise<unknown>;
}

/** Which bucket `s3Files` keeps files in, and how. */
export interface S3FilesOptions {
  /** The bucket's name. It is not made here. */
  readonly bucket: string;
  /** What keys begin with; `"belldesk/"` by default. */
  readonly prefix?: string;
  /**
   * Whether a put says that nothing may be there yet (`If-None-Match: *`); true by default. Servers that do not know it ignore it, or answer
   * that they do not implement it: false for those.
   */
  readonly conditional?: boolean;
}

/** S3 signs for a week at most. Source: AWS "Authenticating requests: query parameters", X-Amz-Expires. */
const SIGNED_MAX_S = 604_800;

/**
 * A store of files in a bucket of S3, or of a server that speaks like it. The bucket is private and the desk's alone, or at least the prefix is. A put is one
 * request, so nobody sees half a file and nothing is left of one that broke off.
 *
 * Needs `@aws-sdk/client-s3` and `@aws-sdk/s3-request-presigner`.
 */
export function s3Files(
  client: S3Client,
  { bucket, prefix = "belldesk/", conditional = true }: S3FilesOptions,
): MediaStore {
  const s3 = client as unknown as AwsClient;
  const at = (key: MediaKey) => ({ Bucket: bucket, Key: keyOf(prefix, key) });

  async function sizeOf(key: MediaKey): Promise<number | null> {
    const head = await on(() => s3.send(new HeadObjectCommand(at(key))), 404);
    return head === null ? null : (head.ContentLength ?? 0);
  }

  /** What is there is the same file, or the put is a mistake. @returns whether anything is there */
  async function isThere(key: MediaKey, sizeBytes: number): Promise<boolean> {
    const there = await sizeOf(key);
    if (there !== null && there !== sizeBytes) throw differs(sizeBytes, there);
    return there !== null;
  }

  return {
    async put(file) {
      const { sizeBytes, mimeType, read } = file;
      const target = at(file);
      if (await isThere(file, sizeBytes)) return;
      const counted = whole(read, sizeBytes);
      // A request of no bytes is over before anything is read.
      if (sizeBytes === 0) for await (const piece of counted.bytes) if (piece.length > 0) break;
      const body = Readable.from(sizeBytes === 0 ? [] : counted.bytes, { objectMode: false });
      // The SDK does not hear of it when what it sends breaks off, and would wait for ever.
      const ended = new AbortController();
      body.once("error", () => {
        ended.abort();
      });
      const command = new PutObjectCommand({
        ...target,
        Body: body,
        ContentLength: sizeBytes,
        ContentType: mimeType,
        ...(conditional && { IfNoneMatch: "*" }),
      });
      try {
        // 412: somebody else was quicker. 409: somebody else is at it.
        if ((await on(() => s3.send(command, { abortSignal: ended.signal }), 412, 409)) !== null) return;
      } catch (error) {
        // What reading threw is why the request broke off.
        throw counted.failed() ?? error;
      } finally {
        body.destroy();
      }
      const failed = counted.failed();
      if (failed !== null) throw failed;
      if (!(await isThere(file, sizeBytes))) throw unavailable("conflict");
    },

    async open(key, range) {
      const target = at(key);
      if (range !== undefined) {
        const sizeBytes = await sizeOf(key);
        if (sizeBytes === null) return null;
        if (range.start >= sizeBytes) throw new ConversationError("media_range_invalid", { sizeBytes });
      }
      const ended = new AbortController();
      const command = new GetObjectCommand({
        ...target,
        ...(range !== undefined && { Range: `bytes=${range.start}-${range.end}` }),
      });
      const found = await on(() => s3.send(command, { abortSignal: ended.signal }), 404);
      if (found === null) return null;
      const body = found.Body as Readable;
      // Whoever discards it hears of no error of it.
      body.on("error", () => undefined);
      const total = /\/(\d+)$/.exec(found.ContentRange ?? "")?.[1];
      return {
        sizeBytes: total === undefined ? (found.ContentLength ?? 0) : Number(total),
        bytes: pieces(body, found.ContentLength ?? 0),
        discard() {
          body.destroy();
          ended.abort();
        },
      };
    },

    async delete(key) {
      const target = at(key);
      await on(() => s3.send(new DeleteObjectCommand(target)), 404);
    },

    async list({ hotelId, after, limit }) {
      const within = hotelId === undefined ? prefix : `${prefix}${encoded(hotelId)}/`;
      const page = await on(() =>
        s3.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: within,
            MaxKeys: limit,
            ...(after !== null && { StartAfter: after }),
          }),
        ),
      );
      const objects = page.Contents ?? [];
      const items = objects.flatMap(({ Key, LastModified, Size }): ListedFile[] => {
        const file = fileOf(prefix, Key ?? "");
        return file === null || LastModified === undefined
          ? []
          : [{ ...file, storedAt: LastModified, sizeBytes: Size ?? 0 }];
      });
      return { items, next: page.IsTruncated === true ? (objects.at(-1)?.Key ?? null) : null };
    },

    async signedUrl(key, { expiresInS, mimeType, fileName, disposition }) {
      const command = new GetObjectCommand({
        ...at(key),
        ResponseContentType: mimeType,
        ResponseContentDisposition: contentDisposition(fileName, disposition),
        ResponseCacheControl: "private, no-store",
      });
      const expiresIn = Math.max(1, Math.min(expiresInS, SIGNED_MAX_S));
      return on(() => getSignedUrl(s3, command, { expiresIn }));
    },
  };
}

const differs = (expected: number, actual: number) => new ConversationError("media_size_differs", { expected, actual });
const unavailable = (failure: string) => new ConversationError("media_store_unavailable", { failure });

/** What the server does, in the store's words. @returns null where it answers with one of these */
async function on<T>(run: () => Promise<T>): Promise<T>;
async function on<T>(run: () => Promise<T>, ...expected: number[]): Promise<T | null>;
async function on<T>(run: () => Promise<T>, ...expected: number[]): Promise<T | null> {
  try {
    return await run();
  } catch (error) {
    if (ConversationError.is(error)) throw error;
    const { name = "unknown", $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
    if (expected.includes($metadata?.httpStatusCode ?? 0)) return null;
    // Its text may hold addresses and keys; its name is a code.
    throw unavailable(/^\w{1,64}$/.test(name) ? name : "unknown");
  }
}

/**
 * The bytes of a file as they are read, of which the last are held back until it is known that they are the last: a request with all of its bytes is stored, one
 * that breaks off is not.
 */
function whole(
  read: () => AsyncIterable<Uint8Array>,
  sizeBytes: number,
): { bytes: AsyncIterable<Uint8Array>; failed: () => Error | null } {
  let failure: Error | null = null;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      let size = 0;
      let held: Uint8Array | null = null;
      for await (const piece of read()) {
        size += piece.length;
        if (size > sizeBytes) throw differs(sizeBytes, size);
        if (held !== null && held.length > 0) yield held;
        held = piece.slice();
      }
      if (size !== sizeBytes) throw differs(sizeBytes, size);
      if (held !== null && held.length > 0) yield held;
    } catch (error) {
      failure = error instanceof Error ? error : new Error("what was read threw no error", { cause: error });
      throw error;
    }
  }
  return { bytes: bytes(), failed: () => failure };
}

async function* pieces(body: Readable, sizeBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    for await (const piece of body as AsyncIterable<Uint8Array>) {
      size += piece.length;
      yield piece;
    }
  } catch {
    throw unavailable("broken off");
  } finally {
    body.destroy();
  }
  if (size !== sizeBytes) throw unavailable("broken off");
}
