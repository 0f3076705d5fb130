import { summaryJson } from "../http/json.js";
import type { ConversationRow } from "../ports/read-storage.js";
import { summaryForGuest } from "../runtime/guest-view.js";
import { groupsOf } from "../runtime/lists.js";
import { summary } from "../runtime/summary.js";
import { encoded, json } from "./frames.js";

/** Conversations in one frame of a snapshot. */
const PART = 50;

/** A snapshot as the messages to a client. */
export function snapshotMessages(
  items: readonly ConversationRow[],
  more: boolean,
  now: Date,
  isGuest: boolean,
  previewGraphemes: number,
): readonly Uint8Array[] {
  const seen = items
    .map((row) => summary(row, now, previewGraphemes))
    .map((one) => summaryJson(isGuest ? summaryForGuest(one) : one));
  const parts = groupsOf(seen, PART);
  if (parts.length === 0) return encoded([json({ type: "snapshot", items: [], last: true, more })]);
  return encoded(parts.map((part, at) => json({ type: "snapshot", items: part, last: at === parts.length - 1, more })));
}
