import { pauseSenders, resume, senders, setPaces } from "./senders.js";
import { ConversationError, systemClock, type Clock, type Finding, type Storage } from "../../src/index.js";
import {
  addAttachment,
  attachment,
  attachmentsKeptFor,
  changeAttachment,
  forgetDue,
  knownFiles,
  loadAttachments,
  putUpload,
  settleAttachment,
  upload,
} from "./attachments.js";
import { auditAnchored, auditToAnchor, auditToSeal, sealAudit, sealedAudit } from "./audit-chain.js";
import { commit } from "./commit.js";
import { copy } from "./copy.js";
import { consents } from "./consents.js";
import { mentions, newestInbound, participants } from "./staff.js";
import { claimEvents, consumers, forgetConsumer, moveConsumer, openConsumer } from "./consumers.js";
import { dead, replay } from "./dead-work.js";
import { findGuests, loadGuests } from "./guests.js";
import { claim, enqueueCommand, fail, release, renew } from "./lanes.js";
import { heads, news, revocations, revoke, snapshot } from "./live.js";
import { loadChats, loadConversation, loadSends } from "./loads.js";
import {
  audit,
  auditEntries,
  conversations,
  counters,
  events,
  kept,
  loadStaff,
  message,
  messages,
  operatorEvents,
} from "./reads.js";
import { flowRecord } from "./flow-record.js";
import { strayRuns } from "./runs.js";
import { loadStay, loadTask, staysOf, staysOn, tasksOf } from "./stays.js";
import { remember } from "./remember.js";
import { rawItems, reprocess } from "./reprocess.js";
import { search, searchGuests } from "./search.js";
import { loadRecipient } from "./recipients.js";
import { applyStatuses, intend, settle } from "./statuses.js";
import { deleteSavedReply, putSavedReply, savedReplies, savedReply } from "./saved-replies.js";
import type { Memory } from "./state.js";
import { pulse } from "./pulse.js";
import { putTemplates, templates } from "./templates.js";
import { times } from "./times.js";
import { putTranslation } from "./translations.js";

import {
  beginErasure,
  continueErasure,
  countErasure,
  erasures,
  reapplyErasure,
  unfinishedErasures,
} from "./erasure.js";
import { personalData } from "./personal-data.js";
import { prune } from "./prune.js";

export { memoryMediaStore } from "./media-store.js";
export type { MemoryMediaStoreOptions } from "./media-store.js";
export { memoryBus, memoryRealtime } from "./realtime.js";
export type { BusWeather, MemoryBus } from "./realtime.js";

/** What `memoryStorage` takes; nothing has to be given. */
export interface MemoryStorageOptions {
  /** What the storage takes for the database's clock; the system's by default. */
  readonly clock?: Clock;
}

/**
 * A storage in this process's memory: for tests, gone when the process ends. It is also the reference: read it to write
 * your own, and prove yours with `storageContract` of `belldesk/testing`.
 *
 * Every verb is one function that runs without a pause, which is what makes it atomic here; a database takes a
 * transaction or a single statement for it.
 */
export function memoryStorage({ clock = systemClock }: MemoryStorageOptions = {}): Storage {
  const memory: Memory = { clock, hotels: new Map(), consumers: new Map(), revocations: [] };

  /** Values are copied on their way in and out, as a database would, so that nobody shares state with the storage. */
  const verb =
    <Args extends unknown[], Result>(run: (memory: Memory, ...args: Args) => Result) =>
    (...args: Args): Promise<Result> =>
      new Promise((resolve) => {
        resolve(copy(run(memory, ...copy(args))));
      });

  return {
    open: () => Promise.resolve(),
    close: () => Promise.resolve(),
    examine: () => Promise.resolve([GONE]),
    remember: verb(remember),
    reprocess: verb(reprocess),
    rawItems: verb(rawItems),
    applyStatuses: verb(applyStatuses),
    claim: verb(claim),
    renew: verb(renew),
    release: verb(release),
    enqueue: (client, command) =>
      client === null ? verb(enqueueCommand)(command) : Promise.reject(new ConversationError("client_unsupported")),
    loadChats: verb(loadChats),
    loadConversation: verb(loadConversation),
    loadSends: verb(loadSends),
    loadStaff: verb(loadStaff),
    loadGuests: verb(loadGuests),
    loadRecipient: verb(loadRecipient),
    findGuests: verb(findGuests),
    consents: verb(consents),
    commit: verb(commit),
    intend: verb(intend),
    settle: verb(settle),
    fail: verb(fail),
    setPaces: verb(setPaces),
    pauseSenders: verb(pauseSenders),
    resume: verb(resume),
    senders: verb(senders),
    putTemplates: verb(putTemplates),
    templates: verb(templates),
    savedReplies: verb(savedReplies),
    savedReply: verb(savedReply),
    putSavedReply: verb(putSavedReply),
    deleteSavedReply: verb(deleteSavedReply),
    conversations: verb(conversations),
    counters: verb(counters),
    times: verb(times),
    search: verb(search),
    searchGuests: verb(searchGuests),
    messages: verb(messages),
    message: verb(message),
    participants: verb(participants),
    newestInbound: verb(newestInbound),
    mentions: verb(mentions),
    events: verb(events),
    openConsumer: verb(openConsumer),
    claimEvents: verb(claimEvents),
    moveConsumer: verb(moveConsumer),
    forgetConsumer: verb(forgetConsumer),
    consumers: verb(consumers),
    snapshot: verb(snapshot),
    news: verb(news),
    heads: verb(heads),
    revoke: verb(revoke),
    revocations: verb(revocations),
    attachmentsKeptFor: verb(attachmentsKeptFor),
    loadAttachments: verb(loadAttachments),
    settleAttachment: verb(settleAttachment),
    addAttachment: verb(addAttachment),
    attachment: verb(attachment),
    changeAttachment: verb(changeAttachment),
    forgetDue: verb(forgetDue),
    knownFiles: verb(knownFiles),
    upload: verb(upload),
    putUpload: verb(putUpload),
    putTranslation: verb(putTranslation),
    operatorEvents: verb(operatorEvents),
    audit: verb(audit),
    auditEntries: verb(auditEntries),
    auditToSeal: verb(auditToSeal),
    sealAudit: verb(sealAudit),
    auditToAnchor: verb(auditToAnchor),
    auditAnchored: verb(auditAnchored),
    sealedAudit: verb(sealedAudit),
    dead: verb(dead),
    replay: verb(replay),
    pulse: verb(pulse),
    kept: verb(kept),
    strayRuns: verb(strayRuns),
    loadStay: verb(loadStay),
    staysOf: verb(staysOf),
    staysOn: verb(staysOn),
    loadTask: verb(loadTask),
    tasksOf: verb(tasksOf),
    flowRecord: verb(flowRecord),
    countErasure: verb(countErasure),
    beginErasure: verb(beginErasure),
    continueErasure: verb(continueErasure),
    unfinishedErasures: verb(unfinishedErasures),
    erasures: verb(erasures),
    reapplyErasure: verb(reapplyErasure),
    personalData: verb(personalData),
    prune: verb(prune),
  };
}

const GONE: Finding = {
  check: "memory.gone",
  level: "problem",
  says: "Everything is in this process's memory and gone when it ends.",
  advice: "Use it in tests alone: embeddedStorage or postgresStorage of belldesk/postgres keep what guests wrote.",
};
