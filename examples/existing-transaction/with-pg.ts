import type { ConversationManager } from "belldesk";
import type { Pool } from "pg";
import { paid, type Booking } from "./told.ts";

/** The booking is paid and the guest is told, or neither. @param check throws what keeps it from being paid */
export async function pay(
  desk: ConversationManager,
  pool: Pool,
  booking: Booking,
  check?: () => Promise<void>,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("update bookings set paid = true where id = $1", [booking.id]);
    await desk.enqueue(client, paid(booking)); // one row, with this client, and nothing else
    await check?.();
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}
