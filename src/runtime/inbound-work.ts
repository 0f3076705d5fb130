import type { Hotel } from "../domain/hotel.js";
import type { Change, LaneChange } from "../domain/change.js";
import type { InboundItemContent, InboundMessage } from "../domain/inbound-message.js";
import type { ClaimedLane } from "../domain/lane.js";
import type { DeskEvent } from "../domain/event.js";
import type { WorkItem } from "../domain/work.js";
import { noChange } from "../domain/change.js";
import { promptOf } from "../domain/prompt.js";
import { provenPhones } from "../decide/arrival.js";
import { withAttachments } from "../decide/attachment.js";
import { applied, merged } from "../decide/fold.js";
import { decideItem, decideNews, type FlowListener } from "../decide/item.js";
import { backoffMs } from "../decide/send.js";
import { withTranslation } from "../decide/translation.js";
import { codeOf, ConversationError } from "../errors.js";
import { joinedWork, withRunsEnded } from "../flow/staff.js";
import { failpoint } from "../failpoints.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Random } from "../ports/random.js";
import type { Storage } from "../ports/storage.js";
import type { ChatKey, ChatState } from "../ports/work-storage.js";
import type { QuestionTo } from "../flow/processing.js";
import { readItem } from "../whatsapp/item.js";
import type { Asking } from "./asking.js";
import { heldUp, isHeldUp } from "./held-up.js";
import { groupBy, halves } from "./lists.js";
import { kindsOf, type Wake } from "./wake.js";

export interface InboundWorkOptions {
  readonly storage: Pick<Storage, "loadChats" | "commit" | "fail" | "renew">;
  readonly hotels: HotelsPort;
  readonly logger: DeskLogger;
  readonly random: Random;
  readonly retry: WorkRetry;
  /** The decision about one item; every other part of the loop must survive its throwing. */
  readonly decide?: typeof decideItem;
  /** Hears guests' messages before they are routed. */
  readonly flows?: FlowListener;
  /** Asks the host about messages first, whom the listener of theirs hears then in place of `flows`. */
  readonly asking?: Asking | null;
  /** Told of what was committed. */
  readonly publish: (events: readonly DeskEvent[]) => void;
  /** Whether somebody translates what guests write; false by default. */
  readonly translates?: boolean;
  /** Whether there is a place for the files that messages bring; false by default. */
  readonly fetches?: boolean;
  readonly wake: Wake;
}

export interface WorkRetry {
  /** Milliseconds. */
  readonly baseMs: number;
  readonly capMs: number;
  /** Failures after which work is set aside as dead. */
  readonly attempts: number;
}

/** How many times more often what is not the message's own fault is tried again before it is set aside. */
export const PATIENCE = 10;

interface Decided {
  readonly lane: ClaimedLane;
  readonly laneChange: LaneChange;
}

/** The lane's first item waits for what the host says. */
interface Waiting {
  readonly lane: ClaimedLane;
  readonly workId: string;
  readonly question: QuestionTo;
}

/** Keeps lanes in hand until their work has ended, while the others go on. */
type Aside = (lanes: readonly ClaimedLane[], work: Promise<void>) => void;

/** How lanes are taken up. */
interface Hand {
  readonly known: ReadonlyMap<string, Hotel | null>;
  /** null: what waits, for the host or for a row, is waited for here. */
  readonly aside: Aside | null;
  readonly done: (lane: ClaimedLane) => void;
  /** When the host has to have answered; null: nobody was asked yet. */
  readonly until: number | null;
  /** One lane, taken up apart from the others of its batch. */
  readonly isApart: boolean;
}

