import type { z } from "zod";
import { MENU_TEXTS, ownMenuTexts } from "../decide/menu-texts.js";
import type { HotelStays } from "../domain/hotel-stays.js";
import type {
  Assignment,
  Department,
  Hotel,
  HotelClocks,
  HotelMenu,
  HotelNumber,
  HotelTexts,
  IdlePolicy,
  MenuEntry,
  ReadReceiptPolicy,
} from "../domain/hotel.js";
import type { HotelMedia } from "../domain/media-rules.js";
import type { DayHours, OpeningHours } from "../domain/opening-hours.js";
import type { HotelRetention } from "../domain/privacy.js";
import { secret } from "../domain/secret.js";
import { ConversationError } from "../errors.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { TemplatesJson } from "../whatsapp/template-json.js";
import {
  HotelSchema,
  HotelsSchema,
  hoursOf,
  type EntrySchema,
  type HotelMediaSchema,
  type MenuSchema,
  type TextsSchema,
} from "./hotel-schema.js";
import { check, present, type Accepted, type Issue } from "./values.js";

/** A hotel as the host describes it; what is left out has a default. */
export interface HotelOptions {
  /** 1 to 64 of a-z, 0-9, _ and -. */
  readonly id: string;
  /** For people; the id by default. */
  readonly name?: string;
  /** IANA, e.g. `"Europe/Rome"`. */
  readonly timeZone: string;
  /** At least one. */
  readonly numbers: readonly HotelNumber[];
  /**
   * Meta's id of the WhatsApp Business account (WABA), 1 to 32 digits. When it is this hotel's alone, what WhatsApp says about
   * the account reaches this hotel; without it, or when two hotels have the same, operators alone hear of it. What it says of a
   * template reaches every hotel that has it, and where it asks the account to wait they wait together.
   */
  readonly accountId?: string;
  /**
   * The account's message templates, in Graph's JSON or the array in it: what the desk knows before it has asked WhatsApp, whose word
   * counts more from then on. `start()` stores them.
   */
  readonly templates?: TemplatesJson;
  /**
   * 1 to 200, in the order in which the menu shows them. No two may have the same name, in any of their languages, however it
   * is typed.
   */
  readonly departments: readonly Department[];
  /** What a guest may choose from: departments and flows, in whose language, at which hours. The departments by default. */
  readonly menu?: HotelMenu;
  /** The hotel's times, in milliseconds: docs/configuration.md has each with its default. */
  readonly clocks?: Partial<HotelClocks>;
  /** `"menu"` by default: a guest who comes back after the idle time is asked for a department again. */
  readonly onIdle?: IdlePolicy;
  /**
   * `"never"` by default: a blue tick says to a guest that somebody has seen to them. Whether it does when staff open a conversation, or
   * when they answer it, is the hotel's to promise, so that nothing is told until it says so.
   */
  readonly readReceipts?: ReadReceiptPolicy;
  /** What the desk says by itself; by default English, and the menu in `language` where the desk speaks that. */
  readonly texts?: Partial<HotelTexts>;
  /** `"none"` by default: conversations wait until one of staff takes them. A department may have its own. */
  readonly assignment?: Assignment;
  /**
   * When staff are there, by the hotel's zone: always by default. A department may have its own. Guests who write while it is closed are
   * told when it opens (`texts.away`), once, and the times of first responses and resolutions pause.
   */
  readonly hours?: OpeningHours;
  /** When nothing is sent by itself that no guest waits for, every day: none by default. They leave an hour of the day at least. */
  readonly quietHours?: DayHours;
  /** BCP 47: into what guests' words are translated for staff, where there is a `translator`; `language` by default. */
  readonly staffLanguage?: string;
  /** BCP 47: in which `texts` and labels are, and times are written into them. `"en"` by default. */
  readonly language?: string;
  /** What the desk says by itself about stays, by what the hotel's own system tells (`pms.apply`): nothing by default. */
  readonly stays?: HotelStays;
  /** Which files it takes and how long they are kept, where that is not what the desk's `media` says: a smaller plan, another law. */
  readonly media?: HotelMedia;
  /** Days for which what is kept of it is kept, where that is not what the desk's `retention` says. */
  readonly retention?: HotelRetention;
}

/** Hotels given as an array, made into the port that everything asks. @throws {ConversationError} `config_invalid` */
export function staticHotels(options: readonly HotelOptions[]): HotelsPort {
  const issues: Issue[] = [];
  const hotels = readHotels(options satisfies Accepted<typeof HotelsSchema>, issues);
  if (hotels === null) throw new ConversationError("config_invalid", { issues });
  return portOf(hotels);
}

/**
 * A hotel as the desk wants it, of what the host keeps about it: checked, and with every default. For a hotels port.
 * @throws {ConversationError} `config_invalid` with every problem at once, each with its path
 */
