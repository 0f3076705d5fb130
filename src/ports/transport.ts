import type { Address } from "../domain/address.js";
import type { OutboundContent } from "../domain/content.js";
import type { Failure } from "../domain/delivery-status.js";
import type { Finding } from "../domain/finding.js";
import type { HotelNumber } from "../domain/hotel.js";
import type { Secret } from "../domain/secret.js";

/**
 * What carries messages to guests. `cloudApi()` is WhatsApp's; write your own to go through a gateway. `send` is all that it
 * needs; without the verbs for media no files come in or go out. `transportContract` in `belldesk/testing` holds a transport
 * that speaks to a Graph API to what stands here.
 */
export interface Transport {
  /**
   * Sends one message, once. Never throws and never retries by itself: whoever called decides from the result. Resolves within
   * the transport's own total deadline, however slowly an answer comes, and reads no more of one than an answer can be.
   *
   * `accepted` needs Meta's id, and says so where WhatsApp took the message and holds it back; an answer that should hold one and does not is `unknown`. `rejected` needs a proof: nothing
   * was written, or an error whose code says so. A redirect is followed nowhere. Everything else is `unknown`.
   *
   * The token of `message.number` stands in the `Authorization` header and nowhere else; a failure holds no word of the
   * guest's or the hotel's, no phone and no token.
   *
   * @contract send/accepted, send/held, send/carries, send/quotes, send/identity, send/to, send/number, send/token-hidden, send/patient,
   *   send/unknown, send/endless, send/throttled, send/refused, send/needs-template, send/other-address, send/token-expired,
   *   send/redirect, send/unreachable, send/unfit, send/never-throws, send/once, send/secrets, send/side-by-side
   */
  send(message: OutgoingMessage): Promise<SendResult>;
  /**
   * The message templates of an account in Graph's JSON, one by one, asked for with the number's token. All of them, or it
   * throws: those that are not among them are taken to be deleted. Without this method a hotel's templates come out of
   * JSON that the host has.
   * @throws {ConversationError} `template_list_failed`, with `details.failure`
   */
  templates?(account: { readonly number: HotelNumber; readonly accountId: string }): AsyncIterable<unknown>;
  /**
   * Gives WhatsApp a file, whose id messages from the same number may name for 30 days. Never throws. Whatever becomes of it,
   * doing it again harms nobody: the file has two ids then. The file is passed on as it is read, and looked into by nobody.
   *
   * The transport gives up when nothing moves for its deadline; a file may take as long as `signal` lets it.
   *
   * @contract upload/stored, upload/token-hidden, upload/streams, upload/refused, upload/again, upload/redirect,
   *   upload/never-throws
   */
  uploadMedia?(file: OutgoingFile): Promise<UploadResult>;
  /**
   * Asks WhatsApp for a file by its id, of which only the number that got it may know, and opens it. Never throws; reading
   * `bytes` does. An address that has expired is asked for again, once.
   *
   * The token goes to the Graph API and to hosts that are known to keep its files, whatever address an answer names and
   * wherever that redirects. What WhatsApp says of the file proves nothing, and nothing is compared, capped or decoded here:
   * whoever reads counts.
   *
   * The transport gives up when nothing moves for its deadline; a file may take as long as `signal` lets it.
   *
   * @contract download/found, download/token-hidden, download/streams, download/expired, download/gone, download/refused,
   *   download/again, download/elsewhere, download/redirect, download/encoded, download/broken-off, download/stopped,
   *   download/discarded, download/never-throws
   */
  downloadMedia?(file: WantedFile): Promise<DownloadResult>;
  /**
   * Tells WhatsApp that a guest's message has been read: their phone shows so of it and of all that they wrote before. With `typing` it
   * shows besides that somebody writes, until the answer comes, for 25 seconds at most. Never throws, and is one attempt: whoever called
   * loses nothing by a failure, and the next message that is read makes up for it. Without this method guests are told nothing.
   *
   * @contract read/told, read/typing, read/token-hidden, read/refused, read/redirect, read/never-throws, read/once, read/in-time
   */
  markRead?(read: ReadMark): Promise<MarkReadResult>;
  /**
   * Asks WhatsApp how a number and the account behind it stand: token, secrets, subscriptions, quality. Reads only, and never throws: what
   * cannot be asked is a finding. Without this method `doctor()` says nothing about them.
   *
   * @contract examine/asks, examine/token-hidden, examine/refused, examine/never-throws
   */
  examine?(asked: Examination): Promise<Examined>;
  /**
   * Lets go of sockets. Called by the desk's `stop()`; sends after it are allowed to open new ones.
   *
   * @contract close/lets-go, close/again
   */
  close?(): Promise<void>;
}

/** Of which number the doctor asks WhatsApp. */
export interface Examination {
  readonly number: HotelNumber;
  /** Of the hotel; null where it names none. */
  readonly accountId: string | null;
  /** Meta's id of the app; null where the host names none. Then nothing is asked that only the app may ask. */
  readonly appId: string | null;
  readonly appSecrets: readonly (string | Secret)[];
  /** By the database's clock. */
  readonly now: Date;
}

/** What it found. */
export interface Examined {
  readonly findings: readonly Finding[];
  /** What WhatsApp's clock said, to the second; null where it did not. */
  readonly serverTime: Date | null;
}

