import type { HotelStays } from "./hotel-stays.js";
import type { HotelMedia } from "./media-rules.js";
import type { DayHours, OpeningHours } from "./opening-hours.js";
import type { HotelRetention } from "./privacy.js";
import type { Secret } from "./secret.js";

/** The tenant: owner of WhatsApp numbers, departments and staff. Nothing crosses hotels. */
export interface Hotel {
  /** Stable and opaque, e.g. `"grand"`; never shown to guests. */
  readonly id: string;
  /** Shown to guests in menus. */
  readonly name: string;
  /** IANA zone, e.g. `"Europe/Rome"`. Used for rendering and business hours only; every rule compares instants. */
  readonly timeZone: string;
  readonly numbers: readonly HotelNumber[];
  /** Meta's id of the WhatsApp Business account (WABA). News about it goes to the hotel when it is this hotel's alone. */
  readonly accountId?: string;
  /** In the order in which the menu shows them; 1 to 200. */
  readonly departments: readonly Department[];
  /** What a guest may choose from; the departments without it. */
  readonly menu?: HotelMenu;
  /** Who gets what comes to a department that says nothing of its own; nobody without it. */
  readonly assignment?: Assignment;
  /** When departments are there that say nothing of their own; always without it. */
  readonly hours?: OpeningHours;
  /** When nothing is sent by itself that no guest waits for: hours of every day, e.g. `["22:00-08:00"]`; never without it. */
  readonly quietHours?: DayHours;
  /** BCP 47: in which times are written into `texts`, and of flows that name none; `"en"` where it is absent. */
  readonly language?: string;
  /** BCP 47: into what guests' words are translated for staff, where there is a translator; `language` where it is absent. */
  readonly staffLanguage?: string;
  readonly clocks: HotelClocks;
  readonly onIdle: IdlePolicy;
  /** `"never"` where it is absent. */
  readonly readReceipts?: ReadReceiptPolicy;
  readonly texts: HotelTexts;
  /** What it says by itself about stays; nothing without it. */
  readonly stays?: HotelStays;
  /** Which files it takes, and for how long; as the desk's `media` says without it. */
  readonly media?: HotelMedia;
  /** How long what is kept of it is kept; as the desk's `retention` says without it. */
  readonly retention?: HotelRetention;
}

/** One WhatsApp number of a hotel, and the token that may send from it. */
export interface HotelNumber {
  /** Meta's id of the number (`metadata.phone_number_id`); the only thing webhooks are routed by. */
  readonly phoneNumberId: string;
  /** A Graph API token with `whatsapp_business_messaging`. The desk keeps it as a `Secret`, whichever it was given. */
  readonly accessToken: string | Secret;
  /**
   * What WhatsApp lets the number send in a second, all that it gets included: 80 by default; 1,000 once Meta has raised it,
   * 20 for a number that is also in the phone app. null sends as fast as it goes.
   */
  readonly messagesPerSecond?: number | null;
}

/** Departments are compared by `id`, never by the spelling of `name`. */
export interface Department {
  readonly id: string;
  /** 1 to 20 UTF-16 units: it has to fit a WhatsApp button. */
  readonly name: string;
  /**
   * What it is called in other languages, by BCP 47 tag, e.g. `{ it: "Pulizie", "pt-BR": "Governança" }`: shown to guests whose
   * language it is known to be, and understood whoever types it.
   */
  readonly names?: Readonly<Record<string, string>>;
  /** Shown under the name where a menu has room for it, at most 72 UTF-16 units. */
  readonly description?: string;
  /** Who gets what comes here; the hotel's own by default. */
  readonly assignment?: Assignment;
  /** When somebody is there; the hotel's own by default. */
  readonly hours?: OpeningHours;
  /** What a guest is told who writes while it is closed, as `HotelTexts.away`, which it is by default. */
  readonly away?: string;
}

/** The menu that asks a guest what they want. */
export interface HotelMenu {
  /** In the order shown, 1 to 200; every department, in the hotel's order, by default. */
  readonly entries?: readonly MenuEntry[];
  /** Whether departments that are closed are shown, with the time at which they open; `"shown"` by default. An entry may have its own. */
  readonly whenClosed?: "shown" | "hidden";
  /**
   * What the menu says in other languages, by BCP 47 tag, one by one: `{ it: { menu: "Benvenuti! ..." } }`. In the hotel's own `texts` count. What
   * is left out is the desk's own in English, Italian, Spanish, Portuguese, German and French, and the hotel's `texts` in any other.
   */
  readonly texts?: Readonly<Record<string, Partial<MenuTexts>>>;
}

/** Something that a guest may choose. Where all entries are hidden at an hour, all are shown: a menu never is empty. */
export type MenuEntry = DepartmentEntry | FlowEntry;

