import { expect, test } from "vitest";
import { defineFlow, keyword } from "../../src/flow/define.js";
import type { ScenarioGuest } from "../../src/testing/scenario.js";
import { applied } from "../../src/decide/fold.js";
import { decideItem } from "../../src/decide/item.js";
import { withProcessor } from "../../src/decide/processed.js";
import { flowBook } from "../../src/flow/book.js";
import { flowListener } from "../../src/flow/inbound.js";
import type { Flow } from "../../src/flow/types.js";
import { grand, NOON, NUMBER, said, Story } from "../decide/world.js";
import { stayWith } from "./world.js";

const triggers = [keyword("arrive")];
const first = () =>
  defineFlow({ id: "arrival", version: 1, triggers })
    .ask("name", { text: "v1 name?" })
    .ask("nights", { kind: "nights", text: "v1 nights?" })
    .choose("fax", { text: "v1 fax?", options: { yes: "Yes", no: "No" } })
    .ask("mail", { kind: "email", text: "v1 mail?" })
    .ask("pet", { text: "v1 pet?" })
    .ask("bed", { text: "v1 bed?" })
    .say("done", ({ answers }) => `v1 bye ${answers.name}`)
    .build();
/** Four of the six questions are there still, one of them by another name; nobody is asked for a fax or a pet any more. */
const second = () =>
  defineFlow({ id: "arrival", version: 2, triggers, migrate: { from: 1, steps: { mail: "address" } } })
    .ask("name", { text: "v2 name?" })
    .ask("nights", { kind: "nights", text: "v2 nights?" })
    .ask("address", { kind: "email", text: "v2 mail?" })
    .ask("bed", { text: "v2 bed?" })
    .say("done", ({ answers }) => `v2 bye ${answers.name}`)
    .build();

const ANSWERS = ["Anna", "2", "no", "a@example.com", "a cat", "king size"];

async function goesTo(guest: ScenarioGuest, step: number): Promise<void> {
  await guest.says("arrive");
  for (const answer of ANSWERS.slice(0, step)) await guest.says(answer);
}

test("a deploy in the middle of twelve runs: all finish or reach staff with their answers, none begins again unasked (F35)", async () => {
  const stay = stayWith([first()]);
  const guests = Array.from({ length: 12 }, (_, index) => stay.guest(`Guest ${String(index)}`));
  for (const [index, guest] of guests.entries()) await goesTo(guest, index % 6);

  // Beside one another: who began with the first goes on with it.
  expect(await stay.deploy([first(), second()])).toBe(0);
  const late = stay.guest("Late");
  expect(await late.says("arrive")).toEqual(["v2 name?"]);
  expect(await guests[0]?.says("Anna")).toEqual(["v1 nights?"]);

  // The first is withdrawn: its guests at "fax" and "pet" have no place in the second.
  expect(await stay.deploy([second()])).toBe(4);
  const runs = await Promise.all(guests.map((guest) => guest.run()));
  expect(runs.map((run) => run?.status)).toEqual(
    guests.map((_, index) => (index % 6 === 2 || index % 6 === 4 ? "handedOff" : "waiting")),
  );
  expect(runs[2]).toMatchObject({ why: "version_gone", step: "fax", answers: { name: "Anna", nights: 2 } });
  expect(await stay.staff.notes(guests[2] ?? late)).toEqual([
    "Flow arrival (version 1), at step fax: this version of the flow is not there any more.\nname: Anna\nnights: 2",
  ]);

  const paths: Readonly<Record<number, readonly string[]>> = {
    0: ["3", "b@example.com", "twin"],
    1: ["3", "b@example.com", "twin"],
    3: ["b@example.com", "twin"],
    5: ["twin"],
  };
  for (const [index, guest] of guests.entries()) {
    for (const answer of paths[index % 6] ?? []) await guest.says(answer);
    const run = await guest.run();
    if (paths[index % 6] === undefined) expect(run).toMatchObject({ status: "handedOff" });
    else if (index !== 6) {
      expect(run, `guest ${String(index)}`).toMatchObject({
        status: "finished",
        version: 2,
        answers: { name: "Anna", bed: "twin" },
      });
      expect(guest.phone.at(-1)?.text).toBe("v2 bye Anna");
    }
    // Nobody was asked for a name twice.
    expect(guest.phone.filter(({ text }) => text.endsWith("name?"))).toHaveLength(1);
  }
});

test("a process of an older release leaves a newer one's runs alone (F36)", async () => {
  const stay = stayWith([second()]);
  const anna = stay.guest();
  await anna.says("arrive");
  expect(await stay.deploy([first()])).toBe(0);
  expect(await anna.says("Anna")).toEqual([]);
  await stay.deploy([second()]);
  expect(await anna.waits("10m")).toEqual(["v2 nights?"]);
  expect(await anna.run()).toMatchObject({ version: 2, status: "waiting" });
});

test("staff who ask why a guest's answer came to them are told that its flow is gone, not that it answered", () => {
  const story = new Story();
  const hears = (flows: readonly Flow[]) => {
    const item = { ...said("arrive", { wamid: `wamid.${String(flows.length)}` }), kind: "message" } as const;
    const input = { workId: `w${String(flows.length)}`, phoneNumberId: NUMBER, item };
    const change = decideItem(story.state, input, grand, NOON, flowListener(flowBook(flows)));
    story.state = applied(story.state, change, NOON);
    return change.messages.find(({ direction }) => direction === "inbound");
  };
  expect(hears([first()])?.reasons.map(({ code }) => code)).toEqual(["flow_started"]);
  const late = hears([]);
  expect(late?.reasons.map(({ code }) => code)).toEqual(["flow_gone"]);
  expect(withProcessor(late!).at(-1)?.details).toEqual({ processor: "flow" });
  expect(story.state.runs).toMatchObject([{ status: "handedOff", why: "version_gone" }]);
});
