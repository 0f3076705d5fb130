import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

// A server that speaks S3 as far as files need it, and keeps S3's promises: an object appears whole when the last of its bytes has come, requests are
// signed (version 4), lists are in the order of UTF-8. Those on npm show half of an object that is being put, or take `bytes=0-0` for the whole.
// Source: Amazon S3 API Reference (2006-03-01), PutObject, GetObject, HeadObject, DeleteObject, ListObjectsV2; "Authenticating Requests (AWS Signature Version 4)".

export const S3_KEYS = { accessKeyId: "GRANDHOTEL", secretAccessKey: "room-212" };
export const S3_REGION = "eu-south-1";

export interface S3Server {
  readonly url: string;
  /** Connections that are open just now. */
  readonly connections: () => Promise<number>;
  stop(): Promise<void>;
}

interface Stored {
  readonly bytes: Buffer;
  readonly type: string;
  readonly at: Date;
}

export async function startS3(): Promise<S3Server> {
  const objects = new Map<string, Stored>();
  const server = createServer((request, response) => {
    answer(objects, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(objects: Map<string, Stored>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [rawPath = "", rawQuery = ""] = (request.url ?? "").split("?");
  const query = new URLSearchParams(rawQuery);
  const fail = (status: number, code: string): void => {
    request.resume();
    response.writeHead(status, { "content-type": "application/xml" });
    response.end(request.method === "HEAD" ? "" : `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
  };
  if (!isSigned(request, rawPath, rawQuery)) {
    fail(403, "SignatureDoesNotMatch");
    return;
  }
  const [, , ...parts] = rawPath.split("/");
  const key = decodeURIComponent(parts.join("/"));

  if (request.method === "PUT") {
    if (request.headers["if-none-match"] === "*" && objects.has(key)) {
      fail(412, "PreconditionFailed");
      return;
    }
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    if (!request.complete || bytes.length !== Number(request.headers["content-length"])) {
      fail(400, "IncompleteBody");
      return;
    }
    // Of two that were put at the same moment the first to end is there.
    if (request.headers["if-none-match"] === "*" && objects.has(key)) {
      fail(412, "PreconditionFailed");
      return;
    }
    objects.set(key, { bytes, type: request.headers["content-type"] ?? "", at: new Date() });
    response.writeHead(200, { etag: `"${createHash("md5").update(bytes).digest("hex")}"` }).end();
    return;
  }
  request.resume();
  if (request.method === "DELETE") {
    objects.delete(key);
    response.writeHead(204).end();
    return;
  }
  if (query.get("list-type") === "2") {
    response.writeHead(200, { "content-type": "application/xml" }).end(list(objects, query));
    return;
  }
  const found = objects.get(key);
  if (found === undefined) {
    fail(404, "NoSuchKey");
    return;
  }
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  const [start, end] = range
    ? [Number(range[1]), Math.min(Number(range[2]) + 1, found.bytes.length)]
    : [0, found.bytes.length];
  if (range !== null && start >= found.bytes.length) {
    fail(416, "InvalidRange");
    return;
  }
  response.writeHead(range === null ? 200 : 206, {
    "content-type": query.get("response-content-type") ?? found.type,
    "content-length": end - start,
    "last-modified": found.at.toUTCString(),
    ...(query.has("response-content-disposition") && {
      "content-disposition": query.get("response-content-disposition") ?? "",
    }),
    ...(range !== null && { "content-range": `bytes ${start}-${end - 1}/${found.bytes.length}` }),
  });
  response.end(request.method === "HEAD" ? undefined : found.bytes.subarray(start, end));
}

function list(objects: ReadonlyMap<string, Stored>, query: URLSearchParams): string {
  const [prefix, after] = [query.get("prefix") ?? "", query.get("start-after") ?? ""];
  const max = Math.min(1_000, Number(query.get("max-keys") ?? 1_000));
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const contents = keys.slice(0, max).map((key) => {
    const { bytes, at } = objects.get(key)!;
    return `<Contents><Key>${key}</Key><LastModified>${at.toISOString()}</LastModified><Size>${bytes.length}</Size></Contents>`;
  });
  return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${keys.length > max}</IsTruncated>${contents.join("")}</ListBucketResult>`;
}

/** Whether a request is signed with the secret key: in its header, or in its address, which is good for so many seconds. */
function isSigned(request: IncomingMessage, path: string, rawQuery: string): boolean {
  const pairs = rawQuery === "" ? [] : rawQuery.split("&").map((pair) => (pair.includes("=") ? pair : `${pair}=`));
  const query = new URLSearchParams(rawQuery);
  const inAddress = query.get("X-Amz-Signature");
  const header = request.headers.authorization ?? "";
  const [, scope = "", signedHeaders = "", signature = ""] =
    inAddress === null
      ? (/^AWS4-HMAC-SHA256 Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]+)$/.exec(header) ??
        [])
      : ["", query.get("X-Amz-Credential")?.replace(/^[^/]+\//, ""), query.get("X-Amz-SignedHeaders") ?? "", inAddress];
  const at = query.get("X-Amz-Date") ?? String(request.headers["x-amz-date"]);
  if (inAddress !== null) {
    const since = Date.parse(at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
    if (!(Date.now() <= since + 1_000 * Number(query.get("X-Amz-Expires")))) return false;
  }
  const canonical = [
    request.method,
    path,
    pairs
      .filter((pair) => !pair.startsWith("X-Amz-Signature="))
      .sort()
      .join("&"),
    ...signedHeaders.split(";").map((name) => `${name}:${String(request.headers[name] ?? "").trim()}`),
    "",
    signedHeaders,
    inAddress === null ? String(request.headers["x-amz-content-sha256"]) : "UNSIGNED-PAYLOAD",
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", at, scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const hmac = (key: string | Buffer, value: string) => createHmac("sha256", key).update(value).digest();
  const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${S3_KEYS.secretAccessKey}`);
  return hmac(key, text).toString("hex") === signature;
}
