import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Address } from "../../domain/address.js";
import type { OutgoingMessage, SendResult, Transport } from "../../ports/transport.js";
import type { TransportCase, TransportUnderTest } from "./case.js";
import { graphServer, type GraphAnswer, type GraphServer } from "./graph-server.js";
import { examineCases } from "./transport-examine.js";
import { readMarkCases } from "./transport-read.js";
import { downloadCases } from "./transport-download.js";
import { uploadCases } from "./transport-upload.js";
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
  SLACK_MS,
  taken,
  TOKEN,
  WAMID,
} from "./transport-world.js";

/** When an answer comes that is late and counts. Milliseconds. */
const LATE_MS = 1_000;

const aMessage = (changes: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  number: { phoneNumberId: "2000", accessToken: TOKEN },
  to: { kind: "waId", value: PHONE },
  content: { type: "text", text: "Your room is ready" },
  correlationId: "msg_1",
  quotedWamid: null,
  identityKeyHash: null,
  ...changes,
});

/** What a send comes to, which it has to within its deadline. */
const sent = (transport: Transport, message = aMessage(), deadlineMs = LONG_MS): Promise<SendResult> =>
  inTime(transport.send(message), deadlineMs);

/** A send that meets its deadline. On a machine so busy that not even a connection came about, a few times. */
async function unanswered(transport: Transport, graph: GraphServer, why: string): Promise<void> {
  let result = await sent(transport, aMessage(), SHORT_MS);
  for (let again = 0; again < 5 && result.outcome === "rejected" && graph.seen.length === 0; again++)
    result = await sent(transport, aMessage(), SHORT_MS);
  outcomeIs(result, "unknown", why);
}

/** What is sent, as JSON. */
function bodyOf(graph: GraphServer): Readonly<Record<string, unknown>> {
  return JSON.parse(graph.seen.at(-1)?.body ?? "{}") as Readonly<Record<string, unknown>>;
}

const outcomeIs = (result: SendResult, outcome: SendResult["outcome"], why: string): void =>
  assert.equal(result.outcome, outcome, `${why}: ${JSON.stringify(result)}`);

function rejectedFor(result: SendResult, why: string) {
  if (result.outcome !== "rejected") return assert.fail(`${why} is a rejection: ${JSON.stringify(result)}`);
  assert.match(result.failure.code, /^\w+$/, why);
  assert.notEqual(result.failure.message, "", why);
  return result;
}

/** What has no whole answer before the deadline. */
const SLOW: readonly (readonly [id: string, says: string, answer: GraphAnswer])[] = [
  ["silence", "WhatsApp may have taken what it never answers (F45).", silence],
  [
    "slow-headers",
    "A deadline is over all: an answer whose headers come a byte at a time has an end too (F53).",
    drip("HTTP/1.1 200 OK\r\nx-pad: "),
  ],
  [
    "slow-body",
    "A deadline is over all: an answer that comes a byte at a time has an end too (F53).",
    drip("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"),
  ],
];

/** What is answered, and by no proof. */
const UNPROVEN: typeof SLOW = [
  ["reset", "WhatsApp may have taken what was written before the connection was cut (F47).", reset],
  ["broken-json", "A yes that cannot be read is no proof of anything (F52).", json(200, '{"messages":[')],
  ["no-json", "A yes of somebody in between is no proof of anything (F52).", html(200)],
  ["empty", "An empty yes is no proof of anything (F52).", json(200, "")],
  ["no-id", "A yes without an id is no proof of anything (F52).", json(200, { messages: [{}] })],
  [
    "odd-id",
    "A yes with an id of the wrong kind is no proof of anything (F52).",
    json(200, { messages: [{ id: {} }] }),
  ],
  ["gateway", "A gateway that failed does not know what WhatsApp did (F48).", html(502)],
  ["empty-gateway", "A gateway that failed without a word does not know what WhatsApp did (F48).", json(504, "")],
  ["timed-out", "A gateway that gave up waiting does not know what WhatsApp did (F48).", json(408, "")],
  ["given-up", "A gateway's own number for what it gave up does not say what WhatsApp did (F48).", json(499, "")],
  ["unsure", "Some of WhatsApp's own codes leave it open whether it took the message (F48).", refusal(503, 2)],
  ["unsure-again", "WhatsApp's unknown error is one of unknown fate (F48).", refusal(500, 131_000)],
];

/** Answers that a careless transport would try again by itself. */
const TEMPTING: readonly GraphAnswer[] = [
  reset,
  html(502),
  refusal(503, 2),
  refusal(429, 130_429, { "retry-after": "0" }),
  refusal(401, 190),
  json(200, ""),
];

