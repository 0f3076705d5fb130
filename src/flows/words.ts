import type { FlowContext } from "../flow/types.js";
import { invalidFlow } from "../flow/compile.js";
import { LIMITS } from "../whatsapp/limits.js";

/** In which the ready-made flows speak by themselves. A guest of any other is spoken to in English. */
export const LANGUAGES = ["en", "it", "es", "pt", "de", "fr"] as const;
/** The languages in which ready-made flows speak, by primary tag. */
export type Language = (typeof LANGUAGES)[number];

/** Where a text stands, and so how long it may be. */
export type TextKind = keyof typeof TEXT_LIMITS;

/** UTF-16 units, before anything is filled in. A body leaves room for what is. Source: `LIMITS`, which are Meta's. */
export const TEXT_LIMITS = {
  /** A question, or something said. */
  body: LIMITS.buttonBody - 324,
  /** Of an option that is one of three at most. */
  button: LIMITS.buttonTitle,
  /** Of an option in a list. */
  row: LIMITS.rowTitle,
  /** What opens a list or a form. */
  label: LIMITS.listButton,
  /** A word within another text. */
  word: 60,
} as const;

/** A flow's words: in each language each key, and the kind of those that are not bodies. */
export interface Texts<K extends string = string> {
  readonly kinds: Readonly<Partial<Record<K, TextKind>>>;
  readonly languages: Readonly<Record<Language, Readonly<Record<K, string>>>>;
}

/**
 * A hotel's own words, one by one, by primary language and key: `{ en: { askArrival: "..." } }`. What stands in braces is filled in, and has to
 * be there as in ours. A language of its own (`nl`) is complete.
 */
export type OwnTexts<K extends string> = Readonly<Partial<Record<string, Readonly<Partial<Record<K, string>>>>>>;

/** What is wrong with a text. */
export interface TextFault {
  readonly language: string;
  readonly key: string;
  readonly what: "missing" | "unknown" | "empty" | "too long" | "slots differ";
}

/** The places in a text where something is filled in. */
export type Slots<S extends string> = S extends `${string}{${infer Slot}}${infer Rest}` ? Slot | Slots<Rest> : never;

/** Whatever is wrong with a flow's texts: a key that a language lacks, a text with other places than the English one, one that is too long. */
export function textFaults({ kinds, languages }: Texts): readonly TextFault[] {
  const { en } = languages;
  return Object.entries(languages).flatMap(([language, table]) => {
    const fault = (key: string, what: TextFault["what"]): TextFault => ({ language, key, what });
    const missing = Object.keys(en)
      .filter((key) => !Object.hasOwn(table, key))
      .map((key) => fault(key, "missing"));
    const wrong = Object.entries(table).flatMap(([key, text]): readonly TextFault[] => {
      const english = Object.hasOwn(en, key) ? en[key] : undefined;
      if (english === undefined) return [fault(key, "unknown")];
      if (text.trim() === "") return [fault(key, "empty")];
      return [
        ...(text.length > TEXT_LIMITS[kinds[key] ?? "body"] ? [fault(key, "too long")] : []),
        ...(slotsOf(text) === slotsOf(english) ? [] : [fault(key, "slots differ")]),
      ];
    });
    return [...missing, ...wrong];
  });
}

const SLOT = /\{([A-Za-z]+)\}/g;
const slotsOf = (text: string): string => [...new Set([...text.matchAll(SLOT)].map(([slot]) => slot))].sort().join();

/** A hotel's texts in the place of ours. @throws {ConversationError} `flow_invalid`, with `details.what` and the key in `details.step` */
export function withOwnTexts<K extends string>(texts: Texts<K>, own: OwnTexts<K>, flow: string): Texts<K> {
  const all = new Set([...Object.keys(texts.languages), ...Object.keys(own)]);
  const languages = Object.fromEntries(
    [...all].map((language) => [language, { ...ofTable(texts.languages, language), ...ofTable(own, language) }]),
  ) as Texts<K>["languages"];
  const merged = { ...texts, languages };
  const [first] = textFaults(merged);
  if (first !== undefined) throw invalidFlow(`has a text that is ${first.what}, in ${first.language}`, first.key, flow);
  return merged;
}

const ofTable = (tables: object, language: string): Readonly<Record<string, string>> | undefined =>
  Object.hasOwn(tables, language)
    ? (tables as Readonly<Record<string, Readonly<Record<string, string>>>>)[language]
    : undefined;

export type Filled<S extends string> = Readonly<Record<Slots<S>, Value>>;
type Value = string | number | Whole;

/** What is filled in as it is, however long: made of several texts, of which each is short, or a text that somebody agrees to. */
export interface Whole {
  readonly whole: string;
}
export const whole = (text: string): Whole => ({ whole: text });

/** In what a run speaks, and nothing else of it. */
type Speaks = Pick<FlowContext, "language">;

/** Says a text in the language of the run. `En`: the English table, by which it is known what is to be filled in. */
export interface Speaker<En extends Readonly<Record<string, string>>> {
  /** One that nothing is filled into. */
  <K extends keyof En & string>(key: [Slots<En[K]>] extends [never] ? K : never): (context: Speaks) => string;
  /** One that is filled with what stands in its braces. */
  <K extends keyof En & string, C extends Speaks>(
    key: K,
    values: (context: C) => Filled<En[K]>,
  ): (context: C) => string;
}

export function speaker<En extends Readonly<Record<string, string>>>({
  languages,
}: Texts<keyof En & string>): Speaker<En> {
  const tables: Readonly<Record<string, Readonly<Record<string, string>>>> = languages;
  return (key: string, values?: (context: Speaks) => Readonly<Record<string, Value>>) =>
    (context: Speaks): string => {
      const [primary = ""] = context.language.toLowerCase().split("-");
      const table = (Object.hasOwn(tables, primary) ? tables[primary] : undefined) ?? languages.en;
      return fill(table[key] ?? "", values?.(context) ?? {});
    };
}

/**
 * What is filled in is a guest's or the PMS's: longer than this it is cut, so that no question grows too long for its buttons, the summary with three such
 * answers and what is said before it included. UTF-16 units.
 */
const VALUE_MAX = 200;

const fill = (text: string, values: Readonly<Record<string, Value>>): string =>
  text.replace(SLOT, (_, slot: string) => {
    const value = values[slot] ?? "";
    if (typeof value === "object") return value.whole;
    const short = String(value);
    return short.length <= VALUE_MAX ? short : `${short.slice(0, VALUE_MAX).toWellFormed()}…`;
  });
