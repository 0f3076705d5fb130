import type { Storage } from "../../src/index.js";
import { run, sought } from "./queryable.js";
import { reachJson } from "./reach.js";
import type { Reader } from "./row-security.js";
import { consentOf, type ConsentRow } from "./rows.js";

/** What guests said about offers, in one statement. */
export function consentReads(within: Reader, schema: string): Pick<Storage, "consents"> {
  return {
    async consents({ reach, guestId }) {
      const [row] = await run<{ consents: ConsentRow[] }>(
        within(reach),
        `select consents from ${schema}.load_consents_1($1, $2)`,
        [reachJson(reach), sought(guestId)],
      );
      return row?.consents.map(consentOf) ?? null;
    },
  };
}
