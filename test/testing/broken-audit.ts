import type { Mistake } from "./broken-storages.js";

/** Mistakes about the audit as a chain. */
export const AUDIT_MISTAKES: readonly Mistake[] = [
  {
    fails: ["audit/seal", "audit/seal-order", "audit/seal-once", "audit/anchor", "audit/prune"],
    edits: [["audit-chain.ts", ".filter(({ id }) => !chain.links.has(id))", ".slice(0, 100)"]],
  },
  {
    fails: ["audit/seal-order"],
    edits: [
      [
        "audit-chain.ts",
        "[...audit.values()].filter",
        "[...audit.values()].toSorted((a, b) => compareIds(a.id, b.id)).filter",
      ],
    ],
  },
  // Two statements without a transaction: between what is looked up and what is written others come in.
  {
    fails: ["audit/seal-at-once"],
    edits: [
      [
        "index.ts",
        "new Promise((resolve) => {\n        resolve(copy(run(memory, ...copy(args))));\n      });",
        "(async () => copy(await run(memory, ...copy(args))))();",
      ],
      ["audit-chain.ts", "export function sealAudit(", "export async function sealAudit("],
      [
        "audit-chain.ts",
        "for (const link of links) chain",
        "await Promise.resolve();\n  for (const link of links) chain",
      ],
    ],
  },
  { fails: ["audit/seal-hotels"], edits: [["audit-chain.ts", ".slice(0, hotels)", ""]] },
  {
    fails: ["audit/seal-once"],
    edits: [["audit-chain.ts", "links.some(({ id }) => !audit.has(id) || chain.links.has(id))", "false"]],
  },
  {
    fails: ["audit/seal-once"],
    edits: [["audit-chain.ts", "chain.version !== version || ", ""]],
  },
  {
    fails: ["audit/anchor"],
    edits: [["audit-chain.ts", "Math.max(chain.anchoredN, n)", "n"]],
  },
  {
    fails: ["audit/prune"],
    edits: [["audit-chain.ts", "chain.kept = { n, hash };", ""]],
  },
  {
    fails: ["audit/prune"],
    edits: [["audit-chain.ts", "sealedAt.getTime() < before).slice(0, -1)", "sealedAt.getTime() < before)"]],
  },
  {
    fails: ["audit/sealed", "audit/seal-order"],
    edits: [["audit-chain.ts", "n > (after ?? chain.kept.n)", "n >= (after ?? chain.kept.n)"]],
  },
  {
    fails: ["audit/sealed-reach"],
    edits: [["audit-chain.ts", " || !reaches(reach, hotelId, null)", ""]],
  },
];
