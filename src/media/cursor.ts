import { setImmediate as othersTurn } from "node:timers/promises";
import { refuse } from "./found.js";
import type { MediaSource } from "./verdict.js";

/** Bytes that are read at once: what stands in memory of a file. */
const WINDOW = 65_536;
/** Milliseconds of looking after which others in the process have their turn. */
const TURN_MS = 5;

const EMPTY = new Uint8Array(0);

/**
 * A place in a file that moves forward. Whoever reads asks first that so many bytes are there (`need`, which alone awaits); reading them
 * awaits nothing. Where bytes are asked for that the file does not have, the look ends: the file is truncated.
 */
export class Cursor {
  #window: Uint8Array = EMPTY;
  #at = 0;
  /** Where the window begins in the file. */
  #from: number;
  #since = performance.now();

  /** @param end where to stop: the file's end, or that of a part of it, behind which nothing is read */
  constructor(
    readonly source: MediaSource,
    position = 0,
    readonly end = source.sizeBytes,
  ) {
    this.#from = position;
  }

  get position(): number {
    return this.#from + this.#at;
  }

  /** Bytes up to the end. */
  get left(): number {
    return this.end - this.position;
  }

  /** Bytes that can be read without waiting. */
  get ahead(): number {
    return this.#window.length - this.#at;
  }

  /** Sees to it that the next `bytes` are there, at most {@link WINDOW} of them or what a format says that is small. */
  async need(bytes: number): Promise<void> {
    if (this.ahead >= bytes) return;
    if (bytes > this.left) this.short();
    const position = this.position;
    const wanted = Math.min(Math.max(bytes, WINDOW), this.end - position);
    this.#window = await this.source.read(position, wanted);
    this.#from = position;
    this.#at = 0;
    if (performance.now() - this.#since > TURN_MS) {
      await othersTurn();
      this.#since = performance.now();
    }
    // The file has become shorter than it was.
    if (this.#window.length < bytes) this.short();
  }

  /** Whatever comes next, as much as is there: at least a byte, none at the end. */
  async chunk(): Promise<Uint8Array> {
    if (this.ahead === 0) {
      if (this.left === 0) return EMPTY;
      await this.need(1);
    }
    return this.#window.subarray(this.#at);
  }

  async skip(bytes: number): Promise<void> {
    if (bytes > this.left) this.short();
    if (bytes <= this.ahead) this.#at += bytes;
    else {
      this.#from = this.position + bytes;
      this.#at = 0;
      this.#window = EMPTY;
    }
    return Promise.resolve();
  }

  /** Moves over bytes that are there. */
  advance(bytes: number): void {
    this.#at += bytes;
  }

  /** Byte `offset` of what comes next. */
  peek(offset = 0): number {
    return this.#window[this.#at + offset] ?? 0;
  }

  u8(): number {
    return this.#window[this.#at++] ?? 0;
  }
  u16(): number {
    return (this.u8() << 8) | this.u8();
  }
  u24(): number {
    return (this.u16() << 8) | this.u8();
  }
  u32(): number {
    return this.u16() * 65_536 + this.u16();
  }
  u64(): number {
    return this.u32() * 4_294_967_296 + this.u32();
  }
  u16le(): number {
    return this.u8() | (this.u8() << 8);
  }
  u24le(): number {
    return this.u16le() | (this.u8() << 16);
  }
  u32le(): number {
    return this.u16le() + this.u16le() * 65_536;
  }
  u64le(): number {
    return this.u32le() + this.u32le() * 4_294_967_296;
  }

  /** The next bytes, of which `need` has been asked: a view, to be used before the next `need`. */
  take(bytes: number): Uint8Array {
    const taken = this.#window.subarray(this.#at, this.#at + bytes);
    this.#at += bytes;
    return taken;
  }

  /** The next bytes as characters, one for each. */
  text(bytes: number): string {
    return latin(this.take(bytes));
  }

  /** Ends the look: a part that is too short breaks its format, a file that is too short is cut off. */
  short(): never {
    return refuse(this.end === this.source.sizeBytes ? "truncated" : "malformed");
  }

  /** Ends the look unless the file ends here. */
  mustEnd(): void {
    if (this.position !== this.source.sizeBytes) refuse("trailing_data");
  }
}

/** Bytes as characters, one for each. */
export const latin = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
