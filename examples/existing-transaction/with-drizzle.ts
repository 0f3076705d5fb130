import type { ConversationManager } from "belldesk";
import { eq } from "drizzle-orm";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import { boolean, pgTable, text } from "drizzle-orm/pg-core";
import { paid, type Booking } from "./told.ts";

const bookings = pgTable("bookings", { id: text().primaryKey(), paid: boolean().notNull() });

/** As with `pg`: Drizzle's transaction is the client. */
export const pay = (
  desk: ConversationManager,
  db: NodePgDatabase,
  booking: Booking,
  check?: () => Promise<void>,
): Promise<void> =>
  db.transaction(async (tx) => {
    await tx.update(bookings).set({ paid: true }).where(eq(bookings.id, booking.id));
    await desk.enqueue(tx, paid(booking));
    await check?.();
  });
