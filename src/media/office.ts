import { latin } from "./cursor.js";
import { quarantine, refuse } from "./found.js";
import type { Format, Look, Structure } from "./format.js";
import type { MediaType } from "./limits.js";
import type { MediaSource } from "./verdict.js";
import { contentsOf, readEntry, zipEntries, type ZipEntry } from "./zip.js";

const OFFICE = "application/vnd.openxmlformats-officedocument.";
/** By what a document says that its main part is. */
const MAIN: Readonly<Record<string, MediaType>> = {
  [`${OFFICE}wordprocessingml.document.main+xml`]: `${OFFICE}wordprocessingml.document`,
  [`${OFFICE}spreadsheetml.sheet.main+xml`]: `${OFFICE}spreadsheetml.sheet`,
  [`${OFFICE}presentationml.presentation.main+xml`]: `${OFFICE}presentationml.presentation`,
};

/** Bytes of a list of parts or of what they refer to; longer ones nobody writes. */
const XML_MAX = 4_194_304;

/** What runs, wherever it stands. */
const MACROS = /(^|\/)(vbaproject|vbadata)[^/]*$|(^|\/)macrosheets\//i;
/** What is opened by a program of its own. */
const EMBEDDED =
  /(^|\/)(activex|embeddings)\/|\.(exe|dll|scr|com|bat|cmd|ps1|vbs|vbe|jse?|wsf|hta|msi|jar|lnk|html?|mht|rtf)$/i;
/** Kinds of references within a document that lead to such a thing. */
const RUNS = /\/(vbaProject|wordVbaData|xlMacrosheet|xlIntlMacrosheet)$/i;
const OPENS = /\/(oleObject|package|control|activeXControl\w*|aFChunk)$/i;

/**
 * Word, Excel and PowerPoint since 2007: a ZIP archive with a list of its parts, every one of which is unpacked once and compared with its checksum.
 * @source ECMA-376-2 (Open Packaging Conventions)
 */
export const office: Format = {
  types: Object.values(MAIN),
  begins: (head) => head.startsWith("PK\x03\x04"),
  async look({ source, limits }: Look): Promise<Structure> {
    const entries = await zipEntries(source, limits.unpacked);
    const contents = await contentsOf(source, entries);
    const list = entries.find(({ name }) => name === "[Content_Types].xml") ?? refuse("type_not_allowed");

    const xml = new Map<ZipEntry, string>();
    for (const entry of entries) {
      const kept = entry === list || entry.name.toLowerCase().endsWith(".rels");
      const text = await entryText(source, entry, contents.get(entry) ?? 0, kept);
      if (kept) xml.set(entry, text);
    }
    const type = mainType(xml.get(list) ?? "", entries);
    for (const { name } of entries) {
      if (MACROS.test(name)) quarantine("macros");
      if (EMBEDDED.test(name)) quarantine("embedded_file");
    }
    for (const [entry, text] of xml) if (entry !== list) references(text);
    return { type };
  },
};

/** Unpacks an entry. @returns its text when it is to be kept */
async function entryText(source: MediaSource, entry: ZipEntry, from: number, kept: boolean): Promise<string> {
  if (kept && entry.size > XML_MAX) refuse("expands");
  const pieces: Uint8Array[] = [];
  await readEntry(source, entry, from, (bytes) => {
    if (kept) pieces.push(bytes.slice());
  });
  return kept ? plainXml(latin(Buffer.concat(pieces))) : "";
}

/** XML in one alphabet, without characters that are written as numbers. It may declare nothing of its own. */
function plainXml(xml: string): string {
  const narrow = xml.replaceAll("\0", "");
  if (/<!(DOCTYPE|ENTITY)/i.test(narrow)) refuse("markup");
  return narrow.replace(/&#(?:x([0-9a-f]{1,6})|(\d{1,7}));/gi, (_, hex: string | undefined, decimal: string) => {
    const code = hex === undefined ? Number(decimal) : parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : "";
  });
}

/** What the document is, by the one main part that it says that it has. */
function mainType(list: string, entries: readonly ZipEntry[]): MediaType {
  if (/macroEnabled|vbaProject|macrosheet/i.test(list)) quarantine("macros");
  if (/activeX/i.test(list)) quarantine("embedded_file");
  const mains = tags(list, "Override").flatMap((attributes) => {
    const type = MAIN[attributes.get("ContentType") ?? ""];
    return type === undefined ? [] : [{ type, part: attributes.get("PartName") ?? "" }];
  });
  // A list may name the type by the extension of its part alone.
  if (mains.length === 0) {
    const types = Object.entries(MAIN).filter(([main]) => list.includes(`"${main}"`));
    const [only] = types;
    if (only === undefined || types.length > 1) return refuse("type_not_allowed");
    return only[1];
  }
  const [main] = mains;
  if (main === undefined || new Set(mains.map(({ type }) => type)).size > 1) return refuse("double_format");
  const part = main.part.replace(/^\//, "").toLowerCase();
  if (!entries.some(({ name }) => name.toLowerCase() === part)) refuse("malformed");
  return main.type;
}

/** The attributes of every tag of a name. What cannot be read as such a tag breaks the format. */
function tags(xml: string, name: string): readonly ReadonlyMap<string, string>[] {
  const tag = new RegExp(`<(?:\\w{1,20}:)?${name}((?:\\s+[\\w:]+\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*/?>`, "g");
  const found = [...xml.matchAll(tag)].map(
    ([, attributes = ""]) =>
      new Map(
        [...attributes.matchAll(/(?<![\w:])([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, key = "", a, b]) => [
          key,
          a ?? b ?? "",
        ]),
      ),
  );
  if (found.length !== [...xml.matchAll(new RegExp(`<(?:\\w{1,20}:)?${name}[\\s/>]`, "g"))].length) refuse("malformed");
  return found;
}

/** What a part refers to: links that somebody follows are left alone, whatever else lies elsewhere is fetched when the document is opened. */
function references(rels: string): void {
  for (const attributes of tags(rels, "Relationship")) {
    const type = attributes.get("Type") ?? "";
    if (RUNS.test(type)) quarantine("macros");
    if (/External/i.test(attributes.get("TargetMode") ?? "") && !/\/hyperlink$/i.test(type))
      quarantine("remote_content");
    if (OPENS.test(type)) quarantine("embedded_file");
  }
}
