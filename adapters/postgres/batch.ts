import {
  cleanText,
  contentWords,
  nameWords,
  numberedMessage,
  sentAttachment,
  type AmendmentAct,
  type DeskEvent,
  type EventBody,
  type LaneChange,
  type LaneLease,
  type Message,
  type MessageContent,
  type NewMessage,
} from "../../src/index.js";
import { date, eventOf, messageOf, saidText, type EventRow, type MessageRow } from "./rows.js";
import { moveJson, runJson } from "./flow-runs.js";
import { stayJson, taskJson } from "./stays.js";
import { contentJson, updateJson } from "./templates.js";

/** A batch of changes as the lists that `commit_1` reads, in its order. What a guest wrote travels as JSON text inside JSON. */
export function batchOf(changes: readonly LaneChange[]) {
  const events = changes.flatMap((change, index) => eventsOf(change).map((event) => ({ event, index })));
  const numbers = new Map<string, number>();
  events.forEach(({ event: { body } }, index) => {
    const messageId = numberedMessage(body);
    if (messageId !== null) numbers.set(messageId, index + 1);
  });
  const each = <T>(pick: (change: LaneChange["change"]) => readonly T[]): { of: T; change: number }[] =>
    changes.flatMap(({ change }, index) => pick(change).map((of) => ({ of, change: index })));

  const batch = {
    lanes: changes.flatMap(({ lane, completes, failed }, change) =>
      lane === null
        ? []
        : [
            {
              change,
              ...laneJson(lane),
              last: completes.at(-1) ?? null,
              completed: completes.length,
              done: completes.length + (failed !== null && failed.retryInMs === null ? 1 : 0),
              delay_ms: failed?.retryInMs ?? 0,
            },
          ],
    ),
    completes: changes.flatMap(({ completes }) => completes.map((id) => ({ id }))),
    failed: changes.flatMap(({ failed }) =>
      failed === null ? [] : [{ id: failed.workId, code: failed.code, retry_ms: failed.retryInMs }],
    ),
    chats: each(({ chat }) => (chat === null ? [] : [chat])).map(({ of: chat, change }) => ({
      change,
      number: chat.phoneNumberId,
      guest: chat.guestId,
      version: chat.version,
      current: chat.currentConversationId,
      last_inbound_at: chat.lastInboundAt,
      window_closes_at: chat.windowClosesAt,
      menu_sent_at: chat.menuSentAt,
      rating_prompt: chat.ratingPromptId,
      away_until: chat.awayUntil,
      staff_wrote_at: chat.staffWroteAt,
      automated_since: chat.automated?.since ?? null,
      automated_count: chat.automated?.count ?? null,
      automated_row: chat.automated?.row ?? null,
      automated_at: chat.automated?.at ?? null,
      automated_heard: chat.automated?.heard ?? null,
    })),
    conversations: each(({ conversations }) => conversations).map(({ of: one, change }) => ({
      change,
      id: one.id,
      guest: one.guestId,
      number: one.phoneNumberId,
      department: one.departmentId,
      mode: one.mode,
      status: one.status,
      speaker: one.speaker,
      version: one.version,
      last_seq: one.lastSeq,
      read_seq: one.readSeq,
      created_at: one.createdAt,
      last_message_at: one.lastMessageAt,
      preview: cleanText(one.lastMessagePreview),
      preview_message_id: one.previewMessageId,
      last_from: one.lastMessageFrom,
      last_guest_message_at: one.lastGuestMessageAt,
      waiting_since: one.waitingSince,
      closed_at: one.closedAt,
      continued_in: one.continuedIn,
      imported: one.imported,
      assignee: one.assigneeId,
      priority: one.priority,
      tags: one.tags,
      snoozed_until: one.snoozedUntil,
      episode: one.episode.number,
      episode_at: one.episode.startedAt,
      asked_at: one.episode.askedAt,
      answered_at: one.episode.answeredAt,
      answered_by: one.episode.answeredBy,
      rating: jsonOrNull(one.rating),
    })),
    guests: each(({ guest }) => (guest === null ? [] : [guest])).map(({ of: { id, name, username, language } }) => ({
      id,
      name: textOrNull(name),
      display_name: name === null ? null : cleanText(name),
      username: textOrNull(username),
      language: language ?? null,
      name_words: name === null ? null : nameWords(name).join(" "),
      username_words: username === null ? null : nameWords(username).join(" "),
    })),
    addresses: each(({ guest, newGuest }) => [
      ...(guest?.addresses ?? []).map((address) => ({ ...address, guest: guest?.id, fresh: false })),
      ...(newGuest === null
        ? []
        : [{ ...newGuest.address, guest: newGuest.id, evidence: null, takes: false, fresh: true }]),
    ]).map(({ of: { kind, value, guest, evidence, takes, fresh } }, ord) => ({
      ord,
      kind,
      value,
      guest,
      evidence,
      takes,
      fresh,
    })),
    retires: each(({ guest }) => (guest?.retires ?? []).map((address) => ({ ...address, guest: guest?.id }))).map(
      ({ of: { kind, value, guest } }, ord) => ({ ord, kind, value, guest }),
    ),
    merges: each(({ merge }) => (merge === null ? [] : [merge])).map(({ of: { guestId, into }, change }) => ({
      change,
      guest: guestId,
      target: into,
    })),
    messages: each(({ messages }) => messages).map(({ of }) => ({
      ...messageJson(of, numbers.get(of.id) ?? 0),
      search_text: searchText(of.content),
    })),
    named: each(({ messages }) => messages).flatMap(({ of: { id, wamid, importedPlace } }) =>
      wamid !== null && importedPlace === null ? [{ message: id, wamid }] : [],
    ),
    // An imported message is of a time before the hotel came here: nobody is recording its wamid.
    echoes: each(({ messages }) => messages).flatMap(({ of: { id, direction, wamid, importedPlace } }) =>
      direction === "outbound" && wamid !== null ? [{ wamid, message: id, locked: importedPlace === null }] : [],
    ),
    amendments: each(({ amendments }) => amendments).map(({ of: one }) => ({
      wamid: one.wamid,
      id: one.id,
      guest: one.guestId,
      by: one.by,
      act: actText(one.act),
      words: wordsOf(one.act),
      at: one.at,
      attempt: one.attemptId,
    })),
    remarks: each(({ remarks }) => remarks).map(({ of: { messageId, was, becomes, failure, reason } }, ord) => ({
      ord,
      message: messageId,
      was,
      becomes,
      failure: jsonOrNull(failure),
      reason: JSON.stringify(reason),
    })),
    prompts: each(({ prompts }) => prompts).map(({ of: prompt }) => ({
      id: prompt.id,
      guest: prompt.guestId,
      number: prompt.phoneNumberId,
      conversation: prompt.conversationId,
      message: prompt.messageId,
      kind: prompt.kind,
      options: JSON.stringify(
        prompt.kind === "flow" ? { runId: prompt.runId, step: prompt.step, options: prompt.options } : prompt.options,
      ),
      created_at: prompt.createdAt,
    })),
    participants: each(({ participants }) => participants).map(({ of: { conversationId, kind, id, readSeq } }) => ({
      conversation: conversationId,
      kind,
      id,
      read_seq: readSeq,
    })),
    events: events.map(({ event }, index) => ({
      n: index + 1,
      conversation: event.conversationId,
      department: event.departmentId,
      body: JSON.stringify(event.body),
    })),
    audit: each(({ audit }) => audit).map(({ of: entry }) => ({
      id: entry.id,
      actor_kind: entry.actor.kind,
      actor_id: entry.actor.id,
      action: entry.action,
      reason: JSON.stringify(entry.reason),
      target_kind: entry.target.kind,
      target_id: entry.target.id,
      at: entry.at,
    })),
    work: each(({ work }) => work).map(({ of: work }, index) => ({
      ord: index,
      id: work.id,
      kind: work.kind,
      number: work.phoneNumberId,
      guest: work.guestId,
      payload: JSON.stringify(work.payload),
      urgent: work.urgent ?? false,
      due_at: work.dueAt ?? null,
    })),
    consents: each(({ consents }) => consents).map(({ of: entry }) => ({
      id: entry.id,
      guest: entry.guestId,
      scope: entry.scope,
      wish: entry.wish,
      source: entry.source,
      evidence: entry.evidence,
      at: entry.at,
      recorded_at: entry.recordedAt,
    })),
    templates: each(({ templates }) => templates).map(({ of }, ord) => updateJson(of, ord)),
    mentions: each(({ mentions }) => mentions).map(({ of: { staffId, messageId, conversationId, at } }) => ({
      staff: staffId,
      message: messageId,
      conversation: conversationId,
      at,
    })),
    timings: each(({ timings }) => timings).map(({ of: one }) => ({
      conversation: one.conversationId,
      episode: one.episode,
      kind: one.kind,
      department: one.departmentId,
      staff: one.staffId,
      since: one.since,
      at: one.at,
      unanswered: one.unanswered,
      score: one.score,
      open_ms: one.openMs,
    })),
    runs: each(({ runs, moves }) =>
      runs.map((one) => ({ one, moves: moves.filter(({ runId }) => runId === one.id) })),
    ).map(({ of: { one, moves }, change }) => ({ change, ...runJson(one), moves: moves.map(moveJson) })),
    attachments: each(({ attachments }) => attachments).map(({ of: one }) => ({
      id: one.id,
      conversation: one.conversationId,
      guest: one.guestId,
      number: one.phoneNumberId,
      kind: one.kind,
      direction: one.direction,
      said: saidText(one.said),
      state: one.state,
      reason: one.reason,
      purpose: one.purpose ?? null,
      created_at: one.createdAt,
    })),
    attached: each(({ attachments, messages }) => [
      ...attachments.map(({ messageId, id }) => ({ message: messageId, attachment: id })),
      ...messages.map(({ id, content }) => ({ message: id, attachment: sentAttachment(content) })),
    ]).flatMap(({ of }) => (of.attachment === null ? [] : [of])),
    stays: each(({ stays }) => stays).map(({ of, change }) => ({ change, ...stayJson(of) })),
    tasks: each(({ tasks }) => tasks).map(({ of, change }) => ({ change, ...taskJson(of) })),
  };

  return {
    lists: Object.values(batch).map((list) => JSON.stringify(list)),
    /** What was stored, once the database has said which number comes first, and what became of messages stored before. */
    stored(
      hotelId: string,
      { first_event, at, rises, joined }: StoredRow,
    ): { events: DeskEvent[]; messages: Message[] } {
      const firstEvent = Number(first_event);
      const echoes = new Map((joined ?? []).map((row) => [row.id, messageOf(row)]));
      const numbered = events.map(({ event }, index) => ({ ...event, hotelId, seq: firstEvent + index, at: date(at) }));
      return {
        events: [...numbered, ...(rises ?? []).map((row) => eventOf(hotelId, row))],
        messages: changes.flatMap(({ change }) =>
          change.messages.map(({ importedPlace, ...message }) => {
            const eventSeq = importedPlace ?? firstEvent + (numbers.get(message.id) ?? 0) - 1;
            return echoes.get(message.id) ?? { ...message, eventSeq };
          }),
        ),
      };
    },
  };
}

