import { TestRunner, type RunnerTestFile } from "vitest";

/** Code that is changed so that its tests cannot even be loaded has failed them; a file that is left without tests would count as nothing noticed. */
export default class Runner extends TestRunner {
  onCollected(files: readonly RunnerTestFile[]): void {
    const broken = files.filter(({ result }) => result?.state === "fail").map(({ name }) => name);
    if (broken.length > 0) throw new Error(`Cannot be loaded: ${broken.join(", ")}`);
  }
}
