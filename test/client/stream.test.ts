import type { RequestListener } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { deskClient, openConversations, type DeskClient } from "../../src/client/index.js";
import { eventually } from "../harness/hotel.js";
import { aHotel, ends, listening } from "./harness.js";

afterEach(ends.run);

const SOON = { baseMs: 20, maxMs: 60 };
type Hotel = Awaited<ReturnType<typeof aHotel>>;

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
const inbox = (client: DeskClient) => openConversations(client.getState());

describe("where no WebSocket gets through", () => {
  test("a page listens to an event stream, says things by requests, and misses nothing when that is cut (M7)", async () => {
    const hotel = await aHotel({ sockets: false });
    const id = await hotel.guestWrites("Grüezi \u2028 👋");
    const client = aPage(hotel);
    const colleague = aPage(hotel, "manager");
    client.open(id);
    await goesLive(client);
    await goesLive(colleague);
    expect(inbox(client)).toMatchObject([{ id, unread: 1 }]);

    for (let count = 1; count <= 5; count += 1) {
      await hotel.guestWrites(String(count));
      hotel.cut();
    }
    await eventually("the last is shown", () => Promise.resolve(inbox(client)[0]?.lastMessagePreview === "5"));
    await eventually("all are shown", () => {
      const said = client.getState().threads[id]?.messages.filter(({ direction }) => direction === "inbound") ?? [];
      return Promise.resolve(said.length === 6);
    });
    expect(new Set(client.getState().threads[id]?.messages.map(({ seq }) => seq)).size).toBe(
      client.getState().threads[id]?.messages.length,
    );

    await goesLive(colleague);
    await goesLive(client);
    // Said again: what is said in the moment in which a line ends is lost, as somebody's typing may be.
    await eventually("it is seen", () => {
      colleague.signal("typing", id);
      return Promise.resolve(client.getState().signals.length === 1);
    });
  });

  test("who is nobody is told so, and stops", async () => {
    const hotel = await aHotel({ sockets: false });
    const client = aPage(hotel, "nobody");
    await eventually("it has stopped", () => Promise.resolve(client.getState().connection.status === "stopped"));
    expect(client.getState().connection.reason).toBe("unauthenticated");
  });

  test("changed rights end the stream as they end a WebSocket (T57)", async () => {
    const hotel = await aHotel({ sockets: false });
    const client = aPage(hotel);
    await goesLive(client);
    const reasons: (string | null)[] = [];
    client.subscribe(() => reasons.push(client.getState().connection.reason));
    await hotel.desk.rightsChanged({ kind: "staff", id: "staff_reception" });
    await eventually("it was told why", () => Promise.resolve(reasons.includes("rights_changed")));
    await goesLive(client);
  });

  test("a page goes on trying both ways where neither leads anywhere", async () => {
    const asked: string[] = [];
    const app: RequestListener = ({ headers }, response) => {
      asked.push(headers.upgrade ?? headers.accept ?? "");
      response.writeHead(404).end("{}");
    };
    const { base } = await listening(app);
    const client = deskClient({ baseUrl: `${base}/api`, WebSocket, live: { retry: SOON } });
    ends.all.push(() => {
      client.close();
    });
    client.connect();
    await eventually("both have been tried twice", () =>
      Promise.resolve(asked.length >= 6 && asked.slice(4).includes("websocket")),
    );
    expect(asked.slice(0, 4)).toEqual(["websocket", "websocket", "text/event-stream", "text/event-stream"]);
  });
});
