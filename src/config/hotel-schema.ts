import { z } from "zod";
import { CHOICES_MAX, keyOf } from "../decide/choices.js";
import { isLanguage } from "../decide/language.js";
import { DEFAULT_CLOCKS } from "../domain/clocks.js";
import type { HotelStays } from "../domain/hotel-stays.js";
import { UNROUTED_HOTEL_ID, type Assignment } from "../domain/hotel.js";
import {
  hoursProblems,
  openMillisBetween,
  timesProblems,
  WEEKDAYS,
  type OpeningHours,
  type Weekday,
} from "../domain/opening-hours.js";
import { isStaffId } from "../domain/principal.js";
import { NUMBER_PACE } from "../domain/sender.js";
import { ConversationError } from "../errors.js";
import { LIMITS } from "../whatsapp/limits.js";
import { templatesFromJson, type TemplatesJson } from "../whatsapp/template-json.js";
import { StaysSchema } from "./stays-schema.js";
import { agesOf, Bytes, MediaLimitsSchema, MediaRetentionSchema, MediaTypesSchema } from "./keeping-schema.js";
import { DAY_MS, HOUR_MS, Id, present, secretText, text, unique, whole, type Issue } from "./values.js";

/** Ours: one short answer, not a page of terms. UTF-16 units. */
const [CONSENT_TEXT_MAX, AWAY_TEXT_MAX] = [1024, 1024];
/** Ours: with a time of up to 40 in it, it fits a row's description. UTF-16 units. */
const MENU_CLOSED_MAX = 32;

const isFunction = (value: unknown): boolean => typeof value === "function";
const AssignmentSchema = z.custom<Assignment>(
  (value) => value === "none" || isFunction(value) || AssignmentRuleSchema.safeParse(value).success,
  `"none", a function, or { rule: "roundRobin" or "leastBusy", staff: ids or a function }`,
);
const AssignmentRuleSchema = z.strictObject({
  rule: z.enum(["roundRobin", "leastBusy"]),
  staff: z.union([z.array(z.custom<string>(isStaffId)), z.custom<object>(isFunction)]),
});

/** Ours: nobody is there in more stretches of a day, and no hotel differs on more days. */
const [TIMES_MAX, HOLIDAYS_MAX] = [12, 400];
const DayHoursSchema = z.array(z.string()).max(TIMES_MAX);
export const HoursSchema = z
  .strictObject({
    week: z.union([DayHoursSchema, z.strictObject(dayOptions(DayHoursSchema.optional()))]),
    holidays: z
      .record(z.string(), DayHoursSchema)
      .refine((days) => Object.keys(days).length <= HOLIDAYS_MAX, `${String(HOLIDAYS_MAX)} days at most`)
      .optional(),
  })
  .superRefine((hours, context) => {
    for (const { path, message } of hoursProblems(hoursOf(hours)))
      context.addIssue({ code: "custom", path: [...path], message });
  });
export const hoursOf = ({ week, holidays }: z.output<typeof HoursSchema>): OpeningHours => ({
  week: Array.isArray(week) ? week : present(week),
  ...(holidays !== undefined && { holidays }),
});

const QuietHoursSchema = DayHoursSchema.superRefine((times, context) => {
  for (const { path, message } of timesProblems(times)) context.addIssue({ code: "custom", path: [...path], message });
  // Nothing would ever be sent.
  if (openMillisBetween({ week: times }, "UTC", new Date(0), new Date(DAY_MS)) > DAY_MS - HOUR_MS)
    context.addIssue({ code: "custom", message: "leave an hour of the day at least" });
});

const byLanguage = <T extends z.ZodType>(what: T) =>
  z
    .record(z.string(), what)
    .refine((by) => Object.keys(by).every(isLanguage), "each by a BCP 47 language tag such as it or pt-BR");

const DepartmentSchema = z.strictObject({
  id: Id,
  /** Has to fit a WhatsApp button. */
  name: text(LIMITS.buttonTitle),
  names: byLanguage(text(200)).optional(),
  description: text(LIMITS.rowDescription).optional(),
  assignment: AssignmentSchema.optional(),
  hours: HoursSchema.optional(),
  away: text(AWAY_TEXT_MAX).optional(),
});

