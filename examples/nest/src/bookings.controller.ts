import { Body, Controller, Param, Post } from "@nestjs/common";
import { ConversationManager } from "belldesk";

/** What a hotel's own code looks like beside the desk. */
@Controller("bookings")
export class BookingsController {
  constructor(private readonly desk: ConversationManager) {}

  /** Tells the guest of a conversation that their room is ready, once however often it is called. */
  @Post(":id/ready")
  async ready(@Param("id") id: string, @Body() { conversationId, room }: { conversationId: string; room: string }) {
    const bookings = this.desk.as({ kind: "system", id: "bookings" });
    const { id: messageId } = await bookings.reply(conversationId, {
      clientMessageId: `ready ${id}`,
      content: { type: "text", text: `Your room ${room} is ready.` },
    });
    return { messageId };
  }
}
