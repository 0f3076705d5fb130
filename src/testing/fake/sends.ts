import type { Clock } from "../../ports/clock.js";
import type { SendBody } from "../meta-json.js";
import type { Person, Phones } from "../phones.js";
import { bubbleOf } from "./bubble.js";
import type { Fault } from "./faults.js";
import type { Refusal } from "./graph-error.js";
import type { FakeNumber } from "./numbers.js";
import type { FakeTemplate } from "./templates.js";

/** One message that the fake took. */
export interface Accepted {
  /** Its place among all that were taken, from 0. */
  readonly index: number;
  /** When, by the fake's clock. */
  readonly atMs: number;
  readonly wamid: string;
  readonly phoneNumberId: string;
  /** As it stood in `to` or `recipient`. */
  readonly address: string;
  readonly correlationId: string | null;
  /** What it costs as: `service`, or a template's category. */
  readonly category: string;
  readonly body: SendBody;
}

/** One send that was asked for, and what became of it. */
export interface Call {
  /** Its place among all calls, from 0, in the order in which they came. */
  readonly index: number;
  /** When it came, by the fake's clock. */
  readonly atMs: number;
  /** When it was decided what to answer; null until then. */
  readonly answeredAtMs: number | null;
  readonly phoneNumberId: string;
  /** As it stood in `to` or `recipient`; "" when neither did. */
  readonly address: string;
  readonly correlationId: string | null;
  /** Of the message, when it was taken, whatever was answered. */
  readonly wamid: string | null;
  /** The code of the refusal or the fault that was answered. */
  readonly code: number | null;
  /** Seconds in the `Retry-After` that was answered. */
  readonly retryAfter: number | null;
  readonly fault: Fault["kind"] | null;
}

/** A message to be taken. */
export interface Taking {
  readonly number: FakeNumber;
  readonly guest: Person;
  readonly address: string;
  readonly body: SendBody;
  readonly template: FakeTemplate | null;
  /** null when the phone gets to show it. */
  readonly failure: Refusal | null;
}

/** Every send and what became of it, as a checker wants to read it. */
export interface Sends {
  readonly accepted: readonly Accepted[];
  readonly calls: readonly Call[];
  /** What that guest was sent by that number, whoever has their addresses now. */
  sentTo(phoneNumberId: string, guest: string): readonly Accepted[];
  /** Writes down a call. @returns what tells how it ended */
  asked(call: Pick<Call, "phoneNumberId" | "address" | "correlationId">): (end: Partial<Call>) => void;
  /** The phone shows it, unless WhatsApp holds it. */
  take(taking: Taking, isHeld?: boolean): Accepted;
  /** Shows what was held. */
  show(message: Accepted, taking: Taking): void;
}

export function sends(world: Phones, clock: Clock, newWamid: () => string): Sends {
  const accepted: Accepted[] = [];
  const calls: Call[] = [];
  const byPair = new Map<string, Accepted[]>();
  const nowMs = () => clock.now().getTime();
  const pair = (phoneNumberId: string, guest: string): Accepted[] => {
    const key = JSON.stringify([phoneNumberId, guest]);
    const own = byPair.get(key) ?? [];
    byPair.set(key, own);
    return own;
  };
  return {
    accepted,
    calls,
    sentTo: pair,
    asked(call) {
      const index = calls.length;
      const nothing = { answeredAtMs: null, wamid: null, code: null, retryAfter: null, fault: null };
      calls.push({ index, atMs: nowMs(), ...nothing, ...call });
      return (end) => {
        const before = calls[index];
        if (before !== undefined) calls[index] = { ...before, answeredAtMs: nowMs(), ...end };
      };
    },
    show(message, { guest, template, failure }) {
      if (failure === null) show(message, guest, template);
    },
    take({ number: { phoneNumberId }, guest, address, body, template, failure }, isHeld = false) {
      const message: Accepted = {
        index: accepted.length,
        atMs: nowMs(),
        wamid: newWamid(),
        phoneNumberId,
        address,
        correlationId: body.biz_opaque_callback_data ?? null,
        category: template?.category.toLowerCase() ?? "service",
        body,
      };
      accepted.push(message);
      pair(phoneNumberId, guest.key).push(message);
      if (failure === null && !isHeld) show(message, guest, template);
      return message;
    },
  };

  function show({ wamid, phoneNumberId, body, atMs }: Accepted, guest: Person, template: FakeTemplate | null): void {
    const { reaction } = body;
    if (reaction !== undefined) {
      const given = reaction.emoji === "" ? {} : { reaction: reaction.emoji };
      world.replace(reaction.message_id, ({ reaction: _, ...bare }) => ({ ...bare, ...given }));
      return;
    }
    const at = new Date(atMs).toISOString();
    world.show(guest, phoneNumberId, { ...bubbleOf(body, template), wamid, from: "hotel", status: "sent", at });
  }
}
