import type { Clock } from "../../ports/clock.js";
import type { Accepted } from "./sends.js";

/** A guest's message of which the host said that it was read. */
export interface ReadByHotel {
  /** When, by the fake's clock. */
  readonly atMs: number;
  readonly phoneNumberId: string;
  readonly wamid: string;
  /** Whether the guest's phone shows besides that somebody writes. */
  readonly typing: boolean;
}

/** Milliseconds for which a phone shows that somebody writes. Source: "Typing indicators" (2026). */
const TYPING_MS = 25_000;

export interface Reads {
  readonly all: readonly ReadByHotel[];
  note(read: Omit<ReadByHotel, "atMs">): void;
  /** @param wamids of the thread @param sent what the hotel sent into it, the newest last */
  isTyping(wamids: ReadonlySet<string>, sent: readonly Accepted[]): boolean;
}

/** What the host read, as phones show it. */
export function reads(clock: Clock): Reads {
  const all: ReadByHotel[] = [];
  const nowMs = () => clock.now().getTime();
  return {
    all,
    note(read) {
      all.push({ atMs: nowMs(), ...read });
    },
    isTyping(wamids, sent) {
      const last = all.findLast(({ wamid, typing }) => typing && wamids.has(wamid));
      const answeredAtMs = sent.at(-1)?.atMs ?? -Infinity;
      return last !== undefined && nowMs() < last.atMs + TYPING_MS && answeredAtMs <= last.atMs;
    },
  };
}
