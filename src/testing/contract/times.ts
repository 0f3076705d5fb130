import assert from "node:assert/strict";
import { newChat } from "../../domain/chat.js";
import type { Conversation } from "../../domain/conversation.js";
import type { Timing } from "../../domain/episode.js";
import type { DeskTimes, TimesQuery } from "../../ports/read-storage.js";
import type { Storage } from "../../ports/storage.js";
import {
  aCommand,
  aConversation,
  aPrompt,
  aRatingPrompt,
  aTiming,
  HOTEL,
  MINUTE_MS,
  minutesAfterNoon,
  NOON,
  OTHER_HOTEL,
  within,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, chatOf, commit, conversationOf, stored } from "./steps.js";

const HOUR = { from: NOON, to: minutesAfterNoon(60) };

const times = (storage: Storage, query: Partial<TimesQuery> = {}): Promise<DeskTimes> =>
  storage.times({ reach: "everything", hotelId: null, departmentId: null, staffId: null, ...HOUR, ...query });

const keep = (storage: Storage, ...timings: readonly Timing[]) =>
  commit(storage, aCommand({ hotelId: timings[0]?.hotelId ?? HOTEL, timings }));

/** A first response after so many minutes, told at once. */
const after = (conversationId: string, minutes: number, fields: Partial<Timing> = {}): Timing =>
  aTiming(conversationId, { since: minutesAfterNoon(30 - minutes), at: minutesAfterNoon(30), ...fields });

const resolved = (conversationId: string, minutes: number, fields: Partial<Timing> = {}): Timing =>
  after(conversationId, minutes, { kind: "resolution", ...fields });

/** Which guest waits for whom: the minute after noon in which they asked. */
async function asks(storage: Storage, id: string, minute: number, fields: Partial<Conversation> = {}): Promise<void> {
  const guest = await aKnownGuest(storage, { waId: `1202555${String(minute).padStart(4, "0")}` });
  const askedAt = minutesAfterNoon(minute);
  const { episode } = aConversation(id, guest);
  await stored(
    storage,
    aConversation(id, guest, { waitingSince: askedAt, episode: { ...episode, askedAt }, ...fields }),
  );
}

const count = ({ all }: DeskTimes) => [all.firstResponse.count, all.resolution.count, all.waiting];
const departments = (told: DeskTimes) =>
  told.departments
    .map((one) => [one.hotelId, one.departmentId, one.firstResponse.count, one.resolution.count, one.waiting])
    .sort();
const staff = (told: DeskTimes) =>
  told.staff
    .map((one) => [one.hotelId, one.staffId, one.firstResponse.count, one.resolution.count, one.waiting])
    .sort();

