import type { ConversationManager } from "belldesk";
import type { Knex } from "knex";
import { paid, type Booking } from "./told.ts";

/** As with `pg`: Knex's transaction is the client. */
export const pay = (
  desk: ConversationManager,
  knex: Knex,
  booking: Booking,
  check?: () => Promise<void>,
): Promise<void> =>
  knex.transaction(async (trx) => {
    await trx("bookings").where({ id: booking.id }).update({ paid: true });
    await desk.enqueue(trx, paid(booking));
    await check?.();
  });
