import { ConversationError } from "../../src/errors.js";
import { decideReopen } from "../../src/decide/conversation.js";
import { decideItem, type ItemInput } from "../../src/decide/item.js";
import { applied } from "../../src/decide/fold.js";
import type { Change } from "../../src/domain/change.js";
import { newChat } from "../../src/domain/chat.js";
import type { ConsentEntry } from "../../src/domain/consent.js";
import type { AmendingContent, MessageContent } from "../../src/domain/content.js";
import { UNTOUCHED, type Conversation } from "../../src/domain/conversation.js";
import type { Hotel } from "../../src/domain/hotel.js";
import type { Template } from "../../src/domain/template.js";
import type { EchoMessage, GuestChange, ImportedMessage, InboundMessage } from "../../src/domain/inbound-message.js";
import type { ChatState, ConversationState } from "../../src/ports/work-storage.js";

export const NUMBER = "200000000000001";
export const GUEST = "gst_1";
export const NOON = new Date("2026-11-10T12:00:00Z");
export const after = (ms: number, from = NOON): Date => new Date(from.getTime() + ms);
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export const grand: Hotel = {
  id: "grand",
  name: "Grand",
  timeZone: "Europe/Rome",
  numbers: [{ phoneNumberId: NUMBER, accessToken: "token" }],
  departments: [
    { id: "reception", name: "Reception" },
    { id: "housekeeping", name: "Housekeeping" },
    { id: "restaurant", name: "Café Élysée" },
  ],
  clocks: { conversationIdleMs: 24 * HOUR, menuRepromptMs: 2 * MINUTE },
  onIdle: "menu",
  texts: {
    menu: "Which department?",
    menuAgain: "Please choose one:",
    menuButton: "Departments",
    rating: "How was it?",
    ratingButton: "Rate",
    consentStopped: "No more offers. Write START to get them again.",
    consentResumed: "You will get our offers again.",
    away: "Closed. We open again: {opens}",
    awayForLong: "Closed.",
    menuClosed: "Closed until {opens}",
  },
};

const nobodyYet: ChatState = {
  guest: {
    id: GUEST,
    hotelId: "grand",
    name: null,
    username: null,
    mergedInto: null,
    addresses: [
      { kind: "bsuid", value: "US.101", evidence: "w0", firstSeenAt: NOON, retiredAt: null },
      { kind: "waId", value: "12025550101", evidence: "w0", firstSeenAt: NOON, retiredAt: null },
    ],
  },
  chat: null,
  conversations: [],
  known: new Map(),
  amendments: [],
  consents: [],
  holders: [],
  prompts: [],
  runs: [],
};

export const said = (
  content: MessageContent | AmendingContent | string,
  extra: Partial<InboundMessage> = {},
): InboundMessage => ({
  wamid: `wamid.${typeof content === "string" ? content : content.type}`,
  addresses: [{ kind: "waId", value: "12025550101" }],
  profileName: null,
  username: null,
  sentAt: NOON,
  content: typeof content === "string" ? { type: "text", text: content } : content,
  quotedWamid: null,
  context: null,
  ...extra,
});

/** A chat told as a story: each message is decided on what the ones before it changed. */
export class Story {
  readonly changes: Change[] = [];
  #n = 0;

  constructor(
    public state: ChatState = nobodyYet,
    public hotel: Hotel = grand,
    public now: Date = NOON,
  ) {}

  hears(content: MessageContent | AmendingContent | string, extra: Partial<InboundMessage> = {}): Change {
    return this.#gets({ kind: "message", ...this.#said(content, extra) });
  }

  /** Somebody at the hotel writes in the phone app. */
  echoes(content: MessageContent | AmendingContent | string, extra: Partial<EchoMessage> = {}): Change {
    return this.#gets({ ...this.#said(content, extra), kind: "echo" });
  }

  /** An old message out of the phone app. */
  imports(
    from: "guest" | "device",
    content: MessageContent | AmendingContent | string,
    extra: Partial<ImportedMessage> = {},
  ): Change {
    return this.#gets({ ...this.#said(content), from, status: "read", ...extra, kind: "history" });
  }

  /** WhatsApp says that something about the guest changed. */
  guestChanges(changed: GuestChange["content"]["changed"], fields: Pick<GuestChange, "addresses" | "became">): Change {
    const content = { type: "system", changed, text: "in WhatsApp's words" } as const;
    return this.#gets({ ...this.#said(content), ...fields, content, kind: "system" });
  }

