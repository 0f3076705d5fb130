import { z } from "zod";
import type { ClientFrame } from "./protocol.js";

const id = z.string().min(1).max(200);

/** What a client says, with the limits of each member. */
const Frame = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("hello"),
    version: z.number(),
    token: z.string().max(8_192).exactOptional(),
    resume: z.record(id, z.string().max(400)).exactOptional(),
    snapshot: z.strictObject({ limit: z.int().min(1).max(1_000) }).exactOptional(),
  }),
  z.strictObject({
    type: z.literal("command"),
    id: z.string().min(1).max(64),
    do: z.string().min(1).max(64),
    on: id.exactOptional(),
    body: z.unknown().optional(),
  }),
  z.strictObject({ type: z.literal("signal"), kind: z.enum(["typing", "viewing", "left"]), conversationId: id }),
  z.strictObject({ type: z.literal("active") }),
  z.strictObject({ type: z.literal("ping") }),
  z.strictObject({ type: z.literal("pong") }),
]);

/** @returns null for what is no frame */
export function readFrame(value: unknown): ClientFrame | null {
  const { success, data } = Frame.safeParse(value);
  return success ? data : null;
}
