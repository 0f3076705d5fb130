import type { Reach } from "../domain/access.js";
import type { Address } from "../domain/address.js";
import type { Amendment } from "../domain/amendment.js";
import type { AuditEntry } from "../domain/audit.js";
import type { LaneChange } from "../domain/change.js";
import type { Chat } from "../domain/chat.js";
import type { ConsentEntry } from "../domain/consent.js";
import type { MessageContent } from "../domain/content.js";
import type { Conversation } from "../domain/conversation.js";
import type { StatusUpdate, Failure } from "../domain/delivery-status.js";
import type { DeskEvent } from "../domain/event.js";
import type { FlowRun } from "../domain/flow-run.js";
import type { Guest } from "../domain/guest.js";
import type { ClaimedLane, LaneLease } from "../domain/lane.js";
import type { Author, Message } from "../domain/message.js";
import type { Prompt } from "../domain/prompt.js";
import type { Reason } from "../domain/reason.js";
import type { SenderPace } from "../domain/sender.js";
import type { Template, TemplateKey } from "../domain/template.js";
import type { InboundItem, NewCommand, RawItem, WorkKind } from "../domain/work.js";
import type { HostClient } from "./host-client.js";

/** What the loops and the commands ask of a storage: to remember, to hand out work, to load what decides it, and to commit what was decided. */
export interface WorkStorage {
  /**
   * Remembers items of webhooks: durable when it resolves, each dedup hash once per hotel, however many callers meet.
   * A new item with a chat becomes `inbound` work at the end of its chat's lane, in the order given. It is the guest's
   * who has the first known of its addresses; if none is known, a guest is made who has them all (again once, however
   * many callers meet), with the item's id as evidence. An item without addresses is the guest's `""`, who is nobody.
   *
   * A phone that is known alone does not say whose an item is when the item brings a BSUID and the phone's guest has another,
   * nor when that guest had given the phone up (`retiredAt`) before the item was sent: then it has passed to somebody else. A
   * retired BSUID does not count as one that the guest has: they learn the new one. An item without a BSUID that was sent more
   * than a minute before the phone's guest was first seen with it is the guest's who had the phone last before them, and teaches
   * nothing; if nobody had, it is the phone's guest's.
   * What an item brings beside the address that says whose it is, its guest learns: an address that nobody has, and a phone
   * that passed to them, which is another guest's until then. A phone passes only by an item with a BSUID, or one sent after
   * it was given up, and never by one sent more than a minute before the present holder was first seen with it: late
   * webhooks take nothing back. What is learned by an address that a merge brought goes back with it when the merge is undone.
   * What passed is kept as a former address of whoever had it.
   *
   * A duplicate, and an item whose `sentAt` is more than `dedupRetentionMs` ago and that is not imported, makes neither work
   * nor guest. Throws when
   * an item's id is taken.
   * @returns one outcome for each item, in the order given; the second of two in one call is a duplicate like any other
   * @contract remember/once, remember/order, remember/one-guest, remember/learns, remember/passes, remember/account, remember/too-old, remember/kept, remember/all-or-nothing
   */
  remember(
    items: readonly InboundItem[],
    options: { readonly dedupRetentionMs: number },
  ): Promise<readonly RememberOutcome[]>;

  /**
   * Makes work of items that were remembered before: those that stand aside (`kept`), as `remember` would have done if it had
   * understood them then, and those that became a message of unknown content. Any other item, and one that waits to be
   * worked on, stays as it is.
   * @returns for each whether it is work now
   * @contract reprocess/kept, reprocess/unknown-message, reprocess/once
   */
  reprocess(items: readonly InboundItem[]): Promise<readonly boolean[]>;
  /**
   * Items that stand aside, reports of statuses excepted, and those that became a message of unknown content, by id, the
   * smallest first.
   * @contract reprocess/list
   */
  rawItems(query: { readonly after: string | null; readonly limit: number }): Promise<readonly RawItem[]>;

