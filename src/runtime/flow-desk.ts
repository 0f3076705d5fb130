import type { Permission } from "../domain/access.js";
import type { FlowRun } from "../domain/flow-run.js";
import { isLive } from "../domain/flow-run.js";
import type { Hotel } from "../domain/hotel.js";
import { ConversationError } from "../errors.js";
import type { FlowBook } from "../flow/book.js";
import { replayed } from "../flow/replay.js";
import { decideApproval, decideStartFlow, decideStopFlow } from "../flow/staff.js";
import type { Reach } from "../domain/access.js";
import type { Conversation } from "../domain/conversation.js";
import type { Storage } from "../ports/storage.js";
import type { Desk } from "./desk-api.js";
import type { FlowRunView } from "./desk-shapes.js";
import type { Move } from "./work-desk.js";

/** What staff do with flows: begin one with a guest, end it, see how far a guest is. */
export function flowDesk(
  { storage, flows }: { readonly storage: Pick<Storage, "loadConversation" | "flowRecord">; readonly flows: FlowBook },
  reachFor: (permission: Permission) => Reach,
  hotelOf: (conversation: Conversation) => Promise<Hotel>,
  move: Move,
): Pick<Desk, "startFlow" | "stopFlow" | "decideApproval" | "flowRun" | "replayFlow"> {
  return {
    startFlow: (conversationId, { flowId, given = {}, reason = "startFlow", ...seen }) =>
      move(conversationId, "conversation.startFlow", { ...seen, reason }, async (state, command) =>
        decideStartFlow(state, { flowId, given }, flows, await hotelOf(state.conversation), command),
      ),

    stopFlow: (conversationId, { reason = "stopFlow", ...seen } = {}) =>
      move(conversationId, "conversation.stopFlow", { ...seen, reason }, async (state, command) =>
        decideStopFlow(state, flows, await hotelOf(state.conversation), command),
      ),

    decideApproval: (conversationId, { approvalId, approved, reason = approved ? "approved" : "declined", ...seen }) =>
      move(conversationId, "conversation.approve", { ...seen, reason }, async (state, command) =>
        decideApproval(state, { approvalId, approved }, flows, await hotelOf(state.conversation), command),
      ),

    async flowRun(conversationId) {
      const reach = reachFor("conversation.readFlow");
      const { state } = await storage.loadConversation({ reach, conversationId, client: null, template: null });
      if (state === null) throw new ConversationError("not_found");
      const own = state.runs.filter((run) => run.conversationId === conversationId);
      const run = own.find(isLive) ?? own[0];
      return run === undefined ? null : flowRunView(run);
    },

    async replayFlow(conversationId, { runId = null } = {}) {
      const reach = reachFor("conversation.replayFlow");
      const found = await storage.flowRecord({ reach, conversationId, runId });
      if (found === null || (found.record === null && runId !== null)) throw new ConversationError("not_found");
      return found.record && replayed(found.record, flows.all);
    },
  };
}

export const flowRunView = ({
  id,
  flowId,
  flowVersion,
  conversationId,
  status,
  step,
  answers,
  given,
  records,
  why,
  approval = null,
  startedAt,
  endedAt,
}: FlowRun): FlowRunView => ({
  id,
  flowId,
  version: flowVersion,
  conversationId,
  status,
  step,
  answers,
  given,
  steps: records,
  why,
  approval,
  startedAt,
  endedAt,
});
