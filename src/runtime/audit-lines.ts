import { z } from "zod";
import type { AuditHead } from "../domain/audit.js";
import { ConversationError } from "../errors.js";
import { verifyAudit, type AuditVerdict } from "./audit-verify.js";
import type { Desk } from "./desk-api.js";

/** What the first line of an exported audit says: the rest is an entry a line. */
const Place = z.object({ n: z.int().min(0), hash: z.string() });
const FirstLine = z.object({ belldeskAudit: z.literal(1), hotelId: z.string(), kept: Place, head: Place });

/**
 * A hotel's audit as JSON lines, each without its end: what is exported, and where it ends; then the entries, in order. Whoever has
 * them, and what an anchor keeps, needs neither the desk nor its database to check them.
 */
export async function* auditLines(
  desk: Pick<Desk, "exportAudit">,
  { hotel }: { readonly hotel: string },
): AsyncGenerator<string> {
  const first = await desk.exportAudit({ hotel });
  const { hotelId, kept, head } = first;
  yield JSON.stringify({ belldeskAudit: 1, hotelId, kept, head } satisfies z.input<typeof FirstLine>);
  for (let { items, nextCursor } = first; ;) {
    // What is sealed meanwhile is another export's.
    for (const entry of items) if (entry.n <= head.n) yield JSON.stringify(entry);
    if (nextCursor === null || (items.at(-1)?.n ?? head.n) >= head.n) return;
    ({ items, nextCursor } = await desk.exportAudit({ hotel, cursor: nextCursor }));
  }
}

/**
 * Whether an exported audit is what was sealed, from its lines alone: pure, a line at a time.
 * @param options.anchors what an anchor keeps of the hotel, in the order in which it came; without it, a chain that was rewritten whole, or cut, holds
 * @param options.keptForMs milliseconds for which entries have to be kept; without it nothing may have been pruned
 * @throws {ConversationError} `request_invalid` for a first line that is none
 */
export async function verifyAuditLines(
  lines: AsyncIterable<string> | Iterable<string>,
  options: {
    readonly anchors?: AsyncIterable<AuditHead> | Iterable<AuditHead>;
    readonly keptForMs?: number;
    /** The time. */
    readonly now: Date;
  },
): Promise<AuditVerdict> {
  const each = (async function* () {
    yield* lines;
  })();
  const { value } = await each.next();
  const first = FirstLine.safeParse(typeof value === "string" ? parsed(value) : null);
  if (!first.success) {
    const message = "the first line of an exported audit";
    throw new ConversationError("request_invalid", { issues: [{ path: "lines.0", message }] });
  }
  const { hotelId, kept, head } = first.data;
  const entries = (async function* () {
    for await (const line of each) if (line.trim() !== "") yield parsed(line);
  })();
  return verifyAudit({ hotelId, kept, head, entries, ...options });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
