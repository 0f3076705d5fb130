import { isFrame } from "../ports/log-fields.js";

/** The kind of a host's error and the lines it came through. Without its message, which may quote a guest. */
export function whereFrom(error: unknown): { readonly error: string; readonly stack?: string } {
  if (!(error instanceof Error)) return { error: typeof error };
  const { name, message, stack = "" } = error;
  // A message of several lines may have one that begins as a frame does.
  const said = stack.indexOf(message);
  const below = said === -1 ? stack : stack.slice(said + message.length);
  const frames = below.split("\n").filter((line) => line !== "" && isFrame(line));
  return { error: name, stack: frames.join("\n") };
}
