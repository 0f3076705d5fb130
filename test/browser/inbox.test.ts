import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { aPdf, aPng } from "../support/files.js";
import { demoHotel, violations, type DemoHotel } from "./demo-hotel.js";

/** A day at the staff inbox, through the page alone: each test goes on with guests of its own. */

let hotel: DemoHotel;
beforeAll(async () => {
  hotel = await demoHotel();
}, 120_000);
afterAll(() => hotel.close());

const NADIA = "12025550101";
const OMAR = "12025550102";
const RESERVED = "12025550103";
const EXPECTED = "12025550171";

/** A guest writes, and is with reception. */
async function arrives(address: string, ...texts: string[]): Promise<void> {
  for (const text of texts) await hotel.guestActs(address, { type: "text", text });
  await expect
    .poll(() => hotel.guestActs(address, { type: "list", title: "Reception" }).catch(() => null), { timeout: 40_000 })
    .not.toBeNull();
}
const row = (page: Page, text: string) => page.locator("#conversations button", { hasText: text });
const bubble = (page: Page, text: string) => page.locator("#messages > li", { hasText: text });
const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).first().click();
const answer = (page: Page) => page.getByLabel("Answer", { exact: true });
const open = async (page: Page, text: string) => {
  await row(page, text).first().click();
  await page.locator("#messages > li").first().waitFor();
};

test("staff sign in as anybody of the demo, stay so after a reload, and see what is theirs", async () => {
  await arrives(NADIA, "Is my room ready?");
  const page = await hotel.open();
  expect(await violations(page)).toEqual([]);
  await page.getByLabel("Staff").selectOption("demo-grand-housekeeping");
  await press(page, "Sign in");
  await page.getByText("Nothing here.").waitFor();
  expect(await page.getByRole("button", { name: "Times" }).count()).toBe(0);
  await page.getByLabel("Signed in as").selectOption("demo-grand-reception");
  await row(page, "Guest 0101").waitFor();
  await page.reload();
  await row(page, "Guest 0101").waitFor();
  expect(page.url()).not.toContain("demo");
  await press(page, "Sign out");
  await page.getByText("Who are you?").waitFor();
  expect(await page.locator("#conversations button").count()).toBe(0);
  await page.context().close();
  expect(hotel.problems).toEqual([]);
}, 120_000);

test("they answer, quote, react, and see what the guest thinks of it", async () => {
  const page = await hotel.open("demo-grand-reception");
  await row(page, "Guest 0101").waitFor();
  expect(await row(page, "Guest 0101").locator(".waits").textContent()).toMatch(/^waits \d+ (s|min)$/);
  await open(page, "Guest 0101");
  await bubble(page, "Is my room ready?").hover();
  await bubble(page, "Is my room ready?").getByRole("button", { name: "Answer this message" }).click();
  await answer(page).fill("It is *ready*.");
  await answer(page).press("Enter");
  const said = bubble(page, "It is ready.");
  await said.locator(".ticks.read").waitFor();
  expect(await said.locator("strong").textContent()).toBe("ready");
  expect(await said.locator("button.quote .line").textContent()).toBe("Is my room ready?");

  const { wamid } = hotel.whatsapp.phone(NADIA, "200000000000001").findLast(({ from }) => from === "hotel")!;
  await hotel.guestActs(NADIA, { type: "reaction", wamid, emoji: "👍" });
  await said.locator(".reaction", { hasText: "👍" }).waitFor();
  await bubble(page, "Is my room ready?").first().hover();
  await bubble(page, "Is my room ready?").first().getByRole("button", { name: "React to this message" }).click();
  await page.getByRole("group", { name: "React with" }).getByRole("button", { name: "❤️" }).click();
  await bubble(page, "Is my room ready?").first().locator(".reaction", { hasText: "❤️" }).waitFor();
  await expect
    .poll(() => hotel.whatsapp.phone(NADIA, "200000000000001").some((one) => one.reaction === "❤️"))
    .toBe(true);

  // A question with answers to tap.
  await press(page, "Choices");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Question").fill("Shall we bring up your bags?");
  await dialog.getByLabel("Answer 1").fill("Yes");
  await dialog.getByLabel("Answer 2").fill("Later");
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Ask" }).click();
  await bubble(page, "bring up your bags").locator(".ticks.read").waitFor();
  await hotel.guestActs(NADIA, { type: "button", title: "Later" });
  await bubble(page, "Later").last().locator(".picked").waitFor();

  await bubble(page, "It is ready.").hover();
  await bubble(page, "It is ready.").getByRole("button", { name: "Why is this here?" }).click();
  await page.getByRole("dialog", { name: "Why this message is here" }).locator("li").first().waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await page.context().close();
  expect(hotel.problems).toEqual([]);
}, 120_000);

