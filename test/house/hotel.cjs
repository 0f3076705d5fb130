// A hotel as its host writes it, in a file that ES modules, CommonJS and Jest all load: which of the library's files it
// runs on is its caller's choice.

/**
 * A guest asks, staff read and answer, the guest reads.
 * @param {object} loaded the packages, each as this host has loaded it
 * @param {typeof import("express")} loaded.express
 * @param {typeof import("belldesk")} loaded.belldesk
 * @param {typeof import("belldesk/express")} loaded.routers
 * @param {typeof import("belldesk/memory")} loaded.memory
 * @param {typeof import("belldesk/testing")} loaded.kit
 */
module.exports = async function askAndAnswer({ express, belldesk, routers, memory, kit }) {
  const NUMBER = "200000000000001";
  const GUEST = "12025550101";
  const app = express();
  /** @type {import("node:http").Server} */
  const server = await new Promise((resolve) => {
    const opening = app.listen(0, "127.0.0.1", () => resolve(opening));
  });
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const whatsapp = await kit.fakeWhatsApp({ appSecret: "a-test-secret", webhookUrl: `http://127.0.0.1:${port}` });
  const desk = new belldesk.ConversationManager({
    hotels: [
      {
        id: "grand",
        timeZone: "Europe/Rome",
        numbers: [{ phoneNumberId: NUMBER, accessToken: "any" }],
        departments: [{ id: "reception", name: "Reception" }],
      },
    ],
    storage: memory.memoryStorage(),
    transport: belldesk.cloudApi({ graphUrl: whatsapp.graphUrl }),
    webhook: { appSecrets: ["a-test-secret"], verifyToken: "a-test-token" },
  });
  app.use(routers.webhookRouter(desk));
  await desk.start();

  /** @type {Promise<import("belldesk").DeskEvent>} */
  const received = new Promise((resolve) => desk.on("message.received", resolve));
  const read = new Promise((resolve) => {
    desk.on("message.status", ({ body }) => {
      if (body.type === "message.status" && body.status === "read") resolve(body);
    });
  });
  await whatsapp.guest(GUEST).says(NUMBER, "When is breakfast?");
  const conversationId = (await received).conversationId ?? "";
  const rita = desk.as({ kind: "staff", id: "rita", role: "agent", hotels: { grand: ["reception"] } });
  await rita.reply(conversationId, { clientMessageId: "r1", content: { type: "text", text: "From seven to ten." } });
  await read;

  const messages = await rita.messages(conversationId);
  /** @type {unknown} */
  const refused = await rita.messages("elsewhere").catch((/** @type {unknown} */ error) => error);
  await desk.stop();
  await whatsapp.close();
  server.close();
  return {
    staffSee: messages.items.map(({ author, content, status }) => ({ by: author.kind, content, status })),
    guestSees: whatsapp.phone(GUEST, NUMBER).map(({ from, text }) => `${from}: ${text}`),
    refused,
  };
};
