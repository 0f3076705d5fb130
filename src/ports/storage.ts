import type { Reach } from "../domain/access.js";
import type { Address } from "../domain/address.js";
import type { Amendment } from "../domain/amendment.js";
import type { AuditEntry } from "../domain/audit.js";
import type { LaneChange } from "../domain/change.js";
import type { Chat } from "../domain/chat.js";
import type { ConsentEntry } from "../domain/consent.js";
import type { ConsumerLease, ConsumerPlace } from "../domain/consumer.js";
import type { MessageContent } from "../domain/content.js";
import type { Conversation, ConversationStatus, Priority } from "../domain/conversation.js";
import type { StatusUpdate, Failure } from "../domain/delivery-status.js";
import type { DeskEvent } from "../domain/event.js";
import type { Guest } from "../domain/guest.js";
import type { ClaimedLane, LaneLease } from "../domain/lane.js";
import type { Mention } from "../domain/mention.js";
import type { Author, Message } from "../domain/message.js";
import type { Participant } from "../domain/participant.js";
import type { Prompt } from "../domain/prompt.js";
import type { Reason } from "../domain/reason.js";
import type { SoughtWord } from "../domain/search.js";
import type { SavedReply, SavedReplyKey } from "../domain/saved-reply.js";
import type { Sender, SenderPace } from "../domain/sender.js";
import type { Template, TemplateDefinition, TemplateKey } from "../domain/template.js";
import type { DeadWork, InboundItem, KeptItem, NewCommand, RawItem, WorkKind } from "../domain/work.js";
import type { HostClient } from "./host-client.js";
import type { LiveStorage } from "./live-storage.js";

/**
 * What the desk asks of a database: intents in our words, no SQL, no transaction handle. Every verb is atomic, every
 * promise is a case of the contract in `belldesk/testing`, named by `@contract`.
 *
 * Every verb may throw `storage_unavailable` (retryable: nothing is known to have happened), and every other error
 * means that nothing did. Every instant it takes or gives is by the database's own clock unless a field says otherwise.
 * An array may name several hotels, and an empty one does nothing. Ids are compared and sorted by their bytes.
 *
 * A lane is in its holder's hands from the claim until it is given back or claimed by another; a lease that has run out
 * lets others claim it, and until one does, it is still the holder's. A lane given back is due at once when it has items
 * left, those remembered meanwhile included, unless a wait is asked for: then it is due after the wait, whatever
 * arrives. A lane without items is never due. An item that is tried again stays first in its lane.
 */
export interface Storage extends LiveStorage {
  /**
   * Makes ready for work. Refuses an absent or old schema with `schema_missing` unless `migrate` is true, and one
   * that a newer release changed incompatibly with `schema_newer`.
   */
  open(options: { readonly migrate: boolean }): Promise<void>;
  /** Lets go of what `open` took. What the host gave (a pool) stays the host's. */
  close(): Promise<void>;

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
   * @returns one outcome for each update in the order given, and the events written
   * @contract status/lattice, status/parked, status/parked-end, status/billing, status/correlation, status/event, status/foreign-hotel, consent/reported
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
   * @contract claim/timer, claim/timer-order, claim/timer-sooner, claim/timer-lost, claim/timer-release, claim/timer-retry, claim/pace, claim/urgent, claim/pause-expired, claim/pause-expired-next, claim/probe-untouched, claim/probe, claim/one-holder, claim/order, claim/fair, claim/expired-lease, claim/not-due, claim/next-due
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
   * @contract load/chat, load/chat-rating, load/chat-quoted-continued, load/chat-amendments, load/chat-holders, load/chat-imported, load/chat-merged, consent/load, consent/merged
   */
  loadChats(keys: readonly ChatKey[]): Promise<{ readonly now: Date; readonly states: readonly ChatState[] }>;
  /**
   * What a staff command needs; null when it is out of reach or does not exist, which look the same. The chat and the others
   * of a merged guest's conversation are those of the guest into whom.
   * @contract load/answered, load/conversation, load/conversation-continued, load/conversation-merged, load/template
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
   * Guests of a hotel within reach who have, or had, one of these addresses; in no order, each once. One that was merged is
   * answered as the one into whom.
   * @contract guest/find
   */
  findGuests(query: {
    readonly reach: Reach;
    readonly hotelId: string;
    readonly addresses: readonly Address[];
  }): Promise<readonly Guest[]>;
  /**
   * All that was ever said about offers to a guest, by `at`, then id, the smallest first, that of everybody who turned out to be
   * the same person included: merged guests are answered alike. null when there is no such guest, or out of reach (as `loadGuests`).
   * @contract consent/history, consent/merged, consent/reach
   */
  consents(query: { readonly reach: Reach; readonly guestId: string }): Promise<readonly ConsentEntry[] | null>;

