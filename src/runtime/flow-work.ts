import { setTimeout as delay } from "node:timers/promises";
import { noChange, type Change, type LaneChange } from "../domain/change.js";
import type { DeskEvent } from "../domain/event.js";
import type { FlowRun } from "../domain/flow-run.js";
import { isLive } from "../domain/flow-run.js";
import type { Hotel } from "../domain/hotel.js";
import type { JsonValue } from "../domain/json.js";
import type { ClaimedLane } from "../domain/lane.js";
import type { WorkItem } from "../domain/work.js";
import { forgetMsOf } from "../decide/attachment.js";
import { attachmentId, auditId } from "../decide/ids.js";
import { backoffMs } from "../decide/send.js";
import { codeOf, ConversationError } from "../errors.js";
import { failpoint } from "../failpoints.js";
import type { FlowInput } from "../flow/advance.js";
import type { FlowBook } from "../flow/book.js";
import { contextOf, idempotencyKeyOf, timesDone } from "../flow/place.js";
import { worldOf } from "../flow/run.js";
import { decideGivenUp, decideJoined, guestIn, withRun } from "../flow/staff.js";
import type { FlowFiles, FlowGuest, FlowStay, Step } from "../flow/types.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Random } from "../ports/random.js";
import type { Storage } from "../ports/storage.js";
import type { ConversationState } from "../ports/work-storage.js";
import type { CommandWorkOptions } from "./command-work.js";
import { PATIENCE, type WorkRetry } from "./inbound-work.js";
import type { MediaDesk } from "./media-work.js";
import { staysOfPerson } from "./same-phone.js";
import { kindsOf, type Wake } from "./wake.js";
import { whereFrom } from "./where-from.js";

export interface FlowWorkOptions {
  readonly storage: Storage;
  readonly deskFor: CommandWorkOptions["deskFor"];
  readonly hotels: HotelsPort;
  readonly flows: FlowBook;
  /** null where the desk keeps no files. */
  readonly media: Pick<MediaDesk, "rulesOf"> | null;
  readonly logger: DeskLogger;
  readonly random: Random;
  readonly retry: WorkRetry;
  readonly publish: (events: readonly DeskEvent[]) => void;
  readonly wake: Wake;
}

/** A step of a run that asks the host to do something: the payload of its work. */
export interface FlowCall {
  readonly type: "flowCall";
  readonly conversationId: string;
  readonly runId: string;
  /** A run that has moved on by then is not its. */
  readonly turn: number;
  /** Set when it is not the host that is asked: the message of a photo whose file is waited for. */
  readonly photo?: string;
}

/** @returns null for other work */
export function flowCallOf(payload: string): FlowCall | null {
  const call = JSON.parse(payload) as Partial<Record<keyof FlowCall, unknown>> | null;
  if (call?.type !== "flowCall") return null;
  const { conversationId, runId, turn, photo } = call;
  if (typeof conversationId !== "string" || typeof runId !== "string" || typeof turn !== "number") return null;
  return { type: "flowCall", conversationId, runId, turn, ...(typeof photo === "string" && { photo }) };
}

/** A flow's conversation that another one goes on with: the payload of its work. */
export interface FlowJoined {
  readonly type: "flowJoined";
  readonly conversationId: string;
}

/** @returns null for other work */
export function flowJoinedOf(payload: string): FlowJoined | null {
  const joined = JSON.parse(payload) as Partial<Record<keyof FlowJoined, unknown>> | null;
  if (joined?.type !== "flowJoined" || typeof joined.conversationId !== "string") return null;
  return { type: "flowJoined", conversationId: joined.conversationId };
}

const NO_ANSWER = Symbol("no answer");
/** How often an answer of the host is decided on anew because somebody changed the conversation meanwhile. */
const COMMIT_ATTEMPTS = 10;
const AGAIN = { baseMs: 5, capMs: 200 };
/** More stays of one guest are not told apart by a flow. */
const STAYS_MOST = 50;