  /**
   * Joins delivery reports into the outbound messages of the hotel that they are about: by correlation id, which is
   * the message's id, else by wamid. A message without a wamid learns it from the report. A report of an unknown wamid
   * is parked, and joined when a send, an echo or another report makes that wamid known. What is parked for more than
   * seven days, which is as long as WhatsApp delivers a webhook, may be forgotten.
   *
   * Message statuses only rise. A rise writes a `message.status` event under the message's conversation and that
   * conversation's department, adds the reason `status_reported` with `{ status }` (and `failure`, the code, when
   * there is one), and sets `failure`: the report's when the message has failed, else null. A report that is no rise
   * changes nothing else, but a message without `billing` takes that of any report. Reports of one message in one call may be joined first and then rise once.
   *
   * A message that fails by a rise, and in whose place something may go (`refusedWork`), is a command from then on, as `enqueue` makes one.
   * @returns one outcome for each update in the order given, and the events written
   * @contract status/lattice, status/parked, status/parked-end, status/billing, status/correlation, status/event, status/foreign-hotel, consent/reported, refused/reported, refused/else
   */
  applyStatuses(
    updates: readonly StatusUpdate[],
  ): Promise<{ readonly outcomes: readonly StatusOutcome[]; readonly events: readonly DeskEvent[] }>;

  /**
   * Takes due lanes of one kind for `leaseMs`, at most `lanes` of them, hotels in turn (the first lane of each, then the
   * second of each), in a hotel the longest due first. A lane is in one hand at a time; every claim gives it a higher
   * epoch. A lane whose lease has run out is due.
   *
   * A timer's lane is due when the first of its items is. Those that are due come, as they came due; the others stay until they
   * are, and may be overtaken by one that comes later and is due sooner.
   *
   * Outbound lanes come one item at a time, and no faster than their number's pace: each takes a token of the number's,
   * which come back `perSecond` a second and gather an eighth of a second long. Those with urgent items go first, and in them
   * the urgent items. A number that is paused gives none, but for those whose work came due `expireMs` ago, who take no token:
   * they are claimed to be failed. When the pause of a probing number is over, it gives one, and is paused `probeMs` again.
   * @contract claim/timer, claim/timer-order, claim/timer-sooner, claim/timer-lost, claim/timer-release, claim/timer-retry, claim/pace, claim/urgent, claim/only-urgent, claim/only-urgent-of, claim/pause-expired, claim/pause-expired-next, claim/probe-untouched, claim/probe, claim/one-holder, claim/order, claim/fair, claim/expired-lease, claim/not-due, claim/next-due
   */
  claim(options: ClaimOptions): Promise<Claim>;
  /** Prolongs leases: they last `leaseMs` from now. @returns for each lane whether it is still in this holder's hands @contract lease/renew */
  renew(lanes: readonly LaneLease[], leaseMs: number): Promise<readonly boolean[]>;
  /** Gives lanes back undone; they are due at once. One that is not in this holder's hands is left alone. @contract lease/release */
  release(lanes: readonly LaneLease[]): Promise<void>;

  /**
   * Makes `command` work, in the lane of its subject (number `""`, guest the subject), with the host's own client: one row, in the
   * transaction that the client is in, and nothing else. It is work from that transaction's commit on, never was when it rolls
   * back, and holds nobody up while it stays open. null as client: at once, and durable when it resolves.
   * Throws `client_unsupported` for a client that the storage cannot write with.
   * @contract enqueue/work, enqueue/order, enqueue/first-of-hotel, enqueue/hotels
   */
  enqueue(client: HostClient | null, command: NewCommand): Promise<void>;

