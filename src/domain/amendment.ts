import type { Attachment } from "./attachment.js";
import { contentText, plainKind, type MessageContent } from "./content.js";
import type { Message } from "./message.js";
import { textMark, type Translation } from "./translation.js";

/**
 * What was done to a message after it was sent. It names its message by Meta's id, because WhatsApp keeps no order: an
 * amendment may come before its message. Amendments are only ever added, and what they make of a message does not depend
 * on the order in which they came.
 */
export interface Amendment {
  readonly hotelId: string;
  /** Meta's id of the message. */
  readonly wamid: string;
  /** Its own id: Meta's id of what brought it, once for each message. */
  readonly id: string;
  /** Whose chat it came in. */
  readonly guestId: string;
  /** Who did it: the guest, or somebody at the hotel in the phone app. */
  readonly by: "guest" | "device";
  readonly act: AmendmentAct;
  /** Meta's timestamp. */
  readonly at: Date;
  /** The webhook attempt that brought it, where its raw JSON stands. */
  readonly attemptId: string;
}

/** What was done to a message after it was sent. */
export type AmendmentAct =
  /** It says this now. */
  | { readonly kind: "edited"; readonly content: MessageContent }
  /** It was deleted for everybody. */
  | { readonly kind: "revoked" }
  /** An emoji on it; null takes it back. */
  | { readonly kind: "reacted"; readonly emoji: string | null }
  /** This release can read what the one before could not, or a file came that was still missing. */
  | { readonly kind: "understood"; readonly content: MessageContent };

/** A message as staff see it. */
export interface ShownMessage extends Message {
  /** What it said before, oldest first; empty unless it was edited. */
  readonly versions: readonly MessageVersion[];
  /** When it was deleted for everybody; its words are not shown then. */
  readonly revokedAt: Date | null;
  readonly reactions: readonly Reaction[];
  /** What was to be sent, where the service window had closed and the template in its place was; null for any other. */
  readonly insteadOf: MessageContent | null;
  /** Its file; absent where it has none. */
  readonly attachment?: Attachment;
  /** What it says in the staff's language; absent where nobody has translated it. */
  readonly translation?: Translation;
}

/** What a message said before. */
export interface MessageVersion {
  readonly content: MessageContent;
  /** Since when it said so, by Meta's timestamp. */
  readonly at: Date;
}

/** An emoji on a message. */
export interface Reaction {
  readonly by: Amendment["by"];
  readonly emoji: string;
  readonly at: Date;
}

/** What staff see of a message, beside what it says. */
export type Shown = Pick<ShownMessage, "versions" | "revokedAt" | "reactions" | "insteadOf">;

/** What amendments make of a message, in whatever order they are given. */
export function shown<M extends Pick<Message, "content" | "sentAt" | "direction"> & Partial<Pick<Message, "fallback">>>(
  message: M,
  amendments: readonly Amendment[],
): M & Shown {
  const inOrder = amendments
    .filter(({ by, act }) => act.kind === "reacted" || act.kind === "understood" || by === ownerOf(message))
    .sort((a, b) => a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : 1));
  const { content: first, fallback } = message;
  const isInstead = fallback?.sent === true;
  const sent = isInstead ? fallback.content : first;
  const versions: MessageVersion[] = [{ content: sent, at: message.sentAt }];
  const reactions = new Map<Amendment["by"], Reaction>();
  let revokedAt: Date | null = null;
  for (const { act, by, at } of inOrder) {
    switch (act.kind) {
      case "understood":
        // What nobody could read is no version of its own.
        versions[0] = { content: act.content, at: message.sentAt };
        break;
      case "edited":
        versions.push({ content: act.content, at });
        break;
      case "revoked":
        revokedAt ??= at;
        break;
      case "reacted":
        if (act.emoji === null) reactions.delete(by);
        else reactions.set(by, { by, emoji: act.emoji, at });
    }
  }
  const last = versions.pop() ?? { content: sent };
  if (versions[0]?.content.type === "unseen") versions.shift();
  return {
    ...withTranslationOf(message, revokedAt === null ? last.content : null),
    content: revokedAt === null ? last.content : plainKind("revoked"),
    versions: revokedAt === null ? versions : [],
    revokedAt,
    reactions: [...reactions.values()],
    insteadOf: isInstead && revokedAt === null ? first : null,
  };
}

/** Without a translation of what it says no more. @param content null: it says nothing any more */
function withTranslationOf<M>(message: M, content: MessageContent | null): M {
  const { translation, ...rest } = message as M & { readonly translation?: Translation };
  if (translation === undefined) return message;
  const text = content === null ? null : contentText(content);
  return text !== null && translation.of === textMark(text) ? message : (rest as M);
}

/** Who may change a message: who sent it. */
export const ownerOf = ({ direction }: Pick<Message, "direction">): Amendment["by"] =>
  direction === "inbound" ? "guest" : "device";
