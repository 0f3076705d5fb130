import express from "express";
import { expect, test } from "vitest";
import { memoryPms } from "../../src/testing/index.js";
import type { PmsEvent } from "../../src/index.js";
import { frontDeskRouter } from "../../examples/express-hotel/front-desk.js";
import { listening } from "../client/harness.js";

test("what happens at the demo's front desk is told to the desk, and what there is not is 404", async () => {
  const told: PmsEvent[] = [];
  const pms = memoryPms({ tells: (event) => Promise.resolve(told.push(event)) });
  const app = express();
  app.use("/front-desk", frontDeskRouter(pms));
  const { base, close } = await listening(app);
  const does = (act: string, body: object = {}) =>
    fetch(`${base}/front-desk/${act}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  expect((await does("arrives")).status).toBe(404);
  expect((await does("books", { address: "12025550101", name: "Ada" })).status).toBe(200);
  expect((await does("room", { room: "204" })).status).toBe(200);
  expect(await (await does("arrives")).json()).toMatchObject({ told: { kind: "checked_in", version: 3, room: "204" } });
  expect((await does("constructor")).status).toBe(404);
  expect((await does("next")).status).toBe(404);
  const guests = [
    { reservation: "R-1", address: "12025550102", name: "Hugo" },
    { reservation: "R-2", address: "12025550103", name: "Greta" },
  ];
  const { steps } = (await (await does("day", { guests, rooms: ["201", "202"] })).json()) as { steps: unknown[] };
  expect(steps).toHaveLength(9);
  expect(await (await does("next")).json()).toMatchObject({
    ...{ at: "08:00", says: "R-1 is booked", then: "08:00" },
    told: { reservationId: "R-1", guestName: "Hugo", kind: "reservation_created" },
  });
  const rest: unknown[] = [];
  for (let left = 8; left > 0; left--) rest.push(await (await does("next")).json());
  expect(rest.at(-1)).toMatchObject({ at: "18:00", then: null, told: { reservationId: "R-1", kind: "checked_out" } });
  expect((await does("next")).status).toBe(404);
  await close();
  expect(told.slice(0, 3).map(({ kind }) => kind)).toEqual(["reservation_created", "room_assigned", "checked_in"]);
});