const sendCases: readonly TransportCase[] = [
  {
    id: "send/accepted",
    says: "What WhatsApp takes is accepted, with Meta's id of it.",
    run: (subject) =>
      against(subject, taken, async ({ transport, graph }) => {
        assert.deepEqual(await sent(transport), { outcome: "accepted", wamid: WAMID });
        assert.deepEqual(
          graph.seen.map(({ method }) => method),
          ["POST"],
        );
        assert.deepEqual(bodyOf(graph)["text"], { body: "Your room is ready" });
      }),
  },
  {
    id: "send/held",
    says: "What WhatsApp takes and holds back is accepted, and told from what is on its way.",
    async run(subject) {
      for (const [status, held] of [
        ["held_for_quality_assessment", "quality"],
        ["paused", "paused"],
        ["accepted", undefined],
      ] as const) {
        const answer = json(200, { messages: [{ id: WAMID, message_status: status }] });
        await against(subject, answer, async ({ transport }) => {
          const expected = { outcome: "accepted", wamid: WAMID, ...(held !== undefined && { held }) };
          assert.deepEqual(await sent(transport), expected);
        });
      }
    },
  },
  {
    id: "send/carries",
    says: "A message carries our id of it, which its status webhooks bring back.",
    run: (subject) =>
      against(subject, taken, async ({ transport, graph }) => {
        await sent(transport, aMessage({ correlationId: "msg_7" }));
        assert.equal(bodyOf(graph)["biz_opaque_callback_data"], "msg_7");
      }),
  },
  {
    id: "send/quotes",
    says: "A message quotes the one that it answers, and none where it answers none.",
    run: (subject) =>
      against(subject, taken, async ({ transport, graph }) => {
        await sent(transport, aMessage({ quotedWamid: "wamid.ASKED" }));
        assert.deepEqual(bodyOf(graph)["context"], { message_id: "wamid.ASKED" });
        await sent(transport, aMessage({ quotedWamid: null }));
        assert.equal("context" in bodyOf(graph), false);
      }),
  },
  {
    id: "send/identity",
    says: "A message that only one device of the guest may get says so, and no other does.",
    run: (subject) =>
      against(subject, taken, async ({ transport, graph }) => {
        await sent(transport, aMessage({ identityKeyHash: "h4sh" }));
        assert.equal(bodyOf(graph)["recipient_identity_key_hash"], "h4sh");
        await sent(transport, aMessage({ identityKeyHash: null }));
        assert.equal("recipient_identity_key_hash" in bodyOf(graph), false);
      }),
  },
  {
    id: "send/to-phone",
    says: "A phone is written to with its plus sign: without it WhatsApp may read another country's number.",
    run: (subject) => addressed(subject, { kind: "waId", value: PHONE }, { to: `+${PHONE}` }),
  },
  {
    id: "send/to-bsuid",
    says: "A guest without a phone is written to by their business-scoped id, which is no phone.",
    run: (subject) => addressed(subject, { kind: "bsuid", value: "US.13491208" }, { recipient: "US.13491208" }),
  },
  {
    id: "send/number",
    says: "Each message leaves from its own number with that number's token.",
    run: (subject) =>
      against(subject, taken, async ({ transport, graph }) => {
        for (const phoneNumberId of ["2000", "2001"])
          await sent(transport, aMessage({ number: { phoneNumberId, accessToken: `token-${phoneNumberId}` } }));
        for (const [index, phoneNumberId] of ["2000", "2001"].entries()) {
          const { url = "", headers } = graph.seen[index] ?? {};
          assert.ok(new RegExp(`/${phoneNumberId}/messages(\\?|$)`).test(url), url);
          assert.equal(headers?.authorization, `Bearer token-${phoneNumberId}`);
        }
      }),
  },
  {
    id: "send/token-hidden",
    says: "A token stands in the header made for it and nowhere else: addresses end up in logs.",
    run: (subject) =>
      against(subject, taken, async ({ transport, graph }) => {
        await sent(transport);
        const [{ url, headers, body }] = graph.seen as [GraphServer["seen"][number]];
        const { authorization, ...others } = headers;
        assert.equal(authorization, `Bearer ${TOKEN}`);
        assert.equal(JSON.stringify([url, others, body]).includes(TOKEN), false);
      }),
  },
  {
    id: "send/patient",
    says: "An answer that is late but within the deadline counts.",
    run: (subject) =>
      against(
        subject,
        (...asked) => void setTimeout(() => taken(...asked), LATE_MS),
        async ({ transport }) => outcomeIs(await sent(transport), "accepted", "a late answer"),
      ),
  },
  ...SLOW.map(([name, says, answer]): TransportCase => ({
    id: `send/unknown-${name}`,
    says,
    run: (subject) => against(subject, answer, ({ transport, graph }) => unanswered(transport, graph, name), SHORT_MS),
  })),
  ...UNPROVEN.map(([name, says, answer]): TransportCase => ({
    id: `send/unknown-${name}`,
    says,
    run: (subject) =>
      against(subject, answer, async ({ transport }) => outcomeIs(await sent(transport), "unknown", name)),
  })),
  {
    id: "send/endless",
    says: "No more of an answer is read than an answer can be: the rest is not waited for (F52).",
    run: (subject) =>
      against(
        subject,
        (response) => {
          response.writeHead(200, { "content-type": "application/json", "content-length": "20000000" });
          response.write(`{"messages":[{"id":"${WAMID}"}],"pad":"${"x".repeat(10_000_000)}`);
        },
        async ({ transport }) => {
          const since = performance.now();
          outcomeIs(await sent(transport), "unknown", "an endless answer");
          assert.ok(performance.now() - since < LONG_MS - 500, "the whole answer was waited for");
        },
      ),
  },
  {
    id: "send/throttled",
    says: "Where a number is throttled the message may be tried again, not before WhatsApp says, and the number's others wait too (F49).",
    run: (subject) =>
      against(subject, refusal(429, 130_429, { "retry-after": "7" }), async ({ transport }) => {
        const { retry, pauses } = rejectedFor(await sent(transport), "a throttled number");
        assert.equal(retry?.afterMs, 7_000);
        assert.deepEqual(pauses, { scope: "number", ends: "time", afterMs: 7_000 });
      }),
  },
  {
    id: "send/throttled-guest",
    says: "Where one guest was sent too much, waits grow by powers of four, and only this guest's messages wait (F49).",
    run: (subject) =>
      against(subject, refusal(400, 131_056), async ({ transport }) => {
        const { retry, pauses } = rejectedFor(await sent(transport), "a throttled guest");
        assert.deepEqual(retry, { afterMs: null, baseMs: 1_000 });
        assert.equal(pauses?.scope, "pair");
      }),
  },
  {
    id: "send/refused",
    says: "What WhatsApp refuses for good is not to be tried again, and holds up nobody (F50).",
    async run(subject) {
      for (const code of [100, 131_026, 131_051]) {
        await against(subject, refusal(400, code), async ({ transport }) => {
          const { retry, pauses } = rejectedFor(await sent(transport), String(code));
          assert.deepEqual([retry, pauses], [null, undefined]);
        });
      }
    },
  },
  {
    id: "send/needs-template",
    says: "Where the service window is closed the answer says that a template is needed (F50).",
    run: (subject) =>
      against(subject, refusal(400, 131_047), async ({ transport }) => {
        const { retry, needsTemplate } = rejectedFor(await sent(transport), "a closed window");
        assert.deepEqual([retry, needsTemplate], [null, true]);
      }),
  },
  {
    id: "send/other-address",
    says: "Where an address cannot carry a message the answer says that another may.",
    run: (subject) =>
      against(subject, refusal(400, 131_062), async ({ transport }) => {
        const { retry, otherAddress } = rejectedFor(await sent(transport), "an address of the wrong kind");
        assert.deepEqual([retry, otherAddress], [null, true]);
      }),
  },
  {
    id: "send/token-expired",
    says: "A token that has expired pauses what is sent with it until there is a new one (F51).",
    run: (subject) =>
      against(subject, refusal(401, 190), async ({ transport }) => {
        const { retry, pauses } = rejectedFor(await sent(transport), "an expired token");
        assert.deepEqual([retry, pauses?.scope, pauses?.ends], [null, "token", "repair"]);
      }),
  },
  {
    id: "send/redirect",
    says: "A redirect is followed nowhere, so that no token goes where it points (F54).",
    async run(subject) {
      const elsewhere = await graphServer(taken);
      try {
        for (const status of [302, 307, 308]) {
          const location = `${elsewhere.graphUrl}/v26.0/2000/messages`;
          await against(subject, json(status, "", { location }), async ({ transport }) => {
            rejectedFor(await sent(transport), String(status));
          });
        }
        assert.equal(elsewhere.connections, 0);
      } finally {
        await elsewhere.close();
      }
    },
  },
  {
    id: "send/unreachable",
    says: "Where no connection comes about nothing was written: the message may be tried again (F46).",
    async run({ open }) {
      const gone = await graphServer(taken);
      await gone.close();
      const transport = open({ graphUrl: gone.graphUrl, deadlineMs: LONG_MS });
      try {
        assert.notEqual(rejectedFor(await sent(transport), "a closed port").retry, null);
      } finally {
        await transport.close?.();
      }
    },
  },
  {
    id: "send/unfit",
    says: "What WhatsApp cannot carry is refused before the network, and not thrown.",
    run: (subject) =>
      against(subject, taken, async ({ transport, graph }) => {
        const button = { id: "bar", title: "Bar" };
        const content = { type: "buttons", text: "Which one?", buttons: [button, button] } as const;
        assert.equal(
          rejectedFor(await sent(transport, aMessage({ content })), "buttons that are the same").retry,
          null,
        );
        assert.equal(graph.seen.length, 0);
      }),
  },
  {
    id: "send/never-throws",
    says: "A send never throws, whatever stands in it: a token or a number that no request can hold is refused.",
    run: (subject) =>
      against(subject, refusal(400, 33), async ({ transport }) => {
        for (const accessToken of ["", "two\nlines", "Ünïcode"])
          rejectedFor(await sent(transport, aMessage({ number: { phoneNumberId: "2000", accessToken } })), accessToken);
        const number = { phoneNumberId: "\ud800", accessToken: TOKEN };
        rejectedFor(await sent(transport, aMessage({ number })), "half a character");
      }),
  },
  {
    id: "send/once",
    says: "A send is one attempt: nothing is tried again behind the desk's back, which would be a second message.",
    async run(subject) {
      for (const answer of TEMPTING) {
        await against(subject, answer, async ({ transport, graph }) => {
          await sent(transport);
          assert.equal(graph.seen.length, 1);
        });
      }
      await against(
        subject,
        silence,
        async ({ transport, graph }) => {
          await unanswered(transport, graph, "silence");
          assert.equal(graph.seen.length, 1);
        },
        SHORT_MS,
      );
    },
  },
  {
    id: "send/secrets",
    says: "A failure repeats neither the guest's phone, nor the words, nor the token, whatever WhatsApp says about them.",
    async run(subject) {
      for (const answer of [refusal(400, 100), refusal(401, 190), refusal(500, 999_999), html(502), reset]) {
        await against(subject, answer, async ({ transport }) => {
          const said = JSON.stringify(await sent(transport));
          for (const secret of [TOKEN, PHONE, "Your room"]) assert.equal(said.includes(secret), false, said);
        });
      }
    },
  },
  {
    id: "send/side-by-side",
    says: "A message that nobody answers holds up no other.",
    run: (subject) =>
      against(
        subject,
        (response, request, seen) => (seen.body.includes("msg_silent") ? undefined : taken(response, request, seen)),
        async ({ transport }) => {
          const silent = sent(transport, aMessage({ correlationId: "msg_silent" }), SHORT_MS * 3);
          const since = performance.now();
          const others = await Promise.all(Array.from({ length: 20 }, () => sent(transport)));
          const tookMs = performance.now() - since;
          for (const other of others) outcomeIs(other, "accepted", "one of the others");
          assert.ok(tookMs < SHORT_MS * 3, "the others waited for the silent one");
          outcomeIs(await silent, "unknown", "the silent one");
        },
        SHORT_MS * 3,
      ),
  },
];

