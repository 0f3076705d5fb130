export const EDITED_FILES = [
  "cloud-api.ts",
  "graph-call.ts",
  "graph-error.ts",
  "graph-examine.ts",
  "graph-http.ts",
  "graph-media.ts",
  "graph-read.ts",
  "number-findings.ts",
  "payload/outgoing.ts",
] as const;

/** What stands in a file of `src/whatsapp`, and what an author might have written instead. */
type Edit = readonly [file: (typeof EDITED_FILES)[number], right: string, wrong: string];

/**
 * One mistake in `cloudApi`, made by one or more edits, and exactly the cases of the contract that fail for it. The first is
 * the case that the mistake is made for.
 */
export interface TransportMistake {
  readonly fails: readonly [string, ...string[]];
  readonly edits: readonly Edit[];
}

const row = (right: string, wrong: string): Edit => ["graph-error.ts", `row(${right},`, `row(${wrong},`];

/** A yes that cannot be read, taken for one that names a message. */
const readingAnyway = (when: string): Edit => [
  "graph-error.ts",
  "  } catch {\n    return undefined;",
  `  } catch {\n    return ${when} ? { messages: [{ id: "wamid.SOME" }] } : undefined;`,
];

/** The id in a yes, read in another manner. */
const readingId = (wrong: string): Edit => ["graph-error.ts", `id(member(message, "id"))`, wrong];

const DEADLINE = "started?.abort(TIMED_OUT);\n      }, deadlineMs);";

const ASKING = `const answer = await http.exchange({ origin, path, method: "POST", headers, body });`;

