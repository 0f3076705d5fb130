import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { deskClient, openConversations, type DeskClient } from "../../src/client/index.js";
import { eventually, manager } from "../harness/hotel.js";
import { aHotel, ends } from "./harness.js";

afterEach(ends.run);

type Hotel = Awaited<ReturnType<typeof aHotel>>;
const SOON = { baseMs: 20, maxMs: 100 };

function aPage(hotel: Hotel, token = "reception") {
  const client = deskClient({ baseUrl: hotel.api, token, WebSocket, live: { retry: SOON } });
  ends.all.push(() => {
    client.close();
  });
  client.connect();
  return client;
}
const goesLive = (client: DeskClient) =>
  eventually("it is live", () => Promise.resolve(client.getState().connection.status === "live"));
const texts = (client: DeskClient, id: string) =>
  client
    .getState()
    .threads[id]?.messages.flatMap(({ content, author }) =>
      author.kind !== "bot" && "text" in content ? [content.text] : [],
    ) ?? [];
const says = (client: DeskClient, id: string, text: string) =>
  eventually(`${text} is shown`, () => Promise.resolve(texts(client, id).includes(text)));

/** What a page that has just been opened shows, which is what one that was there all the time has to show. */
async function asFresh(hotel: Hotel, client: DeskClient, id: string): Promise<void> {
  const fresh = aPage(hotel);
  fresh.open(id);
  await goesLive(fresh);
  const whole = (page: DeskClient) =>
    JSON.stringify([openConversations(page.getState()), page.getState().threads[id]?.messages]);
  await eventually("both show the same", () =>
    Promise.resolve(fresh.getState().threads[id]?.loaded === true && whole(fresh) === whole(client)),
  );
}

describe("a page on the desk itself", () => {
  test("shows what a guest writes, what a colleague answers and what becomes of it, as it happens (S18)", async () => {
    const hotel = await aHotel();
    const id = await hotel.guestWrites("Which room?");
    const client = aPage(hotel);
    client.open(id);
    await goesLive(client);
    expect(openConversations(client.getState())).toMatchObject([{ id, departmentId: "reception" }]);
    await says(client, id, "Which room?");
    await hotel.guestWrites("And which floor?");
    await says(client, id, "And which floor?");
    const { id: answer } = await hotel.desk
      .as(manager)
      .reply(id, { clientMessageId: "one", content: { type: "text", text: "Room 301." } });
    await eventually("it is sent", () =>
      Promise.resolve(client.getState().threads[id]?.messages.find((m) => m.id === answer)?.status === "sent"),
    );
    await hotel.reports(hotel.sent.at(-1)!, "read");
    await eventually("it is read", () =>
      Promise.resolve(client.getState().threads[id]?.messages.find((m) => m.id === answer)?.status === "read"),
    );
    await asFresh(hotel, client, id);
    await hotel.desk.as(manager).close(id);
    await eventually("it has left the inbox", () => Promise.resolve(openConversations(client.getState()).length === 0));
    expect(client.getState().conversations[id]).toMatchObject({ status: "closed" });
  });

  test("shows nothing any more of what goes to another department (S19)", async () => {
    const hotel = await aHotel();
    const id = await hotel.guestWrites("Towels, please.");
    const client = aPage(hotel);
    await goesLive(client);
    client.open(id);
    await says(client, id, "Towels, please.");
    await hotel.desk.as(manager).transfer(id, { departmentId: "housekeeping" });
    await eventually("it is gone", () => Promise.resolve(client.getState().threads[id] === undefined));
    expect(client.getState().conversations).toEqual({});
  });

  test("misses nothing and repeats nothing while its line is cut again and again, and sends each answer once (M7, F80)", async () => {
    const hotel = await aHotel();
    const id = await hotel.guestWrites("0");
    const client = aPage(hotel);
    client.open(id);
    await goesLive(client);
    for (let count = 1; count <= 10; count += 1) {
      hotel.cut();
      client.reply(id, `answer ${String(count)}`);
      await hotel.guestWrites(String(count));
      if (count % 3 === 0) await goesLive(client);
    }
    await says(client, id, "10");
    await eventually("all is sent", () => Promise.resolve(client.getState().sends.length === 0));
    await goesLive(client);
    await asFresh(hotel, client, id);
    const numbers = Array.from({ length: 11 }, (_, index) => String(index));
    expect(texts(client, id).filter((text) => numbers.includes(text))).toEqual(numbers);
    expect(texts(client, id).filter((text) => text.startsWith("answer"))).toEqual(
      numbers.slice(1).map((count) => `answer ${count}`),
    );
  });

  test("goes on in the middle of a conversation when the backend is stopped and begun anew, with what was written meanwhile", async () => {
    const hotel = await aHotel();
    const id = await hotel.guestWrites("Are you there?");
    const client = aPage(hotel);
    client.open(id);
    await goesLive(client);
    await says(client, id, "Are you there?");
    await hotel.desk.stop();
    await hotel.close();
    await eventually("the line is down", () => Promise.resolve(client.getState().connection.status !== "live"));
    expect(texts(client, id)).toEqual(["Are you there?"]);
    client.reply(id, "Yes.");
    client.reply(id, "In a minute.");

    const again = await aHotel({ storage: hotel.storage, port: hotel.port });
    await again.guestWrites("Thank you!");
    await goesLive(client);
    await says(client, id, "Thank you!");
    await eventually("all is sent", () => Promise.resolve(client.getState().sends.length === 0));
    await asFresh(again, client, id);
    expect(texts(client, id).toSorted()).toEqual(["Are you there?", "In a minute.", "Thank you!", "Yes."]);
  });

  test("shows a colleague who types, until their page is closed (S20)", async () => {
    const hotel = await aHotel();
    const id = await hotel.guestWrites("Which room?");
    const client = aPage(hotel);
    const colleague = aPage(hotel, "manager");
    await goesLive(client);
    await goesLive(colleague);
    colleague.signal("typing", id);
    await eventually("it is seen", () => Promise.resolve(client.getState().signals.length === 1));
    expect(client.getState().signals).toMatchObject([
      { kind: "typing", conversationId: id, by: { id: "staff_manager" } },
    ]);
    expect(colleague.getState().signals).toEqual([]);
    colleague.close();
    await eventually("it is over", () => Promise.resolve(client.getState().signals.length === 0));
  });

  test("asks anew who it is when rights change, and shows what they allow (T57)", async () => {
    const hotel = await aHotel();
    const id = await hotel.guestWrites("Which room?");
    const client = aPage(hotel);
    await goesLive(client);
    const statuses: string[] = [];
    client.subscribe(() => statuses.push(client.getState().connection.status));
    await hotel.desk.rightsChanged({ kind: "staff", id: "staff_reception" });
    await eventually("it was closed", () => Promise.resolve(statuses.includes("offline")));
    await goesLive(client);
    expect(openConversations(client.getState()).map((conversation) => conversation.id)).toEqual([id]);
  });
});
