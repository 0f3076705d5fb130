import type { Command } from "../decide/command.js";
import { merged } from "../decide/fold.js";
import { notTold, decideTaskUpdate, TASKS, taskWords } from "../decide/task.js";
import { decideWrite } from "../decide/write.js";
import type { Change } from "../domain/change.js";
import type { Chat } from "../domain/chat.js";
import type { Hotel } from "../domain/hotel.js";
import type { StayReason } from "../domain/stay.js";
import type { Task } from "../domain/task.js";
import { templateNamed } from "../domain/template.js";
import { refusalOf } from "../decide/stay-message.js";
import type { Storage } from "../ports/storage.js";
import type { ConversationState, RecipientState } from "../ports/work-storage.js";

/**
 * A change with what the guest is told of a request: in the conversation in which it was made, and where that is closed, as a message
 * of the department's own. Where nothing can be told, the record says why.
 */
export async function withTaskUpdate(
  storage: Pick<Storage, "loadConversation" | "loadRecipient">,
  change: Change,
  task: Task,
  state: ConversationState,
  hotel: Hotel,
  command: Command,
): Promise<Change> {
  const { conversation } = state;
  const as = { ...command, by: TASKS };
  let why: StayReason | null = null;
  for (const words of taskWords(task, hotel)) {
    const template = templateNamed(words.fallback ?? words.content);
    try {
      if (conversation.status === "open") {
        const key = { reach: "everything", conversationId: conversation.id, client: null, template } as const;
        const { state: now } = template === null ? { state } : await storage.loadConversation(key);
        return merged(change, decideTaskUpdate({ ...state, template: now?.template ?? null }, task, words, as));
      }
      const to = { guestId: task.guestId };
      const query = { hotelId: hotel.id, to, reach: "everything", client: null, template } as const;
      const { state: recipient } = await storage.loadRecipient(query);
      const departmentId = task.departmentId ?? conversation.departmentId ?? hotel.departments[0]?.id ?? "";
      const input = {
        clientMessageId: null,
        departmentId,
        to,
        phoneNumberId: null,
        urgent: false,
        identityKeyHash: null,
        ...words,
      };
      const decided = decideWrite(recipient, input, hotel, as);
      if (decided.kind === "existing") return change;
      const reason = {
        code: "task_update",
        at: command.now,
        details: { taskId: task.id, status: task.status },
      } as const;
      const messages = decided.change.messages.map((one) => ({ ...one, reasons: [...one.reasons, reason] }));
      const audit = decided.change.audit.map((entry) => ({ ...entry, id: `${entry.id}_told` }));
      const chat = inTheirPlace(decided.change.chat, recipient);
      return merged(change, { ...decided.change, chat, messages, audit });
    } catch (error) {
      why = refusalOf(error);
      if (why === null) throw error;
    }
  }
  return why === null ? change : { ...change, audit: [...change.audit, notTold(task, why, command)] };
}

/** What they are told takes a guest out of nothing that they are in the middle of. */
function inTheirPlace(
  chat: Chat | null,
  { chats, conversations }: Pick<RecipientState, "chats" | "conversations">,
): Chat | null {
  const before =
    chats.find(({ phoneNumberId }) => phoneNumberId === chat?.phoneNumberId)?.currentConversationId ?? null;
  const isOpen = conversations.some(({ id, status }) => id === before && status === "open");
  return chat !== null && isOpen ? { ...chat, currentConversationId: before } : chat;
}