export const TRANSPORT_MISTAKES: readonly TransportMistake[] = [
  {
    fails: ["send/accepted", "send/held"],
    edits: [readingId(`(id(member(message, "id")) ?? "").toLowerCase() || null`)],
  },
  { fails: ["send/held"], edits: [["graph-error.ts", `"message_status"`, `"status"`]] },
  {
    fails: ["send/carries", "send/side-by-side"],
    edits: [
      [
        "payload/outgoing.ts",
        "new WhatsAppPayloadBuilder(to).correlated(correlationId)",
        "new WhatsAppPayloadBuilder(to)",
      ],
    ],
  },
  {
    fails: ["send/quotes"],
    edits: [["payload/outgoing.ts", "quotedWamid === null ? builder : builder.quoting(quotedWamid)", "builder"]],
  },
  {
    fails: ["send/identity"],
    edits: [
      [
        "payload/outgoing.ts",
        "identityKeyHash === null ? correlated : correlated.identified(identityKeyHash)",
        "correlated",
      ],
    ],
  },
  {
    fails: ["send/to-phone"],
    edits: [["payload/outgoing.ts", "PayloadBuilder(to)", `PayloadBuilder({ ...to, kind: "bsuid" })`]],
  },
  {
    fails: ["send/to-bsuid"],
    edits: [["payload/outgoing.ts", "PayloadBuilder(to)", `PayloadBuilder({ ...to, kind: "waId" })`]],
  },
  // The first number's, kept for all.
  {
    fails: ["send/number"],
    edits: [
      ["cloud-api.ts", "  const proofOf =", `  let first = "";\n  const proofOf =`],
      ["cloud-api.ts", "${segment(number.phoneNumberId)}", "${(first ||= segment(number.phoneNumberId))}"],
    ],
  },
  {
    fails: ["send/token-hidden"],
    edits: [
      [
        "cloud-api.ts",
        "/messages${proofOf(number.accessToken)}",
        "/messages?access_token=${encodeURIComponent(number.accessToken)}",
      ],
    ],
  },
  {
    fails: ["send/patient"],
    edits: [["graph-http.ts", DEADLINE, DEADLINE.replace("deadlineMs", "Math.min(deadlineMs, 600)")]],
  },
  // What had no answer in time is taken for what was never sent.
  {
    fails: [
      "send/unknown-silence",
      "send/unknown-slow-headers",
      "send/unknown-slow-body",
      "send/once",
      "send/side-by-side",
    ],
    edits: [["graph-http.ts", "written: started !== null, error: TIMED_OUT", "written: false, error: TIMED_OUT"]],
  },
  {
    fails: ["send/unknown-reset"],
    edits: [["graph-http.ts", "written: started !== null, error }", "written: false, error }"]],
  },
  // Time runs for the body only.
  {
    fails: [
      "send/unknown-slow-headers",
      "send/unknown-silence",
      "send/once",
      "send/side-by-side",
      "read/in-time",
      "download/again",
      "examine/never-throws",
    ],
    edits: [
      [
        "graph-http.ts",
        "const timer = setTimeout(() => {",
        "let timer: NodeJS.Timeout | undefined;\n      const begin = () => (timer = setTimeout(() => {",
      ],
      ["graph-http.ts", DEADLINE, `${DEADLINE.slice(0, -1)});`],
      ["graph-http.ts", "status = code;", "begin();\n          status = code;"],
    ],
  },
  // Time runs for the headers only.
  {
    fails: ["send/unknown-slow-body"],
    edits: [["graph-http.ts", "status = code;", "clearTimeout(timer);\n          status = code;"]],
  },
  { fails: ["send/unknown-broken-json"], edits: [readingAnyway(`body.startsWith("{")`)] },
  { fails: ["send/unknown-no-json"], edits: [readingAnyway(`body.startsWith("<")`)] },
  { fails: ["send/unknown-empty"], edits: [readingAnyway(`body === ""`)] },
  {
    fails: ["send/unknown-no-id"],
    edits: [readingId(`message === undefined ? null : id(member(message, "id") ?? "?")`)],
  },
  {
    fails: ["send/unknown-odd-id"],
    edits: [readingId(`id(isObject(member(message, "id")) ? "?" : member(message, "id"))`)],
  },
  {
    fails: ["send/unknown-gateway", "upload/again", "download/again"],
    edits: [
      ["graph-error.ts", "if (status > HTTP_REFUSES_TO ||", "if ((status > HTTP_REFUSES_TO && status !== 502) ||"],
    ],
  },
  {
    fails: ["send/unknown-empty-gateway"],
    edits: [
      ["graph-error.ts", "if (status > HTTP_REFUSES_TO ||", "if ((status > HTTP_REFUSES_TO && status !== 504) ||"],
    ],
  },
  { fails: ["send/unknown-timed-out"], edits: [["graph-error.ts", "|| status === 408", ""]] },
  {
    fails: ["send/unknown-given-up"],
    edits: [["graph-error.ts", "if (status > HTTP_REFUSES_TO", "if (status >= 500"]],
  },
  { fails: ["send/unknown-unsure"], edits: [row(`2, "unknown"`, `2, "retry"`)] },
  { fails: ["send/unknown-unsure-again", "download/again"], edits: [row(`131000, "unknown"`, `131000, "permanent"`)] },
  { fails: ["send/endless"], edits: [["graph-http.ts", "size <= maxBytes", "size >= 0"]] },
  { fails: ["send/throttled"], edits: [["graph-error.ts", "const asked = waitOf(answer);", "const asked = null;"]] },
  { fails: ["send/throttled-guest"], edits: [["graph-error.ts", "{ 131056: 1_000 }", "{}"]] },
  { fails: ["send/refused"], edits: [row(`131051, "permanent"`, `131051, "retry"`)] },
  { fails: ["send/needs-template"], edits: [row(`131047, "template"`, `131047, "permanent"`)] },
  { fails: ["send/other-address"], edits: [row(`131062, "address"`, `131062, "permanent"`)] },
  {
    fails: ["send/token-expired", "upload/refused", "download/refused"],
    edits: [row(`190, "configuration"`, `190, "permanent"`)],
  },
  {
    fails: ["send/redirect"],
    edits: [
      [
        "cloud-api.ts",
        ASKING,
        `${ASKING.replace("const", "let")}
      const elsewhere = answer.kind === "answered" ? headerOf(answer.headers["location"]) : null;
      if (elsewhere !== null) {
        const { origin, pathname: path } = new URL(elsewhere);
        answer = await http.exchange({ origin, path, method: "POST", headers, body });
      }`,
      ],
    ],
  },
  {
    fails: ["send/unreachable"],
    edits: [
      ["cloud-api.ts", "unreachable(answer.error), retry: { afterMs: null }", "unreachable(answer.error), retry: null"],
    ],
  },
  {
    fails: ["send/unfit"],
    edits: [["cloud-api.ts", "  } catch {\n    return null;", `  } catch {\n    return "{}";`]],
  },
  {
    fails: ["send/never-throws", "read/never-throws", "download/never-throws"],
    edits: [["graph-call.ts", `encodeURIComponent(id.replace(/\\p{Cs}/gu, "\\ufffd"))`, "encodeURIComponent(id)"]],
  },
  // A connection that was cut is nothing that one need to know of.
  {
    fails: ["send/once"],
    edits: [
      [
        "cloud-api.ts",
        ASKING,
        `${ASKING.replace("const", "let")}
      if (answer.kind === "unanswered") answer = await http.exchange({ origin, path, method: "POST", headers, body });`,
      ],
    ],
  },
  {
    fails: [
      "send/secrets",
      "read/refused",
      "read/never-throws",
      "upload/refused",
      "upload/again",
      "download/refused",
      "download/again",
    ],
    edits: [["graph-error.ts", "message: adviceFor(code) };", "message: answer.body };"]],
  },
  {
    fails: ["send/side-by-side"],
    edits: [["graph-http.ts", "{ connections, pipelining: 1", "{ connections: 1, pipelining: 1"]],
  },
  {
    fails: ["upload/stored"],
    edits: [
      ["graph-media.ts", "yield* read();", "for await (const chunk of read()) yield Buffer.from(chunk.toReversed());"],
    ],
  },
  {
    fails: ["upload/token-hidden", "read/token-hidden", "download/token-hidden"],
    edits: [
      [
        "cloud-api.ts",
        `query ?? "", proofOf(accessToken).slice(1)`,
        `query ?? "", "access_token=" + encodeURIComponent(accessToken)`,
      ],
    ],
  },
  // Read whole before any of it leaves.
  {
    fails: ["upload/streams"],
    edits: [
      [
        "graph-media.ts",
        "yield* read();",
        "const all: Uint8Array[] = [];\n      for await (const one of read()) all.push(one);\n      yield Buffer.concat(all);",
      ],
    ],
  },
  {
    fails: ["upload/refused", "download/refused"],
    edits: [["graph-media.ts", `result.outcome === "rejected" ? result.retry :`, `result.outcome === "sent" ? null :`]],
  },
  {
    fails: ["upload/again", "download/again"],
    edits: [["graph-media.ts", "{ afterMs: pauses?.afterMs ?? null }", "null"]],
  },
  { fails: ["upload/again", "download/again"], edits: [["graph-http.ts", "over.abort(TIMED_OUT);", ""]] },
  {
    fails: ["upload/redirect"],
    edits: [
      [
        "graph-media.ts",
        "const form = formOf(mimeType, sizeBytes, read);\n      const answer = await",
        `const form = formOf(mimeType, sizeBytes, read);
      const again = (where: string) =>
        files.open({ origin: where, path: "/", method: "POST", headers: [...headersOf(number)], signal });
      let answer = await`,
      ],
      [
        "graph-media.ts",
        `        body: form.body,
        signal,
      });`,
        `        body: form.body,
        signal,
      });
      const moved = answer.kind === "answered" ? headerOf(answer.headers["location"]) : null;
      if (moved !== null) answer = await again(new URL(moved).origin);`,
      ],
    ],
  },
  { fails: ["upload/never-throws"], edits: [["graph-media.ts", "!MIME_TYPE.test(mimeType) || ", ""]] },
  {
    fails: ["download/found"],
    edits: [["graph-media.ts", "segment(mediaId), query)", "segment(mediaId))"]],
  },
  {
    fails: ["download/found-described"],
    edits: [["graph-media.ts", `Buffer.from(hash, "base64").toString("hex")`, "hash"]],
  },
  // The token in the address of the file, as some libraries have it.
  {
    fails: ["download/token-hidden", "download/found"],
    edits: [
      [
        "graph-media.ts",
        "path: url.pathname + url.search,",
        'path: url.pathname + url.search + "&t=" + wanted.number.accessToken,',
      ],
      [
        "graph-media.ts",
        "{ number, signal }: WantedFile): Promise<DownloadResult",
        "wanted: WantedFile): Promise<DownloadResult",
      ],
      [
        "graph-media.ts",
        "  const { url } = resolved;",
        "  const { url } = resolved;\n    const { number, signal } = wanted;",
      ],
    ],
  },
  // Read whole before any of it is handed on.
  {
    fails: ["download/streams", "download/stopped", "download/discarded"],
    edits: [
      [
        "graph-media.ts",
        "yield* body as AsyncIterable<Uint8Array>;",
        "const all: Uint8Array[] = [];\n    for await (const one of body) all.push(one);\n    yield Buffer.concat(all);",
      ],
    ],
  },
  { fails: ["download/expired", "download/gone"], edits: [["graph-media.ts", "attempt <= 2", "attempt <= 1"]] },
  { fails: ["download/gone"], edits: [["graph-media.ts", "attempt <= 2", "attempt <= 3"]] },
  { fails: ["download/refused"], edits: [["graph-media.ts", "new Set([33, 100])", "new Set([100])"]] },
  {
    fails: ["download/again"],
    edits: [["graph-media.ts", "!URL.canParse(url) ? ANSWER_ODD", "!URL.canParse(url) ? UNAVAILABLE"]],
  },
  {
    fails: ["download/elsewhere"],
    edits: [["graph-media.ts", "!allowed.has(url.origin) || ", `url.protocol === "file:" || `]],
  },
  // Hosts without their ports, and what merely begins like one.
  {
    fails: ["download/elsewhere"],
    edits: [["graph-media.ts", "!allowed.has(url.origin)", "!url.href.startsWith(origin.replace(/:\\d+$/, ''))"]],
  },
  {
    fails: ["download/redirect"],
    edits: [
      [
        "graph-media.ts",
        "    if (answer.status !== 200) {",
        `    const moved = headerOf(answer.headers["location"]);
    if (moved !== null) {
      const path = new URL(moved).pathname;
      await files.open({ origin: new URL(moved).origin, path, method: "GET", headers: headersOf(number), signal });
    }
    if (answer.status !== 200) {`,
      ],
    ],
  },
  { fails: ["download/encoded"], edits: [["graph-media.ts", `encoding !== "identity"`, `encoding === "br"`]] },
  {
    fails: ["download/broken-off", "download/stopped"],
    edits: [
      ["graph-media.ts", `throw new ConversationError("media_broken_off", {}, { cause: error });`, "void error;"],
      ["graph-media.ts", "signal?.throwIfAborted();", ""],
    ],
  },
  { fails: ["download/broken-off"], edits: [["graph-http.ts", "bodyTimeout: deadlineMs,", ""]] },
  {
    fails: ["download/stopped", "upload/never-throws"],
    edits: [
      ["graph-http.ts", "signal === undefined ? over.signal : AbortSignal.any([signal, over.signal])", "over.signal"],
    ],
  },
  {
    fails: ["download/discarded"],
    edits: [["graph-media.ts", "discard: () => void body.destroy(),", "discard: () => undefined,"]],
  },
  {
    fails: ["download/never-throws"],
    edits: [
      [
        "graph-media.ts",
        "pathOf(number, segment(mediaId), query)",
        "pathOf(number, encodeURIComponent(mediaId), query)",
      ],
    ],
  },
  {
    fails: ["examine/asks"],
    edits: [
      ["graph-examine.ts", '.update(reveal(number.accessToken)).digest("hex")', '.update(phoneNumberId).digest("hex")'],
    ],
  },
  {
    fails: ["examine/asks"],
    edits: [["graph-examine.ts", "serverTime: dateOf(first)", "serverTime: null"]],
  },
  {
    fails: ["examine/token-hidden"],
    edits: [
      [
        "graph-examine.ts",
        "`${segment(accountId)}/subscribed_apps${proof}`",
        "`${segment(accountId)}/subscribed_apps?access_token=${reveal(number.accessToken)}`",
      ],
    ],
  },
  {
    fails: ["examine/refused"],
    edits: [["number-findings.ts", 'proof.failure === "graph_100"', 'proof.failure === "graph_190"']],
  },
  {
    fails: ["examine/refused"],
    edits: [["number-findings.ts", 'level: none ? "problem" : "warning"', 'level: "warning"']],
  },
  {
    fails: ["examine/never-throws"],
    edits: [["graph-examine.ts", "if (!isToken(number)) {", "if (reveal(number.accessToken).length > 1e9) {"]],
  },
  {
    fails: ["read/told", "read/typing"],
    edits: [["graph-read.ts", "markRead(wamid, { typing })", "markRead(wamid.toLowerCase(), { typing })"]],
  },
  {
    fails: ["read/told"],
    edits: [["graph-read.ts", "markRead(wamid, { typing })", "markRead(wamid, { typing: true })"]],
  },
  { fails: ["read/typing"], edits: [["graph-read.ts", "markRead(wamid, { typing })", "markRead(wamid)"]] },
  {
    fails: ["read/token-hidden"],
    edits: [
      [
        "graph-read.ts",
        "`${segment(number.phoneNumberId)}/messages`",
        "`${segment(number.phoneNumberId)}/messages?access_token=${encodeURIComponent(number.accessToken)}`",
      ],
    ],
  },
  { fails: ["read/refused"], edits: [["graph-read.ts", `member(parse(body), "success") === true`, "true"]] },
  {
    fails: ["read/redirect", "read/once"],
    edits: [
      [
        "graph-read.ts",
        "      switch (answer.kind) {",
        `      const location = answer.kind === "answered" ? headerOf(answer.headers["location"]) : null;
      if (location !== null || answer.kind === "unanswered")
        await http.exchange({
          origin: location === null ? origin : new URL(location).origin,
          path: "/v26.0/2000/messages",
          method: "POST",
          headers: headersOf(number),
          body: "{}",
        });
      switch (answer.kind) {`,
      ],
    ],
  },
  {
    fails: ["read/never-throws"],
    edits: [["graph-read.ts", `if (wamid.trim() === "") return failed(ID_MISSING);`, ""]],
  },
  {
    fails: ["read/once"],
    edits: [
      [
        "graph-read.ts",
        "      switch (answer.kind) {",
        `      const path = pathOf(number, "2000/messages");
      if (answer.kind === "answered" && answer.status >= 429)
        await http.exchange({ origin, path, method: "POST", headers: headersOf(number), body: "{}" });
      switch (answer.kind) {`,
      ],
    ],
  },
  {
    fails: ["read/in-time"],
    edits: [
      [
        "graph-read.ts",
        "      switch (answer.kind) {",
        `      if (answer.kind === "unanswered" && answer.error === TIMED_OUT)
        await new Promise((resolve) => setTimeout(resolve, 3_200));
      switch (answer.kind) {`,
      ],
    ],
  },
  {
    fails: ["close/lets-go"],
    edits: [["graph-http.ts", "await Promise.all(open.map((pool) => pool.destroy()));", "void open;"]],
  },
  {
    fails: ["close/again"],
    edits: [
      [
        "graph-http.ts",
        "const pools = new Map<string, Pool>();",
        "const pools = new Map<string, Pool>();\n  let closed = false;",
      ],
      [
        "graph-http.ts",
        "if (known !== undefined) return known;",
        `if (closed) throw new Error("closed");\n    if (known !== undefined) return known;`,
      ],
      ["graph-http.ts", "pools.clear();", "pools.clear();\n      closed = true;"],
    ],
  },
];
