import type { ConversationSummaryJson } from "../http/json-types.js";
import type { Send } from "./outbox.js";
import type { DeskState, ShownSignal } from "./store.js";

/** What pages show of the state. The same state, or the same part of it, gives the very same array: fit for `useSyncExternalStore`. */

/** The inbox: open ones that are not snoozed, the newest message first. */
export const openConversations = ({ conversations }: DeskState): readonly ConversationSummaryJson[] =>
  inbox(conversations, "");

/** What was written here to a conversation and is not in it yet, oldest first. */
export const sendsTo = ({ sends }: DeskState, conversationId: string): readonly Send[] =>
  sending(sends, conversationId);

/** What colleagues are about in a conversation. */
export const signalsIn = ({ signals }: DeskState, conversationId: string): readonly ShownSignal[] =>
  signalling(signals, conversationId);

const inbox = kept((conversations: DeskState["conversations"]) =>
  Object.values(conversations)
    .filter(({ status, snoozedUntil }) => status === "open" && snoozedUntil === null)
    .sort((one, other) =>
      one.lastMessageAt < other.lastMessageAt ? 1 : one.lastMessageAt > other.lastMessageAt ? -1 : 0,
    ),
);
const sending = kept((sends: readonly Send[], id) => sends.filter(({ conversationId }) => conversationId === id));
const signalling = kept((signals: readonly ShownSignal[], id) =>
  signals.filter(({ conversationId }) => conversationId === id),
);

/** Computes it once for each value and key. */
function kept<Part extends object, Shown>(
  compute: (part: Part, key: string) => Shown,
): (part: Part, key: string) => Shown {
  const known = new WeakMap<Part, Map<string, Shown>>();
  return (part, key) => {
    const byKey = known.get(part) ?? new Map<string, Shown>();
    known.set(part, byKey);
    const shown = byKey.get(key) ?? compute(part, key);
    byKey.set(key, shown);
    return shown;
  };
}
