import { refuse } from "./found.js";
import type { MediaLimits } from "./limits.js";

/** How many pixels a picture has; the look ends where nobody has to decode that many. */
export function pixels(width: number, height: number, limits: MediaLimits): number {
  if (width === 0 || height === 0) refuse("malformed");
  const count = width * height;
  if (count > limits.pixels) refuse("too_many_pixels");
  return count;
}
