import { setTimeout as delay } from "node:timers/promises";
import type { Cluster } from "./cluster.js";
import type { GuestPlan } from "./plan.js";

/** Milliseconds between two looks. */
const EVERY_MS = 200;

type Who = Pick<GuestPlan, "phone" | "hotel">;

/** What hundreds of guests wait for at once. */
export interface Looks {
  /** They have answered what the flow asked, and it knows. */
  readonly isThrough: (who: Who) => Promise<string>;
  /** The guest's open conversation with reception, once there is one. @returns its id */
  readonly conversationOf: (who: Who) => Promise<string>;
}

/**
 * Asks the database for all who wait with one statement: each for themselves, they would keep it from the work that they wait for.
 * @param forMs after which what has not come about never will
 */
export function looks({ pool }: Pick<Cluster, "pool">, forMs: number): Looks {
  const asked = (join: string) => async (who: readonly Who[]) => {
    const { rows } = await pool.query<{ hotel: string; phone: string; id: string }>(
      `select a.hotel_id as hotel, a.value as phone, x.id
         from json_to_recordset($1) as w(hotel text, phone text)
         join belldesk.guest_addresses a on a.hotel_id = w.hotel and a.kind = 'waId' and a.value = w.phone
         join ${join}`,
      [JSON.stringify(who)],
    );
    return new Map(rows.map(({ hotel, phone, id }) => [keyOf({ hotel, phone }), id]));
  };
  return {
    isThrough: together(
      asked("belldesk.flow_runs x on x.hotel_id = a.hotel_id and x.guest_id = a.guest_id and x.ended_at is not null"),
      forMs,
    ),
    conversationOf: together(
      asked(`belldesk.conversations x on x.hotel_id = a.hotel_id and x.guest_id = a.guest_id
               and x.department_id = 'reception' and x.status = 'open'`),
      forMs,
    ),
  };
}

const keyOf = ({ hotel, phone }: { readonly hotel: string; readonly phone: string }): string => `${hotel} ${phone}`;

interface Waiting {
  readonly who: Who;
  readonly until: number;
  readonly resolve: (id: string) => void;
  readonly reject: (error: Error) => void;
}

function together(
  ask: (who: readonly Who[]) => Promise<ReadonlyMap<string, string>>,
  forMs: number,
): (who: Who) => Promise<string> {
  const waiting = new Map<string, Waiting>();
  let isLooking = false;

  async function look(): Promise<void> {
    isLooking = true;
    while (waiting.size > 0) {
      // While the database is away, nobody is told anything.
      const found = await ask([...waiting.values()].map(({ who }) => who)).catch(() => new Map<string, string>());
      const now = performance.now();
      for (const [key, { until, resolve, reject }] of waiting) {
        const id = found.get(key);
        if (id !== undefined) resolve(id);
        else if (now > until) reject(new Error("what had to come about did not"));
        else continue;
        waiting.delete(key);
      }
      await delay(EVERY_MS);
    }
    isLooking = false;
  }

  return (who) =>
    new Promise((resolve, reject) => {
      waiting.set(keyOf(who), { who, until: performance.now() + forMs, resolve, reject });
      if (!isLooking) void look();
    });
}
