import { isLanguage } from "../decide/language.js";
import type { FormReference, FormStart, LocationContent, MediaReference, OutboundContent } from "../domain/content.js";
import type { ApprovalDecision, FlowAnswers } from "../domain/flow-run.js";
import type { StayTrigger } from "../domain/stay.js";
import { LIMITS } from "../whatsapp/limits.js";
import { compiled, invalidFlow, type Draft } from "./compile.js";
import type { SchemaOutput, StandardSchema } from "./standard-schema.js";
import type {
  AskKind,
  Asking,
  Flow,
  FlowContext,
  FlowMigration,
  FlowTexts,
  LoopContext,
  NamedOption,
  PerformContext,
  PmsBeginning,
  Trigger,
} from "./types.js";

/** What a flow is, beside its steps. */
export interface FlowOptions {
  /** 1 to 64 of a-z, 0-9, _ and -. Runs are stored under it. */
  readonly id: string;
  /** Counts from 1. Raise it when steps change in a way that runs under way would stumble over, and keep the old version registered beside it, or say in `migrate` how they go on. */
  readonly version: number;
  /** Whose conversations its runs are. By default of the department that the guest was with, or that staff began it in. */
  readonly department?: string;
  /**
   * BCP 47: how dates and numbers are read, and in what the engine speaks by itself (English, Italian, Spanish, Portuguese, German, French;
   * English for any other). The hotel's by default, else `"en"`, in which a date's day stands first.
   */
  readonly language?: string;
  /** What begins it; without any, a menu entry or another flow does. */
  readonly triggers?: readonly Trigger[];
  /** What the engine says by itself, in place of its own words, one by one. */
  readonly texts?: Partial<FlowTexts>;
  /** How runs of earlier versions go on in this one. */
  readonly migrate?: FlowMigration | readonly FlowMigration[];
}

/** A text, or what makes one of the answers so far. 1 to 1024 UTF-16 units where it asks, to 4096 where it says. */
type Text<A, C> = string | ((context: FlowContext<A> & C) => string);

interface AskingOf<A, C> extends Omit<Asking, "invalid" | "reminder"> {
  readonly text: Text<A, C>;
  readonly invalid?: Text<A, C>;
  readonly reminder?: Text<A, C>;
}

interface KindAnswers {
  readonly text: string;
  readonly number: number;
  /** ISO 8601: `2026-03-04`. */
  readonly date: string;
  readonly email: string;
  /** E.164: `+390612345678`. */
  readonly phone: string;
  readonly nights: number;
}

interface AskOptions<A, C> extends AskingOf<A, C> {
  /** ISO 3166-1 alpha-2, of a phone: what country one without its country's code is of. Without it such a phone is not understood. */
  readonly country?: string;
  /** Of a date: it lies before today, as a date of birth does. Any other is not understood, nor one without its year. false by default. */
  readonly past?: boolean;
}

/** A label, or a label with a description and with what it is called in other languages. */
export type OptionText = string | Omit<NamedOption, "value">;

/** What a guest sent as a photo. */
export interface PhotoAnswer {
  /** Of the message that it came in. */
  readonly messageId: string;
  /** Opens it (`desk.openAttachment`): it was looked into and is there. null where the desk keeps no files. */
  readonly attachmentId: string | null;
  readonly media: MediaReference & { readonly type: "image" | "document" };
}

/** The place that a guest sent. Degrees. */
export type LocationAnswer = Pick<LocationContent, "latitude" | "longitude" | "address"> & { readonly name?: string };

/** A name that no step before has, as far as those are known when this is compiled. */
type Fresh<Name extends string, Names extends string> = string extends Names ? Name : Name extends Names ? never : Name;
type And<A, Name extends string, T> = A & Readonly<Record<Name, T>>;
type AnswersOf<B> = B extends { readonly types?: { readonly answers: infer A } } ? A : never;
type NamesOf<B> = B extends { readonly types?: { readonly names: (taken: infer N extends string) => void } }
  ? N
  : never;
/** What only some of the paths answer. */
type Perhaps<A, Paths> = A & Partial<Omit<UnionToIntersection<AnswersOf<Paths>>, keyof A>>;
type UnionToIntersection<U> = (U extends unknown ? (u: U) => void : never) extends (i: infer I) => void ? I : never;
interface AnyBuilder {
  readonly drafts: readonly Draft[];
  readonly types?: { readonly answers: unknown; readonly names: (taken: never) => void };
}

