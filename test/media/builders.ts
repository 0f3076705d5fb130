import { crc32, deflateRawSync, deflateSync } from "node:zlib";

// Files made byte by byte, for what no encoder makes.

export interface ZipPart {
  readonly name: string;
  readonly content: Buffer;
  readonly stored?: boolean;
  /** What the headers say instead of what is so. */
  readonly says?: { readonly size?: number; readonly crc?: number; readonly offset?: number; readonly flags?: number };
  /** Stands behind the part, where nothing should. */
  readonly gap?: Buffer;
}

export function zip(
  parts: readonly ZipPart[],
  { before = Buffer.alloc(0), comment = "" }: { readonly before?: Buffer; readonly comment?: string } = {},
): Buffer {
  const [locals, centrals]: [Buffer[], Buffer[]] = [[before], []];
  let offset = before.length;
  for (const { name, content, stored = false, says = {}, gap = Buffer.alloc(0) } of parts) {
    const packed = stored ? content : deflateRawSync(content);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(says.flags ?? 0, 2);
    fields.writeUInt16LE(stored ? 0 : 8, 4);
    fields.writeUInt32LE(says.crc ?? crc32(content), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(says.size ?? content.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    locals.push(Buffer.from("PK\x03\x04"), fields, Buffer.from(name), packed, gap);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(says.offset ?? offset, 10);
    centrals.push(Buffer.from("PK\x01\x02\x14\x00", "latin1"), fields, rest, Buffer.from(name));
    offset += 30 + Buffer.byteLength(name) + packed.length + gap.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(parts.length, 4);
  end.writeUInt16LE(parts.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  end.writeUInt16LE(Buffer.byteLength(comment), 16);
  return Buffer.concat([...locals, directory, Buffer.from("PK\x05\x06"), end, Buffer.from(comment)]);
}

const CONTENT = "http://schemas.openxmlformats.org/package/2006/content-types";
const RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships";
const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

export interface DocxOptions {
  readonly mainType?: string;
  readonly types?: string;
  /** Tags of what the main part refers to. */
  readonly relations?: string;
  readonly parts?: readonly ZipPart[];
}

export const part = (name: string, content: string | Buffer = "x", more: Partial<ZipPart> = {}): ZipPart => ({
  name,
  content: Buffer.from(content),
  ...more,
});

export function docxParts({
  mainType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
  types = "",
  relations = "",
  parts = [],
}: DocxOptions = {}): readonly ZipPart[] {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>`;
  return [
    part(
      "[Content_Types].xml",
      `${xml}<Types xmlns="${CONTENT}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="${mainType}"/>${types}</Types>`,
    ),
    part(
      "_rels/.rels",
      `${xml}<Relationships xmlns="${RELATIONS}"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>`,
    ),
    part(
      "word/document.xml",
      `${xml}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Room 212</w:t></w:r></w:p></w:body></w:document>`,
    ),
    part("word/_rels/document.xml.rels", `${xml}<Relationships xmlns="${RELATIONS}">${relations}</Relationships>`),
    ...parts,
  ];
}

export const docx = (options: DocxOptions = {}): Buffer => zip(docxParts(options));

export const relation = (type: string, target: string, external = true): string =>
  `<Relationship Id="rId9" Type="${OFFICE}/${type}" Target="${target}"${external ? ` TargetMode="External"` : ""}/>`;

export interface PdfOptions {
  readonly header?: string;
  /** Behind the page's own objects, from number 4 on. */
  readonly objects?: readonly (string | Buffer)[];
  readonly catalog?: string;
  readonly trailer?: string;
  readonly before?: string;
}

/** A PDF of one page, with a table and what else is wanted. */
export function pdfOf({
  header = "%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n",
  objects = [],
  catalog = "",
  trailer = "",
  before = "",
}: PdfOptions = {}): Buffer {
  const all = [
    `<< /Type /Catalog /Pages 2 0 R ${catalog} >>`,
    `<< /Type /Pages /Kids [3 0 R] /Count 1 >>`,
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>`,
    ...objects,
  ];
  const pieces = [Buffer.from(before + header, "latin1")];
  const offsets: number[] = [];
  let size = pieces[0]!.length;
  for (const [n, body] of all.entries()) {
    const bytes = Buffer.concat([Buffer.from(`${n + 1} 0 obj\n`), Buffer.from(body), Buffer.from("\nendobj\n")]);
    offsets.push(size);
    size += bytes.length;
    pieces.push(bytes);
  }
  const lines = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  pieces.push(
    Buffer.from(
      `xref\n0 ${all.length + 1}\n0000000000 65535 f \n${lines}trailer\n<< /Size ${all.length + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${size}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(pieces);
}

export const streamObject = (dictionary: string, content: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(`<< ${dictionary} /Length ${content.length} >>\nstream\n`),
    content,
    Buffer.from("\nendstream"),
  ]);

/** Objects that are packed into one. */
export const objectStream = (objects: string, dictionary = "/Type /ObjStm /N 1 /First 4"): Buffer =>
  streamObject(`${dictionary} /Filter /FlateDecode`, deflateSync(Buffer.from(`9 0 ${objects}`)));

export function pngChunk(name: string, content: Buffer, sum?: number): Buffer {
  const body = Buffer.concat([Buffer.from(name), content]);
  const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  crc.writeUInt32BE(sum ?? crc32(body));
  return Buffer.concat([length, body, crc]);
}

/** A PNG with chunks put behind its header. */
export const withChunks = (png: Buffer, ...chunks: readonly Buffer[]): Buffer =>
  Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)]);

/** A PNG that says that it is so large. */
export function sized(png: Buffer, width: number, height: number): Buffer {
  const header = Buffer.from(png.subarray(16, 29));
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  return Buffer.concat([png.subarray(0, 8), pngChunk("IHDR", header), png.subarray(33)]);
}

export function jpegSegment(marker: number, content: string | Buffer): Buffer {
  const body = Buffer.from(content);
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

/** A JPEG with segments put behind its first. */
export function withSegments(jpeg: Buffer, ...segments: readonly Buffer[]): Buffer {
  const first = 4 + jpeg.readUInt16BE(4);
  return Buffer.concat([jpeg.subarray(0, first), ...segments, jpeg.subarray(first)]);
}

export function box(name: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(content.length + 8);
  head.write(name, 4, "latin1");
  return Buffer.concat([head, content]);
}

/** Bytes with some of them changed. */
export function changed(bytes: Buffer, at: number, to: Buffer | string): Buffer {
  const copy = Buffer.from(bytes);
  Buffer.from(to).copy(copy, at < 0 ? copy.length + at : at);
  return copy;
}
