import { localFiles } from "../../adapters/local-files/index.js";
import { aPng } from "../support/files.js";
import type { Cluster } from "./cluster.js";

/** What a guest's phone sends: each its own picture. */
export const photoOf = (phone: string): Buffer => aPng(Number(phone.slice(-7)), 16, 16);

/**
 * What is wrong with the files of these guests: each is there, and whole, as its row says. What lies in the store and is named by no row yet is nobody's, and is removed after an hour.
 */
export async function filesWrong(
  { pool }: Cluster,
  dir: string,
  phones: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await pool.query<{ phone: string; state: string | null; file_id: string | null; tells: number }>(
    `select a.value as phone, t.state, t.file_id,
            (select count(*) from belldesk.events e
              where e.hotel_id = a.hotel_id and e.body like '%"message.attachment"%' and e.body like '%' || t.id || '%')::int as tells
       from belldesk.guest_addresses a
       left join belldesk.attachments t on t.hotel_id = a.hotel_id and t.guest_id = a.guest_id
      where a.kind = 'waId' and a.value = any ($1)`,
    [phones],
  );
  const store = localFiles({ folder: dir });
  const wrong: string[] = [];
  if (rows.length !== phones.length) wrong.push(`files ${String(rows.length)} of ${String(phones.length)}`);
  for (const { phone, state, file_id: id, tells } of rows) {
    if (state !== "stored" || id === null || tells !== 1) {
      wrong.push(`a file is ${String(state)}, told ${String(tells)} times`);
      continue;
    }
    const file = await store.open({ hotelId: "grand", id });
    const pieces: Uint8Array[] = [];
    for await (const piece of file?.bytes ?? []) pieces.push(piece);
    if (!Buffer.concat(pieces).equals(photoOf(phone))) wrong.push("a row names a file that is not there, or not whole");
  }
  await store.close?.();
  return wrong;
}
