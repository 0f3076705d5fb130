import type { Storage } from "../../ports/storage.js";
import { aCommand, HOTEL, NUMBER, sendWork } from "./builders.js";
import { aKnownGuest, claim, commit, queued, type Sending } from "./steps.js";

/** WhatsApp took it. */
export const sent = (wamid: string) => ({ kind: "sent", wamid }) as const;

/** How many a number may send in a second; null is no limit. */
export const setPace = (storage: Storage, perSecond: number | null, phoneNumberId = NUMBER, hotelId = HOTEL) =>
  storage.setPaces([{ hotelId, phoneNumberId, perSecond }]);

/** So many guests of one hotel, each with a message that waits. */
export async function flood(storage: Storage, count: number, hotelId = HOTEL): Promise<void> {
  for (let index = 0; index < count; index++) {
    const guest = await aKnownGuest(storage, { hotelId, waId: `120255501${String(10 + index)}` });
    await queued(storage, guest);
  }
}

/** How many outbound lanes a claim gives. */
export const claimed = async (storage: Storage, options: Parameters<typeof claim>[1] = {}): Promise<number> =>
  (await claim(storage, { kind: "outbound", ...options })).lanes.length;

/** Staff send a guest another message. */
export const another = (
  storage: Storage,
  { guest, message }: Pick<Sending, "guest" | "message">,
  id: string,
  urgent = false,
) => commit(storage, aCommand({ work: [{ ...sendWork(message, guest), id, ...(urgent && { urgent }) }] }));
