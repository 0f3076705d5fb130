import type { Page, PagePoint, Reach } from "belldesk";
import { list, IN, type Sql } from "./documents.ts";

/** What `reaches()` of belldesk says of a row's hotel and department, as a condition. A guest's reach is asked for by whose it is. */
export function within(reach: Reach, department = "departmentId"): Sql {
  if (reach === "everything") return { sql: "true", values: [] };
  if ("guest" in reach) return { sql: "false", values: [] };
  const hotels = [...reach.hotels];
  const all = hotels.flatMap(([id, departments]) => (departments === "all" ? [id] : []));
  const some = hotels.flatMap(([id, departments]) => (departments === "all" ? [] : [{ id, departments }]));
  return {
    sql: `(hotelId ${IN}${some.map(() => ` or (hotelId = ? and ${department} ${IN})`).join("")})`,
    values: [list(all), ...some.flatMap(({ id, departments }) => [id, list(departments)])],
  };
}

/** What has no department is within reach over the whole hotel alone. */
export const withinHotels = (reach: Reach): Sql => within(reach, "null");

/** Whether anything of a hotel is within reach of staff. */
export const touches = (reach: Reach, hotelId: string): boolean =>
  reach === "everything" || ("hotels" in reach && reach.hotels.has(hotelId));

/** What comes strictly after a point in falling order, and the order. */
export const fallingFrom = (before: PagePoint | null, at: string, id = "id"): Sql => ({
  sql: `${before === null ? "true" : `(${at}, ${id}) < (?, ?)`} order by ${at} desc, ${id} desc limit ?`,
  values: before === null ? [] : [before.at, before.id],
});

/** A page of what was asked for with one more than fits. */
export function paged<T, P>(found: readonly T[], limit: number, pointOf: (item: T) => P): Page<T, P> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: found.length > limit && last !== undefined ? pointOf(last) : null };
}
