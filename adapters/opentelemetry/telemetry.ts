import {
  context,
  metrics,
  SpanStatusCode,
  trace,
  type Counter,
  type Histogram,
  type Meter,
  type SpanContext,
  type Tracer,
} from "@opentelemetry/api";
import { METRICS, type Labels, type MetricName, type Telemetry } from "../../src/index.js";

/** Which tracer and meter the desk tells; the host's global ones by default. */
export interface OpenTelemetryOptions {
  /** `trace.getTracer("belldesk")` by default. */
  readonly tracer?: Tracer;
  /** `metrics.getMeter("belldesk")` by default. */
  readonly meter?: Meter;
}

/** Spans that made something and may be followed still. Ours: some minutes of a busy process. */
const REMEMBERED = 10_000;
/** Seconds. Ours: a message waits for milliseconds, or for a paused number. */
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200];

/**
 * The desk's spans and metrics through the host's OpenTelemetry SDK, whichever it is; without one they go nowhere. A span of work is linked
 * to the span that made the work, where that was in this process; across processes its attribute `belldesk.ids` names the same ids.
 */
export function openTelemetry({
  tracer = trace.getTracer("belldesk"),
  meter = metrics.getMeter("belldesk"),
}: OpenTelemetryOptions = {}): Telemetry {
  const makers = new Map<string, SpanContext>();
  const counters = new Map<MetricName, Counter>();
  const histograms = new Map<MetricName, Histogram>();

  return {
    span(name, { ids, labels }, work) {
      const found = new Set(ids.flatMap((id) => makers.get(id) ?? []));
      const links = [...found].map((made) => ({ context: made }));
      const attributes = { ...attributesOf(labels), "belldesk.ids": [...ids] };
      return tracer.startActiveSpan(name, { attributes, links }, async (span) => {
        try {
          return await work();
        } catch (error) {
          // Never `recordException`: what a host's error says may quote a guest.
          span.setStatus({ code: SpanStatusCode.ERROR });
          throw error;
        } finally {
          span.end();
        }
      });
    },
    made(ids) {
      const made = trace.getSpanContext(context.active());
      if (made === undefined) return;
      for (const id of ids) {
        makers.set(id, made);
        // What a message's work is called, its message is called too.
        if (id.startsWith("snd_")) makers.set(id.slice("snd_".length), made);
      }
      for (const oldest of makers.keys()) {
        if (makers.size <= REMEMBERED) break;
        makers.delete(oldest);
      }
    },
    count(name, by, labels) {
      const { unit, says: description } = METRICS[name];
      const counter = counters.get(name) ?? meter.createCounter(name, { unit, description });
      counters.set(name, counter);
      counter.add(by, attributesOf(labels));
    },
    record(name, value, labels) {
      const { unit, says: description } = METRICS[name];
      const advice = { explicitBucketBoundaries: BOUNDARIES };
      const histogram = histograms.get(name) ?? meter.createHistogram(name, { unit, description, advice });
      histograms.set(name, histogram);
      histogram.record(value, attributesOf(labels));
    },
    observe(name, read) {
      const { unit, says: description } = METRICS[name];
      const gauge = meter.createObservableGauge(name, { unit, description });
      const look: Parameters<typeof gauge.addCallback>[0] = async (result) => {
        for (const { value, labels } of await read()) result.observe(value, attributesOf(labels));
      };
      gauge.addCallback(look);
      return () => {
        gauge.removeCallback(look);
      };
    },
  };
}

const attributesOf = (labels: Labels): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).map(([label, value]) => [`belldesk.${label}`, value]));
