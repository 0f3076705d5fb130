import { Readable } from "node:stream";
import { Agent, request, type Dispatcher } from "undici";
import type { Failure } from "../domain/delivery-status.js";
import { failpoint } from "../failpoints.js";
import type { OutgoingMessage, SendResult, Transport } from "../ports/transport.js";
import { classifyAnswer } from "./graph-error.js";
import { payloadOf, WhatsAppPayloadBuilder } from "./payload-builder.js";

export interface CloudApiOptions {
  /** `https://graph.facebook.com` by default. */
  readonly graphUrl?: string;
  /** The Graph API's version; `"v26.0"` by default, the newest known in November 2026. */
  readonly version?: string;
  /** Milliseconds from the first byte out to the last byte in, connecting included; 10,000 by default. */
  readonly deadlineMs?: number;
  /** Sockets kept open to WhatsApp at most; 50 by default. */
  readonly connections?: number;
}

/** An answer to a send is a few hundred bytes; nothing longer is read. */
const ANSWER_MAX_BYTES = 64 * 1024;

/** WhatsApp's Cloud API over HTTPS: one attempt a call, keep-alive, no redirects, the token in no place but its header. */
export function cloudApi({
  graphUrl = "https://graph.facebook.com",
  version = "v26.0",
  deadlineMs = 10_000,
  connections = 50,
}: CloudApiOptions = {}): Transport {
  const base = graphUrl.replace(/\/+$/, "");
  // Pipelining stays at one: a request that waits behind another's answer could not be told from one that was lost.
  const agent = new Agent({ connections, pipelining: 1, connect: { timeout: deadlineMs } });

  return {
    async send(message: OutgoingMessage): Promise<SendResult> {
      const body = bodyOf(message);
      if (body === null) return { outcome: "rejected", failure: CONTENT_INVALID, retry: null };
      const url = `${base}/${version}/${encodeURIComponent(message.number.phoneNumberId)}/messages`;
      const sent = { written: false };
      const deadline = AbortSignal.timeout(deadlineMs);
      try {
        const answer = await request(url, {
          method: "POST",
          dispatcher: agent,
          signal: deadline,
          headersTimeout: deadlineMs,
          bodyTimeout: deadlineMs,
          headers: {
            authorization: `Bearer ${message.number.accessToken}`,
            "content-type": "application/json",
            "content-length": String(Buffer.byteLength(body)),
            "user-agent": "belldesk",
          },
          body: Readable.from(watched(body, sent)),
        });
        const text = await read(answer.body);
        if (text === null) return { outcome: "unknown", failure: TOO_LONG };
        return classifyAnswer({
          status: answer.statusCode,
          body: text,
          retryAfter: headerOf(answer.headers["retry-after"]),
          date: headerOf(answer.headers["date"]),
        });
      } catch (error) {
        return sent.written
          ? { outcome: "unknown", failure: NO_ANSWER }
          : { outcome: "rejected", failure: unreachable(error), retry: { afterMs: null } };
      }
    },
    close: () => agent.destroy(),
  };
}

/**
 * The body, and whether anybody asked for it: undici pulls it when a socket is connected and about to be written, so a
 * body that was never pulled proves that nothing was sent.
 */
async function* watched(body: string, sent: { written: boolean }): AsyncGenerator<Buffer> {
  sent.written = true;
  yield await Promise.resolve(Buffer.from(body));
  if (BELLDESK_FAILPOINTS) await failpoint("outbound.written");
}

const headerOf = (value: string | string[] | undefined): string | null => (typeof value === "string" ? value : null);

/** null for content that WhatsApp cannot carry: a host's own hotels may name departments as no menu can. */
function bodyOf(message: OutgoingMessage): string | null {
  try {
    return JSON.stringify(payload(message));
  } catch {
    return null;
  }
}

function payload({ to, content, correlationId, quotedWamid }: OutgoingMessage) {
  const builder = new WhatsAppPayloadBuilder(to).correlated(correlationId);
  return payloadOf(quotedWamid === null ? builder : builder.quoting(quotedWamid), content);
}

/** The answer's text, or null when there is too much of it. */
async function read(body: Dispatcher.ResponseData["body"]): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > ANSWER_MAX_BYTES) {
      body.destroy();
      return null;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const CONTENT_INVALID: Failure = {
  code: "content_invalid",
  message:
    "The message does not keep WhatsApp's limits and cannot be sent. Shorten it; look at the departments' names.",
};
const NO_ANSWER: Failure = {
  code: "no_answer",
  message:
    "WhatsApp did not answer in time, so nobody can say whether it has the message. Look at the guest's answer before sending it again.",
};
const TOO_LONG: Failure = {
  code: "answer_too_long",
  message: "WhatsApp's answer was far too long to be one, so nobody can say whether it has the message.",
};

const unreachable = (error: unknown): Failure => {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "unreachable";
  return {
    code: `connect_${code.toLowerCase()}`,
    message: "WhatsApp could not be reached.",
  };
};
