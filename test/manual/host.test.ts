import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  classifyAnswer,
  completeHotel,
  ConversationManager,
  defineFlow,
  graphPayload,
  keyword,
  reveal,
  type Address,
  type GuestsPort,
  type HotelOptions,
  type HotelsPort,
  type KnownGuest,
  type OutgoingMessage,
  type Processor,
  type Realtime,
  type Translator,
  type Transport,
} from "belldesk";
import { checkIn, checkOut, deskTasks, guestRequest, upsell } from "belldesk/flows";
import {
  guestsContract,
  hotelsContract,
  mediaStoreContract,
  memoryPms,
  pmsContract,
  realtimeContract,
  transportContract,
  type GuestsUnderTest,
  type HotelsUnderTest,
  type PmsUnderTest,
} from "belldesk/testing";
import { cloudApi } from "belldesk";
import { memoryBus, memoryMediaStore, memoryRealtime } from "belldesk/memory";
import { postgresStorage } from "belldesk/postgres";
import type pg from "pg";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { freshDatabase } from "../support/databases.js";
import { admin, NUMBER, openHotel, PHONE, receptionist } from "./hotel.js";

// What the manual shows of what a host gives the desk: its ports, its flows, its own transaction.

test("what a host asks of the desk is committed with its own work, and events are heard once", async () => {
  const database = await freshDatabase();
  const { pool } = database;
  await pool.query("create table bookings (id text primary key, paid boolean)");
  await pool.query("insert into bookings values ('R-7', false)");
  await postgresStorage(pool).open({ migrate: true });
  onTestFinished(() => database.drop());
  const { desk, arrives, whatsapp } = await openHotel(
    (its) =>
      new ConversationManager({
        ...its,
        hotels: [
          {
            ...(its.hotels as readonly HotelOptions[])[0]!,
            templates: [
              { name: "paid", language: "en", category: "UTILITY", components: [{ type: "BODY", text: "Thank you." }] },
            ],
          },
        ],
        storage: postgresStorage(pool),
      }),
  );
  whatsapp.template({ name: "paid", language: "en", components: [{ type: "BODY", text: "Thank you." }] });
  const booking = { id: "R-7", phone: PHONE };
  const inTransaction = async (work: (client: pg.PoolClient) => Promise<unknown>) => {
    const client = await pool.connect();
    await client.query("begin");
    await work(client);
    await client.query("commit");
    client.release();
  };
  // #region enqueue
  await inTransaction(async (client) => {
    await client.query("update bookings set paid = true where id = $1", [booking.id]);
    await desk.enqueue(client, {
      type: "write",
      hotelId: "grand",
      departmentId: "reception",
      to: { waId: booking.phone },
      content: { type: "template", name: "paid", language: "en" },
      clientMessageId: `paid ${booking.id}`,
    });
  });
  // #endregion
  await vi.waitFor(() => {
    expect(whatsapp.phone(PHONE, NUMBER)).toHaveLength(1);
  }, 15_000);

  const booked: unknown[] = [];
  const book = (key: string, id: string | null) => Promise.resolve(booked.push([key, id]));
  // #region consume
  desk.consume("invoices", async (event, { key }) => {
    if (event.body.type === "conversation.closed") await book(key, event.conversationId);
  });
  // #endregion
  const { conversationId } = await arrives();
  await desk.as(admin).close(conversationId);
  await vi.waitFor(() => {
    expect(booked).toEqual([[expect.stringMatching(/^grand\//), conversationId]]);
  }, 15_000);
});

test("guests go where the host's own rules send them", async () => {
  const towels = defineFlow({ id: "check-in", version: 1, triggers: [keyword("check in")] })
    .say("hello", { content: { type: "text", text: "Welcome!" } })
    .build();
  const pms = { arrivesToday: (hotelId: string, guestId: string) => Promise.resolve(hotelId === guestId) };
  const { desk, arrives } = await openHotel((its) => {
    const [grand] = its.hotels as readonly HotelOptions[];
    const departments = ["reception", "housekeeping"].map((id) => ({ id, name: id }));
    const options = { ...its, hotels: [{ ...grand!, departments }], flows: [towels] };
    // #region processor
    const byRoom: Processor = {
      name: "by-room",
      process: async ({ hotelId, guest, text }) => {
        if (text?.toLowerCase().includes("towel") === true) return { departmentId: "housekeeping" };
        return (await pms.arrivesToday(hotelId, guest.id))
          ? { flowId: "check-in", given: { source: "arrival" } }
          : null;
      },
    };
    const desk = new ConversationManager({
      ...options,
      routing: { processors: ["flow", byRoom, "service", "fallback"] },
    });
    // #endregion
    return desk;
  });
  await arrives("Two towels, please");
  expect((await desk.as(admin).conversations()).items[0]).toMatchObject({ departmentId: "housekeeping" });
});

test("a model suggests the department, and a service translates", async () => {
  const model = {
    choose: (
      text: string | null,
      departments: readonly { readonly id: string }[],
      { signal }: { signal: AbortSignal },
    ) =>
      Promise.resolve(
        signal.aborted ? null : { departmentId: departments.at(-1)!.id, confidence: (text ?? "").length / 20 },
      ),
  };
  const service = {
    translate: (text: string, _: { to: string; from?: string; signal: AbortSignal }) =>
      Promise.resolve({ text: `${text} (it)`, from: "en" }),
  };
  const { desk, arrives } = await openHotel((its) => {
    const [grand] = its.hotels as readonly HotelOptions[];
    const departments = ["reception", "spa"].map((id) => ({ id, name: id }));
    const options = { ...its, hotels: [{ ...grand!, departments, staffLanguage: "it" }] };
    // #region translator
    const translator: Translator = {
      translate: async ({ text, to, from, signal }) =>
        service.translate(text, { to, ...(from !== undefined && { from }), signal }), // { text, from } or null
    };
    // #endregion
    // #region classify
    const desk = new ConversationManager({
      ...options,
      translator,
      routing: {
        classify: async ({ text, departments, signal }) => model.choose(text, departments, { signal }), // { departmentId, confidence: 0.8 } or null
      },
    });
    // #endregion
    return desk;
  });
  const { conversationId } = await arrives("A massage at ten");
  expect((await desk.as(admin).conversations()).items[0]).toMatchObject({ departmentId: "spa" });
  await vi.waitFor(async () => {
    const { items } = await desk.as(admin).messages(conversationId);
    expect(JSON.stringify(items)).toContain("(it)");
  }, 10_000);
});

test("a hotel's menu has departments and flows", () => {
  const numbers = [{ phoneNumberId: NUMBER, accessToken: "any" }];
  // #region menu
  const grand: HotelOptions = {
    id: "grand",
    timeZone: "Europe/Rome",
    numbers,
    language: "en",
    departments: [
      { id: "reception", name: "Reception", names: { it: "Ricevimento", de: "Empfang" } },
      { id: "spa", name: "Spa", hours: { week: ["10:00-20:00"] } },
    ],
    menu: {
      entries: [
        { departmentId: "reception" },
        { flowId: "towels", label: "Towels", labels: { it: "Asciugamani", de: "Handtücher" } },
        { departmentId: "spa", whenClosed: "hidden" },
        { flowId: "breakfast", label: "Breakfast in the room", shown: { week: ["18:00-02:00"] } },
      ],
      texts: { it: { menu: "Benvenuti al Grand! Come possiamo aiutarvi?" } },
    },
  };
  // #endregion
  expect(completeHotel(grand).menu?.entries).toHaveLength(4);
});

describe("hotels in the host's own tables", () => {
  const rows = new Map<string, HotelOptions>();
  const db = {
    hotel: ({ id }: { id: string }) => Promise.resolve(rows.get(id) ?? null),
    hotelWithNumber: (number: string) =>
      Promise.resolve(
        [...rows.values()].find(({ numbers }) => numbers.some(({ phoneNumberId }) => phoneNumberId === number)) ?? null,
      ),
  };
  // #region hotels
  const complete = (row: HotelOptions | null) => (row === null ? null : completeHotel(row));
  const hotels: HotelsPort = {
    byId: async (id) => complete(await db.hotel({ id })),
    byNumber: async (phoneNumberId) => complete(await db.hotelWithNumber(phoneNumberId)),
  };
  // #endregion
  const bookings = new Map<string, { id: string; name: string }>();
  const pms = {
    bookingOf: (hotelId: string, addresses: readonly Address[]) =>
      Promise.resolve(
        addresses.map(({ kind, value }) => bookings.get(`${hotelId} ${kind} ${value}`)).find(Boolean) ?? null,
      ),
  };
  // #region guests
  const guests: GuestsPort = {
    find: async ({ hotelId, addresses }) => {
      const booking = await pms.bookingOf(hotelId, addresses);
      return booking === null
        ? null
        : {
            name: booking.name,
            language: "pt-BR",
            vip: true,
            stay: { reservationId: booking.id, room: "204", from: "2026-11-09", to: "2026-11-12" },
          };
    },
  };
  // #endregion
  test("tell who is known", async () => {
    bookings.set(`grand waId ${PHONE}`, { id: "R-7", name: "Inês" });
    const addresses = [{ kind: "waId", value: PHONE }] as const;
    expect(await guests.find({ hotelId: "grand", addresses })).toMatchObject({ vip: true, name: "Inês" });
  });

  const putHotel = (hotel: HotelOptions) => {
    rows.set(hotel.id, hotel);
    return Promise.resolve();
  };
  const open = async (its: readonly HotelOptions[]) => {
    rows.clear();
    for (const hotel of its) await putHotel(hotel);
    return hotels;
  };
  const remove = (id: string) => {
    rows.delete(id);
    return Promise.resolve();
  };
  const put = putHotel;
  const known = new Map<string, KnownGuest>();
  const ofGuests: GuestsUnderTest = {
    open: () => {
      known.clear();
      return Promise.resolve({
        find: ({ hotelId, addresses }) =>
          Promise.resolve(
            addresses.map(({ kind, value }) => known.get(`${hotelId} ${kind} ${value}`)).find(Boolean) ?? null,
          ),
      });
    },
    put: ({ hotelId, addresses, guest }) => {
      for (const { kind, value } of addresses) {
        if (guest === null) known.delete(`${hotelId} ${kind} ${value}`);
        else known.set(`${hotelId} ${kind} ${value}`, guest);
      }
      return Promise.resolve();
    },
  };
  const ofHotels: HotelsUnderTest = { open, put, remove };
  // #region port-contracts
  for (const { id, says, run } of hotelsContract) test(`${id}: ${says}`, () => run(ofHotels)); // { open, put, remove }
  for (const { id, says, run } of guestsContract) test(`${id}: ${says}`, () => run(ofGuests)); // { open, put }
  // #endregion
});

describe("the hotel's own system", () => {
  let house = memoryPms({ books: [] });
  const ofPms: PmsUnderTest = {
    open: (books) => {
      house = memoryPms({ books });
      return Promise.resolve(house.port);
    },
    checkedIn: (reservationId) => Promise.resolve(house.checkIns.get(reservationId) ?? null),
  };
  // #region pms-contract
  for (const { id, says, run } of pmsContract) test(`${id}: ${says}`, () => run(ofPms)); // { open, checkedIn }
  // #endregion
});

test("stays are told, and requests are asked for", async () => {
  const { desk, arrives } = await openHotel();
  const { conversationId } = await arrives();
  // #region apply
  await desk.pms.apply({
    hotelId: "grand",
    eventId: "evt_8812", // again: nothing happens
    reservationId: "R-7",
    version: 3, // how new it is, of this reservation
    kind: "room_assigned",
    room: "204",
  });
  // #endregion
  const staff = receptionist;
  // #region task
  await desk.as(staff).createTask(conversationId, {
    key: "towels-1", // again: the same request
    kind: "housekeeping",
    what: "two towels",
    room: "204",
    language: "it",
    dueInMs: 30 * 60_000,
  });
  // #endregion
  expect((await desk.as(staff).tasks(conversationId)).map(({ what }) => what)).toEqual(["two towels"]);
});

test("ready-made flows begin by what guests write", async () => {
  const { port: pms } = memoryPms({ books: [] });
  const rules = { version: "1", text: { en: "Please be quiet after ten." } };
  const verify = () => Promise.resolve({ readable: true as const });
  const host = { kind: "system", id: "pms" } as const;
  const { arrives, whatsapp } = await openHotel((options) => {
    // #region ready-flows
    const desk: ConversationManager = new ConversationManager({
      ...options,
      flows: [
        checkIn({ pms, rules, identity: "photo", verify }),
        guestRequest({
          tasks: deskTasks((...task) => desk.as(host).createTask(...task)),
          promiseMinutes: { housekeeping: 30 },
        }),
        upsell({ pms }),
        checkOut({ pms, reviewUrl: "https://example.com/review" }),
      ],
    });
    // #endregion
    return desk;
  });
  await arrives("check in");
  await vi.waitFor(() => {
    expect(whatsapp.phone(PHONE, NUMBER).filter(({ from }) => from === "hotel")).not.toEqual([]);
  }, 10_000);
});

test("a flow's steps may be called otherwise in its next version", () => {
  // #region migrate
  const next = defineFlow({ id: "check-in", version: 2, migrate: { from: 1, steps: { mail: "email" } } })
    .ask("email", { kind: "email", text: "What is your address?" })
    .build();
  // #endregion
  expect(next).toMatchObject({ id: "check-in", version: 2 });
});

describe("a transport of the host's own", () => {
  // #region transport
  const transport: Transport = {
    send() {
      // one attempt, then one of three results: accepted, rejected, unknown
      return Promise.resolve({ outcome: "unknown", failure: { code: "gateway_silent", message: "No answer." } });
    },
  };
  // #endregion
  test("says what became of a message", async () => {
    const { desk, arrives } = await openHotel((its) => new ConversationManager({ ...its, transport }));
    const { conversationId } = await arrives();
    await desk.as(admin).reply(conversationId, { clientMessageId: "1", content: { type: "text", text: "Hello" } });
    await vi.waitFor(async () => {
      expect((await desk.as(admin).messages(conversationId)).items[0]?.status).toBe("unknown");
    }, 10_000);
  });

  // #region gateway
  const gateway = (url: string, deadlineMs = 10_000): Transport => ({
    async send(message) {
      const { phoneNumberId, accessToken } = message.number;
      let body: string;
      try {
        body = JSON.stringify(graphPayload(message));
      } catch {
        const failure = { code: "content_invalid", message: "WhatsApp cannot carry this message." };
        return { outcome: "rejected", failure, retry: null };
      }
      try {
        const answer = await fetch(`${url}/${phoneNumberId}/messages`, {
          method: "POST",
          headers: { authorization: `Bearer ${reveal(accessToken)}`, "content-type": "application/json" },
          body,
          redirect: "manual",
          signal: AbortSignal.timeout(deadlineMs),
        });
        const { status, headers } = answer;
        const said = { retryAfter: headers.get("retry-after"), date: headers.get("date") };
        return classifyAnswer({ status, body: await answer.text(), ...said });
      } catch {
        // Whether it arrived nobody knows: it must not be sent again.
        return { outcome: "unknown", failure: { code: "gateway_silent", message: "The gateway did not answer." } };
      }
    },
  });
  // #endregion
  test("through a gateway, a yes is a yes, a refusal says what it means, and silence is not repeated", async () => {
    const answers: readonly (readonly [status: number, body: object])[] = [
      [200, { messages: [{ id: "wamid.gateway" }] }],
      [400, { error: { code: 131047, message: "no" } }],
    ];
    const asked: { readonly url: string | undefined; readonly body: string }[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        asked.push({ url: request.url, body });
        const [status, said] = answers[asked.length - 1] ?? [0, {}];
        if (status === 0) request.socket.destroy();
        else response.writeHead(status).end(JSON.stringify(said));
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const own = gateway(`http://127.0.0.1:${String(port)}`);
    const message = {
      number: { phoneNumberId: "1", accessToken: "t" },
      ...{ to: { kind: "waId", value: "12025550101" }, content: { type: "text", text: "Hello" } },
      ...{ correlationId: "msg_1", quotedWamid: null, identityKeyHash: null },
    } as unknown as OutgoingMessage;
    expect(await own.send(message)).toEqual({ outcome: "accepted", wamid: "wamid.gateway" });
    expect(await own.send(message)).toMatchObject({ outcome: "rejected", retry: null, needsTemplate: true });
    expect(await own.send(message)).toMatchObject({ outcome: "unknown" });
    expect(asked.map(({ url }) => url)).toEqual(["/1/messages", "/1/messages", "/1/messages"]);
    expect(JSON.parse(asked[0]?.body ?? "")).toMatchObject({ to: "+12025550101", text: { body: "Hello" } });
    server.close();
  });

  const myTransport = cloudApi;
  // #region transport-contract
  for (const { id, says, run } of transportContract) {
    test(`${id}: ${says}`, () => run({ open: ({ graphUrl, deadlineMs }) => myTransport({ graphUrl, deadlineMs }) }));
  }
  // #endregion
});

describe("a store of files of the host's own", () => {
  const emptyStore = memoryMediaStore;
  // #region store-contract
  for (const { id, says, needs, run } of mediaStoreContract) {
    if (needs === "signed") continue;
    test(`${id}: ${says}`, () => run({ open: () => Promise.resolve(emptyStore()) }));
  }
  // #endregion
});

describe("a realtime of the host's own", () => {
  // #region realtime-contract
  for (const { id, says, run } of realtimeContract) {
    test(`${id}: ${says}`, () => {
      const bus = new TestBus();
      return run({ join: () => bus.realtime(), leave: () => bus.goes(), comeBack: () => bus.comesBack() });
    });
  }
  // #endregion
});

class TestBus {
  readonly #bus = memoryBus();
  realtime(): Realtime {
    return memoryRealtime(this.#bus);
  }
  goes(): Promise<void> {
    this.#bus.weather({ away: true });
    return Promise.resolve();
  }
  comesBack(): Promise<void> {
    this.#bus.weather({ away: false });
    return Promise.resolve();
  }
}
