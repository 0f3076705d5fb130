import { z } from "zod";
import type { MessageContext, Referral } from "../domain/message.js";
import { id, member, text, type Json, type JsonObject } from "./json.js";

/**
 * Reads what Meta tells about how a message came to be, beside what it says and what it quotes. What is odd in one part is
 * left out and costs the others nothing.
 * @source WhatsApp "Messages webhook reference", `context` and `referral` (September 2026)
 */
export function messageContext(message: JsonObject, contact: Json): MessageContext | null {
  const context = message["context"];
  const identityKeyHash = text(member(contact, "identity_key_hash"));
  if (context === undefined && message["referral"] === undefined && identityKeyHash === null) return null;
  const forwarded = forwardedOf(context);
  const product = productOf(member(context, "referred_product"));
  const referral = referralOf(message["referral"]);
  if (forwarded === null && product === null && referral === null && identityKeyHash === null) return null;
  return {
    ...(forwarded !== null && { forwarded }),
    ...(product !== null && { product }),
    ...(referral !== null && { referral }),
    ...(identityKeyHash !== null && { identityKeyHash }),
  };
}

function forwardedOf(context: Json | undefined): "yes" | "often" | null {
  if (member(context, "frequently_forwarded") === true) return "often";
  return member(context, "forwarded") === true ? "yes" : null;
}

function productOf(product: Json | undefined): NonNullable<MessageContext["product"]> | null {
  const [catalogId, productId] = [id(member(product, "catalog_id")), id(member(product, "product_retailer_id"))];
  return catalogId === null || productId === null ? null : { catalogId, productId };
}

const words = z.string().optional().catch(undefined);
const Referred = z.object({
  source_type: z.enum(["ad", "post", "unknown"]).catch("unknown"),
  source_id: words,
  source_url: words,
  headline: words,
  body: words,
  ctwa_clid: words,
});

function referralOf(referral: Json | undefined): Referral | null {
  if (referral === undefined) return null;
  const parsed = Referred.safeParse(referral);
  if (!parsed.success) return null;
  const { source_type: source, source_id, source_url, headline, body, ctwa_clid } = parsed.data;
  return {
    source,
    ...(source_id !== undefined && { id: source_id }),
    ...(source_url !== undefined && { url: source_url }),
    ...(headline !== undefined && { headline }),
    ...(body !== undefined && { text: body }),
    ...(ctwa_clid !== undefined && { clickId: ctwa_clid }),
  };
}
