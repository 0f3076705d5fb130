import type { LookupFunction } from "node:net";
import { Readable } from "node:stream";
import { Pool, type Dispatcher } from "undici";
import { failpoint } from "../failpoints.js";

export interface GraphHttpOptions {
  /** Milliseconds from the call to the last byte in, waiting for a socket and connecting included. */
  readonly deadlineMs: number;
  /** Sockets to one origin, at most. */
  readonly connections: number;
  readonly lookup: LookupFunction | undefined;
}

export interface GraphRequest {
  readonly origin: string;
  readonly path: string;
  readonly method: "GET" | "POST";
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body?: string;
  /** `ANSWER_MAX_BYTES` by default. */
  readonly maxBytes?: number;
}

/**
 * What became of a request. `unanswered` came to no whole answer: `written` tells whether a byte of it can have left, which
 * decides between "not sent" and "nobody knows".
 */
export type GraphExchange =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly headers: Readonly<Record<string, string | string[] | undefined>>;
      readonly body: string;
    }
  | { readonly kind: "tooLong" }
  | { readonly kind: "unanswered"; readonly written: boolean; readonly error: unknown };

export interface GraphFileRequest extends Omit<GraphRequest, "body"> {
  readonly body?: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal | undefined;
}

/** The beginning of an answer, whose body has to be read or destroyed; or none. */
export type GraphFile =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly headers: Readonly<Record<string, string | string[] | undefined>>;
      readonly body: Readable;
    }
  | { readonly kind: "unanswered"; readonly error: unknown };

/** An answer to a send is a few hundred bytes; nothing longer is read. */
const ANSWER_MAX_BYTES = 64 * 1024;

/**
 * What has waited for a socket for longer than this part of its deadline does not leave: nobody would wait for its answer any more, and what is known
 * not to have left is tried again, where what may have left is of unknown fate. Ours.
 */
const LATEST_START = 0.9;

export type GraphHttp = ReturnType<typeof graphHttp>;

/** HTTP as the Graph API needs it: one attempt a call, sockets kept alive, no redirect followed, one deadline over all. */
export function graphHttp({ deadlineMs, connections, lookup }: GraphHttpOptions) {
  const pools = new Map<string, Pool>();

  function poolOf(origin: string): Pool {
    const known = pools.get(origin);
    if (known !== undefined) return known;
    const connect = { timeout: deadlineMs, ...(lookup !== undefined && { lookup }) };
    // Pipelining stays at one: a request that waits behind another's answer could not be told from one that was lost.
    const made = new Pool(origin, { connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0, connect });
    pools.set(origin, made);
    return made;
  }

  /** Never rejects. Straight to undici's handlers: they tell when a socket is about to be written, which its promises do not. */
  function exchange({
    origin,
    path,
    method,
    headers,
    body,
    maxBytes = ANSWER_MAX_BYTES,
  }: GraphRequest): Promise<GraphExchange> {
    return new Promise((resolve) => {
      /** Set from the moment at which bytes may have left. */
      let started: Dispatcher.DispatchController | null = null;
      let written: Promise<void> | undefined;
      let status = 0;
      let answered: Readonly<Record<string, string | string[] | undefined>> = {};
      let size = 0;
      let ended = false;
      const since = performance.now();
      const chunks: Buffer[] = [];

      const end = (outcome: GraphExchange): void => {
        if (ended) return;
        ended = true;
        clearTimeout(timer);
        if (BELLDESK_FAILPOINTS && written !== undefined) void written.then(() => resolve(outcome));
        else resolve(outcome);
      };
      const timer = setTimeout(() => {
        end({ kind: "unanswered", written: started !== null, error: TIMED_OUT });
        started?.abort(TIMED_OUT);
      }, deadlineMs);

      const handler: Dispatcher.DispatchHandler = {
        onRequestStart(controller) {
          // Thrown before the first byte: its time was up while it waited for a socket, or undici would send it again.
          const isLate = performance.now() - since > LATEST_START * deadlineMs;
          if (ended || started !== null || isLate) throw TIMED_OUT;
          started = controller;
          // undici writes the whole request before it lets go of the thread.
          if (BELLDESK_FAILPOINTS && method === "POST")
            written = Promise.resolve().then(() => failpoint("outbound.written"));
        },
        onResponseStart(_controller, code, fields) {
          status = code;
          answered = fields;
        },
        onResponseData(controller, chunk) {
          size += chunk.length;
          if (size <= maxBytes) {
            chunks.push(chunk);
            return;
          }
          end({ kind: "tooLong" });
          controller.abort(TOO_LONG);
        },
        onResponseEnd() {
          const text = Buffer.concat(chunks).toString("utf8");
          end({ kind: "answered", status, headers: answered, body: text });
        },
        onResponseError(_controller, error) {
          end({ kind: "unanswered", written: started !== null, error });
        },
      };
      poolOf(origin).dispatch({ path, method, headers: headers as string[], body: body ?? null }, handler);
    });
  }

  /**
   * What is as long as a file, out or in: the deadline begins anew whenever something moves. Never rejects. Whatever is asked
   * here may be asked again.
   */
  async function open({ origin, path, method, headers, body, signal }: GraphFileRequest): Promise<GraphFile> {
    const over = new AbortController();
    const idle = setTimeout(() => {
      over.abort(TIMED_OUT);
    }, deadlineMs);
    try {
      const answer = await poolOf(origin).request({
        path,
        method,
        headers: headers as string[],
        body: body === undefined ? null : Readable.from(inPieces(body, idle), { objectMode: false }),
        signal: signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]),
        bodyTimeout: deadlineMs,
      });
      // Whoever reads it is told; nobody may be reading when it breaks.
      answer.body.on("error", () => undefined);
      return { kind: "answered", status: answer.statusCode, headers: answer.headers, body: answer.body };
    } catch (error) {
      return { kind: "unanswered", error };
    } finally {
      clearTimeout(idle);
    }
  }

  return {
    exchange,
    open,
    async close(): Promise<void> {
      const open = [...pools.values()];
      pools.clear();
      await Promise.all(open.map((pool) => pool.destroy()));
    },
  };
}

/** Bytes written at once: what leaves a socket shows that something moves. */
const PIECE_BYTES = 64 * 1024;

async function* inPieces(bytes: AsyncIterable<Uint8Array>, idle: NodeJS.Timeout): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
      idle.refresh();
      yield chunk.subarray(from, from + PIECE_BYTES);
    }
  }
}

/** An answer that is no file: its text, or null when it is longer than any, takes too long, or breaks off. */
export async function textOf(body: Readable, deadlineMs: number): Promise<string | null> {
  const late = setTimeout(() => body.destroy(TIMED_OUT), deadlineMs);
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > ANSWER_MAX_BYTES) return null;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  } catch {
    return null;
  } finally {
    clearTimeout(late);
  }
}

export const TIMED_OUT = Object.assign(new Error("The deadline has passed."), { code: "TIMEOUT" });
const TOO_LONG = new Error("The answer is too long.");