/** Where the address of a message stands in its body. */
async function addressed(subject: TransportUnderTest, to: Address, expected: object): Promise<void> {
  await against(subject, taken, async ({ transport, graph }) => {
    await sent(transport, aMessage({ to }));
    const { to: phone, recipient } = bodyOf(graph);
    assert.deepEqual(
      { ...(phone !== undefined && { to: phone }), ...(recipient !== undefined && { recipient }) },
      expected,
    );
  });
}

const closeCases: readonly TransportCase[] = [
  {
    id: "close/lets-go",
    says: "A transport that is closed holds no socket, so that its process can end.",
    run: (subject) =>
      against(subject, taken, async ({ transport, graph }) => {
        await Promise.all([sent(transport), sent(transport)]);
        await transport.close?.();
        for (let waited = 0; graph.open > 0 && waited < SLACK_MS; waited += 20) await delay(20);
        assert.equal(graph.open, 0);
      }),
  },
  {
    id: "close/again",
    says: "Closing twice is no mistake, and a send after it comes to one of the three results as well.",
    run: (subject) =>
      against(subject, taken, async ({ transport }) => {
        await transport.close?.();
        await transport.close?.();
        const { outcome } = await sent(transport);
        assert.notEqual(outcome, "unknown");
      }),
  },
];

/**
 * What every transport keeps that speaks to a Graph API, case by case:
 *
 * ```ts
 * for (const { id, says, run } of transportContract) {
 *   test(`${id}: ${says}`, () => run({ open: ({ graphUrl, deadlineMs }) => myTransport({ graphUrl, deadlineMs }) }));
 * }
 * ```
 *
 * A transport without verbs for media leaves out the cases that need `"media"`, one without `markRead` those that need `"reads"`. Cases share nothing and may run at the same time. The longest takes some seconds where its promise is broken.
 */
export const transportContract: readonly TransportCase[] = [
  ...sendCases,
  ...readMarkCases,
  ...examineCases,
  ...uploadCases,
  ...downloadCases,
  ...closeCases,
];
