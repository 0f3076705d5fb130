const BRAND: unique symbol = Symbol.for("belldesk.Secret");
const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");
const SHOWN = "[secret]";

/**
 * A text that nothing prints: not `console.log`, a template, JSON, an error that has it in its cause, nor a structured clone. Only
 * `reveal()` gives it back, and is called where a header is written or a hash is made. One who may read the process's memory reads it.
 */
export class Secret {
  declare readonly [BRAND]: true;
  readonly #text: string;

  /** Keeps a text; nothing is checked. */
  constructor(text: string) {
    this.#text = text;
    // Neither what it is nor that it is one can be changed under somebody's hands.
    Object.defineProperty(this, BRAND, { value: true, enumerable: false });
    Object.freeze(this);
  }

  /** The text itself. */
  reveal(): string {
    return this.#text;
  }

  /** Not the text. */
  toString(): string {
    return SHOWN;
  }

  /** Not the text. */
  toJSON(): string {
    return SHOWN;
  }

  /** Not the text. */
  [INSPECT](): string {
    return SHOWN;
  }

  /** True across duplicate copies of this package too. */
  static is(value: unknown): value is Secret {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}

/** Keeps a token or a secret of the host's from being printed by accident. The desk takes a `string` wherever it takes one of these. */
export const secret = (text: string | Secret): Secret => (Secret.is(text) ? text : new Secret(text));

/** The text of a token or a secret, for the place that writes it into a header or hashes with it. */
export const reveal = (text: string | Secret): string => (Secret.is(text) ? text.reveal() : text);
