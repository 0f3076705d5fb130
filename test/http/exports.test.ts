import { afterEach, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { openApi } from "../../src/http/openapi.js";
import { deskHandler } from "../../src/index.js";
import { admin } from "../harness/hotel.js";
import { aHotel, type Hotel } from "../path/stories.js";
import { AWKWARD_TEXTS } from "../support/awkward-texts.js";

let hotel: Hotel | null = null;
afterEach(() => hotel?.stop());

test("nothing that the desk hands out is a sheet: it answers JSON, lines of JSON, and files to be saved (T29)", () => {
  const types = new Set<string>();
  for (const methods of Object.values(openApi().paths) as Record<string, { responses: object }>[])
    for (const { responses } of Object.values(methods))
      for (const { content = {} } of Object.values(responses) as { content?: object }[])
        for (const type of Object.keys(content)) types.add(type);
  expect([...types].toSorted()).toEqual(["*/*", "application/json", "application/x-ndjson"]);
});

test("whatever a guest wrote, formulas too, stands in an export as it was written, one thing on each line (T28, T29)", async () => {
  hotel = await aHotel(memoryStorage());
  const { desk } = hotel;
  const person = { phone: "12025550101", name: "=cmd|' /C calc'!A0" };
  // A card's number is masked, which is another story.
  const texts = AWKWARD_TEXTS.filter((text) => text.trim() !== "" && !text.includes("4111111111111112"));
  for (const text of texts) await hotel.writes(person, text);
  const { guestId } = await hotel.shows(await hotel.writes(person, "the last"));
  const handler = deskHandler(desk, { authenticate: () => admin });
  const answer = await handler(new Request(`http://host/guests/${guestId}/export`));
  expect(answer?.headers.get("content-type")).toBe("application/x-ndjson");
  expect(answer?.headers.get("content-disposition")).toBe("attachment");
  expect(answer?.headers.get("x-content-type-options")).toBe("nosniff");
  const lines = ((await answer?.text()) ?? "").trimEnd().split("\n");
  const records = lines.map((line) => JSON.parse(line) as { type: string; message?: { content?: { text?: string } } });
  expect([records[0]?.type, records.at(-1)?.type]).toEqual(["export", "end"]);
  for (const line of lines) expect(line.startsWith("{")).toBe(true);
  const told = new Set<string>();
  JSON.parse(`[${lines.join(",")}]`, (_, value: unknown) => {
    if (typeof value === "string") told.add(value);
    return value;
  });
  expect(texts.filter((text) => !told.has(text) && !told.has(text.trim()))).toEqual([]);
  expect(told.has(person.name)).toBe(true);
});