  /**
   * What decisions about inbound items need, for each chat asked for in the order given, in one batched read. A guest who was
   * merged is answered as the one into whom: that guest, its chat, and what stands in all that are merged into it.
   * @contract load/chat, load/chat-runs, load/chat-rating, load/chat-quoted-continued, load/chat-amendments, load/chat-holders, load/chat-imported, load/chat-merged, consent/load, consent/merged
   */
  loadChats(keys: readonly ChatKey[]): Promise<{ readonly now: Date; readonly states: readonly ChatState[] }>;
  /**
   * What a staff command needs; null when it is out of reach or does not exist, which look the same. The chat and the others
   * of a merged guest's conversation are those of the guest into whom.
   * @contract load/answered, load/conversation, load/conversation-guest, load/conversation-runs, load/conversation-continued, load/conversation-merged, load/template
   */
  loadConversation(key: ConversationKey): Promise<{ readonly now: Date; readonly state: ConversationState | null }>;
  /** What sends need, for each message id, in the order given; null when the hotel has no such message. A merged guest is the one into whom. @contract load/send, load/send-merged, load/template */
  loadSends(
    hotelId: string,
    messageIds: readonly string[],
  ): Promise<{ readonly now: Date; readonly sends: readonly (SendState | null)[] }>;

  /**
   * What decisions about guests need, for each id in the order given: null when there is none, or it is out of reach. A guest
   * is within reach when a conversation is of theirs or of a guest merged into them, or reach is over the whole hotel.
   * A guest's addresses stand in the order in which they were first seen, wherever a guest is answered.
   * @contract guest/load, guest/reach
   */
  loadGuests(query: {
    readonly reach: Reach;
    readonly guestIds: readonly string[];
  }): Promise<{ readonly now: Date; readonly guests: readonly (GuestState | null)[] }>;
  /**
   * What writing to a guest first needs: whoever has the address, or the guest of that id who is within reach. One
   * that was merged is answered as the one into whom. Whom there is not is null, with nothing beside.
   * @contract load/recipient
   */
  loadRecipient(query: RecipientQuery): Promise<{ readonly now: Date; readonly state: RecipientState }>;

  /**
   * Runs of flows under way, of all hotels, whose version is not among those `known`: by hotel and id, the smallest first.
   * @contract flow/stray
   */
  strayRuns(query: {
    readonly known: readonly { readonly flowId: string; readonly version: number }[];
    readonly after: { readonly hotelId: string; readonly id: string } | null;
    readonly limit: number;
  }): Promise<readonly FlowRun[]>;

  /** How many open conversations of a hotel each of these of staff sees to, in the order given. @contract load/staff */
  loadStaff(query: { readonly hotelId: string; readonly staffIds: readonly string[] }): Promise<readonly number[]>;

