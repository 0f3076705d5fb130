import { Cursor } from "./cursor.js";
import { quarantine, refuse } from "./found.js";
import type { Format, Look, Structure } from "./format.js";
import type { MediaType } from "./limits.js";
import type { MediaSource } from "./verdict.js";

/** Sector numbers from here on mean something else: a table, the end of a chain, nothing. */
const LAST_SECTOR = 0xfffffffa;
const [CHAIN_ENDS, FREE, NONE] = [0xfffffffe, 0xffffffff, 0xffffffff];
/** More parts no document has. */
const ENTRIES_MAX = 20_000;
const ENTRY = 128;

interface Entry {
  readonly name: string;
  /** 1 a folder, 2 a stream, 5 the root. */
  readonly kind: number;
  readonly left: number;
  readonly right: number;
  readonly child: number;
  readonly start: number;
  readonly size: number;
}

/** What runs, what is another file, and what is encrypted, by the names of parts wherever they stand. */
const MACROS = /^(_VBA_PROJECT(_CUR)?|VBA|Macros|_xlm\w*)$/i;
const EMBEDDED = /^(.Ole10Native|Package|ObjectPool|MBD[0-9A-F]{8}|EmbeddedStg)$/i;
const ENCRYPTED = /^(EncryptedPackage|EncryptionInfo|.DataSpaces|EncryptedSummary)$/i;

const MAIN: ReadonlyMap<string, MediaType> = new Map([
  ["WordDocument", "application/msword"],
  ["Workbook", "application/vnd.ms-excel"],
  ["Book", "application/vnd.ms-excel"],
  ["PowerPoint Document", "application/vnd.ms-powerpoint"],
]);

/**
 * Word, Excel and PowerPoint before 2007: a file system in a file, with sectors, chains of them and folders.
 * @source [MS-CFB] 2024; [MS-XLS] 2.4; [MS-DOC] 2.5.2; [MS-PPT] 2.3
 */
export const ole: Format = {
  types: ["application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"],
  begins: (head) => head.startsWith("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
  async look({ source }: Look): Promise<Structure> {
    const file = await open(source);
    const entries = await directory(file);
    const top = children(entries);
    const mains = top.filter(({ name, kind }) => kind === 2 && MAIN.has(name));
    const [main] = mains;
    for (const { name, kind } of entries) {
      if (kind === 0) continue;
      if (ENCRYPTED.test(name)) quarantine("encrypted");
      if (MACROS.test(name)) quarantine("macros");
    }
    // Word leaves an empty pool of objects behind.
    for (const entry of entries)
      if (EMBEDDED.test(entry.name) && !(entry.name === "ObjectPool" && entry.child === NONE))
        quarantine("embedded_file");
    const types = new Set(mains.map(({ name }) => MAIN.get(name)));
    if (main === undefined) return refuse("type_not_allowed");
    if (types.size > 1) refuse("double_format");

    await everyChain(file, entries);
    const content = await streamOf(file, entries, main);
    const type = MAIN.get(main.name) ?? refuse("malformed");
    if (type === "application/msword") await word(content);
    else if (type === "application/vnd.ms-excel") await excel(content);
    else await powerPoint(content);
    return { type };
  },
};

interface File {
  readonly source: MediaSource;
  /** Bytes. */
  readonly sector: number;
  readonly sectors: number;
  /** For each sector, the next of its chain. */
  readonly next: Uint32Array;
  readonly firstDirectory: number;
  /** Streams shorter than this lie in pieces of 64 bytes. */
  readonly smallBelow: number;
  readonly nextSmall: Uint32Array;
}

async function open(source: MediaSource): Promise<File> {
  const header = await source.read(0, 512);
  if (header.length < 512) refuse("truncated");
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [version, shift, smallShift] = [view.getUint16(26, true), view.getUint16(30, true), view.getUint16(32, true)];
  if (
    view.getUint16(28, true) !== 0xfffe ||
    smallShift !== 6 ||
    (version === 4 ? shift !== 12 : version !== 3 || shift !== 9)
  )
    refuse("malformed");
  const sector = 2 ** shift;
  // Excel's own files may end within their last sector.
  const sectors = Math.ceil(source.sizeBytes / sector) - 1;
  if (sectors < 2) refuse("truncated");
  const [tables, firstDirectory, smallBelow] = [44, 48, 56].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
  ];
  const [firstSmall, smallTables, firstMore, moreTables] = [60, 64, 68, 72].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
    number,
  ];
  const perTable = sector / 4;
  if (smallBelow !== 4_096 || tables === 0 || tables > Math.ceil(sectors / perTable) + 64) refuse("malformed");

  /** Where the tables of chains lie: 109 of them in the header, the rest in sectors of their own. */
  const places: number[] = [];
  for (let at = 76; at < 512 && places.length < tables; at += 4) places.push(view.getUint32(at, true));
  for (let [more, n] = [firstMore, 0]; places.length < tables; n++) {
    if (n >= moreTables || more >= sectors) refuse("malformed");
    const table = await words(source, sector, more);
    for (let at = 0; at < perTable - 1 && places.length < tables; at++) places.push(table[at] ?? FREE);
    more = table[perTable - 1] ?? FREE;
  }
  const next = new Uint32Array(tables * perTable);
  for (const [n, place] of places.entries()) {
    if (place >= sectors) refuse(place < LAST_SECTOR ? "truncated" : "malformed");
    next.set(await words(source, sector, place), n * perTable);
  }
  await ends(source, sector, sectors, next);

  const file = { source, sector, sectors, next, firstDirectory, smallBelow, nextSmall: new Uint32Array(0) };
  if (smallTables === 0) return file;
  const small = chain(file, firstSmall, smallTables);
  const nextSmall = new Uint32Array(smallTables * perTable);
  for (const [n, place] of small.entries()) nextSmall.set(await words(source, sector, place), n * perTable);
  return { ...file, nextSmall };
}

