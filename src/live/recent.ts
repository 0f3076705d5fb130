import type { LogPlace } from "../ports/live-storage.js";
import type { Batch } from "./frames.js";

/** What a hotel told lately, for those who were away shortly: they are served from memory, however many come back at once. */
export interface Recent {
  /** How far the log has been read. */
  readonly head: () => LogPlace;
  readonly push: (batch: Batch) => void;
  /** The batch that goes on after a place; null when the place is the head, or beyond it; undefined when it is too long ago. */
  readonly after: (seq: number) => Batch | null | undefined;
  /** Whether the log has that place, by its time; undefined for one that is not remembered. */
  readonly knows: (place: LogPlace) => boolean | undefined;
  readonly bytes: () => number;
}

/** @param start the place after which the first batch will begin @param most bytes, but always the newest batch */
export function recentNews(start: LogPlace, most: number): Recent {
  let batches: Batch[] = [];
  // Each grows by what is made of it for those who come back.
  const bytes = () => batches.reduce((sum, batch) => sum + batch.bytes, 0);
  const head = () => batches.at(-1)?.to ?? start;
  const oldest = () => batches[0]?.from ?? start;

  return {
    head,
    bytes,
    push(batch) {
      batches.push(batch);
      let kept = bytes();
      let gone = 0;
      while (kept > most && gone < batches.length - 1) kept -= batches[gone++]?.bytes ?? 0;
      if (gone > 0) {
        start = batches[gone]?.from ?? start;
        batches = batches.slice(gone);
      }
    },
    after(seq) {
      if (seq >= head().seq) return null;
      return seq < oldest().seq ? undefined : batches.find(({ to }) => to.seq > seq);
    },
    knows({ seq, at }) {
      if (seq > head().seq || seq < oldest().seq) return undefined;
      if (seq === 0) return true;
      const told = seq === oldest().seq ? oldest().at : batches.find(({ to }) => to.seq >= seq)?.timeOf(seq);
      return told?.getTime() === at?.getTime();
    },
  };
}