/**
 * The steps of a flow, one after the other; each sees the answers of those before it. `A`: the answers; `N`: the names that are taken;
 * `T`: the steps that `goTo` may go back to; `C`: what a loop adds to the context.
 */
export class FlowBuilder<A, in N extends string, in T extends string, C> {
  /**
   * Types alone: there is no such member. Names stand where a parameter does, so that steps which are kept in a function of their own, and know of no
   * names before them, go wherever their answers fit; `build()` finds a name that is there twice.
   */
  declare readonly types?: { readonly answers: A; readonly names: (taken: N) => void };

  constructor(
    readonly options: FlowOptions,
    readonly drafts: readonly Draft[] = [],
  ) {}

  /** Says something, and goes on. */
  say<Name extends string>(
    name: Fresh<Name, N>,
    what: Text<A, C> | { readonly content: OutboundContent | ((context: FlowContext<A> & C) => OutboundContent) },
  ): FlowBuilder<A, N | Name, T | Name, C> {
    const isContent = typeof what === "object";
    if (typeof what === "string") within(name, what, LIMITS.textBody);
    return this.#with(name, (next) => ({
      kind: "say",
      next,
      text: isContent ? null : what,
      content: isContent ? (what.content as OutboundContent) : null,
    }));
  }

  /**
   * Asks for something that is typed: words, a number, a date, an e-mail address, a phone, or for how many nights.
   * With a schema of zod, valibot or another that is a Standard Schema, the answer is what that makes of it: it gets what the kind
   * gives, `"text"` by default. `optional`: the guest may skip it, and the answer is null then.
   */
  ask<Name extends string, S extends StandardSchema>(
    name: Fresh<Name, N>,
    options: AskOptions<A, C> & { readonly kind?: AskKind; readonly schema: S; readonly optional?: false },
  ): FlowBuilder<And<A, Name, SchemaOutput<S>>, N | Name, T | Name, C>;
  ask<Name extends string, S extends StandardSchema>(
    name: Fresh<Name, N>,
    options: AskOptions<A, C> & { readonly kind?: AskKind; readonly schema: S; readonly optional: true },
  ): FlowBuilder<And<A, Name, SchemaOutput<S> | null>, N | Name, T | Name, C>;
  ask<Name extends string, K extends AskKind = "text">(
    name: Fresh<Name, N>,
    options: AskOptions<A, C> & { readonly kind?: K; readonly optional: true },
  ): FlowBuilder<And<A, Name, KindAnswers[K] | null>, N | Name, T | Name, C>;
  ask<Name extends string, K extends AskKind = "text">(
    name: Fresh<Name, N>,
    options: AskOptions<A, C> & { readonly kind?: K; readonly optional?: false },
  ): FlowBuilder<And<A, Name, KindAnswers[K]>, N | Name, T | Name, C>;
  ask(
    name: string,
    options: AskOptions<A, C> & {
      readonly kind?: AskKind;
      readonly schema?: StandardSchema;
      readonly optional?: boolean;
    },
  ): unknown {
    const { kind = "text", schema = null, country, past = false, optional = false, ...asking } = options;
    return this.#asks(name, asking, { kind: "ask", as: kind, schema, country, past, optional });
  }

  /**
   * Asks the guest to choose: by a tap, a number or what an option is called. The answer is the option's key. 1 to 200 options. With `speaks` the
   * keys are BCP 47 tags, and the answer is the language in which the desk speaks to this guest from then on (`guest.language`).
   */
  choose<Name extends string, const O extends Readonly<Record<string, OptionText>>>(
    name: Fresh<Name, N>,
    options: AskingOf<A, C> & { readonly options: O; readonly button?: Text<A, C>; readonly speaks?: boolean },
  ): FlowBuilder<And<A, Name, keyof O & string>, N | Name, T | Name, C>;
  choose<Name extends string>(
    name: Fresh<Name, N>,
    options: AskingOf<A, C> & {
      readonly options: (context: FlowContext<A> & C) => Readonly<Record<string, OptionText>>;
      readonly button?: Text<A, C>;
      readonly speaks?: boolean;
    },
  ): FlowBuilder<And<A, Name, string>, N | Name, T | Name, C>;
  choose(
    name: string,
    {
      options,
      button,
      speaks = false,
      ...asking
    }: AskingOf<A, C> & { readonly options: unknown; readonly button?: Text<A, C>; readonly speaks?: boolean },
  ): unknown {
    type Given = Readonly<Record<string, OptionText>>;
    const given = options as Given | ((context: unknown) => Given);
    if (typeof given !== "function" && Object.keys(given).length === 0) throw invalidFlow("has no options", name);
    if (speaks && typeof given !== "function" && !Object.keys(given).every(isLanguage))
      throw invalidFlow("has an option that is no BCP 47 language tag", name);
    const named = (all: Given): readonly NamedOption[] =>
      Object.entries(all).map(([value, text]) =>
        typeof text === "string" ? { value, title: text } : { value, ...text },
      );
    const of = typeof given === "function" ? (context: unknown) => named(given(context)) : () => named(given);
    return this.#asks(name, asking, { kind: "choose", options: of, button, speaks });
  }

  /**
   * Asks for a photo; with `documents` a file will do. Where the desk keeps files the answer is one that was looked into: the guest is asked again
   * for one that is refused. `purpose` says what it is kept for: of an `"identity"` document nothing is kept for long (`media.retention`).
   */
  photo<Name extends string>(
    name: Fresh<Name, N>,
    {
      documents = false,
      purpose = null,
      ...asking
    }: AskingOf<A, C> & { readonly documents?: boolean; readonly purpose?: string | null },
  ): FlowBuilder<And<A, Name, PhotoAnswer>, N | Name, T | Name, C> {
    return this.#asks(name, asking, { kind: "photo", documents, purpose });
  }

  /** Asks where the guest is, or for a place that they choose on the map. */
  location<Name extends string>(
    name: Fresh<Name, N>,
    asking: AskingOf<A, C>,
  ): FlowBuilder<And<A, Name, LocationAnswer>, N | Name, T | Name, C> {
    return this.#asks(name, asking, { kind: "location" });
  }

  /**
   * Opens a native form (a WhatsApp Flow of the account), and takes what comes back from it and from nowhere else.
   * @param options.token what the form carries to be known by, made of the question's own id; by default a token that only the desk's
   *   `flowEndpoint` can read
   */
  form<Name extends string, S extends StandardSchema>(
    name: Fresh<Name, N>,
    options: AskingOf<A, C> & {
      /** What the button says: no emoji. */
      readonly label: Text<A, C>;
      readonly form: FormReference;
      readonly start?: (context: FlowContext<A> & C) => FormStart;
      readonly token?: (promptId: string) => string;
      readonly schema: S;
    },
  ): FlowBuilder<And<A, Name, SchemaOutput<S>>, N | Name, T | Name, C> {
    const { label, form, start = null, token = null, schema, ...asking } = options;
    return this.#asks(name, asking, { kind: "form", label, form, start, token, schema });
  }

  /**
   * Calls the host: at least once, with the same idempotency key each time. What it answers is stored as JSON, and is the step's
   * answer. A call that throws, or takes longer than its deadline, is tried again with back-off; after the last time staff get the
   * guest, and may give them back to try once more.
   */
  perform<Name extends string, R>(
    name: Fresh<Name, N>,
    call: (context: PerformContext<A> & C) => R,
    options: {
      /** 20 s by default, a minute at most. */
      readonly deadlineMs?: number;
      /** 5 by default. */
      readonly attempts?: number;
      /** As `secret` of a question: what it answers stands in no note. */
      readonly secret?: boolean;
    } = {},
  ): FlowBuilder<And<A, Name, Awaited<R>>, N | Name, T | Name, C> {
    const { deadlineMs = 20_000, attempts = 5, secret = false } = options;
    if (!(deadlineMs >= 1 && deadlineMs <= 60_000)) throw invalidFlow("has a deadline that is not 1 to 60000 ms", name);
    if (!(Number.isInteger(attempts) && attempts >= 1 && attempts <= 100))
      throw invalidFlow("has attempts that are not 1 to 100", name);
    return this.#with(name, (next) => ({ kind: "perform", next, call: call as never, deadlineMs, attempts, secret }));
  }

  /**
   * Waits until staff, or the host, have decided (`desk.decideApproval`); the first decision counts. Staff find a note in the conversation, which is unread
   * for them. Whatever the guest writes meanwhile goes to staff. The guest cannot go back over it.
   * @param options.text what the guest is told
   * @param options.note what staff read, 1 to 1,000 UTF-16 units
   * @param options.department who decides: the conversation is theirs from then on; the conversation's own by default
   * @param options.timeoutMs after which it is `expired`; a day by default, null is never
   */
  approval<Name extends string>(
    name: Fresh<Name, N>,
    options: {
      readonly text?: Text<A, C>;
      readonly note: Text<A, C>;
      readonly department?: string;
      readonly timeoutMs?: number | null;
    },
  ): FlowBuilder<And<A, Name, ApprovalDecision>, N | Name, T | Name, C> {
    const { text = null, note, department = null, timeoutMs = 24 * 60 * 60_000 } = options;
    if (typeof text === "string") within(name, text, LIMITS.textBody);
    if (typeof note === "string") within(name, note, NOTE_MAX);
    return this.#with(name, (next) => ({ kind: "approval", next, text, note, departmentId: department, timeoutMs }));
  }

  /** Goes on at an instant; at once when that has passed. Whatever the guest writes meanwhile goes to staff. */
  waitUntil<Name extends string>(
    name: Fresh<Name, N>,
    until: (context: FlowContext<A> & C) => Date,
  ): FlowBuilder<A, N | Name, T | Name, C> {
    return this.#with(name, (next) => ({ kind: "wait", next, until: until as never }));
  }

  /** Takes one of several paths, which meet again after it. What is answered in them may be missing then. */
  branch<
    Name extends string,
    const P extends Readonly<Record<string, (flow: FlowBuilder<A, N | Name, T, C>) => AnyBuilder>>,
  >(
    name: Fresh<Name, N>,
    options: { readonly when: (context: FlowContext<A> & C) => NoInfer<keyof P & string>; readonly paths: P },
  ): FlowBuilder<Perhaps<A, ReturnType<P[keyof P]>>, N | Name | NamesOf<ReturnType<P[keyof P]>>, T | Name, C> {
    const paths = Object.entries(options.paths).map(
      ([path, build]) => [path, build(new FlowBuilder(this.options)).drafts] as const,
    );
    if (paths.length === 0) throw invalidFlow("has no paths", name);
    return this.#with(name, (next, compile) => ({
      kind: "branch",
      next,
      when: options.when as never,
      paths: Object.fromEntries(paths.map(([path, drafts]) => [path, compile(drafts, next)])),
    }));
  }

  /** Goes back to an earlier step. Nothing comes after it in its path. */
  goTo(name: T): FlowBuilder<A, N, T, C> {
    const own = `goTo${String(this.drafts.length)}_${name}`;
    return this.#with(own, () => ({ kind: "goTo", next: null, target: name }));
  }

  /**
   * Forgets what was answered to steps beside this one, and what was agreed to there: what belonged to a booking that it is not about any more. Where
   * they are asked again they are asked anew; the guest cannot go back over it. After a branch of which one path forgets them they may be missing, though their
   * types do not say so.
   */
  forget<Name extends string, F extends keyof A & string>(
    name: Fresh<Name, N>,
    names: readonly F[],
  ): FlowBuilder<Omit<A, F>, N | Name, T | Name, C> {
    return this.#with(name, (next) => ({ kind: "forget", next, names }));
  }

  /**
   * From here on the run speaks a language that is known by now, as that of a booking. It is of this run alone: what the guest has said that they speak
   * (`guest.language` of the context) stays, and comes first where `language` lets it.
   * @param language BCP 47; null, and what is no tag, changes nothing
   */
  speak<Name extends string>(
    name: Fresh<Name, N>,
    language: (context: FlowContext<A> & C) => string | null,
  ): FlowBuilder<A, N | Name, T | Name, C> {
    return this.#with(name, (next) => ({ kind: "speak", next, language: language as never }));
  }

  /** Goes the same steps for each item, or so many times. Its answer is the list of what was answered each time. At most 100 times. */
  each<Name extends string, Item, B extends AnyBuilder>(
    name: Fresh<Name, N>,
    options: {
      readonly over: (context: FlowContext<A> & C) => readonly Item[] | number;
      readonly steps: (flow: FlowBuilder<A, never, never, C & LoopContext<Item>>) => B;
    },
  ): FlowBuilder<And<A, Name, readonly Omit<AnswersOf<B>, keyof A>[]>, N | Name, T | Name, C> {
    const { drafts } = options.steps(new FlowBuilder(this.options));
    if (drafts.length === 0) throw invalidFlow("has no steps in it", name);
    return this.#with(name, (next, _compile, nested) => ({
      kind: "each",
      next,
      over: options.over as never,
      first: nested(drafts),
    }));
  }

  /** Walks another flow in this one. Its answers are an object of their own; its triggers and texts do not count. */
  use<Name extends string, F>(
    name: Fresh<Name, N>,
    flow: Flow<F>,
  ): FlowBuilder<And<A, Name, F>, N | Name, T | Name, C> {
    return this.#with(name, (next, _compile, _nested, graft) => ({ kind: "use", next, first: graft(flow) }));
  }

  /**
   * Gives the guest to staff, with a note that holds the answers so far. When they give the guest back, the flow goes on after it.
   * @param options.department the conversation's own by default
   * @param options.note what staff read besides
   */
  handoff<Name extends string>(
    name: Fresh<Name, N>,
    options: { readonly text?: Text<A, C>; readonly department?: string; readonly note?: Text<A, C> } = {},
  ): FlowBuilder<A, N | Name, T | Name, C> {
    const { text = null, department = null, note = null } = options;
    return this.#with(name, (next) => ({ kind: "handoff", next, text, departmentId: department, note }));
  }

  /** Ends the flow here. */
  end<Name extends string>(name: Fresh<Name, N>): FlowBuilder<A, N | Name, T | Name, C> {
    return this.#with(name, () => ({ kind: "end", next: null }));
  }

  /**
   * @throws {ConversationError} `flow_invalid`, with `details.flow`, `details.step` and `details.what`: two steps with one name, a name,
   *   id or version that is none, a text that is too long, a step from which the flow never ends, steps that go round without asking anything
   */
  build(): Flow<A> {
    return compiled(this.options, this.drafts) as Flow<A>;
  }

  // The names that come out are what the signatures say.
  #with(name: string, make: Draft["make"]): never {
    return new FlowBuilder(this.options, [...this.drafts, { name, make }]) as never;
  }

  #asks(name: string, { text, ...asking }: AskingOf<A, C>, own: object): never {
    const { optional = false } = own as { readonly optional?: boolean };
    if (asking.unanswered === "skip" && !optional)
      throw invalidFlow("is skipped when nobody answers, and is not optional", name);
    for (const words of [text, asking.invalid, asking.reminder])
      if (typeof words === "string") within(name, words, LIMITS.buttonBody);
    const { document = "-", version = "-" } = asking.agreement ?? {};
    for (const named of [document, version])
      if (!/^[A-Za-z0-9_.-]{1,64}$/.test(named))
        throw invalidFlow("agrees to what is not named by 1 to 64 of A-Z, a-z, 0-9, _, . and -", name);
    return this.#with(name, (next) => ({ next, text, ...(asking as Asking), ...own }) as never);
  }
}

