import { crc32 } from "node:zlib";
import { Cursor } from "./cursor.js";
import { quarantine, refuse } from "./found.js";
import { unpack } from "./inflate.js";
import type { MediaSource } from "./verdict.js";

const [LOCAL, CENTRAL, END, DESCRIPTOR] = [0x04034b50, 0x02014b50, 0x06054b50, 0x08074b50];
/** Bytes of the record at the end, without a comment. */
const END_SIZE = 22;
/** The longest comment there can be. */
export const COMMENT_MAX = 65_535;
/** More parts no document has. */
const ENTRIES_MAX = 10_000;
/** A document that is so many times as large when it is unpacked, and has more than so many bytes then, is made for that alone. */
const EXPANDS = { times: 200, bytes: 20_000_000 };

export interface ZipEntry {
  readonly name: string;
  readonly method: 0 | 8;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly hasDescriptor: boolean;
  /** Where its local header stands. */
  readonly offset: number;
}

/**
 * The parts of a ZIP archive that is nothing else: they follow one another from the file's first byte, each once, and the directory behind
 * them ends the file.
 * @source APPNOTE.TXT 6.3.10 (PKWARE), sections 4.3 to 4.5
 */
export async function zipEntries(source: MediaSource, unpackedMax: number): Promise<readonly ZipEntry[]> {
  const directory = await endRecord(source);
  const entries: ZipEntry[] = [];
  const names = new Set<string>();
  let total = 0;
  const cursor = new Cursor(source, directory.offset, directory.offset + directory.size);
  for (let n = 0; n < directory.entries; n++) {
    const entry = await central(cursor);
    const name = entry.name.toLowerCase();
    if (/^[/\\]|\\|\0|(^|\/)\.\.(\/|$)/.test(name) || names.has(name)) refuse("malformed");
    names.add(name);
    total += entry.size;
    if (total > unpackedMax) refuse("expands");
    entries.push(entry);
  }
  if (cursor.left !== 0) refuse("hidden_data");
  if (total > EXPANDS.bytes && total > EXPANDS.times * source.sizeBytes) refuse("expands");
  return entries.sort((a, b) => a.offset - b.offset);
}

/** Where each entry's content begins. The look ends where anything stands between them. */
export async function contentsOf(
  source: MediaSource,
  entries: readonly ZipEntry[],
): Promise<ReadonlyMap<ZipEntry, number>> {
  const directory = await endRecord(source);
  const contents = new Map<ZipEntry, number>();
  let at = 0;
  for (const [n, entry] of entries.entries()) {
    if (entry.offset !== at) refuse(entry.offset < at ? "double_format" : "hidden_data");
    const cursor = new Cursor(source, at, directory.offset);
    const from = await local(cursor, entry);
    contents.set(entry, from);
    at = from + entry.packed;
    const next = entries[n + 1]?.offset ?? directory.offset;
    if (entry.hasDescriptor) at += await descriptor(new Cursor(source, at, directory.offset), entry, next - at);
  }
  if (at !== directory.offset) refuse("hidden_data");
  return contents;
}

/** Unpacks an entry, piece by piece, and compares its checksum. */
export async function readEntry(
  source: MediaSource,
  entry: ZipEntry,
  from: number,
  each: (bytes: Uint8Array) => void,
): Promise<void> {
  let sum = 0;
  const counted = (bytes: Uint8Array) => {
    sum = crc32(bytes, sum);
    each(bytes);
  };
  if (entry.method === 8) await unpack(source, { ...entry, from }, counted);
  else {
    const cursor = new Cursor(source, from, from + entry.packed);
    for (let bytes = await cursor.chunk(); bytes.length > 0; bytes = await cursor.chunk()) {
      counted(bytes);
      cursor.advance(bytes.length);
    }
  }
  if (sum !== entry.crc) refuse("malformed");
}

async function endRecord(source: MediaSource): Promise<{ entries: number; size: number; offset: number }> {
  const at = source.sizeBytes - END_SIZE;
  if (at < 0) refuse("truncated");
  const cursor = new Cursor(source, at);
  await cursor.need(END_SIZE);
  if (cursor.u32le() !== END) {
    const tail = await source.read(Math.max(0, at - COMMENT_MAX), COMMENT_MAX + END_SIZE);
    refuse(Buffer.from(tail).includes("PK\x05\x06") ? "trailing_data" : "truncated");
  }
  const [disk, first, here, entries] = [cursor.u16le(), cursor.u16le(), cursor.u16le(), cursor.u16le()];
  const [size, offset, comment] = [cursor.u32le(), cursor.u32le(), cursor.u16le()];
  if (disk !== 0 || first !== 0 || here !== entries || comment !== 0 || entries > ENTRIES_MAX) refuse("malformed");
  if (offset + size !== at) refuse("hidden_data");
  return { entries, size, offset };
}

