import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files that take from half a minute to minutes, the longest first: begun last, one of them would run on alone. */
const LONG = [
  "test/adapters/postgres.test.ts",
  "test/testing/broken-transports.test.ts",
  "test/broken/builds.test.ts",
  "test/testing/broken-storages.test.ts",
  "test/chaos/smoke.test.ts",
  "test/examples/hotel.test.ts",
  "test/house/hosts.test.ts",
  "test/house/package.test.ts",
  "test/adapters/postgres-plans.test.ts",
  "test/house/examples.test.ts",
  "test/browser/phones.test.ts",
  "test/browser/inbox-hostile.test.ts",
  "test/examples/street.test.ts",
];

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
