import { once } from "node:events";
import type { Server } from "node:http";
import { WebSocketServer, type WebSocket } from "ws";
import { readFrame } from "../../src/live/client-frame.js";
import { CLOSE, type ClientFrame, type CloseReason, type ServerFrame } from "../../src/live/protocol.js";
import { eventually } from "../harness/hotel.js";
import { ends } from "./harness.js";

/** The desk's side of one live connection, as a test plays it. */
export class DeskSide {
  readonly heard: ClientFrame[] = [];
  readonly address: string;

  constructor(
    readonly socket: WebSocket,
    address: string,
  ) {
    this.address = address;
    socket.on("message", (data: Buffer) => this.heard.push(readFrame(JSON.parse(data.toString("utf8")))!));
  }
  /** Frames told together. */
  say(...frames: readonly ServerFrame[]): void {
    this.socket.send(JSON.stringify(frames));
  }
  end(reason: CloseReason): void {
    this.socket.close(CLOSE[reason].code, reason);
  }
  async hears<Type extends ClientFrame["type"]>(type: Type): Promise<Extract<ClientFrame, { type: Type }>> {
    return eventually(`the client says ${type}`, () =>
      Promise.resolve(this.heard.find((frame): frame is Extract<ClientFrame, { type: Type }> => frame.type === type)),
    );
  }
  welcome(pingMs = 25_000, connectionId = "me"): void {
    this.say({ type: "welcome", version: 1, connectionId, pingMs });
  }
}

/** The desk's end of all live connections to a server. */
export function deskLine(server: Server) {
  const sockets = new WebSocketServer({ server, path: "/live" });
  const sides: DeskSide[] = [];
  sockets.on("connection", (socket, request) => sides.push(new DeskSide(socket, request.url ?? "")));
  ends.all.push(async () => {
    for (const { socket } of sides) socket.terminate();
    sockets.close();
    await once(sockets, "close");
  });
  return {
    sides,
    /** The connection with this number, from 1, as soon as there is one. */
    number: (count: number): Promise<DeskSide> =>
      eventually(`connection ${String(count)}`, () => Promise.resolve(sides[count - 1])),
  };
}
