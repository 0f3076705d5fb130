import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isolate,
  parseMarkup,
  plainName,
  renderHtml,
  renderName,
  toPlain,
  type MarkupInline,
} from "../../src/index.js";
import { anyMessage, anyMessageOrText, asShown } from "../support/messages.js";
import { anyText } from "../support/strings.js";

/** A message as a reader sees it: marks as tags, whatever else as it is. */
const seen = (text: string): string =>
  parseMarkup(text)
    .map((block) => {
      if (block.kind === "line") return inline(block.children);
      const lines = block.kind === "list" ? block.items : block.lines;
      const name = block.kind === "quote" ? "quote" : block.ordered ? "numbers" : "bullets";
      return `<${name}>${lines.map(({ marker, children }) => `[${marker}]${inline(children)}`).join("|")}</${name}>`;
    })
    .join("|");

const inline = (children: readonly MarkupInline[]): string =>
  children
    .map((node) => {
      if (node.kind === "text") return node.text;
      const within = "children" in node ? inline(node.children) : node.text;
      return `<${node.kind}>${within}</${node.kind}>`;
    })
    .join("");

const links = (text: string): [string, string][] =>
  parseMarkup(text)
    .flatMap((block) => (block.kind === "line" ? block.children : []))
    .flatMap((node) => (node.kind === "link" ? [[node.text, node.href] as [string, string]] : []));

