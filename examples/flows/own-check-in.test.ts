import type { CheckInAnswers, PmsPort, Reservation } from "belldesk/flows";
import { memoryStorage } from "belldesk/memory";
import { scenario } from "belldesk/testing";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { ownCheckIn } from "./own-check-in.js";

const booking: Reservation = {
  reservationId: "1",
  number: "AB-1234",
  status: "booked",
  name: "Anna Rossi",
  from: "2026-11-10",
  to: "2026-11-12",
  guests: 2,
  room: null,
};

test("a guest checks in as this hotel wants it: with its own question, and its own last word", async () => {
  const told: CheckInAnswers[] = [];
  const pms: PmsPort = {
    findReservations: ({ number }) => Promise.resolve(number === booking.number ? [booking] : []),
    reservation: () => Promise.resolve(booking),
    checkIn({ answers }) {
      told.push(answers);
      return Promise.resolve({ outcome: "checkedIn", room: "12" });
    },
    bill: () => Promise.resolve(null),
    checkOut: () => Promise.resolve({ outcome: "checkedOut" }),
    offers: () => Promise.resolve([]),
    charge: () => Promise.resolve({ outcome: "gone" }),
  };
  const stay = scenario({ flows: [ownCheckIn(pms)], storage: (clock) => memoryStorage({ clock }) });
  const anna = stay.guest("Anna");

  await anna.says("check in");
  await anna.says("AB-1234");
  await anna.says("Rossi");
  expect(await anna.taps("Yes")).toEqual(["When do you land?"]);
  await anna.taps("Evening");
  expect(await anna.says("skip")).toEqual([
    "Please have a look:\n\nGuests: 2\nArrival: 20:00\nRequests: none\n\nIs everything right?",
  ]);
  expect(await anna.taps("Check in")).toEqual(["Welcome! Room 12 is yours."]);
  expect(told).toMatchObject([{ arrival: "20:00", guests: 2, nights: 2 }]);
});

test("it takes fewer than fifteen lines", async () => {
  const lines = (await readFile(new URL("own-check-in.ts", import.meta.url), "utf8")).trim().split("\n");
  expect(lines.length).toBeLessThan(15);
});
