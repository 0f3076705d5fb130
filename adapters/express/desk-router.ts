import { answerDesk, readCommand, type DeskSource, type Principal } from "../../src/index.js";
import { addressOf, isConsumed, type Handler, type HostRequest } from "./http.js";

export interface DeskRouterOptions {
  /**
   * Who sends this request, by whatever the host signs people in with; null or undefined when nobody is signed in. May
   * be written for Express's own `Request`. What it throws goes to `next(error)`, the host's error handler.
   */
  // A method, not a property: the compiler then takes a function of express.Request, which is what Express hands it.
  authenticate(request: HostRequest): SignedIn | Promise<SignedIn>;
}

type SignedIn = Principal | null | undefined;

/**
 * The desk's API: `app.use("/api", deskRouter(desk, { authenticate }))`. Answers its own routes and hands every other
 * request on untouched, body unread. Works before and after a JSON parser of the host's.
 */
export function deskRouter(desk: DeskSource, options: DeskRouterOptions): Handler {
  return (request, response, next) => {
    const { path, query } = addressOf(request);
    answerDesk(desk, {
      method: request.method ?? "GET",
      path,
      query,
      authenticate: async () => options.authenticate(request),
      readBody: async () =>
        isConsumed(request) || request.body !== undefined ? { parsed: request.body } : readCommand(request),
    }).then((answer) => {
      if (answer === null) next();
      else response.writeHead(answer.status, answer.headers).end(answer.body);
    }, next);
  };
}
