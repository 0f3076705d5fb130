import type { MaybeTemplate } from "../decide/template.js";
import { ConversationError } from "../errors.js";
import { checkContent } from "../whatsapp/payload-builder.js";

/**
 * Whether WhatsApp would take what somebody wants to send, in either of its forms.
 * @throws {ConversationError} `payload_invalid`; `request_invalid` for a template that is to go in a template's place
 */
export function checkOutgoing({ content, fallback }: MaybeTemplate, isQuoting: boolean): void {
  checkContent(content, isQuoting);
  if (fallback === null) return;
  if (content.type === "template") {
    const issue = { path: "fallback", message: "a template needs no window, so nothing goes in its place" };
    throw new ConversationError("request_invalid", { issues: [issue] });
  }
  checkContent(fallback, isQuoting);
}