  /**
   * Stores changes of one hotel, all or nothing, and gives their lanes back. In this order: a lane that is not in its
   * holder's hands, or whose first items are not the completed and then the failed one (a timer's lane: whose items they are not), is `fenced`. A chat,
   * conversation, run of a flow, stay or task whose stored version is not the one it carries (0: it must not exist yet) is a `conflict`; it is stored
   * with the next one. So is what the change would leave behind twice: an open conversation of a guest with the same
   * department and mode, a run under way in a conversation, a `clientMessageId` of the same author, a wamid of a message that comes with one, unless an imported
   * message has it and this one is not; and a chat, conversation, run, stay or task that two of the changes carry. And so is a merge of a guest who is merged already or into one who is, and the
   * undoing of one that is not.
   *
   * An imported message gives way to the same message that comes live: it is stored no more. Its conversation keeps its numbers,
   * with a hole among them, and may keep its preview.
   *
   * Messages, amendments, prompts, mentions, consents, timings, work, audit entries and participants whose ids are stored already stay as they are, but
   * that what a participant has read moves on to what the change says of it, and never back. A
   * guest's new addresses are theirs unless another guest of the hotel has them; with `takes` they pass, and are a former
   * address of whoever had them. An address of theirs that is given again is no longer retired. What a change says of a guest
   * who was merged meanwhile is said of the guest into whom. A message that comes with a wamid and a status of the hotel's (an
   * echo) joins what was parked under it, which is told after its own event.
   *
   * A new guest is made with one address, without evidence, of which nobody else may have become the holder: that is a `conflict`,
   * and so is that two of the changes make guests with the same, however many callers meet, `remember` among them.
   *
   * A remark adds its reason to a stored message, without an event. One that `becomes` something lets the status rise as a report
   * does: with its `message.status` event, which is told after those of the change, and `failure`; whoever waits for a message of
   * unknown fate waits no longer. A message that is not stored, or whose status is not what it `was`, is a `conflict`.
   *
   * A merge lets the merged guest's addresses, and those of guests merged into it before, name the guest who stays. Of each
   * number the chat of who stays takes over the later `lastInboundAt`, `windowClosesAt`, `menuSentAt`, `awayUntil` and `staffWroteAt` of
   * the two, and the merged one's current conversation where it has none; its version rises then. A merge, and one undone, may raise the version
   * of any other chat of the two, so that what was decided about either before is decided again. Undone, the addresses come
   * back; what the guest who stays has learned since by their own, they keep.
   *
   * Of what a change says about templates each of status, quality and category counts when nothing later was said of it, by this
   * verb or by `putTemplates`. A template is found by its name and language, else by Meta's id. One that the catalogue does not
   * have is remembered by what was said, and in no answer, until it is put there.
   *
   * Each event gets the hotel's next number,
   * without holes, in the order of the changes and of the events in each, last the `work.dead` of an item given up; no
   * reader sees a number before all smaller ones. What an echo joins is told after the echo. A message's `eventSeq` is the number of its event, or its `importedPlace`.
   * @contract commit/whole, commit/runs, stay/commit, task/commit, commit/one-run, commit/flow-prompt, commit/desk-work, commit/episode, times/once, commit/conflict, commit/fenced, commit/one-open, commit/client-id, commit/numbers, commit/imported, commit/amendments, commit/echo, commit/failed-work, commit/lane, commit/guest, commit/guest-language, commit/guest-takes, commit/guest-retires, commit/new-guest, commit/remark, commit/merge, commit/unmerge, commit/templates, commit/twice, commit/note, commit/participant, consent/commit
   */
  commit(hotelId: string, changes: readonly LaneChange[]): Promise<CommitResult>;

  /**
   * Makes durable that these messages are about to touch a socket: `sending`, with the reason `send_intended` and
   * without an event. Only for a lane in this holder's hands whose lease has not run out, and a message still `queued`.
   * One that needs the service window goes only while that is open by the storage's own clock, a minute before its end at the
   * latest. One that goes as its fallback is marked so. Nothing goes from a number that was paused for a time since its lane was
   * claimed; that of a probing one is the probe. Nothing of a flow goes in a conversation whose speaker is human: once that is
   * committed, none is intended.
   * @returns for each whether it may be sent; `windowClosed` and `personSpeaks`: nothing else stands against it, the latter before the former
   * @contract send/intend-flow, send/intend, send/intend-fenced, send/intend-window, send/intend-fallback, send/intend-paused
   */
  intend(sends: readonly SendIntent[]): Promise<readonly IntentOutcome[]>;
  /**
   * Records what became of sends, adds the reason to the message and gives the lanes back. `sent`, `failed` and
   * `unknown` are facts: they join the message's status and take the work away even when the lane has passed on; then
   * the lane stays with whoever has it. `retry` says that nothing left. In the holder's hands a message still `sending` is
   * `queued` again, its work stays first. When the lane has passed on, a message of this lease's own intent, which others
   * take for one of unknown fate, is `failed` like a fact; any other stays as it is. Every change of status writes a
   * `message.status` event and sets `failure`: the result's for `failed` and `unknown`, else null. Parked reports of a
   * recorded wamid are joined. A wamid that another message has (its echo was faster) is not recorded a second time.
   * Of a message that failed because its guest wants no offers (`isOptOut`) that wish is noted, and one in whose place something may go is a command, as by `applyStatuses`.
   *
   * A guest who was sent more than WhatsApp wants is due later: each `paced` message, whatever became of it, counts six
   * seconds, of which up to 20 messages' worth may be ahead, and up to 45 for what is urgent. A retry that WhatsApp asked to wait for keeps urgent ones back
   * too. A `pause` stops the number, or all of the hotel's that are known; it never shortens one. Only the message that was claimed to try
   * says anything of a probing one: accepted it ends it, but for what WhatsApp asked for since, and without a call the next may try. Of its begin and its end a `sender.paused` or `sender.resumed` event (of no conversation and no department) is written, once.
   * @returns the events written
   * @contract send/pair-pace, send/pair-urgent, send/asked, send/pause, send/probe-refused, send/probe-own, send/probe-together
   * @contract send/settle, send/settle-late, send/retry, send/retry-late, send/hold, send/hold-known, send/hold-known-before, send/settle-echoed, status/parked, consent/rejected, consent/rejected-else, consent/reported-early, refused/settled
   */
  settle(settlements: readonly Settlement[]): Promise<readonly DeskEvent[]>;
  /**
   * Gives back lanes with work that failed outside a change: the item is due again later, or set aside as dead with a
   * `work.dead` event (of no conversation and no department) and the lane goes on. Either way it was tried once more, unless that does not count.
   * A lane that is not in this holder's hands is left alone.
   * @contract work/retry, work/uncounted, work/dead
   */
  fail(failures: readonly WorkFailure[]): Promise<readonly DeskEvent[]>;