  /** How many open conversations of a hotel each of these of staff sees to, in the order given. @contract load/staff */
  loadStaff(query: { readonly hotelId: string; readonly staffIds: readonly string[] }): Promise<readonly number[]>;

  /**
   * Stores changes of one hotel, all or nothing, and gives their lanes back. In this order: a lane that is not in its
   * holder's hands, or whose first items are not the completed and then the failed one (a timer's lane: whose items they are not), is `fenced`. A chat or
   * conversation whose stored version is not the one it carries (0: it must not exist yet) is a `conflict`; it is stored
   * with the next one. So is what the change would leave behind twice: an open conversation of a guest with the same
   * department and mode, a `clientMessageId` of the same author, a wamid of a message that comes with one, unless an imported
   * message has it and this one is not; and a chat or conversation that two of the changes carry. And so is a merge of a guest who is merged already or into one who is, and the
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
   * number the chat of who stays takes over the later `lastInboundAt`, `windowClosesAt` and `menuSentAt` of the two, and the
   * merged one's current conversation where it has none; its version rises then. A merge, and one undone, may raise the version
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
   * @contract commit/whole, commit/desk-work, commit/episode, times/once, commit/conflict, commit/fenced, commit/one-open, commit/client-id, commit/numbers, commit/imported, commit/amendments, commit/echo, commit/failed-work, commit/lane, commit/guest, commit/guest-takes, commit/guest-retires, commit/new-guest, commit/remark, commit/merge, commit/unmerge, commit/templates, commit/twice, commit/note, commit/participant, consent/commit
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
   * Of a message that failed because its guest wants no offers (`isOptOut`) that wish is noted, as it is by `applyStatuses`.
   *
   * A guest who was sent more than WhatsApp wants is due later: each `paced` message, whatever became of it, counts six
   * seconds, of which up to 20 messages' worth may be ahead, and up to 45 for what is urgent. A retry that WhatsApp asked to wait for keeps urgent ones back
   * too. A `pause` stops the number, or all of the hotel's that are known; it never shortens one. Only the message that was claimed to try
   * says anything of a probing one: accepted it ends it, but for what WhatsApp asked for since, and without a call the next may try. Of its begin and its end a `sender.paused` or `sender.resumed` event (of no conversation and no department) is written, once.
   * @returns the events written
   * @contract send/pair-pace, send/pair-urgent, send/asked, send/pause, send/probe-refused, send/probe-own, send/probe-together
   * @contract send/settle, send/settle-late, send/retry, send/retry-late, send/hold, send/hold-known, send/hold-known-before, send/settle-echoed, status/parked, consent/rejected, consent/rejected-else, consent/reported-early
   */
  settle(settlements: readonly Settlement[]): Promise<readonly DeskEvent[]>;
  /**
   * Gives back lanes with work that failed outside a change: the item is due again later, or set aside as dead with a
   * `work.dead` event (of no conversation and no department) and the lane goes on. Either way it was tried once more.
   * A lane that is not in this holder's hands is left alone.
   * @contract work/retry, work/dead
   */
  fail(failures: readonly WorkFailure[]): Promise<readonly DeskEvent[]>;

  /** Sets how fast numbers send from now on; a number that was never heard of sends 20 messages a second. @contract claim/pace, claim/pace-rate */
  setPaces(paces: readonly SenderPace[]): Promise<void>;
  /** Ends a number's pause, with its audit entry: what waits is due. @returns the `sender.resumed` event, when it was probing @contract sender/resume */
  resume(sender: {
    readonly hotelId: string;
    readonly phoneNumberId: string;
    /** Who did it; null when the host rotated a token. */
    readonly audit: Omit<AuditEntry, "hotelId" | "at"> | null;
  }): Promise<readonly DeskEvent[]>;
  /** The numbers that ever had something to send, by hotel, then number. Only reach over a whole hotel sees them. @contract sender/list */
  senders(query: { readonly reach: Reach }): Promise<readonly Sender[]>;
  /**
   * Stores a hotel's whole catalogue as it was at an instant: those that it has and that are not among these are `deleted` from
   * then on. Of each template the definition, the status, the category and the quality count when nothing later was said of them,
   * by this verb or by `commit`; an unknown quality or id of Meta's says nothing. Of two with one name and language the last counts.
   * @returns how many became `deleted`
   * @contract templates/put, templates/put-later, templates/put-gone
   */
  putTemplates(catalogue: {
    readonly hotelId: string;
    readonly templates: readonly TemplateDefinition[];
    readonly at: Date;
  }): Promise<{ readonly deleted: number }>;
  /** Templates of a hotel by name, then language, for whoever reaches any department of it. @contract templates/list, templates/reach */
  templates(query: TemplateQuery): Promise<Page<Template, TemplateKey>>;

