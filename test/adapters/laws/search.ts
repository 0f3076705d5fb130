import fc from "fast-check";
import { expect } from "vitest";
import { soughtWords, type Reach, type SearchPoint } from "../../../src/index.js";
import { aCommand, aConversation, anAmendment, anInboundMessage } from "../../../src/testing/index.js";
import { minutesAfterNoon, NOON, within } from "../../../src/testing/contract/builders.js";
import { aKnownGuest, commit, conversationOf, stored } from "../../../src/testing/contract/steps.js";
import type { FreshSubject } from "./subject.js";

/** Words as somebody writes them, and as somebody looks for them. */
const WORDS = [
  ["Late", "late"],
  ["LATENESS", "lateness"],
  ["dîner", "diner"],
  ["Zoë", "ZOE"],
  ["Straße", "strasse"],
  ["２１４", "214"],
  ["İzmir", "izmir"],
  ["ἀγάπης", "αγαπησ"],
  ["room", "Room"],
] as const;
const word = fc.nat(WORDS.length - 1);
const said = fc.array(word, { maxLength: 6 });
const between = fc.constantFrom(" ", ", ", " — ", "\u0000", "'", "\n\n", " \u200b🥐 ", "/");

const MESSAGES = 8;
const CONVERSATIONS = ["reception", "spa", "undecided"] as const;

type Act =
  | { readonly kind: "say"; readonly message: number; readonly where: number; readonly words: readonly number[] }
  | { readonly kind: "edit"; readonly message: number; readonly words: readonly number[]; readonly at: number }
  | { readonly kind: "revoke"; readonly message: number; readonly at: number };
const message = fc.nat(MESSAGES - 1);
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("say"), message, where: fc.nat(2), words: said }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("edit"), message, words: said, at: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("revoke"), message, at: fc.nat(9) }) },
);

interface Asked {
  readonly words: readonly number[];
  /** How much of the last word was typed. */
  readonly typed: number;
  readonly limit: number;
  readonly who: number;
}
const asked: fc.Arbitrary<Asked> = fc.record({
  words: fc.array(word, { minLength: 1, maxLength: 3 }),
  typed: fc.integer({ min: 1, max: 8 }),
  limit: fc.integer({ min: 1, max: 4 }),
  who: fc.nat(3),
});

/**
 * Whatever is said, edited and deleted, in whatever order that comes: a search finds, page by page, what somebody would who reads
 * every message that they may see, and looks for the words in it.
 */
export const searchLaw = (fresh: FreshSubject) =>
  fc.asyncProperty(
    fc.array(act, { minLength: 4, maxLength: 24 }),
    between,
    fc.array(asked, { minLength: 1, maxLength: 6 }),
    async (acts, gap, questions) => {
      const { storage, hotelId } = await fresh();
      const guest = await aKnownGuest(storage, { hotelId });
      const idOf = (name: string) => `${hotelId}_${name}`;
      await stored(storage, aConversation(idOf("reception"), guest));
      await stored(storage, aConversation(idOf("spa"), guest, { departmentId: "spa" }));
      await stored(
        storage,
        aConversation(idOf("undecided"), guest, {
          departmentId: null,
          status: "closed",
          closedAt: NOON,
          continuedIn: idOf("reception"),
        }),
      );
      const text = (words: readonly number[]) => words.map((index) => WORDS[index]?.[0]).join(gap);

      // What there is to read, kept apart: in the order in which it came, the words, and where.
      const read: { readonly n: number; readonly where: string }[] = [];
      const first = new Map<number, readonly number[]>();
      const edits = new Map<
        number,
        { readonly at: number; readonly order: number; readonly words: readonly number[] }[]
      >();
      const deleted = new Set<number>();
      let serial = 0;
      for (const one of acts) {
        serial += 1;
        const [id, wamid] = [idOf(`msg_${String(one.message)}`), `wamid.${hotelId}.${String(one.message)}`];
        if (one.kind === "say") {
          if (first.has(one.message)) continue;
          const where = CONVERSATIONS[one.where] ?? "spa";
          const conversation = await conversationOf(storage, idOf(where));
          const seq = conversation.lastSeq + 1;
          const content = { type: "text", text: text(one.words) } as const;
          await stored(storage, { ...conversation, lastSeq: seq }, [
            anInboundMessage(id, conversation, seq, { content, wamid }),
          ]);
          first.set(one.message, one.words);
          read.unshift({ n: one.message, where: where === "undecided" ? "reception" : where });
          continue;
        }
        const doing =
          one.kind === "revoke"
            ? ({ kind: "revoked" } as const)
            : ({ kind: "edited", content: { type: "text", text: text(one.words) } } as const);
        const name = `wamid.act.${hotelId}.${String(serial).padStart(3, "0")}`;
        const amendment = anAmendment(name, wamid, guest, { act: doing, at: minutesAfterNoon(one.at) });
        await commit(storage, aCommand({ hotelId, amendments: [amendment] }));
        if (one.kind === "revoke") deleted.add(one.message);
        else
          edits.set(one.message, [...(edits.get(one.message) ?? []), { at: one.at, order: serial, words: one.words }]);
      }
      const shows = (n: number): readonly number[] => {
        if (deleted.has(n)) return [];
        const last = (edits.get(n) ?? []).toSorted((a, b) => a.at - b.at || a.order - b.order).at(-1);
        return last?.words ?? first.get(n) ?? [];
      };

      for (const { words, typed, limit, who } of questions) {
        const reaches: readonly (readonly [Reach, readonly string[]])[] = [
          ["everything", ["reception", "spa"]],
          [within([hotelId, "all"]), ["reception", "spa"]],
          [within([hotelId, ["spa"]]), ["spa"]],
          [within([hotelId, ["reception"]]), ["reception"]],
        ];
        const [reach, departments] = reaches[who] ?? (["everything", []] as const);
        const looked = words.map((index) => WORDS[index]?.[1] ?? "");
        const last = (looked.pop() ?? "").slice(0, typed);
        const has = (n: number): boolean => {
          const own = shows(n).map((index) => WORDS[index]?.[1].toLowerCase() ?? "");
          const all = looked.every((each) => own.includes(each.toLowerCase()));
          return all && own.some((each) => each.startsWith(last.toLowerCase()));
        };
        const wanted = read
          .filter(({ where, n }) => departments.includes(where) && has(n))
          .map(({ n, where }) => [idOf(`msg_${String(n)}`), idOf(where)]);
        const found: (readonly string[])[] = [];
        let before: SearchPoint | null = null;
        do {
          const page: Awaited<ReturnType<typeof storage.search>> = await storage.search({
            reach,
            hotelId,
            departmentId: null,
            words: soughtWords([...looked, last].join(" ")),
            before,
            limit,
          });
          expect(page.items.length).toBeLessThanOrEqual(limit);
          found.push(...page.items.map(({ message: { id }, conversationId }) => [id, conversationId]));
          before = page.next;
        } while (before !== null);
        expect(found).toEqual(wanted);
      }
    },
  );