  /** Sets how fast numbers send from now on; a number that was never heard of sends 20 messages a second. @contract claim/pace, claim/pace-rate */
  setPaces(paces: readonly SenderPace[]): Promise<void>;
  /**
   * Stops all of a hotel's numbers that are known, as a settlement of its own does by a pause `of: "hotel"`: what WhatsApp asks of an
   * account it has said to another hotel. It never shortens a pause. @returns a `sender.paused` event for each number that begins to probe
   * @contract sender/pause
   */
  pauseSenders(stop: {
    readonly hotelId: string;
    readonly pause: Omit<SendPause, "of">;
  }): Promise<readonly DeskEvent[]>;
  /** Ends a number's pause, with its audit entry: what waits is due. @returns the `sender.resumed` event, when it was probing @contract sender/resume */
  resume(sender: {
    readonly hotelId: string;
    readonly phoneNumberId: string;
    /** Who did it; null when the host rotated a token. */
    readonly audit: Omit<AuditEntry, "hotelId" | "at"> | null;
  }): Promise<readonly DeskEvent[]>;
  /**
   * Puts dead work at the end of its lane again, as if never tried, with its audit entry; false when it is not there
   * (any more), or out of reach.
   * @contract work/replay, work/replay-timer
   */
  replay(query: {
    readonly reach: Reach;
    readonly workId: string;
    readonly audit: Omit<AuditEntry, "hotelId" | "at">;
  }): Promise<boolean>;

  /**
   * How the work of all hotels stands, for whoever watches over the desk: each kind once, in the order of `WORK_KINDS`. It reads
   * only, holds nobody up, and its cost is bounded however much is waiting: of a hotel no more than 10,000 lanes of a kind,
   * pieces of dead work, and sends of unknown fate, are counted.
   * @contract pulse/due, pulse/held, pulse/dead, pulse/unknown
   */
  pulse(): Promise<Pulse>;
}

/** @see WorkStorage.pulse */
export interface Pulse {
  readonly now: Date;
  readonly kinds: readonly KindPulse[];
  /** Messages of which nobody can say whether WhatsApp has them, until a status or a person does. */
  readonly unknownSends: number;
}

