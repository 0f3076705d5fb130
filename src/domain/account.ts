import type { JsonValue } from "./json.js";

/**
 * What WhatsApp says about the account behind the numbers: nobody's message, and nothing about a guest. `event` and
 * `details` are Meta's own words; members are absent where WhatsApp says nothing.
 */
export type AccountNews =
  | TemplateNews
  | NumberNews
  | UsernameNews
  | LimitNews
  | AccountStateNews
  | AlertNews
  | ReviewNews
  | SecurityNews
  | PreferenceNews
  | HistoryNews
  | OtherNews;

interface News {
  /** Meta's id of the WhatsApp Business account. */
  readonly accountId: string;
  /** Whose wish it is; absent where it is about no guest. */
  readonly guestId?: string;
}

/** A message template changed: its status, its quality or its category. */
export interface TemplateNews extends News {
  readonly about: "template";
  readonly templateId: string;
  readonly name?: string;
  readonly language?: string;
  /** `APPROVED`, `PAUSED`, `REJECTED` and the like. */
  readonly status?: string;
  /** Why, when the status is bad news. */
  readonly reason?: string;
  /** `GREEN`, `YELLOW`, `RED`, `UNKNOWN`. */
  readonly quality?: { readonly before?: string; readonly now: string };
  /** `coming`: Meta will change it unless somebody objects. */
  readonly category?: { readonly before?: string; readonly now: string; readonly coming: boolean };
}

/** A number's throughput or quality changed. */
export interface NumberNews extends News {
  readonly about: "number";
  /** As people write it, digits only. */
  readonly displayNumber?: string;
  /** `ONBOARDING`, `THROUGHPUT_UPGRADE` and the like. */
  readonly event: string;
  /** Guests the account may write to first in a day, as Meta writes it: `TIER_1K`, `TIER_UNLIMITED`. */
  readonly limit?: { readonly before?: string; readonly now: string };
}

/** The hotel's own username. */
export interface UsernameNews extends News {
  readonly about: "username";
  readonly displayNumber?: string;
  readonly username?: string;
  /** `approved`, `deleted`, `reserved`. */
  readonly status: string;
}

/** How much the account may do. */
export interface LimitNews extends News {
  readonly about: "limit";
  readonly conversationsPerDay?: string;
  readonly numbers?: number;
}

/** The account was restricted, disabled, reinstated, connected or disconnected. */
export interface AccountStateNews extends News {
  readonly about: "account";
  /** `DISABLED_UPDATE`, `ACCOUNT_RESTRICTION`, `PARTNER_REMOVED`, `ACCOUNT_OFFBOARDED` and the like. */
  readonly event: string;
  /** What Meta says beside it, under Meta's names: `ban_info`, `violation_info`, `restriction_info`,
   * `disconnection_info`, `waba_info`. */
  readonly details: Readonly<Record<string, JsonValue>>;
}

/** WhatsApp warns about an account. */
export interface AlertNews extends News {
  readonly about: "alert";
  readonly severity?: string;
  readonly status?: string;
  readonly type?: string;
  readonly text?: string;
}

/** WhatsApp has looked at an account. */
export interface ReviewNews extends News {
  readonly about: "review";
  /** `APPROVED`, `REJECTED`, `PENDING`, `DEFERRED`. */
  readonly decision: string;
}

/** Somebody asked for or changed the two-step PIN of a number. */
export interface SecurityNews extends News {
  readonly about: "security";
  readonly displayNumber?: string;
  readonly event: string;
}

/** A guest (`guestId`) wants marketing messages, or no more of them. */
export interface PreferenceNews extends News {
  readonly about: "preference";
  readonly category: string;
  readonly wish: "stop" | "resume" | "unknown";
}

/** The phone app's old messages. */
export interface HistoryNews extends News {
  readonly about: "history";
  /** `declined`: whoever has the phone does not share them. `progress`: so much of them has come, in per cent. */
  readonly event: "declined" | "progress" | "failed";
  readonly percent?: number;
}

/** Something about the account whose shape is not known. All that it says stands in the webhook attempt. */
export interface OtherNews extends News {
  readonly about: "other";
  /** Meta's name of it: `payment_configuration_update` and the like. */
  readonly field: string;
  /** Of what Meta says, what says how it ended: `event`, `decision`, `status`, `reason`. */
  readonly details: Readonly<Record<string, JsonValue>>;
}
