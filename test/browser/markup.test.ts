import fc from "fast-check";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { chromium as prepared } from "../../scripts/services/chromium.mjs";
import { isolate, renderHtml, renderName, toPlain } from "../../src/index.js";
import { anyMessage, asShown } from "../support/messages.js";
import { anyText } from "../support/strings.js";
import { xssPayloads } from "../support/xss.js";

/** Nothing answers there but what the test serves. The page has no Content-Security-Policy: nothing else holds a script back. */
const HOME = "http://desk.example/";

/** Every element that `renderHtml` may make, with its attributes. */
const PROMISED: Record<string, string[]> = {
  DIV: ["dir"],
  UL: [],
  OL: [],
  LI: ["dir", "type"],
  BLOCKQUOTE: [],
  STRONG: [],
  EM: [],
  S: [],
  PRE: [],
  CODE: [],
  A: ["dir", "href", "rel", "target", "title"],
  BDI: ["class"],
  SPAN: ["class"],
};

let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What a page of harmless text does not do. */
let done: string[];

beforeAll(async () => {
  browser = await chromium.launch(prepared());
}, 120_000);
afterAll(() => browser.close());

beforeEach(async () => {
  done = [];
  context = await browser.newContext();
  await context.route("**/*", async (route) => {
    const url = route.request().url();
    if (url === HOME) return route.fulfill({ contentType: "text/html; charset=utf-8", body: "<!doctype html><body>" });
    done.push(`asked for ${url}`);
    return route.abort();
  });
  await context.exposeFunction("hit", (what: string) => void done.push(`ran ${what}`));
  page = await context.newPage();
  page.on("dialog", (dialog) => {
    done.push(`said ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("pageerror", (error) => void done.push(`failed with ${error.message}`));
  context.on("page", (opened) => void done.push(`opened ${opened.url()}`));
  await page.goto(HOME);
  page.on("framenavigated", (frame) => void done.push(`went to ${frame.url()}`));
});
afterEach(() => context.close());

/** Shows each piece of HTML in the page, touches all that is in it, and says what became of it. */
const show = (html: readonly string[]): Promise<{ text: string; wrong: string[] }[]> =>
  page.evaluate(
    ({ html, promised }) => {
      const { document, Event } = globalThis as any;
      return html.map((one) => {
        const home = document.body.appendChild(document.createElement("section"));
        home.innerHTML = one;
        const wrong: string[] = [];
        for (const element of home.querySelectorAll("*")) {
          const allowed = promised[element.nodeName];
          if (allowed === undefined) wrong.push(element.outerHTML);
          for (const { name } of element.attributes) if (!allowed?.includes(name)) wrong.push(element.outerHTML);
          if (element.nodeName === "A" && !["https:", "http:", "mailto:", "tel:"].includes(element.protocol))
            wrong.push(element.outerHTML);
          if (element.nodeName === "A" && element.rel !== "noopener noreferrer nofollow") wrong.push(element.outerHTML);
          for (const type of ["mouseover", "focus", "pointerenter", "toggle", "animationstart", "error", "load"])
            element.dispatchEvent(new Event(type));
        }
        return { text: home.textContent as string, wrong };
      });
    },
    { html, promised: PROMISED },
  );

/** Until what the page was given has had its time: an image that was asked for later has failed, and has been painted. */
const settled = () =>
  page.evaluate(async () => {
    const { Image, requestAnimationFrame } = globalThis as any;
    for (let round = 0; round < 2; round++) {
      await new Promise((resolve) => Object.assign(new Image(), { onerror: resolve, src: "data:image/png,none" }));
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    }
  });

describe("what a guest writes to harm", () => {
  const payloads = xssPayloads();

  test("is much, and runs where it is put into a page as it is", async () => {
    expect(new Set(payloads).size).toBeGreaterThan(3_000);
    // One at a time: some end the page, which the others need.
    const some = [`<img src=x onerror=hit(1)>`, `<svg onload=hit(1)>`, `<details open ontoggle=hit(1)>x</details>`];
    for (const payload of some) {
      expect(payloads).toContain(payload);
      await page.setContent(payload);
      await expect.poll(() => done).toContain("ran 1");
      done = [];
    }
    expect((await show([`<b onclick="hit(1)">x</b>`]))[0]!.wrong).not.toEqual([]);
  });

  test("is text once it is rendered: nothing runs, nothing is asked for, nothing is there that was not promised (T25)", async () => {
    const shown = await show(payloads.map((payload) => renderHtml(payload)));
    await settled();
    expect(shown.flatMap(({ wrong }) => wrong)).toEqual([]);
    expect(shown.map(({ text }) => text)).toEqual(payloads.map((payload) => asShown(toPlain(payload))));
    expect(done).toEqual([]);
  });

  test("is text in a name too", async () => {
    const shown = await show(payloads.map((payload) => renderName(payload).replace("<bdi>", `<bdi class="">`)));
    await settled();
    expect(shown.flatMap(({ wrong }) => wrong)).toEqual([]);
    expect(shown.map(({ text }) => text)).toEqual(payloads.map((payload) => asShown(isolate(payload).slice(1, -1))));
    expect(done).toEqual([]);
  });

  test("is text when the page comes with it, as a template makes it", async () => {
    const body = payloads.map((payload) => `<section>${renderHtml(payload)}</section>`).join("\n");
    await page.setContent(`<!doctype html><body>${body}`);
    await settled();
    const texts = await page.evaluate(() =>
      [...(globalThis as any).document.querySelectorAll("section")].map(({ textContent }) => textContent as string),
    );
    expect(texts).toEqual(payloads.map((payload) => asShown(toPlain(payload))));
    expect(done).toEqual([]);
  });
});

describe("what a guest writes and means", () => {
  const words = fc.constantFrom(
    ...["Room", "<101>", "or", "102?", "a<b", "&&", "c>d", "<3", ">", "<", "&", "&amp;", "&lt;b&gt;", "&#39;", "R&B"],
    ...[
      "<b>",
      "</div>",
      "<!-- no -->",
      "]]>",
      "<script>",
      "5 > 3",
      "> 2",
      "- ",
      "1. ",
      '"',
      "'",
      "=",
      "2*3*4",
      "a_b_c",
    ],
    ...[
      "\n",
      "\n\n",
      "\r\n",
      "\t",
      "  ",
      "é",
      "مرحبا",
      "日本",
      "👍🏽",
      "\u202e",
      "\u200d",
      "https://a.example/?x=1&y=<2>",
    ],
  );
  const texts = fc
    .array(fc.tuple(words, fc.constantFrom("", " ", " ")), { minLength: 1, maxLength: 20 })
    .map((parts) => parts.flat().join(""))
    .filter((text) => /[<&>]/.test(text));

  test("5,000 texts with <, & and > are shown as they were written, to the letter (T27)", async () => {
    const written = [...new Set(fc.sample(texts, { numRuns: 6_000, seed: 27 }))].slice(0, 5_000);
    expect(written).toHaveLength(5_000);
    const shown = await show(written.map((text) => renderHtml(text)));
    expect(shown.map(({ text }) => text)).toEqual(written);
    expect(shown.flatMap(({ wrong }) => wrong)).toEqual([]);
  });

  test("2,200 of any kind are shown as their plain text, and their HTML, shown again, as itself", async () => {
    const written = [
      ...fc.sample(anyMessage, { numRuns: 2_000, seed: 25 }),
      ...fc.sample(anyText, { numRuns: 200, seed: 25 }),
    ];
    const html = written.map((text) => renderHtml(text));
    const shown = await show(html);
    expect(shown.map(({ text }) => text)).toEqual(written.map((text) => asShown(toPlain(text))));
    expect(shown.flatMap(({ wrong }) => wrong)).toEqual([]);
    const again = await show(html.map((one) => renderHtml(one)));
    expect(again.map(({ text }) => text)).toEqual(html.map((one) => toPlain(one)));
    expect(done).toEqual([]);
  });

  test("has its lines, with white-space: pre-wrap, and no second marker before a list's own", async () => {
    const heights = ["a", "a\n\nb", "a\n", "- a\n- b\n\nc", "> a\n> b\nc", "```a\nb```\nc", "x\n```\na\n```\ny"];
    const seen = await page.evaluate(
      (html) => {
        const { document, getComputedStyle } = globalThis as any;
        document.head.innerHTML = `<style>* { font: 16px/20px monospace; margin: 0 } section { white-space: pre-wrap }</style>`;
        return html.map((one) => {
          const home = document.body.appendChild(document.createElement("section"));
          home.innerHTML = one;
          const markers = [...home.querySelectorAll("li")].map(
            (item) => getComputedStyle(item).listStyleType as string,
          );
          return { lines: home.offsetHeight / 20, markers };
        });
      },
      heights.map((text) => renderHtml(text)),
    );
    expect(seen.map(({ lines }: { lines: number }) => lines)).toEqual([1, 3, 1, 4, 3, 3, 5]);
    expect(seen[3]?.markers).toEqual(["none", "none"]);
  });
});

describe("what turns text around", () => {
  const HOSTILE = [
    "\u202eabc",
    "\u2067abc",
    "\u2069\u202eabc",
    "\u2069\u2069\u202e\u2067abc",
    "\u202c\u2069\u202cabc\u202e",
    "a\n\u202eb",
    "a\u2029\u202eb",
    "\u2066\u2066\u2066\u202d\u202eabc",
    "שלום",
    "\u202b\u202b\u202babc",
  ];

  /** Whether `<before>[HTML]<after>` stand on a line in this order, each of the two from left to right. */
  const inOrder = (html: readonly string[]): Promise<boolean[]> =>
    page.evaluate((html) => {
      const { document } = globalThis as any;
      return html.map((one) => {
        const home = document.body.appendChild(document.createElement("p"));
        home.innerHTML = `<span>12 xyz</span> ${one} <span>staff!</span>`;
        const spans = [home.firstChild, home.lastChild].map((span) => {
          const range = document.createRange();
          const left = (index: number) => {
            range.setStart(span.firstChild, index);
            range.setEnd(span.firstChild, index + 1);
            return range.getBoundingClientRect().left as number;
          };
          return [left(0), left(span.textContent.length - 1)];
        });
        const lefts = spans.flat();
        return lefts.every((left, index) => index === 0 || lefts[index - 1]! < left);
      });
    }, html);

  test("does so where nothing holds it back", async () => {
    expect(await inOrder(["\u202eabc", "<bdi>\u2069\u202eabc</bdi>"])).toEqual([false, false]);
  });

  test("stays within a name, in HTML and in plain text (T22)", async () => {
    expect(await inOrder(HOSTILE.map((name) => renderName(name)))).toEqual(HOSTILE.map(() => true));
    expect(await inOrder(HOSTILE.map((name) => isolate(name)))).toEqual(HOSTILE.map(() => true));
  });

  test("stays within its line of a message, and turns no address around", async () => {
    const turned = await page.evaluate(
      (html) => {
        const { document } = globalThis as any;
        return html.map((one) => {
          const home = document.body.appendChild(document.createElement("section"));
          home.innerHTML = `${one}<span>staff!</span>`;
          const lefts = (node: any): number[] =>
            [0, node.length - 1].map((index) => {
              const range = document.createRange();
              range.setStart(node, index);
              range.setEnd(node, index + 1);
              return range.getBoundingClientRect().left;
            });
          return [home.lastChild, home.querySelector("a")].some((element) => {
            const [first, last] = lefts(element.firstChild);
            return first! >= last!;
          });
        });
      },
      HOSTILE.map((text) => renderHtml(`${text} https://hotel.example/`)),
    );
    expect(turned).toEqual(HOSTILE.map(() => false));
  });
});
