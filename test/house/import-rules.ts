import { type IRegularForbiddenRuleType, cruise } from "dependency-cruiser";

type Target = IRegularForbiddenRuleType["to"];

const rule = (name: string, from: string, to: Target): IRegularForbiddenRuleType => ({
  name,
  severity: "error",
  from: { path: from },
  to,
});

/** Anything in this repository but these. */
const ownExcept = (...allowed: string[]): Target => ({
  path: "^(src|adapters|examples|bench|test|scripts)/",
  pathNot: allowed,
});

const PACKAGES = [
  "npm",
  "npm-dev",
  "npm-peer",
  "npm-optional",
  "npm-bundled",
  "npm-no-pkg",
  "npm-unknown",
  "core",
] as const;
const NOT_OURS_AT_RUN_TIME = PACKAGES.filter((type) => type !== "npm" && type !== "core");

/** Moments to break, which builds that are published leave out. */
const FAILPOINTS = "^src/failpoints\\.ts$";

/** Numbers of Meta's that a decision has to keep to; no JSON. */
const LIMITS = "^src/whatsapp/limits\\.ts$";

/** What bodies and contents both look for in JSON. */
const IN_JSON = "^src/json-schemas\\.ts$";

const DOMAIN = "^src/(domain/|errors\\.ts$)";

/** Hosts of their own: they find the library where it is installed, which it is when they run. */
const OWN_HOSTS = "examples/(custom-storage|existing-transaction|fastify|hono|multi-node|nest)/";

/** The house: `domain <- decide, flow, media, whatsapp, ports <- runtime, http, live <- manager`, and adapters outside it. */
export const IMPORT_RULES: readonly IRegularForbiddenRuleType[] = [
  rule("the domain stands alone", "^src/domain/", ownExcept("^src/domain/")),
  rule("the domain needs no package", "^src/domain/(?!time-zone\\.ts$)", { dependencyTypes: [...PACKAGES] }),
  rule("one file knows how clocks are set", "^src/(?!domain/time-zone\\.ts$)", { path: "(^|/)temporal-polyfill(/|$)" }),

  rule(
    "a decision knows nouns and port types",
    "^src/(decide|flow)/",
    ownExcept(DOMAIN, LIMITS, "^src/(decide|flow|ports)/"),
  ),
  rule("a decision knows no flow", "^src/decide/", { path: "^src/flow/" }),
  rule("a decision calls no port", "^src/(decide|flow)/", { path: "^src/ports/", dependencyTypesNot: ["type-only"] }),
  rule("a decision needs no package", "^src/decide/", { dependencyTypes: [...PACKAGES] }),
  rule("a flow reads phones by a package, and needs no other", "^src/flow/", {
    dependencyTypes: [...PACKAGES],
    pathNot: "libphonenumber-js",
  }),

  rule(
    "a ready-made flow is written as a hotel would write it",
    "^src/flows/",
    ownExcept(DOMAIN, LIMITS, "^src/(flow|flows)/", "^src/ports/(pms|tasks)\\.ts$"),
  ),
  rule("a ready-made flow calls what it is given", "^src/flows/", {
    path: "^src/ports/",
    dependencyTypesNot: ["type-only"],
  }),
  rule("a ready-made flow needs no package but for hashing", "^src/flows/", {
    dependencyTypes: [...PACKAGES],
    pathNot: "^(node:)?crypto$",
  }),
  rule("the engine knows no ready-made flow", "^src/(?!flows/)", { path: "^src/flows/" }),

  rule("ports are said in the domain's words", "^src/ports/", ownExcept(DOMAIN, "^src/ports/")),
  rule("media know no runtime", "^src/media/", ownExcept(DOMAIN, "^src/(media|ports)/")),
  rule(
    "the WhatsApp edge knows no runtime",
    "^src/whatsapp/",
    ownExcept(DOMAIN, FAILPOINTS, IN_JSON, "^src/(whatsapp|ports)/"),
  ),

  rule(
    "the runtime knows no HTTP",
    "^src/runtime/",
    ownExcept(DOMAIN, FAILPOINTS, "^src/(decide|flow|media|whatsapp|ports|runtime)/"),
  ),
  rule("the client knows types of the desk alone", "^src/client/", {
    pathNot: "^src/client/",
    dependencyTypesNot: ["type-only"],
  }),
  rule("nothing below imports the manager", "^src/(http|live|client)/", { path: "^src/(manager|index|testing/)" }),
  rule("only tests use the testing kit", "^src/(?!testing/)", { path: "^src/testing/" }),

  rule("the core knows no adapter", "^src/", { path: "^(adapters|examples|bench|test|scripts)/" }),
  rule("the core imports only what it depends on", "^src/", { dependencyTypes: [...NOT_OURS_AT_RUN_TIME] }),

  rule(
    "an adapter is a third party",
    "^adapters/([^/]+)/",
    ownExcept("^src/(index|testing/index)\\.ts$", FAILPOINTS, "^adapters/$1/"),
  ),
  rule("an adapter needs no package but its peer", "^adapters/(?!command-line/)", {
    dependencyTypes: ["npm-dev"],
    dependencyTypesNot: ["npm-peer", "type-only"],
  }),

  rule("the command line carries two packages along", "^adapters/command-line/", {
    dependencyTypes: ["npm-dev"],
    dependencyTypesNot: ["npm-peer", "type-only"],
    pathNot: "(^|/)(commander|cli-progress)(/|$)",
  }),

  rule("an example is a host", "^examples/", ownExcept("^examples/")),
  // But for what a webhook costs before it is stored: nobody else calls that, and it has no published name.
  rule("a benchmark measures what is published", "^bench/(?!(split|parse)\\.ts$)", { path: "^(src|adapters|test)/" }),

  rule("there are no cycles", "^(src|adapters|examples)/", {
    circular: true,
    viaOnly: { dependencyTypesNot: ["type-only"] },
  }),
  rule("every import resolves", `^(?!${OWN_HOSTS})(src|adapters|examples)/`, { couldNotResolve: true }),
];

/** The imports under `root` that break a rule, each as `file -> import: rule`, sorted. */
export async function brokenImports(root: string, folders: string[]): Promise<string[]> {
  const { output } = await cruise(folders, {
    baseDir: root,
    ruleSet: { forbidden: [...IMPORT_RULES] },
    validate: true,
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "types", "node", "default"],
    },
    doNotFollow: { path: ["node_modules", "^dist/"] },
    // Peers of the bench stand in a folder of their own, with all that npm puts beside them.
    exclude: { path: ["/public/", "^bench/peers/"] },
  });
  if (typeof output === "string") throw new Error(output);
  return output.summary.violations.map(({ from, to, rule }) => `${from} -> ${to}: ${rule.name}`).sort();
}
