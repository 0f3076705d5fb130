import type { DeliveryStatus } from "./delivery-status.js";

/** What happened, in the words of the hotel. Carries ids and states, never a guest's words: readers fetch those under their rights. */
export type EventBody =
  | { readonly type: "conversation.opened" }
  | { readonly type: "conversation.routed"; readonly fromDepartmentId: null }
  | { readonly type: "conversation.transferred"; readonly fromDepartmentId: string | null }
  | { readonly type: "conversation.closed"; readonly continuedIn: string | null }
  | { readonly type: "conversation.reopened" }
  | { readonly type: "conversation.read"; readonly readSeq: number }
  | { readonly type: "message.received"; readonly messageId: string }
  | { readonly type: "message.queued"; readonly messageId: string }
  | { readonly type: "message.status"; readonly messageId: string; readonly status: DeliveryStatus }
  | { readonly type: "work.dead"; readonly workId: string; readonly code: string };

export type EventType = EventBody["type"];

/** An event as a decision makes it. */
export interface NewEvent {
  readonly conversationId: string | null;
  /** The department it is about, by which readers are checked; null while there is none. */
  readonly departmentId: string | null;
  readonly body: EventBody;
}

/** An event as stored: numbered per hotel in commit order, without holes. */
export interface DeskEvent extends NewEvent {
  readonly hotelId: string;
  readonly seq: number;
  readonly at: Date;
}
