import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

/** A client that speaks WebSocket by hand, so that it can do what no library does. */
export interface RawClient {
  readonly socket: Socket;
  /** Of the upgrade: `"HTTP/1.1 101 Switching Protocols"`. */
  readonly status: string;
  /** Writes one frame. @param opcode 1: text, 0: goes on, 9: ping, 8: close */
  frame(
    opcode: number,
    payload: string | Uint8Array,
    options?: { readonly fin?: boolean; readonly declare?: number },
  ): void;
  /** The code of the server's close frame. */
  closeCode(): Promise<number | null>;
  /** All texts that came. */
  readonly texts: string[];
}

export async function rawClient(
  port: number,
  { path = "/live", headers = {} }: { readonly path?: string; readonly headers?: Record<string, string> } = {},
): Promise<RawClient> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("connect", resolve));
  const lines = [
    `GET ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  let bytes = Buffer.alloc(0);
  let head: string | null = null;
  const texts: string[] = [];
  let code: number | null = null;
  const upgraded = new Promise<string>((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (head === null) {
        const end = bytes.indexOf("\r\n\r\n");
        if (end < 0) return;
        head = bytes.subarray(0, end).toString();
        bytes = bytes.subarray(end + 4);
        resolve(head.split("\r\n")[0] ?? "");
      }
      read();
    });
    socket.once("close", () => {
      resolve(head ?? "closed");
    });
  });

  function read(): void {
    for (;;) {
      if (bytes.length < 2) return;
      const opcode = bytes[0]! & 15;
      const short = bytes[1]! & 127;
      const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
      if (bytes.length < 2 + lengthBytes) return;
      const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
      if (bytes.length < 2 + lengthBytes + length) return;
      const payload = bytes.subarray(2 + lengthBytes, 2 + lengthBytes + length);
      bytes = bytes.subarray(2 + lengthBytes + length);
      if (opcode === 1) texts.push(payload.toString());
      if (opcode === 8) code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    }
  }

  return {
    socket,
    status: await upgraded,
    texts,
    frame(opcode, payload, { fin = true, declare } = {}) {
      const data = Buffer.from(payload);
      const length = declare ?? data.length;
      const header =
        length < 126
          ? Buffer.from([0, 0x80 | length])
          : length < 65_536
            ? Buffer.from([0, 0x80 | 126, length >> 8, length & 255])
            : Buffer.concat([Buffer.from([0, 0x80 | 127, 0, 0, 0, 0]), uint32(length)]);
      header[0] = (fin ? 0x80 : 0) | opcode;
      const mask = randomBytes(4);
      const masked = Buffer.from(data.map((byte, at) => byte ^ mask[at % 4]!));
      socket.write(Buffer.concat([header, mask, masked]));
    },
    closeCode: () =>
      new Promise((resolve) => {
        const settle = () => {
          resolve(code);
        };
        if (code !== null || socket.destroyed) settle();
        else socket.once("close", settle);
        socket.on("data", () => {
          if (code !== null) settle();
        });
      }),
  };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
