import type { StorageCase } from "./case.js";
import { claimCases, leaseCases } from "./claim.js";
import { commitCases } from "./commit.js";
import { commitGuestCases } from "./commit-guest.js";
import { commitLaneCases } from "./commit-lanes.js";
import { commitNumberCases } from "./commit-numbers.js";
import { commitOnceCases } from "./commit-once.js";
import { conversationCases } from "./conversations.js";
import { deadWorkCases } from "./dead-work.js";
import { keptCases } from "./kept.js";
import { loadCases } from "./load.js";
import { readCases } from "./reads.js";
import { rememberCases } from "./remember.js";
import { rememberGuestCases } from "./remember-guest.js";
import { sendCases } from "./send.js";
import { sendAgainCases } from "./send-again.js";
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
  ...rememberGuestCases,
  ...statusCases,
  ...claimCases,
  ...leaseCases,
  ...loadCases,
  ...commitCases,
  ...commitOnceCases,
  ...commitLaneCases,
  ...commitNumberCases,
  ...commitGuestCases,
  ...sendCases,
  ...sendAgainCases,
  ...conversationCases,
  ...readCases,
  ...deadWorkCases,
  ...keptCases,
];
