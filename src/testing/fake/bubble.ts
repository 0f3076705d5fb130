import type { SendBody, SentFile, SentFiles, SentInteractive } from "../meta-json.js";
import type { PhoneForm, PhoneMessage } from "../phones.js";
import type { MediaKind } from "./media.js";
import { parametersOf, templateText, type FakeTemplate, type SentTemplate, type TemplateButton } from "./templates.js";

/** What a phone shows of a message, whoever sent it; the rest of a bubble says who, and when. */
export type Bubble = Omit<PhoneMessage, "wamid" | "from" | "status" | "at" | "edited" | "reaction">;

const KINDS: readonly MediaKind[] = ["image", "video", "audio", "document", "sticker"];

/** @param template what a template is filled into; null for anything else */
export function bubbleOf(body: SendBody, template: FakeTemplate | null): Bubble {
  const { type = "text", text, interactive, context } = body;
  const quoting = context?.message_id === undefined ? {} : { quotes: context.message_id };
  if (template !== null && body.template !== undefined)
    return { type, ...quoting, ...filledIn(body.template, template) };
  if (interactive !== undefined) return { ...asked(interactive), ...quoting };
  const file = fileIn(body as SentFiles);
  const words = text?.body ?? file?.caption;
  return { type, ...quoting, ...(words !== undefined && { text: words }), ...file?.shown, ...told(body) };
}

function fileIn(
  body: SentFiles,
): { readonly caption: string | undefined; readonly shown: Pick<Bubble, "file"> } | null {
  const kind = KINDS.find((one) => body[one] !== undefined);
  const file = kind === undefined ? undefined : body[kind];
  return kind === undefined || file === undefined ? null : { caption: file.caption, shown: shownFile(kind, file) };
}

function shownFile(kind: MediaKind, { id, link, filename, mime_type: mimeType, voice, animated }: SentFile) {
  // Whatever has neither was told of, and never sent.
  if (id === undefined && link === undefined) return {};
  return {
    file: {
      kind,
      ...(id !== undefined && { id }),
      ...(link !== undefined && { link }),
      ...(filename !== undefined && { name: filename }),
      ...(mimeType !== undefined && { mimeType }),
      ...(voice === true && { isVoice: true as const }),
      ...(animated === true && { isAnimated: true as const }),
    },
  };
}

interface Place {
  readonly latitude: number | string;
  readonly longitude: number | string;
  readonly name?: string;
  readonly address?: string;
}

interface Card {
  readonly name?: { readonly formatted_name?: string };
  readonly phones?: readonly { readonly phone?: string; readonly wa_id?: string }[];
}

/** Of a place, or of people's cards. */
function told(body: object): Pick<Bubble, "place" | "cards"> {
  const { location, contacts } = body as { readonly location?: Place; readonly contacts?: readonly Card[] };
  if (location?.latitude !== undefined) {
    const { latitude, longitude, name, address } = location;
    const words = { ...(name !== undefined && { name }), ...(address !== undefined && { address }) };
    return { place: { latitude: Number(latitude), longitude: Number(longitude), ...words } };
  }
  if (!Array.isArray(contacts)) return {};
  return {
    cards: contacts.map(({ name, phones = [] }: Card) => ({
      ...(name?.formatted_name !== undefined && { name: name.formatted_name }),
      phones: phones.flatMap(({ phone, wa_id: waId }) => phone ?? waId ?? []),
    })),
  };
}

function asked({ type, header, body, footer, action }: SentInteractive): Bubble {
  const rows = action?.sections?.flatMap(({ title, rows: own = [] }) =>
    own.map((row) => ({ ...row, ...(title !== undefined && title !== "" && { section: title }) })),
  );
  const { display_text: title, url } = action?.parameters ?? {};
  return {
    type,
    options: action?.buttons?.map(({ reply }) => reply) ?? rows ?? [],
    ...(body !== undefined && { text: body.text }),
    ...(header?.text !== undefined && { header: header.text }),
    ...(header === undefined ? {} : fileIn(header)?.shown),
    ...(footer !== undefined && { footer: footer.text }),
    ...(action?.button !== undefined && { button: action.button }),
    ...(title !== undefined && url !== undefined && { links: [{ title, url }] }),
    ...(type === "flow" && { form: formOf(action) }),
  };
}

function formOf(action: SentInteractive["action"]): PhoneForm {
  const given = action?.parameters;
  const { screen, data } = given?.flow_action_payload ?? {};
  return {
    title: given?.flow_cta ?? "",
    ...(given?.flow_id !== undefined && { id: given.flow_id }),
    ...(given?.flow_name !== undefined && { name: given.flow_name }),
    ...(given?.flow_token !== undefined && { token: given.flow_token }),
    asksHotel: given?.flow_action === "data_exchange",
    ...(screen !== undefined && { screen }),
    ...(data !== undefined && { data }),
  };
}

function filledIn(sent: SentTemplate, template: FakeTemplate): Omit<Bubble, "type"> {
  const part = (type: string) => template.components.find((component) => component.type === type);
  const header = part("HEADER");
  const [inHeader] = parametersOf(sent, "header");
  const footer = part("FOOTER")?.text;
  const buttons = part("BUTTONS")?.buttons ?? [];
  const given = (place: number) =>
    sent.components?.find(({ type, index }) => type === "button" && Number(index) === place)?.parameters?.[0];
  const links = buttons.flatMap((button, place) => linkOf(button, given(place)?.text));
  return {
    text: templateText(sent, template),
    // What can be tapped, with the payloads that it was sent with: by default what stands on the button.
    options: buttons.flatMap(({ type, text = "" }, place) =>
      type === "QUICK_REPLY" ? [{ id: given(place)?.payload ?? text, title: text }] : [],
    ),
    ...(header?.text !== undefined && { header: templateText(sent, template, "header") }),
    ...(inHeader !== undefined && fileIn(inHeader as SentFiles)?.shown),
    ...(footer !== undefined && { footer }),
    ...(links.length > 0 && { links }),
  };
}

/** @param added what stands in the place of `{{1}}` */
const linkOf = ({ type, text = "", url = "" }: TemplateButton, added = ""): { title: string; url: string }[] =>
  type === "URL" ? [{ title: text, url: url.replace(/\{\{\s*1\s*\}\}/, encodeURIComponent(added)) }] : [];
