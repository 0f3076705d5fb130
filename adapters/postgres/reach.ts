import type { Reach } from "../../src/index.js";
import { soughtJson } from "./queryable.js";

/**
 * The hotels within reach, `$1`, each with the departments (null: all), as the first part of a `with`. Every read begins
 * here and goes on from hotel to hotel, because every index begins with the hotel: no read looks at what is out of reach,
 * or at a whole table.
 */
export const reachedHotels = (schema: string): string => `reached as materialized (
           select h.hotel_id, null::json as departments from ${schema}.hotel_counters h where $1::json is null
            union all
           select x.hotel, x.departments from json_to_recordset($1::json) as x(hotel text, departments json)
         )`;

/** null reaches everything; else `[{ hotel, departments }]`, where `departments: null` are all of them. */
export const reachJson = (reach: Reach): string | null =>
  reach === "everything"
    ? null
    : soughtJson(
        [...reach.hotels].map(([hotel, departments]) => ({
          hotel,
          departments: departments === "all" ? null : departments,
        })),
      );
