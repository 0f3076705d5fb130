import type { Storage } from "../ports/storage.js";

/** The same storage with another `commit`. It may be an object of a class, so its verbs keep the object they belong to. */
export const withCommit = (storage: Storage, commit: Storage["commit"]): Storage =>
  new Proxy(storage, {
    get(target, verb) {
      if (verb === "commit") return commit;
      const value: unknown = Reflect.get(target, verb, target);
      return typeof value === "function" ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