/**
 * A conversation that runs itself: steps that a guest walks one after the other, over days, deploys and crashes.
 * @throws {ConversationError} as `FlowBuilder.build`
 */
export const defineFlow = (options: FlowOptions): FlowBuilder<unknown, never, never, unknown> =>
  new FlowBuilder(options);

/** The guest writes one of these, and nothing else: in any case and accent, with whatever punctuation. */
export const keyword = (...words: readonly [string, ...string[]]): Trigger => ({ kind: "keyword", words });

/**
 * The guest writes this, with something in the places of the braces, as the text of a QR code has it: `phrase("check in room {room}")`.
 * What stands there is in `given`.
 */
export const phrase = (pattern: string): Trigger => ({ kind: "phrase", pattern });

/** The guest taps a button with this id, or a template's quick reply with this payload. */
export const button = (id: string): Trigger => ({ kind: "button", id });

/**
 * Something happens to a guest's stay, or comes near: `pms("checked_out")`, `pms("arrival_soon")`. `given` holds the stay as it is then:
 * `reservationId`, `arrival`, `departure`, `room`, and what the hotel's own system told besides.
 */
export const pms = (on: StayTrigger, beginning: PmsBeginning = {}): Trigger => ({ kind: "pms", on, ...beginning });

/** Staff and the host may begin it; without it only guests do. */
export const staff = (): Trigger => ({ kind: "staff" });

/** What a flow's runs have answered at its end. */
export type FlowAnswersOf<F> = F extends Flow<infer A> ? A : FlowAnswers;

/** Ours: a note is read at a glance. UTF-16 units. */
const NOTE_MAX = 1_000;

function within(step: string, text: string, limit: number): void {
  if (text.trim() === "" || text.length > limit)
    throw invalidFlow(`has a text that is not 1 to ${String(limit)} characters long`, step);
}
