import { performance } from "node:perf_hooks";
import { guestId } from "../decide/ids.js";
import type { Secret } from "../domain/secret.js";
import type { StatusUpdate } from "../domain/delivery-status.js";
import type { DeskEvent } from "../domain/event.js";
import { UNROUTED_HOTEL_ID } from "../domain/hotel.js";
import { refusalOf } from "../domain/refusal.js";
import type { InboundItem } from "../domain/work.js";
import { codeOf, ConversationError } from "../errors.js";
import { failpoint } from "../failpoints.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { Ids } from "../ports/ids.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Storage } from "../ports/storage.js";
import type { RememberOutcome, StatusOutcome } from "../ports/work-storage.js";
import { verifySignature } from "../whatsapp/signature.js";
import { FAR_FUTURE } from "../whatsapp/instant.js";
import { dedupHash, splitWebhook, type WebhookLeaf } from "../whatsapp/webhook.js";
import { batcher } from "./batcher.js";
import { traced } from "./traced.js";
import { warnings } from "./warnings.js";
import type { Wake } from "./wake.js";

export interface ReceiverOptions {
  readonly storage: Pick<Storage, "remember" | "applyStatuses">;
  readonly hotels: HotelsPort;
  readonly appSecrets: readonly (string | Secret)[];
  readonly ids: Ids;
  readonly logger: DeskLogger;
  readonly dedupRetentionMs: number;
  /** Whether card numbers that people write are masked before anything is stored. */
  readonly maskCardNumbers: boolean;
  /** Milliseconds after which a delivery is answered 503, so that Meta tries again. */
  readonly deadlineMs: number;
  readonly wake: Wake;
  readonly publish: (events: readonly DeskEvent[]) => void;
}

/** One delivery of Meta: the bytes as they came, and the `X-Hub-Signature-256` header. */
export interface WebhookDelivery {
  readonly body: Uint8Array;
  readonly signature: string | undefined;
}

/** What to answer: 200 with an empty body only when everything in it is durable. */
export interface WebhookAnswer {
  readonly status: number;
  readonly error: ConversationError | null;
}

/** The largest body Meta sends. Source: WhatsApp "Webhooks" overview. */
export const WEBHOOK_MAX_BYTES = 3_000_000;

/** Items stored by one statement, at most: beyond that a statement gains nothing and holds its locks longer. */
const REMEMBER_BATCH = 100;

/** Milliseconds without a webhook that count as a pause: a few times what lies between two of a busy host's. */
const PAUSE_MS = 5;

/**
 * Webhooks that come all the time, but leave the process so much of it, are no burst: what is theirs to do is done beside
 * them. Looked at each so many milliseconds; a process that answers as fast as its senders ask is busy for nearly all of it.
 */
const LEISURE = { busyAtMost: 0.6, lookMs: 50 };

