import type { StandardSchema } from "../flow/standard-schema.js";

/** What a check-in form has brought. What it does not ask, or was left empty, is asked in the chat. */
export interface CheckInForm {
  readonly guests?: number;
  readonly arrival: string | null;
  readonly requests: string | null;
  readonly rules: boolean;
  /** Where all three are there. */
  readonly identity?: { readonly name: string; readonly birthDate: string; readonly nationality: string };
}

/** In a form nobody writes more; a phone can send anything. UTF-16 units. */
const FIELD_MAX = 1_000;

/**
 * What comes back from the form, field by field: `guests` (a number, or one as text), `arrival`, `requests`, `rules` (true or `"true"`: agreed), and
 * `name`, `birth_date` (`YYYY-MM-DD`) and `nationality`. Others are left out; a phone can send anything.
 */
export const CHECK_IN_FORM: StandardSchema<unknown, CheckInForm> = {
  "~standard": {
    version: 1,
    vendor: "belldesk",
    validate(given) {
      const fields = given as Readonly<Record<string, unknown>>;
      const { guests, rules } = fields;
      const text = (field: string): string | null => {
        const value = Object.hasOwn(fields, field) ? fields[field] : undefined;
        return typeof value === "string" && value.trim() !== "" && value.length <= FIELD_MAX ? value.trim() : null;
      };
      const heads = Number(guests);
      if (guests !== undefined && !(Number.isInteger(heads) && heads >= 1 && heads <= 20))
        return { issues: [{ message: "guests is no number of people" }] };
      const [name, birthDate, nationality] = [text("name"), text("birth_date"), text("nationality")];
      if (birthDate !== null && !isDay(birthDate)) return { issues: [{ message: "birth_date is no day" }] };
      return {
        value: {
          ...(guests !== undefined && { guests: heads }),
          arrival: text("arrival"),
          requests: text("requests"),
          rules: rules === true || rules === "true",
          ...(name !== null &&
            birthDate !== null &&
            nationality !== null && { identity: { name, birthDate, nationality } }),
        },
      };
    },
  },
};

const isDay = (text: string): boolean => {
  const at = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
};
