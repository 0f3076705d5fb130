import { LONG_FILES } from "./long-files.js";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Those that run each time and take from half a minute to minutes: begun last, one of them would run on alone. */
const EACH_TIME = [
  "test/adapters/postgres.test.ts",
  "test/chaos/smoke.test.ts",
  "test/examples/newcomer.test.ts",
  "test/testing/broken-transports.test.ts",
  "test/broken/builds.test.ts",
  "test/testing/broken-storages.test.ts",
  "test/path/poison.test.ts",
  "test/path/send-order-stories.test.ts",
];
const LONG = [...EACH_TIME, ...LONG_FILES];

/** A fresh checkout knows nothing of how long its files take, and vitest would go by their size. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = LONG.findIndex((name) => moduleId.endsWith(name));
      return at === -1 ? LONG.length : at;
    };
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other));
  }
}
