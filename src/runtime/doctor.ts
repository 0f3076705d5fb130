import { workFindings } from "../decide/health.js";
import { templateFindings } from "../decide/template-drift.js";
import type { Finding } from "../domain/finding.js";
import type { Hotel } from "../domain/hotel.js";
import type { Secret } from "../domain/secret.js";
import type { TemplateDefinition, TemplateKey } from "../domain/template.js";
import { codeOf, ConversationError } from "../errors.js";
import type { Clock } from "../ports/clock.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { Storage } from "../ports/storage.js";
import type { Transport } from "../ports/transport.js";
import { readTemplate } from "../whatsapp/template-json.js";
import { probeDoor } from "./door-probe.js";

/** What the doctor looks at. */
export interface DoctorOptions {
  /** Where WhatsApp calls the webhook: `https://hotel.example/webhooks/whatsapp`. Without it nobody knocks there. */
  readonly webhookUrl?: string;
  /** Ids of the hotels to look at. Those given as an array are all looked at without it; a hotels port cannot tell which there are. */
  readonly hotels?: readonly string[];
  /** Told of each finding as soon as it is there. */
  readonly onFinding?: (finding: Finding) => void;
}

export interface DoctorParts {
  readonly storage: Storage;
  readonly hotels: HotelsPort;
  /** Ids of hotels given as an array. */
  readonly listed: readonly string[];
  readonly transport: Transport;
  readonly webhook: {
    readonly appSecrets: readonly (string | Secret)[];
    readonly appId?: string | undefined;
    readonly verifyToken: string | Secret;
  };
  readonly clock: Clock;
}

/** How far apart clocks may be. A minute: what is decided by the database's clock is shown beside what this machine and WhatsApp say. */
const SKEW_MS = 60_000;
/** What somebody at the door has to answer within. WhatsApp gives up sooner or later; this is a person's patience. */
const DOOR_MS = 10_000;
const TEMPLATES_AT_ONCE = 200;

/** Looks at everything around the desk, and changes nothing but that a knock at the door leaves one kept webhook. */
export async function doctor(parts: DoctorParts, options: DoctorOptions, isOpen: boolean): Promise<readonly Finding[]> {
  const { storage } = parts;
  const findings: Finding[] = [];
  const say = (finding: Finding): void => {
    findings.push(finding);
    options.onFinding?.(finding);
  };
  if (!isOpen) {
    const closed = await opened(storage);
    if (closed !== null) {
      say(closed);
      return findings;
    }
  }
  try {
    for await (const finding of looks(parts, options)) say(finding);
  } finally {
    if (!isOpen) await storage.close();
  }
  return findings;
}

/** Why the storage does not open; null: it does. */
async function opened(storage: Storage): Promise<Finding | null> {
  try {
    await storage.open({ migrate: false });
    return null;
  } catch (error) {
    if (!ConversationError.is(error)) throw error;
    const isSchema = error.code.startsWith("schema_");
    return {
      check: isSchema ? "schema" : "storage",
      level: "problem",
      says: `The storage does not open (${error.code}). ${error.says}`,
      advice: isSchema
        ? "Run `npx belldesk migrate`."
        : "Look at the database's address, user and password, and whether it runs.",
    };
  }
}

async function* looks(parts: DoctorParts, options: DoctorOptions): AsyncGenerator<Finding> {
  const { storage, clock } = parts;
  yield* (await storage.examine?.()) ?? [];
  const before = clock.now();
  const pulse = await storage.pulse();
  const here = new Date((before.getTime() + clock.now().getTime()) / 2);
  yield skew("the database", pulse.now, here, SKEW_MS);
  yield* workFindings(pulse);
  const accounts = new Set<string>();
  for (const id of options.hotels ?? parts.listed) {
    const hotel = await parts.hotels.byId(id);
    if (hotel === null) throw new ConversationError("not_found");
    yield* hotelFindings(parts, hotel, pulse.now, accounts);
  }
  const { verifyToken, appSecrets } = parts.webhook;
  const [appSecret] = appSecrets;
  if (options.webhookUrl !== undefined && appSecret !== undefined)
    yield* await probeDoor({ url: options.webhookUrl, verifyToken, appSecret, deadlineMs: DOOR_MS });
}

/** @param seen what has been said already: numbers of one account, and hotels that share one, are told the same only once */
async function* hotelFindings(
  { transport, webhook, storage, clock }: DoctorParts,
  hotel: Hotel,
  now: Date,
  seen: Set<string>,
): AsyncGenerator<Finding> {
  const { accountId = null } = hotel;
  const { appId = null, appSecrets } = webhook;
  for (const number of hotel.numbers) {
    const examined = await transport.examine?.({ number, accountId, appId, appSecrets, now });
    if (examined === undefined) break;
    const { findings, serverTime } = examined;
    // WhatsApp says seconds.
    const clocks = serverTime === null ? [] : [skew("WhatsApp", serverTime, clock.now(), SKEW_MS + 1_000)];
    for (const finding of [...findings, ...clocks]) {
      const said = JSON.stringify(finding);
      if (seen.has(said)) continue;
      seen.add(said);
      yield finding;
    }
  }
  const stored = await storedTemplates(storage, hotel.id);
  yield* templateFindings(hotel, stored, await toldTemplates(transport, hotel));
}

function skew(whose: string, theirs: Date, ours: Date, most: number): Finding {
  const apart = Math.abs(theirs.getTime() - ours.getTime());
  const seconds = String(Math.round(apart / 1_000));
  return apart <= most
    ? { check: "clock", level: "ok", about: whose, says: `This machine and ${whose} agree on the time.`, advice: null }
    : {
        check: "clock",
        level: "warning",
        about: whose,
        says: `This machine's clock and that of ${whose} are ${seconds} s apart.`,
        advice:
          "Nothing is decided by this machine's clock, but logs and traces are read by it: let NTP set both. A demo's shifted clock is one reason.",
      };
}

async function storedTemplates(storage: Storage, hotelId: string): Promise<readonly TemplateDefinition[]> {
  const found: TemplateDefinition[] = [];
  for (let after: TemplateKey | null = null; ;) {
    const page = await storage.templates({ reach: "everything", hotelId, after, limit: TEMPLATES_AT_ONCE });
    found.push(...page.items);
    if (page.next === null) return found;
    after = page.next;
  }
}

/** null where WhatsApp cannot be asked, or does not say. */
async function toldTemplates(
  transport: Transport,
  { accountId, numbers: [number] }: Hotel,
): Promise<readonly TemplateDefinition[] | null> {
  if (accountId === undefined || number === undefined || transport.templates === undefined) return null;
  const told: TemplateDefinition[] = [];
  try {
    for await (const item of transport.templates({ number, accountId })) {
      const template = readTemplate(item);
      if (template !== null) told.push(template);
    }
  } catch (error) {
    if (codeOf(error) === "template_list_failed") return null;
    throw error;
  }
  return told;
}
