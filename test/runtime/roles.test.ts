import { describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { ConversationManager, type RoleOptions } from "../../src/index.js";
import { APP_SECRET, hotels, VERIFY_TOKEN } from "../harness/hotel.js";

const made = (roles: Readonly<Record<string, RoleOptions>>) =>
  new ConversationManager({
    hotels,
    roles,
    storage: memoryStorage(),
    transport: {
      send: () =>
        Promise.resolve({ outcome: "rejected", failure: { code: "nowhere", message: "Nobody." }, retry: null }),
    },
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
  });
const issueOf = (roles: unknown): unknown => {
  try {
    made(roles as Readonly<Record<string, RoleOptions>>);
  } catch (error) {
    return (error as { details?: unknown }).details;
  }
  return null;
};
const issueAt = (path: string) => ({ issues: [{ path, message: expect.any(String) as string }] });

describe("the roles that a host defines", () => {
  test("are refused when the desk is made, with where the mistake stands", () => {
    expect(issueOf({ porter: ["conversation.list", "conversation.lst"] })).toEqual(issueAt("roles.porter"));
    expect(issueOf({ "": [] })).toMatchObject(issueAt("roles."));
    expect(issueOf({ agent: ["conversation.list"] })).toEqual(issueAt("roles.agent"));
    expect(issueOf({ porter: { permissions: [], replaces: true } })).toEqual(issueAt("roles.porter"));
    expect(issueOf({ agent: { permissions: ["conversation.list"], replaces: false } })).toEqual(issueAt("roles.agent"));
    expect(issueOf(["conversation.list"])).toEqual(issueAt("roles"));
    expect(issueOf({ porter: [], Porter: ["conversation.list"] })).toBeNull();
  });

  test("are roles of staff beside the built-in ones, and nobody has one that is not among them", async () => {
    const desk = made({ nightPorter: ["conversation.list"] });
    await desk.start();
    const as = (role: string) => desk.as({ kind: "staff", id: "anna", role, hotels: { grand: "all" } });
    expect((await as("nightPorter").conversations()).items).toEqual([]);
    as("agent");
    expect(() => as("dayPorter")).toThrow(
      expect.objectContaining({
        code: "principal_invalid",
        details: { member: "role", expected: `"agent", "manager", "admin" or "nightPorter"` },
      }),
    );
    await desk.stop();
  });

  test("replace a built-in one where the host says that it is meant", async () => {
    const desk = made({ manager: { permissions: ["template.list"], replaces: true } });
    await desk.start();
    const manager = desk.as({ kind: "staff", id: "anna", role: "manager", hotels: { grand: "all" } });
    await expect(manager.templates("grand")).resolves.toEqual({ items: [], nextCursor: null });
    await expect(manager.findGuests({ hotel: "grand", phone: "+1 202 555 0101" })).resolves.toEqual([]);
    await desk.stop();
  });
});