/** The one entry for webhooks: verifies, splits, makes durable. What is decided about it is decided later. */
export function receiver(options: ReceiverOptions) {
  const { storage, hotels, appSecrets, ids, logger, dedupRetentionMs, maskCardNumbers, deadlineMs, wake, publish } =
    options;

  const warn = warnings(logger);
  const remembering = batcher<InboundItem, RememberOutcome>(remember, REMEMBER_BATCH, { isOfOne });
  const reporting = batcher<StatusUpdate, StatusOutcome>(applyStatuses, REMEMBER_BATCH, { isOfOne });

  /** Never throws. */
  async function receive({ body, signature }: WebhookDelivery): Promise<WebhookAnswer> {
    if (body.byteLength > WEBHOOK_MAX_BYTES) return refuse("body_too_large");
    const verdict = verifySignature(body, signature, appSecrets);
    if (verdict !== "valid") {
      const refused = refuse(verdict === "missing" ? "signature_missing" : "signature_invalid");
      warn(refused.error.code, refused.error.says);
      return refused;
    }

    let overdue: NodeJS.Timeout | undefined;
    try {
      if (BELLDESK_FAILPOINTS) await failpoint("receive.verified");
      // What a sender's timestamp may claim is bounded by the storage's clock, and by who decides: this process's own may be off by a day.
      const stored = store(splitWebhook(body, FAR_FUTURE, maskCardNumbers));
      const late = new Promise<never>((_, reject) => {
        overdue = setTimeout(() => {
          reject(new ConversationError("storage_timeout"));
        }, deadlineMs);
      });
      await Promise.race([stored, late]);
      if (BELLDESK_FAILPOINTS) await failpoint("receive.answering");
      return { status: 200, error: null };
    } catch (error) {
      const known = traced(error, logger, "a webhook could not be stored; Meta will deliver it again");
      return { status: 503, error: known };
    } finally {
      clearTimeout(overdue);
    }
  }

  async function store(leaves: readonly WebhookLeaf[]): Promise<void> {
    const pending: Promise<unknown>[] = [];
    const owners = await ownersOf(leaves);
    for (const leaf of leaves) {
      for (const hotelId of owners.get(ownerKey(leaf)) ?? [UNROUTED_HOTEL_ID]) {
        // In their order: brought again, what could not be stored would stand behind what came after it.
        pending.push(remembering.add(itemOf(leaf, hotelId), leaves));
        if (leaf.status && hotelId !== UNROUTED_HOTEL_ID) pending.push(report(leaf, { ...leaf.status, hotelId }));
      }
    }
    await Promise.all(pending);
  }

  /** Joins a report into its message. What the storage can never hold of it stands aside, where somebody sees it: the report itself is no news. */
  async function report(leaf: WebhookLeaf, update: StatusUpdate): Promise<void> {
    try {
      await reporting.add(update);
    } catch (error) {
      if (codeOf(error) !== "storage_refused") throw error;
      logger.error({ kind: leaf.kind }, "a report could not be joined into its message and is kept aside");
      const kept = { ...leaf, dedupKey: leaf.dedupKey && `refused ${leaf.dedupKey}` };
      await remembering.add(asBytes(itemOf(kept, update.hotelId), "malformed_status"));
    }
  }

  async function ownersOf(leaves: readonly WebhookLeaf[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const owners = new Map<string, readonly string[]>();
    for (const leaf of leaves) {
      const key = ownerKey(leaf);
      if (owners.has(key)) continue;
      const { phoneNumberId } = leaf;
      if (phoneNumberId === null) {
        owners.set(key, await ownersOfAccount(leaf));
        continue;
      }
      const hotel = await hotels.byNumber(phoneNumberId);
      owners.set(key, [hotel?.id ?? UNROUTED_HOTEL_ID]);
      if (hotel !== null) continue;
      warn("number_unrouted", "A webhook is for a number that no hotel has: it is kept aside.", { phoneNumberId });
    }
    return owners;
  }

  /** Only news is routed by its account: several hotels may have numbers in one, and then share its templates. */
  async function ownersOfAccount({ kind, accountId, chat }: WebhookLeaf): Promise<readonly string[]> {
    if (accountId === null || chat === undefined) return [UNROUTED_HOTEL_ID];
    const sharing = kind === "template" ? await hotels.inAccount?.(accountId) : undefined;
    if (sharing !== undefined && sharing.length > 0) return sharing.map(({ id }) => id);
    return [(await hotels.byAccount?.(accountId))?.id ?? UNROUTED_HOTEL_ID];
  }

  /** What is kept aside, perhaps because something is set up wrongly here or at Meta, would go unnoticed. */
  function warnOfKept({ kind, chat }: InboundItem, outcome: RememberOutcome | undefined): void {
    if (outcome === "too_old" && chat !== null) {
      const { phoneNumberId } = chat;
      warn("message_too_old", "A message is older than webhook.dedupRetentionMs: it is kept aside.", { phoneNumberId });
    }
    if (outcome === "new" && kind === "malformed")
      warn("body_unreadable", "A signed webhook, or a part of it, cannot be read: it is kept aside as it came.");
  }

  function itemOf(leaf: WebhookLeaf, hotelId: string): InboundItem {
    const id = ids();
    // What nothing makes one and the same is told as often as it comes.
    const item = { id, hotelId, dedupHash: dedupHash(leaf.dedupKey ?? id), raw: leaf.raw, kind: leaf.kind };
    const { chat } = leaf;
    // Nobody answers a guest of an unknown number. News about an account is for operators when it is for no hotel.
    if (chat === undefined || (hotelId === UNROUTED_HOTEL_ID && chat.addresses.length > 0))
      return { ...item, chat: null };
    const { lane: phoneNumberId, ...rest } = chat;
    return { ...item, chat: { ...rest, phoneNumberId, newGuestId: guestId(id) } };
  }

  async function remember(items: readonly InboundItem[]): Promise<readonly RememberOutcome[]> {
    if (BELLDESK_FAILPOINTS) await failpoint("receive.remembering");
    const outcomes = await rememberAll(items);
    if (BELLDESK_FAILPOINTS) await failpoint("receive.remembered");
    items.forEach((item, index) => {
      warnOfKept(item, outcomes[index]);
    });
    // What looks for work would take its turn before the answers that have just become true.
    if (items.some(({ chat }) => chat !== null)) setImmediate(() => wake("inbound"));
    return outcomes;
  }

  /**
   * Stores a batch. What the storage can never hold, once it stands alone, is kept as bytes; after every other failure
   * nothing of its webhook is acknowledged, and Meta delivers it again.
   */
  async function rememberAll(items: readonly InboundItem[]): Promise<readonly RememberOutcome[]> {
    try {
      return await storage.remember(items, { dedupRetentionMs });
    } catch (error) {
      const [only, second] = items;
      if (codeOf(error) !== "storage_refused" || only === undefined || second !== undefined) throw error;
      if (only.kind === "malformed") throw error;
      logger.error({ kind: only.kind }, "an item of a webhook could not be stored as it is and is kept aside");
      return storage.remember([asBytes(only, "malformed")], { dedupRetentionMs });
    }
  }

  async function applyStatuses(updates: readonly StatusUpdate[]): Promise<readonly StatusOutcome[]> {
    if (BELLDESK_FAILPOINTS) await failpoint("status.applying");
    const { outcomes, events } = await storage.applyStatuses(updates);
    if (BELLDESK_FAILPOINTS) await failpoint("status.applied");
    publish(events);
    // What waits behind a send that nobody knew of may go now.
    if (events.length > 0) wake("outbound");
    if (updates.some(({ failure }) => failure !== null && refusalOf(failure) !== null)) wake("command");
    if (BELLDESK_FAILPOINTS) await failpoint("status.published");
    return outcomes;
  }

  return {
    receive,
    /** @returns whether no webhook came for a moment, or they leave the process time for other things; false after `atMostMs` */
    pause: async (atMostMs: number): Promise<boolean> => {
      const end = performance.now() + atMostMs;
      const before = performance.eventLoopUtilization();
      for (let left = atMostMs; left > 0; left = end - performance.now()) {
        if (await remembering.quiet(PAUSE_MS, Math.min(left, LEISURE.lookMs))) return true;
        if (performance.eventLoopUtilization(before).utilization <= LEISURE.busyAtMost) return true;
      }
      return false;
    },
    /** Resolves when nothing is being stored any more. */
    idle: async (): Promise<void> => {
      await Promise.all([remembering.idle(), reporting.idle()]);
    },
  };
}

/** Whether it may be one item's doing that a batch was not stored: what passes by itself is the storage's own. */
const isOfOne = (error: unknown): boolean => !(ConversationError.is(error) && error.retryable);

/** An item as something that any storage can hold, and nobody acts upon. */
const asBytes = (item: InboundItem, kind: "malformed" | "malformed_status"): InboundItem => ({
  ...item,
  kind,
  raw: JSON.stringify({ base64: Buffer.from(item.raw, "utf8").toString("base64") }),
  chat: null,
});

/** What names a leaf's hotel: its number, or its account when it is about no number. */
const ownerKey = ({ phoneNumberId, accountId, chat }: WebhookLeaf): string =>
  phoneNumberId !== null ? `number ${phoneNumberId}` : chat === undefined ? "nobody" : `account ${accountId ?? ""}`;

const refuse = (code: "body_too_large" | "signature_missing" | "signature_invalid") => {
  const error = new ConversationError(code);
  return { status: error.status, error };
};
