import { aac, amr, mp3 } from "./audio-frames.js";
import type { Format } from "./format.js";
import { gif } from "./gif.js";
import { isoMedia } from "./iso-media.js";
import { jpeg } from "./jpeg.js";
import { office } from "./office.js";
import { ogg } from "./ogg.js";
import { ole } from "./ole.js";
import { pdf } from "./pdf.js";
import { png } from "./png.js";
import { text } from "./text.js";
import { webp } from "./webp.js";

/** Every family of formats that can be looked into. */
export const FORMATS: readonly Format[] = [jpeg, png, webp, gif, isoMedia, ogg, aac, amr, mp3, pdf, office, ole, text];
