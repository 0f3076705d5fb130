import { cloudApi, ConversationManager, type HotelOptions } from "belldesk";
import { postgresStorage } from "belldesk/postgres";
import { fakeWhatsApp, type FakeWhatsApp } from "belldesk/testing";
import { drizzle } from "drizzle-orm/node-postgres";
import knex from "knex";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { DataSource } from "typeorm";
import type { Booking } from "./told.ts";
import * as withDrizzle from "./with-drizzle.ts";
import * as withKnex from "./with-knex.ts";
import * as withPg from "./with-pg.ts";
import * as withTypeorm from "./with-typeorm.ts";

const url = process.env["DATABASE_URL"];
assert.ok(url, "DATABASE_URL is an empty PostgreSQL to test on.");
const NUMBER = "200000000000001";
const TOLD = "Thank you, your booking is paid.";

const pool = new pg.Pool({ connectionString: url });
const knexed = knex({ client: "pg", connection: url });
const typeorm = new DataSource({ type: "postgres", url });
let whatsapp: FakeWhatsApp;
let desk: ConversationManager;

before(async () => {
  await pool.query("create table bookings (id text primary key, paid boolean not null default false)");
  await typeorm.initialize();
  whatsapp = await fakeWhatsApp({ appSecret: "a-test-secret", webhookUrl: "http://127.0.0.1:9" });
  const template = { name: "paid", language: "en", components: [{ type: "BODY", text: TOLD }] } as const;
  const hotel: HotelOptions = {
    id: "grand",
    timeZone: "Europe/Rome",
    numbers: [{ phoneNumberId: NUMBER, accessToken: "any" }],
    departments: [{ id: "reception", name: "Reception" }],
    templates: [whatsapp.template(template)],
  };
  desk = new ConversationManager({
    hotels: [hotel],
    storage: postgresStorage(pool),
    transport: cloudApi({ graphUrl: whatsapp.graphUrl }),
    webhook: { appSecrets: ["a-test-secret"], verifyToken: "a-test-token" },
    work: { pollMs: 100 },
  });
  await desk.start({ migrate: true });
});
after(async () => {
  await desk.stop();
  await whatsapp.close();
  await Promise.all([typeorm.destroy(), knexed.destroy(), pool.end()]);
});

type Pay = (booking: Booking, check?: () => Promise<void>) => Promise<void>;
const HOSTS: Readonly<Record<string, Pay>> = {
  pg: (booking, check) => withPg.pay(desk, pool, booking, check),
  Drizzle: (booking, check) => withDrizzle.pay(desk, drizzle(pool), booking, check),
  Knex: (booking, check) => withKnex.pay(desk, knexed, booking, check),
  TypeORM: (booking, check) => withTypeorm.pay(desk, typeorm, booking, check),
};

const isPaid = async ({ id }: Booking) =>
  (await pool.query("select paid from bookings where id = $1", [id])).rows[0]?.paid;
const toldTo = ({ phone }: Booking) => whatsapp.phone(phone, NUMBER).map(({ text }) => text);

for (const [index, [name, pay]] of Object.entries(HOSTS).entries()) {
  test(`with ${name} a booking is paid and its guest is told, or neither`, async () => {
    const booking = { id: `b${index}`, phone: `1202555010${index + 1}` };
    const other = { id: `refused ${index}`, phone: `1202555020${index + 1}` };
    await pool.query("insert into bookings (id) values ($1), ($2)", [booking.id, other.id]);

    const refused = pay(other, () => Promise.reject(new Error("The card was refused.")));
    await assert.rejects(refused, { message: "The card was refused." });
    await pay(booking);
    for (let tries = 0; tries < 600 && toldTo(booking).length === 0; tries++) await delay(50);

    assert.equal(await isPaid(booking), true);
    assert.deepEqual(toldTo(booking), [TOLD]);
    // Whoever was asked first would have been told first.
    assert.equal(await isPaid(other), false);
    assert.deepEqual(toldTo(other), []);
  });
}

test("a booking that is paid twice is told once", async () => {
  const booking = { id: "b0", phone: "12025550101" };
  await withPg.pay(desk, pool, booking);
  await withPg.pay(desk, pool, booking);
  const marker = { id: "marker", phone: "12025550109" };
  await pool.query("insert into bookings (id) values ($1)", [marker.id]);
  await withPg.pay(desk, pool, marker);
  for (let tries = 0; tries < 600 && toldTo(marker).length === 0; tries++) await delay(50);
  assert.deepEqual(toldTo(marker), [TOLD]);
  assert.deepEqual(toldTo(booking), [TOLD]);
});