/** Calls the host for a step of a run, and lets the run go on with what it answers in the commit that completes the work. */
export function flowWork({
  storage,
  deskFor,
  hotels,
  flows,
  media,
  logger,
  random,
  retry,
  publish,
  wake,
}: FlowWorkOptions) {
  /** @throws {ConversationError} what the storage throws */
  async function perform(lane: ClaimedLane, item: WorkItem, call: FlowCall): Promise<void> {
    try {
      const hotel = await hotels.byId(lane.hotelId);
      if (hotel === null) throw new ConversationError("not_found");
      const found = await load(lane, call);
      const stood = found === null ? null : flows.of(found.run);
      const step = stood?.flow?.steps.get(stood.run.step);
      if (step?.kind === "photo") {
        await lookInto(lane, item, call, hotel, step);
        return;
      }
      if (found === null || stood?.flow == null || step?.kind !== "perform") {
        // It was stopped, is over, or its version is gone: then the next that moves it hands it over.
        await conclude(lane, item, call, hotel, null);
        return;
      }
      // A person has the guest by now: nothing more is done on its behalf until they give them back.
      if (stood.run.status === "handedOff") {
        await conclude(lane, item, call, hotel, { kind: "notPerformed", turn: call.turn, notCalled: true });
        return;
      }
      if (BELLDESK_FAILPOINTS) await failpoint("flow.calling");
      const { guest, now } = found;
      const world = worldOf(flows, guest, hotel, item.id, now);
      const context = {
        ...contextOf(stood.flow, stood.run, world),
        idempotencyKey: stood.run.call?.key ?? idempotencyKeyOf(stood.run),
        time: timesDone(stood.run) + 1,
        files: filesOf(stood.run, item),
        stays: () => staysOf(stood.run),
      };
      let input: FlowInput;
      try {
        input = { kind: "performed", turn: call.turn, value: await answer(step, context) };
      } catch (error) {
        // What the host threw may quote a guest.
        logger.warn(
          { workId: item.id, flowId: stood.run.flowId, attempts: item.attempts + 1, ...whereFrom(error) },
          "a step of a flow failed",
        );
        if (item.attempts + 1 < step.attempts) {
          await putOff(lane, item, "flow_step_failed", backoffMs(item.attempts, retry, random()));
          return;
        }
        input = { kind: "notPerformed", turn: call.turn };
      }
      if (BELLDESK_FAILPOINTS) await failpoint("flow.called");
      await conclude(lane, item, call, hotel, input);
    } catch (error) {
      if (ConversationError.is(error) && error.retryable && error.blame === "storage") throw error;
      const code = codeOf(error, "decision_failed");
      logger.error({ workId: item.id, attempts: item.attempts + 1, code }, "a call of a flow could not be done");
      const isLast = item.attempts + 1 >= retry.attempts * PATIENCE;
      if (isLast && (await givenUp(lane, item, call, code))) return;
      await putOff(lane, item, code, isLast ? null : backoffMs(item.attempts, retry, random()));
    }
  }

  /**
   * Staff get the run whose call is set aside as dead: nothing else would move it on. @returns false when that is not possible either, as where the hotel
   * is not there any more
   */
  async function givenUp(lane: ClaimedLane, item: WorkItem, call: FlowCall, code: string): Promise<boolean> {
    try {
      const hotel = await hotels.byId(lane.hotelId);
      if (hotel === null) return false;
      await committed(lane, { completes: [], failed: { workId: item.id, code, retryInMs: null } }, async () => {
        const found = await load(lane, call);
        if (found === null) return noChange(lane.hotelId);
        return decideGivenUp(found.state, found.run, code, flows, hotel, { id: item.id, now: found.now });
      });
      return true;
    } catch (error) {
      if (ConversationError.is(error) && error.retryable && error.blame === "storage") throw error;
      return false;
    }
  }

  /** Ends the run of a conversation that another one goes on with, since two guests turned out to be one. */
  async function endJoined(lane: ClaimedLane, item: WorkItem, { conversationId }: FlowJoined): Promise<void> {
    const reach = { hotels: new Map([[lane.hotelId, "all" as const]]) };
    await committed(lane, { completes: [item.id], failed: null }, async () => {
      const { now, state } = await storage.loadConversation({ reach, conversationId, client: null, template: null });
      return (state && decideJoined(state, item.id, now)) ?? noChange(lane.hotelId);
    });
  }

  /** The files of a run's guest, as a step's own code has them. */
  function filesOf({ flowId, guestId }: FlowRun, { id: workId }: WorkItem): FlowFiles {
    const desk = (attachment: string) =>
      deskFor({ kind: "system", id: `flow:${flowId}` }, { storage, ids: () => `${workId}:${attachment}` });
    const own = async (id: string) => {
      const attachment = await desk(id).attachment(id);
      if (attachment.guestId !== guestId) throw new ConversationError("not_found");
      return attachment;
    };
    return {
      async open(id) {
        await own(id);
        const { mimeType, sizeBytes, bytes } = await desk(id).openAttachment(id);
        return { mimeType, sizeBytes, bytes };
      },
      async discard(id, { reason }) {
        if ((await own(id)).state !== "discarded") await desk(id).discardAttachment(id, { reason });
      },
    };
  }

  async function staysOf({ hotelId, guestId }: FlowRun): Promise<readonly FlowStay[]> {
    const stays = await staysOfPerson(storage, hotelId, { guestId }, STAYS_MOST);
    return stays.map(({ reservationId, status, arrival, departure, room, language }) => ({
      reservationId,
      status,
      arrival,
      departure,
      room,
      language,
    }));
  }

  /** A photo is an answer once its file is there. Until then it is looked after again, however long that takes: fetching gives up by itself. */
  async function lookInto(
    lane: ClaimedLane,
    item: WorkItem,
    call: FlowCall,
    hotel: Hotel,
    { purpose }: Extract<Step, { kind: "photo" }>,
  ): Promise<void> {
    const id = attachmentId(call.photo ?? "");
    const [attachment = null] = (await storage.loadAttachments(lane.hotelId, [id])).attachments;
    if (attachment?.state === "pending") {
      await putOff(lane, item, "file_pending", backoffMs(item.attempts, retry, random()));
      return;
    }
    const isThere = attachment?.state === "stored";
    if (isThere && purpose !== null && attachment.purpose !== purpose) {
      const audit = {
        id: auditId(item.id),
        actor: { kind: "system", id: "flow" },
        action: "attachment.keep",
        reason: "flow",
        target: { kind: "attachment", id },
      } as const;
      const forgetMs = media === null ? null : forgetMsOf(purpose, (await media.rulesOf(lane.hotelId)).retention);
      const reach = { hotels: new Map([[lane.hotelId, "all" as const]]) };
      const changed = await storage.changeAttachment({ reach, id, purpose, forgetMs, audit });
      if (changed !== null) publish(changed.events);
    }
    await conclude(lane, item, call, hotel, { kind: "file", turn: call.turn, isThere });
  }

  async function answer(
    step: Extract<Step, { kind: "perform" }>,
    context: Omit<Parameters<Extract<Step, { kind: "perform" }>["call"]>[0], "signal">,
  ): Promise<JsonValue> {
    const deadline = new AbortController();
    const over = new AbortController();
    try {
      const called = Promise.resolve(step.call({ ...context, signal: deadline.signal }));
      const value = await Promise.race([
        called,
        delay(step.deadlineMs, NO_ANSWER, { ref: false, signal: over.signal }),
      ]);
      if (value === NO_ANSWER) throw new ConversationError("flow_step_failed");
      return JSON.parse(JSON.stringify(value ?? null)) as JsonValue;
    } finally {
      over.abort();
      deadline.abort();
    }
  }

  interface Found {
    readonly state: ConversationState;
    readonly run: FlowRun;
    readonly guest: FlowGuest;
    readonly now: Date;
  }

  /** The run as it stands, if the call is still its. */
  async function load(
    { hotelId }: ClaimedLane,
    { conversationId, runId, turn, photo }: FlowCall,
  ): Promise<Found | null> {
    const reach = { hotels: new Map([[hotelId, "all" as const]]) };
    const { now, state } = await storage.loadConversation({ reach, conversationId, client: null, template: null });
    const isIts = (run: FlowRun): boolean => (photo === undefined ? run.call?.turn : run.turn) === turn;
    const run = state?.runs.find((one) => one.id === runId && isLive(one) && isIts(one));
    if (state === null || run === undefined) return null;
    return { state, run, guest: guestIn(state), now };
  }

  /** Stores what came of it. What the host has done is kept, whatever has become of the run meanwhile. @param input null: nothing came of it */
  async function conclude(
    lane: ClaimedLane,
    item: WorkItem,
    call: FlowCall,
    hotel: Hotel,
    input: FlowInput | null,
  ): Promise<void> {
    await committed(lane, { completes: [item.id], failed: null }, () =>
      input === null ? Promise.resolve(noChange(lane.hotelId)) : decided(lane, item, call, hotel, input),
    );
  }

  /** Decides, and stores it with what becomes of the lane's work: again, while somebody is faster. */
  async function committed(
    lane: ClaimedLane,
    ends: Pick<LaneChange, "completes" | "failed">,
    decide: () => Promise<Change>,
  ): Promise<void> {
    for (let attempt = 0; attempt < COMMIT_ATTEMPTS; attempt++) {
      if (attempt > 0) await delay(backoffMs(attempt, AGAIN, random()));
      const change = await decide();
      const result = await storage.commit(lane.hotelId, [{ change, lane, ...ends }]);
      if (result.outcome === "conflict") continue;
      if (result.outcome === "committed") {
        if (BELLDESK_FAILPOINTS) await failpoint("flow.concluded");
        publish(result.events);
        wake(...kindsOf(change.work));
      }
      // Fenced: the next holder calls again, with the same key.
      return;
    }
    throw new ConversationError("busy");
  }

  async function decided(
    lane: ClaimedLane,
    item: WorkItem,
    call: FlowCall,
    hotel: Hotel,
    input: FlowInput,
  ): Promise<Change> {
    const found = await load(lane, call);
    const nothing = noChange(lane.hotelId);
    if (found === null) return nothing;
    const { state, run, now } = found;
    // A person speaks: what the host answered is kept, and the flow says nothing.
    const isHeld = state.conversation.speaker === "human" && run.status !== "handedOff";
    const runs = isHeld
      ? state.runs.map((one) => (one.id === run.id ? { ...one, status: "handedOff" as const } : one))
      : state.runs;
    const decision = withRun({ ...state, runs }, nothing, input, flows, hotel, { id: item.id, now });
    return decision?.change ?? nothing;
  }

  const putOff = async (
    lane: ClaimedLane,
    { id: workId }: WorkItem,
    code: string,
    retryInMs: number | null,
  ): Promise<void> => {
    publish(await storage.fail([{ lane, workId, code, retryInMs }]));
  };

  return { perform, endJoined };
}
