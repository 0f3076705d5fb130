import { describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { run } from "../../adapters/postgres/queryable.js";
import {
  ConversationManager,
  deskHandler,
  liveHandler,
  webhookHandler,
  type LogFields,
  type Storage,
} from "../../src/index.js";
import { APP_SECRET, delivery, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";

const SQL = "select secret_column from belldesk.messages where phone = '+12025550101'";

async function aDesk(storage: Storage) {
  const logged: LogFields[] = [];
  const log = (fields: LogFields) => void logged.push(fields);
  const desk = new ConversationManager({
    hotels,
    storage,
    transport: { send: () => Promise.resolve({ outcome: "accepted", wamid: "w" }) },
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN, deadlineMs: 100 },
    logger: { debug: log, info: log, warn: log, error: log },
  });
  await desk.start({ work: false });
  return { desk, logged };
}

describe("an answer that something failed", () => {
  /** What a database, a driver and a mistake of ours throw. */
  const failures: Readonly<Record<string, () => Promise<never>>> = {
    "a refused statement": () =>
      run(
        { query: () => Promise.reject(Object.assign(new Error(SQL), { code: "42703", detail: SQL })) },
        SQL,
      ) as Promise<never>,
    "a driver's error": () => Promise.reject(new Error(`${SQL}\n    at /srv/hotel/node_modules/pg/lib/client.js:1:1`)),
    "a mistake in the code": () =>
      Promise.reject(new TypeError("Cannot read properties of undefined (reading 'Anna')")),
  };

  test.each(Object.keys(failures))(
    "of %s says a code and where to look, and no SQL, stack, path or guest (T82)",
    async (name) => {
      const fails = failures[name]!;
      const { desk, logged } = await aDesk({ ...memoryStorage(), conversations: fails, remember: fails });
      const asked = await deskHandler(desk, { authenticate: () => manager })(new Request("http://desk/conversations"));
      const { body, signature } = delivery([{ from: "12025550101", wamid: "wamid.1", text: "hello" }]);
      const headers = { "x-hub-signature-256": signature };
      const hooked = await webhookHandler(desk)(new Request("http://desk/hook", { method: "POST", body, headers }));
      for (const answer of [asked, hooked]) {
        expect(answer?.status).toBeGreaterThanOrEqual(500);
        const { error, ...rest } = (await answer!.json()) as { error: Record<string, any> };
        expect(rest).toEqual({});
        expect(Object.keys(error).toSorted()).toEqual(["code", "details", "message"]);
        expect(JSON.stringify(error)).not.toMatch(/select|belldesk\.|node_modules|\.[jt]s|12025550101|Anna|reading/i);
        // The same id stands in the log, once.
        expect(logged.filter(({ correlationId }) => correlationId === error["details"].correlationId)).toHaveLength(1);
      }
      expect(JSON.stringify(logged)).not.toMatch(/select |12025550101|Anna/);
      await desk.stop();
    },
  );

  test("comes in time where the storage does not, and Meta delivers again: storage_timeout", async () => {
    const { desk } = await aDesk({ ...memoryStorage(), remember: () => new Promise(() => undefined) });
    const { status, error } = await desk.receive(delivery([{ from: "12025550101", wamid: "wamid.1", text: "hello" }]));
    expect([status, error?.code]).toEqual([503, "storage_timeout"]);
  });

  test("of a body that a middleware of the host's has read says so, to whoever looks after the host: body_already_parsed", async () => {
    const { desk, logged } = await aDesk(memoryStorage());
    const { body, signature } = delivery([{ from: "12025550101", wamid: "wamid.1", text: "hello" }]);
    const read = async (url: string, headers: Record<string, string>) => {
      const request = new Request(url, { method: "POST", body, headers });
      await request.json();
      return request;
    };
    const hooked = await webhookHandler(desk)(await read("http://desk/hook", { "x-hub-signature-256": signature }));
    const asked = await deskHandler(desk, { authenticate: () => manager })(
      await read("http://desk/conversations", { "content-type": "application/json" }),
    );
    const told = await liveHandler(desk, { authenticate: () => manager })(
      await read("http://desk/live", { "content-type": "application/json" }),
    );
    const sent = await deskHandler(desk, { authenticate: () => manager })(
      await read("http://desk/conversations/con_1/files?kind=image", { "content-type": "image/png" }),
    );
    for (const answer of [hooked, asked, told, sent]) {
      expect(answer?.status).toBe(500);
      expect(await answer?.json()).toMatchObject({ error: { code: "body_already_parsed" } });
    }
    expect(logged.filter(({ code }) => code === "body_already_parsed")).toHaveLength(4);
    await desk.stop();
  });

  test("of a webhook that broke off says so: body_incomplete", async () => {
    const { desk } = await aDesk(memoryStorage());
    const body = new ReadableStream({
      pull: (stream) => {
        stream.error(new Error("socket hang up"));
      },
    });
    const { signature } = delivery([]);
    const request = new Request("http://desk/hook", {
      method: "POST",
      body,
      headers: { "x-hub-signature-256": signature },
      duplex: "half",
    });
    const answer = await webhookHandler(desk)(request);
    expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([
      400,
      "body_incomplete",
    ]);
    await desk.stop();
  });
});
