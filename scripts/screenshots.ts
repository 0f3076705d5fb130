// Pictures of the runnable hotel's pages for the README: `npm run screenshots` writes docs/images/*.png.
import fs from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { demoHotel } from "../test/browser/demo-hotel.js";

const IMAGES = fileURLToPath(new URL("../docs/images", import.meta.url));
/** Enough for flat colours, and a quarter of the bytes. */
const COLOURS = 128;

const hotel = await demoHotel();
const GUESTS = [
  { address: "12025550101", department: "Reception", says: ["Good morning! Is our room ready?"] },
  { address: "12025550102", department: "Housekeeping", says: ["Two more towels, please"] },
  { address: "12025550103", department: "Restaurant", says: ["Is there a table for *two* at eight?"] },
  { address: "12025550104", department: "Reception", says: ["Where can we park?"] },
];

/** Until it is so: what a phone shows comes over HTTP. */
async function until(what: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await what();
      return;
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(500);
  const picture = await page.screenshot();
  await sharp(picture)
    .png({ palette: true, colours: COLOURS, effort: 10 })
    .toFile(path.join(IMAGES, `${name}.png`));
}

try {
  await fs.mkdir(IMAGES, { recursive: true });
  for (const { address, department, says } of GUESTS) {
    for (const text of says) await hotel.guestActs(address, { type: "text", text });
    await until(() => hotel.guestActs(address, { type: "list", title: department }));
  }
  const desk = hotel.as("demo-grand-manager");
  const { items } = await desk.conversations({ hotel: "grand" });
  const find = (address: string) => items.find(({ guest }) => guest.name === `Guest ${address.slice(-4)}`)?.id ?? "";
  const first = find("12025550101");
  await desk.tag(first, { add: ["vip", "anniversary"] });
  await desk.setPriority(find("12025550102"), { priority: "high" });
  await desk.assign(first, {});
  const page = await hotel.open("demo-grand-manager", { viewport: { width: 1240, height: 760 } });
  await page.locator("#conversations button", { hasText: "Guest 0101" }).click();
  const answer = page.getByLabel("Answer", { exact: true });
  await answer.fill("Good morning! It is *ready from two*, and your bags can come up now.");
  await answer.press("Enter");
  await page.locator("#messages .ticks.read").last().waitFor();
  await hotel.guestActs("12025550101", { type: "text", text: "Wonderful, thank you" });
  await desk.note(first, {
    clientMessageId: "note",
    text: "It is their anniversary: flowers are in the fridge.",
    mentions: ["demo-grand-housekeeping"],
  });
  await page.getByRole("button", { name: "Details", exact: true }).click();
  await page.locator("conversation-details dl").first().waitFor();
  await shoot(page, "staff-light");
  await page.emulateMedia({ colorScheme: "dark" });
  await shoot(page, "staff-dark");
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 390, height: 760 });
  await page.locator("conversation-details .back").click();
  await shoot(page, "staff-phone");
  await page.goto(`${hotel.base}/guest?hotel=grand&address=12025550101`);
  await shoot(page, "guest");
} finally {
  await hotel.close();
}
