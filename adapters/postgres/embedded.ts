import fs from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { ConversationError, type Finding, type Storage } from "../../src/index.js";
import { lockDirectory, type DirectoryLock } from "./directory-lock.js";
import { shiftClock } from "./clock.js";
import type { Queryable } from "./queryable.js";
import { postgresStorage, type PostgresStorageOptions } from "./storage.js";
import { WORKER_SOURCE, type WorkerAnswer } from "./pglite-worker.js";

/** What `embeddedStorage` takes: PostgreSQL inside this process (PGlite), for one process. */
export interface EmbeddedStorageOptions extends PostgresStorageOptions {
  /** The folder that holds the database; made when it is missing, readable by this user only. */
  readonly dataDir: string;
}

/** PostgreSQL inside this process. */
export interface EmbeddedStorage extends Storage {
  /** Moves the desk's clock, for tests and demonstrations. */
  shiftClock(ms: number): Promise<void>;
}

/**
 * PostgreSQL inside this process (PGlite, an optional peer), in a worker thread so that no query holds up a request: for
 * one process and a small hotel. What was acknowledged survives `kill -9`. It does not survive a power cut: PGlite
 * never calls fsync. A directory belongs to one process; a second one is refused with `storage_locked`, also out of another
 * container on the same volume. One that was killed in its container is taken over after ten seconds. Without PGlite
 * installed it does not open: `peer_missing`.
 */
export function embeddedStorage({ dataDir, ...options }: EmbeddedStorageOptions): EmbeddedStorage {
  let engine: Engine | null = null;
  const db: Queryable = {
    query: (text, values) => {
      if (engine === null) return Promise.reject(new ConversationError("not_started"));
      return engine.query(text, values);
    },
  };
  const storage = postgresStorage(db, options);

  async function close(): Promise<void> {
    const ending = engine;
    engine = null;
    await ending?.end();
  }

  return {
    ...storage,
    async open(how) {
      engine ??= await startEngine(dataDir);
      try {
        await storage.open(how);
      } catch (error) {
        // Nobody closes what did not open, and a worker would keep the process alive.
        await close();
        throw error;
      }
    },
    close,
    async enqueue(client, command) {
      // Nobody outside has a transaction in this database: a client is one of another.
      if (client !== null) throw new ConversationError("client_unsupported");
      await storage.enqueue(null, command);
    },
    async examine() {
      const found = (await storage.examine?.()) ?? [];
      // Its settings are a server's, and it keeps none of their promises.
      return [...found.filter(({ check }) => check === "schema"), POWER_LOSS];
    },
    shiftClock: (ms) => shiftClock(db, ms, options),
  };
}

const POWER_LOSS: Finding = {
  check: "pglite.power_loss",
  level: "warning",
  says: "PGlite never calls fsync: what was acknowledged survives the end of the process, not a power cut.",
  advice:
    "Use PostgreSQL where a lost message matters, and copy the data directory elsewhere while the desk is stopped.",
};

export interface Engine extends Queryable {
  end(): Promise<void>;
}

export async function startEngine(dataDir: string): Promise<Engine> {
  const directory = path.resolve(dataDir);
  await fs.mkdir(directory, { recursive: true, mode: 0o700 });
  await fs.chmod(directory, 0o700);
  const lock = await lockDirectory(directory);
  try {
    return await startWorker(path.join(directory, "pglite"), lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function findPGlite(): string {
  try {
    return createRequire(import.meta.url).resolve("@electric-sql/pglite");
  } catch (cause) {
    throw new ConversationError("peer_missing", { package: "@electric-sql/pglite" }, { cause });
  }
}

async function startWorker(dataDir: string, lock: DirectoryLock): Promise<Engine> {
  const module = findPGlite();
  const worker = new Worker(WORKER_SOURCE, { eval: true, workerData: { module, dataDir } });
  const waiting = new Map<number, { resolve: (rows: unknown[]) => void; reject: (error: Error) => void }>();
  let serial = 0;
  let gone: Error | null = null;

  const stopped = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      gone ??= new ConversationError("storage_unavailable");
      for (const { reject } of waiting.values()) reject(gone);
      waiting.clear();
      resolve();
    });
  });
  worker.on("error", (error) => {
    gone = new ConversationError("storage_unavailable", {}, { cause: error });
  });
  lock.lost.addEventListener("abort", () => {
    gone = new ConversationError("storage_locked");
    void worker.terminate();
  });
  worker.on("message", (answer: WorkerAnswer) => {
    const call = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ("rows" in answer) call?.resolve(answer.rows);
    else call?.reject(Object.assign(new Error(answer.error.message), answer.error));
  });

  const ask = (request: { text: string; values?: unknown[] | undefined } | "end"): Promise<unknown[]> =>
    new Promise((resolve, reject) => {
      if (gone !== null) {
        reject(gone);
        return;
      }
      const id = ++serial;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, request });
    });

  await ask({ text: "select 1" });
  return {
    query: async (text, values) => ({ rows: await ask({ text, values }) }),
    async end() {
      try {
        // A worker that is gone already has nothing left to end.
        if (gone === null) await ask("end");
      } finally {
        await worker.terminate();
        await stopped;
        await lock.release();
      }
    },
  };
}
