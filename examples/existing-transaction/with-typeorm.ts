import type { ConversationManager } from "belldesk";
import type { DataSource } from "typeorm";
import { paid, type Booking } from "./told.ts";

/** As with `pg`: TypeORM's manager of the transaction is the client. */
export const pay = (
  desk: ConversationManager,
  source: DataSource,
  booking: Booking,
  check?: () => Promise<void>,
): Promise<void> =>
  source.transaction(async (manager) => {
    await manager.query("update bookings set paid = true where id = $1", [booking.id]);
    await desk.enqueue(manager, paid(booking));
    await check?.();
  });
