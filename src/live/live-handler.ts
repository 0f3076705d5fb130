import { ConversationError } from "../errors.js";
import { errorResponse, readUnused, type DeskResponse } from "../http/desk-handler.js";
import type { LiveConnection, LiveSignIn } from "./socket.js";
import { answerLive, openStream, type LiveSource, type StreamResponse } from "./stream.js";

/** What `liveHandler` needs of the host: who listens, and from where. */
export interface LiveHandlerOptions {
  /** As `deskHandler` has it, by a cookie or a header; it may also say until when that is proven. */
  authenticate(request: Request): LiveSignIn | Promise<LiveSignIn>;
  /** The client's IP address, from where it cannot be forged; without it no address is refused for what came from it. */
  readonly ip?: (request: Request) => string | null | undefined;
}

/** Milliseconds that a page has to read what it was told before the end. */
const GOODBYE_MS = 2_000;

/**
 * The live connection as an event stream, for hosts that speak `Request` and `Response`: what `liveRouter` is for Express.
 * @throws only what the host's `authenticate` throws for a POST
 */
export function liveHandler(desk: LiveSource, options: LiveHandlerOptions) {
  return async (request: Request): Promise<Response> => {
    const address = options.ip?.(request) ?? null;
    const authenticate = async () => options.authenticate(request);
    switch (request.method) {
      case "GET":
        return listen(desk, request, { address, authenticate });
      case "POST":
        return answered(
          await answerLive(desk, {
            authenticate,
            contentType: request.headers.get("content-type"),
            address,
            readBody: () => readUnused(request),
          }),
        );
      default:
        return answered(errorResponse(new ConversationError("method_not_allowed"), desk.logger));
    }
  };
}

const answered = ({ status, headers, body }: DeskResponse): Response =>
  new Response(body === "" ? null : body, { status, headers });

function listen(
  desk: LiveSource,
  request: Request,
  { address, authenticate }: { readonly address: string | null; readonly authenticate: () => Promise<LiveSignIn> },
): Promise<Response> {
  return new Promise((resolve) => {
    const encoder = new TextEncoder();
    let connection: LiveConnection | null = null;
    let isOver = false;
    const left = (): void => {
      isOver = true;
      connection?.closed();
    };
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>(
      {
        start(own) {
          controller = own;
        },
        cancel: left,
      },
      // What was written and not taken is below none.
      new ByteLengthQueuingStrategy({ highWaterMark: 0 }),
    );
    const destroy = (): void => {
      isOver = true;
      controller?.error(new Error("The connection was ended."));
    };
    const response: StreamResponse = {
      begin(status, headers) {
        resolve(new Response(body, { status, headers }));
      },
      write(text) {
        if (!isOver) controller?.enqueue(encoder.encode(text));
      },
      bufferedBytes: () => -(controller?.desiredSize ?? 0),
      end() {
        if (isOver) return;
        isOver = true;
        controller?.close();
        // Whoever does not read it to the end has had the time.
        setTimeout(destroy, GOODBYE_MS).unref();
      },
      destroy,
    };
    request.signal.addEventListener("abort", () => {
      destroy();
      left();
    });
    const lastEventId = request.headers.get("last-event-id") ?? undefined;
    connection = openStream(desk.live, { ip: address, lastEventId, authenticate }, response);
  });
}
