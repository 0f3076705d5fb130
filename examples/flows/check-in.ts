import { defineFlow, keyword, staff } from "belldesk";

/** Asks for two things, tells the hotel's own system, and says goodbye. @param book done once for each `key` */
export const checkIn = (book: (name: string, nights: number, key: string) => Promise<string>) =>
  defineFlow({ id: "check-in", version: 1, triggers: [keyword("check in"), staff()] })
    .ask("name", { text: "What is your name?" })
    .ask("nights", { kind: "nights", text: ({ answers }) => `How many nights, ${answers.name}?` })
    .perform("room", ({ answers, idempotencyKey }) => book(answers.name, answers.nights, idempotencyKey))
    .say("done", ({ answers }) => `See you soon, ${answers.name}. Your room is ${answers.room}.`)
    .build();
