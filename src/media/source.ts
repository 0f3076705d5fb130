import type { FileHandle } from "node:fs/promises";
import type { MediaSource } from "./verdict.js";

/** A file that stands in memory. */
export const fromBytes = (bytes: Uint8Array): MediaSource => ({
  sizeBytes: bytes.length,
  read: (position, length) => Promise.resolve(bytes.subarray(position, position + length)),
});

/**
 * An open file of this machine (`fs.promises.open(path, "r")`), as long as it is when this is called. Whoever opened it closes it,
 * and sees to it that nobody writes to it meanwhile.
 */
export async function fromFile(handle: FileHandle): Promise<MediaSource> {
  const { size } = await handle.stat();
  return {
    sizeBytes: size,
    async read(position, length) {
      const wanted = Math.max(0, Math.min(length, size - position));
      const bytes = new Uint8Array(wanted);
      let filled = 0;
      while (filled < wanted) {
        const { bytesRead } = await handle.read(bytes, filled, wanted - filled, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    },
  };
}
