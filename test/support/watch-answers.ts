import { ServerResponse } from "node:http";
import { WebSocket } from "ws";

/** Meta writes the token of whoever asks into the address of the next page, and our WhatsApp does as Meta does: that is no answer of the desk's. */
const withoutPaging = (text: string): string =>
  text.includes('"paging"') ? text.replaceAll(/(?<=[?&]access_token=)[^&"]+/g, "") : text;

export type Tell = (sink: "body" | "frame", text: string) => void;

const WATCHED = Symbol.for("belldesk.test.watched");

/** From now on whatever this process answers, over HTTP and over WebSockets, is told first. Once for a process, however often it is asked. */
export function watchAnswers(tell: Tell): void {
  if (WATCHED in ServerResponse.prototype) return;
  Object.defineProperty(ServerResponse.prototype, WATCHED, { value: true });
  told(ServerResponse.prototype, "write", (text) => tell("body", text));
  told(ServerResponse.prototype, "end", (text) => tell("body", text));
  told(WebSocket.prototype, "send", (text) => tell("frame", text));
  globalThis.Response = new Proxy(globalThis.Response, {
    construct(of, given: readonly unknown[], as: new () => object) {
      if (typeof given[0] === "string") tell("body", given[0]);
      return Reflect.construct(of, given, as);
    },
  });
}

/** Tells what is given to a method first. */
function told<Of extends object>(of: Of, method: keyof Of & string, tell: (text: string) => void): void {
  const before = of[method] as (...given: readonly unknown[]) => unknown;
  Object.defineProperty(of, method, {
    configurable: true,
    writable: true,
    value(this: unknown, ...given: readonly unknown[]): unknown {
      const [data] = given;
      if (typeof data === "string") tell(withoutPaging(data));
      else if (data instanceof Uint8Array) tell(withoutPaging(Buffer.from(data).toString("latin1")));
      return Reflect.apply(before, this, given);
    },
  });
}
