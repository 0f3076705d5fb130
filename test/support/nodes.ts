import { existsSync } from "node:fs";
import { join } from "node:path";

export interface HostNode {
  readonly major: number;
  /** The file to run. */
  readonly path: string;
}

/** The only platform for which the tests bring Nodes along. */
const PLATFORM = "linux-x64";
const PACKAGED = [22, 24];

/**
 * The Nodes that hosts run on: the one that runs the tests, and one of each other line that is packaged. On a machine for
 * which there are no packages, the first alone.
 */
export function hostNodes(): HostNode[] {
  const running = { major: Number(process.versions.node.split(".")[0]), path: process.execPath };
  const others = PACKAGED.filter((major) => major !== running.major);
  if (`${process.platform}-${process.arch}` === PLATFORM) return [running, ...others.map(packaged)];
  console.warn(
    `Node ${others.join(" and ")} have no package for this machine: hosts run on Node ${running.major} alone.`,
  );
  return [running];
}

function packaged(major: number): HostNode {
  const name = `node${major}-${PLATFORM}`;
  // Not looked for as Node would: the workspace that asks for it has the same name.
  const path = join(import.meta.dirname, `node${major}/node_modules`, name, "bin/node");
  if (!existsSync(path)) {
    throw new Error(`The package ${name} is not installed. Was npm run with --omit=optional? Run "npm ci".`);
  }
  return { major, path };
}
