/**
 * A copy of a value that shares nothing with it: what `structuredClone` gives for what is stored here, at a quarter of its price. What is
 * neither plain nor a date, a map or a set, is left to that.
 */
export function copy<T>(value: T): T {
  return copied(value) as T;
}

function copied(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return typeof value === "function" ? structuredClone(value) : value;
  if (Array.isArray(value)) return value.map(copied);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    const plain: Record<string, unknown> = {};
    for (const name of Object.keys(value)) put(plain, name, copied((value as Record<string, unknown>)[name]));
    return plain;
  }
  if (prototype === Date.prototype) return new Date((value as Date).getTime());
  if (prototype === Map.prototype)
    return new Map([...(value as Map<unknown, unknown>)].map(([key, member]) => [copied(key), copied(member)]));
  if (prototype === Set.prototype) return new Set([...(value as Set<unknown>)].map(copied));
  return structuredClone(value);
}

/** A member of any name: a guest's form may have one that is called `__proto__`. */
function put(into: Record<string, unknown>, name: string, member: unknown): void {
  if (name === "__proto__")
    Object.defineProperty(into, name, { value: member, enumerable: true, writable: true, configurable: true });
  else into[name] = member;
}
