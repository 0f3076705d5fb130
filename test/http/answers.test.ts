import { expect, test } from "vitest";
import type { z } from "zod";
import type * as answers from "../../src/http/answers.js";
import type * as json from "../../src/http/json-types.js";

type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;
/** Compiles when what is sent fits the schema. */
type Described<Sent, Schema extends z.ZodType> = Mutable<Sent> extends z.output<Schema> ? true : never;
/** And when the schema says nothing that the type does not. */
type Same<Sent, Schema extends z.ZodType> = z.output<Schema> extends Sent ? Described<Sent, Schema> : never;

/** What a message says is of too many kinds for a comparison of types: openapi.test.ts has an example of each. */
type Said = "content" | "versions" | "insteadOf";
type MessageShape = (typeof answers.MessageAnswer)["shape"];

/** The members that may hold anything of many kinds are looked at one way: what is sent has to be described. */
const PROOFS: [
  Same<json.ConversationSummaryJson, typeof answers.SummaryAnswer>,
  Same<json.ConversationJson, typeof answers.ConversationAnswer>,
  Described<Omit<json.MessageJson, Said>, z.ZodObject<Omit<MessageShape, Said>>>,
  Same<json.ParticipantsJson, typeof answers.ParticipantsAnswer>,
  Same<json.TypingJson, typeof answers.TypingAnswer>,
  Same<json.CountersJson, typeof answers.CountersAnswer>,
  Same<json.TimesJson, typeof answers.TimesAnswer>,
  Same<json.FoundMessageJson, typeof answers.FoundMessageAnswer>,
  Same<json.FoundGuestJson, typeof answers.FoundGuestAnswer>,
  Described<json.AuditEntryJson, typeof answers.AuditEntryAnswer>,
  Same<json.ExplanationJson, typeof answers.ExplanationAnswer>,
  Same<json.GuestJson, typeof answers.GuestAnswer>,
  Same<json.GuestsJson, typeof answers.GuestsAnswer>,
  Same<json.ConsentsJson, typeof answers.ConsentsAnswer>,
  Same<json.SendersJson, typeof answers.SendersAnswer>,
  Same<json.DeadWorkJson, typeof answers.DeadWorkAnswer>,
  Same<json.KeptItemJson, typeof answers.KeptItemAnswer>,
  Described<json.TemplateJson, typeof answers.TemplateAnswer>,
  Same<json.TemplatesReadJson, typeof answers.TemplatesReadAnswer>,
  Same<json.ReprocessedJson, typeof answers.ReprocessedAnswer>,
  Described<json.StaysJson, typeof answers.StaysAnswer>,
  Described<json.TasksJson, typeof answers.TasksAnswer>,
  Described<json.PmsAnswerJson, typeof answers.PmsAnswer>,
] = [
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
];

test("what is sent and what is described are one, which the compiler holds", () => {
  expect(PROOFS).not.toContain(false);
});
