import { z } from "zod";
import type { Signal } from "../ports/realtime.js";

/** What one process tells the others at one moment. */
export interface Told {
  readonly hotels: Set<string>;
  work: boolean;
  revoked: boolean;
  readonly signals: Signal[];
}

export const nothing = (): Told => ({ hotels: new Set(), work: false, revoked: false, signals: [] });

export const isEmpty = ({ hotels, work, revoked, signals }: Told): boolean =>
  hotels.size === 0 && !work && !revoked && signals.length === 0;

/** Adds what was told to what is to be told. */
export function together(to: Told, { hotels, work, revoked, signals }: Told): void {
  for (const hotel of hotels) to.hotels.add(hotel);
  to.work ||= work;
  to.revoked ||= revoked;
  to.signals.push(...signals);
}

/** What is to be told, which is told with that. */
export function taken(from: Told): Told {
  const told = nothing();
  together(told, from);
  from.hotels.clear();
  [from.work, from.revoked] = [false, false];
  from.signals.length = 0;
  return told;
}

const id = z.string().max(512);
const Message = z.object({
  /** Which process tells it, and its number among all that this one tells: whoever knows the one before knows what is missing. */
  from: z.string().min(1).max(64),
  n: z.int().min(1),
  hotels: z.array(z.string()).default([]),
  work: z.boolean().default(false),
  revoked: z.boolean().default(false),
  signals: z
    .array(
      z.object({
        hotelId: id,
        conversationId: id,
        kind: z.enum(["typing", "viewing", "left", "active"]),
        by: z.object({ kind: z.enum(["staff", "guest"]), id, name: z.string().nullable() }),
        connectionId: id,
      }),
    )
    .default([]),
});
export type BusMessage = z.output<typeof Message>;

/** @returns null for what nobody of this release has written */
export function readMessage(text: string): BusMessage | null {
  try {
    return Message.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Room for the members' names, the process and the number, in bytes. */
const FRAME_BYTES = 200;

/**
 * The texts that tell all of it, at least one, each of `maxBytes` at most. A signal that fits into none is left out.
 * @param from which process tells it @param next gives the next number
 */
export function writeMessages(told: Told, from: string, next: () => number, maxBytes: number): readonly string[] {
  const texts: string[] = [];
  const room = maxBytes - FRAME_BYTES;
  let hotels: string[] = [];
  let signals: Signal[] = [];
  let bytes = 0;
  const end = () => {
    const first = texts.length === 0;
    texts.push(
      JSON.stringify({
        from,
        n: next(),
        ...(hotels.length > 0 && { hotels }),
        ...(first && told.work && { work: true }),
        ...(first && told.revoked && { revoked: true }),
        ...(signals.length > 0 && { signals }),
      }),
    );
    [hotels, signals, bytes] = [[], [], 0];
  };
  const fits = (value: unknown): boolean => {
    const size = Buffer.byteLength(JSON.stringify(value)) + 1;
    if (size > room) return false;
    if (bytes + size > room) end();
    bytes += size;
    return true;
  };
  for (const hotel of told.hotels) if (fits(hotel)) hotels.push(hotel);
  for (const signal of told.signals) if (fits(signal)) signals.push(signal);
  if (texts.length === 0 || bytes > 0) end();
  return texts;
}
