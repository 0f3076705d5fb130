// One line for whoever reads only the end of a test run, and a failure when nothing ran or something was left out.
// usage: node scripts/summary.mjs REPORT.json   (vitest's JSON reporter)
import fs from "node:fs";

/**
 * @typedef {object} Report
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests skipped ones
 * @property {number} numTodoTests
 * @property {{ status: string, assertionResults: { status: string, fullName: string, failureMessages: string[] }[] }[]} testResults one for each file
 */

const report = /** @type {Report} */ (JSON.parse(fs.readFileSync(process.argv[2] ?? "", "utf8")));

const passed = report.numPassedTests;
const skipped = report.numPendingTests + report.numTodoTests;
/** Files that failed without a failed test: they could not be loaded, or their set-up threw. */
const broken = report.testResults.filter(
  (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
);
const failed = report.numFailedTests + broken.length;

const second = report.testResults
  .flatMap((file) => file.assertionResults)
  .filter(({ status, failureMessages }) => status === "passed" && failureMessages.length > 0);
for (const { fullName, failureMessages } of second)
  console.log(`\nOn its second try: ${fullName}\n${failureMessages[0]}`);
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(passed > 0 && failed === 0 && skipped === 0 ? 0 : 1);
