/**
 * What every verb's function is set to.
 *
 * Plans are made from the batch to the tables, key by key. The desk's tables begin empty and fill within minutes, faster than
 * statistics follow; a plan made for an empty table would scan the full one for as long as the connection lives. So joins run
 * in the order they are written, a batch before the table it is looked up in. That is one plan whatever the batch, so it is made once a
 * connection: made for a batch, it would read the batch's JSON while it is made, and copy it, and then read it again.
 *
 * And none waits longer for a lock than its caller for it: a statement that was given up would go on waiting, and each one
 * that is asked anew would wait beside it.
 */
export const VERB =
  "set lock_timeout to '5s' set join_collapse_limit to 1 set from_collapse_limit to 1 set enable_seqscan to off set enable_hashjoin to off set enable_mergejoin to off set jit to off set plan_cache_mode to force_generic_plan";

/**
 * A list of a batch, as a table `x` with the hotel in it. The fence keeps the planner from comparing a table's hotel with
 * the verb's parameter, by which it would read all that the hotel has and look up the batch in that.
 */
export const rowsOf = (list: string, columns: string): string =>
  `(select hotel as hotel, r.* from json_to_recordset(${list}) as r(${columns}) offset 0) x`;

/** When the first of the timers that stand in a lane comes due. */
export const nextTimer = (schema: string, lane: string): string => `(
                 select min(coalesce(w.due_at, '-infinity')) from ${schema}.work w
                  where w.hotel_id = ${lane}.hotel_id and w.kind = 'timer' and w.phone_number_id = ${lane}.phone_number_id
                    and w.guest_id = ${lane}.guest_id and w.dead_at is null)`;
