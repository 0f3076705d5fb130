import { personName } from "./desk.js";

/** What refusals mean to whoever reads them; the desk's own words stand in for what is not here. */
const WORDS = {
  not_found: () => "This is not here any more, or another department has it by now.",
  unauthenticated: () => "You are signed out. Sign in again.",
  assignment_forbidden: () => "Only a manager gives a conversation to somebody else. You can take one that nobody has.",
  conversation_taken: ({ assigneeId }) =>
    `A colleague sees to it: ${personName(assigneeId)}. A manager can give it to you.`,
  conversation_closed: () => "The conversation is closed. Reopen it to answer.",
  conversation_imported: () => "These are old messages out of the phone app. They stay closed.",
  conversation_changed: () => "Somebody changed this conversation meanwhile. Look again, then decide.",
  answered_meanwhile: ({ by }) =>
    `Not sent: ${by?.kind === "staff" ? personName(by.id) : "somebody else"} answered meanwhile. Look at that first.`,
  window_closed: () =>
    "WhatsApp lets no free text through any more: the guest has been silent for 24 hours. Send a template.",
  marketing_stopped: () => "This guest wants no offers. No marketing template goes to them.",
  flow_running: () => "The guest is in the middle of another flow. Stop that first.",
  approval_over: () => "This has been decided already, or is not asked any more.",
  tags_too_many: ({ limit }) => `A conversation has up to ${limit} tags. Take one away first.`,
  too_many_requests: () => "That was too much at once. Wait a moment, and try again.",
  resend_too_early: ({ until }) => `WhatsApp asks to wait until ${new Date(until).toLocaleString()}.`,
  recipient_moved: () => "The guest has given that number up. Look for them by name.",
};

export const explained = ({ code, message, details = {} }) => WORDS[code]?.(details) ?? message;