  /**
   * Saved replies of a hotel by shortcut, then id: those for every department, for whoever reaches any of them, and those of departments
   * within reach. @contract saved/list, saved/reach
   */
  savedReplies(query: SavedReplyQuery): Promise<Page<SavedReply, SavedReplyKey>>;
  /** One, by its id; null when there is none, or its department, or for every department the whole hotel, is out of reach. @contract saved/reach */
  savedReply(query: { readonly reach: Reach; readonly id: string }): Promise<SavedReply | null>;
  /**
   * Stores one with the version after the one it carries (0: it must not exist yet), with its audit entry. `missing`: it does not exist, or what is stored is
   * out of reach. `conflict`: another version is stored. `taken`: another one of the department, or of the whole hotel, has its shortcut.
   * However many callers meet, one of them has it. @contract saved/put, saved/taken
   */
  putSavedReply(put: PutSavedReply): Promise<SavedReplyStored>;
  /** Takes one away, with its audit entry; false when it is not there (any more), or out of reach. @contract saved/delete */
  deleteSavedReply(query: {
    readonly reach: Reach;
    readonly id: string;
    readonly audit: Omit<AuditEntry, "hotelId" | "at">;
  }): Promise<boolean>;

  /**
   * Conversations within reach by `lastMessageAt`, then id, the greatest first; those that are asked for because somebody waits
   * by `waitingSince`, then id, the smallest first, which is then what a point's `at` is. Within a guest's reach are theirs and those of
   * whoever turned out to be the same person (the guest into whom they were merged, and all merged into that one). A guest is shown
   * no preview of a message that is not of `GUEST_DIRECTIONS`.
   * @contract read/conversations, read/assignee, read/priority, read/tag, read/snoozed, read/reach, read/pages, read/unread, read/only-unread, read/only-waiting, read/guest, read/guest-merged, read/guest-notes
   */
  conversations(query: ConversationQuery): Promise<Page<ConversationRow> & { readonly now: Date }>;
  /**
   * What stands open in each department within reach that has something open, and in what has none yet. In no order.
   * @contract read/counters
   */
  counters(query: { readonly reach: Reach; readonly hotelId: string | null }): Promise<readonly DeskCounters[]>;
  /**
   * How long first responses and resolutions took that ended from `from` until before `to` (`Timing.at`), in all, in each department and by
   * each of staff: those within reach by their department. Beside them who has waited for the first word of the staff since then:
   * open conversations whose episode was asked in that time and not answered (`askedAt`, `answeredAt`), by the department that they are
   * with and by who sees to them. What nobody of staff did, and nobody sees to, counts for none of staff. In no order.
   * Of the questions for a rating (`surveyed`) those that were asked then are told, with what they were answered (`rated`) by now.
   * A median or 90th percentile between two values is as far between them (as `percentile_cont`); all in whole milliseconds.
   * @contract times/period, times/groups, times/filters, times/waiting, times/ratings, times/reach
   */
  times(query: TimesQuery): Promise<DeskTimes>;
  /**
   * Messages of a hotel that have all these words (`contentWords`) in what they show, by `eventSeq`, then id, the greatest first.
   * What they show is made of their own content, sent or not, and of what was done to them; so one that was deleted has no words.
   * A message is within reach when its conversation is, or one that goes on with it, and in a department when one of these is. It
   * is told with the last of these that is within reach and in the department. Without words nothing is found.
   *
   * A page may hold fewer than were asked for, or none, and still say where the next one begins: nobody waits for a search
   * through all that a large hotel ever wrote.
   * @contract search/words, search/shown, search/reach, search/continued, search/pages, search/merged
   */
  search(query: SearchQuery): Promise<Page<SearchHit, SearchPoint>>;
  /**
   * Guests of a hotel within reach (as `loadGuests`) whose name and username together have all these words (`nameWords`), by id,
   * the greatest first. One that was merged is answered as the one into whom.
   * @contract search/guests, search/guests-reach
   */
  searchGuests(query: GuestSearchQuery): Promise<Page<Guest, string>>;
  /**
   * Messages of a conversation and of those it continues, however many in a row, by `eventSeq`, the greatest first, each with
   * its amendments, in no order. null when the conversation is out of reach or does not exist. A guest sees those of
   * `GUEST_DIRECTIONS` alone, and of conversations that are within their reach. No other verb shows a guest anything.
   * @contract read/messages, read/continued, read/amended, read/guest, read/guest-continued, read/guest-notes, read/guest-nothing-else
   */
  messages(query: MessageQuery): Promise<Page<AmendedMessage, number> | null>;
  /**
   * One message, with what is known of the webhook behind it. It is within reach when its conversation is, or one that
   * goes on with it, so that whoever sees it in a list can ask about it.
   * @contract read/explain
   */
  message(query: { readonly reach: Reach; readonly messageId: string }): Promise<MessageHistory | null>;
  /**
   * Who took part in a conversation and in those it continues, and how far each has read them; a participant of two of them stands in
   * both. null when the conversation is out of reach or does not exist.
   * @contract read/participants
   */
  participants(query: {
    readonly reach: Reach;
    readonly conversationId: string;
  }): Promise<ConversationParticipants | null>;
  /**
   * The newest of what a guest wrote in a conversation, or in one that it continues: no old message out of the phone app, no
   * word of WhatsApp's about the guest, and no call. null when the conversation is out of reach or does not exist.
   * @contract read/newest-inbound
   */
  newestInbound(query: NewestInboundQuery): Promise<NewestInbound | null>;
  /**
   * Notes that name a staff member, by `at`, then message id, the greatest first. Each is within reach when its conversation is, or
   * one that goes on with it; it has been read when its reader has read its conversation as far as to it.
   * @contract read/mentions
   */
  mentions(query: MentionQuery): Promise<Page<MentionRow>>;
  /** What happened in a hotel after an event number, in order. @contract read/events */
  events(query: {
    readonly hotelId: string;
    readonly after: number;
    readonly limit: number;
  }): Promise<readonly DeskEvent[]>;
  /**
   * Makes a consumer known, once: a reader of the event logs of all hotels whose place is stored. It begins at the beginning of each
   * log, or with `from: "now"` after what is told by then; a hotel whose first event comes later is read from its beginning.
   * @returns false when it was known, and nothing changes
   * @contract consume/open, consume/from-now
   */
  openConsumer(consumer: { readonly name: string; readonly from: "beginning" | "now" }): Promise<boolean>;
  /**
   * Takes hotels that have told something after the consumer's place in their log, at most `hotels` of them, the longest left alone
   * first, each with its next events in order, at most `events`. A hotel's log is in one hand at a time for one consumer; every
   * claim gives it a higher epoch, and others may have it when its lease has run out.
   * @returns null when there is no consumer of that name: it was never opened, or was forgotten
   * @contract consume/order, consume/one-holder, consume/expired-lease, consume/hotels-in-turn, consume/names, consume/forget
   */
  claimEvents(claim: EventClaim): Promise<readonly ClaimedEvents[] | null>;
  /**
   * Stores a consumer's place, up to and with event `seq`. It never moves back. Then the log is held for another `leaseMs`, or given
   * back, due after a wait; with a failure's code, how often the next event failed is counted, until it is handled.
   * @returns false, and nothing is stored, when the log is not in this holder's hands any more
   * @contract consume/place, consume/fenced, consume/failed, consume/renew
   */
  moveConsumer(move: ConsumerMove): Promise<boolean>;
  /**
   * Forgets a consumer and its places. Whoever has a log of it in hand has it no more; opened again, the name is new.
   * @returns false when there was none of that name
   * @contract consume/forget
   */
  forgetConsumer(name: string): Promise<boolean>;
  /** How far each consumer is in each hotel that has told something, by name, then hotel. @contract consume/places */
  consumers(): Promise<readonly ConsumerPlace[]>;
  /**
   * What happened in hotels that is about no conversation, by `at`, then number, the greatest first. Only reach over a whole
   * hotel sees it. A point's id is the number, in twenty digits, after the hotel's id and a slash.
   * @contract read/operator-events
   */
  operatorEvents(query: {
    readonly reach: Reach;
    readonly before: PagePoint | null;
    readonly limit: number;
  }): Promise<Page<DeskEvent>>;
  /** The audit of one target, oldest first. @contract read/audit */
  audit(query: { readonly hotelId: string; readonly targetId: string }): Promise<readonly AuditEntry[]>;
  /** A hotel's audit by `at`, then id, the greatest first. Only reach over the whole hotel sees it. @contract read/audit-list */
  auditEntries(query: AuditQuery): Promise<Page<AuditEntry>>;
  /** Dead work by `deadAt`, then id, the greatest first. It has no department: only reach over a whole hotel sees it. @contract work/dead */
  dead(query: {
    readonly reach: Reach;
    readonly before: PagePoint | null;
    readonly limit: number;
  }): Promise<Page<DeadWork>>;
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
   * Remembered items that are nobody's work, by `receivedAt`, then id, the greatest first: those without a chat and those
   * too old. A `status` of a hotel is not among them, because it is joined into its message; one of the hotel
   * `unrouted` is. Like dead work they have no department: only reach over a whole hotel sees them.
   * @contract read/kept
   */
  kept(query: {
    readonly reach: Reach;
    readonly before: PagePoint | null;
    readonly limit: number;
  }): Promise<Page<KeptItem>>;
}

