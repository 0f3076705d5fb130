import { EventEmitter } from "eventemitter3";
import type { DeskEvent, EventType } from "../domain/event.js";
import type { DeskLogger } from "../ports/logger.js";
import { whereFrom } from "./where-from.js";

/** What `on()` can listen to: a kind of event, or `"event"` for every one. */
export type EventName = EventType | "event";
/** Hears an event. What it throws, or rejects with, is logged. */
export type EventListener = (event: DeskEvent) => unknown;

export interface Listeners {
  /** @returns a function that stops listening */
  readonly on: (name: EventName, listener: EventListener) => () => void;
  readonly tell: (events: readonly DeskEvent[]) => void;
}

/** Functions of the host's that hear what this process committed. */
export function listeners(logger: DeskLogger): Listeners {
  const emitter = new EventEmitter();
  return {
    on(name, listener) {
      emitter.on(name, listener);
      return () => {
        emitter.off(name, listener);
      };
    },

    tell(events) {
      for (const event of events)
        for (const name of [event.body.type, "event"] as const)
          for (const listener of emitter.listeners(name))
            // A host's listener must not cost a guest their message, nor the host its process.
            void call(listener as EventListener, event).catch((error: unknown) => {
              logger.error({ event: event.body.type, ...whereFrom(error) }, "a listener of the host threw");
            });
    },
  };
}

/** Calls at once. An async function turns what a listener throws into what it rejects with. */
// oxlint-disable-next-line typescript/require-await
const call = async (listener: EventListener, event: DeskEvent): Promise<unknown> => listener(event);
