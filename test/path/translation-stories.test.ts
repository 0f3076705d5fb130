import { describe, expect, test } from "vitest";
import type { LogFields, ToTranslate, Translator } from "../../src/index.js";
import { textMark } from "../../src/index.js";
import { messageJson } from "../../src/http/json.js";
import { eventually, hotels } from "../harness/hotel.js";
import { aHotel, STORAGES, type Person } from "./stories.js";

const ANNA: Person = { phone: "12025550101", name: "Anna" };
const BRUNO: Person = { phone: "12025550102", name: "Bruno" };
const ENGLISH: Readonly<Record<string, string>> = {
  "la mia stanza è fredda": "my room is cold",
  "la mia stanza è gelida": "my room is freezing",
  "buona notte": "good night",
};

/** A hotel with a translator that knows a few phrases, and does what `wrong` says first. */
async function stayWith(make: (typeof STORAGES)[number][1], wrong: (about: ToTranslate) => unknown = () => undefined) {
  const stored = await make();
  const asked: ToTranslate[] = [];
  const logged: string[] = [];
  const keep = (fields: LogFields, text: string) => void logged.push(JSON.stringify([fields, text]));
  const translator: Translator = {
    async translate(about) {
      asked.push(about);
      const instead = await wrong(about);
      if (instead !== undefined) return instead as null;
      const text = ENGLISH[about.text];
      return text === undefined ? null : { text, from: "it" };
    },
  };
  const hotel = await aHotel(stored.storage, hotels, {
    translator,
    translation: { deadlineMs: 100, attempts: 2 },
    work: { pollMs: 10, retryBaseMs: 1, retryCapMs: 5 },
    logger: { debug: keep, info: keep, warn: keep, error: keep },
  });
  return {
    hotel,
    asked,
    logged,
    end: async () => {
      await hotel.stop();
      await stored.end();
    },
  };
}

describe.each(STORAGES)("what a guest writes in another language (%s)", (_, make) => {
  test("is shown at once as it was written, and beside it what it says, once somebody has said so (N14)", async () => {
    let answer: () => void = () => undefined;
    const thinking = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { hotel, asked, end } = await stayWith(make, async () => {
      await Promise.race([thinking, new Promise((resolve) => setTimeout(resolve, 90))]);
      return undefined;
    });
    try {
      const wamid = await hotel.writes(ANNA, "la mia stanza è fredda");
      const first = await hotel.shows(wamid);
      expect(first.message.content).toEqual({ type: "text", text: "la mia stanza è fredda" });
      expect(messageJson(first.message).translation).toBeNull();
      answer();
      const { message } = await hotel.shows(wamid, ({ translation }) => translation !== undefined);
      expect(message.content).toEqual({ type: "text", text: "la mia stanza è fredda" });
      expect(messageJson(message).translation).toEqual({ language: "en", text: "my room is cold", from: "it" });
      expect(hotel.heard.filter((type) => type === "message.translated")).toHaveLength(1);
      expect(asked[0]).toMatchObject({
        hotelId: "grand",
        messageId: message.id,
        to: "en",
        text: "la mia stanza è fredda",
      });
    } finally {
      await end();
    }
  });

  test("is translated anew when it is edited, and never shown beside words that it is not of", async () => {
    const { hotel, end } = await stayWith(make);
    try {
      const wamid = await hotel.writes(ANNA, "la mia stanza è fredda");
      await hotel.shows(wamid, ({ translation }) => translation?.text === "my room is cold");
      await hotel.writes(ANNA, {
        type: "edit",
        edit: { original_message_id: wamid, message: { type: "text", text: { body: "la mia stanza è gelida" } } },
      });
      const shows = (text: string) =>
        hotel.shows(wamid, ({ content, translation }) => {
          const now = content.type === "text" ? content.text : "";
          if (translation !== undefined) expect(translation.of).toBe(textMark(now));
          return translation?.text === text;
        });
      await shows("my room is freezing");
      await hotel.writes(ANNA, { type: "revoke", revoke: { original_message_id: wamid } });
      const { message } = await hotel.shows(wamid, ({ revokedAt }) => revokedAt !== null);
      expect(message.translation).toBeUndefined();
    } finally {
      await end();
    }
  });

  test.each<[string, () => unknown]>([
    ["throws", () => Promise.reject(new Error("la mia stanza"))],
    ["never answers", () => new Promise(() => undefined)],
    ["answers nonsense", () => ({ text: 7 })],
  ])("stands alone when the translator %s, which staff see, and nothing waits for it", async (__, wrong) => {
    const { hotel, asked, logged, end } = await stayWith(make, ({ text }) =>
      text === "buona notte" ? undefined : wrong(),
    );
    try {
      const wamid = await hotel.writes(ANNA, "la mia stanza è fredda");
      const other = await hotel.writes(BRUNO, "buona notte");
      await hotel.shows(other, ({ translation }) => translation?.text === "good night");
      const { message } = await hotel.shows(wamid, ({ translation }) => translation !== undefined);
      expect(messageJson(message).translation).toEqual({ language: "en", text: null, from: null });
      expect(asked.filter(({ text }) => text !== "buona notte")).toHaveLength(2);
      expect(logged.join()).toContain("translator_failed");
      expect(logged.join()).not.toContain("stanza");
      expect((await hotel.desk.as({ kind: "operator", id: "op" }).dead()).items).toEqual([]);
    } finally {
      await end();
    }
  });

  test("is asked about when there are words in it, of a guest's own, and in a language that staff do not speak", async () => {
    const { hotel, asked, end } = await stayWith(make);
    try {
      await hotel.writes(ANNA, "12");
      await hotel.writes(ANNA, "👍");
      await hotel.writes(ANNA, { type: "location", location: { latitude: 1, longitude: 2, name: "Roma" } });
      await hotel.echoes(ANNA, "buona notte");
      // Old messages out of the phone app: nobody reads hundreds of them again in another language.
      const old = {
        ...{ from: ANNA.phone, id: "wamid.old.1", timestamp: "1780000000", type: "text" },
        ...{ text: { body: "la mia stanza è fredda" }, history_context: { status: "READ" } },
      };
      const thread = { id: ANNA.phone, context: { wa_id: ANNA.phone }, messages: [old] };
      await hotel.delivers("history", { history: [{ metadata: { phase: 1, chunk_order: 1 }, threads: [thread] }] });
      await hotel.settled();
      const last = await hotel.writes(ANNA, "buona notte");
      await hotel.shows(last, ({ translation }) => translation !== undefined);
      await eventually("all is asked", () => Promise.resolve(asked.length >= 1));
      expect(asked.map(({ text }) => text)).toEqual(["buona notte"]);
    } finally {
      await end();
    }
  });
});
