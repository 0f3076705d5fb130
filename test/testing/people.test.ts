import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fakeWhatsApp, manualClock, type FakeWhatsApp, type FakeWhatsAppOptions } from "../../src/testing/index.js";
import { fixture } from "../whatsapp/fixtures.js";

const NUMBER = "200000000000001";
const SEASIDE = "200000000000002";
const NADIA = { waId: "12025550101", bsuid: "US.90000000000000000101", name: "Nadia Ferro" };
const KENJI = { bsuid: "JP.90000000000000000104", name: "Kenji W.", username: "kenji.w_88" };

interface Change {
  readonly field: string;
  readonly value: Record<string, any>;
}

describe("what people do on their phones", () => {
  const ends: (() => Promise<unknown>)[] = [];
  /** What the host was told, in order. */
  const heard: Change[] = [];
  let whatsapp: FakeWhatsApp;
  let webhookUrl: string;
  const open = async (options: Partial<FakeWhatsAppOptions> = {}) => {
    const opened = await fakeWhatsApp({ appSecret: "secret", webhookUrl, reports: [], ...options });
    ends.push(() => opened.close());
    return opened;
  };
  beforeEach(async () => {
    heard.length = 0;
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request
        .on("data", (chunk: Buffer) => chunks.push(chunk))
        .on("end", () => {
          const body = JSON.parse(Buffer.concat(chunks).toString()) as { entry: { changes: Change[] }[] };
          heard.push(...body.entry.flatMap(({ changes }) => changes));
          response.end();
        });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    ends.push(() => new Promise((resolve) => server.close(resolve)));
    webhookUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/hook`;
    whatsapp = await open();
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  /** Says something from the API. @returns its wamid */
  async function answers(text: string, to: object = { to: NADIA.waId }): Promise<string> {
    const response = await fetch(`${whatsapp.graphUrl}/v25.0/${NUMBER}/messages`, {
      method: "POST",
      headers: { authorization: "Bearer any", "content-type": "application/json" },
      body: JSON.stringify({ messaging_product: "whatsapp", ...to, type: "text", text: { body: text } }),
    });
    return ((await response.json()) as { messages: { id: string }[] }).messages[0]!.id;
  }
  const bubbles = (address: string, number = NUMBER) =>
    whatsapp.phone(address, number).map(({ at: _, wamid: __, status: ___, ...rest }) => rest);
  const last = () => heard.at(-1)!;
  /** The only change of a webhook in the documentation's shape, with the ids and times that were made here. */
  function documented(name: string, made: object, where: "messages" | "message_echoes" = "messages") {
    const { entry } = JSON.parse(fixture("webhooks", name).toString()) as { entry: { changes: Change[] }[] };
    const change = structuredClone(entry[0]!.changes[0]!);
    Object.assign(change.value[where][0], made);
    return change;
  }
  const stamped = (change: Change, where: "messages" | "message_echoes" = "messages") => {
    const { id, timestamp } = change.value[where][0] as { id: string; timestamp: string };
    return { id, timestamp };
  };

  test("a guest edits a text: the phone shows the new one, and the host hears it in WhatsApp's shape", async () => {
    const nadia = whatsapp.guest(NADIA);
    const wamid = await nadia.says(NUMBER, "Hi, what time is check-in?");
    const text = "Hi, what time is check-in on Saturday?";
    const edit = await nadia.edits(NUMBER, wamid, text);
    const message = { type: "text", text: { body: text } };
    expect(last()).toEqual(
      documented("edit_text", { ...stamped(last()), id: edit, edit: { original_message_id: wamid, message } }),
    );
    expect(bubbles(NADIA.waId)).toEqual([{ from: "guest", type: "text", text, edited: true }]);
    await expect(nadia.edits(NUMBER, "wamid.none", "?")).rejects.toThrow(RangeError);
    await expect(whatsapp.guest("12025550109").edits(NUMBER, wamid, "not mine")).rejects.toThrow("shows no message");
    await expect(nadia.edits(SEASIDE, wamid, "elsewhere")).rejects.toThrow("shows no message");
    const image = await nadia.sends(NUMBER, "image", { id: "1", mime_type: "image/png" });
    await expect(nadia.edits(NUMBER, image, "?")).rejects.toThrow("Only a text can be changed");
  });

  test("a guest deletes a message: nothing of it is left on the phone, and it cannot be edited any more", async () => {
    const nadia = whatsapp.guest(NADIA);
    const wamid = await nadia.says(NUMBER, "the wrong chat");
    await nadia.edits(NUMBER, wamid, "the wrong chat!");
    await nadia.deletes(NUMBER, wamid);
    const revoke = { original_message_id: wamid };
    expect(last()).toEqual(documented("revoke", { ...stamped(last()), revoke }));
    expect(bubbles(NADIA.waId)).toEqual([{ from: "guest", type: "deleted" }]);
    await expect(nadia.edits(NUMBER, wamid, "?")).rejects.toThrow("shows no message");
    await expect(nadia.deletes(NUMBER, wamid)).rejects.toThrow("shows no message");
  });

  test("a guest reacts to an answer, thinks again, and takes it back", async () => {
    const nadia = whatsapp.guest(NADIA);
    const own = await nadia.says(NUMBER, "When is breakfast?");
    const wamid = await answers("From seven to ten.");
    await nadia.reacts(NUMBER, wamid, "👍");
    expect(last()).toEqual(
      documented("reaction", { ...stamped(last()), reaction: { message_id: wamid, emoji: "👍" } }),
    );
    await nadia.reacts(NUMBER, wamid, "❤️");
    expect(bubbles(NADIA.waId)[1]).toEqual({
      from: "hotel",
      type: "text",
      text: "From seven to ten.",
      reaction: "❤️",
    });
    await nadia.reacts(NUMBER, wamid, null);
    expect(last()).toEqual(documented("reaction_removed", { ...stamped(last()), reaction: { message_id: wamid } }));
    expect(bubbles(NADIA.waId)[1]).toEqual({ from: "hotel", type: "text", text: "From seven to ten." });
    await expect(nadia.reacts(NUMBER, own, "👍")).rejects.toThrow(RangeError);
  });

  test("a guest with another number keeps their threads, every hotel hears so, and who writes from the old one is a stranger", async () => {
    const tom = whatsapp.guest({ waId: "12025550102", bsuid: "US.90000000000000000102", name: "Tom Okafor" });
    await tom.says(NUMBER, "hello");
    await tom.says(SEASIDE, "hello, too");
    const said = await tom.changesNumber("12025550152", { bsuid: "US.90000000000000000152" });
    expect(said).toHaveLength(2);
    const [here, there] = heard.slice(-2);
    expect(here).toEqual(documented("system_user_changed_number", stamped(here!)));
    expect(there?.value).toMatchObject({ metadata: { phone_number_id: SEASIDE }, messages: [{ id: said[1] }] });
    expect(tom.identity).toEqual({ waId: "12025550152", bsuid: "US.90000000000000000152", name: "Tom Okafor" });
    await tom.says(NUMBER, "it is me");
    expect(last().value["messages"][0]).toMatchObject({ from: "12025550152", from_user_id: "US.90000000000000000152" });
    expect(bubbles("12025550152").map(({ text }) => text)).toEqual(["hello", "it is me"]);
    expect(bubbles("12025550102")).toEqual([]);
    await whatsapp.guest("12025550102").says(NUMBER, "new here");
    expect(bubbles("12025550102").map(({ text }) => text)).toEqual(["new here"]);
    expect(bubbles("12025550152")).toHaveLength(2);
  });

  test("an id that WhatsApp gave once is nobody else's ever, and a number is one person's at a time", async () => {
    const first = whatsapp.guest("12025550101");
    expect(first.identity.bsuid).toBe("US.12025550101");
    await first.changesNumber("12025550151");
    expect(first.identity.bsuid).toBe("US.12025550151");
    const second = whatsapp.guest("12025550101");
    expect(second.identity).toMatchObject({ waId: "12025550101", bsuid: "US.12025550101x2" });
    await second.changesNumber("12025550151");
    expect(second.identity).toMatchObject({ waId: "12025550151", bsuid: "US.12025550151x2" });
    expect(first.identity).toEqual({ bsuid: "US.12025550151", name: "Guest 0101" });
    // Known before WhatsApp had such ids, she gets none with another number.
    const plain = whatsapp.guest({ waId: "12025550108", name: "Ana" });
    await plain.says(NUMBER, "hi");
    await plain.changesNumber("12025550158");
    expect(last().value["messages"][0].system).toEqual({
      body: "User Ana changed from 12025550108 to 12025550158",
      wa_id: "12025550158",
      type: "user_changed_number",
    });
  });

  test("a guest hides the phone and shows it again: webhooks carry the id and the username, then both", async () => {
    const lara = whatsapp.guest({ waId: "12025550105", bsuid: "US.90000000000000000105", name: "Lara Voss" });
    lara.hidesPhone("lara.voss");
    await lara.says(NUMBER, "hi");
    expect(JSON.stringify(last())).not.toContain("12025550105");
    expect(last().value["contacts"]).toEqual([
      { profile: { name: "Lara Voss", username: "lara.voss" }, user_id: "US.90000000000000000105" },
    ]);
    await lara.changesNumber("12025550155", { bsuid: "US.90000000000000000155" });
    expect(last().value["messages"][0]).toMatchObject({
      type: "system",
      system: { type: "user_changed_user_id", previous_user_id: "US.90000000000000000105" },
    });
    expect(JSON.stringify(last().value["messages"])).not.toContain("12025550");
    lara.showsPhone();
    const wamid = await lara.says(NUMBER, "Can I get a taxi at 6?");
    const both = { from: "12025550155", from_user_id: "US.90000000000000000155" };
    const shown = documented("username_with_phone_text", { ...both, ...stamped(last()), id: wamid });
    shown.value["contacts"][0] = { ...shown.value["contacts"][0], wa_id: both.from, user_id: both.from_user_id };
    expect(last()).toEqual(shown);
    expect(() => {
      whatsapp.guest({ waId: "12025550108", name: "Ana" }).hidesPhone();
    }).toThrow(RangeError);
  });

  test("reports about who hides the phone name the id alone, unless the phone was written to", async () => {
    const lara = whatsapp.guest({ waId: "12025550105", bsuid: "US.90000000000000000105", name: "Lara Voss" });
    await lara.says(NUMBER, "hi");
    lara.hidesPhone("lara.voss");
    await answers("one", { recipient: "US.90000000000000000105" });
    await answers("two", { to: "+12025550105" });
    const report = async (index: number, status: "sent" | "read") => {
      await whatsapp.report(whatsapp.accepted[index]!, status);
      const { contacts, statuses } = last().value as { contacts: { profile: object }[]; statuses: object[] };
      return { ...statuses[0], profile: contacts[0]?.profile };
    };
    const byId = await report(0, "read");
    expect(byId).toMatchObject({ recipient_user_id: "US.90000000000000000105", profile: { username: "lara.voss" } });
    expect(byId).not.toHaveProperty("recipient_id");
    expect(await report(1, "sent")).toMatchObject({ recipient_id: "12025550105", profile: { name: "Lara Voss" } });
    // What they say of her goes on being about her, whoever has the number then.
    await lara.changesNumber("12025550155");
    whatsapp.guest("12025550105");
    expect(await report(1, "read")).toMatchObject({ recipient_user_id: lara.identity.bsuid });
  });

  test("a number that had to do with a phone is told it for 30 days more; another number is told nothing", async () => {
    const DAY_MS = 86_400_000;
    const clock = manualClock(new Date("2026-11-10T12:00:00Z"));
    whatsapp = await open({ clock, window: "open" });
    const lara = whatsapp.guest({ waId: "12025550105", bsuid: "US.90000000000000000105", name: "Lara Voss" });
    await lara.says(NUMBER, "hi");
    lara.hidesPhone("lara.voss", { lately: true });
    const isTold = async (number = NUMBER) => {
      await lara.says(number, "hi again");
      return JSON.stringify(last()).includes("12025550105");
    };
    clock.advance(30 * DAY_MS - 1);
    // Told of again, it is known for longer.
    expect([await isTold(), await isTold(SEASIDE)]).toEqual([true, false]);
    clock.advance(30 * DAY_MS - 1);
    await answers("Your taxi is here", { to: "+12025550105" });
    clock.advance(30 * DAY_MS - 1);
    expect(await isTold()).toBe(true);
    clock.advance(30 * DAY_MS);
    await answers("Are you well?", { recipient: "US.90000000000000000105" });
    await whatsapp.report(whatsapp.accepted.at(-1)!, "read");
    expect(JSON.stringify(last())).not.toContain("12025550105");
    expect(await isTold()).toBe(false);
    expect(last().value["contacts"]).toEqual([
      { profile: { name: "Lara Voss", username: "lara.voss" }, user_id: "US.90000000000000000105" },
    ]);
    await answers("Are you well?", { to: "+12025550105" });
    expect(await isTold()).toBe(true);
  });

  test("what is sent to an id that a guest had before fails, and the one that they have now reaches them", async () => {
    const clock = manualClock(new Date("2026-11-10T12:00:00Z"));
    whatsapp = await open({ clock, reports: ["sent"] });
    const tom = whatsapp.guest({ waId: "12025550102", bsuid: "US.90000000000000000102", name: "Tom Okafor" });
    await tom.says(NUMBER, "hello");
    await tom.changesNumber("12025550152", { bsuid: "US.90000000000000000152" });
    heard.length = 0;
    const gone = await answers("Your taxi is here", { recipient: "US.90000000000000000102" });
    const there = await answers("Your taxi is here", { recipient: "US.90000000000000000152" });
    clock.advance(1_000);
    await whatsapp.settled();
    const told = heard.flatMap(({ value }) => value["statuses"] as { id: string; status: string }[]);
    expect(told.find(({ id }) => id === gone)).toMatchObject({
      status: "failed",
      recipient_user_id: "US.90000000000000000102",
      errors: [{ code: 131026 }],
    });
    expect(told.find(({ id }) => id === gone)).not.toHaveProperty("recipient_id");
    expect(told.find(({ id }) => id === there)).toMatchObject({ status: "sent" });
    expect(bubbles("12025550152").map(({ text }) => text)).toEqual(["hello", "Your taxi is here"]);
  });

  test.each([
    ["unsupported", "poll", undefined],
    ["unsupported_without_detail_object", null, undefined],
    ["unsupported_media_download_failed", null, 131052],
  ] as const)("a guest sends what WhatsApp does not hand over, in the shape of %s", async (name, what, code) => {
    const tom = whatsapp.guest({ waId: "12025550102", bsuid: "US.90000000000000000102", name: "Tom Okafor" });
    await tom.sendsUnsupported(NUMBER, what, code);
    expect(last()).toEqual(documented(name, stamped(last())));
    expect(bubbles("12025550102")).toEqual([{ from: "guest", type: "unsupported" }]);
  });

  test("a guest shares the phone: the number stands inside the card alone, and in later webhooks", async () => {
    const kenji = whatsapp.guest({ ...KENJI, waId: "12025550104" });
    kenji.hidesPhone();
    const wamid = await kenji.sharesPhone(NUMBER);
    const shape = documented("contacts_phone_shared_on_request", { ...stamped(last()), id: wamid });
    delete shape.value["messages"][0].context;
    shape.value["messages"][0].contacts[0].phones[0].phone = "+12025550104";
    expect(last()).toEqual(shape);
    await kenji.says(NUMBER, "that is my number");
    expect(last().value["messages"][0]).toMatchObject({ from: "12025550104", from_user_id: KENJI.bsuid });
    await expect(whatsapp.guest("FR.1").sharesPhone(NUMBER)).rejects.toThrow("no phone to share");
  });

  test("what is written on the hotel's phone comes to the guest, and to the host as an echo, edits and deletions too", async () => {
    whatsapp.guest(NADIA);
    whatsapp.guest(KENJI);
    const phone = whatsapp.hotelPhone(NUMBER);
    const text = "Hi Nadia, Marta from reception: your towels are on the way";
    const wamid = await phone.says(NADIA.waId, text);
    const echoes = "message_echoes";
    const echo = (name: string, made: object) =>
      documented(name, { ...stamped(last(), echoes), ...made }, "message_echoes");
    expect(last()).toEqual(echo("smb_message_echo_text", { id: wamid }));
    expect(bubbles(NADIA.waId)).toEqual([{ from: "hotel", type: "text", text }]);

    const soon = { type: "text", text: { body: "Hi Nadia, your towels arrive in 5 minutes" } };
    await phone.edits(wamid, soon.text.body);
    expect(last()).toEqual(echo("smb_message_echo_edit", { edit: { original_message_id: wamid, message: soon } }));
    expect(bubbles(NADIA.waId)).toMatchObject([{ text: soon.text.body, edited: true }]);

    await phone.deletes(wamid);
    expect(last()).toEqual(echo("smb_message_echo_revoke", { revoke: { original_message_id: wamid } }));
    expect(bubbles(NADIA.waId)).toEqual([{ from: "hotel", type: "deleted" }]);

    const key = await phone.says(KENJI.bsuid, "We found your key");
    expect(last()).toEqual(echo("smb_message_echo_bsuid_only", { id: key }));
    await expect(whatsapp.hotelPhone(SEASIDE).edits(key, "?")).rejects.toThrow("shows no message");
    const asked = await whatsapp.guest(KENJI.bsuid).says(NUMBER, "Thank you");
    await expect(phone.deletes(asked)).rejects.toThrow("shows no message of the hotel's");
  });

  test("who changed the number, hid the phone and deleted what is the same person with the same phone after a restart", async () => {
    const tom = whatsapp.guest("12025550102");
    const wamid = await tom.says(NUMBER, "hello");
    await tom.changesNumber("12025550152");
    tom.hidesPhone();
    await tom.deletes(NUMBER, wamid);
    whatsapp = await open({ snapshot: whatsapp.snapshot() });
    const again = whatsapp.guest("12025550152");
    expect(again.identity).toEqual(tom.identity);
    expect(bubbles("12025550152")).toEqual([{ from: "guest", type: "deleted" }]);
    await again.says(NUMBER, "hello again");
    expect(last().value["messages"][0]).not.toHaveProperty("from");
    expect(whatsapp.guest("12025550102").identity.bsuid).toBe("US.12025550102x2");
  });
});
