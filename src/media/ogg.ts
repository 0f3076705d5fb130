import { Cursor } from "./cursor.js";
import { refuse } from "./found.js";
import type { Format, Look, Structure } from "./format.js";
import { skipText } from "./needles.js";

/** CRC-32 with the polynomial 04C11DB7, highest bit first, as Ogg has it. */
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let sum = n << 24;
  for (let bit = 0; bit < 8; bit++) sum = (sum << 1) ^ ((sum & 0x80000000) !== 0 ? 0x04c11db7 : 0);
  return sum;
});
const [CONTINUED, BEGINS, ENDS] = [1, 2, 4];
/** Bytes of a page's header before its table. */
const HEADER = 27;

/**
 * Ogg with one stream of Opus: pages with right checksums, numbered without a gap. Phones do not always mark the last, so a file that was cut
 * between two pages is whole; Meta's hash says whether it was.
 * @source RFC 3533 (Ogg), section 6; RFC 7845 (Opus in Ogg), sections 3 to 5
 */
export const ogg: Format = {
  types: ["audio/ogg"],
  begins: (head) => head.startsWith("OggS"),
  async look({ source, direction, kind }: Look): Promise<Structure> {
    const cursor = new Cursor(source);
    let [serial, number, ended, sounds] = [0, 0, false, 0];
    for (; cursor.left > 0; number++) {
      if (ended) refuse("trailing_data");
      await cursor.need(Math.min(4, cursor.left));
      if (cursor.left >= 4 && String.fromCharCode(...[0, 1, 2, 3].map((at) => cursor.peek(at))) !== "OggS")
        refuse(number === 0 ? "malformed" : "trailing_data");
      const page = await read(cursor);
      if (number === 0) serial = page.serial;
      if (page.serial !== serial || page.number !== number || ((page.flags & BEGINS) !== 0) !== (number === 0))
        refuse("malformed");
      if (number === 0) {
        const [version = 255, channels = 0] = page.content.subarray(8);
        if (Buffer.from(page.content.subarray(0, 8)).toString("latin1") !== "OpusHead" || page.content.length < 19)
          refuse("type_not_allowed");
        if (version > 15 || channels === 0) refuse("malformed");
        if (direction === "outbound" && kind === "audio" && channels !== 1) refuse("not_for_whatsapp");
      } else if (number === 1) {
        if (Buffer.from(page.content.subarray(0, 8)).toString("latin1") !== "OpusTags") refuse("malformed");
        await skipText(new Cursor(source, page.from, page.from + page.content.length), page.content.length);
      } else if ((page.flags & CONTINUED) === 0 || sounds > 0) sounds += page.content.length;
      ended = (page.flags & ENDS) !== 0;
    }
    if (sounds === 0) refuse("truncated");
    return { type: "audio/ogg" };
  },
};

interface Page {
  readonly flags: number;
  readonly serial: number;
  readonly number: number;
  readonly from: number;
  /** At most 65,025 bytes. */
  readonly content: Uint8Array;
}

async function read(cursor: Cursor): Promise<Page> {
  await cursor.need(HEADER);
  const segments = cursor.peek(26);
  await cursor.need(HEADER + segments);
  let length = 0;
  for (let n = 0; n < segments; n++) length += cursor.peek(HEADER + n);
  const whole = HEADER + segments + length;
  await cursor.need(whole);
  const from = cursor.position + HEADER + segments;
  const bytes = cursor.take(whole);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(4) !== 0 || view.getUint8(5) > 7) refuse("malformed");

  let sum = 0;
  for (let at = 0; at < whole; at++) {
    const byte = at >= 22 && at < 26 ? 0 : (bytes[at] ?? 0);
    sum = (sum << 8) ^ (TABLE[(sum >>> 24) ^ byte] ?? 0);
  }
  if (sum >>> 0 !== view.getUint32(22, true)) refuse("malformed");
  return {
    flags: view.getUint8(5),
    serial: view.getUint32(14, true),
    number: view.getUint32(18, true),
    from,
    content: bytes.subarray(HEADER + segments),
  };
}