/** Decides what the items of webhooks change: one batched read, pure decisions, one commit for each hotel. */
export function inboundWork(options: InboundWorkOptions) {
  const { storage, hotels, logger, random, retry, publish, wake } = options;
  const { decide = decideItem, flows, asking = null, fetches = false, translates = false } = options;

  const held = heldUp({ storage, logger, random, retry });

  async function handle(
    lanes: readonly ClaimedLane[],
    done: (lane: ClaimedLane) => void = () => undefined,
    aside: Aside | null = null,
  ): Promise<void> {
    const known = new Map<string, Hotel | null>();
    const unknown: ClaimedLane[] = [];
    for (const [hotelId, own] of groupBy(lanes, (lane) => lane.hotelId)) {
      try {
        known.set(hotelId, await hotels.byId(hotelId));
      } catch {
        // The host's own store of hotels: what waits for it must not hold up the other hotels.
        logger.error({ hotelId, lanes: own.length, code: "hotels_failed" }, "a hotel could not be looked up");
        unknown.push(...own);
      }
    }
    const hand: Hand = { known, aside, done, until: null, isApart: false };
    const ours = lanes.filter(({ hotelId }) => known.has(hotelId));
    await Promise.all([
      unknown.length > 0 && putOff(unknown, "hotels_failed", PATIENCE),
      apart(ours.filter(held.isKnown), hand),
      decideAll(
        ours.filter((lane) => !held.isKnown(lane)),
        hand,
      ),
    ]);
  }

  /** Takes lanes up one by one, as some are held up; nobody waits for those. */
  async function apart(lanes: readonly ClaimedLane[], hand: Hand): Promise<void> {
    if (lanes.length === 0) return;
    const alone: Hand = { ...hand, aside: null, isApart: true };
    const work = held.apart(lanes, (lane) => decideAll([lane], alone), hand.done);
    if (hand.aside === null) await work;
    else hand.aside(lanes, work);
  }

  async function decideAll(lanes: readonly ClaimedLane[], hand: Hand): Promise<void> {
    if (lanes.length === 0) return;
    const parsed = lanes.map((lane) => ({ lane, contents: lane.items.map(read) }));
    const chats = parsed.filter(({ lane }) => !isAccount(lane));
    let loaded;
    try {
      loaded = await storage.loadChats(chats.map(({ lane, contents }) => chatKey(lane, contents)));
    } catch (error) {
      if (isHeldUp(error) && !hand.isApart) return apart(lanes, hand);
      if (ConversationError.is(error) && error.retryable) throw error;
      // One of them cannot be loaded: found by halving, so that it stands aside alone.
      if (lanes.length === 1) return putOff(lanes, codeOf(error));
      for (const half of halves(lanes)) await decideAll(half, hand);
      return;
    }
    if (BELLDESK_FAILPOINTS) await failpoint("inbound.loaded");
    const { now, states } = loaded;
    const stateOf = new Map(chats.map(({ lane }, index) => [lane, states[index]]));
    const outcomes = parsed.map(({ lane, contents }): Decided | Waiting => {
      const state = stateOf.get(lane) ?? null;
      if (state === null && !isAccount(lane)) throw new ConversationError("internal", { verb: "loadChats" });
      return decideLane(lane, contents, state, hand.known.get(lane.hotelId) ?? null, now);
    });
    if (BELLDESK_FAILPOINTS) await failpoint("inbound.decided");
    const answers = outcomes.flatMap((one) => ("question" in one ? [askFirst(one, hand)] : []));
    const byHotel = groupBy(
      outcomes.flatMap((one) => ("question" in one ? [] : [one])),
      ({ lane }) => lane.hotelId,
    );
    const commits = await Promise.allSettled([
      ...[...byHotel].map(([hotelId, changes]) => commitOf(hotelId, changes, hand)),
      ...answers,
    ]);
    const failed = commits.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  /** Asks the host, and decides the lane on what is stored by then. Taken up once more, as after a conflict, a message has its whole time again. */
  async function askFirst({ lane, workId, question }: Waiting, hand: Hand): Promise<void> {
    const answered = async (): Promise<void> => {
      const until = hand.until ?? asking?.deadline() ?? 0;
      await asking?.ask(workId, question, until);
      await decideAll([lane], { ...hand, aside: null, until });
    };
    if (hand.aside === null) await answered();
    else hand.aside([lane], answered());
  }

  /** Gives lanes back whose first item could not be worked on, and counts that. */
  async function putOff(lanes: readonly ClaimedLane[], code: string, patience = 1): Promise<void> {
    const failures = lanes.flatMap((lane) =>
      lane.items.slice(0, 1).map((item) => ({ lane, ...failure(item, code, patience) })),
    );
    publish(await storage.fail(failures));
  }

  /** Decides a lane's items one after another, each on what the one before it changed, until one cannot be decided. */
  function decideLane(
    lane: ClaimedLane,
    contents: readonly (InboundItemContent | null)[],
    loaded: ChatState | null,
    hotel: Hotel | null,
    now: Date,
  ): Decided | Waiting {
    let state = loaded;
    let change: Change = noChange(lane.hotelId);
    const completes: string[] = [];
    for (const [index, item] of lane.items.entries()) {
      try {
        const content = contents[index];
        if (content == null) throw new ConversationError("decision_failed");
        if (content.kind === "account") {
          const next = decideNews(lane.hotelId, { workId: item.id, item: content }, state, now);
          change = merged(change, next);
          state = state && applied(state, next, now);
        } else {
          if (hotel === null) throw new ConversationError("number_unknown");
          if (state === null) throw new ConversationError("decision_failed");
          const input = { workId: item.id, phoneNumberId: lane.phoneNumberId, item: content };
          const questions: QuestionTo[] = [];
          const listener = asking === null ? flows : asking.listener(item.id, (question) => questions.push(question));
          const ended = withRunsEnded(decide(state, input, hotel, now, listener), state.runs, now);
          const decided = { ...ended, work: [...ended.work, ...joinedWork(ended, state.guest.id)] };
          const [question] = questions;
          if (question !== undefined) {
            // What was decided before it is stored first: it comes again as the lane's first.
            if (index > 0) break;
            return { lane, workId: item.id, question };
          }
          const { phoneNumberId } = lane;
          const filed = withAttachments(decided, state, { phoneNumberId, fetches }, now);
          const next =
            translates && content.kind === "message"
              ? withTranslation(filed, state, { workId: item.id, phoneNumberId }, hotel)
              : filed;
          change = merged(change, next);
          state = applied(state, next, now);
        }
        completes.push(item.id);
        // What stands in two chats from now on is loaded before the next item is decided.
        if (change.merge !== null) break;
      } catch (error) {
        const code = codeOf(error, "decision_failed");
        logger.error({ workId: item.id, attempts: item.attempts + 1, code }, "an item could not be decided");
        // Another release has to decide it, and may be about to.
        const failed = failure(item, code, code === "flow_version_newer" ? PATIENCE : 1);
        return { lane, laneChange: { change, lane, completes, failed } };
      }
    }
    return { lane, laneChange: { change, lane, completes, failed: null } };
  }

  /** Commits changes of one hotel; when some of its chats are held up, each is taken up alone. */
  async function commitOf(hotelId: string, decided: readonly Decided[], hand: Hand): Promise<void> {
    try {
      await commit(hotelId, decided);
    } catch (error) {
      if (hand.isApart || !isHeldUp(error)) throw error;
      await apart(
        decided.map(({ lane }) => lane),
        hand,
      );
    }
  }

  /** Commits changes of one hotel; when that fails for good, halves them until what cannot be stored stands alone. */
  async function commit(hotelId: string, decided: readonly Decided[]): Promise<void> {
    if (decided.length === 0) return;
    try {
      const result = await storage.commit(
        hotelId,
        decided.map(({ laneChange }) => laneChange),
      );
      if (result.outcome === "committed") {
        if (BELLDESK_FAILPOINTS) await failpoint("inbound.committed");
        publish(result.events);
        asking?.forget(decided.flatMap(({ laneChange }) => laneChange.completes));
        if (BELLDESK_FAILPOINTS) await failpoint("inbound.published");
        wake(...kindsOf(decided.flatMap(({ laneChange }) => laneChange.change.work)));
        return;
      }
      if (result.changes.length > 0) {
        const stale = new Set(result.changes);
        // A conflict is decided again on what is stored then; a lane that passed on is somebody else's. Counted, so that
        // what can never be stored does not go round for ever.
        const again = decided.filter((_, i) => stale.has(i)).map(({ lane }) => lane);
        if (result.outcome === "conflict") await putOff(again, "busy", PATIENCE);
        await commit(
          hotelId,
          decided.filter((_, i) => !stale.has(i)),
        );
        return;
      }
      await split(hotelId, decided, "busy");
    } catch (error) {
      if (ConversationError.is(error) && error.retryable) throw error;
      await split(hotelId, decided, codeOf(error));
    }
  }

  async function split(hotelId: string, decided: readonly Decided[], code: string): Promise<void> {
    const [only, second] = decided;
    if (only === undefined) return;
    if (second !== undefined) {
      for (const half of halves(decided)) await commit(hotelId, half);
      return;
    }
    const { lane } = only;
    const [first, ...rest] = lane.items;
    if (first === undefined) return;
    if (rest.length > 0) {
      // One of several items of the lane is the culprit: take them one by one, so that only it is blamed.
      await handle([{ ...lane, items: [first] }]);
      return;
    }
    logger.error({ workId: first.id, attempts: first.attempts + 1, code }, "a message could not be stored");
    await putOff([lane], code);
  }

  const failure = (item: WorkItem, code: string, patience = 1) => ({
    workId: item.id,
    code,
    retryInMs: item.attempts + 1 >= retry.attempts * patience ? null : backoffMs(item.attempts, retry, random()),
  });

  return { handle };
}

/** A lane of news about an account: nobody's chat, and nothing to load. */
const isAccount = ({ guestId }: ClaimedLane): boolean => guestId === "";

/** null for what cannot be read at all: it fails by itself, not its whole batch. */
function read({ payload }: WorkItem): InboundItemContent | null {
  try {
    return readItem(payload);
  } catch {
    return null;
  }
}

function chatKey(
  { hotelId, phoneNumberId, guestId }: ClaimedLane,
  all: readonly (InboundItemContent | null)[],
): ChatKey {
  const items = all.filter((item) => item !== null && item.kind !== "account");
  return {
    hotelId,
    phoneNumberId,
    guestId,
    wamids: [...new Set(items.flatMap(wamidsOf))],
    promptIds: items.flatMap(({ content }) => (content.type === "choice" ? (promptOf(content.id) ?? []) : [])),
    addresses: items.flatMap((item) =>
      item.kind === "system" ? item.became : item.kind === "message" ? provenPhones(item.content) : [],
    ),
  };
}

/** A message may be stored already, under its own id too: it came another way, or nobody could read it then. */
function wamidsOf({ wamid, quotedWamid, content }: InboundMessage): readonly string[] {
  const target =
    content.type === "edit" || content.type === "revoke" || content.type === "reaction" ? content.wamid : null;
  return [wamid, quotedWamid, target].filter((id) => id !== null);
}