/**
 * `new`: work for somebody, or kept aside when the item has no chat. `too_old`: kept and not acted upon. An item whose
 * hash is known is a `duplicate`, however old.
 */
export type RememberOutcome = "new" | "duplicate" | "too_old";
/** `parked`: no outbound message with this correlation id or wamid yet. `unchanged`: it stood there or higher. */
export type StatusOutcome = "applied" | "unchanged" | "parked";

export interface ClaimOptions {
  readonly kind: WorkKind;
  readonly lanes: number;
  readonly itemsPerLane: number;
  readonly leaseMs: number;
  /** Of outbound work: see `claim`. */
  readonly expireMs?: number;
  readonly probeMs?: number;
}

export interface Claim {
  readonly now: Date;
  readonly lanes: readonly ClaimedLane[];
  /**
   * Milliseconds until the next lane of this kind comes due (0: some are due now and were not taken). A lane in
   * somebody's hands, those just taken included, counts from the end of its lease. null when no lane has work.
   */
  readonly nextDueInMs: number | null;
}

export interface EventClaim {
  readonly name: string;
  readonly hotels: number;
  readonly events: number;
  readonly leaseMs: number;
}

/** A hotel's log in the caller's hands. */
export interface ClaimedEvents extends ConsumerLease {
  /** The next ones, in order; never empty. */
  readonly events: readonly DeskEvent[];
  /** How often the first of them was tried and failed. */
  readonly failures: number;
}

