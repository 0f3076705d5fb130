import type { ErrorCode, ErrorDetails } from "../errors.js";

/** The desk's own codes (`docs/http-api.md`), and what only a client can find. */
export type DeskErrorCode =
  | ErrorCode
  /** No answer came: nobody knows whether the desk did it. `status` is 0. */
  | "unreachable"
  /** Something else answered than the desk: a proxy, or a wrong `baseUrl`. */
  | "answer_unknown";

/** The only error that this client throws on purpose. Branch on `code`; never on `message`. */
export class DeskError extends Error {
  override readonly name = "DeskError";

  /** As the desk answered; see the members. */
  constructor(
    readonly code: DeskErrorCode,
    /** What to do next, in English. */
    message: string,
    /** The HTTP status; 0 when there was no answer. */
    readonly status: number,
    readonly details: ErrorDetails = {},
  ) {
    super(message);
  }

  /** True across duplicate copies of this package too, where `instanceof` is false. */
  static is(error: unknown): error is DeskError {
    return error instanceof Error && error.name === "DeskError" && "code" in error;
  }
}

/** Whether the same again may succeed without anybody changing anything: no desk answered, or it has too much to do, or wants a new token. */
export const isPassing = ({ code, status }: DeskError): boolean =>
  code === "answer_unknown" || [0, 401, 408, 429, 502, 503, 504].includes(status);
