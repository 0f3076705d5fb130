import { addressKey, type GuestAddress } from "../domain/address.js";
import type { Change } from "../domain/change.js";
import { isLive } from "../domain/flow-run.js";
import type { Guest, GuestUpdate } from "../domain/guest.js";
import type { ChatState, KnownMessage } from "../ports/work-storage.js";

/** The state after a change, for deciding the next item of the same chat before anything is stored. Not after a merge: that is loaded anew. */
export function applied(state: ChatState, change: Change, now: Date): ChatState {
  const known = new Map(state.known);
  for (const { id, wamid, conversationId, seq, direction, content, importedPlace } of change.messages) {
    const departmentId = change.conversations.find((one) => one.id === conversationId)?.departmentId ?? null;
    const message: KnownMessage = {
      messageId: id,
      conversationId,
      seq,
      direction,
      departmentId,
      isOwn: true,
      isImported: importedPlace !== null,
      type: content.type,
    };
    if (wamid !== null) known.set(wamid, message);
  }
  return {
    ...state,
    guest: change.guest === null ? state.guest : guestAfter(state.guest, change.guest, now),
    chat: change.chat ?? state.chat,
    conversations: replaced(state.conversations, change.conversations),
    known,
    amendments: [...state.amendments, ...change.amendments],
    consents: [...state.consents, ...change.consents],
    prompts: [...state.prompts, ...change.prompts],
    runs: replaced(state.runs, change.runs).filter(isLive),
  };
}

function guestAfter(guest: Guest, { name, username, language, addresses, retires }: GuestUpdate, now: Date): Guest {
  const given = new Map(addresses.map((address) => [addressKey(address), address]));
  const gone = new Set(retires.map(addressKey));
  const kept = guest.addresses
    .filter((address) => !given.has(addressKey(address)))
    .map((address) => (gone.has(addressKey(address)) ? { ...address, retiredAt: address.retiredAt ?? now } : address));
  const learned = addresses.map(({ kind, value, evidence }): GuestAddress => ({
    kind,
    value,
    evidence,
    firstSeenAt: now,
    retiredAt: null,
  }));
  return {
    ...guest,
    name: name ?? guest.name,
    username: username ?? guest.username,
    ...(language !== undefined && { language }),
    addresses: [...kept, ...learned],
  };
}

/** Two changes of one chat, the second decided on the state after the first, as one: each aggregate once, with its latest value. */
export function merged(first: Change, second: Change): Change {
  return {
    hotelId: first.hotelId,
    guest: guestOf(first.guest, second.guest),
    newGuest: second.newGuest ?? first.newGuest,
    merge: second.merge ?? first.merge,
    chat: second.chat ?? first.chat,
    conversations: replaced(first.conversations, second.conversations),
    messages: [...first.messages, ...second.messages],
    amendments: [...first.amendments, ...second.amendments],
    attachments: [...first.attachments, ...second.attachments],
    remarks: [...first.remarks, ...second.remarks],
    prompts: [...first.prompts, ...second.prompts],
    runs: replaced(first.runs, second.runs),
    // Of different lanes: one change holds each once.
    stays: [...first.stays, ...second.stays],
    tasks: replaced(first.tasks, second.tasks),
    moves: [...first.moves, ...second.moves],
    participants: [...first.participants, ...second.participants],
    mentions: [...first.mentions, ...second.mentions],
    consents: [...first.consents, ...second.consents],
    timings: [...first.timings, ...second.timings],
    templates: [...first.templates, ...second.templates],
    events: [...first.events, ...second.events],
    audit: [...first.audit, ...second.audit],
    work: [...first.work, ...second.work],
  };
}

/** What was given first and retired then is retired; what was retired and given again is not. */
function guestOf(first: GuestUpdate | null, second: GuestUpdate | null): GuestUpdate | null {
  if (first === null || second === null) return second ?? first;
  const gone = new Set(second.retires.map(addressKey));
  const given = new Set(second.addresses.map(addressKey));
  return {
    id: second.id,
    name: second.name ?? first.name,
    username: second.username ?? first.username,
    ...languageOf(second.language ?? first.language),
    addresses: [...first.addresses.filter((address) => !given.has(addressKey(address))), ...second.addresses].filter(
      (address) => !gone.has(addressKey(address)),
    ),
    retires: [...first.retires.filter((address) => !given.has(addressKey(address))), ...second.retires],
  };
}

const languageOf = (language: string | undefined) => (language === undefined ? {} : { language });

function replaced<T extends { readonly id: string }>(before: readonly T[], after: readonly T[]): readonly T[] {
  const byId = new Map(before.map((item) => [item.id, item]));
  for (const item of after) byId.set(item.id, item);
  return [...byId.values()];
}
