/**
 * Where the desk counts and times what it does. Nothing is, and nothing costs anything, unless the host gives one: `openTelemetry()` of
 * `belldesk/opentelemetry`, `memoryTelemetry()` of `belldesk/testing`, or one of its own. What it throws is let go of.
 */
export interface Telemetry {
  /** Runs `work`, whose span it is, and passes on what that answers or throws. What `work` does is inside the span. */
  span<T>(name: SpanName, about: SpanAbout, work: () => Promise<T>): Promise<T>;
  /** The work and messages with these ids were made by what runs now: the spans about them later follow from it. */
  made(ids: readonly string[]): void;
  /** Adds to a counter. */
  count(name: CounterName, by: number, labels: Labels): void;
  /** One value of a distribution, in the metric's unit. */
  record(name: HistogramName, value: number, labels: Labels): void;
  /** Asks whenever somebody looks at the metrics. @returns a function that ends it */
  observe(name: GaugeName, read: () => Promise<readonly Reading[]>): () => void;
}

/** What a span is about: ids of the desk's work and messages, and nothing of guests. */
export interface SpanAbout {
  /** A part of them where they are many. */
  readonly ids: readonly string[];
  readonly labels: Labels;
}

/** What a gauge shows now. */
export interface Reading {
  readonly value: number;
  readonly labels: Labels;
}

/** `receive`: a webhook, to its answer; `remember`: items of webhooks, stored; `process`: lanes of work in hand; `send`, `media`: a call to WhatsApp. */
export const SPANS = [
  "belldesk.receive",
  "belldesk.remember",
  "belldesk.process",
  "belldesk.send",
  "belldesk.media",
] as const;
/** A piece of work that is measured. */
export type SpanName = (typeof SPANS)[number];

/** Every label that there is. Each has few values, all of them the desk's own words, but for `hotel`, which is one of the host's ids. */
export const LABELS = ["hotel", "kind", "result", "code", "scope", "direction"] as const;
/** What a series may be told apart by. */
export type Label = (typeof LABELS)[number];
/** What a series is told apart by. Never a guest's. */
export type Labels = Readonly<Partial<Record<Label, string>>>;

interface MetricInfo {
  readonly kind: "counter" | "histogram" | "gauge";
  /** As UCUM writes it: `s`, or `{what is counted}`. */
  readonly unit: string;
  readonly says: string;
  readonly labels: readonly Label[];
}

/** Every metric by its name, which stays. */
export const METRICS = {
  "belldesk.receive.duration": {
    kind: "histogram",
    unit: "s",
    says: "From a webhook to its answer; by the answer's HTTP status.",
    labels: ["result"],
  },
  "belldesk.items": {
    kind: "counter",
    unit: "{item}",
    says: "Items of webhooks: new, known already (duplicate), or older than their keys are kept (too_old).",
    labels: ["result"],
  },
  "belldesk.lag": {
    kind: "histogram",
    unit: "s",
    says: "From when an item of a webhook was stored until it was decided and committed.",
    labels: ["hotel"],
  },
  "belldesk.process.duration": {
    kind: "histogram",
    unit: "s",
    says: "One batch of lanes, from the claim until each was done or given back.",
    labels: ["kind", "result"],
  },
  "belldesk.work.failed": {
    kind: "counter",
    unit: "{item}",
    says: "Work that failed: it is tried again (retry), or set aside (dead).",
    labels: ["kind", "result", "code"],
  },
  "belldesk.send.duration": {
    kind: "histogram",
    unit: "s",
    says: "One call that sends a message, as WhatsApp answered it: accepted, rejected, unknown.",
    labels: ["result"],
  },
  "belldesk.send.wait": {
    kind: "histogram",
    unit: "s",
    says: "From when a message was to be sent until a process took it up: what paces, pauses and earlier messages of its guest cost.",
    labels: ["hotel"],
  },
  "belldesk.sends": {
    kind: "counter",
    unit: "{message}",
    says: "What became of sends: sent, failed, unknown (nobody can say whether WhatsApp has it), retry.",
    labels: ["hotel", "result"],
  },
  "belldesk.sends.failed": {
    kind: "counter",
    unit: "{message}",
    says: "Sends that were not accepted, by why. window_closed is the service window.",
    labels: ["result", "code"],
  },
  "belldesk.send.pauses": {
    kind: "counter",
    unit: "{pause}",
    says: "How often WhatsApp asked a number, or all of a hotel's, to wait.",
    labels: ["scope", "code"],
  },
  "belldesk.media.duration": {
    kind: "histogram",
    unit: "s",
    says: "A file fetched from WhatsApp (in), or given to it (out).",
    labels: ["direction", "result"],
  },
  "belldesk.live.resumes": {
    kind: "counter",
    unit: "{connection}",
    says: "Live connections that began: where they were before (resumed), anew because that is gone (resync), or for the first time (new).",
    labels: ["result"],
  },
  "belldesk.live.connections": {
    kind: "gauge",
    unit: "{connection}",
    says: "Live connections of this process.",
    labels: [],
  },
  "belldesk.pending": {
    kind: "gauge",
    unit: "{lane}",
    says: "Chats whose work is due and in nobody's hands, of the whole desk.",
    labels: ["kind"],
  },
  "belldesk.pending.age": {
    kind: "gauge",
    unit: "s",
    says: "How long the longest of them has been due; 0 when there is none.",
    labels: ["kind"],
  },
  "belldesk.abandoned": {
    kind: "gauge",
    unit: "{lane}",
    says: "Of them, those whose process died or hangs.",
    labels: ["kind"],
  },
  "belldesk.dead": {
    kind: "gauge",
    unit: "{item}",
    says: "Work that was given up and stands aside, of the whole desk.",
    labels: ["kind"],
  },
  "belldesk.sends.unknown": {
    kind: "gauge",
    unit: "{message}",
    says: "Messages of which nobody can say right now whether WhatsApp has them, of the whole desk.",
    labels: [],
  },
} as const satisfies Record<string, MetricInfo>;