/** The tables speak of every sector that there is, and of none that there is not; what is free at the end is empty. */
async function ends(source: MediaSource, sector: number, sectors: number, next: Uint32Array): Promise<void> {
  for (let n = sectors; n < next.length; n++) if (next[n] !== FREE) refuse("truncated");
  if (sectors > next.length) refuse("trailing_data");
  let used = sectors;
  while (used > 0 && next[used - 1] === FREE) used--;
  const cursor = new Cursor(source, Math.min(source.sizeBytes, (used + 1) * sector));
  for (let bytes = await cursor.chunk(); bytes.length > 0; bytes = await cursor.chunk()) {
    if (bytes.some((byte) => byte !== 0)) refuse("trailing_data");
    cursor.advance(bytes.length);
  }
}

async function words(source: MediaSource, sector: number, place: number): Promise<Uint32Array> {
  const bytes = await source.read((place + 1) * sector, sector);
  if (bytes.length < sector) refuse("truncated");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: sector / 4 }, (_, n) => view.getUint32(4 * n, true));
}

/** The sectors of a chain, of which there are exactly so many. */
function chain({ next, sectors }: Pick<File, "next" | "sectors">, start: number, length: number): number[] {
  const places: number[] = [];
  for (let at = start; at !== CHAIN_ENDS; at = next[at] ?? FREE) {
    if (at >= sectors || places.length >= length) refuse("malformed");
    places.push(at);
  }
  if (places.length !== length) refuse("malformed");
  return places;
}

/** Pieces of a file in another order, as a file. */
const pieced = (source: MediaSource, places: readonly number[], piece: number, sizeBytes: number): MediaSource => ({
  sizeBytes,
  async read(position, length) {
    const wanted = Math.max(0, Math.min(length, sizeBytes - position));
    const bytes = new Uint8Array(wanted);
    for (let filled = 0; filled < wanted;) {
      const index = Math.floor((position + filled) / piece);
      const offset = (position + filled) % piece;
      // Pieces that lie side by side are read at once.
      let run = 1;
      while (offset + wanted - filled > run * piece && places[index + run] === (places[index] ?? 0) + run) run++;
      const part = await source.read(
        (places[index] ?? 0) * piece + offset,
        Math.min(run * piece - offset, wanted - filled),
      );
      if (part.length === 0) return bytes.subarray(0, filled);
      bytes.set(part, filled);
      filled += part.length;
    }
    return bytes;
  },
});

async function directory(file: File): Promise<readonly Entry[]> {
  const places: number[] = [];
  for (let at = file.firstDirectory; at !== CHAIN_ENDS; at = file.next[at] ?? FREE) {
    if (at >= file.sectors || (places.length * file.sector) / ENTRY > ENTRIES_MAX) refuse("malformed");
    places.push(at + 1);
  }
  const size = places.length * file.sector;
  const bytes = await pieced(file.source, places, file.sector, size).read(0, size);
  if (size === 0 || bytes.length < size) refuse("truncated");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Entry[] = [];
  for (let at = 0; at < size; at += ENTRY) {
    const length = view.getUint16(at + 64, true);
    if (length > 64 || length % 2 !== 0) refuse("malformed");
    entries.push({
      name: Buffer.from(bytes.subarray(at, at + Math.max(0, length - 2))).toString("utf16le"),
      kind: view.getUint8(at + 66),
      left: view.getUint32(at + 68, true),
      right: view.getUint32(at + 72, true),
      child: view.getUint32(at + 76, true),
      start: view.getUint32(at + 116, true),
      size: view.getUint32(at + 120, true),
    });
  }
  if (entries[0]?.kind !== 5) refuse("malformed");
  return entries;
}

