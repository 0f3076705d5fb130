import type { StorageCase } from "./case.js";
import { amendmentCases } from "./amendments.js";
import { auditChainCases } from "./audit-chain.js";
import { attachmentCases } from "./attachments.js";
import { keptAttachmentCases } from "./kept-attachments.js";
import { claimCases, leaseCases } from "./claim.js";
import { commitAddressCases } from "./commit-addresses.js";
import { commitGuestCases } from "./commit-guest.js";
import { commitLaneCases } from "./commit-lanes.js";
import { commitNumberCases } from "./commit-numbers.js";
import { commitOnceCases } from "./commit-once.js";
import { commitCases } from "./commit.js";
import { consentCases } from "./consents.js";
import { refusalCases } from "./refusals.js";
import { rejectionCases } from "./rejections.js";
import { conversationCases } from "./conversations.js";
import { listCases } from "./lists.js";
import { searchCases } from "./search.js";
import { deadWorkCases } from "./dead-work.js";
import { deskWorkCases } from "./desk-work.js";
import { echoCases } from "./echoes.js";
import { flowCases } from "./flows.js";
import { guestCases } from "./guests.js";
import { guestReachCases } from "./guest-reach.js";
import { commandCases, consumerCases } from "./host.js";
import { importedCases } from "./imported.js";
import { keptCases } from "./kept.js";
import { liveCases } from "./live.js";
import { loadCases } from "./load.js";
import { mergedLoadCases } from "./merged-loads.js";
import { mergeCases } from "./merges.js";
import { noteCases } from "./notes.js";
import { operatorEventCases } from "./operator-events.js";
import { examineStorageCases } from "./examine.js";
import { pulseCases } from "./pulse.js";
import { erasureCases } from "./erasure.js";
import { personalDataCases } from "./personal-data.js";
import { retentionCases } from "./retention.js";
import { readCases } from "./reads.js";
import { recipientCases } from "./recipients.js";
import { remarkCases } from "./remarks.js";
import { savedReplyCases } from "./saved-replies.js";
import { rememberGuestCases } from "./remember-guest.js";
import { rememberIdentityCases } from "./remember-identity.js";
import { rememberCases } from "./remember.js";
import { reportCases } from "./reports.js";
import { reprocessCases } from "./reprocess.js";
import { sendAgainCases } from "./send-again.js";
import { sendWindowCases } from "./send-window.js";
import { paceCases } from "./paces.js";
import { senderCases } from "./senders.js";
import { sendCases } from "./send.js";
import { stayCases } from "./stays.js";
import { statusCases } from "./statuses.js";
import { templateCases } from "./templates.js";
import { timerCases } from "./timers.js";
import { timesCases } from "./times.js";
import { translationCases } from "./translations.js";

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
  ...rememberIdentityCases,
  ...reprocessCases,
  ...statusCases,
  ...reportCases,
  ...claimCases,
  ...leaseCases,
  ...loadCases,
  ...mergedLoadCases,
  ...guestCases,
  ...recipientCases,
  ...commitCases,
  ...commitOnceCases,
  ...commitLaneCases,
  ...commitNumberCases,
  ...commitGuestCases,
  ...commitAddressCases,
  ...mergeCases,
  ...amendmentCases,
  ...attachmentCases,
  ...keptAttachmentCases,
  ...translationCases,
  ...consentCases,
  ...rejectionCases,
  ...refusalCases,
  ...importedCases,
  ...echoCases,
  ...sendCases,
  ...sendWindowCases,
  ...paceCases,
  ...senderCases,
  ...sendAgainCases,
  ...remarkCases,
  ...conversationCases,
  ...listCases,
  ...searchCases,
  ...readCases,
  ...guestReachCases,
  ...noteCases,
  ...deadWorkCases,
  ...operatorEventCases,
  ...keptCases,
  ...templateCases,
  ...deskWorkCases,
  ...timerCases,
  ...flowCases,
  ...stayCases,
  ...timesCases,
  ...commandCases,
  ...consumerCases,
  ...savedReplyCases,
  ...liveCases,
  ...pulseCases,
  ...examineStorageCases,
  ...auditChainCases,
  ...erasureCases,
  ...personalDataCases,
  ...retentionCases,
];
