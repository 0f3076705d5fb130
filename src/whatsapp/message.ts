import { z } from "zod";
import type { MessageContent, OtherKind } from "../domain/content.js";
import type { InboundMessage } from "../domain/inbound-message.js";
import { id, isObject, member, text, type Json, type JsonObject } from "./json.js";
import { addressesOf, instant } from "./webhook.js";

const Choice = z.object({ id: z.string(), title: z.string() });
const Text = z.object({ text: z.object({ body: z.string() }) });
const Interactive = z.object({
  interactive: z.discriminatedUnion("type", [
    z.object({ type: z.literal("button_reply"), button_reply: Choice }),
    z.object({ type: z.literal("list_reply"), list_reply: Choice }),
  ]),
});
const TemplateButton = z.object({ button: z.object({ payload: z.string().optional(), text: z.string() }) });

/**
 * Reads the raw text of a `message` leaf. Text is taken exactly as it came. A type or a shape that is not known yet
 * becomes content that says so; its raw text stays stored.
 * @throws {TypeError} for what `splitWebhook` would not have called a message
 */
export function parseMessage(raw: string): InboundMessage {
  const leaf = JSON.parse(raw) as Json;
  const message = member(leaf, "message");
  const contact = member(leaf, "contact") ?? null;
  const wamid = id(member(message, "id"));
  if (!isObject(message) || wamid === null) throw new TypeError("Not the raw text of a message.");
  return {
    wamid,
    addresses: addressesOf(message, contact),
    profileName: text(member(member(contact, "profile"), "name")),
    sentAt: instant(message["timestamp"], FAR_FUTURE),
    content: contentOf(message),
    quotedWamid: id(member(message["context"], "id")),
  };
}

/** Whoever decides bounds the time by the database's clock. */
const FAR_FUTURE = new Date("9999-12-31T00:00:00Z");

function contentOf(message: JsonObject): MessageContent {
  switch (text(message["type"])) {
    case "text": {
      const parsed = Text.safeParse(message);
      return parsed.success ? { type: "text", text: parsed.data.text.body } : { type: "unknown" };
    }
    case "interactive": {
      const parsed = Interactive.safeParse(message);
      return parsed.success ? tapped(parsed.data.interactive) : otherInteractive(message);
    }
    case "button": {
      const parsed = TemplateButton.safeParse(message);
      if (!parsed.success) return { type: "unknown" };
      const { payload, text: label } = parsed.data.button;
      return { type: "choice", via: "templateButton", id: payload ?? label, text: label };
    }
    default:
      return other(message);
  }
}

function tapped(interactive: z.infer<typeof Interactive>["interactive"]): MessageContent {
  const isButton = interactive.type === "button_reply";
  const { id, title } = isButton ? interactive.button_reply : interactive.list_reply;
  return { type: "choice", via: isButton ? "button" : "list", id, text: title };
}

function otherInteractive(message: JsonObject): MessageContent {
  switch (text(member(message["interactive"], "type"))) {
    case "nfm_reply":
      return { type: "flowReply" };
    case "call_permission_reply":
      return { type: "callPermissionReply" };
    default:
      return { type: "unknown" };
  }
}

const KINDS: Readonly<Record<string, OtherKind>> = {
  image: "image",
  video: "video",
  audio: "audio",
  document: "document",
  sticker: "sticker",
  location: "location",
  contacts: "contacts",
  reaction: "reaction",
  order: "order",
  edit: "edit",
  revoke: "revoke",
  unsupported: "unsupported",
  request_welcome: "welcome",
};

function other(message: JsonObject): MessageContent {
  const name = text(message["type"]) ?? "";
  const type: OtherKind = (Object.hasOwn(KINDS, name) ? KINDS[name] : undefined) ?? "unknown";
  const body = message[name];
  const words =
    text(member(body, "caption")) ??
    text(member(body, "filename")) ??
    text(member(body, "name")) ??
    text(member(body, "emoji"));
  return words === null ? { type } : { type, text: words };
}
