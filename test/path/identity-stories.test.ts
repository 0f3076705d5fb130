import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { receptionist } from "../harness/hotel.js";
import { aHotel, STORAGES, type Hotel, type Person, type Stored } from "./stories.js";

const TOM: Person = { phone: "12025550102", bsuid: "US.102", name: "Tom Okafor" };
const KENJI: Person = { bsuid: "JP.104", name: "Kenji W.", username: "kenji.w_88" };

describe.each(STORAGES)("who is writing (%s)", (_, make) => {
  let hotel: Hotel;
  let end: Stored["end"];
  beforeEach(async () => {
    const stored = await make();
    ({ end } = stored);
    hotel = await aHotel(stored.storage);
  });
  afterEach(async () => {
    await hotel.stop();
    await end();
  });

  const guestOf = async (wamid: string) => (await hotel.shows(wamid)).guestId;
  const addressesOf = async (guestId: string) =>
    (await hotel.staff().guest(guestId)).addresses
      .filter(({ retiredAt }) => retiredAt === null)
      .map(({ value }) => value)
      .sort();

  test("a guest gets a new phone number: one guest, one history, and answers go to the new number", async () => {
    const before = await hotel.writes(TOM, "Reception");
    const guest = await guestOf(before);
    await hotel.says(
      { type: "user_changed_number", wa_id: "12025550152", user_id: "US.152", previous_user_id: "US.102" },
      "12025550102",
    );
    await expect.poll(() => addressesOf(guest)).toEqual(["12025550152", "US.152"]);
    const after = await hotel.writes({ ...TOM, phone: "12025550152", bsuid: "US.152" }, "it is still me");

    const seen = await hotel.shows(after);
    expect(seen.guestId).toBe(guest);
    expect(seen.messages.map(({ content }) => content.type)).toEqual(expect.arrayContaining(["text", "system"]));
    expect(await addressesOf(guest)).toEqual(["12025550152", "US.152"]);

    hotel.sent.length = 0;
    await hotel
      .staff()
      .reply(seen.conversation.id, { clientMessageId: "r1", content: { type: "text", text: "Welcome" } });
    await expect.poll(() => hotel.sent).toContainEqual({ to: "12025550152", kind: "waId" });
  });

  test("the news comes after the guest has written with the new number: they are one all the same", async () => {
    const before = await guestOf(await hotel.writes(TOM, "hello"));
    const stranger = await guestOf(
      await hotel.writes({ phone: "12025550152", bsuid: "US.152", name: "Tom" }, "hello again"),
    );
    expect(stranger).not.toBe(before);

    await hotel.says(
      { type: "user_changed_number", wa_id: "12025550152", user_id: "US.152", previous_user_id: "US.102" },
      "12025550102",
    );
    await expect.poll(async () => (await hotel.staff().guest(stranger)).mergedInto).toBe(before);

    const after = await hotel.shows(await hotel.writes({ phone: "12025550152", bsuid: "US.152" }, "and once more"));
    expect(after.guestId).toBe(before);
    const texts = after.messages.flatMap(({ content }) => (content.type === "text" ? [content.text] : []));
    expect(texts).toEqual(expect.arrayContaining(["hello", "hello again", "and once more"]));
  });

  test("a guest's id is rotated while the phone is hidden: one guest", async () => {
    const before = await guestOf(await hotel.writes(KENJI, "Good evening, I lost my room key"));
    await hotel.says({ type: "user_changed_user_id", user_id: "JP.154", previous_user_id: "JP.104" });
    await expect.poll(() => addressesOf(before)).toEqual(["JP.154"]);
    const after = await guestOf(await hotel.writes({ ...KENJI, bsuid: "JP.154" }, "found it"));
    expect(after).toBe(before);
    // A webhook with the old id that was held up on its way still is theirs.
    expect(await guestOf(await hotel.writes(KENJI, "sent before"))).toBe(before);
  });

  test("a guest with a username and no phone writes and is answered", async () => {
    const seen = await hotel.shows(await hotel.writes(KENJI, "Reception"));
    const view = await hotel.staff().guest(seen.guestId);
    expect(view).toMatchObject({ name: "Kenji W.", username: "kenji.w_88" });
    const content = { type: "text", text: "Hello" } as const;
    const { id } = await hotel.staff().reply(seen.conversation.id, { clientMessageId: "r1", content });
    const answer = async () => (await hotel.staff().messages(seen.conversation.id)).items.find((one) => one.id === id);
    await expect.poll(async () => (await answer())?.status).toBe("sent");
    expect(new Set(hotel.sent.map(({ to, kind }) => `${kind} ${to}`))).toEqual(new Set(["bsuid JP.104"]));
  });

  test("the phone is revealed later, by a webhook or when the guest shares it: one guest, who has both", async () => {
    const first = await guestOf(await hotel.writes(KENJI, "hello"));
    expect(await guestOf(await hotel.writes({ ...KENJI, phone: "12025550104" }, "now you see my number"))).toBe(first);
    expect(await addressesOf(first)).toEqual(["12025550104", "JP.104"]);
    // And by the phone alone it is them from then on, in the very next webhook.
    expect(await guestOf(await hotel.writes({ phone: "12025550104" }, "an old webhook's shape"))).toBe(first);

    const other: Person = { bsuid: "AE.106", name: "omarzed" };
    const second = await guestOf(await hotel.writes(other, "hello"));
    const card = { origin: "contact_request", phones: [{ phone: "+971 50 555 0106", wa_id: "971505550106" }] };
    await hotel.shows(await hotel.writes(other, { type: "contacts", contacts: [card] }));
    expect(await addressesOf(second)).toEqual(["971505550106", "AE.106"]);
  });

  test("somebody sends another person's card: it proves nothing", async () => {
    const guest = await guestOf(await hotel.writes(KENJI, "hello"));
    const card = { origin: "other", phones: [{ phone: "+1 202-555-0143", wa_id: "12025550143" }] };
    await hotel.shows(await hotel.writes(KENJI, { type: "contacts", contacts: [card] }));
    expect(await addressesOf(guest)).toEqual(["JP.104"]);
  });

  test("a phone number passes to another person: they do not see the former guest's stay, nor does staff mix them up", async () => {
    const former = await hotel.shows(await hotel.writes(TOM, "my booking is 4711"));
    const next: Person = { phone: "12025550102", bsuid: "US.777", name: "Somebody Else" };
    const latter = await hotel.shows(await hotel.writes(next, "hello, first time here"));

    expect(latter.guestId).not.toBe(former.guestId);
    expect(latter.conversation.id).not.toBe(former.conversation.id);
    expect(JSON.stringify(latter.messages)).not.toContain("4711");
    expect(await addressesOf(former.guestId)).toEqual(["US.102"]);
    expect(await addressesOf(latter.guestId)).toEqual(["12025550102", "US.777"]);
    // Staff are told that they may be one, and decide.
    expect((await hotel.staff().guest(former.guestId)).maybeSame).toEqual([
      { guestId: latter.guestId, why: "formerPhone" },
    ]);
  });

  test("two guests with like numbers are never merged by themselves, only shown as alike (H)", async () => {
    const withNine = await guestOf(await hotel.writes({ phone: "5511987654321", bsuid: "BR.1" }, "oi"));
    const withoutNine = await guestOf(await hotel.writes({ phone: "551187654321", bsuid: "BR.2" }, "olá"));
    expect(withNine).not.toBe(withoutNine);
    expect((await hotel.staff().guest(withNine)).maybeSame).toEqual([{ guestId: withoutNine, why: "likePhone" }]);

    const found = await hotel.staff().findGuests({ hotel: "grand", phone: "+55 11 98765-4321" });
    expect(found.map(({ id }) => id).sort()).toEqual([withNine, withoutNine].sort());
    await expect(hotel.staff().findGuests({ hotel: "grand", phone: "what?" })).rejects.toThrow(/request_invalid/);
  });

  test("staff merge two guests and take them apart again: nothing is lost, nothing moves", async () => {
    const one = await hotel.shows(await hotel.writes({ phone: "12025550101" }, "I wrote last year"));
    const two = await hotel.shows(await hotel.writes(KENJI, "I write today"));
    const merged = await hotel
      .staff()
      .mergeGuests({ guestId: one.guestId, into: two.guestId, reason: "same passport" });
    expect(merged).toMatchObject({ id: two.guestId, merged: [{ id: one.guestId }] });
    expect(await addressesOf(two.guestId)).toEqual(["12025550101", "JP.104"]);

    // What comes to either address is the one guest's now.
    const together = await hotel.shows(await hotel.writes({ phone: "12025550101" }, "from the old phone"));
    expect([one.conversation.id, two.conversation.id]).toContain(together.conversation.id);
    await expect(hotel.staff().mergeGuests({ guestId: one.guestId, into: two.guestId })).rejects.toThrow(
      /merge_impossible/,
    );

    await hotel.staff().unmergeGuests({ guestId: one.guestId, reason: "brothers" });
    expect(await addressesOf(two.guestId)).toEqual(["JP.104"]);
    expect(await addressesOf(one.guestId)).toEqual(["12025550101"]);
    expect(await guestOf(await hotel.writes({ phone: "12025550101" }, "alone again"))).toBe(one.guestId);
    expect(await guestOf(await hotel.writes(KENJI, "me too"))).toBe(two.guestId);
    await expect(hotel.staff().unmergeGuests({ guestId: one.guestId })).rejects.toThrow(/merge_impossible/);

    const { items } = await hotel.staff().operatorEvents();
    expect(items.map(({ body }) => body.type).filter((type) => type.startsWith("guest."))).toEqual([
      "guest.unmerged",
      "guest.merged",
    ]);
  });

  test("taken apart again, guests delete and edit their own words wherever those stand, and nothing blocks them", async () => {
    const tom: Person = { phone: "12025550102", bsuid: "US.102", name: "Tom" };
    const one = await hotel.shows(await hotel.writes(tom, "hello"));
    const two = await hotel.shows(await hotel.writes(KENJI, "hello"));
    await hotel.staff().mergeGuests({ guestId: one.guestId, into: two.guestId });
    const secret = await hotel.writes(tom, "SECRET");
    const typo = await hotel.writes(tom, "TYPO");
    await hotel.shows(typo);
    await hotel.staff().unmergeGuests({ guestId: one.guestId });

    await hotel.writes(tom, { type: "revoke", revoke: { original_message_id: secret } });
    const edit = { original_message_id: typo, message: { type: "text", text: { body: "no typo" } } };
    await hotel.writes(tom, { type: "edit", edit });
    await hotel.shows(await hotel.writes(tom, "and so on"));
    await hotel.shows(secret, ({ revokedAt }) => revokedAt !== null);
    await hotel.shows(typo, ({ versions }) => versions.length === 1);
    expect(JSON.stringify(await hotel.every())).not.toContain("SECRET");
  });

  test("a phone that is learned while two are one goes back with whose it is", async () => {
    const omar: Person = { bsuid: "AE.106", name: "omarzed" };
    const one = await guestOf(await hotel.writes(omar, "hello"));
    const two = await guestOf(await hotel.writes(KENJI, "hello"));
    await hotel.staff().mergeGuests({ guestId: one, into: two });
    await hotel.shows(await hotel.writes({ ...omar, phone: "971505550106" }, "now with my number"));
    await hotel.staff().unmergeGuests({ guestId: one });
    expect(await addressesOf(one)).toEqual(["971505550106", "AE.106"]);
    expect(await addressesOf(two)).toEqual(["JP.104"]);
  });

  test("a manager of one department merges nobody: it concerns the others too", async () => {
    const one = await hotel.shows(await hotel.writes(TOM, "Reception"));
    const two = await guestOf(await hotel.writes(KENJI, "Reception"));
    const manager = hotel.desk.as({ ...receptionist, role: "manager" });
    await expect(manager.mergeGuests({ guestId: one.guestId, into: two })).rejects.toThrow(/not_found/);
  });

  test("an agent merges nobody, and sees only guests of the own department", async () => {
    const guest = await guestOf(await hotel.writes(TOM, "hello"));
    const other = await guestOf(await hotel.writes(KENJI, "hello"));
    const agent = hotel.desk.as(receptionist);
    await expect(agent.guest(guest)).rejects.toThrow(/not_found/);
    await expect(agent.mergeGuests({ guestId: guest, into: other })).rejects.toThrow(/not_found/);

    await hotel.shows(await hotel.writes(TOM, "Reception"));
    await expect
      .poll(() =>
        agent.guest(guest).then(
          ({ id }) => id,
          () => null,
        ),
      )
      .toBe(guest);
    await expect(agent.mergeGuests({ guestId: guest, into: other })).rejects.toThrow(/not_found/);
  });
});