/** How the work of one kind stands. */
export interface KindPulse {
  readonly kind: WorkKind;
  /** Lanes that are due and in nobody's hands. What waits for its time, to be tried again or for a send's fate is not due. */
  readonly due: number;
  /**
   * Since when the first of those is; null when there is none. What the host enqueued in a transaction of its own may count
   * from when a process has looked at it.
   */
  readonly oldestDueAt: Date | null;
  /** Those of them whose last holder let its lease run out: it died or hangs, and nobody has taken them over. */
  readonly abandoned: number;
  /** Work that was given up and stands aside. */
  readonly dead: number;
}

/**
 * `new`: work for somebody, or kept aside when the item has no chat. `too_old`: kept and not acted upon. An item whose
 * hash is known is a `duplicate`, however old.
 */
export type RememberOutcome = "new" | "duplicate" | "too_old";

/** `parked`: no outbound message with this correlation id or wamid yet. `unchanged`: it stood there or higher. */
export type StatusOutcome = "applied" | "unchanged" | "parked";

/** How much work is wanted, and for how many milliseconds it is held. */
export interface ClaimOptions {
  /** Of which kind. */
  readonly kind: WorkKind;
  /** Lanes, at most. */
  readonly lanes: number;
  /** Items of each, at most. */
  readonly itemsPerLane: number;
  /** For how long they are this holder's. */
  readonly leaseMs: number;
  /** Of outbound work: see `claim`. */
  readonly expireMs?: number;
  /** Of outbound work: see `claim`. */
  readonly probeMs?: number;
  /**
   * Of outbound work: the hotels, or all of them, of whom only lanes with urgent items are taken; their others stay as they are, and take
   * no token. Nobody by default.
   */
  readonly onlyUrgentOf?: readonly string[] | "everybody";
}

/** Lanes that are this process's for a while. */
export interface Claim {
  readonly now: Date;
  readonly lanes: readonly ClaimedLane[];
  /**
   * Milliseconds until the next lane of this kind comes due (0: some are due now and were not taken). A lane in
   * somebody's hands, those just taken included, counts from the end of its lease. null when no lane has work. Where as many were
   * taken as were asked for, it may be 0 without a look, and null where somebody's ordinary work was left.
   */
  readonly nextDueInMs: number | null;
}

/** Of which chat a decision needs the state, and what its messages name. */
export interface ChatKey {
  readonly hotelId: string;
  readonly phoneNumberId: string;
  readonly guestId: string;
  /** Meta's ids of messages that may be stored already: those that the items quote, amend, and are. */
  readonly wamids: readonly string[];
  /** Ids of prompts whose options came back. */
  readonly promptIds: readonly string[];
  /** Addresses that the items say are this guest's now. */
  readonly addresses: readonly Address[];
}

/** What a decision about a guest's message needs. */
export interface ChatState {
  readonly guest: Guest;
  /** null when nothing happened in it yet. */
  readonly chat: Chat | null;
  /**
   * The guest's open conversations with the hotel, on any of its numbers, and any closed one that a message asked for stands
   * in, or that a prompt for a rating among `prompts` is about, with all that go on with it, one after the other. And the imported one of this number. Each once, in no order.
   */
  readonly conversations: readonly Conversation[];
  /** By wamid, the messages asked for that the hotel has, whoever wrote them. Only `isOwn` ones bring their conversations along. */
  readonly known: ReadonlyMap<string, KnownMessage>;
  /** What was done to the messages asked for, stored or not. In no order. */
  readonly amendments: readonly Amendment[];
  /** What counts of all that the guest, and who was merged with them, said about offers (`standingConsent`); empty when nothing was said. */
  readonly consents: readonly ConsentEntry[];
  /** Other guests of the hotel who have one of the addresses asked for. Each once, in no order. */
  readonly holders: readonly GuestState[];
  /** The prompts asked for that were put to this guest, the chat's `ratingPromptId`, and the newest menu of each open conversation without department. Each once, in no order. */
  readonly prompts: readonly Prompt[];
  /** Runs of flows that the guest, and who was merged with them, is on their way through. In no order. */
  readonly runs: readonly FlowRun[];
}

