import { answerDesk, readCommand, type DeskSource, type Principal } from "../../src/index.js";
import { addressOf, isConsumed, type Handler, type HostRequest } from "./http.js";

export interface DeskRouterOptions {
  /** Who sends this request, by whatever the host signs people in with; null when nobody is signed in. */
  readonly authenticate: (request: HostRequest) => Principal | null | Promise<Principal | null>;
}

/**
 * The desk's API: `app.use("/api", deskRouter(desk, { authenticate }))`. Answers its own routes and hands every other
 * request on untouched, body unread. Works before and after a JSON parser of the host's.
 */
export function deskRouter(desk: DeskSource, { authenticate }: DeskRouterOptions): Handler {
  return (request, response, next) => {
    const { path, query } = addressOf(request);
    answerDesk(desk, {
      method: request.method ?? "GET",
      path,
      query,
      authenticate: async () => authenticate(request),
      readBody: async () =>
        isConsumed(request) || request.body !== undefined ? { parsed: request.body } : readCommand(request),
    }).then((answer) => {
      if (answer === null) next();
      else response.writeHead(answer.status, answer.headers).end(answer.body);
    }, next);
  };
}
