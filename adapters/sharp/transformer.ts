import sharp, { type Sharp } from "sharp";
import {
  ConversationError,
  mediaLimits,
  type MediaFile,
  type MediaTransformer,
  type TransformedImage,
} from "../../src/index.js";

/** Up to what `sharpTransformer` looks at a picture; nothing has to be given. */
export interface SharpTransformerOptions {
  /** Pixels of all frames that a picture may have: more are not decoded. {@link mediaLimits}.pixels by default. */
  readonly maxPixels?: number;
  /** Bytes that a picture may have: it is held in memory. {@link mediaLimits}.document by default. */
  readonly maxBytes?: number;
  /** Seconds after which a picture is given up; 20 by default. */
  readonly timeoutS?: number;
}

/** How a picture of each type is written again: as it was, at a quality that nobody sees the loss of. */
const WRITERS: Readonly<Record<string, (image: Sharp) => Sharp>> = {
  "image/jpeg": (image) => image.jpeg({ quality: 92, chromaSubsampling: "4:4:4" }),
  "image/png": (image) => image.png(),
  "image/webp": (image) => image.webp({ quality: 92 }),
  "image/gif": (image) => image.gif(),
};

/**
 * Makes pictures without location, and thumbnails, by libvips (sharp). A picture is decoded and drawn anew, so what is hidden in it is gone
 * too; colours stay, and what EXIF says about which way is up is done to the picture.
 *
 * The decoder is native code that runs in this process: give it what `checkMedia` accepted, and nothing else.
 */
export function sharpTransformer({
  maxPixels = mediaLimits.pixels,
  maxBytes = mediaLimits.document,
  timeoutS = 20,
}: SharpTransformerOptions = {}): MediaTransformer {
  async function drawn(file: MediaFile, animated: boolean, change: (image: Sharp) => Sharp): Promise<TransformedImage> {
    if (file.sizeBytes > maxBytes) throw new ConversationError("media_transform_failed", { sizeBytes: file.sizeBytes });
    const bytes = await whole(file);
    try {
      const image = sharp(bytes, { animated, limitInputPixels: maxPixels, failOn: "error", sequentialRead: true });
      // Its bytes decide which decoder runs, so they have to be what they were found to be.
      if (`image/${(await image.metadata()).format}` !== file.mimeType) throw new Error("another type");
      const { data, info } = await change(image.autoOrient())
        .timeout({ seconds: timeoutS })
        .toBuffer({ resolveWithObject: true });
      file.signal?.throwIfAborted();
      const mimeType = `image/${info.format}`;
      // Of several frames the height is that of all, one below the other.
      return { bytes: data, mimeType, width: info.width, height: info.pageHeight ?? info.height };
    } catch (error) {
      file.signal?.throwIfAborted();
      throw new ConversationError("media_transform_failed", {}, { cause: error });
    }
  }

  return {
    takes: (mimeType) => Object.hasOwn(WRITERS, mimeType),
    strip(image) {
      const write = WRITERS[image.mimeType];
      if (write === undefined) return Promise.reject(new ConversationError("media_transform_failed"));
      // Of a profile the colours are kept; all else that is said about a picture is left out.
      return drawn(image, image.mimeType === "image/webp" || image.mimeType === "image/gif", (one) =>
        write(one.keepIccProfile()),
      );
    },
    thumbnail(image, { maxSide }) {
      const side = Math.round(Math.max(16, Math.min(1_024, maxSide)));
      return drawn(image, false, (one) =>
        one.resize(side, side, { fit: "inside", withoutEnlargement: true }).webp({ quality: 75 }),
      );
    },
  };
}

/** The file in memory; what reading throws is thrown on. */
async function whole({ read, sizeBytes, signal }: MediaFile): Promise<Buffer> {
  signal?.throwIfAborted();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of read()) {
    signal?.throwIfAborted();
    size += piece.length;
    if (size > sizeBytes) break;
    pieces.push(piece.slice());
  }
  if (size !== sizeBytes) throw new ConversationError("media_size_differs", { expected: sizeBytes, actual: size });
  return Buffer.concat(pieces);
}
