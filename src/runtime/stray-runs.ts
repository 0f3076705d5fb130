import { noChange } from "../domain/change.js";
import type { DeskEvent } from "../domain/event.js";
import type { FlowRun } from "../domain/flow-run.js";
import { codeOf } from "../errors.js";
import type { FlowBook } from "../flow/book.js";
import { liveRun, withRun } from "../flow/staff.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Storage } from "../ports/storage.js";

export interface StrayRunsOptions {
  readonly storage: Pick<Storage, "strayRuns" | "loadConversation" | "commit">;
  readonly hotels: Pick<HotelsPort, "byId">;
  readonly flows: FlowBook;
  readonly logger: DeskLogger;
  readonly publish: (events: readonly DeskEvent[]) => void;
}

/** Runs that are looked at by one start: whatever is left is handed over when its guest next writes, or its timer comes due. */
const MOST = 1_000;
const PAGE = 100;

/** Runs under way that no version of this release goes on with, and none says how. */
export async function strayRuns(
  { storage, flows }: Pick<StrayRunsOptions, "storage" | "flows">,
  most = MOST,
): Promise<readonly FlowRun[]> {
  const known = flows.all.map(({ id, version }) => ({ flowId: id, version }));
  const found: FlowRun[] = [];
  let after: { hotelId: string; id: string } | null = null;
  for (let looked = 0; looked < most; looked += PAGE) {
    const page: readonly FlowRun[] = await storage.strayRuns({ known, after, limit: PAGE });
    found.push(...page.filter((run) => isStray(flows, run)));
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = { hotelId: last.hotelId, id: last.id };
  }
  return found;
}

/** A newer release's run is none: that goes on with it. */
function isStray(flows: FlowBook, run: FlowRun): boolean {
  try {
    return run.status !== "handedOff" && flows.of(run).flow === null;
  } catch {
    return false;
  }
}

/** Gives such runs to staff, with their answers. @returns how many */
export async function handOverStrays({ storage, hotels, flows, logger, publish }: StrayRunsOptions): Promise<number> {
  let moved = 0;
  for (const run of await strayRuns({ storage, flows })) {
    const { hotelId, flowId, flowVersion, conversationId, id } = run;
    try {
      const hotel = await hotels.byId(hotelId);
      const reach = { hotels: new Map([[hotelId, "all" as const]]) };
      const { now, state } = await storage.loadConversation({ reach, conversationId, client: null, template: null });
      const stands = state === null ? null : liveRun(state);
      // A person has it already, and it is handed over when they give it back.
      if (hotel === null || state === null || stands?.version !== run.version || state.conversation.speaker === "human")
        continue;
      const rootId = `stray_${id}_${String(run.turn)}`;
      const decision = withRun(state, noChange(hotelId), { kind: "park", why: "version_gone" }, flows, hotel, {
        id: rootId,
        now,
      });
      if (decision?.change == null) continue;
      const result = await storage.commit(hotelId, [
        { change: decision.change, lane: null, completes: [], failed: null },
      ]);
      // Somebody was faster: another process that starts, or the guest.
      if (result.outcome !== "committed") continue;
      publish(result.events);
      moved += 1;
      logger.warn(
        { hotelId, flowId, version: flowVersion, runId: id },
        "a flow's version is gone: staff got the guest",
      );
    } catch (error) {
      logger.error(
        { hotelId, flowId, version: flowVersion, runId: id, code: codeOf(error) },
        "a run could not be handed over",
      );
    }
  }
  return moved;
}