test("who answers what a colleague has just answered is told so, reads it, and may still send theirs", async () => {
  const page = await hotel.open("demo-grand-reception");
  await open(page, "Guest 0101");
  await hotel.guestActs(NADIA, { type: "text", text: "Until when is breakfast?" });
  await bubble(page, "Until when is breakfast?").waitFor();
  const desk = hotel.as("demo-grand-manager");
  const [talk] = (await desk.conversations({ hotel: "grand", limit: 1 })).items;
  // The colleague is faster: theirs is there before this one's arrives.
  await page.route(
    "**/api/conversations/*/messages",
    async (route) => {
      await desk.reply(talk!.id, { clientMessageId: "faster", content: { type: "text", text: "Until ten." } });
      await route.continue();
    },
    { times: 1 },
  );
  await answer(page).fill("Until half past ten.");
  await answer(page).press("Enter");
  const own = bubble(page, "Until half past ten.");
  await own.getByRole("button", { name: "Send anyway" }).waitFor();
  await bubble(page, "Until ten.").waitFor();
  const heard = () => hotel.whatsapp.phone(NADIA, "200000000000001").map(({ text }) => text);
  expect(heard()).not.toContain("Until half past ten.");
  expect(await violations(page)).toEqual([]);
  await own.getByRole("button", { name: "Send anyway" }).click();
  await own.locator(".ticks.read").waitFor();
  expect(heard().filter((text) => text === "Until half past ten.")).toHaveLength(1);
  await page.context().close();
  expect(hotel.problems).toEqual([]);
}, 120_000);

test("files go out by a click, by paste and by drop, and what a guest sends is shown", async () => {
  const page = await hotel.open("demo-grand-reception");
  await open(page, "Guest 0101");
  await hotel.guestActs(NADIA, { type: "image", base64: aPng(7, 64, 64).toString("base64"), mimeType: "image/png" });
  await expect
    .poll(() =>
      page
        .locator("#messages img.picture")
        .first()
        .evaluate((image) => (image as any).naturalWidth),
    )
    .toBe(64);
  await page.locator("#file").setInputFiles({ name: "Invoice.pdf", mimeType: "application/pdf", buffer: aPdf() });
  await page.evaluate(
    (base64) => {
      const { document, DataTransfer, File, ClipboardEvent, DragEvent, Uint8Array, atob } = globalThis as any;
      const carry = (name: string) => {
        const transfer = new DataTransfer();
        const bytes = Uint8Array.from(atob(base64), (one: string) => one.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type: "image/png" }));
        return transfer;
      };
      const text = document.querySelector("#text");
      text.dispatchEvent(
        new ClipboardEvent("paste", { clipboardData: carry("pasted.png"), bubbles: true, cancelable: true }),
      );
      text.dispatchEvent(
        new DragEvent("drop", { dataTransfer: carry("dropped.png"), bubbles: true, cancelable: true }),
      );
    },
    aPng(9, 32, 32).toString("base64"),
  );
  expect(await page.locator(".staged li").allTextContents()).toEqual(["Invoice.pdf×", "pasted.png×", "dropped.png×"]);
  await press(page, "Leave out dropped.png");
  await answer(page).fill("Your invoice");
  await answer(page).press("Enter");
  await bubble(page, "Your invoice").getByText("Save Invoice.pdf").waitFor();
  await expect.poll(() => page.locator("#messages li.ours img.picture").count()).toBe(1);
  await expect
    .poll(
      () =>
        hotel.whatsapp.phone(NADIA, "200000000000001").filter(({ type }) => ["document", "image"].includes(type))
          .length,
    )
    .toBe(3);
  await page.context().close();
  expect(hotel.problems).toEqual([]);
}, 120_000);

