import { expect, test } from "vitest";
import { run } from "../../adapters/postgres/queryable.js";
import { ConversationError } from "../../src/index.js";

/** What PostgreSQL would make of an error of its own, as the storage throws it. */
const thrownFor = (code: string): Promise<unknown> =>
  run({ query: () => Promise.reject(Object.assign(new Error("no"), { code })) }, "select").catch(
    (error: unknown) => error,
  );

test.each([
  ["57014", "a statement that was cut off for its length", "storage_busy"],
  ["55P03", "a lock that was not had", "storage_busy"],
  ["40001", "a serialisation that was lost", "storage_busy"],
  ["40P01", "a deadlock that comes again and again", "storage_busy"],
  ["08006", "a connection that broke", "storage_unavailable"],
  ["57P01", "a server that shuts down", "storage_unavailable"],
  ["53300", "no connection left", "storage_unavailable"],
  ["53100", "a full disk", "storage_unavailable"],
  ["22021", "what no text can hold", "storage_refused"],
  ["XX000", "a fault of the server", "storage_failed"],
  ["P0001", "what a trigger of the host raises", "storage_failed"],
])("%s, %s, is %s", async (sqlState, _, code) => {
  const error = await thrownFor(sqlState);
  expect(error).toMatchObject({ code, details: { sqlState } });
  expect(ConversationError.is(error) && error.retryable).toBe(
    code === "storage_busy" || code === "storage_unavailable",
  );
});
