import {
  ConversationError,
  doorOf,
  ERRORS,
  FLOW_UNSIGNED,
  PLAIN,
  refuseEncoding,
  type FlowEndpoint,
} from "../../src/index.js";
import type { AddressOptions, Handler } from "./http.js";
import { readRaw, refuse } from "./webhook-router.js";

/**
 * The data endpoint of native Flows: `app.use("/flows", flowEndpointRouter(desk.flowEndpoint({ privateKeys, onFlow })))`. Reads the stream
 * itself, as `webhookRouter` does, and takes the bytes that the host kept.
 */
export function flowEndpointRouter(endpoint: FlowEndpoint, options: AddressOptions = {}): Handler {
  const door = doorOf(endpoint);
  return (request, response) => {
    const address = options.ip?.(request) ?? request.socket.remoteAddress ?? null;
    const header = request.headers["x-hub-signature-256"];
    const signature = typeof header === "string" ? header : undefined;
    const refusal =
      request.method === "POST"
        ? (door.refusal(address, signature) ?? refuseEncoding(request.headers["content-encoding"]))
        : new ConversationError("method_not_allowed");
    if (refusal !== null) {
      refuse(response, refusal);
      return;
    }
    readRaw(request, (body) => {
      if (ConversationError.is(body)) {
        if (body.code === "body_already_parsed")
          endpoint.logger.error({ code: body.code }, ERRORS.body_already_parsed.says);
        refuse(response, body);
        return;
      }
      // `receive` never throws.
      void endpoint.receive({ body, signature }).then(({ status, body: answer }) => {
        if (status === FLOW_UNSIGNED) door.failed(address);
        if (!response.headersSent && !response.destroyed) response.writeHead(status, PLAIN).end(answer);
      });
    });
  };
}
