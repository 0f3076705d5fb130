import type { CardFace, LinkCard, ProductSection, ReplyCard } from "../../domain/content.js";
import { LIMITS } from "../limits.js";
import { count, filled, invalid, publicAddress, unique, within } from "./checks.js";
import { checkReply, linkAction, type ReplyButton } from "./interactive.js";
import { optional, type AtLeastOne, type TwoToTen, type WhatsAppPayload } from "./shapes.js";

/** Cards with a link each, or with the same number of buttons each. */
export type Cards = TwoToTen<LinkCard> | TwoToTen<CardWithReplies>;
/** A card of a carousel whose buttons answer. */
export interface CardWithReplies extends Omit<ReplyCard, "buttons"> {
  /** Their ids differ throughout the message, so that a tap says which card it was. */
  readonly buttons: AtLeastOne<ReplyButton>;
}

export function productAction(catalogId: string, productId: string): WhatsAppPayload {
  filled("product.catalog", catalogId);
  filled("product.id", productId);
  return { catalog_id: catalogId, product_retailer_id: productId };
}

export function productsAction(catalogId: string, sections: readonly ProductSection[]): WhatsAppPayload {
  filled("product.catalog", catalogId);
  count("products.sections", sections.length, LIMITS.productSections);
  count("products", sections.flatMap(({ productIds }) => productIds).length, LIMITS.products);
  return {
    catalog_id: catalogId,
    sections: sections.map(({ title, productIds }) => {
      within("section.title", title, LIMITS.productSectionTitle);
      count("section.products", productIds.length, LIMITS.products);
      return { title, product_items: productIds.map((id) => productItem(id)) };
    }),
  };
}
function productItem(productId: string): WhatsAppPayload {
  filled("product.id", productId);
  return { product_retailer_id: productId };
}

export function catalogAction(thumbnailProductId: string | undefined): WhatsAppPayload {
  return {
    name: "catalog_message",
    ...(thumbnailProductId !== undefined && {
      parameters: { thumbnail_product_retailer_id: productItem(thumbnailProductId)["product_retailer_id"] ?? "" },
    }),
  };
}

export function productCards(catalogId: string, productIds: TwoToTen<string>): WhatsAppPayload {
  const ids = productIds as readonly string[];
  count("carousel.cards", ids.length, LIMITS.cards, LIMITS.cardsLeast);
  return {
    cards: ids.map((id, index) => ({ card_index: index, type: "product", action: productAction(catalogId, id) })),
  };
}

export function mediaCards(cards: Cards): WhatsAppPayload {
  const all = cards as readonly (LinkCard | CardWithReplies)[];
  count("carousel.cards", all.length, LIMITS.cards, LIMITS.cardsLeast);
  same(
    "card.header",
    all.map(({ header }) => header.type),
  );
  same(
    "card.buttons",
    all.map(({ buttons }) => buttons?.length ?? "a link"),
  );
  unique(
    "card.button.id",
    all.flatMap(({ buttons = [] }) => buttons.map(({ id }) => id)),
  );
  return {
    cards: all.map((card, index) => ({
      card_index: index,
      // Also where its buttons are quick replies: so Meta's own examples.
      type: "cta_url",
      ...faceOf(card),
      action: card.buttons === undefined ? linkAction(card.button) : quickReplies(card.buttons),
    })),
  };
}

function faceOf({ header: { type, link }, text }: CardFace): WhatsAppPayload {
  publicAddress(`card.header.${type}.link`, link);
  if (text !== undefined) {
    within("card.body", text, LIMITS.cardBody);
    const breaks = text.match(/\r\n|[\n\r\u2028\u2029]/g)?.length ?? 0;
    if (breaks > LIMITS.cardLineBreaks) throw invalid("card.body.lineBreaks", LIMITS.cardLineBreaks, breaks);
  }
  return { header: { type, [type]: { link } }, ...optional("body", text === undefined ? undefined : { text }) };
}

function quickReplies(buttons: readonly ReplyButton[]): WhatsAppPayload {
  count("card.buttons", buttons.length, Infinity);
  buttons.forEach(checkReply);
  return { buttons: buttons.map(({ id, title }) => ({ type: "quick_reply", quick_reply: { id, title } })) };
}

/** The same on every card. */
function same(field: string, values: readonly (string | number)[]): void {
  const different = new Set(values).size;
  if (different > 1) throw invalid(field, "the same on every card", different);
}