test("a department's work: taken, tagged, noted for a colleague, snoozed, given to others, closed and reopened", async () => {
  await arrives(OMAR, "The shower is cold");
  const page = await hotel.open("demo-grand-reception");
  await open(page, "Guest 0102");
  await press(page, "Take");
  await press(page, "Mine");
  await row(page, "Guest 0102").waitFor();
  expect(await row(page, "Guest 0102").locator(".mark", { hasText: "you" }).count()).toBe(1);
  await press(page, "Details");
  await page.getByLabel("Another tag").fill(" VIP ");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await row(page, "Guest 0102").locator(".tag", { hasText: "vip" }).waitFor();
  await page.getByLabel("Priority").selectOption("urgent");
  await row(page, "Guest 0102").locator(".urgent").waitFor();

  await press(page, "Note");
  const note = page.getByLabel("Note", { exact: true });
  await note.pressSequentially("See @Man");
  await page.locator("#suggestions li", { hasText: "Manager, Grand Hotel" }).waitFor();
  await note.press("Enter");
  await note.pressSequentially("about this");
  await note.press("Enter");
  await page.locator("#messages li.note", { hasText: "For Manager, Grand Hotel" }).waitFor();
  expect(hotel.whatsapp.phone(OMAR, "200000000000001").some(({ text }) => text?.includes("about this"))).toBe(false);
  await press(page, "Answer");

  await press(page, "Snooze");
  expect(await violations(page)).toEqual([]);
  await press(page, "In an hour");
  await press(page, "Snoozed");
  await row(page, "Guest 0102").waitFor();
  await press(page, "Wake up");
  await row(page, "Guest 0102").waitFor({ state: "detached" });
  await press(page, "Open");
  await press(page, "Close");
  await row(page, "Guest 0102").waitFor({ state: "detached" });
  await page.getByText("This conversation is closed.").waitFor();
  await press(page, "Closed");
  await row(page, "Guest 0102").waitFor();
  await press(page, "Reopen");
  await press(page, "Open");
  await row(page, "Guest 0102").waitFor();

  // A manager finds the note, gives it to somebody, and sees who did what; an agent is offered neither.
  expect(await page.getByLabel("Seen to by").count()).toBe(0);
  expect(await page.getByText("Who did what").count()).toBe(0);
  const manager = await hotel.open("demo-grand-manager");
  await press(manager, "Mentions");
  await row(manager, "about this").click();
  await manager.locator("#messages li.note.sought").waitFor();
  await manager.getByLabel("Seen to by").selectOption("demo-grand-housekeeping");
  await press(manager, "Details");
  await manager.getByText("Who did what").click();
  await manager.locator(".section li", { hasText: "conversation.assign" }).first().waitFor();
  await manager.getByText("Who has read it").click();
  await manager.locator(".section li", { hasText: "The guest" }).first().waitFor();
  expect(await violations(manager)).toEqual([]);
  await manager.getByLabel("Give to").selectOption("maintenance");
  await press(manager, "Transfer");
  await row(page, "Guest 0102").waitFor({ state: "detached" });
  await page.getByText("This conversation is not yours to see any more.").waitFor();
  await page.context().close();
  await manager.context().close();
  expect(hotel.problems).toEqual([]);
}, 120_000);

test("two who look at one conversation know of each other, and a second answer does not go unseen", async () => {
  const page = await hotel.open("demo-grand-reception");
  const manager = await hotel.open("demo-grand-manager");
  for (const one of [page, manager]) await open(one, "Guest 0101");
  await page.getByText("Manager, Grand Hotel looks at this too").waitFor();
  await answer(manager).pressSequentially("Hel");
  await page.getByText("Manager, Grand Hotel writes").waitFor();
  // A draft is kept for as long as the tab.
  await open(manager, "Guest 0102");
  await open(manager, "Guest 0101");
  expect(await answer(manager).inputValue()).toBe("Hel");
  await manager.context().close();
  await page.context().close();
  expect(hotel.problems).toEqual([]);
}, 120_000);

