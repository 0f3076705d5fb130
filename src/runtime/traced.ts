import { ConversationError } from "../errors.js";
import { loggable } from "../ports/log-fields.js";
import { timeOrderedIds } from "../ports/ids.js";
import type { Constant, DeskLogger } from "../ports/logger.js";
import { whereFrom } from "./where-from.js";

/**
 * The error that somebody is answered with, as what was thrown is known by, and its line in the log. Both carry one `correlationId`: what
 * failed is in the log alone, and is found there by what the answer says.
 */
export function traced<Message extends string>(
  error: unknown,
  logger: DeskLogger,
  message: Constant<Message>,
): ConversationError {
  const known = ConversationError.is(error) ? error : new ConversationError("internal", {}, { cause: error });
  const correlationId = `err_${timeOrderedIds()}`;
  // A coded error says what happened by its code; of any other the place is all that may be told.
  const where = ConversationError.is(error) ? loggable(known.details) : whereFrom(error);
  logger.error({ code: known.code, ...where, correlationId }, message);
  return new ConversationError(known.code, { ...known.details, correlationId }, { cause: known });
}
