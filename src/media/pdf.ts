import { Cursor, latin } from "./cursor.js";
import { Found, quarantine, refuse } from "./found.js";
import type { Format, Look, Structure } from "./format.js";
import { inflated } from "./inflate.js";
import { holdsPage } from "./needles.js";
import { nextToken, type PdfToken } from "./pdf-tokens.js";
import { fromBytes } from "./source.js";
import type { MediaFlaw, MediaSource } from "./verdict.js";

/**
 * Names that say that something runs, is another file, is fetched, or cannot be read. A link that somebody follows (`URI`) is none.
 * @source ISO 32000-2:2020, sections 7.6, 7.11, 12.6, 13.6
 */
const ACTIVE: Readonly<Record<string, MediaFlaw>> = {
  JavaScript: "script",
  JS: "script",
  Launch: "script",
  XFA: "script",
  RichMedia: "script",
  Rendition: "script",
  "3D": "script",
  EmbeddedFile: "embedded_file",
  EmbeddedFiles: "embedded_file",
  EF: "embedded_file",
  SubmitForm: "remote_content",
  ImportData: "remote_content",
  GoToR: "remote_content",
  GoToE: "embedded_file",
  Encrypt: "encrypted",
};

/** What stands at an object's own level of its dictionary. */
interface Facts {
  /** A stream follows. */
  hasStream: boolean;
  /** What it says that its stream has; null when that stands elsewhere. */
  length: number | null;
  isObjectStream: boolean;
  filters: string[];
  hasParameters: boolean;
  /** Of a file made to be read while it loads: its length. */
  linearised: boolean;
  fileLength: number | null;
}

/** Objects nested deeper nobody writes. */
const DEPTH_MAX = 256;
/** Bytes that one packed list of objects may come to, and all of a file: seconds of looking, whatever they are. */
const OBJECTS_MAX = 16_777_216;
const ALL_OBJECTS_MAX = 67_108_864;

/**
 * PDF: from its first byte to `%%EOF` nothing but objects and the tables that find them. Names in objects are looked at wherever they
 * stand, also in lists of objects that are packed.
 * @source ISO 32000-2:2020, section 7.5
 */
export const pdf: Format = {
  types: ["application/pdf"],
  begins: (head) => head.includes("%PDF-") && /^(\xef\xbb\xbf)?\s*%PDF-/.test(head),
  async look({ source }: Look): Promise<Structure> {
    const head = await source.read(0, 1_024);
    const version = /^%PDF-[12]\.\d/.exec(latin(head.subarray(0, 8)));
    if (version === null) refuse(latin(head).includes("%PDF-") ? "hidden_data" : "malformed");
    // A script is looked for where it would run; a page would be a second format.
    if (holdsPage(head)) refuse("double_format");

    const cursor = new Cursor(source);
    const file: File = { objects: 0, unpacked: 0, startOfTable: -1, ended: false, fileLength: null, active: null };
    for (let token = await next(cursor, file); token !== null; token = await next(cursor, file)) {
      if (token.kind === "comment") {
        if (token.text.startsWith("%%EOF")) file.ended = file.objects > 0;
        continue;
      }
      if (token.kind !== "number" && !isWord(token, "xref") && !isWord(token, "trailer") && !isWord(token, "startxref"))
        refuse(file.ended ? "trailing_data" : "hidden_data");
      file.ended = false;
      if (token.kind === "number") await object(cursor, token.value, file);
      else if (isWord(token, "xref")) await table(cursor, file);
      else if (isWord(token, "trailer")) await dictionary(cursor, file);
      else {
        const at = await nextToken(cursor);
        if (at?.kind !== "number") return refuse("malformed");
        file.startOfTable = at.value;
      }
    }
    if (!file.ended) refuse("truncated");
    if (file.fileLength !== null && file.fileLength > source.sizeBytes) refuse("truncated");
    await tableStands(source, file.startOfTable);
    if (file.active !== null) quarantine(file.active);
    return { type: "application/pdf" };
  },
};

/** What is known of a file so far. */
interface File {
  objects: number;
  /** Bytes of packed objects, unpacked. */
  unpacked: number;
  startOfTable: number;
  /** `%%EOF` was the last that was read. */
  ended: boolean;
  fileLength: number | null;
  active: MediaFlaw | null;
}

const hear = (file: File, name: string): void => {
  if (Object.hasOwn(ACTIVE, name)) file.active ??= ACTIVE[name] ?? null;
};

const isWord = (token: PdfToken | null, text: string): boolean => token?.kind === "word" && token.text === text;

/** The next token at the file's own level. Behind its end whatever is none is simply more than there should be. */
async function next(cursor: Cursor, { ended }: File): Promise<PdfToken | null> {
  try {
    return await nextToken(cursor);
  } catch (error) {
    if (ended && error instanceof Found) refuse("trailing_data");
    throw error;
  }
}

/** `number generation obj ... endobj`, of which the first has been read. */
async function object(cursor: Cursor, number: number, file: File): Promise<void> {
  const generation = await nextToken(cursor);
  if (!Number.isInteger(number) || generation?.kind !== "number" || !isWord(await nextToken(cursor), "obj"))
    refuse("hidden_data");
  const facts = await values(cursor, file);
  if (file.objects++ === 0 && facts.linearised) file.fileLength = facts.fileLength;
  if (facts.hasStream) await stream(cursor, facts, file);
}

