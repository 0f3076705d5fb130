import { localFiles } from "../../adapters/local-files/index.js";
import { aPng } from "../support/files.js";
import type { Cluster } from "./cluster.js";
import type { Photo } from "./plan.js";

/** What a guest's phone sends: each its own picture. */
export const photoOf = (phone: string): Buffer => aPng(Number(phone.slice(-7)), 16, 16);

/** Who sent which photo to which hotel. */
export interface Photographed {
  readonly phone: string;
  readonly hotelId: string;
  readonly photo: Photo;
}

/**
 * What is wrong with the photos of these guests: an honest one is there, and whole, as its row says; one that is not what their phone said is
 * refused, and nothing of it is kept. What lies in the store and is named by no row yet is nobody's, and is removed after an hour.
 */
export async function filesWrong(
  { pool }: Pick<Cluster, "pool">,
  dir: string,
  sent: readonly Photographed[],
): Promise<readonly string[]> {
  const { rows } = await pool.query<{
    hotel: string;
    phone: string;
    state: string | null;
    reason: string | null;
    file_id: string | null;
    tells: number;
  }>(
    `select a.hotel_id as hotel, a.value as phone, t.state, t.reason, t.file_id,
            (select count(*) from belldesk.events e
              where e.hotel_id = a.hotel_id and e.body like '%"message.attachment"%' and e.body like '%' || t.id || '%')::int as tells
       from belldesk.guest_addresses a
       left join belldesk.attachments t on t.hotel_id = a.hotel_id and t.guest_id = a.guest_id
      where a.kind = 'waId' and a.value = any ($1)`,
    [sent.map(({ phone }) => phone)],
  );
  const photoBy = new Map(sent.map(({ hotelId, phone, photo }) => [`${hotelId} ${phone}`, photo]));
  const store = localFiles({ folder: dir });
  const wrong: string[] = [];
  if (rows.length !== sent.length) wrong.push(`files ${String(rows.length)} of ${String(sent.length)}`);
  for (const { hotel, phone, state, reason, file_id: id, tells } of rows) {
    const photo = photoBy.get(`${hotel} ${phone}`);
    if (photo === undefined) continue;
    if (
      state !== (photo === "honest" ? "stored" : "refused") ||
      (id === null) !== (photo !== "honest") ||
      tells !== 1
    ) {
      wrong.push(`a photo (${photo}) is ${String(state)} (${String(reason)}), told ${String(tells)} times`);
      continue;
    }
    if (id === null) continue;
    const file = await store.open({ hotelId: hotel, id });
    const pieces: Uint8Array[] = [];
    for await (const piece of file?.bytes ?? []) pieces.push(piece);
    if (!Buffer.concat(pieces).equals(photoOf(phone))) wrong.push("a row names a file that is not there, or not whole");
  }
  await store.close?.();
  return wrong;
}
