import type { HotelOptions } from "belldesk";
import type { Fault } from "belldesk/testing";
import { mulberry32 } from "./plan.js";

/** What is sent in a chaos of sends and what goes wrong, decided before it begins: the same seed gives the same plan. */
export interface SendsPlan {
  readonly seed: number;
  readonly chats: readonly ChatPlan[];
  readonly kills: readonly KillPlan[];
}

export interface ChatPlan {
  readonly phone: string;
  readonly phoneNumberId: string;
  /** Milliseconds from the start. */
  readonly from: number;
  /** What staff write, one after the other was answered 202. */
  readonly messages: readonly MessagePlan[];
}

export interface MessagePlan {
  readonly clientMessageId: string;
  readonly text: string;
  readonly urgent: boolean;
  /** Milliseconds after the one before. */
  readonly pauseMs: number;
}

/** One of the processes dies a little after WhatsApp has been called so often. */
export interface KillPlan {
  readonly afterCalls: number;
  readonly afterMs: number;
  readonly node: number;
}

/** A number, how fast it sends, and its share of what is sent. */
export interface SenderPlan {
  readonly hotelId: "grand" | "seaside";
  readonly phoneNumberId: string;
  readonly perSecond: number;
  readonly share: number;
}

/** Two hotels with two numbers each; the slow one is a phone app's, and all are busy for about as long. */
export const SENDERS: readonly SenderPlan[] = [
  { hotelId: "grand", phoneNumberId: "200000000000001", perSecond: 80, share: 0.4 },
  { hotelId: "grand", phoneNumberId: "200000000000003", perSecond: 20, share: 0.15 },
  { hotelId: "seaside", phoneNumberId: "200000000000002", perSecond: 40, share: 0.25 },
  { hotelId: "seaside", phoneNumberId: "200000000000004", perSecond: 30, share: 0.2 },
];

const zones = { grand: "Europe/Rome", seaside: "America/Sao_Paulo" } as const;

/** With one department each, so that nobody is asked for one. */
export const HOTELS: readonly HotelOptions[] = (["grand", "seaside"] as const).map((id) => ({
  id,
  timeZone: zones[id],
  numbers: SENDERS.filter(({ hotelId }) => hotelId === id).map(({ phoneNumberId, perSecond }) => ({
    phoneNumberId,
    accessToken: `${id}-token`,
    messagesPerSecond: perSecond,
  })),
  departments: [{ id: "reception", name: "Reception" }],
}));

/** Milliseconds that a process waits for WhatsApp's answer. */
export const DEADLINE_MS = 1_000;

/** A fifth of the calls meets one of these, each as often as any other. */
export const FAULTS: readonly Fault[] = [
  { kind: "silence" },
  { kind: "drip" },
  { kind: "reset" },
  { kind: "html", taken: true },
  { kind: "error", status: 500, code: 131000 },
  { kind: "error", status: 429, code: 130429, retryAfter: 2 },
  { kind: "badJson" },
  { kind: "late", afterMs: DEADLINE_MS / 2 },
  { kind: "redirect" },
];
export const FAULT_SHARE = 0.2;

/** Messages in a chat: some, or more than a guest may be sent at once. */
const MESSAGES = { least: 4, most: 19, many: 22 };
/** Every so many chats one has many. */
const MANY_EVERY = 40;
const URGENT = 0.05;
/** Staff write about so many a second, all together: faster than the numbers send. */
const WRITTEN_PER_SECOND = 120;

export function sendsPlanOf(options: {
  readonly seed: number;
  readonly sends: number;
  readonly kills: number;
}): SendsPlan {
  const { seed, sends, kills } = options;
  const random = mulberry32(seed);
  const below = (most: number) => Math.floor(random() * most);
  const lastStartMs = (sends / WRITTEN_PER_SECOND) * 1_000;

  const chats: ChatPlan[] = [];
  for (let left = sends; left > 0;) {
    const n = chats.length;
    const some = MESSAGES.least + below(MESSAGES.most - MESSAGES.least + 1);
    const count = Math.min(left, n % MANY_EVERY === 1 ? MESSAGES.many : some);
    left -= count;
    const phone = `1202${String(n).padStart(7, "0")}`;
    // Some write line by line, some take their time.
    const slowness = random() < 0.5 ? 20 : 600;
    chats.push({
      phone,
      phoneNumberId: senderAt(random()).phoneNumberId,
      from: below(lastStartMs),
      messages: Array.from({ length: count }, (_, place) => ({
        clientMessageId: `${phone}-${String(place)}`,
        text: `Message ${String(place)} to guest ${String(n)}`,
        urgent: random() < URGENT,
        pauseMs: below(slowness),
      })),
    });
  }
  return {
    seed,
    chats,
    kills: Array.from({ length: kills }, (_, n) => ({
      // Spread evenly; the last one before there is nothing more to send.
      afterCalls: Math.floor(((n + random()) / kills) * sends * 0.9),
      afterMs: below(30),
      node: below(2),
    })),
  };
}

function senderAt(chance: number): SenderPlan {
  let sum = 0;
  const found = SENDERS.find(({ share }) => (sum += share) > chance) ?? SENDERS[0];
  if (found === undefined) throw new RangeError("There are no senders.");
  return found;
}
