// Webhooks through the door at 50 connections on a durable PostgreSQL, each contender in a process of its own, in turn: how many are answered
// in a second, and how many are handled in a second for as long as one likes.
//   npm run bench -- --only inbound
import { parseArgs } from "node:util";
import autocannon from "autocannon";
import type { Contender } from "./contenders.js";
import { DOORS, street, type Door, type Street } from "./door.js";
import { atLeast, atMost, publish, ratio, spread } from "./report.js";
import { webhook } from "./webhooks.js";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "3" },
    connections: { type: "string", default: "50" },
    guests: { type: "string", default: "1000" },
    ...DOORS,
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const connections = Number(options.connections);
const guests = Number(options.guests);

/** A backlog that is worked off within this many seconds after the last webhook counts as none. */
const BACKLOG_S = 1;
/** So long it may take to work off what a burst left; whoever needs longer begins anew, with an empty house. */
const PATIENCE_S = 4;
/** Steady rates that are tried, each a tenth above one that was kept up with, or below one that was too much, until it turns. */
const TRIES = 8;
const STEP = 0.1;

interface Burst {
  readonly answered: number;
  readonly perSecond: number;
  readonly failed: number;
}

interface Figures {
  readonly burst: number;
  readonly sustained: number;
  readonly backlogSeconds: number;
  /** Statements to PostgreSQL for each message, all in all. */
  readonly statements: number;
  readonly failed: number;
}

let run = 0;

/** Posts webhooks for so long, as fast as they are answered or at a fixed rate. */
async function post(door: Door, forSeconds: number, rate?: number): Promise<Burst> {
  const name = `run${String(++run)}`;
  let n = 0;
  const result = await autocannon({
    url: `http://127.0.0.1:${String(door.port())}/webhook`,
    // At a rate each connection sends one a second at least.
    connections: rate === undefined ? connections : Math.max(1, Math.min(connections, Math.floor(rate))),
    duration: forSeconds,
    ...(rate !== undefined && { overallRate: Math.max(1, Math.round(rate)) }),
    requests: [
      {
        method: "POST",
        setupRequest: (request) => {
          const { body, signature } = webhook(name, n++, guests);
          return {
            ...request,
            body,
            headers: { "content-type": "application/json", "x-hub-signature-256": signature },
          };
        },
      },
    ],
  });
  return { answered: result["2xx"], perSecond: result["2xx"] / result.duration, failed: result.non2xx + result.errors };
}

async function measure({ open }: Street, contender: Contender): Promise<Figures> {
  let door = await open(contender);
  try {
    let total = 0;
    const posted = async (forSeconds: number, rate?: number) => {
      const burst = await post(door, forSeconds, rate);
      total += burst.answered;
      return burst;
    };
    // Warm code, connections and pages; then measure.
    await posted(Math.min(2, seconds));
    await door.drained(total, PATIENCE_S);
    const [before, statementsBefore] = [await door.count(), await door.statements()];
    const burst = await posted(seconds);
    if (!contender.answersFirst) {
      const statements = ((await door.statements()) - statementsBefore) / burst.answered;
      const rate = contender.handled === null ? NaN : burst.perSecond;
      return { burst: burst.perSecond, sustained: rate, backlogSeconds: 0, statements, failed: burst.failed };
    }

    const drained = await door.drained(total, PATIENCE_S);
    let rate = ((await door.count()) - before) / (seconds + drained.seconds);
    let isEmpty = drained.all;
    let way: 1 | -1 | null = null;
    let best: Pick<Figures, "sustained" | "backlogSeconds" | "statements"> | null = null;
    let failed = burst.failed;
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      if (!isEmpty) {
        await door.close();
        door = await open(contender);
        total = 0;
        await posted(Math.min(2, seconds), rate);
        await door.drained(total, PATIENCE_S);
      }
      const statementsThen = await door.statements();
      const steady = await posted(seconds, rate);
      const backlog = await door.drained(total, BACKLOG_S);
      const statements = ((await door.statements()) - statementsThen) / steady.answered;
      failed += steady.failed;
      isEmpty = backlog.all;
      if (backlog.all) best = { sustained: steady.perSecond, backlogSeconds: backlog.seconds, statements };
      way ??= backlog.all ? 1 : -1;
      if (backlog.all !== (way === 1)) break;
      rate *= 1 + way * STEP;
    }
    const none = { sustained: NaN, backlogSeconds: NaN, statements: NaN };
    return { burst: burst.perSecond, ...(best ?? none), failed };
  } finally {
    await door.close();
  }
}

const place = await street(options);
try {
  const results = new Map<string, Figures[]>(place.contenders.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++)
    for (const contender of place.contenders) {
      const figures = await measure(place, contender);
      results.get(contender.name)!.push(figures);
      console.error(`round ${String(round)} ${contender.name}: ${JSON.stringify(figures)}`);
    }
  const of = (name: string, figure: keyof Figures) => (results.get(name) ?? []).map((one) => one[figure]);
  const beside = (figure: keyof Figures, other: string) => ratio(of("belldesk", figure), of(other, figure));
  const hasChat = results.has("chat-pg");
  publish({
    title: "Inbound: a durable 200, and what becomes of it",
    about:
      `One text of a guest in each webhook, ${String(guests)} guests, ${String(connections)} connections, ${String(seconds)} s, PostgreSQL with fsync; ` +
      `the median of ${String(rounds)} rounds, and the least and the most. *Answered*: 200s in a second, as fast as they come. *Handled*: the ` +
      `highest steady rate of webhooks at whose end the backlog is gone within ${String(BACKLOG_S)} s; for who answers when the work is done both are the same. ` +
      "The desk's handling is more than anybody's else: conversation, menu, events, search.",
    tables: [
      {
        columns: ["contender", "what it is", "answered/s", "handled/s", "statements a message", "failed"],
        rows: place.contenders.map(({ name, is }) => [
          name,
          is,
          spread(of(name, "burst")),
          spread(of(name, "sustained")),
          spread(of(name, "statements"), 2),
          spread(of(name, "failed")),
        ]),
      },
    ],
    goals: [
      atLeast("answered, belldesk / one-insert", beside("burst", "one-insert"), 1.5),
      atLeast("answered, belldesk / bare", beside("burst", "bare"), 0.7),
      atLeast("handled, belldesk / nine-statements", beside("sustained", "nine-statements"), 3),
      atLeast("handled, belldesk / four-statements", beside("sustained", "four-statements"), 2),
      ...(hasChat ? [atLeast("handled, belldesk / chat-pg", beside("sustained", "chat-pg"), 5)] : []),
      atMost(
        "statements of the desk for each message, while it keeps up",
        ratio(
          of("belldesk", "statements"),
          of("belldesk", "statements").map(() => 1),
        ),
        0.3,
      ),
    ],
    notes: [
      ...(hasChat
        ? [
            "BuilderBot hands on one message each 100 ms, which is set in its Meta provider and nowhere else; and it checks no signature. Its package for PostgreSQL, `@builderbot/database-postgres`, is not in the npm registry (404), so it runs with its MemoryDB, which costs it less.",
            "Bot Framework has no WhatsApp channel: an adapter of some lines makes activities of webhooks. Its storages are Azure's or memory.",
            "whatsapp-api-js and kapso are wrappers of the Cloud API: they verify and parse, and what is kept is the host's. They stand beside `bare`.",
          ]
        : ["The peers were left out (`--no-peers`)."]),
      "The load comes from the same cores, and takes its share of them.",
    ],
  });
} finally {
  await place.stop();
}
