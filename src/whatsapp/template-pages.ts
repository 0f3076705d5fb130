import { ConversationError } from "../errors.js";
import { classifyAnswer } from "./graph-error.js";
import type { GraphExchange } from "./graph-http.js";
import { isObject, list, member, text, type Json } from "./json.js";

/** Ours: a page has 25 templates unless WhatsApp decides otherwise, each of a few thousand characters at most. */
export const TEMPLATE_PAGE_MAX_BYTES = 1024 * 1024;
/** Ours: an account has at most 6,000 templates, so whatever goes on for longer turns in a circle. */
const PAGES_MAX = 1_000;

/**
 * An account's templates in Graph's JSON, page after page. What WhatsApp says is the address of the next page is not called: the
 * token stands in it, and it may lead anywhere.
 * @param ask for the page after a cursor; null: the first
 * @throws {ConversationError} `template_list_failed`, with `details.failure`: what went wrong, as a send's failure has it
 * @source Graph API "Paginated results"; WhatsApp "Templates overview" (September 2026)
 */
export async function* templatePages(ask: (after: string | null) => Promise<GraphExchange>): AsyncGenerator {
  let after: string | null = null;
  for (let page = 0; page < PAGES_MAX; page++) {
    const { data, paging } = readPage(await ask(after));
    yield* data;
    if (member(paging, "next") === undefined) return;
    const next: string | null = text(member(member(paging, "cursors"), "after"));
    if (next === null || next === after) break;
    after = next;
  }
  throw failed("page_invalid");
}

function readPage(exchange: GraphExchange): { readonly data: readonly Json[]; readonly paging: Json | undefined } {
  if (exchange.kind === "tooLong") throw failed("answer_too_long");
  if (exchange.kind === "unanswered") {
    const { error } = exchange;
    // Whoever hears that the name leads into their own network can do something about it.
    if (ConversationError.is(error)) throw error;
    throw failed("no_answer");
  }
  const { status, body } = exchange;
  if (status !== 200) {
    const answer = classifyAnswer({ status, body, retryAfter: null, date: null });
    throw failed(answer.outcome === "accepted" ? "page_invalid" : answer.failure.code);
  }
  const page = parsed(body);
  const data = member(page, "data");
  // No list is not an empty one, which would take every template of the hotel away.
  if (!Array.isArray(data)) throw failed("page_invalid");
  return { data: list(data), paging: member(page, "paging") };
}

function parsed(body: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const failed = (failure: string): ConversationError => new ConversationError("template_list_failed", { failure });
