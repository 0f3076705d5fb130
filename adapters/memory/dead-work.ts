import type { AuditEntry, DeadWork, Page, PagePoint, Reach } from "../../src/index.js";
import { reaches } from "../../src/index.js";
import { enqueue } from "./lanes.js";
import { page } from "./reads.js";
import { writeAudit, type DeadItem, type HotelMemory, type Memory } from "./state.js";

/** Dead work within reach, newest first. It has no department, so only reach over the whole hotel sees it. */
export function dead(
  memory: Memory,
  { reach, before, limit }: { readonly reach: Reach; readonly before: PagePoint | null; readonly limit: number },
): Page<DeadWork> {
  const seen = [...memory.hotels.values()].filter(({ id }) => reaches(reach, id, null));
  const all = seen.flatMap(({ deadWork }) => [...deadWork.values()].map((item) => item.dead));
  return page(all, ({ deadAt, id }) => ({ at: deadAt, id }), before, limit);
}

/** Puts dead work at the end of its lane again, as if never tried. */
export function replay(
  memory: Memory,
  {
    reach,
    workId,
    audit,
  }: { readonly reach: Reach; readonly workId: string; readonly audit: Omit<AuditEntry, "hotelId" | "at"> },
): boolean {
  const found = findDead(memory, workId);
  if (found === null || !reaches(reach, found.hotel.id, null)) return false;
  const now = memory.clock.now();
  const {
    hotel,
    dead: { lane, item },
  } = found;
  hotel.deadWork.delete(workId);
  enqueue(hotel, lane, { ...item, attempts: 0 }, now);
  writeAudit(hotel, { ...audit, hotelId: hotel.id, at: now });
  return true;
}

function findDead(memory: Memory, workId: string): { readonly hotel: HotelMemory; readonly dead: DeadItem } | null {
  for (const hotel of memory.hotels.values()) {
    const dead = hotel.deadWork.get(workId);
    if (dead !== undefined) return { hotel, dead };
  }
  return null;
}
