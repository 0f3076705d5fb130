import { ConversationError, systemClock, type Clock, type Finding, type Storage } from "belldesk";
import * as attachments from "./sqlite/attachments.ts";
import * as auditChain from "./sqlite/audit.ts";
import { commit } from "./sqlite/commit.ts";
import { Database } from "./sqlite/database.ts";
import * as host from "./sqlite/host.ts";
import * as lanes from "./sqlite/lanes.ts";
import * as live from "./sqlite/live.ts";
import * as loads from "./sqlite/loads.ts";
import * as people from "./sqlite/people.ts";
import * as privacy from "./sqlite/privacy.ts";
import * as reads from "./sqlite/reads.ts";
import { rawItems, remember, reprocess } from "./sqlite/remember.ts";
import * as senders from "./sqlite/senders.ts";
import * as sends from "./sqlite/sends.ts";
import * as stays from "./sqlite/stays.ts";
import { putTemplates, templates } from "./sqlite/templates.ts";

export interface SqliteStorageOptions {
  /** Where the file is, or comes to be: `":memory:"` for none. */
  readonly file: string;
  /** The machine's by default. */
  readonly clock?: Clock;
}

/**
 * A storage in one SQLite file, for a hotel of one machine: several processes of it may share the file. Each verb is one transaction; those that write
 * take turns.
 */
export function sqliteStorage({ file, clock = systemClock }: SqliteStorageOptions): Storage {
  let opened: Database | null = null;
  const database = (): Database => {
    if (opened === null) throw new ConversationError("storage_unavailable");
    return opened;
  };
  const verb =
    (kind: "reads" | "writes") =>
    <Args extends unknown[], Result>(run: (db: Database, ...args: Args) => Result) =>
    (...args: Args): Promise<Result> =>
      new Promise((resolve) => {
        const db = database();
        resolve(db.sql.transaction(kind, () => run(db, ...args)));
      });
  const [reading, writing] = [verb("reads"), verb("writes")];
  const enqueue = writing(lanes.enqueueCommand);

  return {
    open: ({ migrate }) =>
      new Promise((resolve) => {
        opened ??= new Database(file, clock);
        resolve(opened.open(migrate));
      }),
    close: () => {
      opened?.sql.close();
      opened = null;
      return Promise.resolve();
    },
    examine: () => Promise.resolve([ONE_FILE]),

    // What arrives
    remember: writing(remember),
    reprocess: writing(reprocess),
    rawItems: reading(rawItems),
    applyStatuses: writing(sends.applyStatuses),
    enqueue: (client, command) =>
      client === null ? enqueue(command) : Promise.reject(new ConversationError("client_unsupported")),

    // Work, by lanes
    claim: writing(lanes.claim),
    renew: writing(lanes.renew),
    release: writing(lanes.release),
    fail: writing(lanes.fail),
    replay: writing(reads.replay),
    setPaces: writing(senders.setPaces),
    pauseSenders: writing(senders.pauseSenders),
    resume: writing(senders.resume),
    pulse: reading(live.pulse),

    // What a decision needs, and what was decided
    loadChats: reading(loads.loadChats),
    loadConversation: reading(loads.loadConversation),
    loadSends: reading(loads.loadSends),
    loadStaff: reading(loads.loadStaff),
    loadGuests: reading(people.loadGuests),
    loadRecipient: reading(people.loadRecipient),
    loadStay: reading(stays.loadStay),
    loadTask: reading(stays.loadTask),
    strayRuns: reading(loads.strayRuns),
    commit: writing(commit),
    intend: writing(sends.intend),
    settle: writing(sends.settle),

    // What people look at
    conversations: reading(reads.conversations),
    counters: reading(reads.counters),
    messages: reading(reads.messages),
    message: reading(reads.message),
    participants: reading(reads.participants),
    newestInbound: reading(reads.newestInbound),
    mentions: reading(reads.mentions),
    search: reading(reads.search),
    searchGuests: reading(reads.searchGuests),
    findGuests: reading(people.findGuests),
    consents: reading(people.consents),
    flowRecord: reading(reads.flowRecord),
    staysOf: reading(stays.staysOf),
    staysOn: reading(stays.staysOn),
    tasksOf: reading(stays.tasksOf),
    times: reading(stays.times),
    senders: reading(senders.senders),
    events: reading(reads.events),
    operatorEvents: reading(reads.operatorEvents),
    audit: reading(reads.audit),
    auditEntries: reading(reads.auditEntries),
    dead: reading(reads.dead),
    kept: reading(reads.kept),

    // What a hotel keeps beside its conversations
    putTemplates: writing(putTemplates),
    templates: reading(templates),
    savedReplies: reading(host.savedReplies),
    savedReply: reading(host.savedReply),
    putSavedReply: writing(host.putSavedReply),
    deleteSavedReply: writing(host.deleteSavedReply),
    putTranslation: writing(host.putTranslation),

    // Who reads on
    openConsumer: writing(host.openConsumer),
    claimEvents: writing(host.claimEvents),
    moveConsumer: writing(host.moveConsumer),
    forgetConsumer: writing(host.forgetConsumer),
    consumers: reading(host.consumers),
    snapshot: reading(live.snapshot),
    news: reading(live.news),
    heads: reading(live.heads),
    revoke: writing(live.revoke),
    revocations: reading(live.revocations),

    // Files
    attachmentsKeptFor: reading(attachments.attachmentsKeptFor),
    loadAttachments: reading(attachments.loadAttachments),
    settleAttachment: writing(attachments.settleAttachment),
    addAttachment: writing(attachments.addAttachment),
    attachment: reading(attachments.attachment),
    changeAttachment: writing(attachments.changeAttachment),
    forgetDue: writing(attachments.forgetDue),
    knownFiles: reading(attachments.knownFiles),
    upload: reading(attachments.upload),
    putUpload: writing(attachments.putUpload),

    // What the law wants
    auditToSeal: reading(auditChain.auditToSeal),
    sealAudit: writing(auditChain.sealAudit),
    auditToAnchor: reading(auditChain.auditToAnchor),
    auditAnchored: writing(auditChain.auditAnchored),
    sealedAudit: reading(auditChain.sealedAudit),
    countErasure: reading(privacy.countErasure),
    beginErasure: writing(privacy.beginErasure),
    continueErasure: writing(privacy.continueErasure),
    unfinishedErasures: reading(privacy.unfinishedErasures),
    erasures: reading(privacy.erasures),
    reapplyErasure: writing(privacy.reapplyErasure),
    personalData: reading(privacy.personalData),
    prune: writing(privacy.prune),
  };
}

const ONE_FILE: Finding = {
  check: "sqlite.file",
  level: "ok",
  says: "Everything is in one file of this machine, and each commit is on its disk before it is answered.",
  advice: null,
};
