// One peer at the door, as a process of its own: `server.mjs <json>`, as bench/server.ts is. Each is set up as its own README has it for
// production, and its handler writes one row, as a host's would that wants to know afterwards what it was told.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:net";
import express from "express";
import pg from "pg";

const APP_SECRET = "bench-app-secret";
const NUMBER = "200000000000001";
const { contender, postgresUrl, redisUrl, prefix } = JSON.parse(process.argv[2] ?? "{}");

let statements = 0;
class Counted extends pg.Client {
  query(...args) {
    statements += 1;
    return super.query(...args);
  }
}
const pool = new pg.Pool({ connectionString: postgresUrl, max: 10, Client: Counted });
pool.on("error", () => undefined);

/** What the host does with messages that reach its handler. */
const record = (messages) =>
  pool.query({
    name: "handled",
    text: "insert into handled (wamid, body) select * from unnest($1::text[], $2::text[])",
    values: [messages.map(({ id }) => id), messages.map(({ text }) => text)],
  });

const listening = (app, port = 0) =>
  new Promise((resolve) => {
    const server = app.listen(port, "127.0.0.1", () => resolve(server.address().port));
  });

const WAYS = {
  "chat-memory": async () => chat((await import("@chat-adapter/state-memory")).createMemoryState()),
  "chat-redis": async () =>
    chat((await import("@chat-adapter/state-redis")).createRedisState({ url: redisUrl, keyPrefix: prefix })),
  "chat-pg": async () => chat((await import("@chat-adapter/state-pg")).createPostgresState({ client: pool })),

  async builderbot() {
    const { addKeyword, createBot, createFlow, createProvider, EVENTS, MemoryDB } = await import("@builderbot/bot");
    const { MetaProvider } = await import("@builderbot/provider-meta");
    /** It would ask Meta for the number's name; here is no Meta. */
    class Offline extends MetaProvider {
      afterHttpServerInit() {
        this.emit("ready");
        return Promise.resolve();
      }
    }
    const flow = addKeyword(EVENTS.WELCOME).addAction(async ({ message_id: id, body: text }) => {
      await record([{ id, text }]);
    });
    const provider = createProvider(Offline, {
      jwtToken: "bench",
      numberId: NUMBER,
      verifyToken: "bench",
      version: "v26.0",
    });
    const bot = await createBot({ flow: createFlow([flow]), provider, database: new MemoryDB() });
    const port = await new Promise((resolve) => {
      const probe = createServer().listen(0, "127.0.0.1", () => {
        const { port: free } = probe.address();
        probe.close(() => resolve(free));
      });
    });
    bot.httpServer(port);
    await new Promise((resolve) => setTimeout(resolve, 500));
    return port;
  },

  async botbuilder() {
    const { default: sdk } = await import("botbuilder");
    const { ActivityHandler, BotAdapter, ConversationState, MemoryStorage, TurnContext } = sdk;
    /** For a channel of one's own, as its documentation has it: what comes in is made an activity, and a turn is taken. */
    class WhatsAppAdapter extends BotAdapter {
      sendActivities(_, activities) {
        return Promise.resolve(activities.map(() => ({ id: "none" })));
      }
      updateActivity() {
        return Promise.resolve();
      }
      deleteActivity() {
        return Promise.resolve();
      }
      continueConversation() {
        return Promise.resolve();
      }
    }
    const adapter = new WhatsAppAdapter();
    const state = new ConversationState(new MemoryStorage());
    const turns = state.createProperty("turns");
    const bot = new ActivityHandler();
    bot.onMessage(async (context, next) => {
      await turns.set(context, (await turns.get(context, 0)) + 1);
      await record([{ id: context.activity.id, text: context.activity.text }]);
      await state.saveChanges(context);
      await next();
    });
    const app = express();
    app.post("/webhook", express.raw({ type: "application/json" }), async (request, response) => {
      const given = Buffer.from(request.header("x-hub-signature-256")?.slice("sha256=".length) ?? "", "hex");
      const right = createHmac("sha256", APP_SECRET).update(request.body).digest();
      if (given.length !== right.length || !timingSafeEqual(given, right)) return response.writeHead(401).end();
      const { value } = JSON.parse(request.body.toString()).entry[0].changes[0];
      for (const { id, from, text } of value.messages)
        await adapter.runMiddleware(
          new TurnContext(adapter, {
            type: "message",
            id,
            channelId: "whatsapp",
            serviceUrl: "https://graph.facebook.com",
            from: { id: from },
            recipient: { id: value.metadata.phone_number_id },
            conversation: { id: from },
            text: text.body,
          }),
          (context) => bot.run(context),
        );
      response.writeHead(200).end();
    });
    return listening(app);
  },

  async "whatsapp-api-js"() {
    const { WhatsAppAPI } = await import("whatsapp-api-js/middleware/express");
    const whatsapp = new WhatsAppAPI({
      token: "bench",
      appSecret: APP_SECRET,
      webhookVerifyToken: "bench",
      v: "v24.0",
    });
    whatsapp.on.message = () => undefined;
    const app = express();
    app.post("/webhook", express.text({ type: "*/*" }), async (request, response) => {
      response.sendStatus(await whatsapp.handle_post(request));
    });
    return listening(app);
  },

  async kapso() {
    const { normalizeWebhook, verifySignature } = await import("@kapso/whatsapp-cloud-api/server");
    const app = express();
    app.post("/webhook", express.raw({ type: "application/json" }), (request, response) => {
      const signatureHeader = request.header("x-hub-signature-256");
      if (!verifySignature({ appSecret: APP_SECRET, rawBody: request.body, signatureHeader }))
        return response.status(401).end();
      const { messages } = normalizeWebhook(JSON.parse(request.body.toString("utf8")));
      response.sendStatus(messages.length === 1 ? 200 : 500);
    });
    return listening(app);
  },
};

/** Chat SDK with a strategy that drops nothing: what comes while its handler runs waits, and is handed over together. */
async function chat(state) {
  const { Chat } = await import("chat");
  const { createWhatsAppAdapter } = await import("@chat-adapter/whatsapp");
  const bot = new Chat({
    userName: "desk",
    adapters: {
      whatsapp: createWhatsAppAdapter({
        accessToken: "bench",
        appSecret: APP_SECRET,
        phoneNumberId: NUMBER,
        verifyToken: "bench",
        logger: QUIET,
      }),
    },
    state,
    logger: QUIET,
    concurrency: { strategy: "queue", maxQueueSize: 1_000_000, queueEntryTtlMs: 3_600_000 },
  });
  bot.onDirectMessage(async (_thread, message, _channel, context) => {
    await record([...(context?.skipped ?? []), message]);
  });
  const app = express();
  app.post("/webhook", express.raw({ type: "application/json" }), async (request, response) => {
    const answer = await bot.webhooks.whatsapp(
      new Request("http://127.0.0.1/webhook", { method: "POST", headers: request.headers, body: request.body }),
      // As a server that lives on does: nobody has to be told.
      { waitUntil: () => undefined },
    );
    response.writeHead(answer.status).end(await answer.text());
  });
  await bot.initialize?.();
  return listening(app);
}
const nothing = () => undefined;
const QUIET = { debug: nothing, info: nothing, warn: nothing, error: console.error, child: () => QUIET };

process.send({ port: await WAYS[contender]() });
process.on("message", () => process.send({ statements }));
process.on("disconnect", () => process.exit());
