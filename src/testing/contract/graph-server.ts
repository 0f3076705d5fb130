import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** One request that a Graph API of a case was asked. */
export interface GraphRequestSeen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly bytes: Buffer;
}

/** What becomes of a request once it has been read. */
export type GraphAnswer = (response: ServerResponse, request: IncomingMessage, seen: GraphRequestSeen) => void;

export interface GraphServer {
  readonly graphUrl: string;
  readonly seen: readonly GraphRequestSeen[];
  /** Sockets that were ever opened to it. */
  readonly connections: number;
  readonly open: number;
  /** Bytes of bodies, as far as they have come. */
  readonly received: number;
  close(): Promise<void>;
}

/** A Graph API on 127.0.0.1 that answers as it is told: it knows no window, no guests and no pace. */
export async function graphServer(answer: GraphAnswer): Promise<GraphServer> {
  const seen: GraphRequestSeen[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let received = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => {
      received += chunk.length;
      chunks.push(chunk);
    });
    request.on("error", () => undefined);
    request.once("end", () => {
      const { method = "", url = "", headers } = request;
      const bytes = Buffer.concat(chunks);
      const one = { method, url, headers, bytes, body: bytes.toString("utf8") };
      seen.push(one);
      answer(response, request, one);
    });
  });
  server.on("connection", (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    graphUrl: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    seen,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    get received() {
      return received;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
