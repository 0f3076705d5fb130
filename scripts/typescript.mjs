// Lets Node run the TypeScript of examples/ and bench/: `node --import ./scripts/typescript.mjs FILE.ts`.
// Without tsconfig.json, whose paths lead `belldesk` to src: what runs is the built package, as a host has it.
import { register } from "tsx/esm/api";

register({ tsconfig: false });
