import type { StorageCase } from "./case.js";
import { claimCases, leaseCases } from "./claim.js";
import { commitCases } from "./commit.js";
import { commitLaneCases } from "./commit-lanes.js";
import { deadWorkCases } from "./dead-work.js";
import { loadCases } from "./load.js";
import { readCases } from "./reads.js";
import { rememberCases } from "./remember.js";
import { sendCases } from "./send.js";
import { statusCases } from "./statuses.js";

/**
 * What every storage keeps, case by case. Run each on an opened, empty storage of its own:
 *
 * ```ts
 * for (const { id, says, run } of storageContract) {
 *   test(`${id}: ${says}`, async () => run(await freshStorage()));
 * }
 * ```
 */
export const storageContract: readonly StorageCase[] = [
  ...rememberCases,
  ...statusCases,
  ...claimCases,
  ...leaseCases,
  ...loadCases,
  ...commitCases,
  ...commitLaneCases,
  ...sendCases,
  ...readCases,
  ...deadWorkCases,
];
