import { DELIVERY_STATUSES, type DeliveryStatus } from "belldesk";

/** What is known of an evening when all is at rest, in the database's words and from what processes said and held. */
export interface EveningEvidence {
  /** Of each message to a guest, in the order of the log. */
  readonly statuses: readonly { readonly messageId: string; readonly status: DeliveryStatus }[];
  /** Guests who walked the hotel's flow, what they told it, and what the desk has of it. */
  readonly walks: readonly Walk[];
  /** Stays of which the hotel's own system told all there is. */
  readonly stays: readonly Stay[];
  /** By the database's clock, milliseconds since 1970. */
  readonly began: number;
  readonly ended: number;
  /** Instants that the desk wrote down for what it did itself, milliseconds since 1970. */
  readonly instants: readonly { readonly what: string; readonly at: number }[];
  /** For how long each chat's window is open after the guest's last message. Milliseconds. */
  readonly windowsMs: readonly number[];
  /** What was withheld because the window is closed, of guests whose window is open. */
  readonly withheld: number;
  /** Late guests whom staff could tell what only a template may say. */
  readonly letThrough: number;
  /** Hotels whose audit is what was sealed, and the reason of each of which it is not. */
  readonly audits: readonly { readonly hotelId: string; readonly entries: number; readonly wrong: string | null }[];
  /** What is wrong with guests' photos. */
  readonly files: readonly string[];
  readonly processes: readonly Held[];
  /** Whether the schema is the golden one, and how processes that migrated it again ended. */
  readonly isGolden: boolean;
  readonly migrated: readonly string[];
  /** Of each process that ended although nobody had killed it: how, and what it logged last. */
  readonly crashed: readonly string[];
  /** What processes logged that nobody may hear. */
  readonly heard: readonly string[];
}

export interface Walk {
  readonly name: string;
  readonly nights: string;
  /** What the desk said in the flow, in order. */
  readonly said: readonly string[];
  /** Of its runs. */
  readonly runs: readonly string[];
}

export interface Stay {
  readonly status: string | null;
  readonly room: string | null;
  readonly arrival: string | null;
  readonly isReady: boolean;
  /** How often the guest was welcomed. */
  readonly welcomes: number;
}

/** What a process held: the most at any of the times when somebody looked, but for its handles. */
export interface Held {
  readonly name: string;
  readonly rssBytes: number;
  /** Sockets, files and timers that keep it alive when all is at rest; 0 of one that has ended by then. Before that each guest who waits has some. */
  readonly handles: number;
  /** To the database, as the database counts them. */
  readonly connections: number;
  /** How often its line to the database died without a word: the server keeps those connections. */
  readonly linesLost: number;
}

/** What a process may hold. */
export const CAPS = { rssBytes: 400_000_000, handles: 100, connections: 10 } as const;

/** What is wrong, in counts: all zeros is the only good answer. */
export interface EveningFindings {
  /** Statuses that were told of a message after a higher one. */
  readonly statusesFallen: number;
  /** Guests whom the flow asked anything twice, or whom it lost. */
  readonly walksWrong: number;
  /** Stays that are not what the hotel's own system said, and guests who were not welcomed once. */
  readonly staysWrong: number;
  /** Processes that held more than they may. */
  readonly overCap: number;
  /** Processes that ended although nobody had killed them. */
  readonly crashed: number;
  /** What stands in the logs of processes that is a guest's, or a secret. */
  readonly heard: number;
  readonly auditsBroken: number;
  readonly filesWrong: number;
  /** Instants outside the evening, windows that are no day long, and what was withheld or let through for the wrong window. */
  readonly timesWrong: number;
  /** Another schema than the golden one, and processes that could not start on it. */
  readonly schemaWrong: number;
}

/** What a process that migrates again may end with: the database may be away just then, or silent. */
const ENDS: ReadonlySet<string> = new Set(["started", "storage_unavailable", "storage_timeout"]);
const DAY_MS = 86_400_000;
const rank = (status: DeliveryStatus): number => DELIVERY_STATUSES.indexOf(status);

export function checkEvening(evidence: EveningEvidence): EveningFindings & { readonly examples: readonly string[] } {
  const examples: string[] = [];
  const count = <T>(kind: string, all: readonly T[], isWrong: (one: T) => boolean): number => {
    const wrong = all.filter(isWrong);
    if (wrong.length > 0) examples.push(`${kind}: ${JSON.stringify(wrong[0])}`);
    return wrong.length;
  };
  const { began, ended, instants, windowsMs, withheld, letThrough, isGolden, migrated } = evidence;

  const highest = new Map<string, number>();
  const statusesFallen = count("statusesFallen", evidence.statuses, ({ messageId, status }) => {
    const before = highest.get(messageId) ?? -1;
    highest.set(messageId, Math.max(before, rank(status)));
    // What WhatsApp refused for a while goes back to the others that wait.
    const isAgain = before <= rank("sending") && rank(status) <= rank("sending");
    return rank(status) <= before && !isAgain;
  });
  return {
    statusesFallen,
    walksWrong: count("walksWrong", evidence.walks, ({ name, nights, said, runs }) => {
      const right = [
        "What is your name?",
        `How many nights, ${name}?`,
        `See you soon, ${name}. Your room is 1-${nights}.`,
      ];
      return said.join("\n") !== right.join("\n") || runs.join() !== "finished";
    }),
    staysWrong: count(
      "staysWrong",
      evidence.stays,
      ({ status, room, arrival, isReady, welcomes }) =>
        status !== "inHouse" || room !== "204" || arrival !== "2027-03-01" || !isReady || welcomes !== 1,
    ),
    overCap: count(
      "overCap",
      evidence.processes,
      ({ rssBytes, handles, connections, linesLost }) =>
        rssBytes > CAPS.rssBytes || handles > CAPS.handles || connections > CAPS.connections * (1 + linesLost),
    ),
    crashed: count("crashed", evidence.crashed, () => true),
    heard: count("heard", evidence.heard, () => true),
    auditsBroken: count("auditsBroken", evidence.audits, ({ entries, wrong }) => entries === 0 || wrong !== null),
    filesWrong: count("filesWrong", evidence.files, () => true),
    timesWrong:
      count("instants", instants, ({ at }) => at < began || at > ended) +
      count("windows", windowsMs, (ms) => ms !== DAY_MS) +
      count("windows", [withheld, letThrough], (n) => n > 0),
    schemaWrong:
      count("schemaWrong", [isGolden], (is) => !is) + count("schemaWrong", migrated, (end) => !ENDS.has(end)),
    examples,
  };
}
