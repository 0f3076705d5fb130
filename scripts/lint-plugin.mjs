// Rules of this repository's own, which oxlint loads (.oxlintrc.json).

/** `new Date()`: time comes from the ports. `new Date(x)` reads no clock. */
const noClock = {
  /** @param {{ report: (problem: { node: unknown, message: string }) => void }} context */
  create: (context) => ({
    /** @param {{ callee: { type: string, name?: string }, arguments: readonly unknown[] }} node */
    NewExpression(node) {
      if (node.callee.type === "Identifier" && node.callee.name === "Date" && node.arguments.length === 0)
        context.report({ node, message: "Time comes from the storage, or from the Clock port." });
    },
  }),
};

export default { meta: { name: "belldesk" }, rules: { "no-clock": noClock } };
