import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import ts from "typescript-eslint";

/** The library is a guest in somebody's process: it reads no environment, prints nothing, ends nothing. */
const GUEST = [
  { object: "process", property: "env", message: "The host gives options; the library reads no environment." },
  { object: "process", property: "exit", message: "The process is the host's." },
];

/** Time, ids and chance come from the ports, so that a decision made twice is the same one. */
const PORTS = [
  { object: "Date", property: "now", message: "Time comes from the storage, or from the Clock port." },
  { object: "Math", property: "random", message: "Chance comes from the Random port." },
  { object: "crypto", property: "randomUUID", message: "Ids come from the Ids port." },
];

const NEW_DATE = {
  selector: "NewExpression[callee.name='Date'][arguments.length=0]",
  message: "Time comes from the storage, or from the Clock port.",
};

const INTERNALS = {
  regex: "^\\.\\./\\.\\./src/(?!index\\.js$|testing/index\\.js$|failpoints\\.js$)",
  message: "An adapter imports what anybody could import from the published package, and the failpoints.",
};

const FRAMEWORKS = {
  regex: "^(express|express4|pg|ws|redis|ioredis|sharp|@opentelemetry/.*|@electric-sql/.*|@aws-sdk/.*)$",
  message: "Frameworks, databases and sockets are ports in src/ with an adapter in adapters/.",
};

export default defineConfig(
  { ignores: ["dist/", "coverage/", ".cache/", ".data/"] },
  js.configs.recommended,
  ts.configs.strictTypeChecked,
  ts.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-console": "error",
      "no-eval": "error",
      "no-restricted-globals": ["error", { name: "fetch", message: "undici, ten times as fast and with deadlines." }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // A type is often clearer than an interface, and `T[]` beside `readonly T[]` needs no rule.
      "@typescript-eslint/consistent-type-definitions": "off",
    },
  },
  {
    files: ["src/**", "adapters/**"],
    rules: { "no-restricted-properties": ["error", ...GUEST, ...PORTS], "no-restricted-syntax": ["error", NEW_DATE] },
  },
  {
    files: ["src/**"],
    rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns: [FRAMEWORKS] }] },
  },
  {
    // Runs in somebody's browser: nobody hands it a clock there, and `fetch` is what there is.
    files: ["src/client/**"],
    rules: {
      "no-restricted-properties": ["error", ...GUEST],
      "no-restricted-syntax": "off",
      "no-restricted-globals": "off",
    },
  },
  {
    files: ["adapters/**"],
    rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns: [INTERNALS] }] },
  },
  {
    files: ["src/ports/clock.ts", "src/ports/ids.ts", "src/ports/random.ts", "src/testing/**"],
    rules: {
      "no-restricted-properties": ["error", ...GUEST],
      "no-restricted-syntax": "off",
      "no-restricted-globals": "off",
    },
  },
  {
    // Programs: they own their process, and talk to whoever started them.
    files: ["examples/**", "bench/**", "scripts/**", "test/**", "*.config.*"],
    rules: { "no-console": "off", "no-restricted-globals": "off" },
  },
  {
    // A test may say that it knows better than the types what it has just put there.
    files: ["test/**", "bench/**"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      // What comes back over HTTP is asserted upon, not trusted: the assertion is its type.
      "@typescript-eslint/no-explicit-any": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
    },
  },
  {
    // What the manual shows: what a host's function is given, what it leaves empty, and what it would await, is said for whoever reads it.
    files: ["test/manual/**"],
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { args: "none" }],
      "@typescript-eslint/no-empty-function": "off",
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    // JavaScript with types in comments: the compiler checks globals and casts, which the linter does not see.
    files: ["**/*.{js,mjs,cjs}"],
    rules: { "no-undef": "off", "@typescript-eslint/no-unsafe-assignment": "off" },
  },
  {
    // Hosts of their own: each is compiled by its own configuration, beside the packed library.
    files: ["examples/{custom-storage,existing-transaction,fastify,hono,multi-node,nest}/**"],
    extends: [ts.configs.disableTypeChecked],
  },
  {
    // Nest's modules are classes with nothing in them, and what it injects it knows by an import that is a value.
    files: ["examples/nest/**"],
    rules: { "@typescript-eslint/no-extraneous-class": "off", "@typescript-eslint/consistent-type-imports": "off" },
  },
  {
    // Pages for a browser, and peers of the bench, which are installed when it runs: the compiler does not read them.
    files: ["examples/**/public/**", "bench/peers/**"],
    extends: [ts.configs.disableTypeChecked],
  },
);
