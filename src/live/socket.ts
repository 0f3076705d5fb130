import type { Principal } from "../domain/principal.js";
import type { CloseReason, LiveCursors, ServerFrame } from "./protocol.js";

/** What a live connection needs of a socket. `ws` is one with a few lines around it, and so is any other library. */
export interface LiveSocket {
  /**
   * Sends a message: JSON in UTF-8. All who are told the same are handed the same object. Never throws; what cannot be sent any more
   * is dropped.
   */
  send(message: Uint8Array): void;
  /** What was sent and has not left this process yet. */
  bufferedBytes(): number;
  /** Says goodbye, after what was sent, and ends within a few seconds whatever the other side does. Again, it does nothing. */
  close(code: number, reason: CloseReason): void;
  /** Ends at once. */
  terminate(): void;
}

/** Who is at the other end. */
export interface LivePeer {
  /** The client's IP address, from where it cannot be forged; null when nobody knows it. */
  readonly ip: string | null;
  /**
   * The other end of the socket, where `ip` is not known. A private address is a proxy's most likely, who speaks for everybody: it may
   * hold many more connections that have not said who they are, and nobody is refused for tokens that came from there.
   */
  readonly peer?: string | null;
  /**
   * Asks the host who that is, once.
   * @param token of the `hello`; undefined where the connection itself has to say it, by a cookie or a header
   */
  authenticate(token: string | undefined): Promise<LiveSignIn>;
  /** It can only listen, as an event stream: whether it is still there shows by what it reads. */
  readonly oneWay?: boolean;
}

/** Who it is, and until when that is proven; null or undefined for nobody. */
export type LiveSignIn = Principal | LiveSignInUntil | null | undefined;
/** Who opens a connection, with when that has to be proven anew. */
export interface LiveSignInUntil {
  readonly principal: Principal;
  /** The connection ends then, with `rights_changed`: whoever still has rights proves them again. */
  readonly expiresAt: Date;
}

/** What whoever binds a socket tells of it. Nothing here throws. */
export interface LiveConnection {
  readonly id: string;
  /** A message came; null: one that is no text. */
  received(text: string | null): void;
  /** Something came that is no message and costs as much (a ping of the protocol). */
  disturbed(): void;
  /** The socket is closed, whoever did it. */
  closed(): void;
  /** Where it would resume from after all that it was told. */
  cursors(): LiveCursors;
}

/** The live side of a desk, for adapters: `desk.live`. */
export interface Live {
  /** Begins with a connection. From now on it is heard through what this answers, and told through `socket`. */
  connect(socket: LiveSocket, peer: LivePeer): LiveConnection;
  /**
   * Does what a frame of a client asks, for one that listens on an event stream and says things by requests, which may come to any
   * process.
   * @param connectionId of its stream
   * @returns the answer; null where there is none
   * @throws {ConversationError} `request_invalid` for what is no frame that can be sent so, `not_started`, `principal_invalid`
   */
  post(principal: Principal, connectionId: string, frame: unknown): Promise<ServerFrame | null>;
  /** Is called when the desk stops, before connections are closed. @returns a function that forgets it */
  onStop(listener: () => void): () => void;
  /** The largest message of a client, in bytes. */
  readonly frameBytes: number;
  /** How much there is of what connections leave behind when something forgets them. */
  counts(): LiveCounts;
}

/** What live connections of this process there are at the moment. */
export interface LiveCounts {
  readonly connections: number;
  /** Those among them that are told everything as it happens. */
  readonly live: number;
  readonly principals: number;
  /** Addresses with connections that have not said who they are. */
  readonly addresses: number;
  /** Kinds of rights among the connections. */
  readonly audiences: number;
  /** Hotels whose news are read. */
  readonly hotels: number;
}
