import { z } from "zod";
import { ERRORS, type ErrorCode } from "../errors.js";
import * as answers from "./answers.js";
import { ContentAnswer } from "./content-answer.js";
import { Content, Template } from "../whatsapp/payload/content-schema.js";
import { ROUTES, type Route } from "./routes.js";

/** What the document says of the host beside the routes. */
export interface OpenApiOptions {
  /** Where the API is mounted, e.g. `"/api"`; `"/"` by default. */
  readonly basePath?: string;
  /** `"belldesk"` by default. */
  readonly title?: string;
  /** The host's own version of its API; `"1"` by default. */
  readonly version?: string;
  /** How people sign in, by OpenAPI's security scheme; a bearer token by default. */
  readonly security?: object;
}

/** An OpenAPI 3.1 document, ready for `JSON.stringify`. */
export interface OpenApiDocument {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string };
  readonly servers: readonly { readonly url: string }[];
  readonly security: readonly object[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>>; readonly securitySchemes: object };
}

/** What any route may answer, and what any that takes a body. */
const ANYWHERE = [
  "unauthenticated",
  "too_many_requests",
  "not_found",
  "request_invalid",
  "internal",
  "not_started",
] as const;
const ANY_STORAGE = [
  "storage_unavailable",
  "storage_busy",
  "storage_timeout",
  "storage_failed",
  "storage_refused",
] as const;
const ANY_POST = ["content_type_invalid", "command_too_large"] as const;

/** The codes that a route may answer. */
export const errorsOf = ({ method, errors }: Route): ReadonlySet<ErrorCode> =>
  new Set<ErrorCode>([...ANYWHERE, ...ANY_STORAGE, ...(method === "POST" ? ANY_POST : []), ...errors]);

/**
 * Describes the desk's HTTP API for tools that read OpenAPI: every route with what it takes, what it answers and the codes of its
 * errors, made from the schemas that check them.
 */
export function openApi({
  basePath = "/",
  title = "belldesk",
  version = "1",
  security = { type: "http", scheme: "bearer" },
}: OpenApiOptions = {}): OpenApiDocument {
  const named = namedSchemas();
  const schemas = componentsOf(named);
  const ref = (schema: z.ZodType) => ({ $ref: `#/components/schemas/${named.get(schema)?.id ?? ""}` });
  const paths: Record<string, Record<string, object>> = {};
  for (const route of ROUTES) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[route.method.toLowerCase()] = {
      operationId: operationId(route),
      summary: route.says,
      description: `Needs the permission \`${route.permission}\`.`,
      parameters: [...pathParameters(route), ...queryParameters(route)],
      ...(route.method === "POST" && {
        requestBody: {
          required: route.carries === "body" || !mayBeEmpty(route.body),
          content:
            route.carries === "body"
              ? { "*/*": { schema: { type: "string", format: "binary" } } }
              : { "application/json": { schema: ref(route.body) } },
        },
      }),
      responses: {
        [route.status]: {
          description:
            route.carries === "answer"
              ? "The file."
              : route.carries === "lines"
                ? "Lines of JSON."
                : route.answer === null
                  ? "Done."
                  : "The answer.",
          ...(route.answer !== null && { content: { "application/json": { schema: ref(route.answer) } } }),
          ...(route.carries === "answer" && { content: { "*/*": { schema: { type: "string", format: "binary" } } } }),
          ...(route.carries === "lines" && { content: { "application/x-ndjson": { schema: { type: "string" } } } }),
        },
        ...errorResponses(route, ref(answers.ErrorAnswer)),
      },
    };
  }
  return {
    openapi: "3.1.0",
    info: { title, version },
    servers: [{ url: basePath }],
    security: [{ caller: [] }],
    paths,
    components: { schemas, securitySchemes: { caller: security } },
  };
}

type Names = ReturnType<typeof z.registry<{ id: string }>>;

/** What several routes share has a name of its own, and the rest that of its route. */
function namedSchemas(): Names {
  const names = z.registry<{ id: string }>();
  names.add(Content, { id: "NewContent" }).add(Template, { id: "NewTemplate" }).add(ContentAnswer, { id: "Content" });
  for (const schema of Object.values(answers)) {
    const id = schema instanceof z.ZodType ? schema.meta()?.id : undefined;
    if (schema instanceof z.ZodType && id !== undefined) names.add(schema, { id });
  }
  for (const route of ROUTES) {
    const name = operationId(route).replace(/^./, (letter) => letter.toUpperCase());
    if (route.method === "POST" && !names.has(route.body)) names.add(route.body, { id: `${name}Body` });
    if (route.answer !== null && !names.has(route.answer)) names.add(route.answer, { id: `${name}Answer` });
  }
  return names;
}

function componentsOf(names: Names): Readonly<Record<string, object>> {
  const { schemas } = z.toJSONSchema(names, {
    uri: (id) => `#/components/schemas/${id}`,
    io: "input",
    unrepresentable: "any",
  });
  return Object.fromEntries(
    Object.entries(schemas)
      .map(([id, { $schema: _schema, $id: _id, id: _name, ...schema }]) => [id, schema] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

/** `POST /conversations/:id/read`: `postConversationsRead`. */
const operationId = ({ method, path }: Route): string =>
  [method.toLowerCase(), ...path.split("/").filter((segment) => segment !== "")]
    .map((segment) =>
      segment.startsWith(":") ? "One" : segment.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
    )
    .map((word, index) => (index === 0 ? word : word.replace(/^./, (letter) => letter.toUpperCase())))
    .join("");

const pathParameters = ({ path }: Route): readonly object[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
}

function queryParameters({ query }: Route): readonly object[] {
  const { properties = {}, required = [] } = z.toJSONSchema(query, {
    io: "input",
    unrepresentable: "any",
  }) as ObjectSchema;
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
}

const mayBeEmpty = (body: z.ZodType): boolean => body.safeParse({}).success;

/** One response for each status, which names the codes. */
function errorResponses(route: Route, schema: object): Readonly<Record<string, object>> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of errorsOf(route)) {
    const { status } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\`: ${ERRORS[code].says}`).join("\n\n"),
        content: { "application/json": { schema } },
      },
    ]),
  );
}
