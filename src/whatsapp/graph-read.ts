import type { Failure } from "../domain/delivery-status.js";
import type { HotelNumber } from "../domain/hotel.js";
import { ConversationError, ERRORS } from "../errors.js";
import type { MarkReadResult, ReadMark, Transport } from "../ports/transport.js";
import { headerOf, headersOf, isToken, segment, TOKEN_INVALID } from "./graph-call.js";
import { classifyAnswer, parse } from "./graph-error.js";
import { TIMED_OUT, type GraphExchange, type GraphHttp } from "./graph-http.js";
import { member } from "./json.js";
import { WhatsAppPayloadBuilder } from "./payload-builder.js";

export interface GraphReadOptions {
  readonly http: GraphHttp;
  readonly origin: string;
  /** The path and query of a call. */
  readonly pathOf: (number: HotelNumber, rest: string) => string;
}

/** What was read, told to WhatsApp. @source WhatsApp "Mark messages as read", "Typing indicators" (2026) */
export function graphRead({ http, origin, pathOf }: GraphReadOptions): Required<Pick<Transport, "markRead">> {
  return {
    async markRead({ number, wamid, typing }: ReadMark): Promise<MarkReadResult> {
      if (!isToken(number)) return failed(TOKEN_INVALID.failure);
      if (wamid.trim() === "") return failed(ID_MISSING);
      const answer = await http.exchange({
        origin,
        path: pathOf(number, `${segment(number.phoneNumberId)}/messages`),
        method: "POST",
        headers: [...headersOf(number), "content-type", "application/json"],
        body: JSON.stringify(WhatsAppPayloadBuilder.markRead(wamid, { typing })),
      });
      switch (answer.kind) {
        case "answered":
          return told(answer);
        case "tooLong":
          return failed(ANSWER_ODD);
        case "unanswered":
          return failed(unanswered(answer.error));
      }
    },
  };
}

/** Only WhatsApp's own yes is one. */
function told({ status, headers, body }: Extract<GraphExchange, { readonly kind: "answered" }>): MarkReadResult {
  if (status >= 200 && status < 300)
    return member(parse(body), "success") === true ? { outcome: "marked" } : failed(ANSWER_ODD);
  const [retryAfter, date] = [headerOf(headers["retry-after"]), headerOf(headers["date"])];
  const result = classifyAnswer({ status, body, retryAfter, date });
  return failed(result.outcome === "accepted" ? ANSWER_ODD : result.failure);
}

function unanswered(error: unknown): Failure {
  if (error === TIMED_OUT) return { code: "no_answer", message: "WhatsApp did not answer in time." };
  if (ConversationError.is(error)) return { code: error.code, message: ERRORS[error.code].says };
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "failed";
  return {
    code: `connection_${code.toLowerCase()}`,
    message: "The connection to WhatsApp did not come about, or broke.",
  };
}

const failed = (failure: Failure): MarkReadResult => ({ outcome: "failed", failure });

const ID_MISSING: Failure = { code: "content_invalid", message: "There is no id of a message that was read." };
const ANSWER_ODD: Failure = {
  code: "answer_odd",
  message: "WhatsApp's answer was none that says whether the message counts as read.",
};
