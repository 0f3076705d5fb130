import { afterEach, describe, expect, test } from "vitest";
import { manualClock, type Weather } from "../../src/testing/index.js";
import { batched } from "../../src/testing/fake/batch.js";
import { fixture } from "../whatsapp/fixtures.js";
import { FakeHotel, NADIA, NUMBER, SEASIDE, send } from "./fake-hotel.js";

const NOON = new Date("2026-11-10T12:00:00Z");

describe("the WhatsApp for tests has weather", () => {
  const hotel = new FakeHotel();
  afterEach(() => hotel.close());

  /** Reports of ten messages in one storm. @returns what arrived: the place of each message, and its status */
  async function reported(weather: Weather): Promise<string[][]> {
    const clock = manualClock(NOON);
    const whatsapp = await hotel.open({ clock, weather, window: "open", reports: ["sent", "delivered", "read"] });
    const before = hotel.bodies.length;
    for (let n = 0; n < 10; n++) await send(whatsapp);
    // The last report is due after 60 ms; then what has gathered leaves.
    for (let ms = 0; ms <= 500; ms += 50) {
      clock.advance(50);
      await whatsapp.settled();
    }
    const place = (id: string) => whatsapp.accepted.find(({ wamid }) => wamid === id)?.index;
    return hotel.bodies.slice(before).map(({ entry }) =>
      entry
        .flatMap(({ changes }) => changes)
        .flatMap(({ value }) => value["statuses"])
        .map(({ id, status }) => `${String(place(id))} ${String(status)}`),
    );
  }
  const placeOf = (report: string) => ["sent", "delivered", "read"].indexOf(report.split(" ")[1]!);

  test("reports come twice, out of order and several in one body, none is lost, and one seed brings them as another time", async () => {
    const storm = { seed: 3, repeats: 0.3, reorders: 0.5, batches: 4, gatherMs: 200 };
    const bodies = await reported(storm);
    const all = bodies.flat();
    expect(new Set(all).size).toBe(30);
    expect(all.length).toBeGreaterThan(30);
    expect(Math.max(...bodies.map(({ length }) => length))).toBeGreaterThan(1);
    expect(Math.max(...bodies.map(({ length }) => length))).toBeLessThanOrEqual(4);
    const falls = all.filter((report, place) =>
      all
        .slice(0, place)
        .some((before) => before.split(" ")[0] === report.split(" ")[0] && placeOf(before) > placeOf(report)),
    );
    expect(falls.length).toBeGreaterThan(0);
    expect(await reported(storm)).toEqual(bodies);
    expect(await reported({ ...storm, seed: 4 })).not.toEqual(bodies);
  });

  test("a report that is held up and comes twice says both times when it happened", async () => {
    const clock = manualClock(NOON);
    const weather = { seed: 3, repeats: 1, gatherMs: 60_000 };
    const whatsapp = await hotel.open({ clock, weather, window: "open", reports: ["sent", "delivered", "read"] });
    await send(whatsapp);
    for (const ms of [100, 60_000]) {
      clock.advance(ms);
      await whatsapp.settled();
    }
    const told = hotel.heard.flatMap(({ value }) => value["statuses"]);
    expect(told.map(({ status }) => status)).toEqual(["sent", "sent", "delivered", "delivered", "read", "read"]);
    for (const place of [0, 2, 4]) expect(told[place + 1]).toEqual(told[place]);
    expect(new Set(told.map(({ timestamp }) => timestamp))).toEqual(new Set([String(NOON.getTime() / 1_000)]));
  });

  test("what guests write at one moment may come in another order, and all of it comes", async () => {
    const whatsapp = await hotel.open({ weather: { seed: 2, reorders: 0.5 } });
    const nadia = whatsapp.guest(NADIA);
    const said = await Promise.all(Array.from({ length: 8 }, (_, n) => nadia.says(NUMBER, `message ${String(n)}`)));
    expect(hotel.ids).not.toEqual(said);
    expect([...hotel.ids].sort()).toEqual([...said].sort());
  });

  test("in fair weather everything comes once, alone and in order", async () => {
    const bodies = await reported({ seed: 1 });
    expect(bodies.every(({ length }) => length === 1)).toBe(true);
    expect(bodies.flat()).toEqual(
      ["sent", "delivered", "read"].flatMap((status) => Array.from({ length: 10 }, (_, n) => `${String(n)} ${status}`)),
    );
  });

  test("what guests write at one moment to two hotels of two accounts comes in one body, and each knows that it was heard", async () => {
    const whatsapp = await hotel.open({ weather: { seed: 5, batches: 50 } });
    whatsapp.number(SEASIDE, { account: "100000000000002", displayNumber: "12025550191" });
    const nadia = whatsapp.guest(NADIA);
    const said = await Promise.all(
      Array.from({ length: 12 }, (_, n) => nadia.says(n % 4 === 3 ? SEASIDE : NUMBER, `message ${String(n)}`)),
    );
    expect(hotel.bodies.length).toBeLessThan(12);
    expect(hotel.ids.sort()).toEqual([...said].sort());
    const big = hotel.bodies.find(({ entry }) => entry.length === 2);
    expect(big?.entry.map(({ id }) => id).sort()).toEqual(["100000000000001", "100000000000002"]);
  });

  test("a whole batch is delivered again until the host takes it", async () => {
    let refusals = 2;
    const heard: number[] = [];
    const whatsapp = await hotel.open({
      weather: { seed: 5, batches: 50 },
      webhookUrl: await hotel.listen((body) => {
        heard.push(body.entry.length);
        return refusals-- > 0 ? 503 : 200;
      }),
    });
    const nadia = whatsapp.guest(NADIA);
    await Promise.all([nadia.says(NUMBER, "one"), nadia.says(NUMBER, "two")]);
    expect(heard.length).toBeGreaterThanOrEqual(3);
    expect(JSON.parse(whatsapp.snapshot()).undelivered).toEqual([]);
  });

  test.each(["batch_messages_same_change", "batch_two_entries_two_numbers", "batch_statuses_out_of_order"])(
    "a body of several has the shape of %s",
    (name) => {
      const whole = JSON.parse(fixture("webhooks", name).toString());
      expect(batched(apart(whole))).toEqual(whole);
    },
  );

  test("messages and statuses stand in two changes of one entry", () => {
    const whole = JSON.parse(fixture("webhooks", "batch_messages_and_statuses_two_changes").toString());
    expect(batched(apart(whole))).toEqual(whole);
  });

  /** Each message or status of a body in a body of its own. */
  const apart = ({ object, entry }: any): object[] =>
    entry.flatMap(({ id, changes }: any) =>
      changes.flatMap(({ field, value }: any) => {
        const list = "messages" in value ? "messages" : "statuses";
        const isTheirs = (one: any) => (contact: any) =>
          [one.from_user_id, one.recipient_user_id].includes(contact.user_id);
        return value[list].map((one: any) => {
          const contacts = value.contacts.filter(isTheirs(one));
          return { object, entry: [{ id, changes: [{ field, value: { ...value, contacts, [list]: [one] } }] }] };
        });
      }),
    );

  test("a webhook is written as Meta writes it: ASCII alone, so that only its own bytes have its signature", async () => {
    const whatsapp = await hotel.open();
    await whatsapp.guest(NADIA).says(NUMBER, "Où est le spa? 🌊 1/2");
    expect(hotel.raw.at(-1)).toContain(String.raw`O\u00f9 est le spa? \ud83c\udf0a 1\/2`);
    expect(hotel.heard[0]?.value["messages"][0].text.body).toBe("Où est le spa? 🌊 1/2");
  });
});
