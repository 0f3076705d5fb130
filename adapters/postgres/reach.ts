import type { GuestReach, Reach } from "../../src/index.js";
import { soughtJson } from "./queryable.js";

/**
 * The hotels within reach, `$1`, each with the departments (null: all) or the guests who are one person, as the first part of
 * a `with`. What looks at departments alone shows a guest nothing. Every read begins
 * here and goes on from hotel to hotel, because every index begins with the hotel: no read looks at what is out of reach,
 * or at a whole table.
 */
export const reachedHotels = (schema: string): string => `reached as materialized (
           select h.hotel_id, null::json as departments, null::text[] as guests from ${schema}.hotel_counters h where $1::json is null
            union all
           select x.hotel, x.departments,
                  case when x.guest is not null then ${schema}.together_1(x.hotel, ${schema}.root_1(x.hotel, x.guest)) end
             from json_to_recordset($1::json) as x(hotel text, departments json, guest text)
         )`;

/** Whether what stands in a department is within reach `r` by that. */
export const inDepartment = (department: string): string =>
  `(r.departments is null or ${department} in (select json_array_elements_text(r.departments)))`;

/** null reaches everything; else `[{ hotel, departments, guest? }]`, where `departments: null` are all of them. */
export const reachJson = (reach: Reach): string | null =>
  reach === "everything"
    ? null
    : "guest" in reach
      ? soughtJson([{ hotel: reach.guest.hotelId, departments: [], guest: reach.guest.id }])
      : soughtJson(
          [...reach.hotels].map(([hotel, departments]) => ({
            hotel,
            departments: departments === "all" ? null : departments,
          })),
        );

/** Whether it is a guest's own. */
export const isGuestReach = (reach: Reach): reach is GuestReach => reach !== "everything" && "guest" in reach;
