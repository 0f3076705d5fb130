// Who stands at the door, and what each keeps. What a peer guarantees was read in its code at the version in bench/peers/package.json; what it
// loses is measured (bench/lost.ts).

export interface Contender {
  readonly name: string;
  readonly is: string;
  /** One of bench/peers: there when that has been installed. */
  readonly isPeer: boolean;
  /** Whether it answers before it has done the work, so that a backlog can grow behind the door. */
  readonly answersFirst: boolean;
  readonly needsRedis: boolean;
  /** The ids of the messages that have been handled, in the order in which that happened; null: it stores nothing. */
  readonly handled: string | null;
  readonly durable: string;
  readonly dedup: string;
  readonly order: string;
}

const OWN = { isPeer: false, needsRedis: false, answersFirst: false } as const;
const PEER = { ...OWN, isPeer: true } as const;
/** What the handler of a peer writes: one row, on a connection of the host's. */
const HANDLED = "select wamid from handled order by n";
const NOTHING_KEPT = { handled: null, durable: "no: nothing is stored", dedup: "no", order: "no" } as const;

export const CONTENDERS: readonly Contender[] = [
  { ...OWN, ...NOTHING_KEPT, name: "bare", is: "Express, HMAC, JSON.parse; no database" },
  {
    ...OWN,
    name: "one-insert",
    is: "the same, and one INSERT of the body",
    handled: "select wamid from one_insert order by ctid",
    durable: "yes",
    dedup: "yes",
    order: "as commits fall",
  },
  {
    ...OWN,
    name: "four-statements",
    is: "dedup, guest, conversation and message in one transaction",
    handled: "select wamid from messages order by id",
    durable: "yes",
    dedup: "yes",
    order: "as commits fall",
  },
  {
    ...OWN,
    name: "nine-statements",
    is: "look, then write, each statement its own commit",
    handled: "select wamid from messages order by id",
    durable: "yes",
    dedup: "marked first, done later",
    order: "as commits fall",
  },
  {
    ...OWN,
    name: "belldesk",
    is: "remembered before the 200; then routed, answered by the menu, numbered, indexed for search",
    answersFirst: true,
    handled: "select wamid from belldesk.messages where direction = 'inbound' order by event_seq",
    durable: "yes",
    dedup: "yes, with the message",
    order: "yes, each guest's",
  },
  ...(["memory", "redis", "pg"] as const).map((state): Contender => ({
    ...PEER,
    name: `chat-${state}`,
    is: `Chat SDK, its WhatsApp adapter, state in ${{ memory: "memory", redis: "Redis", pg: "PostgreSQL" }[state]}; the handler writes one row`,
    answersFirst: true,
    needsRedis: state === "redis",
    handled: HANDLED,
    durable: "no: answers, then begins",
    dedup: state === "memory" ? "in memory, marked first" : "marked first, done later",
    order: "its strategy `queue`: a thread at a time",
  })),
  {
    ...PEER,
    name: "builderbot",
    is: "BuilderBot, its Meta provider, MemoryDB; the flow's action writes one row",
    answersFirst: true,
    handled: HANDLED,
    durable: "no: a queue in memory",
    dedup: "no",
    order: "yes: one at a time, 100 ms apart",
  },
  {
    ...PEER,
    name: "botbuilder",
    is: "Bot Framework: an adapter for a channel of one's own, ConversationState in memory; the bot writes one row",
    handled: HANDLED,
    durable: "yes, by the host's row",
    dedup: "no",
    order: "no",
  },
  {
    ...PEER,
    ...NOTHING_KEPT,
    name: "whatsapp-api-js",
    is: "whatsapp-api-js: verifies and parses, as its middleware for Express does; no database",
  },
  {
    ...PEER,
    ...NOTHING_KEPT,
    name: "kapso",
    is: "@kapso/whatsapp-cloud-api: `verifySignature`, `normalizeWebhook`; no database",
  },
];

export const TABLES = `
  create table one_insert (wamid text primary key, body text not null);
  create table attempts (wamid text primary key, body text not null, status text not null);
  create table guests (id bigserial primary key, phone text not null unique);
  create table conversations (id bigserial primary key, guest_id bigint not null unique, last_message_at timestamptz, last_text text);
  create table messages (id bigserial primary key, conversation_id bigint not null, wamid text not null unique, text text not null);
  create index on messages (conversation_id);
  create table handled (n bigserial primary key, wamid text not null, body text not null);
`;
