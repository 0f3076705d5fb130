import { z } from "zod";
import type { Permission } from "../domain/access.js";
import { ConversationError } from "../errors.js";
import type { Desk } from "../runtime/desk-api.js";
import { Content, Template } from "./content-schema.js";
import { Id } from "./id-schema.js";
import {
  consentsJson,
  conversationJson,
  deadJson,
  eventJson,
  explanationJson,
  guestJson,
  keptJson,
  listJson,
  messageJson,
  senderJson,
  summaryJson,
  templateJson,
} from "./json.js";
import type { GuestsJson, ReprocessedJson, SendersJson, TemplatesReadJson } from "./json-types.js";

/** One route of the desk's API. The table below is all there is. */
export interface Route {
  readonly method: "GET" | "POST";
  /** Segments; one that begins with a colon is a parameter. */
  readonly path: string;
  /** What the principal must be allowed to do; the desk asks the access function for exactly this. */
  readonly permission: Permission;
  readonly status: number;
  readonly run: (desk: Desk, request: RouteRequest) => Promise<object | null>;
}

export interface RouteRequest<Query = Readonly<Record<string, string>>> {
  /** The value of the path's parameter, `""` where there is none. */
  readonly id: string;
  readonly query: Query;
  readonly body: unknown;
}

const Page = { cursor: z.string().max(1_000).optional(), limit: z.coerce.number().int().min(1).max(100).optional() };
/** Strict, all of them: a misspelt filter would show more than was asked for. */
const NoQuery = z.strictObject({});
const PageQuery = z.strictObject(Page);
const ConversationsQuery = z.strictObject({
  hotel: z.string().max(64).optional(),
  department: z.string().max(64).optional(),
  status: z.enum(["open", "closed"]).optional(),
  ...Page,
});

/** What becomes of a message that the service window closes on, and how much it hurries. */
const turn = { fallback: Template.optional(), urgent: z.boolean().optional() };
const Reply = z.strictObject({
  clientMessageId: Id.min(1).max(128),
  content: Content,
  ...turn,
  quotes: Id.max(200).optional(),
});
const Write = z.strictObject({
  clientMessageId: Id.min(1).max(128).optional(),
  hotelId: Id.min(1).max(64),
  departmentId: Id.min(1).max(64),
  to: z.union([
    z.strictObject({ waId: z.string().min(1).max(64) }),
    z.strictObject({ bsuid: z.string().min(1).max(200) }),
    z.strictObject({ guestId: Id.min(1).max(200) }),
  ]),
  phoneNumberId: Id.min(1).max(64).optional(),
  ...turn,
  content: Content.transform((content, { issues }) => {
    if (content.type !== "reaction") return content;
    issues.push({ code: "custom", message: "There is nothing to react to.", path: ["type"], input: content.type });
    return z.NEVER;
  }),
});
/** In a body, since a phone stands in no URL. Both, always: a list of all guests is not to be had. */
const Find = z.strictObject({ hotel: z.string().min(1).max(64), phone: z.string().min(1).max(64) });
const TemplatesQuery = z.strictObject({ hotel: z.string().min(1).max(64), ...Page });
/** What stands in the templates is read by whoever knows Meta's JSON. */
const Templates = z.array(z.unknown());
const SyncTemplates = z.strictObject({
  hotel: z.string().min(1).max(64),
  templates: z.union([Templates, z.looseObject({ data: Templates })]).optional(),
});
const Why = z.strictObject({ reason: z.string().min(1).max(200).optional() });
const Resend = z.strictObject({
  clientMessageId: Id.min(1).max(128).optional(),
  mayDouble: z.boolean().optional(),
  urgent: z.boolean().optional(),
  reason: z.string().min(1).max(200).optional(),
});
const Resolve = z.strictObject({ as: z.enum(["sent", "failed"]), reason: z.string().min(1).max(200).optional() });
const NoBody = z.strictObject({});
const Merge = z.strictObject({ into: Id.min(1).max(200), reason: z.string().min(1).max(200).optional() });
const Consent = z.strictObject({
  wish: z.enum(["stop", "resume"]),
  reason: z.string().min(1).max(200).optional(),
});
const Read = z.strictObject({ seq: z.int().min(0).optional() });
const Transfer = z.strictObject({
  departmentId: z.string().min(1).max(64),
  reason: z.string().min(1).max(200).optional(),
});

