import { digits, type SendBody } from "../meta-json.js";
import type { Person, Phones } from "../phones.js";
import { checkShape } from "./check-send.js";
import type { Refusal } from "./graph-error.js";
import { OUTBOUND, type Media, type MediaKind } from "./media.js";
import type { FakeNumber } from "./numbers.js";
import type { Pacing } from "./pacing.js";
import { checkTemplate, type FakeTemplate, type Templates } from "./templates.js";
import type { Accepted } from "./sends.js";

/** How strictly the fake refuses what Meta refuses, and when it says so. */
export interface JudgeOptions {
  /** `enforced`: anything but a template is refused (131047) to who has not written for 24 h, or ever; `open`: nothing is. */
  readonly window?: "enforced" | "open";
  /** Whether 131047, 131049, 131050 and 130472 come in a `failed` status instead of the answer, as they may; false by default. */
  readonly refusesLater?: boolean;
}

/** What Meta makes of a send. */
export type Verdict =
  | { readonly refusal: Refusal }
  | {
      readonly refusal: null;
      readonly guest: Person;
      readonly address: string;
      /** What a status will say that it failed for; null when it reaches the phone. */
      readonly failure: Refusal | null;
      readonly template: FakeTemplate | null;
    };

/** What the judgement hangs on. */
export interface Court {
  readonly world: Phones;
  readonly templates: Templates;
  readonly media: Media;
  readonly pacing: Pacing | null;
  /** What that guest was sent by that number, newest last. */
  readonly sent: (phoneNumberId: string, guest: string) => readonly Accepted[];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Milliseconds for which a message can be reacted to. Source: the reference of reaction messages (2025). */
const REACTABLE_MS = 30 * DAY_MS;
/** What Meta says now or in a status later. */
const NOW_OR_LATER = new Set([131047, 131049, 131050, 130472]);

/** The send as Meta judges it, in Meta's order as far as it is known: its shape, whom it is for, whether it may be sent, the pace. */
export function judge(
  body: unknown,
  number: FakeNumber,
  now: Date,
  court: Court,
  { window = "enforced", refusesLater = false }: JudgeOptions,
): Verdict {
  const wrong = checkShape(body);
  if (wrong !== null) return { refusal: wrong };
  const send = body as SendBody;
  const { to, recipient = "" } = send;
  if (to !== undefined && digits(to) === number.displayNumber) return { refusal: { code: 131021 } };
  const address = to ?? recipient;
  const guest = court.world.guest(digits(address));
  const template =
    send.template === undefined
      ? null
      : court.templates.find(number.account, send.template.name, send.template.language.code);
  if (send.template !== undefined) {
    const mismatch = checkTemplate(send.template, template);
    if (mismatch !== null) return { refusal: mismatch };
  }
  const needsPhone = guest.standing.needsPhone || template?.category === "AUTHENTICATION";
  if (to === undefined && needsPhone) return { refusal: { code: 131062 } };

  const unwanted =
    template === null
      ? window === "enforced" && isClosed(court.world.heardAt(guest, number.phoneNumberId), now)
        ? { code: 131047 }
        : null
      : template.category === "MARKETING"
        ? marketing(guest, court.world.stopsMarketing(guest, number.phoneNumberId))
        : null;
  const late = unwanted !== null && refusesLater && NOW_OR_LATER.has(unwanted.code);
  if (unwanted !== null && !late) return { refusal: unwanted };
  if (asksToCall(send) && askedTooOften(court.sent(number.phoneNumberId, guest.key), now))
    return { refusal: { code: 138009 } };
  const tooFast = court.pacing?.send(number, guest.key, now.getTime()) ?? null;
  if (tooFast !== null) return { refusal: tooFast };
  const failure = unwanted ?? failureOf(send, guest, number, now, court);
  return { refusal: null, guest, address, template, failure };
}

const isClosed = (heardAt: string | null, now: Date): boolean =>
  heardAt === null || now.getTime() >= Date.parse(heardAt) + DAY_MS;

function marketing({ standing }: Person, stops: boolean): Refusal | null {
  if (stops) return { code: 131050 };
  return standing.marketingRefusal === null ? null : { code: standing.marketingRefusal };
}

const asksToCall = ({ interactive }: SendBody): boolean => interactive?.type === "call_permission_request";

/** Once in 24 hours and twice in 7 days. Source: "Calling API" (November 2025). */
function askedTooOften(sent: readonly Accepted[], now: Date): boolean {
  const ages = sent.filter(({ body }) => asksToCall(body)).map(({ atMs }) => now.getTime() - atMs);
  return ages.some((age) => age < DAY_MS) || ages.filter((age) => age < 7 * DAY_MS).length >= 2;
}

/** What only shows when Meta tries to bring it. */
function failureOf(
  send: SendBody,
  { standing, key }: Person,
  { phoneNumberId }: FakeNumber,
  now: Date,
  { world, media }: Court,
): Refusal | null {
  if (standing.unreachable) return { code: 131026 };
  const { recipient_identity_key_hash: known } = send;
  if (known !== undefined && known !== standing.identityKey) return { code: 137000 };
  for (const { kind, id, link } of filesOf(send)) {
    // Meta fetches links over HTTPS alone; nothing is fetched here.
    const byLink = link?.startsWith("https://") === true ? null : { code: 131053 };
    const problem = id === undefined ? byLink : media.problem(kind, id, phoneNumberId);
    if (problem !== null) return problem;
  }
  if (send.reaction === undefined) return null;
  const found = world.find(send.reaction.message_id);
  const isThere = found?.holder.key === key && found.phoneNumberId === phoneNumberId;
  const isReactable =
    isThere && found.message.type !== "deleted" && now.getTime() - Date.parse(found.message.at) < REACTABLE_MS;
  return isReactable ? null : { code: 131009, details: "reaction.message_id: there is no such message." };
}

/** Every file in a send, wherever it stands. */
function filesOf(value: unknown): { readonly kind: MediaKind; readonly id?: string; readonly link?: string }[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const isFile = Object.hasOwn(OUTBOUND, key) && typeof inner === "object" && inner !== null;
    return isFile
      ? [{ kind: key as MediaKind, ...(inner as { readonly id?: string; readonly link?: string }) }]
      : filesOf(inner);
  });
}
