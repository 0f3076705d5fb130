import { ConversationError, type Storage } from "../../src/index.js";
import { run, sought, soughtJson } from "./queryable.js";
import { reachJson } from "./reach.js";
import type { Reader } from "./row-security.js";
import { date, guestOf, guestStateOf, type GuestRow, type GuestStateRow } from "./rows.js";

/** What is read about guests themselves, in one statement each. */
export function guestReads(within: Reader, schema: string): Pick<Storage, "loadGuests" | "findGuests"> {
  return {
    async loadGuests({ reach, guestIds }) {
      const rows = await run<{ now: Date; state: GuestStateRow | null }>(
        within(reach),
        `select ${schema}.desk_now() as now, g.state
           from (select 1) one left join ${schema}.load_guests_1($1, $2) g on true order by g.ord`,
        [reachJson(reach), soughtJson(guestIds)],
      );
      const [first] = rows;
      if (first === undefined) throw new ConversationError("storage_failed");
      const guests = guestIds.map((_, index) => rows[index]?.state ?? null);
      return { now: date(first.now), guests: guests.map((state) => (state === null ? null : guestStateOf(state))) };
    },

    async findGuests({ reach, hotelId, addresses }) {
      const json = addresses.map(({ kind, value }) => ({ kind, value }));
      const rows = await run<{ guest: GuestRow }>(
        within(reach),
        `select guest from ${schema}.find_guests_1($1, $2, $3)`,
        [reachJson(reach), sought(hotelId), soughtJson(json)],
      );
      return rows.map(({ guest }) => guestOf(guest));
    },
  };
}
