import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Feedback } from "../../src/flows/index.js";
import type { PmsEvent } from "../../src/index.js";
import { memoryPms } from "../../src/testing/index.js";

/** What the verifier tells the hotel to keep of a document. */
export const VERIFIED = { country: "IT", check: "K7-PASSED-42" };

/** What a host asks of the hotel's own systems, by name, each with the keys under which it was asked. */
export interface Outside {
  readonly url: string;
  readonly pms: ReturnType<typeof memoryPms>;
  readonly keys: ReadonlyMap<string, ReadonlySet<string>>;
  readonly calls: ReadonlyMap<string, number>;
  /** What the verifier was shown, each time. */
  readonly photos: readonly Buffer[];
  readonly feedback: ReadonlyMap<string, Feedback>;
  /** What is asked by one of these names is done, and the desk's process dies before it hears so: once each. */
  diesAt(names: readonly string[], die: () => Promise<void>): void;
  close(): Promise<void>;
}

/** The hotel's own systems, behind an address: a PMS, a verifier of documents, and what does requests. @param tell brings an event to the desk */
export async function openOutside(tell: (event: PmsEvent) => Promise<void>): Promise<Outside> {
  const keys = new Map<string, Set<string>>();
  const calls = new Map<string, number>();
  const photos: Buffer[] = [];
  const feedback = new Map<string, Feedback>();
  let deadly = new Set<string>();
  let die = (): Promise<void> => Promise.resolve();
  const pms = memoryPms({ freeRooms: ["12"], tells: tell });
  const { port, tasks } = pms;

  type Asked = Record<string, unknown>;
  const doers: Readonly<Record<string, (asked: never) => Promise<unknown>>> = {
    ...port,
    createTask: (asked: Parameters<typeof tasks.create>[0]) => tasks.create(asked),
    verify({ base64 }: { readonly base64: string }) {
      photos.push(Buffer.from(base64, "base64"));
      return Promise.resolve({ readable: true, fields: VERIFIED });
    },
    feedback(asked: Feedback) {
      feedback.set(asked.idempotencyKey, asked);
      return Promise.resolve(null);
    },
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const name = request.url?.slice(1) ?? "";
      const asked = JSON.parse(Buffer.concat(chunks).toString()) as Asked;
      calls.set(name, (calls.get(name) ?? 0) + 1);
      const { idempotencyKey: key } = asked;
      if (typeof key === "string") keys.set(name, (keys.get(name) ?? new Set()).add(key));
      const doing = doers[name]?.(asked as never) ?? Promise.reject(new Error(name));
      doing.then(
        async (answer) => {
          if (deadly.delete(name)) {
            await die();
            response.destroy();
          } else response.end(JSON.stringify(answer));
        },
        () => response.writeHead(500).end(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    pms,
    keys,
    calls,
    photos,
    feedback,
    diesAt(names, how) {
      deadly = new Set(names);
      die = how;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
