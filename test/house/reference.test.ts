import { join, resolve } from "node:path";
import { Application, LogLevel, Logger, ReflectionKind, type ProjectReflection, type Reflection } from "typedoc";
import { beforeAll, expect, test } from "vitest";
import { SUBPATHS } from "./packed-host.js";

const repository = resolve(import.meta.dirname, "../..");

/** Keeps what is said, in place of printing it. */
class Kept extends Logger {
  readonly said: string[] = [];
  override log(message: string, level: LogLevel) {
    if (level >= LogLevel.Warn) this.said.push(message);
  }
}

let project: ProjectReflection;
const logger = new Kept();
let entryPoints: readonly string[] = [];

/** The whole reference is made once, as `npm run docs` makes it, and not written. */
beforeAll(async () => {
  const app = await Application.bootstrapWithPlugins({ options: join(repository, "typedoc.json") });
  app.logger = logger;
  entryPoints = app.options.getValue("entryPoints");
  const made = await app.convert();
  if (made === undefined) throw new Error(logger.said.join("\n"));
  app.validate(made);
  project = made;
}, 300_000);

test("what a host can name is told in the reference, what that names is there, and no link in it is dead", () => {
  // Undocumented names and methods, types that stand in a signature and are exported nowhere, links and tags that lead nowhere.
  expect(logger.said).toEqual([]);
});

test("the reference is of every subpath that the package has", () => {
  expect(entryPoints).toHaveLength(SUBPATHS.length);
});

test("every member of what a host sets is told, with its unit and its default", () => {
  const told = (of: Reflection): boolean =>
    of.hasComment() || (of.isDeclaration() && of.signatures?.every((one) => one.hasComment()) === true);
  const options = project
    .getReflectionsByKind(ReflectionKind.Interface)
    .flatMap((one) => (one.isDeclaration() && one.name.endsWith("Options") ? [one] : []));
  expect(options.length).toBeGreaterThan(50);
  const members = options.flatMap(({ name, children = [] }) =>
    children.map((member) => [`${name}.${member.name}`, told(member)]),
  );
  expect(members.filter(([, isTold]) => !isTold).map(([name]) => name)).toEqual([]);
});
