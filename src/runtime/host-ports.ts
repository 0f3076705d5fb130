import { z } from "zod";
import { addressKey, type GuestAddress } from "../domain/address.js";
import type { Hotel } from "../domain/hotel.js";
import { secret } from "../domain/secret.js";
import { ConversationError } from "../errors.js";
import type { GuestsPort, KnownGuest } from "../ports/guests.js";
import type { HotelsPort } from "../ports/hotels.js";
import { loggable } from "../ports/log-fields.js";
import type { DeskLogger } from "../ports/logger.js";
import { lookup, type Lookup, type LookupRule } from "./lookup.js";
import { warnings } from "./warnings.js";

/** A hotels port as the desk asks it. */
export interface CachedHotels extends HotelsPort {
  /** Something is known to have changed: everything is asked anew. */
  forget(): void;
  /** A hotel by its id, asked anew: what is remembered of it turned out to be old. What it said last counts while the port fails. */
  anew(hotelId: string): Promise<Hotel | null>;
}

/** Answers of each kind that are kept. */
const HOTELS_MOST = 10_000;
const GUESTS_MOST = 1_000;

/**
 * The host's hotels, remembered as the port's comment says.
 * @param check throws for a hotel that the desk cannot work for: that is a failure of the port
 */
export function cachedHotels(
  port: HotelsPort,
  rule: LookupRule,
  logger: DeskLogger,
  check: (hotel: Hotel) => void = () => undefined,
): CachedHotels {
  const warn = warnings(logger);
  const onFailure = (error: unknown): void => {
    warn(
      "hotels_failed",
      "The hotels port failed: what it said last counts, and where it said nothing webhooks are answered 503.",
      {
        error: nameOf(error),
        ...(ConversationError.is(error) && { because: error.code, ...loggable(error.details) }),
      },
    );
  };
  const checked = (hotel: Hotel | null): Hotel | null => {
    if (hotel !== null) check(hotel);
    return hotel && sealed(hotel);
  };
  const remembered = <T>(ask: (key: string) => Promise<T | null>): Lookup<T> =>
    lookup({ ask, rule, remembersNone: false, most: HOTELS_MOST, onFailure });
  // Called on the port, which may be an object of a class; and what it throws at once is a rejection like any other.
  const numbers = remembered(async (number) => checked(orNone(await port.byNumber(number))));
  const ids = remembered(async (id) => checked(orNone(await port.byId(id))));
  const accounts = remembered<Hotel>(async (id) => {
    const hotel = orNone(await port.byAccount?.(id));
    return hotel && sealed(hotel);
  });
  const sharing = remembered<readonly Hotel[]>(async (id) => (await port.inAccount?.(id))?.map(sealed) ?? null);
  const forget = (): void => {
    for (const each of [numbers, ids, accounts, sharing]) each.forget();
  };
  return {
    byNumber: numbers.get,
    byId: ids.get,
    ...(can(port, "byAccount") && { byAccount: accounts.get }),
    ...(can(port, "inAccount") && { inAccount: async (id: string) => (await sharing.get(id)) ?? [] }),
    ...(can(port, "rotateToken") && {
      async rotateToken(phoneNumberId: string, accessToken: string) {
        await port.rotateToken?.(phoneNumberId, accessToken);
        forget();
      },
    }),
    forget,
    anew: ids.anew,
  };
}

/** The same hotel, of whose tokens nothing is printed. What a host's own object computes is not computed for it. */
const sealed = (hotel: Hotel): Hotel => {
  const numbers = hotel.numbers.map((number) => ({ ...number, accessToken: secret(number.accessToken) }));
  const members = { ...Object.getOwnPropertyDescriptors(hotel), numbers: { value: numbers, enumerable: true } };
  return Object.create(Object.getPrototypeOf(hotel) as object | null, members) as Hotel;
};

/** Who a guest is by the host's books; null when it does not know them, or cannot say now. Never throws. */
export type FindGuest = (guest: {
  readonly hotelId: string;
  readonly addresses: readonly GuestAddress[];
}) => Promise<KnownGuest | null>;

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
/** What is shown of an answer. The rest of it is not even kept. */
const Known = z.object({
  name: z.string().max(200).optional(),
  language: z.string().max(35).optional(),
  vip: z.boolean().optional(),
  stay: z
    .object({ reservationId: z.string().max(200), room: z.string().max(200).optional(), from: day, to: day })
    .optional(),
});

export function findGuest(port: GuestsPort | undefined, rule: LookupRule, logger: DeskLogger): FindGuest {
  if (port === undefined) return () => Promise.resolve(null);
  const warn = warnings(logger);
  const known = lookup<KnownGuest>({
    rule,
    remembersNone: true,
    most: GUESTS_MOST,
    async ask(key) {
      const [hotelId, addresses] = JSON.parse(key) as [string, Parameters<GuestsPort["find"]>[0]["addresses"]];
      const answer = orNone(await port.find({ hotelId, addresses }));
      return answer === null ? null : (Known.parse(answer) as KnownGuest);
    },
    onFailure(error) {
      warn(
        "guests_failed",
        "The guests port failed, or answered what it should not: guests are shown as it knew them last, or without.",
        {
          error: nameOf(error),
        },
      );
    },
  });
  return async ({ hotelId, addresses }) => {
    // Who has given an address up may be somebody else's guest by now.
    const current = addresses.filter(({ retiredAt }) => retiredAt === null);
    if (current.length === 0) return null;
    const asked = current.map(({ kind, value }) => ({ kind, value }));
    try {
      return await known.get(
        JSON.stringify([hotelId, asked.toSorted((a, b) => (addressKey(a) < addressKey(b) ? -1 : 1))]),
      );
    } catch {
      return null;
    }
  };
}

const can = (port: HotelsPort, verb: keyof HotelsPort): boolean => typeof port[verb] === "function";

/** A host without types may answer nothing at all. */
const orNone = <T>(answer: T | null | undefined): T | null => answer ?? null;

/** The kind of an error alone: its text may hold anything. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);
