import { ConversationError, codeOf } from "../errors.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Storage } from "../ports/storage.js";
import type { GaugeName, Reading, Telemetry } from "../ports/telemetry.js";
import type { Transport } from "../ports/transport.js";
import type { KindPulse, Pulse } from "../ports/work-storage.js";
import type { ClaimedLane } from "../domain/lane.js";
import type { WorkKind } from "../domain/work.js";
import type { WebhookAnswer } from "./receive.js";

/** Milliseconds for which the storage is not asked again how the work stands, however often somebody looks; and in which it has to answer. */
const PULSE = { freshMs: 10_000, deadlineMs: 5_000 };

/** The same object, but for some of its functions; of a class too, whose own members stay its own. */
export function instead<T extends object>(original: T, others: Partial<T>): T {
  return new Proxy(original, {
    get(target, name) {
      const other = Object.hasOwn(others, name) ? (others as Record<PropertyKey, unknown>)[name] : undefined;
      if (other !== undefined) return other;
      const own: unknown = Reflect.get(target, name);
      return typeof own === "function" ? (own.bind(target) as unknown) : own;
    },
  });
}

const seconds = (ms: number): number => Math.max(0, ms) / 1_000;

/** A storage of which is counted what it was asked to record. Without telemetry it is the storage itself. */
export function watchedStorage(storage: Storage, telemetry: Telemetry | null): Storage {
  if (telemetry === null) return storage;
  /** By how much the storage's clock is ahead of the monotonic one. */
  let ahead: number | null = null;
  const ageOf = (at: Date): number => (ahead === null ? 0 : ahead + performance.now() - at.getTime());
  /** When the items in hand were stored, by their id. */
  const since = new Map<string, Date>();

  return instead(storage, {
    remember: (items, options) =>
      telemetry.span("belldesk.remember", { ids: items.map(({ id }) => id), labels: {} }, async () => {
        const outcomes = await storage.remember(items, options);
        telemetry.made(items.filter((_, index) => outcomes[index] === "new").map(({ id }) => id));
        for (const result of ["new", "duplicate", "too_old"] as const) {
          const many = outcomes.filter((outcome) => outcome === result).length;
          if (many > 0) telemetry.count("belldesk.items", many, { result });
        }
        return outcomes;
      }),

    async claim(options) {
      const claim = await storage.claim(options);
      ahead = claim.now.getTime() - performance.now();
      for (const { hotelId, kind, items } of claim.lanes) {
        if (kind === "outbound")
          for (const item of items.slice(0, 1))
            telemetry.record("belldesk.send.wait", seconds(ageOf(item.createdAt)), { hotel: hotelId });
        if (kind !== "inbound") continue;
        for (const { id, createdAt } of items) since.set(id, createdAt);
      }
      return claim;
    },

    async commit(hotelId, changes) {
      const result = await storage.commit(hotelId, changes);
      if (result.outcome !== "committed") return result;
      telemetry.made(changes.flatMap(({ change }) => change.work.map(({ id }) => id)));
      for (const { lane, completes, failed } of changes) {
        for (const id of completes) {
          const at = since.get(id);
          if (at !== undefined) telemetry.record("belldesk.lag", seconds(ageOf(at)), { hotel: hotelId });
          since.delete(id);
        }
        if (failed === null || lane === null) continue;
        since.delete(failed.workId);
        telemetry.count("belldesk.work.failed", 1, { kind: lane.kind, code: failed.code, result: resultOf(failed) });
      }
      return result;
    },

    async fail(failures) {
      const events = await storage.fail(failures);
      for (const failure of failures) {
        since.delete(failure.workId);
        const { lane, code } = failure;
        telemetry.count("belldesk.work.failed", 1, { kind: lane.kind, code, result: resultOf(failure) });
      }
      return events;
    },

    async release(lanes) {
      await storage.release(lanes);
      // Whoever claims them next tells since when.
      for (const { items } of lanes as readonly Partial<ClaimedLane>[])
        for (const { id } of items ?? []) since.delete(id);
    },

    async settle(settlements) {
      const events = await storage.settle(settlements);
      for (const { lane, result, pause } of settlements) {
        telemetry.count("belldesk.sends", 1, { hotel: lane.hotelId, result: result.kind });
        if (result.kind !== "sent")
          telemetry.count("belldesk.sends.failed", 1, { result: result.kind, code: result.failure.code });
        if (pause !== null) telemetry.count("belldesk.send.pauses", 1, { scope: pause.of, code: pause.code });
      }
      return events;
    },
  });
}

const resultOf = ({ retryInMs }: { readonly retryInMs: number | null }): "retry" | "dead" =>
  retryInMs === null ? "dead" : "retry";

