import { ConversationError } from "../errors.js";
import type { FlowEndpoint } from "../runtime/flow-endpoint.js";
import { errorJson, retryAfter } from "./json.js";
import { doorOf, PLAIN, rawBody, type WebhookHandlerOptions } from "./webhook-handler.js";

/** The data endpoint of native Flows for hosts that speak `Request` and `Response`. @param options as for the webhook */
export function flowEndpointHandler(endpoint: FlowEndpoint, { ip }: WebhookHandlerOptions = {}) {
  const door = doorOf(endpoint);
  return async (request: Request): Promise<Response> => {
    if (request.method !== "POST") return refused(new ConversationError("method_not_allowed"));
    const address = ip?.(request) ?? null;
    const signature = request.headers.get("x-hub-signature-256") ?? undefined;
    const flood = door.refusal(address, signature);
    if (flood !== null) return refused(flood);
    const body = await rawBody(request, endpoint.logger);
    if (ConversationError.is(body)) return refused(body);
    const { status, body: answer } = await endpoint.receive({ body, signature });
    if (status === FLOW_UNSIGNED) door.failed(address);
    return new Response(answer, { status, headers: PLAIN });
  };
}

/** What the endpoint answers to what WhatsApp did not sign. */
export const FLOW_UNSIGNED = 432;

const refused = (error: ConversationError): Response =>
  Response.json(errorJson(error), { status: error.status, headers: retryAfter(error) });