export interface ConsumerMove {
  readonly consumer: ConsumerLease;
  /** Everything up to and with this one is handled. */
  readonly seq: number;
  readonly then:
    | { readonly kind: "hold"; readonly leaseMs: number }
    /** `failed`: the code of what the next event failed with; null when nothing did. */
    | { readonly kind: "giveBack"; readonly waitMs: number; readonly failed: string | null };
}

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
}

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

export type AmendedMessage = Message & { readonly amendments: readonly Amendment[] };

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

export interface ConversationState {
  readonly conversation: Conversation;
  /** With the number that answers leave from; version 0 when nothing is stored yet. */
  readonly chat: Chat;
  /** The guest's other open conversations with the hotel. */
  readonly others: readonly Conversation[];
  /** Of the conversations that this one continues, however many in a row, those that staff have not read to the end. In no order. */
  readonly unreadContinued: readonly Conversation[];
  /** As in `ChatState`. */
  readonly consents: readonly ConsentEntry[];
  /** The message asked for by client id, in whatever conversation of the hotel it stands. */
  readonly existing: Message | null;
  /** The template asked for; null when the hotel's catalogue has none of that name and language. */
  readonly template: Template | null;
  /** The newest outbound message asked for, whatever became of it, and who wrote it; null: there is none. Absent unless asked for. */
  readonly answered?: { readonly seq: number; readonly author: Author } | null;
}

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