/** What stands at the top: a tree. */
function children(entries: readonly Entry[]): readonly Entry[] {
  const found: Entry[] = [];
  const seen = new Set<number>();
  const todo = [entries[0]?.child ?? NONE];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    if (at === NONE) continue;
    const entry = entries[at];
    if (entry === undefined || seen.has(at) || (entry.kind !== 1 && entry.kind !== 2)) return refuse("malformed");
    seen.add(at);
    found.push(entry);
    todo.push(entry.left, entry.right);
  }
  return found;
}

/** Every stream has a chain of its length, and no sector is in two. */
async function everyChain(file: File, entries: readonly Entry[]): Promise<void> {
  const seen = new Uint8Array(file.sectors);
  const [root] = entries;
  for (const entry of entries) {
    const large = entry === root || (entry.kind === 2 && entry.size >= file.smallBelow);
    if (!large || entry.size === 0) continue;
    for (const at of chain(file, entry.start, Math.ceil(entry.size / file.sector))) {
      if (seen[at] === 1) refuse("double_format");
      seen[at] = 1;
    }
  }
  return Promise.resolve();
}

async function streamOf(file: File, entries: readonly Entry[], { start, size }: Entry): Promise<MediaSource> {
  if (size >= file.smallBelow) {
    const places = chain(file, start, Math.ceil(size / file.sector));
    return pieced(
      file.source,
      places.map((place) => place + 1),
      file.sector,
      size,
    );
  }
  const root = entries[0] ?? refuse("malformed");
  const holder = chain(file, root.start, Math.ceil(root.size / file.sector));
  const whole = pieced(
    file.source,
    holder.map((place) => place + 1),
    file.sector,
    root.size,
  );
  const pieces = chain({ next: file.nextSmall, sectors: Math.ceil(root.size / 64) }, start, Math.ceil(size / 64));
  return Promise.resolve(pieced(whole, pieces, 64, size));
}

/** What is true of the whole document stands at its beginning. */
async function word(content: MediaSource): Promise<void> {
  const cursor = new Cursor(content);
  await cursor.need(32);
  if (cursor.u16le() !== 0xa5ec) refuse("malformed");
  cursor.advance(8);
  if ((cursor.u16le() & 0x0100) !== 0) quarantine("encrypted");
}

/** The first part of a workbook, which lists its sheets: sheets of macros were how they were written before VBA. */
async function excel(content: MediaSource): Promise<void> {
  const [BOF, EOF, LOCKED, SHEET] = [0x0809, 0x000a, 0x002f, 0x0085];
  const cursor = new Cursor(content);
  for (let n = 0; ; n++) {
    await cursor.need(4);
    const [kind, length] = [cursor.u16le(), cursor.u16le()];
    if (n === 0 && kind !== BOF) refuse("malformed");
    if (kind === EOF) return;
    if (kind === LOCKED) quarantine("encrypted");
    if (kind === SHEET) {
      if (length < 6) refuse("malformed");
      await cursor.need(length);
      if (cursor.peek(5) === 1 || cursor.peek(5) === 6) quarantine("macros");
    }
    await cursor.skip(length);
  }
}

/** Records to the end of the stream, some of which hold others. */
async function powerPoint(content: MediaSource): Promise<void> {
  const [VBA, OBJECT, LOCKED] = [0x0400, 0x1011, 0x2f14];
  const cursor = new Cursor(content);
  while (cursor.left >= 8) {
    if (cursor.ahead < 8) await cursor.need(8);
    const [version, kind, length] = [cursor.u16le() & 15, cursor.u16le(), cursor.u32le()];
    if (kind === LOCKED) quarantine("encrypted");
    if (kind === OBJECT) quarantine("embedded_file");
    if (kind === VBA && length >= 8) {
      await cursor.need(8);
      if (cursor.peek(4) !== 0) quarantine("macros");
    }
    if (version !== 15) await cursor.skip(length);
  }
}