const NumberSchema = z.strictObject({
  phoneNumberId: z.string().regex(/^\d{1,32}$/, "Meta's id of the number: digits only, not the phone number itself"),
  accessToken: secretText(1, "a Graph API token: not empty"),
  messagesPerSecond: z.number().min(0.1).max(10_000).nullable().default(NUMBER_PACE.usual),
});

const Clocks = z.strictObject({
  conversationIdleMs: whole(60_000, 365 * DAY_MS).default(DEFAULT_CLOCKS.conversationIdleMs),
  menuRepromptMs: whole(1_000, DAY_MS).default(DEFAULT_CLOCKS.menuRepromptMs),
  flowStepMs: whole(1_000, 30 * DAY_MS).default(DEFAULT_CLOCKS.flowStepMs),
});

const MenuTextsShape = {
  menu: text(LIMITS.buttonBody).optional(),
  menuAgain: text(LIMITS.buttonBody).optional(),
  menuButton: text(LIMITS.listButton).optional(),
  menuClosed: text(MENU_CLOSED_MAX).optional(),
};

const anyEntry = {
  labels: byLanguage(text(200)).optional(),
  description: text(LIMITS.rowDescription).optional(),
  descriptions: byLanguage(text(LIMITS.rowDescription)).optional(),
  shown: HoursSchema.optional(),
};
const WhenClosed = z.enum(["shown", "hidden"]);
export const EntrySchema = z.union(
  [
    z.strictObject({ ...anyEntry, departmentId: Id, label: text(200).optional(), whenClosed: WhenClosed.optional() }),
    z.strictObject({ ...anyEntry, flowId: Id, label: text(200) }),
  ],
  "an entry names a departmentId, or a flowId and its label; besides labels, description, descriptions, shown, and of a department whenClosed",
);
export const MenuSchema = z.strictObject({
  entries: z.array(EntrySchema).min(1).max(CHOICES_MAX).optional(),
  whenClosed: WhenClosed.optional(),
  texts: byLanguage(z.strictObject(MenuTextsShape)).optional(),
});

export const TextsSchema = z.strictObject({
  ...MenuTextsShape,
  rating: text(LIMITS.buttonBody).default("How was it? One star is bad, five are very good."),
  ratingButton: text(LIMITS.listButton).default("Rate"),
  consentStopped: text(CONSENT_TEXT_MAX).default(
    "You will get no more offers from us here. Write to us whenever you need us, and START to get offers again.",
  ),
  consentResumed: text(CONSENT_TEXT_MAX).default("You will get our offers again. Write STOP to end them."),
  away: text(AWAY_TEXT_MAX).default("We have your message, and are closed at the moment. We open again: {opens}"),
  awayForLong: text(AWAY_TEXT_MAX).default(
    "We have your message, and are closed at the moment. We answer when we are back.",
  ),
});

/** What a hotel has otherwise than `media` of the desk. */
export const HotelMediaSchema = z.strictObject({
  limits: MediaLimitsSchema.optional(),
  types: MediaTypesSchema.optional(),
  quotas: z.strictObject({ hotelBytes: Bytes.optional(), guestBytes: Bytes.optional() }).optional(),
  retention: MediaRetentionSchema.optional(),
});

const timeZones = z.string().refine(isTimeZone, "an IANA time zone such as Europe/Rome");