export type CommitResult =
  | { readonly outcome: "committed"; readonly events: readonly DeskEvent[]; readonly messages: readonly Message[] }
  /** Nothing was stored. Indexes of the changes whose versions are no longer the stored ones; load and decide those again. Empty: there are several and it cannot be told which. */
  | { readonly outcome: "conflict"; readonly changes: readonly number[] }
  /** Nothing was stored. Indexes of the changes whose lanes are not theirs any more; drop those. */
  | { readonly outcome: "fenced"; readonly changes: readonly number[] };

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

export interface SendPause {
  readonly of: "number" | "hotel";
  readonly ms: number;
  /** Whether one message goes first afterwards, and the others once it was accepted. */
  readonly probing: boolean;
  /** The failure's code. */
  readonly code: string;
}

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

export interface WorkFailure {
  readonly lane: LaneLease;
  readonly workId: string;
  readonly code: string;
  /** null sets it aside as dead. */
  readonly retryInMs: number | null;
}

/** Where a page begins: strictly after this point, in the list's order. Keys only; rights are applied again each time. */
export interface PagePoint {
  readonly at: Date;
  readonly id: string;
}

export interface Page<T, P = PagePoint> {
  readonly items: readonly T[];
  /** null on the last page, also when that is full. */
  readonly next: P | null;
}

export interface TemplateQuery {
  readonly reach: Reach;
  readonly hotelId: string;
  /** Only those after this one. */
  readonly after: TemplateKey | null;
  readonly limit: number;
}

export interface ConversationQuery {
  readonly reach: Reach;
  readonly hotelId: string | null;
  readonly departmentId: string | null;
  readonly status: ConversationStatus | null;
  /** Only those that this one of staff sees to; null: those that nobody does. */
  readonly assigneeId?: string | null;
  readonly priority?: Priority;
  /** Only those with this tag, as `tagOf` writes it. */
  readonly tag?: string;
  /** Only those that stay out of the open list for a while, or only the others. */
  readonly snoozed?: boolean;
  /** true: only those with something unread. */
  readonly unread?: boolean;
  /** true: only open ones whose guest waits for an answer. */
  readonly waiting?: boolean;
  readonly after: PagePoint | null;
  readonly limit: number;
}

/** What stands open in a department; null: in none yet. */
export interface DeskCounters {
  readonly hotelId: string;
  readonly departmentId: string | null;
  /** Open conversations. */
  readonly open: number;
  /** Those of them with something unread. */
  readonly unread: number;
  /** Those of them whose guest waits for an answer. */
  readonly waiting: number;
  /** Since when the one waits who has waited longest; null when nobody does. */
  readonly waitingSince: Date | null;
}

export interface TimesQuery {
  readonly reach: Reach;
  readonly hotelId: string | null;
  readonly departmentId: string | null;
  /** Only what this one of staff answered or closed, and who waits for them. */
  readonly staffId: string | null;
  readonly from: Date;
  /** Before this instant. */
  readonly to: Date;
}

export interface DeskTimes {
  readonly all: TimesOf;
  /** Where there is something to tell; `departmentId` null: of no department yet. */
  readonly departments: readonly (TimesOf & { readonly hotelId: string; readonly departmentId: string | null })[];
  readonly staff: readonly (TimesOf & { readonly hotelId: string; readonly staffId: string })[];
}

export interface TimesOf {
  /** From when the guest asked until staff first answered, once for each episode of a conversation. */
  readonly firstResponse: Durations;
  /** From when a conversation was opened (again) until it was closed. */
  readonly resolution: Durations;
  /** Of what guests were asked in the period, whenever they answered. */
  readonly rating: RatingOf;
  /** Conversations in which staff have still to answer for the first time. */
  readonly waiting: number;
  /** Of the resolutions, those in which the guest had asked and nobody of staff answered. */
  readonly resolvedUnanswered: number;
}

export interface RatingOf {
  readonly asked: number;
  readonly answered: number;
  /** Stars, to hundredths; null where nobody answered. */
  readonly average: number | null;
  /** How many gave one star, two, and so on to five. */
  readonly scores: readonly [number, number, number, number, number];
}

/** Whole milliseconds; null where there are none. */
export interface Durations {
  readonly count: number;
  readonly meanMs: number | null;
  readonly medianMs: number | null;
  /** Nine of ten took at most this long. */
  readonly p90Ms: number | null;
}

