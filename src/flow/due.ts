import { noChange, type Change } from "../domain/change.js";
import type { FlowRun } from "../domain/flow-run.js";
import { newChat } from "../domain/chat.js";
import type { Hotel } from "../domain/hotel.js";
import type { FlowTimer } from "../domain/timer.js";
import type { ChatState } from "../ports/work-storage.js";
import { advance } from "./advance.js";
import { goneFlow, type FlowBook } from "./book.js";
import { worldOf } from "./run.js";
import { closedWith } from "./moves.js";
import { withinBudget } from "./weave.js";

/**
 * What a flow's timer changes. Nothing, when its run has moved on since, or a person speaks: what the guest is reminded of then is asked anew
 * when it is given back.
 */
export function decideFlowTimer(
  state: ChatState,
  timer: FlowTimer,
  rootId: string,
  book: FlowBook,
  hotel: Hotel,
  now: Date,
): Change {
  const nothing = noChange(hotel.id);
  const stored = state.runs.find(({ id, turn }) => id === timer.runId && turn === timer.turn);
  if (stored === undefined) return nothing;
  const conversation = state.conversations.find(({ id, status }) => id === stored.conversationId && status === "open");
  // WhatsApp said that its guest is another, whose conversation goes on with it: nobody can answer there.
  if (conversation === undefined) return strayed(nothing, stored, now);
  if (conversation.speaker !== "bot") return nothing;
  const { flow: own, run } = book.of(stored);
  const flow = own ?? goneFlow(run);
  const world = worldOf(book, state.guest, hotel, rootId, now);
  const { what, turn } = timer;
  const move = advance(
    flow,
    run,
    own === null ? { kind: "park", why: "version_gone" } : { kind: "timer", what, turn },
    world,
  );
  if (move === null) return nothing;
  const loom = {
    base: nothing,
    conversation,
    chat: state.chat ?? newChat(hotel.id, conversation.phoneNumberId, state.guest.id),
    wasRead: conversation.readSeq === conversation.lastSeq,
    others: state.conversations.filter(({ id, status }) => id !== conversation.id && status === "open"),
    hotel,
    world,
  };
  return withinBudget(flow, move, loom);
}

/** The run is over. Of what department its conversation was, nobody knows here: whoever sees the whole hotel is told. */
const strayed = (nothing: Change, run: FlowRun, now: Date): Change => ({
  ...nothing,
  ...closedWith(run, nothing, now),
  events: [
    {
      conversationId: run.conversationId,
      departmentId: null,
      body: { type: "flow.ended", runId: run.id, status: "stopped" },
    },
  ],
});
