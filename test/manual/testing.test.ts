import { ConversationManager } from "belldesk";
import { deskClient, openConversations } from "belldesk/client";
import { webSocketGateway } from "belldesk/websocket";
import { expect, onTestFinished, test, vi } from "vitest";
import WebSocket from "ws";
import { admin, NUMBER, openHotel, PHONE, receptionist, signIn } from "./hotel.js";

// What docs/testing.md and docs/staff-ui.md show.

test("an answer that WhatsApp refuses has failed, and one that it may have taken is settled by its report", async () => {
  const { desk, whatsapp, arrives } = await openHotel();
  const { conversationId } = await arrives();
  const says = (text: string) =>
    desk.as(receptionist).reply(conversationId, { clientMessageId: text, content: { type: "text", text } });
  const statusOf = async (text: string) =>
    (await desk.as(admin).messages(conversationId)).items.find(({ clientMessageId }) => clientMessageId === text)
      ?.status;
  // #region faults
  whatsapp.fail({ kind: "error", code: 131026 }); // the next send: nobody is reached there
  await says("first");
  await vi.waitUntil(async () => (await statusOf("first")) === "failed", 15_000);

  whatsapp.fail({ kind: "reset" }); // the next one: the line is cut after the bytes have left
  await says("second");
  await vi.waitUntil(async () => (await statusOf("second")) === "read", 15_000); // by WhatsApp's report, not by another send
  // #endregion
  expect(whatsapp.phone(PHONE, NUMBER).filter(({ text }) => text === "first" || text === "second")).toHaveLength(1);
});

test("a staff page of thirty lines shows who waits, and answers", async () => {
  const { base, arrives } = await openHotel(
    (its) => new ConversationManager(its),
    (_, desk, server) => {
      webSocketGateway(desk, {
        server,
        path: "/live",
        allowedOrigins: [],
        authenticate: (_, token) => signIn({ headers: { authorization: `Bearer ${token ?? ""}` } }),
      });
    },
  );
  await arrives("When is breakfast?");
  const shown: string[] = [];
  const show = (line: string) => shown.push(line);
  const answers = () => "From seven to ten.";
  // #region inbox
  const client = deskClient({ baseUrl: `${base}/api`, token: "rita", WebSocket });
  let leave = () => {};
  let open: string | null = null;
  client.subscribe(() => {
    const state = client.getState();
    const [first] = openConversations(state).filter(({ unread }) => unread > 0);
    if (first !== undefined && open === null) {
      open = first.id;
      leave = client.open(first.id); // reads its messages, and keeps them up to date
      client.reply(first.id, answers()); // waits for the line, and is sent once
    }
    for (const { direction, content, status } of open === null ? [] : (state.threads[open]?.messages ?? []))
      if (content.type === "text") show(`${direction} ${status}: ${content.text}`);
  });
  client.connect();
  // #endregion
  onTestFinished(() => {
    leave();
    client.close();
  });
  await vi.waitFor(() => {
    expect(shown).toContain("outbound read: From seven to ten.");
  }, 15_000);
});
