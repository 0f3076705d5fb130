import type { Failpoint } from "../../src/failpoints.js";
import type { Findings } from "../chaos/checks.js";
import type { Way } from "../chaos/break.js";

/** One mistake that somebody could make in the whole desk, and who notices. The numbers are those of reliability.md §4.4. */
export interface BrokenBuild {
  readonly number: number;
  readonly mistake: string;
  /** Each stands once in its file. */
  readonly edits: readonly { readonly file: string; readonly right: string; readonly wrong: string }[];
  readonly noticedBy: NamedTest | Checker;
}

export interface NamedTest {
  readonly file: string;
  /** The beginning of its title, or a piece that no other test of the file has. */
  readonly title: string;
}

/** A count that a program prints at its end and that is not zero. */
export interface Checker {
  /** In test/chaos, with what to give it. */
  readonly program: readonly [name: "sweep" | "chaos" | "survive", ...args: string[]];
  readonly finding: string;
}

const sweep = (failpoint: Failpoint, way: Way, finding: keyof Findings): Checker => ({
  program: ["sweep", "--only", failpoint, "--ways", way, "--times", "2", "--shards", "1"],
  finding,
});

const TABLES = "adapters/postgres/migrations/0001-tables.ts";
const COMMIT = "adapters/postgres/migrations/0003-commit.ts";
const SENDS = "adapters/postgres/migrations/0004-sends.ts";
const RECEIVE = "src/runtime/receive.ts";

/** Nothing in the database keeps a message from being stored twice. */
const NO_UNIQUE_MESSAGE = [
  { file: TABLES, right: "primary key (hotel_id, hash)\n", wrong: "check (true)\n" },
  { file: TABLES, right: "primary key (hotel_id, wamid)\n", wrong: "primary key (hotel_id, message_id)\n" },
  // A decision looks too, which is no promise: two processes may look at once.
  { file: "src/decide/item.ts", right: "if (state.known.has(wamid)) return", wrong: "if (false) return" },
];

