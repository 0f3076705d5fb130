import { z } from "zod";
import { ConversationError } from "../errors.js";
import {
  addressOf,
  errorResponse,
  HEADERS,
  json,
  readJson,
  type DeskRequest,
  type DeskResponse,
  type DeskSource,
} from "../http/desk-handler.js";
import { LIVE_VERSION, type CloseReason } from "./protocol.js";
import type { Live, LiveConnection, LivePeer, LiveSignIn, LiveSocket } from "./socket.js";

/** What the live handlers need of a `ConversationManager`. */
export interface LiveSource extends DeskSource {
  readonly live: Live;
}

/** Where an event stream is written to: a response that has not begun. */
export interface StreamResponse {
  /** The answer begins. */
  begin(status: number, headers: Readonly<Record<string, string>>): void;
  /** A piece of the answer. */
  write(text: string): void;
  /** What was written and has not left this process yet, in bytes. */
  bufferedBytes(): number;
  /** That was all. Ends within a few seconds whatever the other side does. */
  end(): void;
  /** Ends at once. */
  destroy(): void;
}

/** A request for the event stream, whoever took it. */
export interface StreamRequest extends Pick<LivePeer, "ip" | "peer"> {
  /** Asks the host who that is. */
  authenticate(): Promise<LiveSignIn>;
  /** The header `Last-Event-ID`: where the client was. */
  readonly lastEventId: string | undefined;
}

/** Nothing between us and the page may keep it back, change it, or keep it. */
const STREAM = {
  "cache-control": "no-store, no-transform",
  "content-type": "text/event-stream; charset=utf-8",
  "x-accel-buffering": "no",
  "x-content-type-options": "nosniff",
} as const;

/** A message that ends what was told together: after it the client knows where it is. */
const ENDS = [`{"type":"upTo"`, `{"type":"live"`];

/**
 * A live connection for those whom no WebSocket reaches, as Server-Sent Events: each message is one event, whose id is the place to go
 * on from. What the client has to say, it posts (`answerLive`). Nothing is written when it is refused at once: the answer says why.
 */
export function openStream(live: Live, request: StreamRequest, response: StreamResponse): LiveConnection {
  let isOpen = false;
  let isOver = false;
  let connection: LiveConnection | null = null;
  const socket: LiveSocket = {
    send(message) {
      if (isOver) return;
      if (!isOpen) response.begin(200, STREAM);
      isOpen = true;
      const text = Buffer.from(message.buffer, message.byteOffset, message.byteLength).toString();
      const id = ENDS.some((frame) => text.includes(frame)) ? idOf(connection) : "";
      response.write(`${id}data: ${text}\n\n`);
    },
    bufferedBytes: () => (isOpen ? response.bufferedBytes() : 0),
    close(code, reason) {
      if (isOver) return;
      isOver = true;
      if (isOpen) response.write(`event: close\ndata: ${JSON.stringify({ code, reason })}\n\n`);
      else refuse(response, reason);
      response.end();
    },
    terminate() {
      isOver = true;
      response.destroy();
    },
  };
  const { ip, peer = null, lastEventId } = request;
  connection = live.connect(socket, { ip, peer, oneWay: true, authenticate: () => request.authenticate() });
  const resume = lastEventId === undefined ? undefined : placesOf(lastEventId);
  connection.received(JSON.stringify({ type: "hello", version: LIVE_VERSION, resume }));
  return connection;
}

const Posted = z.strictObject({ connectionId: z.string().max(400), frame: z.unknown() });

/**
 * Does what somebody posts who listens to an event stream: `{ connectionId, frame }`, a command, a signal or `active`. Any process may.
 * @throws only what the host's `authenticate` throws
 */
export async function answerLive(
  desk: LiveSource,
  request: Omit<DeskRequest, "authenticate" | "method" | "path" | "query"> & {
    authenticate(): Promise<LiveSignIn>;
  },
): Promise<DeskResponse> {
  const from = addressOf(request);
  const flood = desk.floods?.refusal("unauthenticated", from) ?? null;
  if (flood !== null) return errorResponse(flood, desk.logger);
  const signedIn = await request.authenticate();
  try {
    if (signedIn === null || signedIn === undefined) {
      desk.floods?.failed("unauthenticated", from);
      throw new ConversationError("unauthenticated");
    }
    const posted = Posted.safeParse(await readJson(request));
    if (!posted.success)
      throw new ConversationError("request_invalid", { issues: [{ path: "", message: "{ connectionId, frame }" }] });
    const principal = "principal" in signedIn ? signedIn.principal : signedIn;
    const answer = await desk.live.post(principal, posted.data.connectionId, posted.data.frame);
    return answer === null ? { status: 204, headers: HEADERS, body: "" } : json(200, answer);
  } catch (error) {
    return errorResponse(error, desk.logger);
  }
}

function idOf(connection: LiveConnection | null): string {
  const cursors = connection?.cursors() ?? {};
  if (Object.keys(cursors).length === 0) return "";
  return `id: ${Buffer.from(JSON.stringify(cursors)).toString("base64url")}\n`;
}

/** None of ours leads nowhere, as any that is too old. */
function placesOf(id: string): Readonly<Record<string, string>> {
  try {
    const read = z.record(z.string(), z.string()).safeParse(JSON.parse(Buffer.from(id, "base64url").toString()));
    return read.success ? read.data : {};
  } catch {
    return {};
  }
}

/** What is answered in a stream's place. */
const REFUSED: Partial<Record<CloseReason, ConversationError>> = {
  unauthenticated: new ConversationError("unauthenticated"),
  forbidden: new ConversationError("not_found"),
  too_many: new ConversationError("too_many_requests"),
  going_away: new ConversationError("not_started"),
};

function refuse(response: StreamResponse, reason: CloseReason): void {
  const error = REFUSED[reason] ?? new ConversationError("busy");
  const { status, headers, body } = json(error.status, {
    error: { code: error.code, message: error.says },
    close: reason,
  });
  response.begin(status, headers);
  response.write(body);
}
