import { desk } from "./desk.js";

/** What somebody has begun to write, of each conversation, for as long as this tab is open. It is theirs alone. */
const key = () => `belldesk.drafts.${desk.me?.id}`;

const read = () => {
  try {
    return JSON.parse(sessionStorage.getItem(key()) ?? "{}");
  } catch {
    return {};
  }
};

export const drafts = {
  of: (conversationId) => (conversationId === null ? {} : (read()[conversationId] ?? {})),
  keep(conversationId, draft) {
    if (conversationId === null) return;
    const { [conversationId]: _, ...others } = read();
    const all = draft.text === "" ? others : { ...others, [conversationId]: draft };
    try {
      sessionStorage.setItem(key(), JSON.stringify(all));
    } catch {
      // Full: the draft lives as long as the conversation is shown.
    }
  },
};
