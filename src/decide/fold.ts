import type { Change } from "../domain/change.js";
import type { ChatState } from "../ports/storage.js";

/** The state after a change, for deciding the next item of the same chat before anything is stored. */
export function applied(state: ChatState, change: Change, now: Date): ChatState {
  const quoted = new Map(state.quoted);
  for (const { wamid, conversationId } of change.messages) if (wamid !== null) quoted.set(wamid, conversationId);
  const { guest } = state;
  return {
    guest: {
      ...guest,
      name: change.guest?.name ?? guest.name,
      addresses: [
        ...guest.addresses,
        ...(change.guest?.addresses ?? []).map((address) => ({ ...address, firstSeenAt: now })),
      ],
    },
    chat: change.chat ?? state.chat,
    conversations: replaced(state.conversations, change.conversations),
    quoted,
    prompts: [...state.prompts, ...change.prompts],
  };
}

/** Two changes of one chat, the second decided on the state after the first, as one: each aggregate once, with its latest value. */
export function merged(first: Change, second: Change): Change {
  const name = second.guest?.name ?? first.guest?.name ?? null;
  const id = second.guest?.id ?? first.guest?.id;
  return {
    hotelId: first.hotelId,
    guest:
      id === undefined
        ? null
        : { id, name, addresses: [...(first.guest?.addresses ?? []), ...(second.guest?.addresses ?? [])] },
    chat: second.chat ?? first.chat,
    conversations: replaced(first.conversations, second.conversations),
    messages: [...first.messages, ...second.messages],
    prompts: [...first.prompts, ...second.prompts],
    participants: [...first.participants, ...second.participants],
    events: [...first.events, ...second.events],
    audit: [...first.audit, ...second.audit],
    work: [...first.work, ...second.work],
  };
}

function replaced<T extends { readonly id: string }>(before: readonly T[], after: readonly T[]): readonly T[] {
  const byId = new Map(before.map((item) => [item.id, item]));
  for (const item of after) byId.set(item.id, item);
  return [...byId.values()];
}
