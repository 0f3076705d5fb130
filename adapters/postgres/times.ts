import { SCORES, type Durations, type RatingOf, type Storage, type TimesOf } from "../../src/index.js";
import { run, sought } from "./queryable.js";
import { inDepartment, reachedHotels, reachJson } from "./reach.js";
import type { Reader } from "./row-security.js";

interface Row {
  hotel_id: string | null;
  department_id: string | null;
  staff_id: string | null;
  /** By which of them a row counts: 7 for none, 1 for departments, 2 for staff. */
  by: number;
  firstresponse: DurationsRow;
  resolution: DurationsRow;
  waiting: string | number;
  unanswered: string | number;
  surveyed: string | number;
  rated: string | number;
  average: number | null;
  scores: RatingOf["scores"];
}

interface DurationsRow {
  count: number;
  mean: number | null;
  median: number | null;
  p90: number | null;
}

/** How long answers and resolutions took: one statement, which reads what ended in the period and who waits now. */
export function timesReads(within: Reader, schema: string): Pick<Storage, "times"> {
  /** In whole milliseconds. */
  const durations = (kind: string) => {
    const only = `filter (where kind = '${kind}')`;
    const percentile = (of: number) => `floor(percentile_cont(${String(of)}) within group (order by ms) ${only} + 0.5)`;
    return `json_build_object('count', count(*) ${only}, 'mean', floor(avg(ms) ${only} + 0.5),
                  'median', ${percentile(0.5)}, 'p90', ${percentile(0.9)}) as ${kind}`;
  };

  return {
    async times({ reach, hotelId, departmentId, staffId, from, to }) {
      const rows = await run<Row>(
        within(reach),
        `with ${reachedHotels(schema)}, facts as (
           select r.hotel_id, t.department_id, t.staff_id, t.kind, t.ms, t.unanswered, t.score
             from reached r
            cross join lateral (
              select t.department_id, t.staff_id, t.kind, coalesce(t.open_ms, extract(epoch from t.at - t.since) * 1000)::float8 as ms, t.unanswered, rated.score
                from ${schema}.timings t
                left join lateral (
                  select s.score from ${schema}.timings s
                   where t.kind = 'surveyed' and s.hotel_id = t.hotel_id and s.conversation_id = t.conversation_id
                     and s.episode = t.episode and s.kind = 'rated'
                ) rated on true
               where t.hotel_id = r.hotel_id and t.at >= $5 and t.at < $6 and t.kind <> 'rated'
                 and ${inDepartment("t.department_id")}
               union all
              select c.department_id, c.assignee_id, 'waiting', null, true, null
                from ${schema}.conversations c
               where c.hotel_id = r.hotel_id and c.status = 'open' and c.answered_at is null
                 and c.asked_at >= $5 and c.asked_at < $6 and ${inDepartment("c.department_id")}
            ) t
            where ($2::text is null or r.hotel_id = $2) and ($3::text is null or t.department_id = $3)
              and ($4::text is null or t.staff_id = $4)
         )
         select hotel_id, department_id, staff_id, grouping(hotel_id, department_id, staff_id) as by,
                ${durations("firstResponse")}, ${durations("resolution")},
                count(*) filter (where kind = 'waiting') as waiting,
                count(*) filter (where kind = 'resolution' and unanswered) as unanswered,
                count(*) filter (where kind = 'surveyed') as surveyed, count(score) as rated, round(avg(score), 2)::float8 as average,
                json_build_array(${SCORES.map((score) => `count(*) filter (where score = ${String(score)})`).join(", ")}) as scores
           from facts
          group by grouping sets ((), (hotel_id, department_id), (hotel_id, staff_id))`,
        [
          reachJson(reach),
          hotelId === null ? null : sought(hotelId),
          departmentId === null ? null : sought(departmentId),
          staffId === null ? null : sought(staffId),
          from,
          to,
        ],
      );
      const [all] = rows.filter(({ by }) => by === 7);
      return {
        all: all === undefined ? NOTHING : timesOf(all),
        departments: rows.flatMap((row) =>
          row.by === 1 && row.hotel_id !== null
            ? [{ hotelId: row.hotel_id, departmentId: row.department_id, ...timesOf(row) }]
            : [],
        ),
        staff: rows.flatMap((row) =>
          row.by === 2 && row.hotel_id !== null && row.staff_id !== null
            ? [{ hotelId: row.hotel_id, staffId: row.staff_id, ...timesOf(row) }]
            : [],
        ),
      };
    },
  };
}

const timesOf = ({ firstresponse, resolution, waiting, unanswered, ...row }: Row): TimesOf => ({
  firstResponse: durationsOf(firstresponse),
  resolution: durationsOf(resolution),
  waiting: Number(waiting),
  rating: {
    asked: Number(row.surveyed),
    answered: Number(row.rated),
    average: row.average,
    scores: row.scores,
  },
  resolvedUnanswered: Number(unanswered),
});

const durationsOf = ({ count, mean, median, p90 }: DurationsRow): Durations => ({
  count,
  meanMs: mean,
  medianMs: median,
  p90Ms: p90,
});

const NONE: Durations = { count: 0, meanMs: null, medianMs: null, p90Ms: null };
const NOTHING: TimesOf = {
  firstResponse: NONE,
  resolution: NONE,
  rating: { asked: 0, answered: 0, average: null, scores: [0, 0, 0, 0, 0] },
  waiting: 0,
  resolvedUnanswered: 0,
};
