/** What the worker answers to one request. */
export type WorkerAnswer =
  | { readonly id: number; readonly rows: unknown[] }
  | {
      readonly id: number;
      readonly error: { readonly message: string; readonly code?: string; readonly constraint?: string };
    };

/**
 * The worker's code, as text: it runs the same from the sources and from either build, with no file beside them.
 * A call without parameters may hold several statements; PGlite runs them as one transaction.
 */
export const WORKER_SOURCE = `
const { parentPort, workerData } = require("node:worker_threads");
const { PGlite } = require(workerData.module);
const open = PGlite.create(workerData.dataDir, { parsers: { 20: String } });
let last = open;
parentPort.on("message", ({ id, request }) => {
  last = last.then(async () => {
    const db = await open;
    try {
      if (request === "end") {
        await db.close();
        parentPort.postMessage({ id, rows: [] });
      } else if (request.values === undefined || request.values.length === 0) {
        const results = await db.exec(request.text);
        parentPort.postMessage({ id, rows: results.length === 0 ? [] : results[results.length - 1].rows });
      } else {
        parentPort.postMessage({ id, rows: (await db.query(request.text, request.values)).rows });
      }
    } catch (error) {
      const { message, code, constraint } = error;
      parentPort.postMessage({ id, error: { message, code, constraint } });
    }
  });
});
`;
