import type { LogFields } from "../ports/logger.js";

/** The kind of a host's error and the lines it came through. Without its message, which may quote a guest. */
export function whereFrom(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const { name, stack = "" } = error;
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return { error: name, stack: frames.join("\n") };
}
