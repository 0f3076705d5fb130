import {
  cloudApi,
  ConversationManager,
  sign,
  verifySignature,
  type WebhookDelivery,
  type WebhookReceiver,
} from "belldesk";
import { postgresStorage } from "belldesk/postgres";
import { redisLimits, redisRealtime } from "belldesk/redis";
import type { Redis } from "ioredis";
import type { Pool } from "pg";
import { APP_SECRET, CHAIN, VERIFY_TOKEN } from "./hotels.ts";

/** A desk for each database, with the hotels that live there: nothing crosses hotels, so none knows of another. */
export interface Shards {
  readonly desks: readonly ConversationManager[];
  /** Which of them has a hotel; null: no hotel of ours. */
  shardOf(hotelId: string): number | null;
  /** What `webhookRouter` takes in the place of one desk. */
  readonly receiver: WebhookReceiver;
}

export function shards(pools: readonly Pool[], redis: Redis, graphUrl: string): Shards {
  // With one database all hotels are there.
  const placed = CHAIN.map(({ shard, hotel }) => ({ shard: shard % pools.length, hotel }));
  const desks = pools.map(
    (pool, index) =>
      new ConversationManager({
        hotels: placed.filter(({ shard }) => shard === index).map(({ hotel }) => hotel),
        storage: postgresStorage(pool),
        transport: cloudApi({ graphUrl }),
        webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
        realtime: redisRealtime(redis, { channel: `belldesk ${index}` }),
        sharedLimits: redisLimits(redis, { prefix: `belldesk ${index}` }),
        work: { leaseMs: 3_000 }, // how long what a killed process had in hand waits for the other
      }),
  );
  const [first] = desks;
  if (first === undefined) throw new Error("There is no database.");
  const byNumber = new Map(
    placed.flatMap(({ shard, hotel }) => hotel.numbers.map(({ phoneNumberId }) => [phoneNumberId, shard] as const)),
  );
  return {
    desks,
    shardOf: (hotelId) => placed.find(({ hotel }) => hotel.id === hotelId)?.shard ?? null,
    receiver: {
      logger: first.logger,
      challenge: (query) => first.challenge(query),
      receive: (delivery) => (desks.length === 1 ? first.receive(delivery) : receive(desks, byNumber, delivery)),
    },
  };
}

interface Envelope {
  readonly entry: readonly {
    readonly changes: readonly { readonly value?: { readonly metadata?: { readonly phone_number_id?: string } } }[];
  }[];
}

/**
 * WhatsApp delivers what happens to all numbers of an app to one address. Each shard is given what is its own, signed again; what names no number
 * of ours, and what nobody signed, is the first's to judge. WhatsApp hears 200 when all have stored theirs: else it delivers again, and who has it knows that.
 */
async function receive(
  desks: readonly ConversationManager[],
  byNumber: ReadonlyMap<string, number>,
  { body, signature }: WebhookDelivery,
): ReturnType<WebhookReceiver["receive"]> {
  const [first, ...others] = desks as [ConversationManager, ...ConversationManager[]];
  const envelope = verifySignature(body, signature, [APP_SECRET]) === "valid" ? parsed(body) : null;
  if (envelope === null) return first.receive({ body, signature });
  const parts = [first, ...others].map((desk, shard) => {
    const entry = envelope.entry.flatMap((each) => {
      const changes = each.changes.filter(
        ({ value }) => (byNumber.get(value?.metadata?.phone_number_id ?? "") ?? 0) === shard,
      );
      return changes.length === 0 ? [] : [{ ...each, changes }];
    });
    return { desk, entry };
  });
  const answers = parts
    .filter(({ entry }) => entry.length > 0)
    .map(({ desk, entry }) => {
      const part = JSON.stringify({ ...envelope, entry });
      return desk.receive({ body: Buffer.from(part), signature: sign(part, APP_SECRET) });
    });
  const [answer = { status: 200, error: null }, ...rest] = await Promise.all(answers);
  return rest.find(({ error }) => error !== null) ?? answer;
}

/** null for what is not as WhatsApp writes it: one desk keeps it as it is. */
function parsed(body: Uint8Array): Envelope | null {
  try {
    const envelope = JSON.parse(Buffer.from(body).toString("utf8")) as Envelope;
    return envelope.entry.every(({ changes }) => Array.isArray(changes)) ? envelope : null;
  } catch {
    return null;
  }
}