/** A message that another one names. */
export interface KnownMessage {
  readonly messageId: string;
  readonly conversationId: string;
  readonly seq: number;
  readonly direction: Message["direction"];
  /** The department of its conversation. */
  readonly departmentId: string | null;
  /** Whether that is a conversation of this guest's, or of one merged together with them. */
  readonly isOwn: boolean;
  /** Whether it was imported. */
  readonly isImported: boolean;
  /** Its content's, as it was stored. */
  readonly type: MessageContent["type"];
}

/** What a decision about a guest needs. */
export interface GuestState {
  /** One that was merged is answered as itself; its addresses are those that would come back. */
  readonly guest: Guest;
  /** Guests that were merged into this one, directly or through others. In no order. */
  readonly merged: readonly Guest[];
  /**
   * The guest's own open conversations, and closed ones that another guest's conversation goes on with. In no order.
   */
  readonly conversations: readonly Conversation[];
  /**
   * Addresses that were this guest's and passed to somebody else, each with who has it now. One that passed while its guest was
   * merged was the guest's into whom. In no order.
   */
  readonly formerAddresses: readonly FormerAddress[];
}

export interface FormerAddress extends Address {
  readonly firstSeenAt: Date;
  readonly endedAt: Date;
  /** Id of the webhook attempt that ended it. */
  readonly endedBy: string;
  /** The guest who has it now; null when nobody has. */
  readonly heldBy: string | null;
}

/** Of which conversation a command needs the state, and what it asks besides. */
export interface ConversationKey {
  readonly reach: Reach;
  readonly conversationId: string;
  /** Asks for the message that this author sent before under this id. */
  readonly client: { readonly authorId: string; readonly clientMessageId: string } | null;
  /** Asks for a template of the conversation's hotel. */
  readonly template: TemplateKey | null;
  /** Asks who answered in the conversation itself after message `seq`, the principal `by` excepted. */
  readonly answered?: { readonly seq: number; readonly by: string };
}

/** What a command about a conversation needs. */
export interface ConversationState {
  readonly conversation: Conversation;
  /** The profile name of the guest, or of who they turned out to be; null until one was seen. */
  readonly guestName: string | null;
  /** BCP 47, as `Guest.language`; absent while it is not known. */
  readonly guestLanguage?: string;
  /** With the number that answers leave from; version 0 when nothing is stored yet. */
  readonly chat: Chat;
  /** The guest's other open conversations with the hotel. */
  readonly others: readonly Conversation[];
  /** Of the conversations that this one continues, however many in a row, those that staff have not read to the end. In no order. */
  readonly unreadContinued: readonly Conversation[];
  /** As in `ChatState`, and the newest run of this conversation, if that is over. In no order. */
  readonly runs: readonly FlowRun[];
  /** As in `ChatState`. */
  readonly consents: readonly ConsentEntry[];
  /** The message asked for by client id, in whatever conversation of the hotel it stands. */
  readonly existing: Message | null;
  /** The template asked for; null when the hotel's catalogue has none of that name and language. */
  readonly template: Template | null;
  /** The newest outbound message asked for, whatever became of it, and who wrote it; null: there is none. Absent unless asked for. */
  readonly answered?: { readonly seq: number; readonly author: Author } | null;
}

/** To whom a hotel writes first. */
export interface RecipientQuery {
  readonly hotelId: string;
  /** An address is looked up whoever asks. */
  readonly to: Address | { readonly guestId: string };
  /** Within which a guest asked for by id has to be. */
  readonly reach: Reach;
  /** Asks for the message that this author sent before under this id. */
  readonly client: { readonly authorId: string; readonly clientMessageId: string } | null;
  /** Asks for a template of the hotel. */
  readonly template: TemplateKey | null;
}

