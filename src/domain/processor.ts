/** What the desk does with a guest's message by itself, in this order unless the host gives another. */
export const BUILT_IN_PROCESSORS = ["flow", "service", "fallback"] as const;
/**
 * `flow`: takes what answers a question of a flow, what is written in the conversation in which one speaks, and what begins one.
 * `service`: takes what belongs to a conversation with a department: a choice of the menu, a quote, what comes in the conversation that the guest
 * has in hand. `fallback`: takes whatever is left: it is kept, and the guest gets the menu.
 */
export type BuiltInProcessor = (typeof BUILT_IN_PROCESSORS)[number];
