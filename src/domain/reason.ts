/** Why something was decided. Each decision leaves at least one on the message it was about; `explain()` returns them. */
export interface Reason {
  readonly code: ReasonCode;
  /** By the database's clock. */
  readonly at: Date;
  /** Ids, numbers and codes; never a guest's words. */
  readonly details?: Readonly<Record<string, string | number>>;
}

export const REASONS = {
  answered_prompt: "The guest tapped an option of a menu, and went to the department it names.",
  chose_by_number: "The guest typed the number of a department in the menu.",
  chose_by_name: "The guest typed the name of a department in the menu.",
  unknown_option:
    "The guest tapped an option that no menu of this chat offers; the message was routed like a typed one.",
  department_gone: "The option names a department that the hotel no longer has; the guest was asked again.",
  quoted_message: "The guest quoted a message of this conversation.",
  reopened_by_quote: "The guest quoted a message of a closed conversation, which was opened again.",
  current_conversation: "The chat's current conversation is open and not idle.",
  idle_staff_spoke_last: "The current conversation is idle, but staff spoke last, so the guest is answering.",
  idle_continued: "The current conversation is idle, and the hotel's policy goes on with it.",
  only_department: "The hotel has one department, so there is nothing to choose.",
  no_department_yet: "No conversation with a department fits, so the message is kept until the guest chooses one.",
  menu_sent: "The guest was sent the department menu.",
  menu_withheld: "The guest got a menu less than the re-prompt time ago, so no second one was sent.",
  continued_elsewhere: "The department already had an open conversation with this guest, which goes on with this one.",
  staff_reply: "A staff member wrote it.",
  device_echo: "Somebody at the hotel wrote it in the phone app.",
  imported: "It is an old message out of the phone app.",
  edits_unknown: "It changes a message that the desk never saw, so it stands here as it says now.",
  guest_changed: "WhatsApp reported that something about the guest changed.",
  department_menu: "The desk asked the guest for a department.",
  window_closed: "Meta's service window was closed when the message was about to leave.",
  send_intended: "The send was made durable before anything was written to a socket.",
  send_accepted: "WhatsApp accepted the message.",
  send_rejected: "WhatsApp rejected the message for good.",
  send_retried: "The send was proven not to have happened: it is tried again, unless its turn had passed on by then.",
  send_unknown: "Nobody can say whether WhatsApp took the message: it is not sent again, a status webhook settles it.",
  send_interrupted: "The process that was sending it ended in the middle, so nobody can say whether WhatsApp took it.",
  status_reported: "WhatsApp reported a delivery status.",
  no_address: "No address of the guest is known that a message could be sent to.",
} as const satisfies Record<string, string>;
export type ReasonCode = keyof typeof REASONS;
