import { defineConfig } from "vitest/config";

/** The test files of one part (parts.ts), as main.ts names them. */
const TESTS = process.env["MUTANTS_TESTS"]?.split(",") ?? [];

export default defineConfig({
  define: { BELLDESK_FAILPOINTS: "false" },
  test: {
    include: TESTS,
    // What the desk tells is watched in every other run (test/support/watch-everything.ts).
    runner: "test/mutants/runner.ts",
    setupFiles: ["test/mutants/setup.ts"],
    testTimeout: 30_000,
    passWithNoTests: false,
  },
});
