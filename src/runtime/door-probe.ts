import { createHmac, randomBytes } from "node:crypto";
import { request } from "undici";
import type { Finding } from "../domain/finding.js";
import { reveal, type Secret } from "../domain/secret.js";

export interface DoorProbe {
  /** The webhook's address, as WhatsApp calls it. */
  readonly url: string;
  readonly verifyToken: string | Secret;
  /** That which signs. */
  readonly appSecret: string | Secret;
  readonly deadlineMs: number;
}

/**
 * Bytes that nothing leaves alone but what passes them on: a parser that writes them again makes other ones of the blanks and the
 * escapes. It holds no item, so that all that is left of it is one kept webhook, however often it is sent.
 */
const BODY = Buffer.from('{ "object":"whatsapp_business_account",  "entry":[ ], "from":"doctor \\u00e9é \\/" }');

/** Knocks at the webhook's address as WhatsApp does. */
export async function probeDoor(probe: DoorProbe): Promise<readonly Finding[]> {
  return [await shake(probe), await knock(probe)];
}

async function shake({ url, verifyToken, deadlineMs }: DoorProbe): Promise<Finding> {
  const check = "webhook.handshake";
  const challenge = randomBytes(8).readBigUInt64BE().toString();
  const address = new URL(url);
  const asked = { "hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": reveal(verifyToken) };
  for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value);
  const answer = await call(address, deadlineMs, { method: "GET" });
  if (answer === null)
    return { check, level: "problem", says: "The webhook's address does not answer.", advice: REACH };
  if (answer.status === 200 && answer.body === challenge)
    return { check, level: "ok", says: "The handshake is answered.", advice: null };
  const says = `The handshake is answered ${String(answer.status)}${answer.status === 200 ? ", with something else than the challenge" : ""}.`;
  return {
    check,
    level: "problem",
    says,
    advice:
      answer.status === 403
        ? "Another verify token is configured there than here."
        : "Is the webhook's router mounted at that address, for GET too?",
  };
}

async function knock({ url, appSecret, deadlineMs }: DoorProbe): Promise<Finding> {
  const check = "webhook.door";
  const signature = `sha256=${createHmac("sha256", reveal(appSecret)).update(BODY).digest("hex")}`;
  const headers = { "content-type": "application/json", "x-hub-signature-256": signature };
  const answer = await call(new URL(url), deadlineMs, { method: "POST", headers, body: BODY });
  if (answer === null)
    return { check, level: "problem", says: "The webhook's address does not answer a delivery.", advice: REACH };
  if (answer.status === 200) return { check, level: "ok", says: "A signed delivery is taken.", advice: null };
  const code = codeIn(answer.body);
  const says = `A signed delivery is answered ${String(answer.status)}${code === null ? "" : ` (${code})`}.`;
  return { check, level: "problem", says, advice: ADVICE[code ?? ""] ?? "Look at that process's log." };
}

const REACH = "Look at the address, at what stands before it (a proxy, a firewall), and whether the host listens.";
const ADVICE: Readonly<Record<string, string>> = {
  body_already_parsed: "Mount the webhook's router before any body parser, or keep the raw bytes as request.rawBody.",
  signature_invalid:
    "Another app secret is configured there than here, or something on the way changes the body (a proxy that writes JSON anew).",
  signature_missing: "Something on the way takes the header X-Hub-Signature-256 away.",
  not_started: "The desk there is not running: await desk.start().",
  storage_unavailable: "The desk there does not reach its database.",
};

/** The desk's own code in an answer; null for what is somebody else's. */
function codeIn(body: string): string | null {
  const code = /"code":"([a-z_]{1,40})"/.exec(body)?.[1];
  return code ?? null;
}

async function call(
  url: URL,
  deadlineMs: number,
  options: { method: "GET" | "POST"; headers?: Record<string, string>; body?: Buffer },
): Promise<{ readonly status: number; readonly body: string } | null> {
  try {
    const signal = AbortSignal.timeout(deadlineMs);
    const { statusCode, body } = await request(url, { ...options, signal });
    return { status: statusCode, body: (await body.text()).slice(0, 10_000) };
  } catch {
    return null;
  }
}
