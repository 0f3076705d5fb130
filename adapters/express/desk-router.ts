import { pipeline, Readable } from "node:stream";
import { answerDesk, type DeskSource, type Principal } from "../../src/index.js";
import { commandOf, fileOf } from "./body.js";
import { addressOf, type AddressOptions, type Handler, type HostRequest } from "./http.js";

/** What `deskRouter` needs of the host: who sends a request, and from where. */
export interface DeskRouterOptions extends AddressOptions {
  /**
   * Who sends this request, by whatever the host signs people in with; null or undefined when nobody is signed in. May
   * be written for Express's own `Request`. What it throws goes to `next(error)`, the host's error handler.
   */
  // A method, not a property: the compiler then takes a function of express.Request, which is what Express hands it.
  authenticate(request: HostRequest): SignedIn | Promise<SignedIn>;
}

/** Who sends a request; null or undefined for nobody. */
export type SignedIn = Principal | null | undefined;

/**
 * The desk's API: `app.use("/api", deskRouter(desk, { authenticate }))`. Answers its own routes and hands every other
 * request on untouched, body unread. Works before and after a body parser of the host's. Its routes, what they take and
 * what they answer stand in docs/http-api.md.
 */
export function deskRouter(desk: DeskSource, options: DeskRouterOptions): Handler {
  return (request, response, next) => {
    const { path, query } = addressOf(request);
    answerDesk(desk, {
      method: request.method ?? "GET",
      path,
      query,
      authenticate: async () => options.authenticate(request),
      contentType: request.headers["content-type"],
      address: options.ip?.(request),
      peer: request.socket.remoteAddress,
      readBody: () => commandOf(request),
      header: (name) => headerOf(request.headers[name]),
      stream: () => fileOf(request),
    })
      .then((answer) => {
        if (answer === null) next();
        // As fast as the client takes it; who goes away lets go of the file.
        else if (answer.stream !== undefined)
          pipeline(Readable.from(answer.stream), response.writeHead(answer.status, answer.headers), () => undefined);
        else response.writeHead(answer.status, answer.headers).end(answer.body);
      })
      // Also where the host has answered meanwhile.
      .catch(next);
  };
}

const headerOf = (value: string | string[] | undefined): string | null =>
  value === undefined ? null : typeof value === "string" ? value : value.join(", ");
