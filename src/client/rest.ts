import type { ErrorJson } from "../http/json-types.js";
import { PATHS, type DeskApi, type FileToAdd } from "./api.js";
import { DeskError } from "./error.js";
import type { Tokens } from "./tokens.js";

/** The platform's `fetch`, or one that does the same. */
export type Fetch = typeof globalThis.fetch;

/** Milliseconds that an answer may take: longer than the desk itself waits for its database. */
const DEADLINE_MS = 30_000;

type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** @param baseUrl where the desk's API is mounted, whole, with no slash at the end */
export function restApi(baseUrl: string, tokens: Tokens, fetch: Fetch): DeskApi {
  const call = async (method: string, path: string, input: unknown, reads = read): Promise<unknown> => {
    const { file, ...query } = input instanceof Object && "file" in input ? (input as FileToAdd) : { file: null };
    const inUrl = method === "GET" ? ((input ?? {}) as Query) : file === null ? {} : query;
    const url = baseUrl + path + queryOf(inUrl);
    const body = method === "GET" ? {} : { body: file ?? JSON.stringify(input ?? {}) };
    const type = file === null ? "application/json" : file.type === "" ? "application/octet-stream" : file.type;
    // A file takes as long as it takes.
    const deadline = file === null ? { signal: AbortSignal.timeout(DEADLINE_MS) } : {};
    const ask = async (token: string | null | undefined) => {
      const headers = {
        ...(method !== "GET" && { "content-type": type }),
        ...(token != null && { authorization: `Bearer ${token}` }),
      };
      return fetch(url, { method, headers, ...body, ...(reads === read && deadline) });
    };
    try {
      const token = await tokens.get();
      let answer = await ask(token);
      // Once more with a new token: the old one was only too old.
      if (answer.status === 401 && tokens.refused(token)) answer = await ask(await tokens.get());
      return await reads(answer);
    } catch (error) {
      if (error instanceof DeskError) throw error;
      throw new DeskError("unreachable", "The desk cannot be reached just now.", 0);
    }
  };
  const routes = Object.entries(PATHS).map(([verb, route]) => {
    const [method = "", path = ""] = route.split(" ");
    const [before = "", after] = path.split(":id");
    return [
      verb,
      after === undefined
        ? (input: unknown) => call(method, path, input)
        : (id: string, input: unknown) =>
            call(method, before + encodeURIComponent(id) + after, input, FILES.has(verb) ? readFile : read),
    ];
  });
  return Object.fromEntries(routes) as DeskApi;
}

/** What is answered with a file. */
const FILES: ReadonlySet<string> = new Set<keyof DeskApi>(["openAttachment", "exportGuest"]);
const readFile = async (answer: Response): Promise<unknown> => (answer.ok ? answer.blob() : read(answer));

async function read(answer: Response): Promise<unknown> {
  const text = await answer.text();
  if (answer.status === 204) return null;
  try {
    const json = JSON.parse(text) as unknown;
    if (answer.ok) return json;
    const { code, message, details } = (json as ErrorJson).error;
    throw new DeskError(code, message, answer.status, details);
  } catch (error) {
    if (error instanceof DeskError) throw error;
    throw new DeskError("answer_unknown", "What answered is not the desk.", answer.status);
  }
}

function queryOf(query: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value != null) params.set(name, String(value));
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}
