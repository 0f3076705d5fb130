import type { ConversationManager } from "belldesk";

/** Answers whatever guests write to housekeeping. @returns a function that ends it */
export const acknowledge = (desk: ConversationManager): (() => void) =>
  desk.on("message.received", async ({ conversationId, departmentId, body }) => {
    if (body.type !== "message.received" || conversationId === null || departmentId !== "housekeeping") return;
    await desk.as({ kind: "system", id: "housekeeping-bot" }).reply(conversationId, {
      clientMessageId: body.messageId, // heard twice, sent once
      content: { type: "text", text: "Thank you! Housekeeping is on its way." },
    });
  });
