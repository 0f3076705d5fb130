import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export interface ProxyOptions {
  /** Where a new connection leads; null refuses it. */
  readonly target: () => { readonly host: string; readonly port: number } | null;
  readonly protocol: Protocol;
}

/** What a proxy understands of what passes. Both keep what they have seen: one of each for a connection. */
export interface Protocol {
  /** Whether the client has now said all of a request. */
  readonly requests: () => (chunk: Buffer) => boolean;
  /** Whether the server has now said all of an answer, as far as anybody waits for it. */
  readonly answers: () => (chunk: Buffer) => boolean;
  /** Whether it is said before anybody asks for anything. */
  readonly isGreeting: (chunk: Buffer) => boolean;
}

/** Stands between two sides of a TCP connection and breaks it on demand. */
export interface Proxy {
  readonly port: number;
  /** Resets every connection. */
  cut(): void;
  /** While true, nothing passes in either direction, and nobody is told: a line that is dead at one end only. */
  stall(stalled: boolean): void;
  /** The connections that there are pass nothing any more, for ever, and nobody is told; new ones do. */
  abandon(): void;
  /** Everything takes this many milliseconds longer in each direction; 0 ends it. */
  slow(ms: number): void;
  /**
   * Lets the next request through, the next that matches when `only` is given, and waits for its answer to end, then
   * resets the connection instead of passing the answer on: the server did it, and the client does not know. Before
   * PostgreSQL that is after a COMMIT. null calls it off.
   */
  dropNextAnswer(only?: RegExp | null): void;
  /** Lets the next request through to its last byte and then resets the client's side: the server has heard it, and answers nobody. */
  cutAfterNextRequest(): void;
  close(): Promise<void>;
}

/** A request ends with its Sync or simple query, an answer with ReadyForQuery outside a transaction. */
export const postgresProtocol: Protocol = {
  // pg writes a whole query at once.
  requests: () => () => true,
  answers() {
    let end: Buffer = Buffer.alloc(0);
    return (chunk) => {
      end = Buffer.concat([end, chunk]).subarray(-READY.length);
      return end.equals(READY);
    };
  },
  // A startup packet begins with its length; every later message with a letter.
  isGreeting: (chunk) => chunk[0] === 0,
};
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/** A request ends with its body, whose length it has named; an answer with its first bytes, which tell the status. */
export const httpProtocol: Protocol = {
  requests() {
    let seen = Buffer.alloc(0);
    return (chunk) => {
      seen = Buffer.concat([seen, chunk]);
      const head = seen.indexOf("\r\n\r\n");
      if (head < 0) return false;
      const length = /\r\ncontent-length: *(\d+)/i.exec(seen.subarray(0, head).toString("latin1"))?.[1] ?? "0";
      if (seen.length < head + 4 + Number(length)) return false;
      seen = Buffer.alloc(0);
      return true;
    };
  },
  answers: () => () => true,
  isGreeting: () => false,
};

export async function startProxy({ target, protocol }: ProxyOptions): Promise<Proxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const abandoned: (readonly [Socket, Socket])[] = [];
  let stalled = false;
  let latencyMs = 0;
  /** What becomes of the next request's connection, whichever it comes on. */
  let next: { readonly what: "drop" | "cut"; readonly only: RegExp | null } | null = null;

  const server = createServer((client) => {
    const to = target();
    client.on("error", () => undefined);
    if (to === null) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(to.port, to.host);
    const pair = [client, upstream] as const;
    pairs.add(pair);
    let left = false;
    const end = () => {
      pairs.delete(pair);
      // A server that is left alone with a request still reads all of it.
      if (!left) for (const socket of pair) socket.destroy();
    };
    const leave = () => {
      left = true;
      upstream.end();
      client.resetAndDestroy();
    };
    const reset = () => {
      pairs.delete(pair);
      for (const socket of pair) socket.resetAndDestroy();
    };
    const [asked, answered] = [protocol.requests(), protocol.answers()];
    /** What becomes of this connection. */
    let fate: "drop" | "cut" | null = null;
    client.setNoDelay();
    upstream.setNoDelay();
    const [toServer, toClient] = [forwarder(upstream, () => latencyMs), forwarder(client, () => latencyMs)];
    client.on("data", (chunk) => {
      if (
        fate === null &&
        next !== null &&
        !protocol.isGreeting(chunk) &&
        (next.only?.test(chunk.toString("latin1")) ?? true)
      ) {
        fate = next.what;
        next = null;
      }
      const all = asked(chunk);
      toServer(chunk, () => {
        if (fate === "cut" && all) leave();
      });
    });
    upstream.on("data", (chunk) => {
      if (fate === null) toClient(chunk, () => undefined);
      else if (fate === "drop" && answered(chunk)) reset();
    });
    for (const socket of pair) socket.on("close", end).on("error", end);
    if (stalled) for (const socket of pair) socket.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const cut = () => {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
    pairs.clear();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    stall(now) {
      stalled = now;
      for (const pair of pairs)
        for (const socket of pair)
          if (now) socket.pause();
          else socket.resume();
    },
    abandon() {
      for (const pair of pairs) for (const socket of pair) socket.pause();
      abandoned.push(...pairs);
      pairs.clear();
    },
    slow(ms) {
      latencyMs = ms;
    },
    dropNextAnswer(only = /(?:)/) {
      next = only === null ? null : { what: "drop", only };
    },
    cutAfterNextRequest() {
      next = { what: "cut", only: null };
    },
    async close() {
      for (const pair of abandoned) pairs.add(pair);
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Passes chunks on, in their order also where the latency changes between two of them. */
function forwarder(to: Socket, latencyMs: () => number) {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return (chunk: Buffer, passed: () => void): void => {
    const ms = latencyMs();
    if (ms === 0 && waiting === 0) {
      to.write(chunk, passed);
      return;
    }
    waiting += 1;
    last = Promise.all([last, delay(ms)]).then(() => {
      waiting -= 1;
      to.write(chunk, passed);
    });
  };
}
