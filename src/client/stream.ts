import { CLOSED } from "./after-close.js";
import type { Fetch } from "./rest.js";
import type { OpenWire } from "./wire.js";

/**
 * Where no WebSocket can be opened: an event stream, each of whose events are frames told together. What is said is posted to the
 * same address. Read by `fetch`, since an `EventSource` carries no token but in its address.
 */
export const streamWire =
  (url: string, fetch: Fetch): OpenWire =>
  ({ token, resume }, { heard, ended }) => {
    const end = new AbortController();
    const signed = token !== undefined && { authorization: `Bearer ${token}` };
    const read = async (): Promise<number> => {
      const headers = { accept: "text/event-stream", ...signed, ...(resume && { "last-event-id": idOf(resume) }) };
      const answer = await fetch(url, { headers, signal: end.signal });
      if (!answer.ok || answer.body === null) return codeOf(((await answer.json()) as Partial<Closed>).close);
      const decoder = new TextDecoder();
      const reader = answer.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return 0;
        const events = (rest + decoder.decode(value, { stream: true })).split("\n\n");
        rest = events.pop() ?? "";
        for (const event of events) {
          const [, data = event] = /(?:^|\n)data: ?([^]*)/.exec(event) ?? [];
          if (event.startsWith("event: close")) return (JSON.parse(data) as Closed).code;
          if (data !== event && !end.signal.aborted) heard(data);
        }
      }
    };
    void read().then(
      (code) => end.signal.aborted || ended(code),
      () => end.signal.aborted || ended(0),
    );
    return {
      say: (frame, connectionId) => {
        if (frame.type === "pong") return; // that it reads is answer enough
        const body = JSON.stringify({ connectionId, frame });
        const headers = { "content-type": "application/json", ...signed };
        fetch(url, { method: "POST", headers, body, signal: end.signal }).catch(() => undefined); // lost, as on a cut line
      },
      drop: () => end.abort(),
    };
  };

interface Closed {
  /** Why nothing began. */
  readonly close: string;
  /** Why it ended. */
  readonly code: number;
}

const codeOf = (reason: string | undefined): number =>
  Number(Object.entries(CLOSED).find(([, [known]]) => known === reason)?.[0] ?? 0);

/** The place to go on from, as the desk writes it into the events. */
const idOf = (cursors: object): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(cursors))));
