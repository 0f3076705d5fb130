/** Why something was decided. Each decision leaves at least one on the message it was about; `explain()` returns them. */
export interface Reason {
  readonly code: ReasonCode;
  /** By the database's clock. */
  readonly at: Date;
  /** Ids, numbers and codes; never a guest's words. */
  readonly details?: Readonly<Record<string, string | number>>;
}

/** Why something went as it did, in words (`explain`). */
export const REASONS = {
  answered_prompt: "The guest tapped an option of a menu, and chose the department, or the flow, that it names.",
  chose_by_number: "The guest typed the number of an option of the menu.",
  chose_by_name: "The guest typed the name of an option of the menu.",
  unknown_option:
    "The guest tapped an option that no menu of this chat offers; the message was routed like a typed one.",
  department_gone: "The option names a department that the hotel no longer has, so it chose nothing.",
  flow_gone:
    "The desk no longer has the flow that the option names, or that the guest is on their way through, or the hotel cannot begin it.",
  flow_running:
    "Where the flow would begin that the message chose, the guest has one already, with the desk or with staff: it goes on, and none begins.",
  quoted_message: "The guest quoted a message of this conversation.",
  reopened_by_quote: "The guest quoted a message of a closed conversation, which was opened again.",
  current_conversation: "The chat's current conversation is open and not idle.",
  idle_staff_spoke_last: "The current conversation is idle, but staff spoke last, so the guest is answering.",
  idle_continued: "The current conversation is idle, and the hotel's policy goes on with it.",
  processed: "Of the processors that are asked in turn, details.processor took the message; details.passed did not.",
  processor_failed:
    "A function of the host's could not say where the message goes, and it went on without: details.processor; details.because is threw, late, busy (too many were asked already), or nonsense (the hotel has no such department or flow).",
  processor_chose: "A processor of the host's said where the message goes.",
  classified: "The guest had no department, and the host's classify said where the message goes.",
  only_department: "The hotel has one department, so there is nothing to choose.",
  no_department_yet: "No conversation with a department fits, so the message is kept until the guest chooses one.",
  menu_sent: "The desk answered with the department menu; the menu itself says what became of it.",
  menu_withheld: "The guest got a menu less than the re-prompt time ago, so no second one was sent.",
  continued_elsewhere: "The department already had an open conversation with this guest, which goes on with this one.",
  card_masked:
    "Somebody wrote card numbers, details.cards of them. They were masked but for six and four digits before anything was stored.",
  staff_reply: "A staff member wrote it.",
  staff_note: "A staff member noted it for colleagues. Guests never see it.",
  wrote_first: "The hotel wrote to the guest by an address or by name, not as an answer.",
  resent:
    "A message that had failed, or of which nobody could say, was sent again, by somebody at the hotel or as what was named for that; this is the copy.",
  sent_again:
    "It was sent again, by somebody at the hotel or as what was named for that: details.as names the message.",
  resolved: "Somebody at the hotel said what became of it: details.as.",
  device_echo: "Somebody at the hotel wrote it in the phone app.",
  imported: "It is an old message out of the phone app.",
  edits_unknown: "It changes a message that the desk never saw, so it stands here as it says now.",
  guest_changed: "WhatsApp reported that something about the guest changed.",
  consent_stopped: "The guest said that they want no more offers. Answers still reach them.",
  consent_resumed: "The guest said that they want offers again.",
  consent_confirmed: "The desk told the guest once that their wish about offers was noted.",
  department_menu: "The desk asked the guest for a department.",
  away_message: "The desk told the guest that it is closed, and when it opens: details.opens.",
  away_withheld: "It was closed, and the guest had been told so already, or somebody of staff was there.",
  automation_stopped:
    "The desk had said too much by itself (details.because: loop, answers in a row that led nowhere; budget, the hour's most), so it answered nothing, and left the conversation to staff.",
  rating_asked: "The desk asked the guest how it was.",
  rated: "The guest answered how it was; it opens nothing, and nobody has to answer.",
  rated_before:
    "The guest answered how it was once more, or a question that a newer one took the place of: it changes nothing.",
  flow_started: "The message began a flow: details.flowId.",
  flow_answer: "The guest is on their way through a flow, whose question this answers: details.flowId.",
  flow_word:
    "The guest is on their way through a flow, and said to it what they want: back, to begin again, to stop, a person.",
  flow_not_understood: "The guest is on their way through a flow, which could not use the answer.",
  flow_busy:
    "The guest is on their way through a flow, which waits for the host or for a file: it is kept for staff, and answers nothing.",
  flow_over: "It answers a question of a flow that is over, so it does nothing.",
  flow_said: "A flow said it: details.flowId.",
  flow_approval: "A flow asks staff to decide: details.approvalId.",
  flow_landed:
    "The host answered a call of a flow's when a person had the guest already: details.result is done, failed, or notCalled.",
  flow_joined: "A flow ended because its guest turned out to be another, whose conversation goes on with this one.",
  flow_handoff: "A flow gave the guest to staff: details.why says why.",
  stay_message:
    "A rule of the hotel about stays said it: details.rule, about the reservation details.reservationId, in details.language.",
  task_update: "The guest was told what became of their request: details.taskId is details.status.",
  task_late: "Staff were told of a request: details.why says whether it was not done in time, or not taken.",
  window_closed: "Meta's service window was closed when the message was about to leave.",
  send_intended: "The send was made durable before anything was written to a socket.",
  send_accepted:
    "WhatsApp accepted the message. With details.held it holds it back and may drop it: it looks at the template's quality first (quality), or has paused the template (paused).",
  send_rejected: "WhatsApp rejected the message for good.",
  send_withheld:
    "The desk kept the message from leaving: WhatsApp or the guest would not have had it, or not before details.until.",
  send_retried: "The send was proven not to have happened: it is tried again, unless its turn had passed on by then.",
  send_paused:
    "WhatsApp refuses whatever comes from the number, so the message waits with the others until that is mended.",
  send_elsewhere: "WhatsApp cannot carry it to this address of the guest, so it goes to another one.",
  send_as_template: "WhatsApp says that the service window is closed, so the template that stands in for it goes.",
  person_speaks: "A person had taken the conversation over before the flow's message could leave, so it was not sent.",
  send_expired: "The message waited too long to be sent.",
  send_unknown: "Nobody can say whether WhatsApp took the message: it is not sent again, a status webhook settles it.",
  send_interrupted: "The process that was sending it ended in the middle, so nobody can say whether WhatsApp took it.",
  status_reported: "WhatsApp reported a delivery status.",
  no_address: "No address of the guest is known that a message could be sent to.",
} as const satisfies Record<string, string>;
/** One of these reasons. */
export type ReasonCode = keyof typeof REASONS;
