import type { Finding } from "../domain/finding.js";
import type { Hotel } from "../domain/hotel.js";
import type { TemplateDefinition, TemplateKey } from "../domain/template.js";

const keyOf = ({ name, language }: TemplateKey): string => `${name} (${language})`;

/**
 * How a hotel's templates differ from WhatsApp's, and which of those that the hotel sends by itself it cannot send.
 * @param stored what the desk knows
 * @param told what WhatsApp says now; null where it could not be asked
 */
export function templateFindings(
  hotel: Hotel,
  stored: readonly TemplateDefinition[],
  told: readonly TemplateDefinition[] | null,
): readonly Finding[] {
  const check = "whatsapp.templates";
  const about = hotel.id;
  const found: Finding[] = [];
  const differ = told === null ? [] : drift(stored, told);
  if (differ.length > 0)
    found.push({
      check,
      level: "warning",
      about,
      says: `The desk knows ${differ.length === 1 ? "a template" : "templates"} otherwise than WhatsApp: ${some(differ)}.`,
      advice: "POST /api/templates/sync, or desk.as(operator).syncTemplates(hotelId).",
    });
  const known = new Map((told ?? stored).map((template) => [keyOf(template), template]));
  const unsendable = [...new Set(named(hotel).map(keyOf))].filter((key) => !SENDABLE.has(known.get(key)?.status ?? ""));
  if (unsendable.length > 0)
    found.push({
      check,
      level: "problem",
      about,
      says: `What the hotel says by itself about stays and requests names templates that cannot be sent: ${some(unsendable)}.`,
      advice: "Write them in WhatsApp Manager and have them approved, or name others in the hotel's `stays`.",
    });
  if (found.length > 0) return found;
  return [
    told === null
      ? {
          check,
          level: "unknown",
          about,
          says: "WhatsApp was not asked for the hotel's templates.",
          advice:
            "It takes the hotel's accountId, a token with whatsapp_business_management, and a transport that lists templates.",
        }
      : { check, level: "ok", about, says: "The desk knows the templates as WhatsApp has them.", advice: null },
  ];
}

/** What is sent; of the others WhatsApp takes none. */
const SENDABLE: ReadonlySet<string> = new Set(["approved", "flagged"]);

function drift(stored: readonly TemplateDefinition[], told: readonly TemplateDefinition[]): readonly string[] {
  // What WhatsApp has deleted may still be shown: it is in no list of theirs.
  const here = new Map(stored.filter(({ status }) => status !== "deleted").map((each) => [keyOf(each), meaning(each)]));
  const there = new Map(told.map((each) => [keyOf(each), meaning(each)]));
  return [...new Set([...here.keys(), ...there.keys()])].filter((key) => here.get(key) !== there.get(key)).toSorted();
}

/** All of it that decides whether and how it is sent. Its quality is WhatsApp's own business. */
const meaning = ({ category, status, parameters, header, body, footer, buttons, unsupported }: TemplateDefinition) =>
  JSON.stringify([category, status, parameters, header, body.text, footer, buttons, unsupported]);

function named({ stays }: Hotel): readonly TemplateKey[] {
  const messages = stays?.messages ?? [];
  const updates = Object.values(stays?.taskUpdates ?? {}).filter((update) => update !== null);
  return [...messages, ...updates].flatMap(({ templates = {} }) => Object.values(templates));
}

/** The first few, so that a line stays one. */
const SHOWN = 5;
const some = (names: readonly string[]): string =>
  names.length > SHOWN
    ? `${names.slice(0, SHOWN).join(", ")} and ${String(names.length - SHOWN)} more`
    : names.join(", ");
