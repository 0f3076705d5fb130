/** What stands under a BCP 47 tag, else under its language in whatever country; undefined where nothing does. */
export function inLanguage<T>(by: Readonly<Record<string, T>>, language: string): T | undefined {
  const all = Object.entries(by);
  const wanted = language.toLowerCase();
  const fits = (test: (tag: string) => boolean): T | undefined => all.find(([tag]) => test(tag.toLowerCase()))?.[1];
  return (
    fits((tag) => tag === wanted) ??
    fits((tag) => tag === primaryOf(language)) ??
    fits((tag) => primaryOf(tag) === primaryOf(language))
  );
}

/** The language of a BCP 47 tag, without its country and script. */
export const primaryOf = (tag: string): string => tag.toLowerCase().split("-", 1)[0] ?? "";

/** Whether it is a BCP 47 tag, by its form. */
export function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
