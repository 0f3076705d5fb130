import type { RequestListener } from "node:http";
import express from "express";
import { afterEach, describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { CLOSED } from "../../src/client/after-close.js";
import { PATHS, type DeskApi } from "../../src/client/api.js";
import { DeskError, deskClient } from "../../src/client/index.js";
import * as answers from "../../src/http/answers.js";
import * as requests from "../../src/http/requests.js";
import { ROUTES } from "../../src/http/routes.js";
import { CLOSE } from "../../src/live/protocol.js";
import { aHotel, ends, listening } from "./harness.js";

const { NoBody, NoQuery, PageQuery, Seen, Why } = requests;

/** What the desk's table has at each of the client's methods: query, body and answer. */
const SCHEMAS = {
  conversations: [requests.ConversationsQuery, NoBody, answers.listOf(answers.SummaryAnswer)],
  write: [NoQuery, requests.Write, answers.MessageAnswer],
  counters: [requests.CountersQuery, NoBody, answers.CountersAnswer],
  times: [requests.TimesQuery, NoBody, answers.TimesAnswer],
  messages: [PageQuery, NoBody, answers.listOf(answers.MessageAnswer)],
  reply: [NoQuery, requests.Reply, answers.MessageAnswer],
  markRead: [NoQuery, requests.Read, answers.ConversationAnswer],
  markUnread: [NoQuery, requests.Read, answers.ConversationAnswer],
  note: [NoQuery, requests.Note, answers.MessageAnswer],
  typing: [NoQuery, NoBody, answers.TypingAnswer],
  participants: [NoQuery, NoBody, answers.ParticipantsAnswer],
  mentions: [requests.MentionsQuery, NoBody, answers.listOf(answers.MentionAnswer)],
  transfer: [NoQuery, requests.Transfer, answers.ConversationAnswer],
  close: [NoQuery, Seen, answers.ConversationAnswer],
  askRating: [NoQuery, Seen, answers.ConversationAnswer],
  reopen: [NoQuery, Seen, answers.ConversationAnswer],
  assign: [NoQuery, requests.Assign, answers.ConversationAnswer],
  unassign: [NoQuery, Seen, answers.ConversationAnswer],
  setPriority: [NoQuery, requests.SetPriority, answers.ConversationAnswer],
  tag: [NoQuery, requests.Tag, answers.ConversationAnswer],
  snooze: [NoQuery, requests.Snooze, answers.ConversationAnswer],
  unsnooze: [NoQuery, Seen, answers.ConversationAnswer],
  takeover: [NoQuery, Seen, answers.ConversationAnswer],
  giveback: [NoQuery, Seen, answers.ConversationAnswer],
  startFlow: [NoQuery, requests.StartFlow, answers.ConversationAnswer],
  decideApproval: [NoQuery, requests.DecideApproval, answers.ConversationAnswer],
  stopFlow: [NoQuery, Seen, answers.ConversationAnswer],
  flowRun: [NoQuery, NoBody, answers.FlowRunAnswer],
  replayFlow: [requests.ReplayFlowQuery, NoBody, answers.FlowReplayAnswer],
  stays: [NoQuery, NoBody, answers.StaysAnswer],
  tasks: [NoQuery, NoBody, answers.TasksAnswer],
  createTask: [NoQuery, requests.NewTask, answers.TaskAnswer],
  applyPms: [NoQuery, requests.Pms, answers.PmsAnswer],
  search: [NoQuery, requests.Search, answers.listOf(answers.FoundMessageAnswer)],
  explain: [NoQuery, NoBody, answers.ExplanationAnswer],
  openAttachment: [requests.OpenQuery, NoBody, null],
  attachment: [NoQuery, NoBody, answers.AttachmentAnswer],
  attachmentUrl: [NoQuery, requests.AttachmentUrl, answers.LinkAnswer],
  keepAttachment: [NoQuery, requests.Keep, answers.AttachmentAnswer],
  discardAttachment: [NoQuery, Why, answers.AttachmentAnswer],
  addFile: [requests.AddFileQuery, NoBody, answers.AttachmentAnswer],
  resend: [NoQuery, requests.Resend, answers.MessageAnswer],
  resolve: [NoQuery, requests.Resolve, answers.MessageAnswer],
  findGuests: [NoQuery, requests.Find, answers.GuestsAnswer],
  searchGuests: [NoQuery, requests.SearchGuests, answers.listOf(answers.FoundGuestAnswer)],
  guest: [NoQuery, NoBody, answers.GuestAnswer],
  consents: [NoQuery, NoBody, answers.ConsentsAnswer],
  setConsent: [NoQuery, requests.Consent, answers.ConsentsAnswer],
  mergeGuests: [NoQuery, requests.Merge, answers.GuestAnswer],
  unmergeGuests: [NoQuery, Why, answers.GuestAnswer],
  arrivals: [requests.StaysOnDayQuery, NoBody, answers.listOf(answers.StayOnDayAnswer)],
  departures: [requests.StaysOnDayQuery, NoBody, answers.listOf(answers.StayOnDayAnswer)],
  savedReplies: [requests.SavedRepliesQuery, NoBody, answers.listOf(answers.SavedReplyAnswer)],
  createSavedReply: [NoQuery, requests.NewSavedReply, answers.SavedReplyAnswer],
  changeSavedReply: [NoQuery, requests.SavedReplyChange, answers.SavedReplyAnswer],
  deleteSavedReply: [NoQuery, Why, null],
  audit: [requests.AuditQuery, NoBody, answers.listOf(answers.AuditEntryAnswer)],
  exportAudit: [requests.AuditExportQuery, NoBody, answers.AuditExportAnswer],
  verifyAudit: [requests.AuditVerifyQuery, NoBody, answers.AuditVerdictAnswer],
  templates: [requests.TemplatesQuery, NoBody, answers.listOf(answers.TemplateAnswer)],
  syncTemplates: [NoQuery, requests.SyncTemplates, answers.TemplatesReadAnswer],
  operatorEvents: [PageQuery, NoBody, answers.listOf(answers.OperatorEventAnswer)],
  senders: [NoQuery, NoBody, answers.SendersAnswer],
  resumeSender: [NoQuery, Why, null],
  dead: [PageQuery, NoBody, answers.listOf(answers.DeadWorkAnswer)],
  replay: [NoQuery, Why, null],
  kept: [PageQuery, NoBody, answers.listOf(answers.KeptItemAnswer)],
  reprocess: [NoQuery, NoBody, answers.ReprocessedAnswer],
  eraseGuest: [NoQuery, requests.Erase, answers.ErasureReportAnswer],
  exportGuest: [requests.ExportQuery, NoBody, null],
  erasures: [requests.ErasuresQuery, NoBody, answers.listOf(answers.ErasureAnswer)],
  reapplyErasures: [NoQuery, requests.Reapply, answers.ReapplyAnswer],
  prune: [NoQuery, requests.Prune, answers.PruneAnswer],
} as const satisfies Record<keyof DeskApi, readonly [z.ZodType, z.ZodType, z.ZodType | null]>;
type Schemas = typeof SCHEMAS;

/** What a method takes besides the id in its path. */
type Taken<Verb extends keyof DeskApi> = (typeof PATHS)[Verb] extends `${string}/:id${string}`
  ? Parameters<DeskApi[Verb]>[1]
  : Parameters<DeskApi[Verb]>[0];
/** Of what may be left out, too; an empty strict object has none. */
type Keys<T> = string extends keyof NonNullable<T> ? never : keyof NonNullable<T>;
type Members<Verb extends keyof DeskApi> = Keys<z.input<Schemas[Verb][0]>> | Keys<z.input<Schemas[Verb][1]>>;
/** Verbs whose method takes other members than its route: none, but for the file that is the body itself. */
type Wrong = {
  [Verb in Exclude<keyof DeskApi, "addFile">]: [Keys<Taken<Verb>>] extends [Members<Verb>]
    ? [Members<Verb>] extends [Keys<Taken<Verb>>]
      ? never
      : Verb
    : Verb;
}[Exclude<keyof DeskApi, "addFile">];
/** An item of a list, or else the answer. What messages say is of too many kinds to compare: answers.test.ts holds them. */
type Shown<T> = T extends { readonly items: readonly (infer Item)[] } ? Item : T;
type Answered<Verb extends keyof DeskApi> = Keys<Shown<z.output<NonNullable<Schemas[Verb][2]>>>>;
/** Verbs whose answer has other members than the route's: none. An event is of many kinds, which share too little to compare; and a file is bytes. */
type WrongAnswers = {
  [Verb in Exclude<keyof DeskApi, "operatorEvents" | "openAttachment" | "exportGuest">]: [
    Answered<Verb>,
    Keys<Shown<Awaited<ReturnType<DeskApi[Verb]>>>>,
  ] extends [Keys<Shown<Awaited<ReturnType<DeskApi[Verb]>>>>, Answered<Verb>]
    ? never
    : Verb;
}[Exclude<keyof DeskApi, "operatorEvents" | "openAttachment" | "exportGuest">];

describe("the typed routes", () => {
  test("are the desk's, each where the desk has it", () => {
    expect(PATHS).toEqual(Object.fromEntries(ROUTES.map(({ does, method, path }) => [does, `${method} ${path}`])));
    expect(Object.keys(PATHS)).toHaveLength(ROUTES.length);
  });

  test.each(ROUTES)("$does takes and answers what the desk's table says", ({ does, query, body, answer }) => {
    const [ours, ourBody, ourAnswer] = SCHEMAS[does];
    expect([query === ours, body === ourBody]).toEqual([true, true]);
    const described = (schema: z.ZodType | null) => schema && z.toJSONSchema(schema, { unrepresentable: "any" });
    expect(described(answer)).toEqual(described(ourAnswer));
  });

  test("have the members of the desk's queries and bodies, and no others", () => {
    expectTypeOf<Wrong>().toEqualTypeOf<never>();
    expectTypeOf<WrongAnswers>().toEqualTypeOf<never>();
    // @ts-expect-error a text is sent with a clientMessageId
    const withoutId: Taken<"reply"> = { content: { type: "text", text: "" } };
    // @ts-expect-error there is no such department filter
    const misspelt: Taken<"conversations"> = { departement: "reception" };
    expect([withoutId, misspelt]).toHaveLength(2);
  });

  test("and what a closed connection asks for is what the protocol says", () => {
    expect(CLOSED).toEqual(
      Object.fromEntries(Object.entries(CLOSE).map(([reason, { code, then }]) => [code, [reason, then]])),
    );
  });
});

describe("over HTTP to a real desk", () => {
  afterEach(ends.run);

  test("staff read, answer and close, and a refusal has its code, its details and its status", async () => {
    const hotel = await aHotel();
    const { api } = deskClient({ baseUrl: hotel.api, token: "reception", live: false });
    await hotel.guestWrites("Is breakfast included?");
    const { items } = await api.conversations({ status: "open", unread: true, limit: 10 });
    const [conversation] = items;
    expect(items).toMatchObject([{ lastMessagePreview: "Is breakfast included?", unread: 1 }]);
    const { id } = conversation!;
    const sent = await api.reply(id, { clientMessageId: "one", content: { type: "text", text: "It is." } });
    const said = await api.messages(id);
    expect([said.items[0]?.id, said.items.at(-1)?.content]).toEqual([
      sent.id,
      { type: "text", text: "Is breakfast included?" },
    ]);
    expect(await api.close(id)).toMatchObject({ status: "closed" });

    const refusal = await api.tag(id, { add: [""] }).catch((error: unknown) => error);
    expect(DeskError.is(refusal) && refusal).toMatchObject({ code: "request_invalid", status: 400 });
    expect(Object.keys((refusal as DeskError).details)).not.toEqual([]);
    await expect(api.messages("con/../../healthz")).rejects.toMatchObject({ code: "not_found", status: 404 });
  });

  test("a token that is too old is asked for again, once for all who need it, and the request is made again", async () => {
    const hotel = await aHotel();
    const asked: string[] = [];
    const { api } = deskClient({
      baseUrl: hotel.api,
      live: false,
      token: () => {
        asked.push("asked");
        return Promise.resolve(asked.length === 1 ? "too old" : "reception");
      },
    });
    const answers = await Promise.all([api.counters(), api.mentions(), api.conversations()]);
    expect(answers).toHaveLength(3);
    expect(asked).toHaveLength(2);
  });

  test("who is not signed in is told so", async () => {
    const hotel = await aHotel();
    const { api } = deskClient({ baseUrl: hotel.api, live: false });
    await expect(api.counters()).rejects.toMatchObject({ code: "unauthenticated", status: 401 });
  });

  test("nobody there and somebody else there are two codes, and neither repeats what it says", async () => {
    const app = express().use((_request, response) => response.status(502).send("<h1>Bad gateway</h1>"));
    const { base, close } = await listening(app as RequestListener);
    const { api } = deskClient({ baseUrl: base, live: false });
    await expect(api.counters()).rejects.toMatchObject({ code: "answer_unknown", status: 502 });
    await close();
    await expect(api.counters()).rejects.toMatchObject({ code: "unreachable", status: 0 });
  });
});