/** The values of an object, up to the word that ends them. */
async function values(cursor: Cursor, file: File): Promise<Facts> {
  const facts: Facts = {
    hasStream: false,
    length: null,
    isObjectStream: false,
    filters: [],
    hasParameters: false,
    linearised: false,
    fileLength: null,
  };
  const keys = new Set<string>();
  let [depth, key, keyComes] = [0, "", true];
  for (;;) {
    const token = await nextToken(cursor);
    if (token === null) return cursor.short();
    if (token.kind === "comment") continue;
    if (token.kind === "mark") {
      if (token.text === "<<" || token.text === "[") depth++;
      else depth--;
      if (depth < 0 || depth > DEPTH_MAX) refuse("malformed");
      keyComes = true;
      continue;
    }
    if (token.kind === "name") hear(file, token.text);
    if (token.kind === "name" && key === "Filter" && (depth === 2 || (depth === 1 && !keyComes)))
      facts.filters.push(token.text);
    if (token.kind === "name" && key === "Type" && depth === 1 && !keyComes && token.text === "ObjStm")
      facts.isObjectStream = true;
    if (depth === 1) {
      if (token.kind === "name" && keyComes) {
        key = token.text;
        keys.add(key);
        keyComes = false;
        continue;
      }
      if (token.kind === "number" && key === "Length") facts.length = token.value;
      if (token.kind === "number" && key === "L") facts.fileLength = token.value;
      // A reference: what stood before it was no number of its own.
      if (isWord(token, "R") && key === "Length") facts.length = null;
      keyComes = true;
    }
    if (token.kind !== "word" || ["R", "true", "false", "null"].includes(token.text)) continue;
    if ((token.text !== "endobj" && token.text !== "stream") || depth !== 0) refuse("malformed");
    facts.hasStream = token.text === "stream";
    // Readers find such a list by its table, whatever it says that it is.
    facts.isObjectStream ||= keys.has("N") && keys.has("First");
    facts.hasParameters = keys.has("DecodeParms");
    facts.linearised = keys.has("Linearized");
    return facts;
  }
}

/** The dictionary of a trailer. */
async function dictionary(cursor: Cursor, file: File): Promise<void> {
  let depth = 0;
  do {
    const token = await nextToken(cursor);
    if (token === null) return cursor.short();
    if (token.kind === "name") hear(file, token.text);
    if (token.kind === "mark") depth += token.text === "<<" || token.text === "[" ? 1 : -1;
    if (token.kind === "word" && !["R", "true", "false", "null"].includes(token.text)) refuse("malformed");
    if (depth > DEPTH_MAX) refuse("malformed");
  } while (depth > 0);
}

/** A table of where objects stand, and the trailer behind it. */
async function table(cursor: Cursor, file: File): Promise<void> {
  for (;;) {
    const token = await nextToken(cursor);
    if (token === null) return cursor.short();
    if (isWord(token, "trailer")) return dictionary(cursor, file);
    if (token.kind !== "number" && !isWord(token, "n") && !isWord(token, "f")) refuse("malformed");
  }
}

/** A stream, from behind its word to behind its end; a list of objects in it is looked into. */
async function stream(cursor: Cursor, facts: Facts, file: File): Promise<void> {
  await cursor.need(Math.min(2, cursor.left));
  if (cursor.peek() === 13 && cursor.ahead > 0) cursor.advance(1);
  if (cursor.peek() === 10 && cursor.ahead > 0) cursor.advance(1);
  const from = cursor.position;
  const length = (await said(cursor, from, facts.length)) ?? (await sought(cursor));
  await cursor.skip(from + length - cursor.position);
  if (!isWord(await nextToken(cursor), "endstream") || !isWord(await nextToken(cursor), "endobj")) refuse("malformed");
  if (facts.isObjectStream) await packedObjects(cursor.source, from, length, facts, file);
}

const ENDSTREAM = "endstream";

/** The length that a stream says that it has, when its end stands there. */
async function said(cursor: Cursor, from: number, length: number | null): Promise<number | null> {
  if (length === null || length < 0 || !Number.isInteger(length) || from + length > cursor.end) return null;
  const after = latin(await cursor.source.read(from + length, ENDSTREAM.length + 2));
  return after.trimStart().startsWith(ENDSTREAM) ? length : null;
}

/** The length of a stream by where its end stands: what readers do where it says none, or a wrong one. */
async function sought(cursor: Cursor): Promise<number> {
  const look = new Cursor(cursor.source, cursor.position);
  for (;;) {
    if (look.left < ENDSTREAM.length) return cursor.short();
    await look.need(ENDSTREAM.length);
    const chunk = await look.chunk();
    const at = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).indexOf(ENDSTREAM);
    if (at >= 0) return look.position + at - cursor.position;
    look.advance(chunk.length - ENDSTREAM.length + 1);
  }
}

async function packedObjects(
  source: MediaSource,
  from: number,
  length: number,
  { filters, hasParameters }: Facts,
  file: File,
): Promise<void> {
  const flate = filters.length === 1 && (filters[0] === "FlateDecode" || filters[0] === "Fl");
  if ((filters.length > 0 && !flate) || hasParameters) {
    file.active ??= "unreadable_part";
    return;
  }
  if (length > OBJECTS_MAX) refuse("expands");
  const bytes = await source.read(from, length);
  const objects = flate ? await inflated(bytes, OBJECTS_MAX) : bytes;
  file.unpacked += objects.length;
  if (file.unpacked > ALL_OBJECTS_MAX) refuse("expands");
  const cursor = new Cursor(fromBytes(objects));
  for (let token = await nextToken(cursor); token !== null; token = await nextToken(cursor))
    if (token.kind === "name") hear(file, token.text);
}

/** Where the file says that its last table stands, one does. */
async function tableStands(source: MediaSource, at: number): Promise<void> {
  if (!Number.isInteger(at) || at < 0 || at >= source.sizeBytes) refuse("malformed");
  const text = latin(await source.read(at, 64));
  if (!/^\s{0,8}(xref|\d{1,10}\s{1,4}\d{1,5}\s{1,4}obj)/.test(text)) refuse("malformed");
}
