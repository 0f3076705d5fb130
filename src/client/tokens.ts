/** What says who the client is: a token, or what to ask for one. null: nobody is signed in. */
export type TokenSource = string | (() => string | null | Promise<string | null>);

export interface Tokens {
  /** The one that was got last, or a new one; undefined where none is used. @throws what the source throws */
  get(): Promise<string | null | undefined>;
  /** This one is good for nothing any more. @returns whether there may be another */
  refused(token: string | null | undefined): boolean;
}

/** Asks for a token once, however many want one, and again when it has been refused. */
export function tokensOf(source: TokenSource | undefined): Tokens {
  let held: { readonly token: Promise<string | null | undefined>; value?: string | null | undefined } | null = null;
  const ask = async () => (typeof source === "function" ? source() : source);
  return {
    async get() {
      const mine = (held ??= { token: ask() });
      try {
        return (mine.value = await mine.token);
      } catch (error) {
        if (held === mine) held = null;
        throw error;
      }
    },
    refused(token) {
      if (held?.value === token) held = null;
      return typeof source === "function";
    },
  };
}
