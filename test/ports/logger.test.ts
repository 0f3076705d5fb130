import { spawn } from "node:child_process";
import { once } from "node:events";
import { Writable } from "node:stream";
import { inspect } from "node:util";
import pino from "pino";
import { afterEach, describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import {
  ConversationManager,
  LEFT_OUT,
  type ConversationManagerOptions,
  type DeskLogger,
  type Logger,
  type LogFields,
  type Transport,
} from "../../src/index.js";
import { deskLogger, listed, loggable } from "../../src/ports/log-fields.js";
import { silentLogger } from "../../src/ports/logger.js";
import { APP_SECRET, delivery, eventually, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const transport: Transport = {
  send: ({ correlationId }) => Promise.resolve({ outcome: "accepted", wamid: `wamid.${correlationId}` }),
};

async function aDesk(logger: Logger, options: Partial<ConversationManagerOptions> = {}): Promise<ConversationManager> {
  const webhook = { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN };
  const desk = new ConversationManager({ hotels, storage: memoryStorage(), transport, webhook, logger, ...options });
  await desk.start();
  ends.push(() => desk.stop());
  return desk;
}

/** A guest writes, a listener of the host fails over what they said, and somebody knocks whom WhatsApp did not send. */
async function anEventfulMinute(desk: ConversationManager): Promise<void> {
  desk.on("message.received", () => {
    throw new SyntaxError("Unexpected token: my secret diary");
  });
  const unsigned = {
    ...delivery([{ from: "12025550101", wamid: "wamid.2", text: "let me in" }]),
    signature: undefined,
  };
  await desk.receive(unsigned);
  await desk.receive(delivery([{ from: "12025550101", wamid: "wamid.1", text: "my secret diary" }]));
  await eventually("it is processed", async () => (await desk.as(manager).conversations()).items[0]);
}

describe("what a line of the log holds", () => {
  test("is on a list, with a value that fits its field: guests' words, phones and tokens are printed nowhere (T81)", () => {
    const stack = "    at greeting (file:///app/hotel.ts:12:3)\n    at async Desk.<anonymous> (/app/a.js:1:1)";
    const good = {
      hotelId: "grand",
      phoneNumberId: "200000000000001",
      workId: "itm_0198f2c1-aaaa:menu",
      code: "storage_unavailable",
      attempts: 3,
      dead: false,
      error: "TypeError",
      stack,
      sqlState: "40P01",
      because: null,
    };
    expect(listed(good)).toEqual(good);
    for (const [field, value] of Object.entries({
      workId: "+39 333 1234567",
      messageId: "393331234567",
      consumer: "+393331234567",
      flowId: "please bring towels",
      code: "Anna Rossi",
      kind: { toString: () => "message" },
      attempts: "three",
      seq: Number.NaN,
      error: "the guest said hello",
      stack: `${stack}\n    at Anna (+12025550101:1:1) said so`,
      host: "graph.facebook.com/?access_token=EAAB",
      phoneNumberId: "Anna",
      dead: "yes",
    }))
      expect(listed({ [field]: value }), field).toEqual({ [field]: LEFT_OUT });
    expect(listed({ text: "my diary", "+393331234567": 1, __proto__: null, hotelId: undefined })).toEqual({
      leftOut: 2,
    });
  });

  test("of what an error carries only what the list has is printed", () => {
    const details = {
      hotelId: "grand",
      limit: 20,
      issues: [{ path: "x", message: "y" }],
      to: "393331234567",
      name: "Anna",
    };
    expect(loggable(details)).toEqual({ hotelId: "grand", limit: 20 });
  });

  test("a field that is not on the list, and a message that is made up, do not compile", () => {
    const log: DeskLogger = silentLogger;
    const word = String(Math.random());
    log.warn({ code: "busy" }, "a request failed");
    // @ts-expect-error: no field of this name
    log.warn({ text: "my diary" }, "a request failed");
    // @ts-expect-error: a field of another kind
    log.warn({ attempts: "three" }, "a request failed");
    // @ts-expect-error: a guest's word in it
    log.warn({ code: "busy" }, `a guest said ${word}`);
    // @ts-expect-error: a text that nobody knows
    log.warn({ code: "busy" }, word);
    expect(log).toBe(silentLogger);
  });
});

describe("a host that logs with pino", () => {
  test("reads as JSON what happened: the fields, a message that stands in the code, and nothing that a guest said", async () => {
    const lines: string[] = [];
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(...chunk.toString().split("\n").filter(Boolean));
        done();
      },
    });
    await anEventfulMinute(await aDesk(pino({ level: "debug" }, sink)));
    const logged = lines.map((line) => JSON.parse(line) as LogFields & { level: number; msg: string });
    expect(logged).toContainEqual(expect.objectContaining({ level: 40, code: "signature_missing", heldBack: 0 }));
    expect(logged).toContainEqual(
      expect.objectContaining({
        level: 50,
        event: "message.received",
        error: "SyntaxError",
        stack: expect.stringMatching(/logger\.test\.ts/) as string,
        msg: "a listener of the host threw",
      }),
    );
    expect(lines.join("\n")).not.toMatch(/diary|12025550101/);
  });
});

describe("a log that takes nothing", () => {
  const refusing = (how: () => unknown): Logger => {
    const line = (): void => void how();
    return { debug: line, info: line, warn: line, error: line };
  };
  const sinks: Readonly<Record<string, () => Promise<Logger> | Logger>> = {
    "throws at every line": () =>
      refusing(() => {
        throw new Error("write EPIPE");
      }),
    "rejects every line later": () => {
      const line = (): never => Promise.reject(new Error("write EPIPE")) as never;
      return { debug: line, info: line, warn: line, error: line };
    },
    "is pino on a pipe whose reader is gone": async () => {
      const reader = spawn("true", [], { stdio: ["pipe", "ignore", "ignore"] });
      await once(reader, "exit");
      // As every stream of a host's own, it has somebody who hears of its errors.
      reader.stdin.on("error", () => undefined);
      const log: Logger = pino(reader.stdin);
      return log;
    },
    "is pino on a disk that is full": () => {
      const disk = pino.destination({ dest: "/dev/full", sync: true });
      disk.on("error", () => undefined);
      return pino(disk);
    },
  };

  test.each(Object.keys(sinks))("%s, and no guest and nobody of staff notices (F94)", async (name) => {
    const desk = await aDesk(await sinks[name]!());
    await anEventfulMinute(desk);
    const [conversation] = (await desk.as(manager).conversations()).items;
    const reply = { clientMessageId: "c1", content: { type: "text", text: "Good evening" } } as const;
    expect((await desk.as(manager).reply(conversation?.id ?? "", reply)).status).toBe("queued");
  });

  test("is asked once for each line, with the level's own function", () => {
    const said: string[] = [];
    const line = (level: string) => (fields: LogFields, message: string) =>
      void said.push(inspect([level, fields, message]));
    const log = deskLogger({ debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") });
    log.debug({}, "one");
    log.info({ code: "busy" }, "two");
    log.warn({ seq: 1 }, "three");
    log.error({ hotelId: "grand" }, "four");
    expect(said).toEqual([
      "[ 'debug', {}, 'one' ]",
      "[ 'info', { code: 'busy' }, 'two' ]",
      "[ 'warn', { seq: 1 }, 'three' ]",
      "[ 'error', { hotelId: 'grand' }, 'four' ]",
    ]);
  });
});
