import type { Address } from "../domain/address.js";
import { waIdOf } from "./phone.js";

/** A phone as people write it, or as WhatsApp does: in digits alone, which begin with the country's code. null for none. */
export function phoneAddress(phone: string): Address | null {
  const written = phone.trim();
  const value = waIdOf(written) ?? (/^[1-9]\d{4,14}$/.test(written) ? waIdOf(`+${written}`) : null);
  return value === null ? null : { kind: "waId", value };
}

/**
 * A business-scoped id, kept whole as WhatsApp gave it; null for what is none.
 * @source https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids (2026)
 */
export function bsuidAddress(value: string): Address | null {
  if (/^[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}$/.test(value)) return { kind: "parentBsuid", value };
  return /^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/.test(value) ? { kind: "bsuid", value } : null;
}
