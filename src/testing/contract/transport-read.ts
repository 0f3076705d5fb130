import assert from "node:assert/strict";
import type { MarkReadResult, ReadMark, Transport } from "../../ports/transport.js";
import type { TransportCase } from "./case.js";
import { graphServer, type GraphAnswer } from "./graph-server.js";
import {
  against,
  drip,
  html,
  inTime,
  json,
  LONG_MS,
  PHONE,
  refusal,
  reset,
  SHORT_MS,
  silence,
  TOKEN,
} from "./transport-world.js";

const yes: GraphAnswer = json(200, { success: true });

function read(transport: Transport, changes: Partial<ReadMark> = {}, deadlineMs = LONG_MS): Promise<MarkReadResult> {
  const number = { phoneNumberId: "2000", accessToken: TOKEN };
  const marked = transport.markRead?.({ number, wamid: "wamid.GUEST", typing: false, ...changes });
  return inTime(marked ?? assert.fail("the transport tells nobody that messages were read"), deadlineMs);
}

function fails(result: MarkReadResult, why: string): void {
  if (result.outcome !== "failed") return assert.fail(`${why} is a failure: ${JSON.stringify(result)}`);
  assert.match(result.failure.code, /^\w+$/, why);
  const said = JSON.stringify(result);
  for (const secret of [TOKEN, PHONE]) assert.equal(said.includes(secret), false, said);
}

/** Whatever says neither yes nor no in WhatsApp's own words. */
const ODD: readonly GraphAnswer[] = [
  reset,
  html(200),
  html(502),
  json(200, ""),
  json(200, { success: false }),
  json(200, { success: "true" }),
  json(200, { messages: [{ id: "wamid.SOME" }] }),
  refusal(503, 2),
];

export const readMarkCases: readonly TransportCase[] = [
  {
    id: "read/told",
    says: "A guest's message that was read counts as read at WhatsApp, by the number that it was sent to and with that number's token (S21).",
    needs: "reads",
    run: (subject) =>
      against(subject, yes, async ({ transport, graph }) => {
        for (const phoneNumberId of ["2000", "2001"]) {
          const number = { phoneNumberId, accessToken: `token-${phoneNumberId}` };
          assert.deepEqual(await read(transport, { number }), { outcome: "marked" });
        }
        for (const [index, phoneNumberId] of ["2000", "2001"].entries()) {
          const { method, url = "", headers, body = "" } = graph.seen[index] ?? {};
          assert.equal(method, "POST");
          assert.ok(new RegExp(`/${phoneNumberId}/messages(\\?|$)`).test(url), url);
          assert.equal(headers?.authorization, `Bearer token-${phoneNumberId}`);
          const expected = { messaging_product: "whatsapp", status: "read", message_id: "wamid.GUEST" };
          assert.deepEqual(JSON.parse(body), expected);
        }
      }),
  },
  {
    id: "read/typing",
    says: "That somebody writes is shown with it, where it is asked for (S20).",
    needs: "reads",
    run: (subject) =>
      against(subject, yes, async ({ transport, graph }) => {
        await read(transport, { typing: true });
        const body = JSON.parse(graph.seen[0]?.body ?? "{}") as Readonly<Record<string, unknown>>;
        assert.deepEqual(body["typing_indicator"], { type: "text" });
        assert.deepEqual([body["status"], body["message_id"]], ["read", "wamid.GUEST"]);
      }),
  },
  {
    id: "read/token-hidden",
    says: "The token stands in the header made for it and nowhere else.",
    needs: "reads",
    run: (subject) =>
      against(subject, yes, async ({ transport, graph }) => {
        await read(transport);
        const [{ url, headers, body }] = graph.seen as [(typeof graph.seen)[number]];
        const { authorization, ...others } = headers;
        assert.equal(authorization, `Bearer ${TOKEN}`);
        assert.equal(JSON.stringify([url, others, body]).includes(TOKEN), false);
      }),
  },
  {
    id: "read/refused",
    says: "What WhatsApp does not say yes to is a failure, with a code and with no word of the guest's or the hotel's.",
    needs: "reads",
    async run(subject) {
      for (const [index, answer] of [...ODD, refusal(400, 100), refusal(401, 190), refusal(429, 130_429)].entries())
        await against(subject, answer, async ({ transport }) =>
          fails(await read(transport), `answer ${String(index)}`),
        );
    },
  },
  {
    id: "read/redirect",
    says: "A redirect is followed nowhere, so that no token goes where it points (F54).",
    needs: "reads",
    async run(subject) {
      const elsewhere = await graphServer(yes);
      try {
        const moved = json(307, "", { location: `${elsewhere.graphUrl}/v26.0/2000/messages` });
        await against(subject, moved, async ({ transport }) => fails(await read(transport), "a redirect"));
        assert.equal(elsewhere.connections, 0);
      } finally {
        await elsewhere.close();
      }
    },
  },
  {
    id: "read/never-throws",
    says: "It never throws, whatever stands in it: a token, a number or an id that no request can hold is a failure.",
    needs: "reads",
    run: (subject) =>
      against(subject, refusal(400, 33), async ({ transport }) => {
        for (const accessToken of ["", "two\nlines", "Ünïcode"])
          fails(await read(transport, { number: { phoneNumberId: "2000", accessToken } }), accessToken);
        fails(await read(transport, { number: { phoneNumberId: "\ud800", accessToken: TOKEN } }), "half a character");
        fails(await read(transport, { wamid: "" }), "no id");
      }),
  },
  {
    id: "read/once",
    says: "It is one attempt, whatever is answered: nothing hangs on it that another attempt would be worth.",
    needs: "reads",
    async run(subject) {
      for (const answer of [reset, html(502), refusal(429, 130_429, { "retry-after": "0" })])
        await against(subject, answer, async ({ transport, graph }) => {
          await read(transport);
          assert.equal(graph.seen.length, 1);
        });
    },
  },
  {
    id: "read/in-time",
    says: "It comes to an end within the transport's deadline, however slowly an answer comes (F53).",
    needs: "reads",
    async run(subject) {
      for (const answer of [silence, drip("HTTP/1.1 200 OK\r\nx-pad: ")])
        await against(
          subject,
          answer,
          async ({ transport }) => fails(await read(transport, {}, SHORT_MS), "no answer"),
          SHORT_MS,
        );
    },
  },
];
