import type { ConversationSummaryJson, ErrorJson, MessageJson, OperatorEventJson } from "../http/json-types.js";

/** The version of what is said on a live connection; `hello` names it. `docs/live-protocol.md` tells the whole in words. */
export const LIVE_VERSION = 1;

/** Places in the logs of hotels, by hotel id, each as the desk gave it. Nobody else can read or make one. */
export type LiveCursors = Readonly<Record<string, string>>;

/** What a client may say. Anything else ends the connection. */
export type ClientFrame =
  /** The first thing said, once: who it is, and where it was. Without `resume` it gets a snapshot. */
  | {
      readonly type: "hello";
      readonly version: number;
      /** What the host's `authenticate` is handed. Left out where the connection brought it (a cookie, a header). */
      readonly token?: string;
      readonly resume?: LiveCursors;
      /** Conversations in the snapshot, at most: 1 to 1,000. Default 200. */
      readonly snapshot?: { readonly limit: number };
    }
  /** A staff command, as the route of that verb takes it: `{ do: "reply", on: "con_1", body: { clientMessageId, content } }`. */
  | {
      readonly type: "command";
      /** Chosen by the client; the answer carries it. */
      readonly id: string;
      readonly do: string;
      /** The id in the route's path; none for a route without. */
      readonly on?: string;
      readonly body?: unknown;
    }
  /** What somebody is about just now, for colleagues to see. Said again every 10 s while it lasts; else it is over after 30 s. */
  | { readonly type: "signal"; readonly kind: "typing" | "viewing" | "left"; readonly conversationId: string }
  /** Somebody is at the page: it is not idle. */
  | { readonly type: "active" }
  | { readonly type: "ping" }
  | { readonly type: "pong" };

/** What the desk says. */
export type ServerFrame =
  /** The answer to `hello`. */
  | {
      readonly type: "welcome";
      readonly version: typeof LIVE_VERSION;
      readonly connectionId: string;
      /** Milliseconds between the desk's pings: whoever hears nothing for two of them has lost the connection. */
      readonly pingMs: number;
    }
  /** A cursor led nowhere: what the client has is worth nothing, and a snapshot follows. */
  | { readonly type: "resync_required"; readonly hotelIds: readonly string[] }
  /** A part of the snapshot: open conversations, newest first. `last` says that it is whole, and `more` that there are older ones to read by pages. */
  | {
      readonly type: "snapshot";
      readonly items: readonly ConversationSummaryJson[];
      readonly last: boolean;
      readonly more: boolean;
    }
  /** From here on everything is told as it happens. `cursors` is where the logs of all hotels stand for this client. */
  | { readonly type: "live"; readonly cursors: LiveCursors }
  /** A conversation as it is now. It may have come into reach just so, or be closed. */
  | { readonly type: "conversation"; readonly conversation: ConversationSummaryJson }
  /** A conversation is out of reach: it went to another department. */
  | { readonly type: "gone"; readonly hotelId: string; readonly conversationId: string }
  /** What happened, with the message that it is about as it is now. */
  | {
      readonly type: "event";
      readonly event: LiveEventJson;
      readonly message: MessageJson | null;
    }
  /** All that a hotel's log tells up to here has been said, or is not this client's to hear. */
  | { readonly type: "upTo"; readonly hotelId: string; readonly cursor: string }
  /** A colleague is about a conversation. Over when it is not said again for 30 s. */
  | {
      readonly type: "signal";
      readonly kind: "typing" | "viewing" | "left";
      readonly hotelId: string;
      readonly conversationId: string;
      readonly by: { readonly id: string; readonly name: string | null };
      readonly connectionId: string;
    }
  /** A command was done: what its route answers. */
  | { readonly type: "done"; readonly id: string; readonly answer: object | null }
  /** A command was not done: what its route answers. */
  | ({ readonly type: "refused"; readonly id: string } & ErrorJson)
  | { readonly type: "ping" }
  | { readonly type: "pong" };

/** An event as `/operator/events` shows it, with what it is about. */
export type LiveEventJson = OperatorEventJson & { readonly conversationId: string | null };

/** What a client does about the end of a connection. */
export type AfterClose =
  /** Connect again, after a while that grows and is spread, and resume. */
  | "resume"
  /** Find out who you are again, then connect and resume. */
  | "authenticate"
  /** It would end in the same way. */
  | "stop"
  /** Connect and resume when somebody is there. */
  | "wait";

/** Why a connection is ended: the codes of RFC 6455 from 4000 on are an application's own. */
export const CLOSE = {
  going_away: { code: 1001, then: "resume" },
  bad_frame: { code: 4400, then: "stop" },
  unauthenticated: { code: 4401, then: "authenticate" },
  forbidden: { code: 4403, then: "stop" },
  version_unsupported: { code: 4406, then: "stop" },
  /** No `hello` in time. */
  hello_timeout: { code: 4408, then: "resume" },
  /** A second `hello`, or anything before the first. */
  out_of_turn: { code: 4409, then: "stop" },
  too_large: { code: 4413, then: "stop" },
  /** Rights changed, or what proved them is over. */
  rights_changed: { code: 4419, then: "authenticate" },
  /** It does not read what it is told. */
  slow: { code: 4420, then: "resume" },
  /** Nobody was there for long. */
  idle: { code: 4421, then: "wait" },
  /** It did not answer the pings. */
  lost: { code: 4422, then: "resume" },
  too_many: { code: 4429, then: "resume" },
  /** Too much to do just now, or the storage is away. */
  unavailable: { code: 4503, then: "resume" },
} as const satisfies Readonly<Record<string, { readonly code: number; readonly then: AfterClose }>>;
/** Why the desk ended a connection; each has a close code of its own. */
export type CloseReason = keyof typeof CLOSE;
