import type { FakeWhatsApp, GuestFile, MediaKind } from "belldesk/testing";
import { SAMPLES } from "./sample-files.js";

/** What a guest does on the phone; the table in README.md says which members belong to which `type`. */
export interface Act {
  readonly type?: string;
  readonly text?: string;
  readonly id?: string;
  readonly title?: string;
  readonly option?: string;
  /** Of the message that is edited, deleted, reacted to, or whose form is filled in. */
  readonly wamid?: string;
  /** Of the message that is answered to. */
  readonly quotes?: string;
  readonly emoji?: string | null;
  /** Of a file. */
  readonly base64?: string;
  readonly mimeType?: string;
  readonly fileName?: string;
  readonly voice?: boolean;
  /** Degrees. */
  readonly latitude?: number;
  readonly longitude?: number;
  readonly name?: string;
  readonly address?: string;
  readonly contacts?: readonly { readonly name: string; readonly phone: string }[];
  readonly answers?: Readonly<Record<string, unknown>>;
}

const isFile = (type: string): type is MediaKind => ["image", "document", "audio", "video", "sticker"].includes(type);

const isText = (value: unknown): boolean => typeof value === "string";
const isDegrees = (value: unknown): boolean => typeof value === "number" && Math.abs(value) <= 180;
const isRecord = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isCard = (value: unknown): boolean =>
  isRecord(value) && "name" in value && isText(value.name) && "phone" in value && isText(value.phone);

/** What each member may be. */
const FITS: Readonly<Record<keyof Act, (value: unknown) => boolean>> = {
  type: isText,
  text: isText,
  id: isText,
  title: isText,
  option: isText,
  wamid: isText,
  quotes: isText,
  emoji: (value) => value === null || isText(value),
  base64: isText,
  mimeType: isText,
  fileName: isText,
  voice: (value) => typeof value === "boolean",
  latitude: isDegrees,
  longitude: isDegrees,
  name: isText,
  address: isText,
  contacts: (value) => Array.isArray(value) && value.every(isCard),
  answers: isRecord,
};

/** @returns the member that nothing on a phone is like; null for none */
export const unfit = (deed: Act): string | null =>
  (Object.keys(FITS) as (keyof Act)[]).find((member) => deed[member] !== undefined && !FITS[member](deed[member])) ??
  null;

/** @returns the wamid, when the host has it @throws {RangeError} for what the phone does not show */
export function act(fake: FakeWhatsApp, address: string, number: string, deed: Act): Promise<string> {
  const { type = "text", text = "", id, title, option, wamid = "", emoji = null, quotes } = deed;
  const guest = fake.guest(address);
  const quoting = quotes === undefined ? {} : { quotes };
  if (isFile(type)) return guest.sendsFile(number, fileOf(type, deed), quoting);
  switch (type) {
    case "text":
      return guest.says(number, text, quoting);
    case "button":
    case "list":
      return guest.taps(number, id ?? option ?? title ?? text);
    case "edit":
      return guest.edits(number, wamid, text);
    case "revoke":
      return guest.deletes(number, wamid);
    case "unsupported":
      return guest.sendsUnsupported(number, text === "" ? null : text);
    case "reaction":
      return guest.reacts(number, wamid, emoji);
    case "form":
      return guest.fillsIn(number, wamid, deed.answers ?? {});
    case "location":
      return guest.sends(number, "location", placeOf(deed), quoting);
    case "contacts":
      return guest.sends(number, "contacts", cardsOf(deed), quoting);
    default:
      return guest.sends(number, type, text === "" ? {} : { caption: text }, quoting);
  }
}

/** In front of the station, unless another place is said. */
const placeOf = ({ latitude = 41.901, longitude = 12.5014, name, address }: Act): object => ({
  latitude,
  longitude,
  ...(name !== undefined && { name }),
  ...(address !== undefined && { address }),
});

const cardsOf = ({ contacts = [{ name: "Ada", phone: "+12025550199" }] }: Act): object =>
  contacts.map(({ name, phone }) => ({
    name: { formatted_name: name, first_name: name },
    phones: [{ phone, wa_id: phone.replaceAll(/\D/g, ""), type: "MOBILE" }],
  }));

/** The one that is brought, or the one that the phone has at hand. */
function fileOf(kind: MediaKind, { text = "", base64, mimeType, fileName, voice }: Act): GuestFile {
  const sample = SAMPLES[kind];
  const isSample = base64 === undefined;
  const name = fileName ?? (kind === "document" && isSample ? sample.fileName : undefined);
  const isVoice = voice ?? (kind === "audio" && isSample ? true : undefined);
  return {
    kind,
    bytes: isSample ? sample.bytes : Buffer.from(base64, "base64"),
    mimeType: mimeType ?? sample.mimeType,
    ...(text !== "" && { caption: text }),
    ...(name !== undefined && { fileName: name }),
    ...(isVoice !== undefined && { voice: isVoice }),
  };
}
