import { expect, test } from "vitest";
import { payloadOf, WhatsAppPayloadBuilder } from "../../src/whatsapp/payload-builder.js";

/**
 * What does not compile: each line below a `@ts-expect-error` is a mistake that a host could make, and `tsc` fails when one of
 * them is none any more. Nothing in here is called.
 */
function mistakes(to: WhatsAppPayloadBuilder, quoting: WhatsAppPayloadBuilder<true>): void {
  const yes = { id: "y", title: "Yes" };
  const face = { header: { type: "image", link: "https://hotel.example/a.png" } } as const;
  const linkCard = { ...face, button: { label: "Book", url: "https://hotel.example" } };
  const replyCard = { ...face, buttons: [yes] } as const;

  // @ts-expect-error a fourth button
  to.replyButtons("?", [yes, yes, yes, yes]);
  // @ts-expect-error not a single button
  to.replyButtons("?", []);
  // @ts-expect-error a button without a title
  to.replyButtons("?", [{ id: "y" }]);
  // @ts-expect-error a list has no picture above it
  to.list("?", "Open", [{ rows: [yes] }], { header: { type: "image", media: { id: "9" } } });

  // @ts-expect-error a file by neither
  to.image({});
  // @ts-expect-error a file by both
  to.image({ id: "9", link: "https://hotel.example/a.png" });
  // @ts-expect-error sound has no caption
  to.audio({ id: "9" }, { caption: "listen" });
  // @ts-expect-error a sticker has no caption
  to.sticker({ id: "9" }, { caption: "look" });
  // @ts-expect-error only a document has a name
  to.image({ id: "9" }, { fileName: "a.png" });
  // @ts-expect-error half a place
  to.location({ latitude: 1 });
  // @ts-expect-error not a single card
  to.contacts([]);
  // @ts-expect-error a card needs a part of the name
  to.contacts([{ name: "Taxi" }]);

  // @ts-expect-error a reaction quotes nothing
  quoting.reaction("wamid.1", "👍");
  // @ts-expect-error nor behind other calls
  to.correlated("msg_1").quoting("wamid.1").identified("h").reaction("wamid.1", null);
  // @ts-expect-error an emoji, or null to take it back
  to.reaction("wamid.1");

  // @ts-expect-error one card is none to leaf through
  to.carousel("?", [linkCard]);
  // @ts-expect-error eleven products
  to.productCarousel("?", "1", ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]);
  // @ts-expect-error a link here, a button there
  to.carousel("?", [linkCard, replyCard]);
  // @ts-expect-error both on one card
  to.carousel("?", [{ ...linkCard, buttons: [yes] }, linkCard]);
  // @ts-expect-error a card without a button
  to.carousel("?", [{ ...face, buttons: [] }, replyCard]);
  // @ts-expect-error a card's picture lies at an address
  to.carousel("?", [{ ...linkCard, header: { type: "image", id: "9" } }, linkCard]);

  // @ts-expect-error things under headings need a line above them
  to.productList("?", "1", [{ title: "T", productIds: ["p"] }]);
  // @ts-expect-error a form by both
  to.form("?", { form: { id: "1", name: "feedback" }, label: "Open" });
  // @ts-expect-error WhatsApp asks for addresses in India
  to.addressRequest("?", { country: "IT" });
  // @ts-expect-error a request for a place has nothing below it
  to.locationRequest("?", { footer: "please" });
  // @ts-expect-error a template has a language
  to.template({ name: "hello_world" });
  // @ts-expect-error a picture has no second text
  to.template({ name: "t", language: "en", header: { type: "image", media: { id: "9" }, text: "?" } });
  // @ts-expect-error what was quoted is not changed
  to.quoting("wamid.1").quotes = false;
  // @ts-expect-error there is no such content
  payloadOf(to, { type: "poll", text: "?" });
}

test("the wrong shape does not compile (S58)", () => {
  expect(mistakes).toBeTypeOf("function");
});

test("what types cannot stop is stopped when it is built", () => {
  const quoting = new WhatsAppPayloadBuilder({ kind: "waId", value: "12025550101" }).quoting("wamid.1");
  const forced = quoting.identified("h4sh") as WhatsAppPayloadBuilder<boolean> as WhatsAppPayloadBuilder;
  expect(() => forced.reaction("wamid.1", "👍")).toThrow(
    expect.objectContaining({
      details: { field: "context", limit: "nothing quoted by a reaction", actual: 1 },
    }) as Error,
  );
});