  #said(content: MessageContent | AmendingContent | string, extra: Partial<InboundMessage> = {}): InboundMessage {
    return said(content, { sentAt: this.now, wamid: `wamid.${String(this.#n + 1)}`, ...extra });
  }

  #gets(item: ItemInput["item"]): Change {
    this.#n += 1;
    const input = { workId: `w${String(this.#n)}`, phoneNumberId: NUMBER, item };
    const change = decideItem(this.state, input, this.hotel, this.now);
    this.state = applied(this.state, change, this.now);
    this.changes.push(change);
    return change;
  }

  waits(ms: number): this {
    this.now = after(ms, this.now);
    return this;
  }

  /** Staff write in a conversation. */
  staffReplies(conversationId: string): void {
    this.#change(conversationId, (conversation) => ({
      ...conversation,
      speaker: "human",
      lastSeq: conversation.lastSeq + 1,
      lastMessageFrom: "staff",
      lastMessageAt: this.now,
    }));
  }

  staffClose(conversationId: string): void {
    this.#change(conversationId, (conversation) => ({ ...conversation, status: "closed", closedAt: this.now }));
    const { chat } = this.state;
    if (chat?.currentConversationId === conversationId)
      this.state = { ...this.state, chat: { ...chat, currentConversationId: null } };
  }

  /** Staff want everything from message `seq` on among what is still to be read. */
  staffMarksUnread(conversationId: string, seq: number): void {
    this.#change(conversationId, (conversation) => ({ ...conversation, readSeq: seq - 1 }));
  }

  /** One department gives the matter to another that has one already. */
  handsOver(from: string, into: string): void {
    this.#change(from, (conversation) => ({
      ...conversation,
      status: "closed",
      closedAt: this.now,
      continuedIn: into,
    }));
  }

  staffReopens(conversationId: string): void {
    const conversation = this.state.conversations.find(({ id }) => id === conversationId);
    const { chat } = this.state;
    if (conversation === undefined || chat === null) throw new Error("nothing to reopen");
    const others = this.state.conversations.filter(({ id, status }) => status === "open" && id !== conversationId);
    const by = { kind: "staff", id: "staff_1", role: "manager", hotels: { grand: "all" } } as const;
    const command = { id: "c1", by, reason: "because", now: this.now };
    const { change } = decideReopen(
      {
        conversation,
        guestName: null,
        chat,
        others,
        unreadContinued: [],
        runs: [],
        consents: [],
        existing: null,
        template: null,
      },
      command,
    );
    if (change !== null) this.state = applied(this.state, change, this.now);
  }

  open(departmentId: string | null): Conversation {
    const found = this.state.conversations.filter((one) => one.status === "open" && one.departmentId === departmentId);
    if (found.length !== 1 || found[0] === undefined)
      throw new Error(`${String(found.length)} open with ${String(departmentId)}`);
    return found[0];
  }

  /** The guest's old messages out of the phone app. */
  imported(): Conversation {
    const found = this.state.conversations.find(({ imported }) => imported);
    if (found === undefined) throw new Error("nothing imported");
    return found;
  }

  get menus(): number {
    return this.changes.flatMap(({ prompts }) => prompts).length;
  }

  /** The option of the newest menu that stands for a department. */
  option(departmentId: string): MessageContent {
    const option = this.state.prompts
      .filter((prompt) => prompt.kind === "departmentMenu")
      .at(-1)
      ?.options.find((one) => one.departmentId === departmentId);
    return { type: "choice", via: "button", id: option?.id ?? "none", text: option?.title ?? "none" };
  }

  #change(id: string, with_: (conversation: Conversation) => Conversation): void {
    this.state = {
      ...this.state,
      conversations: this.state.conversations.map((one) => (one.id === id ? with_(one) : one)),
    };
  }
}

export const reasonsOf = (change: Change): readonly string[] =>
  change.messages[0]?.reasons.map(({ code }) => code) ?? [];

export const aConversation = (extra: Partial<Conversation> = {}): Conversation => ({
  id: "con_1",
  hotelId: "grand",
  guestId: GUEST,
  phoneNumberId: NUMBER,
  departmentId: "reception",
  mode: "service",
  status: "open",
  speaker: "bot",
  version: 3,
  lastSeq: 2,
  readSeq: 0,
  createdAt: NOON,
  lastMessageAt: NOON,
  lastMessagePreview: "hello",
  previewMessageId: "msg_before",
  lastMessageFrom: "guest",
  lastGuestMessageAt: NOON,
  waitingSince: null,
  episode: { number: 1, startedAt: NOON, askedAt: null, answeredAt: null, answeredBy: null },
  closedAt: null,
  continuedIn: null,
  imported: false,
  ...UNTOUCHED,
  ...extra,
});

export const aDeskState = (
  conversation: Partial<Conversation> = {},
  others: readonly Conversation[] = [],
): ConversationState => ({
  conversation: aConversation(conversation),
  guestName: "Ana",
  chat: {
    ...newChat("grand", NUMBER, GUEST),
    version: 5,
    currentConversationId: "con_1",
    windowClosesAt: after(20 * HOUR),
  },
  others,
  unreadContinued: [],
  runs: [],
  consents: [],
  existing: null,
  template: null,
});

/** A template that WhatsApp has approved, which has nothing to fill in. */
export const aTemplate = (name: string, fields: Partial<Template> = {}): Template => ({
  hotelId: "grand",
  name,
  language: "en",
  metaId: null,
  category: "utility",
  comingCategory: null,
  status: "approved",
  quality: null,
  parameters: "positional",
  header: null,
  body: { text: "The hotel answered: write to us and we send it again.", placeholders: [] },
  footer: null,
  buttons: [],
  unsupported: [],
  updatedAt: NOON,
  ...fields,
});

/** A guest wants no offers. */
export const aStop: ConsentEntry = {
  id: "cns_1",
  hotelId: "grand",
  guestId: GUEST,
  scope: "marketing",
  wish: "stop",
  source: "keyword",
  evidence: "wamid.1",
  at: NOON,
  recordedAt: NOON,
};

/** With which code, and which details, something is refused. */
export const refusal = (act: () => unknown) => {
  try {
    act();
    return "nothing thrown";
  } catch (error) {
    if (!ConversationError.is(error)) return String(error);
    const { code, details } = error;
    return { code, details };
  }
};