/** A route whose query is checked before anything is asked for. */
const route = <Query extends z.ZodType>({
  query,
  run,
  ...rest
}: Omit<Route, "run"> & {
  /** The members that the query may have. */
  readonly query: Query;
  readonly run: (desk: Desk, request: RouteRequest<WithoutUndefined<z.output<Query>>>) => Promise<object | null>;
}): Route => ({
  ...rest,
  run: async (desk, request) => run(desk, { ...request, query: given(query, request.query) }),
});

export const ROUTES: readonly Route[] = [
  route({
    method: "GET",
    path: "/conversations",
    query: ConversationsQuery,
    permission: "conversation.list",
    status: 200,
    run: async (desk, { query }) => listJson(await desk.conversations(query), summaryJson),
  }),
  route({
    method: "POST",
    path: "/conversations",
    query: NoQuery,
    permission: "conversation.write",
    status: 202,
    run: async (desk, { body }) => messageJson(await desk.write(given(Write, body))),
  }),
  route({
    method: "GET",
    path: "/conversations/:id/messages",
    query: PageQuery,
    permission: "conversation.read",
    status: 200,
    run: async (desk, { id, query }) => listJson(await desk.messages(id, query), messageJson),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/messages",
    query: NoQuery,
    permission: "conversation.reply",
    status: 202,
    run: async (desk, { id, body }) => messageJson(await desk.reply(id, given(Reply, body))),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/read",
    query: NoQuery,
    permission: "conversation.markRead",
    status: 200,
    run: async (desk, { id, body }) => conversationJson(await desk.markRead(id, given(Read, body ?? {}))),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/transfer",
    query: NoQuery,
    permission: "conversation.transfer",
    status: 200,
    run: async (desk, { id, body }) => conversationJson(await desk.transfer(id, given(Transfer, body))),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/close",
    query: NoQuery,
    permission: "conversation.close",
    status: 200,
    run: async (desk, { id, body }) => conversationJson(await desk.close(id, given(Why, body ?? {}))),
  }),
  route({
    method: "POST",
    path: "/conversations/:id/reopen",
    query: NoQuery,
    permission: "conversation.reopen",
    status: 200,
    run: async (desk, { id, body }) => conversationJson(await desk.reopen(id, given(Why, body ?? {}))),
  }),
  route({
    method: "GET",
    path: "/messages/:id/explain",
    query: NoQuery,
    permission: "message.explain",
    status: 200,
    run: async (desk, { id }) => explanationJson(await desk.explain(id)),
  }),
  route({
    method: "POST",
    path: "/messages/:id/resend",
    query: NoQuery,
    permission: "message.resend",
    status: 202,
    run: async (desk, { id, body }) => messageJson(await desk.resend(id, given(Resend, body ?? {}))),
  }),
  route({
    method: "POST",
    path: "/messages/:id/resolve",
    query: NoQuery,
    permission: "message.resolve",
    status: 200,
    run: async (desk, { id, body }) => messageJson(await desk.resolve(id, given(Resolve, body))),
  }),
  route({
    method: "POST",
    path: "/guests/find",
    query: NoQuery,
    permission: "guest.read",
    status: 200,
    run: async (desk, { body }) =>
      ({ items: (await desk.findGuests(given(Find, body))).map(guestJson) }) satisfies GuestsJson,
  }),
  route({
    method: "GET",
    path: "/guests/:id",
    query: NoQuery,
    permission: "guest.read",
    status: 200,
    run: async (desk, { id }) => guestJson(await desk.guest(id)),
  }),
  route({
    method: "GET",
    path: "/guests/:id/consents",
    query: NoQuery,
    permission: "guest.read",
    status: 200,
    run: async (desk, { id }) => consentsJson(await desk.consents(id)),
  }),
  route({
    method: "POST",
    path: "/guests/:id/consents",
    query: NoQuery,
    permission: "guest.consent",
    status: 200,
    run: async (desk, { id, body }) => consentsJson(await desk.setConsent(id, given(Consent, body))),
  }),
  route({
    method: "POST",
    path: "/guests/:id/merge",
    query: NoQuery,
    permission: "guest.merge",
    status: 200,
    run: async (desk, { id, body }) => guestJson(await desk.mergeGuests({ guestId: id, ...given(Merge, body) })),
  }),
  route({
    method: "POST",
    path: "/guests/:id/unmerge",
    query: NoQuery,
    permission: "guest.merge",
    status: 200,
    run: async (desk, { id, body }) => guestJson(await desk.unmergeGuests({ guestId: id, ...given(Why, body ?? {}) })),
  }),
  route({
    method: "GET",
    path: "/templates",
    query: TemplatesQuery,
    permission: "template.list",
    status: 200,
    run: async (desk, { query: { hotel, ...page } }) => listJson(await desk.templates(hotel, page), templateJson),
  }),
  route({
    method: "POST",
    path: "/operator/templates/sync",
    query: NoQuery,
    permission: "template.sync",
    status: 200,
    run: async (desk, { body }) => {
      const { hotel, templates } = given(SyncTemplates, body);
      const { read, unread, deleted } = await desk.syncTemplates(hotel, templates);
      return { read, unread, deleted } satisfies TemplatesReadJson;
    },
  }),
  route({
    method: "GET",
    path: "/operator/events",
    query: PageQuery,
    permission: "events.list",
    status: 200,
    run: async (desk, { query }) => listJson(await desk.operatorEvents(query), eventJson),
  }),
  route({
    method: "GET",
    path: "/operator/senders",
    query: NoQuery,
    permission: "sender.list",
    status: 200,
    run: async (desk) => ({ items: (await desk.senders()).map(senderJson) }) satisfies SendersJson,
  }),
  route({
    method: "POST",
    path: "/operator/senders/:id/resume",
    query: NoQuery,
    permission: "sender.resume",
    status: 204,
    run: async (desk, { id, body }) => {
      await desk.resumeSender(id, given(Why, body ?? {}));
      return null;
    },
  }),
  route({
    method: "GET",
    path: "/operator/dead",
    query: PageQuery,
    permission: "dead.list",
    status: 200,
    run: async (desk, { query }) => listJson(await desk.dead(query), deadJson),
  }),
  route({
    method: "POST",
    path: "/operator/dead/:id/replay",
    query: NoQuery,
    permission: "dead.replay",
    status: 204,
    run: async (desk, { id, body }) => {
      await desk.replay(id, given(Why, body ?? {}));
      return null;
    },
  }),
  route({
    method: "GET",
    path: "/operator/kept",
    query: PageQuery,
    permission: "kept.list",
    status: 200,
    run: async (desk, { query }) => listJson(await desk.kept(query), keptJson),
  }),
  route({
    method: "POST",
    path: "/operator/reprocess",
    query: NoQuery,
    permission: "kept.reprocess",
    status: 200,
    run: async (desk, { body }) => {
      given(NoBody, body ?? {});
      const { read, understood } = await desk.reprocess();
      return { read, understood } satisfies ReprocessedJson;
    },
  }),
];