interface AnyMenuEntry {
  /** In other languages, by BCP 47 tag: shown to guests whose language it is, and understood whoever types it. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Shown under the label where the menu has room for it: at most 72 UTF-16 units. */
  readonly description?: string;
  readonly descriptions?: Readonly<Record<string, string>>;
  /** When it is shown, by the hotel's zone: always by default. A menu that was sent before is answered all the same. */
  readonly shown?: OpeningHours;
}

/** A line of the menu that leads to a department. */
export interface DepartmentEntry extends AnyMenuEntry {
  readonly departmentId: string;
  /** 1 to 200 UTF-16 units; the department's name, in the guest's language, by default. One that is too long for a button makes a list, one too long for that a text. */
  readonly label?: string;
  readonly whenClosed?: "shown" | "hidden";
}

/** A line of the menu that begins a flow. */
export interface FlowEntry extends AnyMenuEntry {
  /** One of the desk's flows: whoever chooses it begins it. */
  readonly flowId: string;
  readonly label: string;
}

/** What a menu says, of `HotelTexts`. */
export type MenuTexts = Pick<HotelTexts, "menu" | "menuAgain" | "menuButton" | "menuClosed">;

/**
 * How a conversation that nobody sees to gets somebody when it comes to a department, is opened again there, or its guest writes after a
 * silence of ten minutes. `none`: it waits until one of staff takes it. A function chooses itself: an id of one of staff, or null for
 * nobody. One that throws, or does not answer within 5 s, is asked again with back-off, and the department's other conversations wait
 * for that; guests' messages wait for none of this. Whom staff gave a conversation to keeps it.
 */
export type Assignment = "none" | AssignmentRule | ((to: AssignmentPlace) => Promise<string | null>);

/**
 * `roundRobin`: one after the other. `leastBusy`: whoever sees to the fewest open conversations of the hotel, and among those one
 * after the other.
 */
export interface AssignmentRule {
  readonly rule: "roundRobin" | "leastBusy";
  /** The ids of staff who are there, in the order of their turns; none leaves it to nobody. A function is asked each time. */
  readonly staff: readonly string[] | ((to: AssignmentPlace) => Promise<readonly string[]>);
}

/** Where somebody is needed. */
export interface AssignmentPlace {
  readonly hotelId: string;
  readonly departmentId: string;
  readonly conversationId: string;
}

/** The clocks that a hotel may set. The service window is Meta's and stands in `service-window.ts`. */
export interface HotelClocks {
  /** A conversation is idle this long after the guest's last message. Milliseconds; 24 h by default. */
  readonly conversationIdleMs: number;
  /** A guest gets at most one department menu in this time. Milliseconds; 2 min by default. */
  readonly menuRepromptMs: number;
  /** A flow asks a guest again who has not answered for so long; as long again, and staff get them. Milliseconds; 30 min by default. */
  readonly flowStepMs?: number;
}

/**
 * What happens to a message for an idle conversation in which staff did not speak last:
 * `"menu"` asks the guest for a department again, `"continue"` goes on in the idle conversation.
 */
export type IdlePolicy = "menu" | "continue";

/**
 * When WhatsApp is told that a guest's messages have been read, so that their ticks turn blue: `"whenRead"`: when staff mark them as read,
 * or answer; `"whenAnswered"`: when staff answer; `"never"`: not at all, and then no guest sees that somebody types either, because WhatsApp
 * shows the one only with the other.
 */
export type ReadReceiptPolicy = "whenRead" | "whenAnswered" | "never";

/** What the hotel says by itself. */
export interface HotelTexts {
  /** The menu's question, at most 1024 UTF-16 units. */
  readonly menu: string;
  /** The menu's question when the guest's answer named no department, at most 1024 UTF-16 units. */
  readonly menuAgain: string;
  /** The label that opens the list of departments, at most 20 UTF-16 units. */
  readonly menuButton: string;
  /** What asks a guest how it was, at most 1024 UTF-16 units. Its answers are one to five stars. */
  readonly rating: string;
  /** The label that opens the list of stars, at most 20 UTF-16 units. */
  readonly ratingButton: string;
  /** The answer to a guest who wants no more offers, at most 1024 UTF-16 units: it names a word that undoes it. */
  readonly consentStopped: string;
  /** The answer to a guest who wants offers again, at most 1024 UTF-16 units. */
  readonly consentResumed: string;
  /**
   * What a guest is told who writes to a department that is closed, or before they chose one while all are, at most 1024 UTF-16 units.
   * `{opens}` becomes the time of the next opening, in the hotel's language and zone: `"9:00 AM"`, or `"Monday 9:00 AM"` on another day.
   */
  readonly away: string;
  /** The same, where no opening is known within 400 days. */
  readonly awayForLong: string;
  /** Stands under a department that is closed, where a menu has room for it, instead of its description. `{opens}` as above. */
  readonly menuClosed: string;
}

/** The hotel that keeps what belongs to no known number: seen by operators only. */
export const UNROUTED_HOTEL_ID = "unrouted";
