import { ConversationError } from "../errors.js";
import type { MediaRange } from "../ports/media-store.js";
import type { Desk } from "../runtime/desk-api.js";
import type { OpenedFile, OpenOptions } from "../runtime/desk-shapes.js";
import type { DeskRequest, DeskResponse, DeskSource } from "./desk-handler.js";
import { errorJson } from "./json.js";
import { OpenQuery } from "./requests.js";

/** A file for whoever may see it. @throws {ConversationError} as `openAttachment`; `request_invalid` */
export async function serveAttachment(
  desk: Pick<Desk, "openAttachment">,
  request: DeskRequest,
  id: string,
  query: Readonly<Record<string, string>>,
): Promise<DeskResponse> {
  const options = OpenQuery.safeParse(query);
  if (!options.success) throw invalid();
  const { thumbnail = false } = options.data;
  return served(request, (part) => desk.openAttachment(id, { thumbnail, ...part }));
}

/** A file for whoever has a link to it. @throws {ConversationError} `not_found`; as `openAttachment` */
export async function serveLink(
  desk: Pick<DeskSource, "openLink">,
  request: DeskRequest,
  id: string,
  token: string,
): Promise<DeskResponse> {
  const options = OpenQuery.safeParse(Object.fromEntries([...request.query].filter(([name]) => name !== "token")));
  if (desk.openLink === undefined || !options.success) throw new ConversationError("not_found");
  const { thumbnail = false } = options.data;
  const source = desk as Required<typeof desk>;
  return served(request, (part) => source.openLink({ id, token, thumbnail, ...part }));
}

const invalid = () =>
  new ConversationError("request_invalid", { issues: [{ path: "thumbnail", message: "true or false" }] });

type Open = (part: Pick<OpenOptions, "range">) => Promise<OpenedFile>;

/** The whole of it, a part, or the word that the client has it already. */
async function served(request: DeskRequest, open: Open): Promise<DeskResponse> {
  const asked = (name: string) => request.header?.(name) ?? null;
  const range = rangeOf(asked("range"));
  let file: OpenedFile;
  let part: MediaRange | null = null;
  if (range === null) file = await open({});
  else {
    // How long it is, and whether it is what the client has a part of, is known once it is open.
    const whole = await open({});
    const sizeBytes = whole.sizeBytes;
    const condition = asked("if-range");
    part = condition === null || condition === etagOf(whole) ? partOf(range, sizeBytes) : null;
    if (part === null) file = whole;
    else {
      whole.discard();
      if (part.start >= sizeBytes || part.end < part.start) return behind(sizeBytes);
      file = await open({ range: part });
    }
  }
  const { mimeType, disposition, sizeBytes } = file;
  const end = part === null ? sizeBytes - 1 : Math.min(part.end, sizeBytes - 1);
  const headers = {
    ...SAFE,
    etag: etagOf(file),
    "accept-ranges": "bytes",
    "content-type": mimeType,
    "content-disposition": disposition,
    "content-length": String(part === null ? sizeBytes : end - part.start + 1),
    ...(part !== null && {
      "content-range": `bytes ${String(part.start)}-${String(end)}/${String(sizeBytes)}`,
    }),
  };
  if (has(asked("if-none-match"), etagOf(file))) {
    file.discard();
    const { "content-length": _length, "content-type": _type, ...rest } = headers;
    return { status: 304, headers: rest, body: "" };
  }
  const status = part === null ? 200 : 206;
  if (request.method === "HEAD") {
    file.discard();
    return { status, headers, body: "" };
  }
  return { status, headers, body: "", stream: file.bytes };
}

function behind(sizeBytes: number): DeskResponse {
  const error = new ConversationError("range_invalid", { sizeBytes });
  const headers = { ...SAFE, "content-type": "application/json; charset=utf-8" };
  return {
    status: error.status,
    headers: { ...headers, "content-range": `bytes */${String(sizeBytes)}` },
    body: JSON.stringify(errorJson(error)),
  };
}

/** The bytes behind an id are always the same. */
const etagOf = ({ id }: OpenedFile): string => `"${id}"`;

const has = (condition: string | null, etag: string): boolean =>
  condition !== null &&
  (condition.trim() === "*" || condition.split(",").some((one) => one.trim().replace(/^W\//, "") === etag));

/**
 * Whatever a file is, it is saved and never drawn as a page of the host's: no script of it runs, nothing of it is fetched, no cache on the way keeps it, and what it is called
 * by decides.
 */
const SAFE = {
  "cache-control": "private, no-store",
  "x-content-type-options": "nosniff",
  "content-security-policy": "sandbox; default-src 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
} as const;

/** One part of a file, as HTTP asks for it: `from` null for the last `to` bytes, `to` null for all that follow. */
interface AskedRange {
  readonly from: number | null;
  readonly to: number | null;
}

/** null: the whole is asked for; so it is where it cannot be read, or asks for several parts. */
function rangeOf(header: string | null): AskedRange | null {
  const [, from = "", to = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "") ?? [];
  if (from === "" && to === "") return null;
  const asked = { from: from === "" ? null : Number(from), to: to === "" ? null : Number(to) };
  return asked.from !== null && asked.to !== null && asked.to < asked.from ? null : asked;
}

function partOf({ from, to }: AskedRange, sizeBytes: number): MediaRange {
  // Of nothing there is no last byte.
  if (from === null)
    return to === 0
      ? { start: sizeBytes, end: sizeBytes }
      : { start: Math.max(0, sizeBytes - (to ?? 0)), end: sizeBytes - 1 };
  return { start: from, end: Math.max(from, Math.min(to ?? sizeBytes - 1, sizeBytes - 1)) };
}
