import { latin } from "./cursor.js";
import { refuse } from "./found.js";
import type { MediaSource } from "./verdict.js";
import { COMMENT_MAX } from "./zip.js";

/** Bytes within which readers of PDF look for its beginning. Source: Adobe's implementation notes, PDF Reference 1.7, appendix H. */
const PDF_HEAD = 1_024;
/** Where an archive of tar says what it is. */
const TAR = 257;

/**
 * Finds a second format that its readers would find in the file, too, because they look elsewhere than at the first byte: a ZIP archive (and so a JAR
 * or an Office document), whose directory stands at the end, a PDF, an archive of tar.
 */
export async function otherFormat(
  source: MediaSource,
  known: { readonly isPdf: boolean; readonly isZip: boolean },
): Promise<void> {
  const head = latin(await source.read(0, PDF_HEAD + 5));
  if (!known.isPdf && head.includes("%PDF-")) refuse("double_format");
  if (head.startsWith("ustar", TAR)) refuse("double_format");
  if (!known.isZip && (await holdsZip(source))) refuse("double_format");
}

/** Whether a directory of ZIP stands at the end: a record of it, and the directory where that says. */
async function holdsZip(source: MediaSource): Promise<boolean> {
  const from = Math.max(0, source.sizeBytes - COMMENT_MAX - 22);
  const bytes = await source.read(from, source.sizeBytes - from);
  const tail = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = tail.lastIndexOf("PK\x05\x06"); at >= 0; at = at === 0 ? -1 : tail.lastIndexOf("PK\x05\x06", at - 1)) {
    if (at + 22 > tail.length) continue;
    const [size, offset] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
    // Readers take the directory to end at the record, or to begin where the record says.
    for (const place of [from + at - size, offset]) {
      if (place < 0 || place + 4 > source.sizeBytes) continue;
      const directory = await source.read(place, 4);
      if (latin(directory) === "PK\x01\x02") return true;
    }
  }
  return false;
}