/** A message on its way to WhatsApp. */
export interface OutgoingMessage {
  readonly number: HotelNumber;
  readonly to: Address;
  readonly content: OutboundContent;
  /** Our message id. Comes back in the status webhooks of this message, which is how an unknown send is settled. */
  readonly correlationId: string;
  /** Meta's id of the message to quote; null for none. */
  readonly quotedWamid: string | null;
  /** The only mark of the guest's account and device with which WhatsApp may deliver it (`recipient_identity_key_hash`); null: any. */
  readonly identityKeyHash: string | null;
}

/**
 * `accepted`: WhatsApp has it. `rejected`: proven not to have been taken. `unknown`: the bytes may have arrived and
 * nobody can say what became of them; it must never be sent again blindly.
 */
export type SendResult = SendAccepted | SendRejected | SendUnknown;

/** WhatsApp has it. `wamid` is Meta's id of the message. */
export interface SendAccepted {
  readonly outcome: "accepted";
  readonly wamid: string;
  /**
   * It is not on its way yet, and may be dropped: WhatsApp looks at a template's quality first, or has paused it. Absent for
   * nearly every message. Statuses tell what becomes of it.
   */
  readonly held?: "quality" | "paused";
}

/** Proven not to have been taken. */
export interface SendRejected {
  readonly outcome: "rejected";
  readonly failure: Failure;
  /** How the same message may be tried again by itself; null when it must not be. */
  readonly retry: Retry | null;
  /**
   * Who else has to wait, and for what; absent when the answer is about this message alone. Where the pause ends by
   * `"repair"`, the message is not at fault and may be kept until then, although `retry` is null.
   */
  readonly pauses?: Pause;
  /** This address cannot carry the message: the same one may go to another address of the guest. */
  readonly otherAddress?: true;
  /** Only a template reaches the guest now. */
  readonly needsTemplate?: true;
}

/** Nobody can say whether it was taken. */
export interface SendUnknown {
  readonly outcome: "unknown";
  readonly failure: Failure;
  /** Who has to wait, where WhatsApp asked for it. This message is not sent again in any case. */
  readonly pauses?: Pause;
}

/** How a rejected message may be tried again. */
export interface Retry {
  /** Milliseconds that WhatsApp asked to wait (`Retry-After`); null to back off as usual. */
  readonly afterMs: number | null;
  /**
   * Milliseconds: wait at least four to the power of the attempts so far times this, as WhatsApp asks when one guest was
   * sent too much.
   */
  readonly baseMs?: number;
}

/** Who has to wait, and for what. */
export interface Pause {
  /**
   * Whose messages wait: those from this number to this guest, from this number, from any number of its account, or with
   * its access token.
   */
  readonly scope: "pair" | "number" | "account" | "token";
  /**
   * `"time"`: it passes by itself. `"repair"`: it lasts until a person has acted (a new token, a payment); one message
   * now and then may try whether it is over.
   */
  readonly ends: "time" | "repair";
  /** Milliseconds that WhatsApp asked to wait, or that its documentation names; null where neither says a number. */
  readonly afterMs: number | null;
}

/** A message that was read. */
export interface ReadMark {
  /** The one that the message was sent to. */
  readonly number: HotelNumber;
  /** Meta's id of the guest's message, which is at most 30 days old. */
  readonly wamid: string;
  /** Whether to show that somebody writes. */
  readonly typing: boolean;
}

/** What showing the blue ticks came to. */
export type MarkReadResult = { readonly outcome: "marked" } | { readonly outcome: "failed"; readonly failure: Failure };

/** A file on its way to WhatsApp. */
export interface OutgoingFile {
  readonly number: HotelNumber;
  /** As WhatsApp is told; parameters such as `; codecs=opus` may follow. */
  readonly mimeType: string;
  /** Exactly as many as `read` yields. */
  readonly sizeBytes: number;
  /** Called once at most, when there is a connection to write to. */
  readonly read: () => AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

/** A file that WhatsApp is asked for. */
export interface WantedFile {
  /** The one that the file was sent to: WhatsApp gives it to no other. */
  readonly number: HotelNumber;
  readonly mediaId: string;
  /** Also ends the reading of `bytes`, which throws the signal's reason then. */
  readonly signal?: AbortSignal;
}

/** What uploading a file came to. `mediaId` is Meta's id of it. */
export type UploadResult = { readonly outcome: "uploaded"; readonly mediaId: string } | MediaFailed;
/** What asking for a file came to. */
export type DownloadResult = { readonly outcome: "found"; readonly file: IncomingFile } | MediaFailed;

/** A file at WhatsApp, and what it says of it. */
export interface IncomingFile {
  readonly mimeType: string | null;
  readonly sizeBytes: number | null;
  /** Lower-case hex. */
  readonly sha256: string | null;
  /**
   * To be read once. Leaving the loop lets go of the connection.
   * @throws {ConversationError} `media_broken_off`
   */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Lets go of the connection of a file that nobody reads. */
  readonly discard: () => void;
}

/** A file that did not pass. */
export interface MediaFailed {
  readonly outcome: "failed";
  readonly failure: Failure;
  /** How the same may be tried again by itself; null when it must not be. */
  readonly retry: Retry | null;
  /** As for a message. */
  readonly pauses?: Pause;
}