/** The route of a request and the value of its parameter; null when it is not one of the desk's. */
export function routeOf(method: string, path: string): { readonly route: Route; readonly id: string } | null {
  const given = path.split("/");
  for (const route of ROUTES) {
    if (route.method !== method) continue;
    const wanted = route.path.split("/");
    if (wanted.length !== given.length) continue;
    let id = "";
    const fits = wanted.every((segment, index) => {
      const actual = given[index] ?? "";
      if (!segment.startsWith(":")) return segment === actual;
      id = decoded(actual);
      return id !== "";
    });
    if (fits) return { route, id };
  }
  return null;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return "";
  }
}

/** @throws {ConversationError} `request_invalid` with the path of every problem; never with the values */
function given<T extends z.ZodType>(schema: T, value: unknown): WithoutUndefined<z.output<T>> {
  const result = schema.safeParse(value);
  if (!result.success) {
    const issues = result.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
    throw new ConversationError("request_invalid", { issues });
  }
  // zod leaves out what was not given, which is what an exact optional property means.
  return result.data as WithoutUndefined<z.output<T>>;
}

type WithoutUndefined<T> = T extends readonly (infer Item)[]
  ? readonly WithoutUndefined<Item>[]
  : T extends object
    ? { [K in keyof T]: WithoutUndefined<Exclude<T[K], undefined>> }
    : T;
