import { describe, expect, test } from "vitest";
import { fillSavedReply } from "../../src/decide/saved-reply.js";
import { placeholdersOf } from "../../src/domain/saved-reply.js";
import { ConversationError } from "../../src/errors.js";

const reply = {
  texts: {
    en: "Dear {{guestName}}, room {{ room }} is ready, {{guestName}}. {{not a place}} {{}} {single} {{1st}}",
    "pt-BR": "Olá {{guestName}}",
    it: "Gentile {{guestName}}",
  },
};
const values = { guestName: "Ines", room: "12" };

describe("a saved reply", () => {
  test("says which values it has places for, in whatever language", () => {
    expect(placeholdersOf(reply)).toEqual(["guestName", "room"]);
    expect(placeholdersOf({ texts: { en: "See you" } })).toEqual([]);
  });

  test("is filled in wherever a value has a place; other braces are text", () => {
    expect(fillSavedReply(reply, { values })).toBe(
      "Dear Ines, room 12 is ready, Ines. {{not a place}} {{}} {single} {{1st}}",
    );
  });

  test("takes the guest's language, in another region if need be, else its first", () => {
    const said = (language: string) => fillSavedReply(reply, { language, values });
    expect(said("it")).toBe("Gentile Ines");
    expect(said("IT-CH")).toBe("Gentile Ines");
    expect(said("pt-PT")).toBe("Olá Ines");
    expect(said("pt-br")).toBe("Olá Ines");
    expect(said("ja")).toMatch(/^Dear Ines/);
  });

  test("names every value that is missing or blank, and is not sent with holes", () => {
    const missing = (given: Record<string, string>) => {
      try {
        return fillSavedReply(reply, { values: given });
      } catch (error) {
        if (ConversationError.is(error)) return [error.code, error.details];
        throw error;
      }
    };
    expect(missing({ room: " " })).toEqual(["placeholder_missing", { missing: ["guestName", "room"] }]);
    expect(missing({ guestName: "Ines" })).toEqual(["placeholder_missing", { missing: ["room"] }]);
    expect(fillSavedReply(reply, { language: "it", values: { guestName: "Ines", unused: "" } })).toBe("Gentile Ines");
    // What every object has is no value.
    expect(() => fillSavedReply({ texts: { en: "{{toString}}" } }, { values: {} })).toThrow("placeholder_missing");
  });

  test("puts a guest's name in as it is, whatever braces and dollars stand in it", () => {
    expect(fillSavedReply(reply, { language: "it", values: { guestName: "$& {{room}} $1" } })).toBe(
      "Gentile $& {{room}} $1",
    );
  });
});
