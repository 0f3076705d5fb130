import { reaches, type FlowRecord, type FlowRecordQuery } from "../../src/index.js";
import { amendmentsOf } from "./amendments.js";
import { findConversation } from "./loads.js";
import { isLive, lastRun } from "./runs.js";
import type { Memory } from "./state.js";

/** A run of a conversation with all that moved it: the one under way, else the newest, unless another is asked for. */
export function flowRecord(
  memory: Memory,
  { reach, conversationId, runId }: FlowRecordQuery,
): { readonly record: FlowRecord | null } | null {
  const found = findConversation(memory, conversationId);
  if (found === null || !reaches(reach, found.hotel.id, found.conversation.departmentId)) return null;
  const { hotel } = found;
  const own = [...hotel.runs.values()].filter((run) => run.conversationId === conversationId);
  const run =
    runId === null ? (own.find(isLive) ?? lastRun(hotel, conversationId)[0]) : own.find(({ id }) => id === runId);
  if (run === undefined) return { record: null };
  const moves = [...(hotel.moves.get(run.id) ?? [])].sort((a, b) => a.number - b.number);
  const heardOf = (messageId: string | null) => {
    const message = hotel.messages.get(messageId ?? "");
    const isRevoked = amendmentsOf(hotel, message?.wamid ?? null).some(
      ({ by, act }) => by === "guest" && act.kind === "revoked",
    );
    return isRevoked ? null : (message?.content ?? null);
  };
  return { record: { run, moves: moves.map((move) => ({ ...move, heard: heardOf(move.messageId) })) } };
}