export interface StoredRow {
  first_event: string | null;
  at: Date;
  rises: EventRow[] | null;
  joined: MessageRow[] | null;
}

export const laneJson = ({ kind, phoneNumberId, guestId, epoch }: LaneLease) => ({
  kind,
  number: phoneNumberId,
  guest: guestId,
  epoch,
});

/** A change's events, and that of the work it gives up. */
function eventsOf({ change, failed }: LaneChange) {
  if (failed?.retryInMs !== null) return change.events;
  const body: EventBody = { type: "work.dead", workId: failed.workId, code: failed.code };
  return [...change.events, { conversationId: null, departmentId: null, body }];
}

function messageJson(message: NewMessage, event: number) {
  const { author, flow } = message;
  return {
    id: message.id,
    conversation: message.conversationId,
    seq: message.seq,
    event,
    place: message.importedPlace,
    direction: message.direction,
    author_kind: author.kind,
    author_id: author.kind === "device" ? null : author.id,
    author_name: author.kind === "staff" && author.name !== null ? JSON.stringify(author.name) : null,
    content: contentJson(message.content),
    fallback: message.fallback === null ? null : contentJson(message.fallback.content),
    status: message.status,
    failure: jsonOrNull(message.failure),
    billing: jsonOrNull(message.billing),
    wamid: message.wamid,
    quoted: message.quotedWamid,
    context: jsonOrNull(message.context),
    attempt: message.attemptId,
    client: message.clientMessageId,
    flow_id: flow?.flowId ?? null,
    flow_run: flow?.runId ?? null,
    flow_step: flow?.step ?? null,
    flow_result: flow?.result ?? null,
    reasons: JSON.stringify(message.reasons),
    sent_at: message.sentAt,
    created_at: message.createdAt,
  };
}

/** Its kind first: this is how those that were understood are found. */
const actText = ({ kind, ...act }: AmendmentAct): string => JSON.stringify({ kind, ...act });
/** By what words a message is found from then on; null: by those it had. */
const wordsOf = (act: AmendmentAct): string | null =>
  act.kind === "revoked" ? "" : act.kind === "reacted" ? null : searchText(act.content);
const jsonOrNull = (value: object | null): string | null => (value === null ? null : JSON.stringify(value));
const textOrNull = (value: string | null): string | null => (value === null ? null : JSON.stringify(value));
const searchText = (content: MessageContent): string => contentWords(content).join(" ");
