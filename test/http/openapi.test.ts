import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { isAmending } from "../../src/domain/content.js";
import { contentJson } from "../../src/http/content-json.js";
import { ContentAnswer } from "../../src/http/content-answer.js";
import { ROUTES } from "../../src/http/routes.js";
import { openApi } from "../../src/index.js";
import { OUTBOUND } from "../whatsapp/outbound-contents.js";
import { CONTENTS } from "../whatsapp/contents.js";

const document = JSON.parse(JSON.stringify(openApi({ basePath: "/api" }))) as ReturnType<typeof openApi>;

describe("the description of the HTTP API", () => {
  test("is OpenAPI 3.1, as its own schema has it", async () => {
    const { valid, errors } = await new Validator().validate({ ...document });
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
    expect(document.openapi).toBe("3.1.0");
  });

  test("has every route and no other, each with what it takes, answers and may refuse", () => {
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.sort()).toEqual(
      ROUTES.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`).sort(),
    );
    for (const route of ROUTES) {
      const operation = document.paths[route.path.replaceAll(/:(\w+)/g, "{$1}")]?.[
        route.method.toLowerCase()
      ] as Operation;
      expect(operation.summary).toBe(route.says);
      expect("requestBody" in operation).toBe(route.method === "POST");
      expect(Object.keys(operation.responses)).toEqual(
        expect.arrayContaining([String(route.status), "400", "401", "404", "500", "503"]),
      );
    }
  });

  test("names each operation once", () => {
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((one) => (one as Operation).operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("points at nothing that is not there", () => {
    const pointed = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to = ""]) => to);
    expect(pointed.length).toBeGreaterThan(100);
    const there = new Set(Object.keys(document.components.schemas).map((id) => `#/components/schemas/${id}`));
    expect(pointed.filter((to) => !there.has(to))).toEqual([]);
  });

  test("tells a filter of a list, and a required member of a body", () => {
    const list = document.paths["/conversations"]?.["get"] as Operation;
    expect(list.parameters).toContainEqual({
      name: "status",
      in: "query",
      required: false,
      schema: { type: "string", enum: ["open", "closed"] },
    });
    const reply = document.components.schemas["PostConversationsOneMessagesBody"] as { required: string[] };
    expect(reply.required).toEqual(["clientMessageId", "content"]);
  });
});

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly object[];
  readonly responses: object;
}

describe("what a message says is described", () => {
  test.each(OUTBOUND)("when the hotel says it: $content.type, $line", ({ content }) => {
    expect(ContentAnswer.safeParse(contentJson(content)).error).toBeUndefined();
  });

  test.each(Object.entries(CONTENTS))("when a guest says it: %s", (_, contents) => {
    for (const content of contents)
      if (!isAmending(content)) expect(ContentAnswer.safeParse(contentJson(content)).error).toBeUndefined();
  });
});
