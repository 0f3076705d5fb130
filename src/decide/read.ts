import type { Conversation } from "../domain/conversation.js";
import type { Participant } from "../domain/participant.js";
import type { Command } from "./command.js";

/** Conversations of which staff have seen everything. */
export const readToTheEnd = (conversations: readonly Conversation[]): readonly Conversation[] =>
  conversations.map((conversation) => ({ ...conversation, readSeq: conversation.lastSeq }));

/** How far whoever gave the command has read a conversation. */
export const readBy = ({ by }: Command, { id, readSeq }: Pick<Conversation, "id" | "readSeq">): Participant => ({
  conversationId: id,
  kind: "staff",
  id: by.id,
  readSeq,
});
