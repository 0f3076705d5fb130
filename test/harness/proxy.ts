import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface ProxyOptions {
  /** Where a new connection leads; null refuses it. */
  readonly target: () => { readonly host: string; readonly port: number } | null;
  /** Whether what a server just said ends its answer; any word does by default. */
  readonly endsAnswer?: (chunk: Buffer) => boolean;
}

/** Stands between two sides of a TCP connection and breaks it on demand. */
export interface Proxy {
  readonly port: number;
  /** Resets every connection. */
  cut(): void;
  /** While true, nothing passes in either direction, and nobody is told. */
  stall(stalled: boolean): void;
  /**
   * Lets the next request through and waits for its answer to end, then resets the connection instead of passing the
   * answer on: the server did it, and the client does not know.
   */
  dropNextAnswer(): void;
  close(): Promise<void>;
}

/** What PostgreSQL says when a statement's transaction is over: ReadyForQuery, idle. */
export const endsTransaction = (chunk: Buffer): boolean =>
  chunk.length >= 6 && chunk.subarray(-6).equals(Buffer.from([0x5a, 0, 0, 0, 5, 0x49]));

export async function startProxy({ target, endsAnswer = () => true }: ProxyOptions): Promise<Proxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let stalled = false;
  let dropping = false;

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
    const end = () => {
      pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    /** Whether this connection's answer is the one to be lost. */
    let losing = false;
    client.setNoDelay();
    upstream.setNoDelay();
    client.on("data", (chunk) => {
      if (dropping) {
        dropping = false;
        losing = true;
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (!losing) client.write(chunk);
      else if (endsAnswer(chunk)) {
        pairs.delete(pair);
        for (const socket of pair) socket.resetAndDestroy();
      }
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
    dropNextAnswer() {
      dropping = true;
    },
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
