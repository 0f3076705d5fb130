/** Meta's payloads nest about a dozen levels. Recursive code dies at some thousands, and a 3 MB body can hold a million. */
const MAX_DEPTH = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);

/** Whether JSON bytes nest deeper than `most`: one pass, no recursion, before anything parses them. */
export function isTooDeep(bytes: Uint8Array, most = MAX_DEPTH): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (OPEN.has(byte)) {
      if (++depth > most) return true;
    } else if (CLOSE.has(byte)) depth--;
  }
  return false;
}
