import { defineFlow, keyword } from "belldesk";

/** Asks for two things, tells the hotel's own system, and says goodbye. */
export const smallFlow = defineFlow({ id: "check-in", version: 1, triggers: [keyword("check in")] })
  .ask("name", { text: "What is your name?" })
  .ask("nights", { kind: "nights", text: ({ answers }) => `How many nights, ${answers.name}?` })
  .perform("room", ({ answers }) => Promise.resolve(`1-${String(answers.nights)}`))
  .say("done", ({ answers }) => `See you soon, ${answers.name}. Your room is ${answers.room}.`)
  .build();
