import { memoryStorage } from "belldesk/memory";
import { scenario } from "belldesk/testing";
import { expect, test } from "vitest";
import { checkIn } from "./check-in.js";

test("a guest checks in, and is not understood once; the process dies in between", async () => {
  const booked: string[] = [];
  const flow = checkIn((name, nights, key) => Promise.resolve(`${String(booked.push(key))}-${name}-${String(nights)}`));
  const stay = scenario({ flows: [flow], storage: (clock) => memoryStorage({ clock }) });
  const anna = stay.guest("Anna");

  expect(await anna.says("Check in!")).toEqual(["What is your name?"]);
  expect(await anna.says("Anna")).toEqual(["How many nights, Anna?"]);
  expect(await anna.says("a few")).toEqual(["Sorry, I did not understand that.\n\nHow many nights, Anna?"]);
  stay.crash();
  expect(await anna.says("two nights")).toEqual(["See you soon, Anna. Your room is 1-Anna-2."]);
  expect(await anna.run()).toMatchObject({ status: "finished", answers: { name: "Anna", nights: 2 } });
});
