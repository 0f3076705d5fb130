import { filled, invalid } from "./checks.js";
import type { WhatsAppPayload } from "./shapes.js";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
/** In one of these every emoji has its part: pictures, flags, keycaps. */
const EMOJI = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u;

/** @param emoji null takes it back */
export function reactionOf(wamid: string, emoji: string | null): WhatsAppPayload {
  filled("reaction.message_id", wamid);
  if (emoji === null) return { message_id: wamid, emoji: "" };
  filled("reaction.emoji", emoji);
  const { length } = [...graphemes.segment(emoji)];
  if (length > 1 || !EMOJI.test(emoji)) throw invalid("reaction.emoji", "one emoji", length);
  return { message_id: wamid, emoji };
}
