import { ConversationError } from "../errors.js";
import {
  consumerRun,
  type Consumer,
  type ConsumeOptions,
  type ConsumerOptions,
  type ConsumerRun,
  type EventHandler,
} from "./consume.js";

export interface Consumers {
  /** @throws {ConversationError} `config_invalid` for a name that is none, or that is taken */
  readonly add: (name: string, handler: EventHandler, options: ConsumeOptions) => Consumer;
  /** Those that there are begin to read, and those that come later at once. */
  readonly start: () => void;
  readonly wake: () => void;
  readonly stop: () => Promise<void>;
  /** @returns false when nobody ever read under that name @throws {ConversationError} `config_invalid` while this process does */
  readonly forget: (name: string) => Promise<boolean>;
}

/** A consumer's name. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Who reads the event logs in this process, each under a name of its own. */
export function consumers(
  of: Omit<ConsumerOptions, "name" | "from" | "handler" | "storage"> & {
    readonly storage: ConsumerOptions["storage"] & { forgetConsumer(name: string): Promise<boolean> };
  },
): Consumers {
  const runs = new Map<string, ConsumerRun>();
  let started = false;

  return {
    add(name, handler, { from = "beginning" }) {
      if (!NAME.test(name)) throw refused("1 to 64 of a-z, 0-9, _ and -, beginning with a letter or digit");
      if (runs.has(name)) throw refused("this process has a consumer of that name");
      const run = consumerRun({ ...of, name, from, handler });
      runs.set(name, run);
      if (started) run.start();
      return {
        stop: async () => {
          await run.stop();
          if (runs.get(name) === run) runs.delete(name);
        },
      };
    },

    start() {
      started = true;
      for (const run of runs.values()) run.start();
    },

    wake() {
      for (const run of runs.values()) run.wake();
    },

    async stop() {
      await Promise.all(Array.from(runs.values(), (run) => run.stop()));
    },

    async forget(name) {
      if (runs.has(name)) throw refused("this process reads under that name: stop it first");
      return of.storage.forgetConsumer(name);
    },
  };
}

const refused = (message: string) => new ConversationError("config_invalid", { issues: [{ path: "name", message }] });
