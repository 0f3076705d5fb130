import fc from "fast-check";
import { expect, test } from "vitest";
import { copy } from "../../adapters/memory/copy.js";

const values = fc.anything({
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withNullPrototype: false,
});

test("what the memory storage copies is what structuredClone would have made of it, and shares nothing with it", () => {
  fc.assert(
    fc.property(values, (value) => {
      const made = copy(value);
      expect(made).toStrictEqual(structuredClone(value));
      const seen = new Set<unknown>();
      const each = (one: unknown, visit: (object: object) => void): void => {
        if (typeof one !== "object" || one === null) return;
        visit(one);
        const members =
          one instanceof Map ? [...one.keys(), ...one.values()] : one instanceof Set ? [...one] : Object.values(one);
        for (const member of members) each(member, visit);
      };
      each(value, (object) => seen.add(object));
      each(made, (object) => {
        expect(seen.has(object)).toBe(false);
      });
    }),
  );
  const named = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as object;
  expect(JSON.stringify(copy(named))).toBe(JSON.stringify(named));
  expect(() => copy({ call: () => undefined })).toThrow();
});
