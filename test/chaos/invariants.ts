import type { ChaosFindings, ChaosResult } from "./run.js";

/** Counts that say how much was looked at, or what is explained where it is counted. None of them is wrong. */
type Looked = "acknowledged" | "stored" | "sends" | "unknown" | "due" | "told";
type Wrong = Exclude<keyof ChaosFindings, Looked>;

/** What has to be so, by the names that reliability.md gives them, and the counts that show it: all zero where it is. */
export const INVARIANTS: readonly {
  readonly name: `I${number}`;
  readonly says: string;
  readonly wrong: readonly Wrong[];
  /** What was looked at. */
  readonly of: (result: ChaosResult) => string;
}[] = [
  {
    name: "I1",
    says: "nothing acknowledged is lost",
    wrong: ["lost", "answersLost", "left", "dead"],
    of: ({ found }) => `${n(found.acknowledged)} acknowledged, ${n(found.stored)} stored`,
  },
  {
    name: "I2",
    says: "once",
    wrong: ["doubled", "answersDoubled", "menusWrong", "walksWrong", "staysWrong", "staleCommits"],
    of: ({ counted }) => `${n(counted["walks"])} walked a flow, ${n(counted["stays"])} stays`,
  },
  {
    name: "I3",
    says: "in order",
    wrong: ["inverted", "sentOutOfOrder", "seqGaps", "eventGaps"],
    of: ({ counted }) => `${n(counted["events"])} events`,
  },
  { name: "I4", says: "one open conversation", wrong: ["extraConversations"], of: () => "" },
  {
    name: "I5",
    says: "sent at most once, and known to be",
    wrong: ["sentForNobody", "sentTwice", "claimedSent", "unfinished", "unsettled", "unexplained"],
    of: ({ found, counted }) =>
      `${n(found.sends)} sends, ${n(found.unknown)} of which nobody can say, as something came between; WhatsApp stood still ${n(counted["standstills"])} times`,
  },
  {
    name: "I6",
    says: "statuses only rise",
    wrong: ["statusesFallen"],
    of: ({ counted }) => `${n(counted["statuses"])} statuses`,
  },
  {
    name: "I7",
    says: "whoever watches sees what is there",
    wrong: ["missing", "repeated", "disordered", "invented", "stale", "resyncs"],
    of: ({ found, counted }) =>
      `${n(found.told)} told, ${n(found.due)} due, ${n(counted["connectionsLost"])} connections lost, ${n(counted["longestAwayMs"])} ms away at most`,
  },
  { name: "I8", says: "nobody sees what is not theirs", wrong: ["forbidden"], of: () => "" },
  {
    name: "I9",
    says: "processes go on, and hold no more than they may",
    wrong: ["overCap", "crashed"],
    of: ({ counted, most }) =>
      `${n(counted["processes"])} processes, at most ${(most.rssBytes / 1e6).toFixed(0)} MB, ${n(most.handles)} handles at rest, ${n(most.connections)} connections`,
  },
  {
    name: "I10",
    says: "at rest soon, and nothing in anybody's hands",
    wrong: ["leased"],
    of: ({ quietSeconds }) => `${quietSeconds.toFixed(1)} s after the last fault`,
  },
  {
    name: "I11",
    says: "nothing of a guest's in a log",
    wrong: ["heard"],
    of: ({ counted }) => `${n(counted["logged"])} lines`,
  },
  {
    name: "I12",
    says: "audited once, in a chain that holds",
    wrong: ["unaudited", "auditsBroken"],
    of: ({ counted }) => `${n(counted["audited"])} entries`,
  },
  {
    name: "I13",
    says: "files are what their rows say",
    wrong: ["filesWrong"],
    of: ({ counted }) => `${n(counted["photos"])} photos, ${n(counted["fileLies"])} times WhatsApp lied`,
  },
  {
    name: "I14",
    says: "times are the database's",
    wrong: ["timesWrong"],
    of: ({ counted }) => `${n(counted["instants"])} instants, ${n(counted["lateGuests"])} late guests`,
  },
  {
    name: "I15",
    says: "the schema is the golden one",
    wrong: ["schemaWrong"],
    of: ({ counted }) => `migrated again ${n(counted["migrated"])} times`,
  },
];

const n = (count = 0): string => count.toLocaleString("en");

/** What has to be zero and is not. */
export const wrongIn = (found: ChaosFindings): readonly string[] =>
  INVARIANTS.flatMap(({ name, wrong }) =>
    wrong.filter((one) => found[one] !== 0).map((one) => `${name} ${one} ${String(found[one])}`),
  );

/** A line for each. */
export const linesOf = (result: ChaosResult): readonly string[] =>
  INVARIANTS.map(({ name, says, wrong, of }) => {
    const counts = wrong.map((one) => `${one}:${String(result.found[one])}`).join(", ");
    return `${name.padEnd(4)}${says}: ${counts}${of(result) === "" ? "" : ` (${of(result)})`}`;
  });
