import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import axe from "axe-core";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chromium as prepared } from "../../scripts/services/chromium.mjs";
import { RunnableHotel } from "../harness/runnable-hotel.js";

let browser: Browser;
let hotel: RunnableHotel;
let dataDir: string;
const problems: string[] = [];

beforeAll(async () => {
  dataDir = await fs.mkdtemp(path.join(os.tmpdir(), "belldesk-pages-"));
  [hotel, browser] = await Promise.all([RunnableHotel.open({ DATA_DIR: dataDir }), chromium.launch(prepared())]);
}, 120_000);
afterAll(async () => {
  await browser.close();
  await hotel.kill();
  await fs.rm(dataDir, { recursive: true, force: true });
});

async function openPage(address: string): Promise<Page> {
  const page = await browser.newPage();
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("dialog", (dialog) => {
    problems.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(hotel.base)) problems.push(`a request to ${request.url()}`);
  });
  await page.goto(`${hotel.base}${address}`);
  return page;
}

async function violations(page: Page): Promise<string[]> {
  // axe is put into the page by the browser itself, which the page's own policy does not concern.
  const found = await page.evaluate<{ violations: { id: string }[] }>(`${axe.source}; axe.run()`);
  return found.violations.map(({ id }) => id);
}

test("a guest writes on the phone page, reception answers on the staff page, and nothing a guest writes is ever run (T25)", async () => {
  const phone = await openPage("/guest?hotel=grand&address=12025550101");
  const staff = await openPage("/#demo-grand-reception");
  const hostile = '<img src=x onerror="alert(1)"> <b>bold?</b> a<b && c>d';

  await phone.getByLabel("Message", { exact: true }).fill(hostile);
  await phone.getByRole("button", { name: "Send" }).click();
  await phone.getByText("Welcome to the Grand Hotel!").waitFor();
  await phone.getByText("Departments").click();
  await phone.getByRole("button", { name: /^Reception/ }).click();

  const entry = staff.getByRole("navigation").getByRole("button");
  await entry.waitFor();
  expect(await entry.locator(".preview").textContent()).toBe(hostile);
  await entry.click();
  await staff.locator("#messages .text", { hasText: "bold?" }).waitFor();
  expect(await staff.locator("#messages .text").first().textContent()).toBe(hostile);
  expect(await staff.locator("#messages img, #messages b").count()).toBe(0);

  await staff.getByLabel("Answer", { exact: true }).fill("Your room is ready.");
  await staff.keyboard.press("Enter");
  await phone.getByText("Your room is ready.").waitFor();
  expect(await phone.getByText("Your room is ready.").count()).toBe(1);
  // The ticks come back.
  await staff.locator("#messages li.ours", { hasText: "Your room is ready." }).locator(".ticks.read").waitFor();

  expect(await violations(staff)).toEqual([]);
  expect(await violations(phone)).toEqual([]);

  // Given to housekeeping, it is gone from reception's list and stands in the other's.
  await staff.getByLabel("Give to").selectOption("housekeeping");
  await staff.getByRole("button", { name: "Transfer" }).click();
  await entry.waitFor({ state: "detached" });
  await staff.getByLabel("Signed in as").selectOption("demo-grand-housekeeping");
  await entry.waitFor();
  expect(await entry.locator(".where").textContent()).toBe("Housekeeping");
  expect(problems).toEqual([]);
}, 120_000);

test("what is written while the hotel is down is kept, and sent once when it is back, without a reload of the staff page", async () => {
  const phone = await openPage("/guest?hotel=seaside&address=12025550102");
  const staff = await openPage("/#demo-seaside-reception");
  const write = phone.getByLabel("Message", { exact: true });
  const answer = staff.getByLabel("Answer", { exact: true });
  const said = staff.locator("#messages .text");
  await write.fill("Hello");
  await phone.getByRole("button", { name: "Send" }).click();
  await phone.getByRole("button", { name: /^Reception/ }).click();
  await staff.getByRole("navigation").getByRole("button").click();
  await said.filter({ hasText: "Hello" }).waitFor();
  await staff.evaluate("window.sameAsBefore = true");
  await answer.fill("Good evening.");

  await hotel.kill();
  await write.fill("Is anybody there?");
  await phone.getByRole("button", { name: "Send" }).click();
  await answer.press("Enter");
  for (const page of [phone, staff]) await page.getByText("What you wrote is kept").waitFor();
  expect([await write.inputValue(), await answer.inputValue()]).toEqual(["Is anybody there?", ""]);
  expect(await said.filter({ hasText: "Good evening." }).count()).toBe(1);

  await hotel.start();
  await phone.getByRole("button", { name: "Send" }).click();
  await said.filter({ hasText: "Is anybody there?" }).waitFor();
  await phone.locator("#messages .text", { hasText: "Good evening." }).waitFor();
  // It goes on as if nothing had been.
  await write.fill("Thank you!");
  await phone.getByRole("button", { name: "Send" }).click();
  await said.filter({ hasText: "Thank you!" }).waitFor();
  for (const text of ["Is anybody there?", "Good evening."]) {
    expect(await phone.getByText(text).count()).toBe(1);
    expect(await said.filter({ hasText: text }).count()).toBe(1);
  }
  expect(await staff.evaluate("window.sameAsBefore")).toBe(true);
  expect(problems).toEqual([]);
}, 120_000);

test("both pages fit a phone's width", async () => {
  for (const address of ["/", "/guest"]) {
    const page = await openPage(address);
    await page.setViewportSize({ width: 360, height: 640 });
    expect(await page.evaluate("document.documentElement.scrollWidth <= 360")).toBe(true);
    await page.close();
  }
});
