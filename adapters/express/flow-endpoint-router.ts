import { ConversationError, doorOf, FLOW_UNSIGNED, PLAIN, refuseEncoding, type FlowEndpoint } from "../../src/index.js";
import type { AddressOptions, Handler } from "./http.js";
import { bytesGone, rawBody, refuse } from "./webhook-router.js";

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
    void rawBody(request, endpoint.logger).then(async (body) => {
      if (ConversationError.is(body)) {
        refuse(response, body);
        return;
      }
      // `receive` never throws.
      const { status, body: answer } = await endpoint.receive({ body: body.bytes, signature });
      if (status === FLOW_UNSIGNED) door.failed(address);
      if (status === FLOW_UNSIGNED && signature !== undefined && body.fidelity !== "exact")
        refuse(response, bytesGone(endpoint.logger));
      else if (!response.headersSent && !response.destroyed) response.writeHead(status, PLAIN).end(answer);
    });
  };
}
