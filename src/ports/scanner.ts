/** A file that somebody is asked about. */
export interface MediaFile {
  /** Exactly as many as `read` yields. */
  readonly sizeBytes: number;
  /** What it was found to be. */
  readonly mimeType: string;
  /** From the beginning each time that it is called. */
  readonly read: () => AsyncIterable<Uint8Array>;
  /** Gives the asking up; its reason is thrown then. */
  readonly signal?: AbortSignal;
}

/** Asks whether a file is known to be malicious: `clamd()` in `belldesk/clamd`, or a scanner of the host's. */
export interface MediaScanner {
  /**
   * A verdict about the whole file. Whatever is no verdict is thrown: a file is shown to nobody until one is given, so a scanner that is
   * down, slow or unsure holds files back and never lets one through.
   *
   * @throws {ConversationError} `scanner_unavailable` when it could not be asked, which is tried again; `scanner_limit` when it does not take
   *   files of this size, which no retry changes. Anything else thrown is taken for the first.
   */
  scan(file: MediaFile): Promise<ScanVerdict>;
  /** Lets go of what it has opened by itself. Again is no mistake. */
  close?(): Promise<void>;
}

/** What a scanner found in a file. */
export type ScanVerdict =
  | { readonly verdict: "clean" }
  /** `name`: what the scanner calls what it found. */
  | { readonly verdict: "infected"; readonly name: string };

/** Makes other images of images: `sharpTransformer()` in `belldesk/sharp`. Without one files are shown as they came. */
export interface MediaTransformer {
  /** Whether it takes such a file. What it does not take is shown as it came, without a thumbnail. */
  takes(mimeType: string): boolean;
  /**
   * The same picture, in the same format and the same way up, that says nothing of where, when and with what it was taken.
   * @throws {ConversationError} `media_transform_failed` when the picture cannot be read, which no retry changes
   */
  strip(image: MediaFile): Promise<TransformedImage>;
  /**
   * A small picture of it for a list; of several frames, the first.
   * @throws {ConversationError} `media_transform_failed`
   */
  thumbnail(image: MediaFile, options: ThumbnailOptions): Promise<TransformedImage>;
}

/** How large a small picture is. */
export interface ThumbnailOptions {
  /** Pixels that neither side is longer than, 16 to 1,024. */
  readonly maxSide: number;
}

/** A picture that was made of another. */
export interface TransformedImage {
  readonly bytes: Uint8Array;
  readonly mimeType: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}