/** Something that is counted. */
export type MetricName = keyof typeof METRICS;
type Named<Kind extends MetricInfo["kind"]> = {
  [Name in MetricName]: (typeof METRICS)[Name]["kind"] extends Kind ? Name : never;
}[MetricName];
/** What only grows. */
export type CounterName = Named<"counter">;
/** Whose distribution is kept. */
export type HistogramName = Named<"histogram">;
/** What is looked at now and then. */
export type GaugeName = Named<"gauge">;

/** Values of one label that are told apart; what comes after them is one series, `other`. Ours: several times what a hotel group has. */
const VALUES_MOST: Readonly<Record<Label, number>> = {
  hotel: 1_000,
  kind: 20,
  result: 30,
  code: 200,
  scope: 10,
  direction: 2,
};
/** Ids and codes. What could be a phone is none. */
const VALUE = /^(?!\D?\d{7,}$)[A-Za-z0-9][\w.-]{0,63}$/;
const OTHER = "other";

/**
 * The host's telemetry, which gets no label but those that a metric has, of no value but a bounded number of ids and codes: a guest's phone
 * is in no series, and nobody fills the host's memory with series. Nothing that it throws reaches the desk.
 */
export function guarded(host: Telemetry): Telemetry {
  const known = new Map<string, Set<string>>();
  const valueOf = (label: Label, value: string): string => {
    const values = known.get(label) ?? new Set();
    known.set(label, values);
    if (values.has(value)) return value;
    if (!VALUE.test(value) || values.size >= VALUES_MOST[label]) return OTHER;
    values.add(value);
    return value;
  };
  const bounded = (allowed: readonly Label[], labels: Labels): Labels =>
    Object.fromEntries(
      allowed.flatMap((label) =>
        labels[label] === undefined ? [] : [[label, valueOf(label, labels[label])] as const],
      ),
    );
  const quietly = <T>(ask: () => T, otherwise: T): T => {
    try {
      return ask();
    } catch {
      return otherwise;
    }
  };
  return {
    async span(name, about, work) {
      let running: ReturnType<typeof work> | null = null;
      const once = () => (running ??= work());
      const { ids, labels } = about;
      try {
        // One that answers something else, or never calls, costs no work.
        await host.span(
          name,
          { ids: ids.slice(0, IDS_MOST).filter((id) => ID.test(id)), labels: bounded(LABELS, labels) },
          once,
        );
      } catch {
        // What the work threw is thrown below.
      }
      return once();
    },
    made: (ids) => quietly(() => host.made(ids), undefined),
    count: (name, by, labels) => quietly(() => host.count(name, by, bounded(METRICS[name].labels, labels)), undefined),
    record: (name, value, labels) =>
      quietly(() => host.record(name, value, bounded(METRICS[name].labels, labels)), undefined),
    observe(name, read) {
      const told = async () =>
        (await read()).map(({ value, labels }) => ({ value, labels: bounded(METRICS[name].labels, labels) }));
      return quietly(
        () => host.observe(name, told),
        () => undefined,
      );
    },
  };
}

/** Ids on a span at most. Ours. */
const IDS_MOST = 20;
const ID = /^[\w.:~/-]{1,200}$/;
