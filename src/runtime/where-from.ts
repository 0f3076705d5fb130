import type { LogFields } from "../ports/logger.js";

/** The kind of a host's error and the lines it came through. Without its message, which may quote a guest. */
export function whereFrom(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const { name, message, stack = "" } = error;
  // A message of several lines may have one that begins as a frame does.
  const said = stack.indexOf(message);
  const below = said === -1 ? stack : stack.slice(said + message.length);
  const frames = below.split("\n").filter((line) => FRAME.test(line));
  return { error: name, stack: frames.join("\n") };
}

/** A place in a file, or one that has none. */
const FRAME = /^ {4}at (?:\S.* \()?(?:\S+:\d+:\d+|<anonymous>|native|index \d+)\)?$/;
