import type { OutboundContactCard } from "../../domain/content.js";
import { LIMITS } from "../limits.js";
import { count, filled, invalid, webAddress } from "./checks.js";
import { optional, type AnyOf, type WhatsAppPayload } from "./shapes.js";

type NamePart = "firstName" | "lastName" | "middleName" | "prefix" | "suffix";

/** A card for the guest's address book: the whole name, and at least one of its parts. */
export type ContactCardOptions = Omit<OutboundContactCard, NamePart | "isOwn" | "phones"> &
  AnyOf<Readonly<Record<NamePart, string>>> & { readonly phones?: OutboundContactCard["phones"] };

export function cardsOf(cards: readonly ContactCardOptions[]): readonly WhatsAppPayload[] {
  count("contacts", cards.length, LIMITS.contacts);
  return cards.map(cardOf);
}

function cardOf(card: ContactCardOptions): WhatsAppPayload {
  const { phones = [], emails = [], links = [], addresses = [], company, department, jobTitle, birthday } = card;
  const organisation = texts("contact.org", { company, department, title: jobTitle });
  if (birthday !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(birthday)) {
    throw invalid("contact.birthday", "YYYY-MM-DD", birthday.length);
  }
  for (const { url } of links) webAddress("contact.url", url);
  const payload = {
    name: nameOf(card),
    phones: phones.map(({ number, waId, label }) =>
      texts("contact.phone", { phone: number, wa_id: waId, type: label }),
    ),
    emails: emails.map(({ email, label }) => texts("contact.email", { email, type: label })),
    urls: links.map(({ url, label }) => texts("contact.url", { url, type: label })),
    addresses: addresses.map(({ street, city, state, zip, country, countryCode, label }) =>
      texts("contact.address", { street, city, state, zip, country, country_code: countryCode, type: label }),
    ),
    ...(Object.keys(organisation).length > 0 && { org: organisation }),
    ...optional("birthday", birthday),
  };
  return Object.fromEntries(Object.entries(payload).filter(([, value]) => !Array.isArray(value) || value.length > 0));
}

function nameOf({ name, firstName, lastName, middleName, prefix, suffix }: ContactCardOptions): WhatsAppPayload {
  const parts = texts("contact.name", {
    first_name: firstName,
    last_name: lastName,
    middle_name: middleName,
    prefix,
    suffix,
  });
  filled("contact.name.formatted_name", name);
  if (Object.keys(parts).length === 0) throw invalid("contact.name", "a part of the name beside the whole", 0);
  return { formatted_name: name, ...parts };
}

/** The members that there are, none of them blank. */
function texts(field: string, members: Readonly<Record<string, string | undefined>>): WhatsAppPayload {
  const there = Object.entries(members).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  for (const [key, value] of there) filled(`${field}.${key}`, value);
  return Object.fromEntries(there);
}
