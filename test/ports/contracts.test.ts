import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { staticHotels } from "../../src/config/hotel.js";
import { completeHotel, type GuestsPort, type HotelOptions, type HotelsPort } from "../../src/index.js";
import { guestsContract, hotelsContract, type GuestsUnderTest, type HotelsUnderTest } from "../../src/testing/index.js";
import { emptyDatabase, type Database } from "../support/databases.js";

describe("hotels given as an array keep the contract", () => {
  for (const { id, says, run } of hotelsContract.filter(({ needs }) => needs !== "changes")) {
    test(`${id}: ${says}`, () => run({ open: (hotels) => Promise.resolve(staticHotels(hotels)) }));
  }
});

/** Hotels in a table of the host's own, as docs/ports.md shows them. */
function tableHotels(pool: pg.Pool): HotelsUnderTest {
  /** PostgreSQL takes no NUL and no half character in a text, so nothing there has one. */
  const asText = (text: string): string => text.replace(/\0|\p{Cs}/gu, "\u0001");
  async function select(where: string, text: string): Promise<HotelOptions[]> {
    const { rows } = await pool.query<{ hotel: HotelOptions }>(
      `select h.hotel from hotels h where ${where} order by h.id`,
      [asText(text)],
    );
    return rows.map(({ hotel }) => hotel);
  }
  const complete = (hotel: HotelOptions | undefined) => (hotel === undefined ? null : completeHotel(hotel));
  const inAccount = async (id: string) => (await select("h.hotel ->> 'accountId' = $1", id)).map(completeHotel);
  const port: HotelsPort = {
    byId: async (id) => complete((await select("h.id = $1", id))[0]),
    byNumber: async (id) =>
      complete(
        (await select("exists (select from numbers n where n.hotel_id = h.id and n.phone_number_id = $1)", id))[0],
      ),
    async byAccount(id) {
      const [hotel, another] = await inAccount(id);
      return hotel === undefined || another !== undefined ? null : hotel;
    },
    inAccount,
  };
  async function put(hotel: HotelOptions): Promise<void> {
    await pool.query("insert into hotels values ($1, $2) on conflict (id) do update set hotel = excluded.hotel", [
      hotel.id,
      hotel,
    ]);
    await pool.query("delete from numbers where hotel_id = $1", [hotel.id]);
    for (const { phoneNumberId } of hotel.numbers)
      await pool.query("insert into numbers values ($1, $2)", [phoneNumberId, hotel.id]);
  }
  return {
    async open(hotels) {
      await pool.query("truncate hotels, numbers");
      for (const hotel of hotels) await put(hotel);
      return port;
    },
    put,
    async remove(hotelId) {
      await pool.query("delete from numbers where hotel_id = $1", [hotelId]);
      await pool.query("delete from hotels where id = $1", [hotelId]);
    },
  };
}

describe("hotels in tables of the host's own keep the contract", () => {
  let database: Database;
  beforeAll(async () => {
    database = await emptyDatabase();
    await database.pool.query(`
      create table hotels (id text primary key, hotel json not null);
      create table numbers (phone_number_id text primary key, hotel_id text not null);
    `);
  });
  afterAll(() => database.drop());
  for (const { id, says, run } of hotelsContract) {
    test(`${id}: ${says}`, () => run(tableHotels(database.pool)));
  }
});

interface Booking {
  readonly hotelId: string;
  readonly addresses: readonly string[];
  readonly guest: Awaited<ReturnType<GuestsPort["find"]>>;
}

/** The books of a host that keeps them in memory. */
function books(mistake: (port: GuestsPort, bookings: Booking[]) => GuestsPort = (port) => port): GuestsUnderTest {
  const bookings: Booking[] = [];
  const keyOf = ({ kind, value }: { readonly kind: string; readonly value: string }) => `${kind} ${value}`;
  const port: GuestsPort = {
    find: ({ hotelId, addresses }) => {
      const keys = addresses.map(keyOf);
      const booking = bookings.findLast(
        (one) => one.hotelId === hotelId && one.addresses.some((address) => keys.includes(address)),
      );
      return Promise.resolve(booking?.guest ?? null);
    },
  };
  return {
    open: () => Promise.resolve(mistake(port, bookings)),
    put: ({ hotelId, addresses, guest }) => {
      bookings.push({ hotelId, addresses: addresses.map(keyOf), guest });
      return Promise.resolve();
    },
  };
}

describe("a guests port to books in memory keeps the contract", () => {
  for (const { id, says, run } of guestsContract) test(`${id}: ${says}`, () => run(books()));
});

