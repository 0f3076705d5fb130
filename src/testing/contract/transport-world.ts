import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Transport } from "../../ports/transport.js";
import type { TransportUnderTest } from "./case.js";
import { graphServer, type GraphAnswer, type GraphServer } from "./graph-server.js";

/** The deadline of a send that is to meet it, and of one that is not. Milliseconds. */
export const SHORT_MS = 500;
export const LONG_MS = 5_000;
/** How much later than its deadline a send may resolve on a busy machine. Milliseconds. */
export const SLACK_MS = 2_500;

export const TOKEN = "EAAtoken";
export const PHONE = "12025550101";
export const WAMID = "wamid.TAKEN";

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): GraphAnswer =>
  (response) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(text);
  };
export const refusal = (status: number, code: number, headers: Record<string, string> = {}): GraphAnswer =>
  json(status, { error: { message: `(#${code}) to +${PHONE} with ${TOKEN}`, type: "OAuthException", code } }, headers);
export const taken: GraphAnswer = json(200, { messaging_product: "whatsapp", messages: [{ id: WAMID }] });
export const html = (status: number): GraphAnswer =>
  json(status, "<html>Bad gateway</html>", { "content-type": "text/html" });

export const silence: GraphAnswer = () => undefined;
export const reset: GraphAnswer = (_, { socket }) => void socket.resetAndDestroy();
export const drip =
  (start: string): GraphAnswer =>
  (_, { socket }) => {
    socket.write(start);
    const drops = setInterval(() => socket.write("x"), 20);
    socket.once("close", () => clearInterval(drops));
  };

/** A Graph API that answers the same always, a transport to it, and the end of both. */
export async function against(
  { open }: TransportUnderTest,
  answer: GraphAnswer,
  run: (world: { readonly transport: Transport; readonly graph: GraphServer }) => Promise<void>,
  deadlineMs = LONG_MS,
): Promise<void> {
  const graph = await graphServer(answer);
  const transport = open({ graphUrl: graph.graphUrl, deadlineMs });
  try {
    await run({ transport, graph });
  } finally {
    await transport.close?.();
    await graph.close();
  }
}

/** What a call comes to, which it has to within its deadline. */
export async function inTime<T>(call: Promise<T>, deadlineMs: number): Promise<T> {
  const over = new AbortController();
  const late = delay(deadlineMs + SLACK_MS, null, { signal: over.signal }).then(() =>
    assert.fail(`a call has no result ${SLACK_MS} ms after its deadline`),
  );
  try {
    return await Promise.race([call, late]);
  } finally {
    over.abort();
  }
}
