import { afterEach, describe, expect, test } from "vitest";
import { ConversationError, type Storage } from "../../src/index.js";
import { withCommit } from "../../src/runtime/with-commit.js";
import { admin, eventually, GRAND_NUMBER, hotels } from "../harness/hotel.js";
import { aSendingHotel, MINUTE_MS, SECOND_MS, type SendingHotel } from "./sending.js";
import { STORAGES } from "./stories.js";

const PHONE = "12025550101";
/** Below the minute that a poll takes. */
const SOON_MS = 40 * SECOND_MS;
/** Below the fifteen seconds for which a send of unknown fate holds up what follows. */
const HELD_MS = 13 * SECOND_MS;

describe.each(STORAGES)("a desk that looks for work once a minute only (%s)", (_, open) => {
  let hotel: SendingHotel;
  afterEach(() => hotel.close());
  const opens = async (more: Parameters<typeof aSendingHotel>[1] = {}) =>
    (hotel = await aSendingHotel(open, { ...more, work: { pollMs: MINUTE_MS }, deadlineMs: 2 * SECOND_MS }));
  const soon = <T>(what: string, look: () => Promise<T | null | undefined | false>) => eventually(what, look, SOON_MS);
  const onThePhone = () => hotel.fake.phone(PHONE, GRAND_NUMBER).filter(({ from }) => from === "hotel");
  const conversation = async (id: string) =>
    (await hotel.staff().conversations({ limit: 100, snoozed: false })).items.find((one) => one.id === id);

  /** Out of the open list, for so long by the storage's clock. */
  const isPutOff = async (id: string, ms: number) => {
    const { now } = await hotel.storage.loadSends("grand", []);
    await hotel.staff().snooze(id, { until: new Date(now.getTime() + ms) });
  };

  test("has the menu at a guest's phone when they have written, and staff's answer when they have answered", async () => {
    await opens({ hotel: { departments: hotels[0]!.departments } });
    const { conversationId } = await hotel.writes(hotel.guest(PHONE));
    await soon("the menu is there", () => Promise.resolve(onThePhone().length === 1));
    await hotel.staff().reply(conversationId, { clientMessageId: "a", content: { type: "text", text: "Welcome!" } });
    await soon("the answer is there", () => Promise.resolve(onThePhone().length === 2));
  });

  test("sends what waits behind a send of unknown fate when WhatsApp reports of that", async () => {
    await opens();
    const chat = await hotel.writes(hotel.guest(PHONE));
    hotel.fake.fail({ kind: "silence" });
    const first = await chat.hears("Your room is ready.");
    const next = await chat.hears("The key is at the desk.");
    await soon("nobody knows", async () => (await chat.message(first))?.status === "unknown");
    await hotel.fake.report(hotel.fake.accepted[0]!, "delivered");
    await eventually("the next is sent", async () => (await chat.message(next))?.status === "sent", HELD_MS);
  });

  test("does at once what was dead and is to be done again, and what the host asks for", async () => {
    let refuses = true;
    hotel = await aSendingHotel(
      async () => {
        const stored = await open();
        const storage: Storage = withCommit(stored.storage, (hotelId, changes) => {
          const isTimer = changes.some(({ lane }) => lane?.kind === "timer");
          if (isTimer && refuses) throw new ConversationError("storage_refused");
          return stored.storage.commit(hotelId, changes);
        });
        return { ...stored, storage };
      },
      { work: { pollMs: MINUTE_MS, attempts: 1 }, deadlineMs: 2 * SECOND_MS },
    );
    const { conversationId } = await hotel.writes(hotel.guest(PHONE));
    await isPutOff(conversationId, SECOND_MS);
    const asked = hotel.desk.as(admin);
    const dead = await soon("it is dead", async () => (await asked.dead()).items[0]);
    expect([dead.kind, await conversation(conversationId)]).toEqual(["timer", undefined]);
    refuses = false;
    await asked.replay(dead.id);
    await soon("it is back", () => conversation(conversationId));
    await hotel.desk.enqueue(null, { type: "close", hotelId: "grand", conversationId });
    await soon("it is closed", async () => (await conversation(conversationId))?.status === "closed");
  });

  test("brings back what was put off when its time has come, and finds somebody for who comes, and for who is given to others", async () => {
    await opens({
      hotel: {
        departments: hotels[0]!.departments,
        assignment: ({ departmentId }) => Promise.resolve(`staff_${departmentId}`),
      },
    });
    const nadia = hotel.guest(PHONE);
    await hotel.writes(nadia);
    const { conversationId } = await hotel.writes(nadia, "reception");
    const isWith = (staffId: string) => async () => (await conversation(conversationId))?.assigneeId === staffId;
    await soon("somebody sees to it", isWith("staff_reception"));
    await hotel.staff().transfer(conversationId, { departmentId: "housekeeping" });
    await soon("somebody else sees to it", isWith("staff_housekeeping"));
    await isPutOff(conversationId, 2 * SECOND_MS);
    expect(await conversation(conversationId)).toBeUndefined();
    await soon("it is back", () => conversation(conversationId));
  });
});
