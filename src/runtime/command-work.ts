import { toldOfCards } from "../decide/masked.js";
import { refusedOf } from "../decide/refused.js";
import { backoffMs } from "../decide/send.js";
import { noChange, type Change } from "../domain/change.js";
import type { DeskEvent } from "../domain/event.js";
import type { ClaimedLane } from "../domain/lane.js";
import type { Principal } from "../domain/principal.js";
import type { WorkItem } from "../domain/work.js";
import { codeOf, ConversationError, ERRORS } from "../errors.js";
import { failpoint } from "../failpoints.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Random } from "../ports/random.js";
import type { Storage } from "../ports/storage.js";
import type { Desk } from "./desk-api.js";
import { flowCallOf, flowJoinedOf, type flowWork } from "./flow-work.js";
import { PATIENCE, type WorkRetry } from "./inbound-work.js";
import { act, readIntent } from "./intent.js";
import type { refusedWork } from "./refused-work.js";
import { taskCallOf, type stayWork } from "./stay-work.js";
import { withCommit } from "./with-commit.js";

export interface CommandWorkOptions {
  readonly storage: Storage;
  readonly logger: DeskLogger;
  readonly random: Random;
  readonly retry: WorkRetry;
  /** The desk as somebody sees it, on another storage and with other ids. */
  readonly deskFor: (principal: Principal, on: { readonly storage: Storage; readonly ids: () => string }) => Desk;
  readonly publish: (events: readonly DeskEvent[]) => void;
  /** Does what a flow asks of the host. */
  readonly perform: ReturnType<typeof flowWork>["perform"];
  /** Ends flows whose guest turned out to be another. */
  readonly endJoined: ReturnType<typeof flowWork>["endJoined"];
  /** Sees what may go in the place of a message that WhatsApp refused. */
  readonly putInPlace: ReturnType<typeof refusedWork>;
  /** Hands a guest's request on to the hotel's own system. */
  readonly callTask?: ReturnType<typeof stayWork>["call"];
}

/** Does what the host asked for in transactions of its own: each by the desk's own command, whose commit completes the work. */
export function commandWork({
  storage,
  logger,
  random,
  retry,
  deskFor,
  publish,
  perform,
  endJoined,
  putInPlace,
  callTask,
}: CommandWorkOptions) {
  async function handle(lanes: readonly ClaimedLane[], done: (lane: ClaimedLane) => void): Promise<void> {
    const works = lanes.map((lane) => work(lane).then(() => done(lane)));
    const failed = (await Promise.allSettled(works)).find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  async function work(lane: ClaimedLane): Promise<void> {
    const [item] = lane.items;
    if (item === undefined) return;
    const call = flowCallOf(item.payload);
    if (call !== null) return perform(lane, item, call);
    const joined = flowJoinedOf(item.payload);
    if (joined !== null) return endJoined(lane, item, joined);
    const request = taskCallOf(item.payload);
    if (request !== null && callTask !== undefined) return callTask(lane, item, request);
    let cards = 0;
    const completing = completes(lane, item, () => cards);
    try {
      const refused = refusedOf(item.payload);
      if (refused !== null) {
        await putInPlace(lane, item, refused);
        return;
      }
      const { maskedCards = 0, ...intent } = readIntent(item.payload);
      cards = maskedCards;
      // Ids derive from the work: done twice, it names the same things.
      await act(deskFor(intent.by, { storage: completing.storage, ids: () => item.id }), intent, item.id);
      if (!completing.done()) await completing.withNothing();
      if (BELLDESK_FAILPOINTS) await failpoint("command.done");
    } catch (error) {
      // What was committed is done, whatever was read afterwards; and a lane that has passed on is its next holder's.
      if (completing.done() || completing.passedOn()) return;
      if (ConversationError.is(error) && error.retryable && error.blame === "storage") throw error;
      await fail(lane, item, error);
    }
  }

  /** The storage as the desk gets it: its one commit completes the item, and is refused when the lane has passed on. */
  function completes(lane: ClaimedLane, item: WorkItem, cards: () => number) {
    let isDone = false;
    let hasPassedOn = false;
    const commit: Storage["commit"] = async (hotelId, changes) => {
      // A conversation of another hotel than the one that was asked: that hotel has none with this id.
      if (hotelId !== lane.hotelId) throw new ConversationError("not_found");
      const result = await storage.commit(
        hotelId,
        changes.map((one) => ({ ...one, change: withCards(one.change, cards()), lane, completes: [item.id] })),
      );
      hasPassedOn = result.outcome === "fenced";
      // The desk would try again.
      if (hasPassedOn) throw new ConversationError("busy");
      isDone = result.outcome === "committed";
      return result;
    };
    return {
      storage: withCommit(storage, commit),
      done: () => isDone,
      passedOn: () => hasPassedOn,
      /** There was nothing to change: it was so already. */
      withNothing: async (): Promise<void> => {
        await commit(lane.hotelId, [{ change: noChange(lane.hotelId), lane: null, completes: [], failed: null }]);
      },
    };
  }

  /** Card numbers were masked before the intent was stored. */
  const withCards = (change: Change, cards: number): Change => {
    const said = cards === 0 ? undefined : change.messages.find(({ direction }) => direction === "outbound");
    return said === undefined ? change : toldOfCards(change, said.id, cards);
  };

  async function fail(lane: ClaimedLane, { id, attempts }: WorkItem, error: unknown): Promise<void> {
    const code = codeOf(error, "decision_failed");
    const retryInMs = delayOf(error, attempts);
    logger.error({ workId: id, attempts: attempts + 1, code, dead: retryInMs === null }, "a command could not be done");
    publish(await storage.fail([{ lane, workId: id, code, retryInMs }]));
  }

  /** What is wrong with the command itself stays wrong. Anything else is tried again, longest what is nobody's fault. */
  function delayOf(error: unknown, attempts: number): number | null {
    const info = ConversationError.is(error) ? ERRORS[error.code] : ERRORS.decision_failed;
    if (!info.retryable && info.blame !== "host" && info.blame !== "storage") return null;
    const code = codeOf(error, "decision_failed");
    const patience = code === "busy" || code === "hotels_unavailable" ? PATIENCE : 1;
    return attempts + 1 >= retry.attempts * patience ? null : backoffMs(attempts, retry, random());
  }

  return { handle };
}
