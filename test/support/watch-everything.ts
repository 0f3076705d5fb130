/**
 * Stands before every test file: whatever the desk tells in it, by whichever way, has no secret, no card number, and no guest's words but where
 * staff read them (T81-T83, T90). The desk's own modules are watched at the one place that each kind of thing passes; bodies and frames at Node's.
 */
import { afterAll, vi } from "vitest";
import type * as secrets from "../../src/domain/secret.js";
import type * as webhooks from "../../src/whatsapp/webhook.js";
import type * as signatures from "../../src/whatsapp/signature.js";
import type * as logs from "../../src/ports/log-fields.js";
import type * as telemetries from "../../src/ports/telemetry.js";
import type * as errors from "../../src/errors.js";
import { watched } from "./canaries.js";
import { watchAnswers } from "./watch-answers.js";

watched.begin();
const shown = (value: unknown): string => JSON.stringify(value);

vi.mock("../../src/domain/secret.js", async (original) => {
  const module = await original<typeof secrets>();
  const made = (text: string | InstanceType<typeof module.Secret>) => {
    const one = module.secret(text);
    watched.secret(one.reveal());
    return one;
  };
  return { ...module, secret: made };
});

vi.mock("../../src/whatsapp/webhook.js", async (original) => {
  const module = await original<typeof webhooks>();
  const splitWebhook: typeof module.splitWebhook = (body, receivedAt, masks) => {
    watched.webhook(body, masks);
    return module.splitWebhook(body, receivedAt, masks);
  };
  return { ...module, splitWebhook };
});

vi.mock("../../src/whatsapp/signature.js", async (original) => {
  const module = await original<typeof signatures>();
  const sign: typeof module.sign = (body, secret) => {
    watched.webhook(Buffer.from(body));
    return module.sign(body, secret);
  };
  return { ...module, sign };
});

vi.mock("../../src/ports/log-fields.js", async (original) => {
  const module = await original<typeof logs>();
  const deskLogger: typeof module.deskLogger = (host) =>
    module.deskLogger(
      new Proxy(host, {
        get(of, name) {
          const value: unknown = Reflect.get(of, name);
          if (typeof value !== "function") return value;
          return (...line: readonly unknown[]): unknown => {
            watched.tell("log", shown(line));
            return Reflect.apply(value, of, line);
          };
        },
      }),
    );
  return { ...module, deskLogger };
});

vi.mock("../../src/ports/telemetry.js", async (original) => {
  const module = await original<typeof telemetries>();
  const guarded: typeof module.guarded = (host) =>
    module.guarded({
      span: (name, about, work) => {
        watched.tell("trace", shown([name, about]));
        return host.span(name, about, work);
      },
      made: (ids) => {
        watched.tell("trace", shown(ids));
        host.made(ids);
      },
      count: (name, by, labels) => {
        watched.tell("metric", shown([name, labels]));
        host.count(name, by, labels);
      },
      record: (name, value, labels) => {
        watched.tell("metric", shown([name, labels]));
        host.record(name, value, labels);
      },
      observe: (name, read) =>
        host.observe(name, async () => {
          const readings = await read();
          watched.tell("metric", shown([name, readings]));
          return readings;
        }),
    });
  return { ...module, guarded };
});

vi.mock("../../src/errors.js", async (original) => {
  const module = await original<typeof errors>();
  const ConversationError = new Proxy(module.ConversationError, {
    construct(of, given, as: new () => object) {
      const error = Reflect.construct(of, given, as) as InstanceType<typeof module.ConversationError>;
      watched.tell("error", `${error.message} ${shown(error.details)}`);
      return error;
    },
  });
  return { ...module, ConversationError };
});

watchAnswers((sink, text) => watched.tell(sink, text));

afterAll(() => {
  const found = watched.end();
  if (found.length > 0)
    throw new Error(`Something is told that nobody may hear:\n${found.map((one) => shown(one)).join("\n")}`);
});
