import { z } from "zod";

/** What may stand in a setting, in words: for the table in docs/configuration.md, and for whoever set it wrongly. */
export interface SettingRow {
  /** With dots, and `*` for whatever stands in a list or under a name of the host's. */
  readonly path: string;
  readonly type: string;
  /** `""` where it has none. */
  readonly unit: string;
  /** `""` where everything of its type fits. */
  readonly range: string;
  /** As JSON; `""` where it has to be given, or where nothing is what it is by default. */
  readonly default: string;
  readonly required: boolean;
}

interface Node {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** Every setting of a schema, in its order, each with what its name says about its unit. */
export function settingRows(schema: z.ZodType): readonly SettingRow[] {
  return rowsOf(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Node, [], true);
}

function rowsOf(node: Node, path: readonly string[], required: boolean): readonly SettingRow[] {
  const { properties, additionalProperties, items } = node;
  if (properties !== undefined)
    return Object.entries(properties).flatMap(([name, inner]) =>
      rowsOf(inner, [...path, name], node.required?.includes(name) === true),
    );
  if (items?.properties !== undefined) return rowsOf(items, [...path, "*"], required);
  if (typeof additionalProperties === "object" && additionalProperties.properties !== undefined)
    return rowsOf(additionalProperties, [...path, "*"], required);
  const row = {
    path: path.join("."),
    type: typeOf(node),
    unit: unitOf(path.at(-1) ?? ""),
    range: rangeOf(node),
    default: node.default === undefined ? "" : JSON.stringify(node.default),
    required,
  };
  return [row];
}

function typeOf(node: Node): string {
  if (node.enum !== undefined) return node.enum.map((value) => JSON.stringify(value)).join(" or ");
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(typeOf))].join(" or ");
  if (node.items !== undefined) return `list of ${typeOf(node.items)}`;
  if (typeof node.additionalProperties === "object") return `by name: ${typeOf(node.additionalProperties)}`;
  return node.type === undefined ? "see its text" : [node.type].flat().join(" or ");
}

/** JavaScript's own limits say nothing. */
const isLimit = (limit: number | undefined): limit is number =>
  limit !== undefined && Math.abs(limit) < Number.MAX_SAFE_INTEGER;

function rangeOf(node: Node): string {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, anyOf } = node;
  if (anyOf !== undefined) return anyOf.map(rangeOf).find((range) => range !== "") ?? "";
  const between = (least: number | undefined, most: number | undefined, what: string): string => {
    const words =
      isLimit(least) && isLimit(most)
        ? `${shown(least)} to ${shown(most)}`
        : isLimit(least)
          ? `${shown(least)} at least`
          : isLimit(most)
            ? `${shown(most)} at most`
            : "";
    return words === "" ? "" : `${words}${what}`;
  };
  return (
    between(minimum, maximum, "") ||
    between(minLength, maxLength, " characters") ||
    between(minItems, maxItems, " of them")
  );
}

const shown = (limit: number): string => limit.toLocaleString("en-US");

function unitOf(name: string): string {
  if (name.endsWith("PerMinute")) return "a minute";
  if (name.endsWith("PerSecond")) return name.startsWith("minBytes") ? "bytes a second" : "a second";
  if (name.endsWith("Ms")) return "milliseconds";
  return name.endsWith("Bytes") ? "bytes" : "";
}

/** What whoever set something wrongly has to know besides what is wrong; nothing of a path that is no setting. */
export function hintsFor(schema: z.ZodType): (path: readonly PropertyKey[]) => Readonly<Record<string, string>> {
  let rows: readonly SettingRow[] | null = null;
  return (path) => {
    rows ??= settingRows(schema);
    const sought = path.map((part) => (typeof part === "number" ? "*" : String(part))).join(".");
    const row = rows.find((each) => each.path === sought);
    if (row === undefined) return {};
    const { unit, range, default: otherwise } = row;
    return {
      ...(unit !== "" && { unit }),
      ...(range !== "" && { range }),
      ...(otherwise !== "" && { default: otherwise }),
    };
  };
}