test("a guest in a flow: how far they are, what they answered, taken over by a person and given back", async () => {
  await hotel.guestActs(RESERVED, { type: "text", text: "check in" });
  const page = await hotel.open("demo-grand-manager");
  await press(page, "In a flow");
  await row(page, "Guest 0103").click();
  await page.locator("#messages > li.ours").first().waitFor();
  await hotel.guestActs(RESERVED, { type: "text", text: "GH-1001" });
  await press(page, "Details");
  await page.locator(".flow-steps [aria-current=step]").waitFor();
  await page.locator(".answers td", { hasText: "GH-1001" }).waitFor();
  expect(await violations(page)).toEqual([]);
  await press(page, "Take over");
  await page.getByRole("button", { name: "Give back to the desk" }).click();
  await page.getByRole("button", { name: "Take over", exact: true }).waitFor();
  await press(page, "Stop the flow");
  await page.getByText("This conversation is closed.").waitFor();
  await page.context().close();
  expect(hotel.problems).toEqual([]);
}, 120_000);

test("whoever never wrote is written to by a template, and hears nothing else until they answer", async () => {
  const page = await hotel.open("demo-grand-reception");
  await press(page, "Write first");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Phone").fill("+1 202 555 0109");
  await dialog.getByLabel("first_name").fill("Lea");
  await dialog.getByLabel("hour").fill("15:00");
  expect(await dialog.locator(".preview-box").textContent()).toBe("Hello Lea, your room is ready from 15:00.");
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Write", exact: true }).click();
  await bubble(page, "Hello Lea").locator(".ticks.read").waitFor();
  expect(await answer(page).isDisabled()).toBe(true);
  await page.getByText("WhatsApp lets a template through").waitFor();
  await press(page, "Choose a template");
  await page.getByRole("dialog").getByLabel("Template").selectOption({ index: 1 });
  await page.getByRole("dialog").getByRole("button", { name: "Send" }).click();
  await bubble(page, "Three nights for two").locator(".ticks.read").waitFor();
  await hotel.guestActs("12025550109", { type: "text", text: "Thank you" });
  await page.getByText("can be answered for 23 h").waitFor();
  expect(await answer(page).isDisabled()).toBe(false);
  await page.context().close();
  expect(hotel.problems).toEqual([]);
}, 120_000);

test("what fails says why, and is sent again; saved replies, emoji and the search are at hand", async () => {
  await hotel.as("demo-grand-manager").createSavedReply({
    ...{ hotelId: "grand", shortcut: "pool" },
    texts: { en: "Dear {{guestName}}, the pool is open from eight to eight." },
  });
  const page = await hotel.open("demo-grand-reception");
  await open(page, "Guest 0101");
  await answer(page).pressSequentially("/po");
  await page.getByRole("option", { name: "/pool" }).waitFor();
  expect(await violations(page)).toEqual([]);
  await answer(page).press("Enter");
  expect(await answer(page).inputValue()).toBe("Dear Guest 0101, the pool is open from eight to eight.");
  await press(page, "Emoji");
  await page.getByRole("group", { name: "Hotel" }).getByRole("button", { name: "🔑" }).click();
  hotel.whatsapp.fail({ kind: "error", code: 131026 });
  await answer(page).press("Enter");
  const failed = bubble(page, "the pool is open").first();
  await failed.locator(".failure").waitFor();
  await failed.getByRole("button", { name: "Send again" }).click();
  await failed.getByText("Sent again, below").waitFor();
  await bubble(page, "the pool is open").last().locator(".ticks.read").waitFor();

  await page.locator("#search").fill("shower");
  await page.getByText("Nothing was found.").waitFor();
  await page.locator("#search").fill("pool");
  await page.locator(".found .hit", { hasText: "the pool is open" }).first().click();
  await page.locator("#messages li.sought").waitFor();
  await page.context().close();
  expect(hotel.problems).toEqual([]);
}, 120_000);

