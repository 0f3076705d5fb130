import { Readable } from "node:stream";
import { promisify } from "node:util";
import zlib from "node:zlib";
import { Cursor } from "./cursor.js";
import { Found, refuse } from "./found.js";
import type { MediaSource } from "./verdict.js";

/** What Node gives with `info`: how much of the packed bytes was used stands in the engine. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}
type Inflate = (bytes: Uint8Array, options: zlib.ZlibOptions) => Promise<Inflated>;
const inflate = promisify(zlib.inflate) as unknown as Inflate;
const inflateRaw = promisify(zlib.inflateRaw) as unknown as Inflate;

/** Unpacks zlib's format, off the main thread. The look ends where that comes to more than `max` bytes, or is none. */
export async function inflated(bytes: Uint8Array, max: number): Promise<Uint8Array> {
  try {
    return (await inflate(bytes, { maxOutputLength: max, info: true })).buffer;
  } catch (error) {
    return refuse(isTooLong(error) ? "expands" : "malformed");
  }
}

const isTooLong = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";

/** A part of a file that is packed by deflate alone. */
export interface Packed {
  readonly from: number;
  readonly packed: number;
  /** What it says that it comes to, unpacked. */
  readonly size: number;
}

/** Bytes that are unpacked at once; what is larger is unpacked piece by piece. */
const AT_ONCE = 262_144;

/**
 * Unpacks a part piece by piece. The look ends where it is not exactly as long as it says, packed and unpacked.
 * @param each is given the pieces, in order
 */
export async function unpack(source: MediaSource, part: Packed, each: (bytes: Uint8Array) => void): Promise<void> {
  try {
    if (part.packed <= AT_ONCE && part.size <= AT_ONCE) {
      const bytes = await source.read(part.from, part.packed);
      const { buffer, engine } = await inflateRaw(bytes, { maxOutputLength: Math.max(1, part.size), info: true });
      if (buffer.length !== part.size || engine.bytesWritten !== part.packed) refuse("malformed");
      each(buffer);
      return;
    }
    const engine = zlib.createInflateRaw({ chunkSize: 65_536 });
    const packed = Readable.from(pieces(source, part));
    packed.on("error", (error) => engine.destroy(error)).pipe(engine);
    let size = 0;
    try {
      for await (const bytes of engine as AsyncIterable<Uint8Array>) {
        size += bytes.length;
        if (size > part.size) refuse("expands");
        each(bytes);
      }
    } finally {
      packed.destroy();
      engine.destroy();
    }
    if (size !== part.size || engine.bytesWritten !== part.packed) refuse("malformed");
  } catch (error) {
    if (error instanceof Found || !isZlib(error)) throw error;
    refuse(isTooLong(error) ? "expands" : "malformed");
  }
}

async function* pieces(source: MediaSource, { from, packed }: Packed): AsyncGenerator<Uint8Array> {
  const cursor = new Cursor(source, from, from + packed);
  for (;;) {
    const chunk = await cursor.chunk();
    if (chunk.length === 0) return;
    cursor.advance(chunk.length);
    yield chunk;
  }
}

const isZlib = (error: unknown): boolean =>
  error instanceof Error && "code" in error && /^(Z_|ERR_BUFFER_TOO_LARGE)/.test(String(error.code));
