import type { ErrorRequestHandler } from "express";

/** What an app answers to whatever went wrong in it: last of all, in place of Express's own page, which may show a stack. */
export const failed: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    // Express cuts it off: half of an answer is none.
    next(error);
    return;
  }
  const { status, type } = (error ?? {}) as { readonly status?: unknown; readonly type?: unknown };
  if (typeof status !== "number" || status < 400 || status > 499) {
    // What it says may be a guest's words.
    const name = error instanceof Error ? error.name : typeof error;
    console.error(JSON.stringify({ level: "error", message: "a request failed", code: "internal", name }));
    response.status(500).json({ error: { code: "internal", message: "Something is wrong here: look at the log." } });
    return;
  }
  const code = CODES[status] ?? "request_invalid";
  const message = MESSAGES[String(type)] ?? "The request cannot be read: look at its address and its body.";
  response.status(status).json({ error: { code, message } });
};

const CODES: Readonly<Record<number, string>> = { 404: "not_found", 413: "body_too_large" };
/** By what Express's parsers call it. */
const MESSAGES: Readonly<Record<string, string>> = {
  "entity.parse.failed": "The body is not JSON.",
  "entity.too.large": "The body is too large: a file of 10 MB is the largest.",
};