// 9, 11 and 14 need what is not there yet: hints, live connections, media. 17 and 18 are ours.
export const BROKEN_BUILDS: readonly BrokenBuild[] = [
  {
    number: 1,
    mistake: "200 is answered before anything is stored",
    edits: [
      {
        file: RECEIVE,
        right: "await Promise.race([stored, late]);",
        wrong: "for (const one of [stored, late]) one.catch(() => undefined);",
      },
    ],
    noticedBy: { program: ["survive", "--messages", "400", "--rounds", "2"], finding: "lost" },
  },
  {
    number: 2,
    mistake: "no message is unique by WhatsApp's id",
    edits: NO_UNIQUE_MESSAGE,
    noticedBy: sweep("receive.answering", "kill", "doubled"),
  },
  {
    number: 3,
    mistake: "what came twice is known by memory that a crash takes",
    edits: [
      ...NO_UNIQUE_MESSAGE,
      {
        file: RECEIVE,
        right: "const owners = await ownersOf(leaves);\n    for (const leaf of leaves) {",
        wrong:
          "const owners = await ownersOf(leaves);\n    for (const leaf of leaves) {\n      if (seen.has(leaf.dedupKey)) continue;\n      seen.add(leaf.dedupKey);",
      },
      {
        file: RECEIVE,
        right: "  const warn = warnings(logger);",
        wrong: "  const seen = new Set<string>();\n  const warn = warnings(logger);",
      },
    ],
    noticedBy: sweep("receive.answering", "kill", "doubled"),
  },
  {
    number: 4,
    mistake: "one open conversation is a check in code",
    edits: [
      {
        file: TABLES,
        right: "create unique index conversations_one_open",
        wrong: "create index conversations_one_open",
      },
    ],
    noticedBy: { file: "test/adapters/postgres.test.ts", title: "commit/one-open" },
  },
  {
    number: 5,
    mistake: "a commit does not carry its lane's epoch",
    edits: [
      {
        file: COMMIT,
        right: "where l.epoch is distinct from x.epoch or l.leased_until is null",
        wrong: "where l.epoch is null",
      },
    ],
    noticedBy: { file: "test/adapters/postgres-concurrency.test.ts", title: "a stale epoch is refused" },
  },
  {
    number: 5,
    mistake: "nothing at all fences a commit: neither epoch, nor version, nor key",
    edits: [
      {
        file: COMMIT,
        right: "if stale is not null then\n        return query select 'fenced'",
        wrong: "if false then\n        return query select 'fenced'",
      },
      {
        file: COMMIT,
        right: "if stale is not null then\n        return query select 'conflict'",
        wrong: "if false then\n        return query select 'conflict'",
      },
      {
        file: COMMIT,
        right: "where x.version = 0\n         order by x.guest, x.id;",
        wrong: "where x.version = 0\n         order by x.guest, x.id on conflict do nothing;",
      },
    ],
    noticedBy: sweep("inbound.decided", "freeze", "staleCommits"),
  },
  {
    number: 6,
    mistake: "events are numbered by a sequence",
    edits: [
      {
        file: TABLES,
        right: "    -- One row a hotel: the number",
        wrong: "    create sequence ${schema}.event_numbers;\n    -- One row a hotel: the number",
      },
      {
        file: COMMIT,
        right:
          "insert into ${schema}.hotel_counters (hotel_id, last_event) values (hotel, count)\n        on conflict (hotel_id) do update set last_event = hotel_counters.last_event + excluded.last_event\n        returning last_event - count into base;",
        wrong: "select min(nextval('${schema}.event_numbers')) - 1 into base from generate_series(1, count);",
      },
    ],
    noticedBy: { file: "test/adapters/postgres-concurrency.test.ts", title: "an event is never seen before one" },
  },
  {
    number: 7,
    mistake: "a send that timed out is tried again",
    edits: [
      {
        file: "src/decide/send.ts",
        right: 'case "unknown": {\n',
        wrong:
          'case "unknown": {\n      const again = { kind: "retry", failure: answer.failure, delayMs: policy.baseMs } as const;\n      if (attempts < 3) return { result: again, reason: { code: "send_retried", at: now } };\n',
      },
    ],
    noticedBy: { file: "test/path/sends.test.ts", title: "WhatsApp took it and never answered" },
  },
  {
    number: 8,
    mistake: "a status report overwrites whatever stood there",
    edits: [
      {
        file: SENDS,
        right: "if ${schema}.status_rank(reported) <= ${schema}.status_rank(before.status) then",
        wrong: "if reported = before.status then",
      },
    ],
    noticedBy: { file: "test/adapters/postgres.test.ts", title: "status/lattice" },
  },
  {
    number: 10,
    mistake: "whoever asks for a hotel gets it",
    edits: [
      {
        file: "src/runtime/desk.ts",
        right: 'reach: reachFor("conversation.list"),',
        wrong:
          'reach: query.hotel === undefined ? reachFor("conversation.list") : { hotels: new Map([[query.hotel, "all"]]) },',
      },
    ],
    noticedBy: {
      file: "test/adapters/express.test.ts",
      title: "whoever asks for another hotel or department gets nothing",
    },
  },
  {
    number: 12,
    mistake: "the signature is checked over JSON that was parsed and written again",
    edits: [
      {
        file: "adapters/express/webhook-router.ts",
        right: ".receive({ body: body.bytes, signature }",
        wrong:
          ".receive({ body: Buffer.from(JSON.stringify(JSON.parse(Buffer.from(body.bytes).toString()))), signature }",
      },
    ],
    noticedBy: { file: "test/adapters/express.test.ts", title: "a webhook is verified and kept" },
  },
  {
    number: 13,
    mistake: "the signature's digits are decoded without a look at them",
    edits: [
      {
        file: "src/whatsapp/signature.ts",
        right: 'if (!HEADER.test(header)) return "invalid";',
        wrong: 'if (header.length < 71) return "invalid";',
      },
    ],
    noticedBy: { file: "test/whatsapp/signature.test.ts", title: "is refused" },
  },
  {
    number: 15,
    mistake: "the audit is written after the commit",
    edits: [
      {
        file: COMMIT,
        right: "insert into ${schema}.audit_entries\n        select hotel, x.id,",
        wrong: "if false then insert into ${schema}.audit_entries\n        select hotel, x.id,",
      },
      {
        file: COMMIT,
        right: "target_kind text, target_id text, at timestamptz)\n        on conflict do nothing;\n",
        wrong: "target_kind text, target_id text, at timestamptz)\n        on conflict do nothing; end if;\n",
      },
      {
        file: "adapters/postgres/storage.ts",
        right: 'if (row.outcome !== "committed") return',
        wrong:
          'if (row.outcome === "committed") for (const { change } of changes) for (const one of change.audit)\n          await call(`insert into ${schema}.audit_entries values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,\n            [hotelId, one.id, one.actor.kind, one.actor.id, one.action, one.reason, one.target.kind, one.target.id, one.at]);\n        if (row.outcome !== "committed") return',
      },
    ],
    noticedBy: sweep("command.loaded", "drop", "unaudited"),
  },
  {
    number: 16,
    mistake: "the service window is read from the process's clock",
    edits: [
      {
        file: "src/decide/send.ts",
        right: "whatGoes(message, windowIsOpen(chat.windowClosesAt, now)",
        wrong: "whatGoes(message, windowIsOpen(chat.windowClosesAt, new Date())",
      },
    ],
    noticedBy: { file: "test/decide/send.test.ts", title: "the window closes by the database's clock" },
  },
  {
    number: 17,
    mistake: "staff hear 202 for an answer that nobody stores",
    edits: [
      {
        file: "src/runtime/desk.ts",
        right: 'if (decided.kind === "existing") return { ...decided, change: null };',
        wrong: 'return { ...decided, kind: "existing", change: null };',
      },
    ],
    noticedBy: sweep("receive.answering", "kill", "answersLost"),
  },
  {
    number: 18,
    mistake: "a send is called unknown that was never tried",
    edits: [
      {
        file: "src/runtime/outbound-work.ts",
        right: "return await transport.send(message);",
        wrong:
          'if (message.content.type === "text") return { outcome: "unknown", failure: TRANSPORT_THREW };\n      return await transport.send(message);',
      },
    ],
    noticedBy: sweep("receive.answering", "kill", "unexplained"),
  },
];
