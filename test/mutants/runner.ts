import { test, TestRunner } from "vitest";

/** Code that is changed so that it cannot even be loaded fails a test, as it would fail the hotel; a file without tests alone counts as nothing noticed. */
export default class Runner extends TestRunner {
  override async importFile(...[path, source]: Parameters<TestRunner["importFile"]>): Promise<unknown> {
    try {
      return await super.importFile(path, source);
    } catch (error) {
      if (source === "setup") throw error;
      return test("can be loaded", () => {
        throw error;
      });
    }
  }
}
