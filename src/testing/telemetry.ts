import type { Labels, MetricName, Reading, SpanName, Telemetry } from "../ports/telemetry.js";

/** A piece of work that was measured. */
export interface TestSpan {
  readonly name: SpanName;
  readonly ids: readonly string[];
  readonly labels: Labels;
  /** Whether what it was about threw. */
  readonly failed: boolean;
}

/** What was counted under one name with the same labels. */
export interface TestSeries {
  readonly name: MetricName;
  readonly labels: Labels;
  /** What was counted, or observed now; of a distribution each value in order. */
  readonly values: readonly number[];
}

/** Telemetry in memory: what a test looks at. */
export interface MemoryTelemetry extends Telemetry {
  /** Those that have ended, in order. */
  readonly spans: readonly TestSpan[];
  /** Every series as it stands now, by name and labels. */
  read(): Promise<readonly TestSeries[]>;
}

/** Telemetry that a test can look at. */
export function memoryTelemetry(): MemoryTelemetry {
  const spans: TestSpan[] = [];
  const series = new Map<string, { name: MetricName; labels: Labels; values: number[] }>();
  const gauges = new Map<MetricName, () => Promise<readonly Reading[]>>();
  const of = (name: MetricName, labels: Labels) => {
    const key = JSON.stringify([name, Object.entries(labels).sort()]);
    const known = series.get(key) ?? { name, labels, values: [] };
    series.set(key, known);
    return known;
  };
  return {
    spans,
    async span(name, { ids, labels }, work) {
      let failed = true;
      try {
        const answer = await work();
        failed = false;
        return answer;
      } finally {
        spans.push({ name, ids, labels, failed });
      }
    },
    made: () => undefined,
    count(name, by, labels) {
      const { values } = of(name, labels);
      values[0] = (values[0] ?? 0) + by;
    },
    record(name, value, labels) {
      of(name, labels).values.push(value);
    },
    observe(name, read) {
      gauges.set(name, read);
      return () => void gauges.delete(name);
    },
    async read() {
      for (const [name, look] of gauges)
        for (const { value, labels } of await look()) of(name, labels).values[0] = value;
      return [...series.entries()]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, { name, labels, values }]) => ({ name, labels, values: [...values] }));
    },
  };
}