/** What writing first needs. */
export interface RecipientState {
  /** null: there is none. */
  readonly guest: Guest | null;
  /** The guest's, one for each number of the hotel with which something happened. In no order. */
  readonly chats: readonly Chat[];
  /** Open ones of the guest's and of those merged into them, and imported ones. In no order. */
  readonly conversations: readonly Conversation[];
  /** The message asked for by client id, and the guest of its conversation, or the one into whom they were merged. */
  readonly existing: { readonly message: Message; readonly guestId: string } | null;
  /** As in `ChatState`; empty when there is no guest. */
  readonly consents: readonly ConsentEntry[];
  /** As in `ConversationState`. */
  readonly template: Template | null;
}

/** What a send needs. */
export interface SendState {
  readonly message: Message;
  /** Of the message's conversation; version 0 when nothing is stored yet. */
  readonly chat: Chat;
  /** Where guests were merged, the addresses of the conversation's own guest come last, which is where answers go. */
  readonly guest: Guest;
  /** As in `ChatState`. */
  readonly consents: readonly ConsentEntry[];
  /** The one that the message is, or may go as: as the hotel's catalogue has it now, null when it has none of that name and language. */
  readonly template: Template | null;
}

/** What committing came to. */
export type CommitResult =
  | { readonly outcome: "committed"; readonly events: readonly DeskEvent[]; readonly messages: readonly Message[] }
  /** Nothing was stored. Indexes of the changes whose versions are no longer the stored ones; load and decide those again. Empty: there are several and it cannot be told which. */
  | { readonly outcome: "conflict"; readonly changes: readonly number[] }
  /** Nothing was stored. Indexes of the changes whose lanes are not theirs any more; drop those. */
  | { readonly outcome: "fenced"; readonly changes: readonly number[] };

/** A message that is about to touch a socket. */
export interface SendIntent {
  readonly lane: LaneLease;
  readonly messageId: string;
  /** `content` needs the service window, `windowless` content (a template) does not; `fallback`: what stands in its place. */
  readonly as: "content" | "fallback" | "windowless";
}

/**
 * `personSpeaks`: a flow made it, and a person has taken its conversation over. `no`: it is not this holder's to send, was sent
 * before, or its number is paused.
 */
export type IntentOutcome = "go" | "windowClosed" | "personSpeaks" | "no";

/** What became of a send. */
export interface Settlement {
  readonly lane: LaneLease;
  readonly workId: string;
  readonly messageId: string;
  readonly result: SettledResult;
  readonly reason: Reason;
  /** Whether it counts to the guest's pace. */
  readonly paced: boolean;
  /** What stops beside this message; null for nothing. */
  readonly pause: SendPause | null;
}

/** Who sends nothing for a while. */
export interface SendPause {
  readonly of: "number" | "hotel";
  readonly ms: number;
  /** Whether one message goes first afterwards, and the others once it was accepted. */
  readonly probing: boolean;
  /** The failure's code. */
  readonly code: string;
}

/** How a message stands after a send. */
export type SettledResult =
  | { readonly kind: "sent"; readonly wamid: string }
  | { readonly kind: "failed"; readonly failure: Failure }
  /**
   * The lane's followers wait `holdMs`, or until a report or a late settlement says what became of it. Where they wait for
   * another already, which an urgent one overtook, they wait for that one alone.
   */
  | { readonly kind: "unknown"; readonly failure: Failure; readonly holdMs: number }
  /** Back to `queued`, due again after `delayMs`; nothing goes to this guest before `askedMs` of it, as WhatsApp asked. */
  | { readonly kind: "retry"; readonly failure: Failure; readonly delayMs: number; readonly askedMs: number };

/** Work that could not be done. */
export interface WorkFailure {
  readonly lane: LaneLease;
  readonly workId: string;
  readonly code: string;
  /** null sets it aside as dead. */
  readonly retryInMs: number | null;
  /** Whether it counts among the item's `attempts`; true by default. What waits for somebody else's system to come back does not. */
  readonly counts?: boolean;
}