test("reception sees who comes today and who goes, and opens the conversation with them", async () => {
  const today = new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/Rome", dateStyle: "short" }).format();
  const booked = (reservationId: string, waId: string, guestName: string, days: object) =>
    hotel.desk.pms.apply({
      ...{ hotelId: "grand", eventId: reservationId, reservationId, version: 1, kind: "reservation_created" },
      ...{ guest: { waId }, guestName, room: "12", ...days },
    });
  await arrives(EXPECTED, "We come tonight");
  await booked("GH-1", EXPECTED, "Ines Ferreira", { arrival: today });
  await booked("GH-2", "12025550179", "Otto Berg", { departure: today });
  const page = await hotel.open("demo-grand-manager");
  await row(page, "Guest 0171").waitFor();
  await press(page, "Today");
  const dialog = page.getByRole("dialog", { name: "Today" });
  const [arrivals, departures] = ["Arrivals today", "Departures today"].map((name) =>
    dialog.getByRole("list", { name }),
  );
  expect(await departures!.getByRole("listitem").allTextContents()).toEqual([
    expect.stringMatching(/^Otto Berg.*room 12, GH-2$/),
  ]);
  await arrivals!.getByText("Ines Ferreira").waitFor();
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Open the conversation with Ines Ferreira" }).click();
  await bubble(page, "We come tonight").waitFor();
  expect(await dialog.count()).toBe(0);
  await page.context().close();

  // Whoever a department does not talk with is none of its business.
  const kitchen = await hotel.open("demo-grand-restaurant");
  await press(kitchen, "Today");
  await kitchen.getByText("Nobody comes today.").waitFor();
  await kitchen.getByText("Nobody goes today.").waitFor();
  await kitchen.context().close();
  expect(hotel.problems).toEqual([]);
}, 120_000);

test("the keyboard alone is enough, and says so", async () => {
  const page = await hotel.open("demo-grand-reception");
  await row(page, "Guest 0101").waitFor();
  await page.keyboard.press("j");
  await page.locator("#messages > li").first().waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("a");
  await row(page, "you").first().waitFor();
  await page.keyboard.press("r");
  await page.keyboard.type("Typed j and k");
  expect(await answer(page).inputValue()).toBe("Typed j and k");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  expect(await violations(page)).toEqual([]);
  await page.getByLabel("Keys do something").uncheck();
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  expect(await page.getByRole("dialog").count()).toBe(0);
  await page.context().close();
  expect(hotel.problems).toEqual([]);
}, 120_000);

test("its views can be read by everybody: in light, in dark, and one at a time on a phone", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await hotel.open("demo-grand-manager", { colorScheme });
    await open(page, "Guest 0101");
    await press(page, "Details");
    await page.locator("conversation-details dl").first().waitFor();
    expect(await violations(page)).toEqual([]);
    await page.setViewportSize({ width: 360, height: 640 });
    const fits = () => page.evaluate("document.documentElement.scrollWidth <= 360");
    const panes = () =>
      page.locator("conversation-list:visible, conversation-pane:visible, conversation-details:visible").count();
    for (const back of ["conversation-details .back", "conversation-pane .back", null]) {
      expect(await violations(page)).toEqual([]);
      expect([await fits(), await panes()]).toEqual([true, 1]);
      if (back !== null) await page.locator(back).click();
    }
    // Against what the machine wants.
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole("button", { name: "Light or dark" }).click();
    if (colorScheme === "light") await page.getByRole("button", { name: "Light or dark" }).click();
    const paper = await page.evaluate("getComputedStyle(document.body).backgroundColor");
    expect(paper).toBe(colorScheme === "light" ? "rgb(22, 24, 28)" : "rgb(244, 241, 234)");
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  }
  expect(hotel.problems).toEqual([]);
}, 120_000);
