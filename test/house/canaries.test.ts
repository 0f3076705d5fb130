import { createServer, get } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { deskLogger } from "../../src/ports/log-fields.js";
import { guarded } from "../../src/ports/telemetry.js";
import { ConversationError, secret } from "../../src/index.js";
import { memoryTelemetry } from "../../src/testing/index.js";
import { splitWebhook } from "../../src/whatsapp/webhook.js";
import { delivery } from "../harness/hotel.js";
import { startHost } from "../harness/processes.js";
import { watched, type Finding } from "../support/canaries.js";

// What stands before every test file (test/support/watch-everything.ts) finds what it is there to find.

const WORDS = "the minibar hums at night";
const CARD = "4111 1111 1111 1111";
const TOKEN = "EAAG-not-to-be-told";
const found = (): readonly string[] => watched.end().map(({ canary, sink }: Finding) => `${canary} in ${sink}`);
const told = (text: string) =>
  splitWebhook(delivery([{ from: "12025550199", wamid: "wamid.1", text }]).body, new Date());

afterEach(() => {
  watched.end();
});

test("a guest's words, name or phone in a line, an error, a metric or a trace is found (T81, T90)", async () => {
  told(WORDS);
  const line = { debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 };
  deskLogger(line).warn({}, WORDS);
  deskLogger(line).warn({ reason: WORDS }, "a field of the list is left out that has anything else in it");
  new ConversationError("request_invalid", { issues: [{ path: "text", message: `not ${WORDS}` }] });
  const telemetry = guarded(memoryTelemetry());
  telemetry.count("belldesk.sends", 1, { hotel: "12025550199" });
  await telemetry.span("belldesk.send", { ids: ["12025550199"], labels: {} }, () => Promise.resolve());
  expect(found()).toEqual(["guest in log", "guest in error", "guest in trace"]);
});

test("a guest's words are in a body for staff, and a secret or a card number is in none (T81, T83)", async () => {
  told(`${WORDS}: ${CARD}`);
  secret(TOKEN);
  new Response(WORDS);
  new Response(`{"token":"${TOKEN}"}`);
  const server = createServer((_request, response) => {
    response.write(`data: ${CARD}\n`);
    response.end("done");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  get({ port: (server.address() as AddressInfo).port }).on("response", (response) => response.resume());
  await once(server, "request");
  server.close();
  expect(found()).toEqual(["secret in body", "card in body"]);
});

test("what a host answers that runs as a process of its own is looked through, too", async () => {
  secret(TOKEN);
  const host = await startHost({ url: "", graphUrl: TOKEN }, { program: "test/house/telling-host.ts" });
  await (await fetch(host.base)).text();
  await host.kill();
  expect(found()).toEqual(["secret in body"]);
});

test("what is found is said once, with the place", () => {
  secret(TOKEN);
  new Response(`${TOKEN} and ${TOKEN}`);
  const findings = watched.end();
  expect(findings).toHaveLength(1);
  expect(findings[0]?.near).toContain(TOKEN);
});
