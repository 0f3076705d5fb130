import type { AccountNews } from "./account.js";
import type { AmendmentAct } from "./amendment.js";
import type { TooMuch } from "./automation.js";
import type { AttachmentState } from "./attachment.js";
import type { ConsentSource, ConsentWish } from "./consent.js";
import type { Priority } from "./conversation.js";
import type { DeliveryStatus } from "./delivery-status.js";
import type { FlowHandoffReason, FlowRunStatus } from "./flow-run.js";
import type { StepResult } from "./message.js";
import type { Score } from "./rating.js";
import type { PmsKind, StayPlan, StayReason, StayStatus } from "./stay.js";
import type { TaskStatus, TaskWarning } from "./task.js";

/** What happened, in the words of the hotel. Carries ids and states, never a guest's words: readers fetch those under their rights. */
export type EventBody =
  | { readonly type: "conversation.opened" }
  | { readonly type: "conversation.routed"; readonly fromDepartmentId: null }
  | { readonly type: "conversation.transferred"; readonly fromDepartmentId: string | null }
  /** It is over, or goes on in another one. `leaves`: the one in which it had gone on until now, where it did; that shows it no longer. */
  | { readonly type: "conversation.closed"; readonly continuedIn: string | null; readonly leaves: string | null }
  /** `leaves`: as above. */
  | { readonly type: "conversation.reopened"; readonly leaves: string | null }
  | { readonly type: "conversation.read"; readonly readSeq: number }
  /** Somebody sees to it from now on, or nobody does (null). */
  | {
      readonly type: "conversation.assigned";
      readonly assigneeId: string | null;
      readonly fromAssigneeId: string | null;
    }
  | { readonly type: "conversation.prioritised"; readonly priority: Priority }
  /** Which tags it has now, is read from the conversation: staff may have written anything into them. */
  | { readonly type: "conversation.tagged" }
  /** It stays out of the open list until then, ISO 8601. */
  | { readonly type: "conversation.snoozed"; readonly until: string }
  /** It is back in the open list: somebody wanted it, its time was over, or the guest wrote. */
  | { readonly type: "conversation.unsnoozed"; readonly by: "staff" | "time" | "guest" }
  /**
   * From now on a person speaks (no flow sends anything), or the bot may again. Where `because` is absent a person took it; else the
   * desk had said too much by itself, and left it to staff.
   */
  | { readonly type: "conversation.takenOver"; readonly because?: TooMuch }
  | { readonly type: "conversation.givenBack" }
  /** WhatsApp refused a message because the guest's service window is closed, which was open as far as the desk knew. */
  | { readonly type: "conversation.windowClosed" }
  /** The guest was asked how it was, and said so. */
  | { readonly type: "conversation.ratingAsked" }
  | { readonly type: "conversation.rated"; readonly score: Score }
  /** Staff put it back among what is still to be read: `readSeq` is smaller than before. */
  | { readonly type: "conversation.unread"; readonly readSeq: number }
  | { readonly type: "message.received"; readonly messageId: string }
  | { readonly type: "message.queued"; readonly messageId: string }
  /** Somebody at the hotel wrote it in the phone app. */
  | { readonly type: "message.echoed"; readonly messageId: string }
  /** Staff wrote a note for one another. Not a guest's to hear. */
  | { readonly type: "message.noted"; readonly messageId: string }
  /** A note names a staff member, who may not be looking. Not a guest's to hear. */
  | { readonly type: "staff.mentioned"; readonly messageId: string; readonly staffId: string }
  /** It was edited, deleted for everybody, reacted to, or is understood by now: read it again. */
  | { readonly type: "message.amended"; readonly messageId: string; readonly act: AmendmentAct["kind"] }
  /** Its file is there, or it is known that it will not be, or it was forgotten: read the message again. */
  | {
      readonly type: "message.attachment";
      readonly messageId: string;
      readonly attachmentId: string;
      readonly state: AttachmentState;
    }
  /** What it says in the staff's language is there, or it is known that it will not be: read it again. Not a guest's to hear. */
  | { readonly type: "message.translated"; readonly messageId: string }
  | { readonly type: "message.status"; readonly messageId: string; readonly status: DeliveryStatus }
  /** Which of a guest's addresses WhatsApp says has changed, or what they call themselves, where nothing else is told of them. */
  | { readonly type: "guest.changed"; readonly guestId: string; readonly changed: "number" | "userId" | "name" }
  | { readonly type: "guest.merged"; readonly guestId: string; readonly into: string }
  | { readonly type: "guest.unmerged"; readonly guestId: string; readonly from: string }
  /** All that was kept of a guest is gone, or is going. */
  | { readonly type: "guest.erased"; readonly guestId: string }
  /** It is no more, and nothing of what was said in it: whoever has it forgets it. */
  | { readonly type: "conversation.erased" }
  /** A number sends nothing more: WhatsApp refuses whatever comes from there. One message at a time tries whether it still does. */
  | { readonly type: "sender.paused"; readonly phoneNumberId: string; readonly code: string }
  | { readonly type: "sender.resumed"; readonly phoneNumberId: string }
  /** A guest wants no more offers, or wants them again. */
  | {
      readonly type: "guest.consent";
      readonly guestId: string;
      readonly wish: ConsentWish;
      readonly source: ConsentSource;
    }
  /** A guest walks a flow, stands at a step, or is through. Not a guest's to hear. */
  | { readonly type: "flow.started"; readonly runId: string; readonly flowId: string; readonly version: number }
  | { readonly type: "flow.step"; readonly runId: string; readonly step: string; readonly result: StepResult }
  | { readonly type: "flow.handedOff"; readonly runId: string; readonly why: FlowHandoffReason }
  | { readonly type: "flow.ended"; readonly runId: string; readonly status: FlowRunStatus }
  /** The hotel's own system told something of a stay of the conversation's guest. Not a guest's to hear. */
  | {
      readonly type: "stay.changed";
      readonly reservationId: string;
      readonly kind: PmsKind;
      readonly status: StayStatus | null;
    }
  /** What became of what a rule of the hotel wanted to say about a stay: sent, put off, or not. */
  | {
      readonly type: "stay.message";
      readonly reservationId: string;
      readonly rule: string;
      readonly state: StayPlan["state"];
      readonly why: StayReason;
    }
  /** A guest's request was made, or stands elsewhere: `asked`, `accepted`, `started`, `done`, `refused`. */
  | { readonly type: "task.changed"; readonly taskId: string; readonly status: TaskStatus }
  /** It should have been done by now, or the hotel's own system did not take it. */
  | { readonly type: "task.late"; readonly taskId: string; readonly why: TaskWarning }
  | { readonly type: "account.news"; readonly news: AccountNews }
  | { readonly type: "work.dead"; readonly workId: string; readonly code: string };

/** The message that an event numbers; null for any other event. */
export const numberedMessage = (body: EventBody): string | null =>
  body.type === "message.received" ||
  body.type === "message.queued" ||
  body.type === "message.echoed" ||
  body.type === "message.noted"
    ? body.messageId
    : null;

/** The name of something that happened. */
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
