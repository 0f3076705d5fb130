import type { JsonValue } from "../domain/json.js";
import type { OutboundMediaReference } from "../domain/template.js";

/**
 * What a template takes, read by the compiler out of the literal JSON of it: where that says only `string`, as an imported JSON
 * file does, everything is taken and the catalogue checks it when it is called.
 */

/** The templates in the JSON, as a union. */
export type TemplatesIn<Json> = Json extends readonly (infer Item)[]
  ? Item
  : Json extends { readonly data: readonly (infer Item)[] }
    ? Item
    : never;

export type NameIn<Item> = Item extends { readonly name: infer Name extends string } ? Name : never;
/** The languages in which there is a template of this name. */
export type LanguageIn<Item, Name> = Item extends {
  readonly name: Name;
  readonly language: infer Language extends string;
}
  ? Language
  : Item extends { readonly name: string; readonly language: infer Language extends string }
    ? string extends NameIn<Item>
      ? Language
      : never
    : never;
export type TemplateIn<Item, Name, Language> = Item extends { readonly name: infer N; readonly language: infer L }
  ? Name extends N
    ? Language extends L
      ? Item
      : never
    : never
  : never;

/** What `catalogue.template` takes after name and language: the body's values, then whatever header and buttons take. */
export type ValuesOf<Item> =
  IsLoose<Item> extends true ? LooseValues : Values<[body: BodyOf<Item>], HeaderPart<Item> & ButtonsPart<Item>>;

type Values<Body extends readonly unknown[], More> = object extends More
  ? Body extends [readonly []]
    ? [body?: readonly [], more?: More]
    : [...Body, more?: More]
  : [...Body, more: More];

type LooseValues = [body?: readonly string[] | Readonly<Record<string, string>>, more?: TemplateMore];

/** Whatever header and buttons take, when the compiler does not know which. */
export interface TemplateMore {
  /** A text's value, a file, or a place. */
  readonly header?: string | TemplateFile | TemplatePlace;
  /** By the button's place, from 0. */
  readonly buttons?: Readonly<Record<number, string | TemplateForm>>;
}
/** A file that lies with Meta, or one that Meta fetches from a public address; a document's name beside it. */
export type TemplateFile = OutboundMediaReference & { readonly fileName?: string };
/** The place in a template's header. Degrees. */
export interface TemplatePlace {
  readonly latitude: number;
  readonly longitude: number;
  readonly name: string;
  readonly address: string;
}
/** What a template's form button opens with. */
export interface TemplateForm {
  readonly token?: string;
  readonly data?: Readonly<Record<string, JsonValue>>;
}

/** The compiler knows too little of it: its components are no literals. */
type IsLoose<Item> = Item extends { readonly components: infer Components extends readonly unknown[] }
  ? number extends Components["length"]
    ? true
    : string extends TextOf<ComponentOf<Components, "BODY">>
      ? true
      : false
  : Item extends { readonly components: unknown }
    ? true
    : false;

type ComponentsOf<Item> = Item extends { readonly components: infer Components extends readonly unknown[] }
  ? Components
  : [];
type ComponentOf<Components extends readonly unknown[], Type extends string> = Extract<
  Components[number],
  { readonly type: Type }
>;
type TextOf<Component> = Component extends { readonly text: infer Text extends string } ? Text : "";

/** A tuple for numbers, an object for names. */
type BodyOf<Item> = Filling<Item, TextOf<ComponentOf<ComponentsOf<Item>, "BODY">>>;
type Filling<Item, Text extends string> =
  IsNamed<Item, PlaceholdersIn<Text>> extends true
    ? [PlaceholdersIn<Text>] extends [never]
      ? readonly []
      : Readonly<Record<PlaceholdersIn<Text>, string>>
    : Places<PlaceholdersIn<Text>>;

type IsNamed<Item, Found extends string> = Item extends { readonly parameter_format: infer Format }
  ? Format extends "NAMED" | "named"
    ? true
    : false
  : [Found] extends [`${number}`]
    ? false
    : true;

/** What stands between the braces, as a union. */
type PlaceholdersIn<Text extends string> = Text extends `${string}{{${infer Name}}}${infer Rest}`
  ? Trimmed<Name> | PlaceholdersIn<Rest>
  : never;
type Trimmed<Text extends string> = Text extends ` ${infer Rest}` | `${infer Rest} ` ? Trimmed<Rest> : Text;

/** As many texts as there are different places: each is filled once, wherever it stands. */
type Places<Found extends string, So extends readonly string[] = readonly []> = [Found] extends [never]
  ? So
  : Places<Exclude<Found, Lowest<Found>>, readonly [...So, string]>;
/** Any one of a union, always the same. */
type Lowest<Union> = (Union extends unknown ? (given: (one: Union) => void) => void : never) extends (
  given: infer All,
) => void
  ? All extends (one: infer One) => void
    ? One
    : never
  : never;

type HeaderPart<Item> = HeaderOf<ComponentOf<ComponentsOf<Item>, "HEADER">>;
type HeaderOf<Header> = [Header] extends [never]
  ? { readonly header?: never }
  : Header extends { readonly format: "IMAGE" | "VIDEO" }
    ? { readonly header: OutboundMediaReference }
    : Header extends { readonly format: "DOCUMENT" }
      ? { readonly header: TemplateFile }
      : Header extends { readonly format: "LOCATION" }
        ? { readonly header: TemplatePlace }
        : [PlaceholdersIn<TextOf<Header>>] extends [never]
          ? { readonly header?: never }
          : { readonly header: string };

type ButtonsPart<Item> = ButtonsOf<ComponentOf<ComponentsOf<Item>, "BUTTONS">>;
type ButtonsOf<Component> = [Component] extends [never]
  ? { readonly buttons?: never }
  : Component extends { readonly buttons: infer Buttons extends readonly unknown[] }
    ? ButtonValues<RequiredPlaces<Buttons>, OptionalPlaces<Buttons>>
    : { readonly buttons?: never };
type ButtonValues<Required, Optional> = [keyof Required] extends [never]
  ? [keyof Optional] extends [never]
    ? { readonly buttons?: never }
    : { readonly buttons?: Optional }
  : { readonly buttons: Required & Optional };

type RequiredPlaces<Buttons extends readonly unknown[]> = Readonly<Record<PlacesOf<Buttons, "value">, string>>;
type OptionalPlaces<Buttons extends readonly unknown[]> = Readonly<
  Partial<Record<PlacesOf<Buttons, "payload">, string> & Record<PlacesOf<Buttons, "form">, TemplateForm>>
>;
/** The places of the buttons that take this. */
type PlacesOf<Buttons extends readonly unknown[], Takes> = {
  readonly [Place in Extract<keyof Buttons, `${number}`>]: TakesOf<Buttons[Place]> extends Takes ? Place : never;
}[Extract<keyof Buttons, `${number}`>];
type TakesOf<Button> = Button extends { readonly type: "QUICK_REPLY" }
  ? "payload"
  : Button extends { readonly type: "FLOW" }
    ? "form"
    : Button extends { readonly type: "COPY_CODE" }
      ? "value"
      : Button extends { readonly type: "URL"; readonly url: infer Url extends string }
        ? [PlaceholdersIn<Url>] extends [never]
          ? "nothing"
          : "value"
        : "nothing";