async function central(cursor: Cursor): Promise<ZipEntry> {
  await cursor.need(46);
  if (cursor.u32le() !== CENTRAL) refuse("malformed");
  cursor.advance(4);
  const [flags, method] = [cursor.u16le(), cursor.u16le()];
  cursor.advance(4);
  const crc = cursor.u32le();
  let [packed, size] = [cursor.u32le(), cursor.u32le()];
  const [nameLength, extraLength, commentLength, disk] = [
    cursor.u16le(),
    cursor.u16le(),
    cursor.u16le(),
    cursor.u16le(),
  ];
  cursor.advance(6);
  const offset = cursor.u32le();
  await cursor.need(nameLength + extraLength);
  const name = cursor.text(nameLength);
  const extra = cursor.take(extraLength).slice();
  await cursor.skip(commentLength);
  const wide = zip64(extra);
  if (size === 0xffffffff) size = wide.next();
  if (packed === 0xffffffff) packed = wide.next();
  if ((flags & 0x2041) !== 0) quarantine("encrypted");
  if (method !== 0 && method !== 8) return quarantine("unreadable_part");
  if (disk !== 0 || name === "" || (method === 0 && packed !== size)) refuse("malformed");
  return { name, method, crc, packed, size, hasDescriptor: (flags & 8) !== 0, offset };
}

/** The numbers that had no place in the header. */
function zip64(extra: Uint8Array): { next: () => number } {
  const view = new DataView(extra.buffer, extra.byteOffset, extra.byteLength);
  let [at, end] = [0, 0];
  for (let place = 0; place + 4 <= extra.length; place += 4 + view.getUint16(place + 2, true))
    if (view.getUint16(place, true) === 1) [at, end] = [place + 4, place + 4 + view.getUint16(place + 2, true)];
  return {
    next() {
      if (at + 8 > Math.min(end, extra.length)) refuse("malformed");
      at += 8;
      return Number(view.getBigUint64(at - 8, true));
    },
  };
}

/** The header in front of an entry says the same as the directory. @returns where the content begins */
async function local(cursor: Cursor, entry: ZipEntry): Promise<number> {
  await cursor.need(30);
  if (cursor.u32le() !== LOCAL) refuse("malformed");
  cursor.advance(2);
  const [flags, method] = [cursor.u16le(), cursor.u16le()];
  cursor.advance(8);
  const [packed, size] = [cursor.u32le(), cursor.u32le()];
  const [nameLength, extraLength] = [cursor.u16le(), cursor.u16le()];
  await cursor.need(nameLength);
  const said = [0, 0xffffffff];
  if (
    cursor.text(nameLength) !== entry.name ||
    method !== entry.method ||
    ((flags & 8) !== 0) !== entry.hasDescriptor ||
    (packed !== entry.packed && !(said.includes(packed) && (entry.hasDescriptor || packed !== 0))) ||
    (size !== entry.size && !(said.includes(size) && (entry.hasDescriptor || size !== 0)))
  )
    refuse("double_format");
  await cursor.skip(extraLength);
  if (entry.packed > cursor.left) refuse("malformed");
  return cursor.position;
}

/** What follows an entry whose sizes were not known before it: with a signature or without, in 32 or in 64 bits. @returns its bytes */
async function descriptor(cursor: Cursor, entry: ZipEntry, room: number): Promise<number> {
  if (![12, 16, 20, 24].includes(room)) refuse(room < 12 ? "malformed" : "hidden_data");
  await cursor.need(room);
  const signed = room === 16 || room === 24;
  if (signed && cursor.u32le() !== DESCRIPTOR) refuse("malformed");
  const wide = room >= 20;
  const crc = cursor.u32le();
  const [packed, size] = wide ? [cursor.u64le(), cursor.u64le()] : [cursor.u32le(), cursor.u32le()];
  if (crc !== entry.crc || packed !== entry.packed || size !== entry.size) refuse("malformed");
  return room;
}