/** Ports with one mistake each, and exactly the cases that notice it. */
const WRONG_HOTELS: readonly (readonly [
  fails: readonly string[],
  mistake: (port: HotelsPort) => Partial<HotelsPort>,
])[] = [
  [
    ["hotels/by-number", "hotels/added", "hotels/removed", "hotels/rotate"],
    (port) => ({
      byNumber: async (id) => ((await port.byNumber(id))?.numbers[0]?.phoneNumberId === id ? port.byNumber(id) : null),
    }),
  ],
  [
    ["hotels/by-id", "hotels/changed", "hotels/rotate"],
    (port) => ({
      byId: async (id) => {
        const hotel = await port.byId(id);
        return hotel && { ...hotel, departments: hotel.departments.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
      },
    }),
  ],
  [
    ["hotels/unknown", "hotels/exact", "hotels/added", "hotels/removed"],
    (port) => ({ byId: async (id) => (await port.byId(id)) ?? Promise.reject(new Error("no such hotel")) }),
  ],
  [["hotels/exact"], (port) => ({ byId: (id) => port.byId(id.trim().toLowerCase()) })],
  [["hotels/added", "hotels/changed", "hotels/removed", "hotels/rotate"], cachesForEver],
  [["hotels/account"], (port) => ({ byAccount: async (id) => (await port.inAccount?.(id))?.[0] ?? null })],
  [["hotels/rotate"], () => ({ rotateToken: () => Promise.resolve() })],
];

function cachesForEver(port: HotelsPort): Partial<HotelsPort> {
  const cached = (ask: (id: string) => ReturnType<HotelsPort["byId"]>) => {
    const known = new Map<string, ReturnType<HotelsPort["byId"]>>();
    return (id: string) => {
      const answer = known.get(id) ?? ask(id);
      known.set(id, answer);
      return answer;
    };
  };
  return { byId: cached((id) => port.byId(id)), byNumber: cached((id) => port.byNumber(id)) };
}

/** Hotels in memory that change. */
function changeable(mistake: (port: HotelsPort) => Partial<HotelsPort>): HotelsUnderTest {
  let hotels: readonly HotelOptions[] = [];
  const now = () => staticHotels(hotels);
  const port: HotelsPort = {
    byId: (id) => (hotels.length === 0 ? Promise.resolve(null) : now().byId(id)),
    byNumber: (id) => now().byNumber(id),
    byAccount: (id) => now().byAccount!(id),
    inAccount: (id) => now().inAccount!(id),
    rotateToken: (number, accessToken) => {
      hotels = hotels.map((hotel) => ({
        ...hotel,
        numbers: hotel.numbers.map((one) => (one.phoneNumberId === number ? { ...one, accessToken } : one)),
      }));
      return Promise.resolve();
    },
  };
  return {
    open: (given) => {
      hotels = given;
      return Promise.resolve({ ...port, ...mistake(port) });
    },
    put: (hotel) => {
      hotels = [...hotels.filter(({ id }) => id !== hotel.id), hotel];
      return Promise.resolve();
    },
    remove: (hotelId) => {
      hotels = hotels.filter(({ id }) => id !== hotelId);
      return Promise.resolve();
    },
  };
}

async function failing<Subject>(
  contract: readonly { readonly id: string; readonly run: (subject: Subject) => Promise<void> }[],
  subject: () => Subject,
): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { id, run } of contract) await run(subject()).catch(() => failed.push(id));
  return failed;
}

describe("the contracts of the host's ports notice a mistake", () => {
  test("and none in a port without one", async () => {
    expect(await failing(hotelsContract, () => changeable(() => ({})))).toEqual([]);
  });
  test.each(WRONG_HOTELS)("of a hotels port: %j", async (fails, mistake) => {
    expect(await failing(hotelsContract, () => changeable(mistake))).toEqual(
      hotelsContract.map(({ id }) => id).filter((id) => fails.includes(id)),
    );
  });

  const WRONG_BOOKS: readonly (readonly [fails: readonly string[], mistake: Parameters<typeof books>[0]])[] = [
    [
      ["guests/known", "guests/hotel"],
      (port) => ({
        find: async (query) => {
          const guest = await port.find(query);
          return guest && { vip: false, ...guest };
        },
      }),
    ],
    [
      ["guests/any-address"],
      (port) => ({ find: (query) => port.find({ ...query, addresses: query.addresses.slice(0, 1) }) }),
    ],
    [["guests/unknown"], (port) => ({ find: async (query) => (query.addresses.length === 0 ? {} : port.find(query)) })],
    [
      ["guests/hotel"],
      (port, bookings) => ({ find: (query) => port.find({ ...query, hotelId: bookings[0]?.hotelId ?? "" }) }),
    ],
    [
      ["guests/changed"],
      (port, bookings) => ({
        find: async (query) =>
          (await port.find(query)) ??
          (query.hotelId === "grand" &&
          query.addresses.length === 1 &&
          query.addresses[0]?.value === "12025550101" &&
          query.addresses[0].kind === "waId"
            ? (bookings[0]?.guest ?? null)
            : null),
      }),
    ],
    [
      ["guests/exact"],
      (port) => ({
        find: (query) =>
          port.find({
            ...query,
            addresses: query.addresses.map(({ kind, value }) => ({ kind, value: value.replaceAll("\0", "") })),
          }),
      }),
    ],
  ];
  test.each(WRONG_BOOKS)("of a guests port: %j", async (fails, mistake) => {
    expect(await failing(guestsContract, () => books(mistake))).toEqual(fails);
  });
  test("and each case is there for one", () => {
    const noticed = new Set([...WRONG_HOTELS, ...WRONG_BOOKS].flatMap(([fails]) => fails));
    expect([...hotelsContract, ...guestsContract].map(({ id }) => id).filter((id) => !noticed.has(id))).toEqual([]);
  });
});
