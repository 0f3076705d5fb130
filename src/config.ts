import { z } from "zod";
import { DEFAULT_CLOCKS } from "./domain/clocks.js";
import { UNROUTED_HOTEL_ID, type Hotel } from "./domain/hotel.js";
import { ConversationError } from "./errors.js";
import type { HotelsPort } from "./ports/hotels.js";
import { LIMITS } from "./whatsapp/limits.js";

const DAY_MS = 24 * 60 * 60 * 1000;

const Id = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "1 to 64 of a-z, 0-9, _ and -, beginning with a letter or digit");
const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => value.trim() !== "", "must say something");
const ms = (min: number, max: number) => z.int().min(min).max(max);

const Department = z.strictObject({
  id: Id,
  /** Has to fit a WhatsApp button. */
  name: text(LIMITS.buttonTitle),
  description: text(LIMITS.rowDescription).optional(),
});

const HotelNumber = z.strictObject({
  phoneNumberId: z.string().regex(/^\d{1,32}$/, "Meta's id of the number: digits only, not the phone number itself"),
  accessToken: z.string().min(1),
});

const Clocks = z.strictObject({
  /** 24 h: a guest who comes back a day later has a new matter. */
  conversationIdleMs: ms(60_000, 365 * DAY_MS).default(DEFAULT_CLOCKS.conversationIdleMs),
  /** 2 min: a guest who types in several short messages is asked once. */
  menuRepromptMs: ms(1_000, DAY_MS).default(DEFAULT_CLOCKS.menuRepromptMs),
});

const Texts = z.strictObject({
  menu: text(LIMITS.buttonBody).default("Hello! Which department can help you?"),
  menuAgain: text(LIMITS.buttonBody).default("Sorry, I did not get that. Please choose a department:"),
  menuButton: text(LIMITS.listButton).default("Departments"),
});

const timeZones = z.string().refine(isTimeZone, "an IANA time zone such as Europe/Rome");

const HotelOptions = z
  .strictObject({
    id: Id.refine((id) => id !== UNROUTED_HOTEL_ID, `"${UNROUTED_HOTEL_ID}" is reserved for what belongs to no hotel`),
    name: text(200).optional(),
    timeZone: timeZones,
    numbers: z.array(HotelNumber).min(1),
    departments: z.array(Department).min(1),
    clocks: Clocks.prefault({}),
    /** `menu`: a guest who comes back after the idle time is asked for a department again. */
    onIdle: z.enum(["menu", "continue"]).default("menu"),
    texts: Texts.prefault({}),
  })
  .refine(({ departments }) => unique(departments.map(({ id }) => id)), "two departments have the same id")
  .refine(({ departments }) => unique(departments.map(({ name }) => name)), "two departments have the same name");

const Hotels = z
  .array(HotelOptions)
  .min(1)
  .refine((hotels) => unique(hotels.map(({ id }) => id)), "two hotels have the same id")
  .refine(
    (hotels) => unique(hotels.flatMap(({ numbers }) => numbers.map(({ phoneNumberId }) => phoneNumberId))),
    "a WhatsApp number belongs to two hotels",
  );

const Settings = z.strictObject({
  webhook: z.strictObject({
    /** Several while a secret is rotated; one that is taken out counts no more at once. */
    appSecrets: z.array(z.string().min(8, "an app secret: at least 8 characters")).min(1),
    verifyToken: z.string().min(8, "at least 8 characters, hard to guess"),
    /** 2 s: Meta wants an answer within a second almost always; after this it is told to come again. */
    deadlineMs: ms(100, 30_000).default(2_000),
    /** 30 days: Meta redelivers for up to 7. An older item is stored and not acted upon. */
    dedupRetentionMs: ms(8 * DAY_MS, 365 * DAY_MS).default(30 * DAY_MS),
  }),
  work: z
    .strictObject({
      /** 8 s: how long a killed process's lanes stay with it. */
      leaseMs: ms(1_000, 300_000).default(8_000),
      /** 1 s: how late work that another process stored is found, while nothing else tells of it. */
      pollMs: ms(10, 60_000).default(1_000),
      /** Failures after which a piece of work is set aside as dead. */
      attempts: z.int().min(1).max(100).default(5),
      /** Back-off of failed work: at first, and at most. */
      retryBaseMs: ms(1, 60_000).default(200),
      retryCapMs: ms(1, 3_600_000).default(30_000),
      /** Chats decided on at once by this process. */
      inboundLanes: z.int().min(1).max(10_000).default(200),
    })
    .prefault({}),
  outbound: z
    .strictObject({
      /** Messages in this process's sockets at once. */
      concurrency: z.int().min(1).max(1_000).default(50),
      /** Back-off of a send that was proven not to have happened: at first, and at most. */
      retryBaseMs: ms(1, 60_000).default(1_000),
      retryCapMs: ms(1, 3_600_000).default(60_000),
      /** 1 h: a message that could not be sent for so long fails visibly, and the next ones go on. */
      maxAgeMs: ms(1_000, DAY_MS).default(3_600_000),
    })
    .prefault({}),
});

/** A hotel as the host describes it; what is left out has a default. */
export type HotelOptions = z.input<typeof HotelOptions>;
export type SettingsOptions = z.input<typeof Settings>;
export type Settings = z.output<typeof Settings>;

/** @throws {ConversationError} `config_invalid` with every problem at once, each with its path */
export function readSettings(options: SettingsOptions): Settings {
  return parse(Settings, options, []);
}

/** Hotels given as an array, checked and made into the port that everything asks. */
export function staticHotels(options: readonly HotelOptions[]): HotelsPort {
  const hotels = parse(Hotels, options, ["hotels"]).map(
    ({ name, departments, ...hotel }): Hotel => ({
      ...hotel,
      name: name ?? hotel.id,
      departments: departments.map(({ description, ...department }) =>
        description === undefined ? department : { ...department, description },
      ),
    }),
  );
  const byId = new Map(hotels.map((hotel) => [hotel.id, hotel]));
  const byNumber = new Map(hotels.flatMap((hotel) => hotel.numbers.map((number) => [number.phoneNumberId, hotel])));
  return {
    byId: (id) => Promise.resolve(byId.get(id) ?? null),
    byNumber: (phoneNumberId) => Promise.resolve(byNumber.get(phoneNumberId) ?? null),
  };
}

function parse<T>(schema: z.ZodType<T>, value: unknown, at: readonly string[]): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  // Paths and texts only: the values may hold secrets.
  const issues = result.error.issues.map(({ path, message }) => ({ path: [...at, ...path].map(String).join("."), message }));
  throw new ConversationError("config_invalid", { issues });
}

const unique = (values: readonly string[]): boolean => new Set(values).size === values.length;

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }) !== null;
  } catch {
    return false;
  }
}
