import { toPlain, type OutgoingMessage } from "belldesk";

/** One chat in which the two systems did not say the same. Its texts are guests' business: show them to staff, log none of it. */
export interface Difference {
  readonly phoneNumberId: string;
  /** The guest's phone or business-scoped id. */
  readonly to: string;
  /** What only one of them said, in order. */
  readonly onlyOld: readonly string[];
  readonly onlyDesk: readonly string[];
}

/** Holds what the old system sent against what the desk would have sent. In memory: begin anew each day. */
export function comparison() {
  const chats = new Map<string, { phoneNumberId: string; to: string; old: string[]; desk: string[] }>();
  const chatOf = (phoneNumberId: string, to: string) => {
    const key = JSON.stringify([phoneNumberId, to]);
    const chat = chats.get(key) ?? { phoneNumberId, to, old: [], desk: [] };
    chats.set(key, chat);
    return chat;
  };
  return {
    /** Called where the old system sends. @param text what the guest reads; of a file or a form its type */
    oldSent: (phoneNumberId: string, to: string, text: string): void => {
      chatOf(phoneNumberId, to).old.push(toPlain(text).trim());
    },
    /** For `shadowTransport({ onSend })`. */
    deskSent: ({ number, to, content }: OutgoingMessage): void => {
      const text = "text" in content ? content.text : content.type;
      chatOf(number.phoneNumberId, to.value).desk.push(toPlain(text).trim());
    },
    /** Chats in which one said what the other did not: in any order, and as often. */
    differences: (): readonly Difference[] =>
      [...chats.values()]
        .map(({ old, desk, ...chat }) => ({ ...chat, onlyOld: without(old, desk), onlyDesk: without(desk, old) }))
        .filter(({ onlyOld, onlyDesk }) => onlyOld.length + onlyDesk.length > 0),
  };
}

/** `these` without as many of each as there are in `those`. */
function without(these: readonly string[], those: readonly string[]): readonly string[] {
  const left = [...those];
  return these.filter((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