export function completeHotel(options: HotelOptions): Hotel {
  const issues: Issue[] = [];
  const hotel = check(HotelSchema, options satisfies Accepted<typeof HotelSchema>, [], issues);
  if (hotel === null) throw new ConversationError("config_invalid", { issues });
  return hotelOf(hotel);
}

export const readHotels = (options: unknown, issues: Issue[]): readonly Hotel[] | null =>
  check(HotelsSchema, options, ["hotels"], issues)?.map(hotelOf) ?? null;

export function portOf(hotels: readonly Hotel[]): HotelsPort {
  const byId = new Map(hotels.map((hotel) => [hotel.id, hotel]));
  const owners = new Map(hotels.flatMap(({ id, numbers }) => numbers.map(({ phoneNumberId }) => [phoneNumberId, id])));
  const byAccount = new Map<string, string | null>();
  for (const { id, accountId } of hotels)
    if (accountId !== undefined) byAccount.set(accountId, byAccount.has(accountId) ? null : id);
  return {
    byId: (id) => Promise.resolve(byId.get(id) ?? null),
    byNumber: (phoneNumberId) => Promise.resolve(byId.get(owners.get(phoneNumberId) ?? "") ?? null),
    byAccount: (accountId) => Promise.resolve(byId.get(byAccount.get(accountId) ?? "") ?? null),
    rotateToken(phoneNumberId, accessToken) {
      const hotel = byId.get(owners.get(phoneNumberId) ?? "");
      if (hotel === undefined) return Promise.resolve();
      const numbers = hotel.numbers.map((number) =>
        number.phoneNumberId === phoneNumberId ? { ...number, accessToken: secret(accessToken) } : number,
      );
      byId.set(hotel.id, { ...hotel, numbers });
      return Promise.resolve();
    },
    inAccount: (accountId) => Promise.resolve([...byId.values()].filter((hotel) => hotel.accountId === accountId)),
  };
}

const hotelOf = ({
  name,
  departments,
  accountId,
  assignment,
  hours,
  quietHours,
  menu,
  texts,
  stays,
  media,
  retention,
  staffLanguage,
  templates: _templates,
  ...hotel
}: z.output<typeof HotelSchema>): Hotel => ({
  ...hotel,
  texts: textsOf(texts, hotel.language),
  ...(menu !== undefined && { menu: menuOf(menu) }),
  ...(staffLanguage !== undefined && { staffLanguage }),
  ...(accountId !== undefined && { accountId }),
  ...(assignment !== undefined && { assignment }),
  ...(hours !== undefined && { hours: hoursOf(hours) }),
  ...(quietHours !== undefined && { quietHours }),
  ...(stays !== undefined && { stays }),
  ...(media !== undefined && { media: mediaOf(media) }),
  ...(retention !== undefined && { retention: present(retention) }),
  name: name ?? hotel.id,
  departments: departments.map(({ names, description, assignment: own, hours: there, away, ...department }) => ({
    ...department,
    ...(own !== undefined && { assignment: own }),
    ...(there !== undefined && { hours: hoursOf(there) }),
    ...(away !== undefined && { away }),
    ...(names !== undefined && { names }),
    ...(description !== undefined && { description }),
  })),
});

const mediaOf = ({ limits, types, quotas, retention }: z.output<typeof HotelMediaSchema>): HotelMedia => ({
  ...(limits !== undefined && { limits: present(limits) }),
  ...(types !== undefined && { types }),
  ...(quotas !== undefined && { quotas: present(quotas) }),
  ...(retention !== undefined && { retention }),
});

function textsOf(
  { menu, menuAgain, menuButton, menuClosed, ...texts }: z.output<typeof TextsSchema>,
  language: string,
): HotelTexts {
  const own = ownMenuTexts(language) ?? MENU_TEXTS.en;
  return {
    ...texts,
    menu: menu ?? own.menu,
    menuAgain: menuAgain ?? own.menuAgain,
    menuButton: menuButton ?? own.menuButton,
    menuClosed: menuClosed ?? own.menuClosed,
  };
}

function menuOf({ entries, texts, whenClosed }: z.output<typeof MenuSchema>): HotelMenu {
  const entryOf = ({ shown, ...entry }: z.output<typeof EntrySchema>): MenuEntry =>
    ({ ...present<unknown>(entry), ...(shown !== undefined && { shown: hoursOf(shown) }) }) as MenuEntry;
  return {
    ...(entries !== undefined && { entries: entries.map(entryOf) }),
    ...(whenClosed !== undefined && { whenClosed }),
    ...(texts !== undefined && {
      texts: Object.fromEntries(Object.entries(texts).map(([tag, own]) => [tag, present(own)])),
    }),
  };
}