export const HotelSchema = z
  .strictObject({
    id: Id.refine((id) => id !== UNROUTED_HOTEL_ID, `"${UNROUTED_HOTEL_ID}" is reserved for what belongs to no hotel`),
    name: text(200).optional(),
    timeZone: timeZones,
    numbers: z.array(NumberSchema).min(1),
    accountId: z
      .string()
      .regex(/^\d{1,32}$/, "Meta's id of the WhatsApp Business account: digits only")
      .optional(),
    templates: z.custom<TemplatesJson>().superRefine(checkTemplates).optional(),
    departments: z.array(DepartmentSchema).min(1).max(CHOICES_MAX),
    menu: MenuSchema.optional(),
    clocks: Clocks.prefault({}),
    onIdle: z.enum(["menu", "continue"]).default("menu"),
    readReceipts: z.enum(["whenRead", "whenAnswered", "never"]).default("never"),
    texts: TextsSchema.prefault({}),
    assignment: AssignmentSchema.optional(),
    hours: HoursSchema.optional(),
    quietHours: QuietHoursSchema.optional(),
    stays: StaysSchema.optional(),
    media: HotelMediaSchema.optional(),
    retention: z
      .strictObject(agesOf(whole(1, 36_500).nullable().optional()))
      .omit({ dedupKeys: true })
      .optional(),
    staffLanguage: z.string().refine(isLanguage, "a BCP 47 language tag such as it or pt-BR").optional(),
    language: z.string().refine(isLanguage, "a BCP 47 language tag such as it or pt-BR").default("en"),
  })
  .refine(({ departments }) => unique(departments.map(({ id }) => id)), "two departments have the same id")
  .refine(
    ({ departments, stays }) => {
      const { messages = [] }: HotelStays = stays ?? {};
      return messages.every(
        ({ department }) => department === undefined || departments.some(({ id }) => id === department),
      );
    },
    { path: ["stays", "messages"], message: "a message comes from a department that there is not" },
  )
  .refine(
    ({ departments }) =>
      unique(departments.flatMap(({ name, names = {} }) => [...new Set([name, ...Object.values(names)].map(keyOf))])),
    "two departments have the same name, or names that cannot be told apart when they are typed, in one language or another",
  )
  .superRefine(({ departments, menu }, context) => {
    const known = new Map(departments.map((department) => [department.id, department]));
    const called = new Map<string, number>();
    for (const [index, entry] of (menu?.entries ?? []).entries()) {
      const wrong = (member: string, message: string): void => {
        context.addIssue({ code: "custom", path: ["menu", "entries", index, member], message });
      };
      const isFlow = "flowId" in entry;
      const department = isFlow ? undefined : known.get(entry.departmentId);
      if (!isFlow && department === undefined) wrong("departmentId", "names no department of the hotel");
      const same = menu?.entries?.findIndex((other) =>
        isFlow
          ? "flowId" in other && other.flowId === entry.flowId
          : "departmentId" in other && other.departmentId === entry.departmentId,
      );
      if (same !== index) {
        wrong(isFlow ? "flowId" : "departmentId", "is in the menu twice");
        continue;
      }
      const names = department === undefined ? [] : [department.name, ...Object.values(department.names ?? {})];
      for (const name of [
        ...(entry.label === undefined ? [] : [entry.label]),
        ...Object.values(entry.labels ?? {}),
        ...names,
      ]) {
        const other = called.get(keyOf(name)) ?? index;
        if (other !== index) wrong("label", "is what another entry is called, in one language or another");
        called.set(keyOf(name), other);
      }
    }
  });

export const HotelsSchema = z
  .array(HotelSchema)
  .min(1)
  .refine((hotels) => unique(hotels.map(({ id }) => id)), "two hotels have the same id")
  .refine(
    (hotels) => unique(hotels.flatMap(({ numbers }) => numbers.map(({ phoneNumberId }) => phoneNumberId))),
    "a WhatsApp number belongs to two hotels",
  );

function checkTemplates(json: unknown, context: z.RefinementCtx): void {
  if (json === undefined) return;
  try {
    templatesFromJson(json);
  } catch (error) {
    if (!ConversationError.is(error)) throw error;
    for (const { path, message } of error.details["issues"] as unknown as readonly Issue[])
      context.addIssue({ code: "custom", path: path === "" ? [] : [path], message });
  }
}

function dayOptions<T>(hours: T): Record<Weekday, T> {
  return Object.fromEntries(WEEKDAYS.map((day) => [day, hours])) as Record<Weekday, T>;
}

function isTimeZone(zone: string): boolean {
  try {
    Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
