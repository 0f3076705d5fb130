#!/usr/bin/env node
import { argv, env, exit, stderr, stdout } from "node:process";
import { run } from "./program.js";

void run(argv.slice(2), { out: stdout, err: stderr }, env).then((code) => {
  // What the host opened (a pool, Redis) would keep a process alive that has nothing left to do. What was written to a pipe may still be on its way.
  stdout.write("", () => exit(code));
});
