import type { MediaLimits, MediaType } from "./limits.js";
import type { MediaDirection, MediaKind, MediaSource } from "./verdict.js";

/** What is known when a file's structure is looked into. */
export interface Look {
  readonly source: MediaSource;
  readonly kind: MediaKind;
  readonly direction: MediaDirection;
  readonly limits: MediaLimits;
}

/** A file whose structure is whole. */
export interface Structure {
  readonly type: MediaType;
  readonly width?: number;
  readonly height?: number;
  readonly animated?: boolean;
}

/**
 * One family of formats. `look` reads the file from its first byte to its last and tells what it is, or ends with what it found
 * ({@link Found}). It takes time in proportion to the file's size, and memory that does not grow with it.
 */
export interface Format {
  /** What `look` may say that a file is. */
  readonly types: readonly MediaType[];
  /** Whether a file of it begins so. @param head at least 32 bytes, where there are as many, as characters */
  readonly begins: (head: string) => boolean;
  readonly look: (look: Look) => Promise<Structure>;
}
