/** A webhook, as far as batching it needs to know. */
interface Webhook {
  readonly object: string;
  readonly entry: readonly Entry[];
}

interface Entry {
  readonly id: string;
  readonly time?: number;
  readonly changes: readonly Change[];
}

interface Change {
  readonly field: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** What may stand in one change with others of its kind. */
const LISTS = ["messages", "statuses"] as const;

/**
 * Several webhooks in one body, as Meta batches them: an entry for each account, and in one change what is of one number and
 * one kind and follows one another.
 */
export function batched(webhooks: readonly object[]): object {
  const [first, ...rest] = webhooks as readonly Webhook[];
  if (first === undefined || rest.length === 0) return first ?? {};
  const entries = new Map<string, Entry>();
  for (const { entry } of [first, ...rest])
    for (const { id, changes, ...more } of entry) {
      const before = entries.get(id);
      const all = [...(before?.changes ?? [])];
      for (const change of changes) {
        const last = all.at(-1);
        const joined = last === undefined ? null : join(last, change);
        if (joined === null) all.push(change);
        else all[all.length - 1] = joined;
      }
      entries.set(id, { ...before, ...more, id, changes: all });
    }
  return { ...first, entry: [...entries.values()] };
}

/** Two changes as one; null when they are not of one number and kind. */
function join(a: Change, b: Change): Change | null {
  const list = LISTS.find((name) => name in a.value && name in b.value);
  const sameNumber = JSON.stringify(a.value["metadata"]) === JSON.stringify(b.value["metadata"]);
  if (list === undefined || a.field !== b.field || !sameNumber) return null;
  const contacts = distinct([...listOf(a, "contacts"), ...listOf(b, "contacts")]);
  return {
    field: a.field,
    value: {
      ...a.value,
      ...(contacts.length > 0 && { contacts }),
      [list]: [...listOf(a, list), ...listOf(b, list)],
    },
  };
}

const listOf = ({ value }: Change, name: string): readonly unknown[] => (value[name] as unknown[] | undefined) ?? [];

const distinct = (values: readonly unknown[]): unknown[] => [
  ...new Map(values.map((value) => [JSON.stringify(value), value])).values(),
];
