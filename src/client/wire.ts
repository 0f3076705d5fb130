import type { ClientFrame } from "../live/protocol.js";

export type Hello = Extract<ClientFrame, { readonly type: "hello" }>;

/** A way to the desk, once: it ends, and another is opened. */
export interface Wire {
  /** What cannot be said on it is not said. @param connectionId of the `welcome` */
  say(frame: ClientFrame, connectionId: string): void;
  /** Ends it. Nothing more is heard of it. */
  drop(): void;
}

export interface WireEvents {
  /** Frames told together. */
  readonly heard: (text: string) => void;
  /** The code of `CLOSE`; any other number where the desk gave none. */
  readonly ended: (code: number) => void;
}

export type OpenWire = (hello: Hello, events: WireEvents) => Wire;

/** As much of a `WebSocket` as is used. */
interface Socket {
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number }) => void) | null;
  onerror: (() => void) | null;
  send(text: string): void;
  close(code?: number): void;
}
/** A class like the browser's `WebSocket`. */
export type SocketClass = new (url: string) => unknown;

const OPEN = 1;

export const socketWire =
  (url: string, WebSocket: SocketClass): OpenWire =>
  (hello, { heard, ended }) => {
    const socket = new WebSocket(url) as Socket;
    const say = (frame: ClientFrame) => {
      if (socket.readyState === OPEN) socket.send(JSON.stringify(frame));
    };
    let over = false;
    const end = (code: number) => {
      if (over) return;
      over = true;
      ended(code);
    };
    socket.onopen = () => say(hello);
    socket.onmessage = ({ data }) => {
      if (!over && typeof data === "string") heard(data);
    };
    socket.onclose = ({ code }) => end(code);
    // What went wrong is told by no browser; that it is over, by `onclose`.
    socket.onerror = () => undefined;
    return {
      say,
      drop: () => {
        // The other side may be gone without a word: nobody waits for its answer.
        over = true;
        socket.close(1000);
      },
    };
  };
