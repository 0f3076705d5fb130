/** What WhatsApp says of a message that it took and holds. */
export type Held = "held_for_quality_assessment" | "paused";

/** The templates whose messages WhatsApp takes and does not send yet, and those messages. */
export interface Holding {
  /** What is said of a message of this template; null: it goes. */
  of(template: { readonly id: string } | null): Held | null;
  /** Keeps what lets a message go. */
  wait(template: { readonly id: string } | null, goes: () => void): void;
  /** null: what was held goes, in the order in which it was taken. */
  set(templateId: string, held: Held | null): void;
}

export function holding(): Holding {
  const held = new Map<string, Held>();
  const waiting = new Map<string, (() => void)[]>();
  return {
    of: (template) => (template === null ? null : (held.get(template.id) ?? null)),
    wait(template, goes) {
      const id = template?.id ?? "";
      waiting.set(id, [...(waiting.get(id) ?? []), goes]);
    },
    set(templateId, as) {
      if (as !== null) {
        held.set(templateId, as);
        return;
      }
      held.delete(templateId);
      const due = waiting.get(templateId) ?? [];
      waiting.delete(templateId);
      for (const goes of due) goes();
    },
  };
}