/** A transport whose calls are timed. Without telemetry it is the transport itself. */
export function watchedTransport(transport: Transport, telemetry: Telemetry | null): Transport {
  if (telemetry === null) return transport;
  const timed = async <T extends { readonly outcome: string }>(
    direction: "in" | "out",
    call: () => Promise<T>,
  ): Promise<T> => {
    const began = performance.now();
    const answer = await telemetry.span("belldesk.media", { ids: [], labels: { direction } }, call);
    telemetry.record("belldesk.media.duration", seconds(performance.now() - began), {
      direction,
      result: answer.outcome,
    });
    return answer;
  };
  return instead(transport, {
    async send(message) {
      const began = performance.now();
      let result = "threw";
      try {
        const ids = [message.correlationId];
        const answer = await telemetry.span("belldesk.send", { ids, labels: {} }, () => transport.send(message));
        result = answer.outcome;
        return answer;
      } finally {
        telemetry.record("belldesk.send.duration", seconds(performance.now() - began), { result });
      }
    },
    ...(transport.downloadMedia !== undefined && {
      downloadMedia: (...wanted: Parameters<NonNullable<Transport["downloadMedia"]>>) =>
        timed("in", () => transport.downloadMedia?.(...wanted) ?? Promise.reject(new ConversationError("internal"))),
    }),
    ...(transport.uploadMedia !== undefined && {
      uploadMedia: (...file: Parameters<NonNullable<Transport["uploadMedia"]>>) =>
        timed("out", () => transport.uploadMedia?.(...file) ?? Promise.reject(new ConversationError("internal"))),
    }),
  });
}

/** A handler of lanes whose batches are timed. Without telemetry it is the handler itself. */
export function watchedHandler<Rest extends readonly unknown[]>(
  kind: WorkKind,
  handle: (lanes: readonly ClaimedLane[], ...rest: Rest) => Promise<void>,
  telemetry: Telemetry | null,
): (lanes: readonly ClaimedLane[], ...rest: Rest) => Promise<void> {
  if (telemetry === null) return handle;
  return async (lanes, ...rest) => {
    const began = performance.now();
    let result = "failed";
    try {
      const ids = lanes.flatMap(({ items }) => items.map(({ id }) => id));
      await telemetry.span("belldesk.process", { ids, labels: { kind } }, () => handle(lanes, ...rest));
      result = "done";
    } finally {
      telemetry.record("belldesk.process.duration", seconds(performance.now() - began), { kind, result });
    }
  };
}

/** A receiver whose answers are timed. Without telemetry it is the receiver itself. */
export function watchedReceive<Args extends readonly unknown[]>(
  receive: (...args: Args) => Promise<WebhookAnswer>,
  telemetry: Telemetry | null,
): (...args: Args) => Promise<WebhookAnswer> {
  if (telemetry === null) return receive;
  return async (...args) => {
    const began = performance.now();
    const answer = await telemetry.span("belldesk.receive", { ids: [], labels: {} }, () => receive(...args));
    telemetry.record("belldesk.receive.duration", seconds(performance.now() - began), {
      result: String(answer.status),
    });
    return answer;
  };
}

/**
 * What is looked at when somebody looks: how the work stands in the storage, and who is connected here. A storage that cannot say right
 * now says nothing, and is asked again at the next look.
 * @returns a function that ends it
 */
export function watchGauges(
  telemetry: Telemetry,
  {
    storage,
    connections,
    logger,
  }: { readonly storage: Pick<Storage, "pulse">; readonly connections: () => number; readonly logger: DeskLogger },
): () => void {
  let asked: { readonly at: number; readonly pulse: Promise<Pulse | null> } | null = null;
  const pulse = (): Promise<Pulse | null> => {
    if (asked === null || performance.now() - asked.at >= PULSE.freshMs)
      asked = { at: performance.now(), pulse: within(PULSE.deadlineMs, storage.pulse()).catch(failed) };
    return asked.pulse;
  };
  const failed = (error: unknown): null => {
    logger.warn({ code: codeOf(error) }, "how the work stands could not be read for the metrics");
    return null;
  };
  const ofKinds = (value: (kind: KindPulse, now: Date) => number) => async (): Promise<readonly Reading[]> => {
    const now = await pulse();
    return now?.kinds.map((each) => ({ value: value(each, now.now), labels: { kind: each.kind } })) ?? [];
  };
  const gauges: Readonly<Record<GaugeName, () => Promise<readonly Reading[]>>> = {
    "belldesk.live.connections": () => Promise.resolve([{ value: connections(), labels: {} }]),
    "belldesk.pending": ofKinds(({ due }) => due),
    "belldesk.pending.age": ofKinds(({ oldestDueAt }, now) =>
      oldestDueAt === null ? 0 : seconds(now.getTime() - oldestDueAt.getTime()),
    ),
    "belldesk.abandoned": ofKinds(({ abandoned }) => abandoned),
    "belldesk.dead": ofKinds(({ dead }) => dead),
    "belldesk.sends.unknown": async () => {
      const now = await pulse();
      return now === null ? [] : [{ value: now.unknownSends, labels: {} }];
    },
  };
  const ends = Object.entries(gauges).map(([name, read]) => telemetry.observe(name as GaugeName, read));
  return () => {
    for (const end of ends) end();
  };
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new ConversationError("storage_timeout"));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