/** What a browser makes of HTML that `renderHtml` wrote: in it, every `<` that is not a tag's is escaped. */
const textContent = (html: string): string =>
  html
    .replace(/<pre>\n/g, "<pre>")
    .replace(/<[^>]*>/g, "")
    .replace(/&(?:lt|gt|quot|#39|#13|amp);/g, (entity) => ENTITIES[entity]!);
const ENTITIES: Record<string, string> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
  "&#13;": "\r",
  "&amp;": "&",
};

describe("a guest's message, read as WhatsApp shows it", () => {
  test.each([
    ["*Room 101*, _please_, ~today~", "<bold>Room 101</bold>, <italic>please</italic>, <strike>today</strike>"],
    ["(*now*)! «_now_»", "(<bold>now</bold>)! «<italic>now</italic>»"],
    ["👍🏽*yes* ❤️*yes* 1️⃣*yes*", "👍🏽<bold>yes</bold> ❤️<bold>yes</bold> 1️⃣<bold>yes</bold>"],
    ["*مرحبا* *日本*", "<bold>مرحبا</bold> <bold>日本</bold>"],
    ["*one* and *two*", "<bold>one</bold> and <bold>two</bold>"],
  ])("markers around words mark them: %s", (text, shown) => {
    expect(seen(text)).toBe(shown);
  });

  test.each([
    "a * b * c",
    "_ a _",
    "*a *",
    "~ a~",
    "2*3*4 and 2*3*4",
    "snake_case_name.ts",
    "e\u0301*a*",
    "𝒳*a*",
    "*a*b",
    "**a** __init__ ~~a~~",
    "________",
    "*_* ~_~ *~_",
    "it`s Anna`s",
    "` a `",
    "``a`` ````a````",
    "``````",
    "``` ```",
    "*a\nb*",
    "`a\nb`",
    "*\u200ba* *a\u200b*",
    "*a",
    "a*",
    "",
  ])("and what only looks like it is text: %j", (text) => {
    expect(seen(text)).toBe(text.replaceAll("\n", "|"));
  });

  test.each([
    ["*_~all~_*", "<bold><italic><strike>all</strike></italic></bold>"],
    ["_all but *this* one_", "<italic>all but <bold>this</bold> one</italic>"],
    ["*a _b* c_", "<bold>a _b</bold> c_"],
    ["*a *b*", "*a <bold>b</bold>"],
    ["*a _b *c* d_", "*a <italic>b <bold>c</bold> d</italic>"],
    ["*`a` @12025550101*", "<bold><code>a</code> <mention>@12025550101</mention></bold>"],
  ])("marks stand in each other, and the nearer one counts: %s", (text, shown) => {
    expect(seen(text)).toBe(shown);
  });

  test.each([
    ["run `ls *a* -l`, `https://a.example`", "run <code>ls *a* -l</code>, <code>https://a.example</code>"],
    ["```*a* `b` \n- c\n> d```", "<monospace>*a* `b` \n- c\n> d</monospace>"],
    ["see ```a``` and *b*", "see <monospace>a</monospace> and <bold>b</bold>"],
    ["*a ```b\n_c_``` d*\n*e*", "<bold>a <monospace>b\n_c_</monospace> d</bold>|<bold>e</bold>"],
    [
      "```a``` ```b\nc``` ```d\ne```",
      "<monospace>a</monospace> <monospace>b\nc</monospace> <monospace>d\ne</monospace>",
    ],
    ["```a\n*b*", "```a|<bold>b</bold>"],
    ["`a ```b``` c`", "`a <monospace>b</monospace> c`"],
  ])("in code nothing is markup: %j", (text, shown) => {
    expect(seen(text)).toBe(shown);
  });

  test.each([
    ["- a\n* *b*\n- c", "<bullets>[- ]a|[* ]<bold>b</bold>|[- ]c</bullets>"],
    ["1. a\n2. b\n10. Oktober", "<numbers>[1. ]a|[2. ]b|[10. ]Oktober</numbers>"],
    ["> a\n> _b_\nc", "<quote>[> ]a|[> ]<italic>b</italic></quote>|c"],
    [
      "- a\n1. b\n> c\n\n> d",
      "<bullets>[- ]a</bullets>|<numbers>[1. ]b</numbers>|<quote>[> ]c</quote>||<quote>[> ]d</quote>",
    ],
    ["* a *", "<bullets>[* ]a *</bullets>"],
    ["> - a", "<quote>[> ]- a</quote>"],
    ["- ```a``` ```b\nc```", "<bullets>[- ]<monospace>a</monospace> ```b</bullets>|c```"],
    ["- a\r\n- b", "<bullets>[- ]a\r|[- ]b</bullets>"],
  ])("lines with the same marker are one list or quote: %j", (text, shown) => {
    expect(seen(text)).toBe(shown);
  });

  test.each(["-a", "1.a", "1) a", ">a", " - a", "- ", "> \u200b", "1234. a", "•a", "x\n -a"])(
    "and a line that is none is text: %j",
    (text) => {
      expect(seen(text)).toBe(text.replaceAll("\n", "|"));
    },
  );

  test("a mention is an @ with a phone number's digits", () => {
    expect(seen("@12025550101, here")).toBe("<mention>@12025550101</mention>, here");
    for (const text of ["a@12025550101", "@123456", "@1234567890123456", "@12025550101x", "@Anna"])
      expect(seen(text)).toBe(text);
  });
});

describe("an address in a message (T26)", () => {
  test.each([
    ["see https://hotel.example/a_b_c?x=1&y=2, ok", "https://hotel.example/a_b_c?x=1&y=2"],
    ["HTTPS://Hotel.Example", "HTTPS://Hotel.Example", "https://hotel.example/"],
    ["(https://hotel.example/pool_(indoor)).", "https://hotel.example/pool_(indoor)"],
    ["*https://hotel.example/*", "https://hotel.example/"],
    ["_https://hotel.example/a_", "https://hotel.example/a"],
    ["http://[::1]:3000/", "http://[::1]:3000/"],
    ["<https://hotel.example/>", "https://hotel.example/"],
    ["https://hotel.example/\u202egpj.exe", "https://hotel.example/", null],
    ["mailto:front.desk+spa@hotel.example.", "mailto:front.desk+spa@hotel.example"],
    ["mailto:a@hotel.example?bcc=b@evil.example", "mailto:a@hotel.example"],
    ["tel:+39-06-123-4567", "tel:+39-06-123-4567"],
    ["*tel:+39061234567*, *mailto:a@hotel.example*", "tel:+39061234567"],
  ])("is a link when it shows its scheme: %j", (text, shown, href: string | null = shown) => {
    const found = parseMarkup(text).flatMap((block) => (block.kind === "line" ? block.children : []));
    const inMarks = found.flatMap((node) => ("children" in node ? node.children : [node]));
    const link = inMarks.find(({ kind }) => kind === "link");
    if (href === null) expect(link).toBeUndefined();
    else expect(link).toMatchObject({ text: shown, href });
  });

  test.each([
    "javascript:alert(1)",
    "\u0001javascript:alert(1)",
    "JaVaScRiPt://https://hotel.example/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x file:///etc/passwd blob:https://a.example/1 intent://a#Intent;end",
    "ftp://a.example ws://a.example whatsapp://send?text=a",
    "www.hotel.example hotel.example desk@hotel.example",
    "https://good.example@evil.example",
    "https://good.example:443@evil.example/",
    "https://@evil.example",
    "https:/evil.example https:evil.example https:///evil.example https:\\\\evil.example",
    "https://good\u00adevil.example https://good\u200b.evil.example",
    "https://. https://-a https://%65vil.example https://a.example:99999",
    "xhttps://a.example",
    "tel:*#06# tel:12 tel:+1-800*3# tel:123** tel:123456789012345678901234567890123",
    "mailto: mailto:a mailto:a@ mailto:@b mailto:a@b@c.example mailto:a%0d@b.example mailto:a@b%0abcc",
  ])("stays text when it leads elsewhere than it seems, or may do more than open: %j", (text) => {
    expect(seen(text)).toBe(text);
    expect(renderHtml(text)).not.toContain("<a ");
  });

  test("stays text when it is longer than people send", () => {
    const address = `https://hotel.example/${"a".repeat(2048)}`;
    expect(seen(address)).toBe(address);
    expect(seen(address.slice(0, 2048))).toBe(`<link>${address.slice(0, 2048)}</link>`);
  });

  test("of another script shows where it leads, in ASCII", () => {
    const html = renderHtml("https://\u0430pple.com/login");
    expect(html).toContain(` href="https://xn--pple-43d.com/login" title="xn--pple-43d.com" `);
    expect(html).toContain(">https://\u0430pple.com/login</a>");
    expect(links("https://xn--pple-43d.com")).toEqual([["https://xn--pple-43d.com", "https://xn--pple-43d.com/"]]);
  });

  test("in a tree from elsewhere leads where its text says, or nowhere", () => {
    const link = (text: string) =>
      renderHtml([
        { kind: "line", children: [{ kind: "link", text, href: "javascript:alert(1)", host: '"><script>' }] },
      ]);
    expect(link("my bank")).toBe(`<div dir="auto">my bank</div>`);
    expect(link("javascript:alert(1)")).toBe(`<div dir="auto">javascript:alert(1)</div>`);
    expect(link("https://a.example x")).not.toContain("<a ");
    expect(link("https://a.example")).toContain(` href="https://a.example/" title="a.example" `);
  });
});

describe("a message as HTML", () => {
  test("is made of few elements, and its lines are theirs", () => {
    expect(renderHtml("*Hello* <3\n\n- a\n- b\n> c")).toBe(
      [
        `<div dir="auto"><strong>Hello</strong> &lt;3\n</div>`,
        `<div dir="auto">\n</div>`,
        `<ul><li dir="auto" type="none"><span class="wa-marker">- </span>a\n</li>`,
        `<li dir="auto" type="none"><span class="wa-marker">- </span>b\n</li></ul>`,
        `<blockquote><div dir="auto"><span class="wa-marker">&gt; </span>c</div></blockquote>`,
      ].join(""),
    );
    expect(renderHtml("_a_ ~b~ `c` @12025550101\n1. tel:123")).toBe(
      [
        `<div dir="auto"><em>a</em> <s>b</s> <code>c</code> <bdi class="wa-mention">@12025550101</bdi>\n</div>`,
        `<ol><li dir="auto" type="none"><span class="wa-marker">1. </span>`,
        `<a dir="ltr" href="tel:123" target="_blank" rel="noopener noreferrer nofollow">tel:123</a></li></ol>`,
      ].join(""),
    );
  });

  test("keeps the line feed that monospace begins with, and the one behind it is not a line more", () => {
    expect(renderHtml("```\na\n```\nb")).toBe(`<div dir="auto"><pre>\n\na\n\n</pre></div><div dir="auto">b</div>`);
  });

  test("shows what HTML cannot hold as the sign for it", () => {
    expect(renderHtml("a\u0000b \ud800 \udc00\r")).toBe(`<div dir="auto">a\ufffdb \ufffd \ufffd&#13;</div>`);
    expect(renderHtml("`\u0000`")).toContain("<code>\ufffd</code>");
  });

  test("escapes once: what looks escaped was written so", () => {
    expect(renderHtml("&amp; &lt;b&gt; &#39;")).toBe(`<div dir="auto">&amp;amp; &amp;lt;b&amp;gt; &amp;#39;</div>`);
  });

  test("comes of the text or of its tree", () => {
    expect(renderHtml(parseMarkup("*a* `b`"))).toBe(renderHtml("*a* `b`"));
    expect(toPlain(parseMarkup("*a* `b`"))).toBe("a b");
  });
});

describe("a message without its markers", () => {
  test.each([
    ["*Room* _101_ ~now~ `x` ```y\nz```", "Room 101 now x y\nz"],
    ["- a\n10. Oktober\n> *c*\n", "- a\n10. Oktober\n> c\n"],
    ["2*3*4 <3 & a_b_c", "2*3*4 <3 & a_b_c"],
    ["\u0000 \ud800 \u202e\r\n", "\u0000 \ud800 \u202e\r\n"],
  ])("keeps all else: %j", (text, plain) => {
    expect(toPlain(text)).toBe(plain);
  });
});

describe("a name beside other text (T22)", () => {
  test.each([
    ["Anna", "Anna"],
    ["\u202egpj.exe", "\u202egpj.exe\u202c"],
    ["\u2067a", "\u2067a\u2069"],
    ["a\u2069b\u202cc", "abc"],
    ["\u2066\u202ea\u2069\u202cb", "\u2066\u202ea\u2069b"],
    ["\u202e\u2066\u202ca", "\u202e\u2066a\u2069\u202c"],
    ["a\r\nb\u2029\u202ec", "a  b \u202ec\u202c"],
    ["\u200fא\u200e\u0000\ud800", "\u200fא\u200e\u0000\ud800"],
    ["", ""],
  ])("has what it opens closed, and no more: %j", (name, within) => {
    expect(isolate(name)).toBe(`\u2068${within}\u2069`);
  });

  test("ends its isolation at its end, whatever it is", () => {
    const controls = fc.constantFrom(
      ...[
        "\u202a",
        "\u202b",
        "\u202c",
        "\u202d",
        "\u202e",
        "\u2066",
        "\u2067",
        "\u2068",
        "\u2069",
        "\n",
        "\u2029",
        "a",
        "א",
      ],
    );
    const names = fc.oneof(
      fc.array(controls, { maxLength: 300 }).map((parts) => parts.join("")),
      anyText,
    );
    fc.assert(
      fc.property(names, (name) => {
        const alone = isolate(name);
        expect(isolationEnd(alone)).toBe(alone.length - 1);
        expect(alone).not.toMatch(/[\n\r\u0085\u2028\u2029]/);
        expect(alone.length).toBeLessThanOrEqual(2 * name.length + 2);
        const letters = (text: string) => text.replace(/[\s\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "");
        expect(letters(alone)).toBe(letters(name));
        expect(textContent(renderName(name))).toBe(asShown(alone.slice(1, -1)));
      }),
    );
  });

  test("marks nothing in a text that is sent, whatever it is (T31)", () => {
    fc.assert(
      fc.property(anyMessageOrText, fc.constantFrom("", "Dear ", "*Dear* ", "> "), (name, before) => {
        const plain = plainName(name);
        const after = ", welcome to the *Grand*";
        expect(seen(`${before}${plain}${after}`)).toBe(seen(`${before}X${after}`).replace("X", () => plain));
        const letters = (text: string) => text.replace(/[\s\p{Cc}\u200b\u202a-\u202e\u2066-\u2069]/gu, "");
        expect(letters(plain)).toBe(letters(name));
      }),
    );
  });

  test("stays as it is when it is a name", () => {
    expect(plainName("Anna Müller 李")).toBe("\u200bAnna Müller 李");
  });

  test("is no markup as HTML", () => {
    expect(renderName("*Anna* <b>\u202e")).toBe("<bdi>*Anna* &lt;b&gt;\u202e\u202c</bdi>");
  });
});

/** Where the first isolate of a text ends: at the PDI that matches it (BD9). */
function isolationEnd(text: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (/[\u2066-\u2068]/.test(text[i]!)) depth++;
    if (text[i] === "\u2069" && --depth === 0) return i;
  }
  return -1;
}

describe("whatever is written", () => {
  const withoutMarkers = (text: string) => text.replace(/[*_~`]/g, "");

  test("nothing but markers is missing from the plain text", () => {
    fc.assert(
      fc.property(anyMessageOrText, (text) => {
        expect(withoutMarkers(toPlain(text))).toBe(withoutMarkers(text));
      }),
    );
  });

  test("text in which none stands comes back as it was", () => {
    fc.assert(
      fc.property(anyMessageOrText.map(withoutMarkers), (text) => {
        expect(toPlain(text)).toBe(text);
      }),
    );
  });

  test("a page shows the plain text, and nothing is escaped twice", () => {
    fc.assert(
      fc.property(anyMessageOrText, (text) => {
        const html = renderHtml(text);
        expect(textContent(html)).toBe(asShown(toPlain(text)));
        expect(textContent(renderHtml(html))).toBe(toPlain(html));
      }),
    );
  });

  test("every tag is one of those that are promised", () => {
    const tag =
      /<(?:(?:div|li) dir="auto"(?: type="none")?|bdi class="wa-mention"|span class="wa-marker"|a dir="ltr" href="(?:https?:\/\/|mailto:|tel:)[!-~]*?"(?: title="[!-~]*?")? target="_blank" rel="noopener noreferrer nofollow"|ul|ol|blockquote|strong|em|s|pre|code|\/(?:div|ul|ol|li|blockquote|strong|em|s|pre|code|a|bdi|span))>/g;
    fc.assert(
      fc.property(anyMessageOrText, (text) => {
        expect(renderHtml(text).replace(tag, "")).not.toMatch(/[<>"']/);
      }),
    );
  });

  test("marks are at most three deep", () => {
    const depth = (node: MarkupInline): number =>
      "children" in node ? 1 + Math.max(0, ...node.children.map(depth)) : 0;
    fc.assert(
      fc.property(anyMessage, (text) => {
        for (const block of parseMarkup(text))
          if (block.kind === "line") for (const node of block.children) expect(depth(node)).toBeLessThanOrEqual(3);
      }),
    );
  });
});

describe("the longest message that WhatsApp takes", () => {
  const LONGEST = 65_536;
  const full = (unit: string, length = LONGEST) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);

  /** How many characters a parse looks at, through whichever method of a string it does. */
  function steps(text: string): number {
    let count = 0;
    const costs: Record<string, (on: string, from: number, result: any) => number> = {
      charAt: () => 1,
      codePointAt: () => 1,
      slice: (_on, _from, result: string) => 1 + result.length,
      toLowerCase: (on) => on.length,
      indexOf: (on, from, result: number) => 1 + (result === -1 ? on.length : result) - Math.max(0, from),
    };
    const methods = Object.entries(costs).map(([name, cost]) => {
      const own = Object.getOwnPropertyDescriptor(String.prototype, name)!;
      const value = function (this: string, ...args: any[]) {
        const result = own.value.apply(this, args);
        count += cost(this, args.length > 1 ? Number(args[1]) : 0, result);
        return result;
      };
      Object.defineProperty(String.prototype, name, { ...own, value });
      return () => Object.defineProperty(String.prototype, name, own);
    });
    try {
      parseMarkup(text);
    } finally {
      for (const restore of methods) restore();
    }
    return count;
  }

  const nodes = (text: string): number => JSON.stringify(parseMarkup(text)).split(`"kind":`).length;

  const UNITS = [
    ...["*", "_", "`", "(", "@", "-", ">", " ", "\n", "\u200b", "*a ", "_~*", "*_", "a* ", "*a _b ", "é*é", "\ud800*"],
    ...["```", "``` ", "```a\n", "`a ", "`a``", "`a` ", "``` ` ", "> ```a\n", "- *a\n", "1. ", "> a\n"],
    ...["https://", "https://a", "https://a,", "https://a)", "https://a) ", "https://@", "https://a\u200b\u200b"],
    ...["https://[::1] ", "HTTPS://é", "mailto:a", "mailto:a@b", "mailto:a@b,", "tel:1", "tel:123 ", "tel:((((", "hmt"],
    ...["@1234567 ", "@@1234567"],
  ];

  test.each(UNITS)("twice as much of %j is twice the work, and no stack overflows", (unit) => {
    const [half, whole] = [full(unit, LONGEST / 2), full(unit)];
    expect(steps(whole)).toBeLessThanOrEqual(2.5 * steps(half) + 1_000);
    expect(steps(whole)).toBeLessThanOrEqual(40 * LONGEST);
    expect(nodes(whole)).toBeLessThanOrEqual(2 * nodes(half) + 10);
    expect(textContent(renderHtml(whole))).toBe(asShown(toPlain(whole)));
  });

  test("and of anything else", () => {
    fc.assert(
      fc.property(
        anyMessage.filter((unit) => unit !== ""),
        (unit) => {
          const [half, whole] = [full(unit, 4_000), full(unit, 8_000)];
          expect(steps(whole)).toBeLessThanOrEqual(3 * steps(half) + 1_000);
          expect(nodes(whole)).toBeLessThanOrEqual(3 * nodes(half) + 10);
        },
      ),
    );
  });
});