export interface AuditQuery {
  readonly reach: Reach;
  readonly hotelId: string;
  readonly targetId: string | null;
  readonly actorId: string | null;
  readonly before: PagePoint | null;
  readonly limit: number;
}

export interface SearchQuery {
  readonly reach: Reach;
  readonly hotelId: string;
  readonly departmentId: string | null;
  readonly words: readonly SoughtWord[];
  /** Strictly before this one in time; null begins with the newest. */
  readonly before: SearchPoint | null;
  readonly limit: number;
}

/** Where a page of found messages begins. Two imported ones may have one `eventSeq`. */
export interface SearchPoint {
  readonly eventSeq: number;
  readonly id: string;
}

export interface SearchHit {
  readonly message: AmendedMessage;
  /** The conversation that shows it. */
  readonly conversationId: string;
  readonly departmentId: string | null;
  /** As in `ConversationRow`. */
  readonly guestId: string;
  readonly guestName: string | null;
}

export interface GuestSearchQuery {
  readonly reach: Reach;
  readonly hotelId: string;
  readonly words: readonly SoughtWord[];
  /** Only those with a smaller id. */
  readonly before: string | null;
  readonly limit: number;
}

export interface ConversationRow {
  readonly conversation: Conversation;
  /** What was done to the message that the preview shows. In no order. */
  readonly previewAmendments: readonly Amendment[];
  /** Who it is with: the guest of the conversation, or the one into whom they were merged, whose name and window these are. */
  readonly guestId: string;
  /** null until a profile name was seen. */
  readonly guestName: string | null;
  /** Guest messages after `readSeq`, those of the conversations it continues included, each after its own. */
  readonly unread: number;
  /** Of the chat with the conversation's number; null before the guest ever wrote there. */
  readonly windowClosesAt: Date | null;
}

export interface MessageQuery {
  readonly reach: Reach;
  readonly conversationId: string;
  /** Messages with a smaller `eventSeq` only; null begins with the newest. */
  readonly before: number | null;
  readonly limit: number;
}

export interface MessageHistory {
  readonly message: AmendedMessage;
  /** When the webhook attempt behind an inbound message was stored; null for outbound messages. */
  readonly receivedAt: Date | null;
  /** Ids of the conversations that show it: its own, and those that go on with that one after the other. In no order. */
  readonly shownIn: readonly string[];
}

export interface ConversationParticipants {
  /** The conversation, and those it continues, however many in a row. In no order. */
  readonly conversations: readonly { readonly id: string; readonly lastSeq: number }[];
  /** In no order. */
  readonly participants: readonly Participant[];
}

export interface NewestInboundQuery {
  readonly reach: Reach;
  readonly conversationId: string;
  /** In the conversation itself up to this number only; null: to its end. Those it continues are always looked through whole. */
  readonly upTo: number | null;
}

export interface NewestInbound {
  readonly now: Date;
  readonly hotelId: string;
  /** null: the guest wrote nothing there. */
  readonly message: {
    readonly conversationId: string;
    readonly seq: number;
    readonly eventSeq: number;
    /** Of its conversation. */
    readonly guestId: string;
    readonly phoneNumberId: string;
    readonly wamid: string;
    /** By WhatsApp's clock. */
    readonly sentAt: Date;
  } | null;
}

export interface MentionQuery {
  readonly reach: Reach;
  /** Whose. */
  readonly staffId: string;
  /** true: only those that have not been read. */
  readonly unread: boolean;
  /** A point's id is the message's. */
  readonly before: PagePoint | null;
  readonly limit: number;
}

export interface MentionRow {
  readonly mention: Mention;
  /** The note. */
  readonly message: Message;
  readonly read: boolean;
  /** Ids of the conversations that show it, as in `MessageHistory`. */
  readonly shownIn: readonly string[];
}

export interface SavedReplyQuery {
  readonly reach: Reach;
  readonly hotelId: string;
  /** Only those that this department can use: its own, and those for every one. null: all within reach. */
  readonly departmentId: string | null;
  readonly after: SavedReplyKey | null;
  readonly limit: number;
}

export interface PutSavedReply {
  readonly reach: Reach;
  readonly reply: Omit<SavedReply, "updatedAt">;
  readonly audit: Omit<AuditEntry, "hotelId" | "at">;
}

export type SavedReplyStored =
  { readonly outcome: "stored"; readonly at: Date } | { readonly outcome: "missing" | "conflict" | "taken" };