export const timesCases: readonly StorageCase[] = [
  {
    id: "commit/episode",
    says: "Since when a conversation is open, who was waited for, who answered and how the guest rated it is kept and read back as it is, and changed with it.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const [askedAt, answeredAt] = [minutesAfterNoon(1), minutesAfterNoon(2)];
      const episode = { number: 3, startedAt: minutesAfterNoon(-7), askedAt, answeredAt, answeredBy: "staff_café" };
      const asked = { promptId: "prm_1", episode: 3, askedAt: NOON, staffId: null, score: null, ratedAt: null };
      const first = await stored(storage, aConversation("con_1", guest, { episode, rating: asked }));
      assert.deepEqual(await conversationOf(storage, "con_1"), first);
      assert.deepEqual((await chatOf(storage, guest)).conversations, [first]);
      const next = { number: 4, startedAt: NOON, askedAt: null, answeredAt: null, answeredBy: null };
      const rating = { ...asked, staffId: "staff_café", score: 4, ratedAt: minutesAfterNoon(3) } as const;
      const reopened = await stored(storage, { ...first, episode: next, rating });
      assert.deepEqual(await conversationOf(storage, "con_1"), reopened);
      const again = await stored(storage, { ...reopened, episode, rating: null });
      assert.deepEqual(await conversationOf(storage, "con_1"), again);
    },
  },
  {
    id: "times/once",
    says: "How long something took is kept once for each episode and kind: told again it stays as it was.",
    async run({ storage }) {
      await keep(storage, after("con_1", 4), resolved("con_1", 8));
      await keep(storage, after("con_1", 20, { staffId: "staff_2" }), after("con_1", 6, { episode: 2 }));
      const { all } = await times(storage);
      assert.deepEqual(all.firstResponse, {
        count: 2,
        meanMs: 5 * MINUTE_MS,
        medianMs: 5 * MINUTE_MS,
        p90Ms: 5.8 * MINUTE_MS,
      });
      assert.equal(all.resolution.medianMs, 8 * MINUTE_MS);
    },
  },
  {
    id: "times/period",
    says: "A report counts what ended in its period, whose end is not in it, and tells mean, median and 90th percentile in whole milliseconds.",
    async run({ storage }) {
      const none = { count: 0, meanMs: null, medianMs: null, p90Ms: null };
      const rating = { asked: 0, answered: 0, average: null, scores: [0, 0, 0, 0, 0] as const };
      const nothing = { firstResponse: none, resolution: none, rating, waiting: 0, resolvedUnanswered: 0 };
      assert.deepEqual(await times(storage), { all: nothing, departments: [], staff: [] });
      const since = minutesAfterNoon(-60);
      await keep(
        storage,
        aTiming("con_before", { since, at: new Date(NOON.getTime() - 1) }),
        aTiming("con_first", { since, at: NOON }),
        aTiming("con_last", { since, at: new Date(HOUR.to.getTime() - 1) }),
        aTiming("con_after", { since, at: HOUR.to }),
      );
      const twoHours = 120 * MINUTE_MS - 1;
      const { firstResponse } = (await times(storage)).all;
      assert.deepEqual(firstResponse, {
        count: 2,
        meanMs: Math.round((60 * MINUTE_MS + twoHours) / 2),
        medianMs: Math.round((60 * MINUTE_MS + twoHours) / 2),
        p90Ms: Math.round(60 * MINUTE_MS + (twoHours - 60 * MINUTE_MS) * 0.9),
      });
      const later = { from: HOUR.to, to: minutesAfterNoon(120) };
      await keep(
        storage,
        ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100].map((minutes, index) =>
          resolved(`con_${String(index)}`, minutes, {
            at: minutesAfterNoon(90),
            since: minutesAfterNoon(90 - minutes),
            unanswered: minutes > 8,
          }),
        ),
      );
      const { resolution, resolvedUnanswered } = (await times(storage, later)).all;
      assert.deepEqual(resolution, {
        count: 11,
        meanMs: Math.round((155 * MINUTE_MS) / 11),
        medianMs: 6 * MINUTE_MS,
        p90Ms: 10 * MINUTE_MS,
      });
      assert.equal(resolvedUnanswered, 3);
    },
  },
  {
    id: "times/open-hours",
    says: "What took a night in which nobody is there counts as long as its opening hours say, a moment or nothing included.",
    async run({ storage }) {
      const night = minutesAfterNoon(-12 * 60);
      await keep(
        storage,
        aTiming("con_night", { since: night, at: minutesAfterNoon(30), openMs: 30 * MINUTE_MS }),
        aTiming("con_day", { since: NOON, at: minutesAfterNoon(30), openMs: null }),
        aTiming("con_closed", { since: night, at: minutesAfterNoon(30), openMs: 0 }),
        aTiming("con_night", {
          kind: "resolution",
          since: night,
          at: minutesAfterNoon(40),
          openMs: 40 * MINUTE_MS + 1,
        }),
      );
      const { firstResponse, resolution } = (await times(storage)).all;
      assert.deepEqual(firstResponse, {
        count: 3,
        meanMs: 20 * MINUTE_MS,
        medianMs: 30 * MINUTE_MS,
        p90Ms: 30 * MINUTE_MS,
      });
      assert.equal(resolution.medianMs, 40 * MINUTE_MS + 1);
    },
  },
  {
    id: "times/groups",
    says: "The same is told of each department, of those in none, and of each of staff; what nobody of staff did stands in no row of theirs.",
    async run({ storage }) {
      await keep(
        storage,
        after("con_1", 2),
        resolved("con_1", 9),
        after("con_2", 4, { departmentId: "spa" }),
        after("con_3", 6, { departmentId: null, staffId: null }),
        resolved("con_4", 8, { staffId: "staff_2" }),
      );
      await keep(storage, after("con_5", 3, { hotelId: OTHER_HOTEL }));
      const told = await times(storage);
      assert.deepEqual(count(told), [4, 2, 0]);
      assert.deepEqual(departments(told), [
        [HOTEL, null, 1, 0, 0],
        [HOTEL, "reception", 1, 2, 0],
        [HOTEL, "spa", 1, 0, 0],
        [OTHER_HOTEL, "reception", 1, 0, 0],
      ]);
      assert.deepEqual(staff(told), [
        [HOTEL, "staff_1", 2, 1, 0],
        [HOTEL, "staff_2", 0, 1, 0],
        [OTHER_HOTEL, "staff_1", 1, 0, 0],
      ]);
      const spa = told.departments.find(({ departmentId }) => departmentId === "spa");
      assert.equal(spa?.firstResponse.medianMs, 4 * MINUTE_MS);
    },
  },
  {
    id: "times/filters",
    says: "A report can be asked for one hotel, one department, or one of staff, and for all of these.",
    async run({ storage }) {
      await keep(storage, after("con_1", 2), after("con_2", 4, { departmentId: "spa", staffId: "staff_2" }));
      await keep(storage, resolved("con_3", 6, { departmentId: "spa" }));
      await keep(storage, after("con_4", 8, { hotelId: OTHER_HOTEL, departmentId: "spa" }));
      const counted = async (query: Partial<TimesQuery>) => count(await times(storage, query));
      assert.deepEqual(await counted({ hotelId: HOTEL }), [2, 1, 0]);
      assert.deepEqual(await counted({ hotelId: "none" }), [0, 0, 0]);
      assert.deepEqual(await counted({ departmentId: "spa" }), [2, 1, 0]);
      assert.deepEqual(await counted({ staffId: "staff_1" }), [2, 1, 0]);
      assert.deepEqual(await counted({ staffId: "staff_1", departmentId: "spa", hotelId: HOTEL }), [0, 1, 0]);
    },
  },
  {
    id: "times/waiting",
    says: "Who asked in the period and has had no word of the staff yet waits, with the department and whoever sees to it; nobody who was answered, wrote second, or whose matter is closed.",
    async run({ storage }) {
      await asks(storage, "con_1", 1, { assigneeId: "staff_1" });
      await asks(storage, "con_2", 2, { departmentId: "spa" });
      await asks(storage, "con_3", 3, { departmentId: null });
      await asks(storage, "con_60", 60);
      const { episode } = await conversationOf(storage, "con_1");
      const asked = { askedAt: minutesAfterNoon(4), answeredAt: minutesAfterNoon(5) };
      await asks(storage, "con_4", 4, { episode: { ...episode, ...asked } });
      await asks(storage, "con_5", 5, { episode: { ...episode, askedAt: null, answeredAt: NOON } });
      await asks(storage, "con_6", 6, { status: "closed", closedAt: NOON });
      const told = await times(storage);
      assert.deepEqual(count(told), [0, 0, 3]);
      assert.deepEqual(departments(told), [
        [HOTEL, null, 0, 0, 1],
        [HOTEL, "reception", 0, 0, 1],
        [HOTEL, "spa", 0, 0, 1],
      ]);
      assert.deepEqual(staff(told), [[HOTEL, "staff_1", 0, 0, 1]]);
      assert.deepEqual(count(await times(storage, { departmentId: "spa" })), [0, 0, 1]);
      assert.deepEqual(count(await times(storage, { staffId: "staff_1" })), [0, 0, 1]);
      assert.deepEqual(count(await times(storage, { from: minutesAfterNoon(2) })), [0, 0, 2]);
      assert.deepEqual(count(await times(storage, { to: minutesAfterNoon(61) })), [0, 0, 4]);
    },
  },
  {
    id: "times/ratings",
    says: "Of the guests who were asked in the period how it was, a report tells how many answered, whenever they did, how many gave each score, and their average to hundredths.",
    async run({ storage }) {
      const [asked, later] = [minutesAfterNoon(30), minutesAfterNoon(600)];
      const surveyed = (id: string, fields: Partial<Timing> = {}) =>
        aTiming(id, { kind: "surveyed", since: asked, at: asked, ...fields });
      const rated = (id: string, score: Timing["score"], fields: Partial<Timing> = {}) =>
        aTiming(id, { kind: "rated", since: asked, at: later, score, ...fields });
      await keep(
        storage,
        surveyed("con_1"),
        surveyed("con_2", { staffId: "staff_2" }),
        surveyed("con_3"),
        surveyed("con_4"),
      );
      await keep(storage, surveyed("con_4", { episode: 2, at: HOUR.to }), surveyed("con_5", { departmentId: "spa" }));
      await keep(storage, rated("con_1", 5), rated("con_2", 4), rated("con_5", 1), rated("con_4", 2, { episode: 2 }));
      await keep(storage, rated("con_1", 1), rated("con_3", 5));
      assert.deepEqual((await times(storage)).all.rating, {
        asked: 5,
        answered: 4,
        average: 3.75,
        scores: [1, 0, 0, 1, 2],
      });
      const { all, departments: found, staff: people } = await times(storage, { departmentId: "reception" });
      assert.deepEqual(all.rating, { asked: 4, answered: 3, average: 4.67, scores: [0, 0, 0, 1, 2] });
      assert.deepEqual(
        found.map(({ rating }) => rating.asked),
        [4],
      );
      assert.deepEqual(people.map(({ staffId, rating }) => [staffId, rating.asked, rating.average]).sort(), [
        ["staff_1", 3, 5],
        ["staff_2", 1, 4],
      ]);
      const evening = { from: later, to: minutesAfterNoon(660) };
      assert.deepEqual((await times(storage, evening)).departments, [], "an answer is told where it was asked for");
    },
  },
  {
    id: "load/chat-rating",
    says: "A guest's rating finds the conversation that it is about, closed as it is: by the question that they tap, or by the one that the chat says they were asked last; nobody else's does.",
    async run({ storage }) {
      const guest = await aKnownGuest(storage);
      const other = await aKnownGuest(storage, { waId: "12025550102" });
      const closed = { status: "closed", closedAt: NOON } as const;
      const rated = await stored(storage, aConversation("con_1", guest, closed));
      const last = await stored(storage, aConversation("con_2", guest, { ...closed, departmentId: "spa" }));
      const elses = await stored(storage, aConversation("con_3", other, closed));
      const undecided = await stored(storage, aConversation("con_4", guest, { departmentId: null }));
      const menu = aPrompt("prm_menu", undecided);
      const prompts = [
        ...[rated, last, elses].map((one, index) => aRatingPrompt(`prm_${String(index + 1)}`, one)),
        menu,
        { ...aRatingPrompt("prm_4", undecided), createdAt: minutesAfterNoon(5) },
      ];
      const chat = { ...newChat(HOTEL, guest.phoneNumberId, guest.id), ratingPromptId: "prm_2" };
      await commit(storage, aCommand({ prompts, chat }));
      const found = async (...promptIds: readonly string[]) => {
        const state = await chatOf(storage, guest, { promptIds });
        return {
          prompts: state.prompts.map(({ id }) => id).sort(),
          conversations: state.conversations.map(({ id }) => id).sort(),
          asked: state.chat?.ratingPromptId,
        };
      };
      const always = { prompts: ["prm_2", "prm_menu"], conversations: ["con_2", "con_4"], asked: "prm_2" };
      assert.deepEqual(await found(), always);
      assert.deepEqual(await found("prm_1", "prm_3", "prm_none"), {
        ...always,
        prompts: ["prm_1", "prm_2", "prm_menu"],
        conversations: ["con_1", "con_2", "con_4"],
      });
      const state = await chatOf(storage, guest, { promptIds: ["prm_1"] });
      assert.deepEqual(
        state.prompts.find(({ id }) => id === "prm_1"),
        prompts[0],
      );
      await commit(storage, aCommand({ chat: { ...chat, version: 1, ratingPromptId: null } }));
      assert.deepEqual(await found(), { prompts: ["prm_menu"], conversations: ["con_4"], asked: null });
    },
  },
  {
    id: "times/reach",
    says: "A report tells of departments within reach alone: another hotel's, and what is in no department, looks like nobody's to whoever reaches one, and a guest is told nothing.",
    async run({ storage }) {
      await keep(storage, after("con_1", 2), after("con_2", 40, { departmentId: "spa" }));
      await keep(storage, after("con_3", 50, { departmentId: null }));
      await keep(storage, after("con_4", 60, { hotelId: OTHER_HOTEL }));
      await asks(storage, "con_5", 5);
      await asks(storage, "con_6", 6, { departmentId: "spa" });
      const one = await times(storage, { reach: within([HOTEL, ["reception"]]) });
      assert.deepEqual(count(one), [1, 0, 1]);
      assert.deepEqual(departments(one), [[HOTEL, "reception", 1, 0, 1]]);
      assert.equal(one.all.firstResponse.meanMs, 2 * MINUTE_MS);
      assert.deepEqual(count(await times(storage, { reach: within([HOTEL, "all"]) })), [3, 0, 2]);
      assert.deepEqual(
        count(await times(storage, { reach: within([HOTEL, ["spa"]], [OTHER_HOTEL, "all"]) })),
        [2, 0, 1],
      );
      const nothing = { ...one, departments: [], staff: [] };
      const { all } = await times(storage, { hotelId: "none" });
      for (const query of [
        { reach: within([OTHER_HOTEL, "all"]), hotelId: HOTEL },
        { reach: within([HOTEL, ["reception"]]), departmentId: "spa" },
        { reach: within() },
        { reach: { guest: { hotelId: HOTEL, id: (await aKnownGuest(storage)).id } } },
      ])
        assert.deepEqual(await times(storage, query), { ...nothing, all });
    },
  },
];
