import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const repository = join(import.meta.dirname, "../..");

/** What proves that somebody is who they say: a signature, a token, a code of authentication, in the words of this code. */
const PROOF = /secret|token|signature|digest|hmac|\bmac\b|tag$/i;
const COMPARES: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
]);

/** Places at which a proof is compared with something that is not written there, by an operator that ends at the first difference. */
function hasty(text: string): readonly string[] {
  const source = ts.createSourceFile("it.ts", text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const isWritten = (node: ts.Expression): boolean =>
    ts.isLiteralExpression(node) ||
    node.kind === ts.SyntaxKind.NullKeyword ||
    node.getText() === "undefined" ||
    ts.isTypeOfExpression(node) ||
    /\.(length|byteLength)$/.test(node.getText());
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && COMPARES.has(node.operatorToken.kind)) {
      const sides = [node.left, node.right];
      if (!sides.some(isWritten) && sides.some((side) => PROOF.test(side.getText()))) found.push(node.getText());
    }
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { name, expression } = node.expression;
      const [argument] = node.arguments;
      if (
        /^(equals|startsWith|endsWith|localeCompare)$/.test(name.text) &&
        argument !== undefined &&
        !isWritten(argument)
      )
        if (PROOF.test(expression.getText()) || PROOF.test(argument.getText())) found.push(node.getText());
    }
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}

/** Comparisons of what is named like a proof and is none, or that nobody can time; each with why. */
const NO_PROOFS: Readonly<Record<string, string>> = {
  "src/client/tokens.ts: held?.value === token": "in a page, which has the token",
  "src/decide/language.ts: tag === wanted": "a language",
  "src/decide/language.ts: tag === primaryOf(language)": "a language",
  "src/flow/question.ts: token === formToken(walk, own)":
    "decided after WhatsApp heard 200: nobody who sends one learns when",
  "src/flow/what-if.ts: token === before.promptId": "a question's id, in a past that staff look at",
  'src/http/file-answer.ts: one.trim().replace(/^W\\//, "") === etag': "a version of a file, by whoever may open it",
  "src/media/pdf.ts: token.text === text": "a word of PDF",
  "src/runtime/audit-chain.ts: digestOf(part, salt, value) === digests[part]":
    "an export, and whoever verifies it has both",
  "src/runtime/renewed-token.ts: reveal(now.accessToken) !== reveal(number.accessToken)":
    "the hotel's own token, before and after it was asked for: nobody gave either",
  'src/runtime/flow-token.ts: bytes.toString("base64url") !== token':
    "a token and its own spelling; what seals it is checked by the cipher",
  "adapters/postgres/directory-lock.ts: found?.token === holder?.token":
    "which process holds a folder, by a file in it",
};

test("what proves somebody is compared in constant time (T09)", () => {
  const places = ["src", "adapters"].flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.startsWith("testing/"))
      .flatMap((file) => {
        const path = join(folder, file);
        return hasty(readFileSync(join(repository, path), "utf8")).map((place) => `${path}: ${place}`);
      }),
  );
  expect(places.toSorted()).toEqual(Object.keys(NO_PROOFS).toSorted());
});

test("a comparison that ends at the first difference is noticed", () => {
  expect(hasty("if (given.signature === expected) yes();")).toHaveLength(1);
  expect(hasty("const fits = verifyToken == asked;")).toHaveLength(1);
  expect(hasty("given.equals(digest(body, secret))")).toHaveLength(1);
  expect(hasty('if (token === undefined || secret === "" || timingSafeEqual(mac, other)) no();')).toEqual([]);
});
