import { expect, test } from "vitest";
import { postgresStorage, type Queryable } from "../../adapters/postgres/index.js";
import { ConversationManager, deskHandler, type StaffPrincipal } from "../../src/index.js";
import { ROUTES } from "../../src/http/routes.js";
import { freshDatabase } from "../support/databases.js";
import { ASKING, Draw } from "./requests.js";
import { seeded } from "./run.js";
import { fileOf, hasFile, DEPARTMENTS, facts, fill, guestIdOf, HOTELS, numberOf, phonesOf } from "./world.js";

test("what is another hotel's looks like what nobody has: same status, same body, as many statements (T56)", async () => {
  const { pool, drop } = await freshDatabase();
  const statements: string[] = [];
  const counted: Queryable = {
    query(text, values) {
      statements.push(text);
      return pool.query(text, values);
    },
  };
  const storage = postgresStorage(counted);
  await storage.open({ migrate: true });
  const draw = new Draw(seeded(7));
  await fill(storage, draw.random);
  const named = HOTELS.flatMap((hotel) => phonesOf(hotel).map((waId) => guestIdOf(hotel, waId)));
  const world = await facts(storage, null, named);
  const desk = new ConversationManager({
    hotels: HOTELS.map((id) => ({
      id,
      timeZone: "Europe/Rome",
      numbers: [{ phoneNumberId: numberOf(id), accessToken: "token" }],
      departments: DEPARTMENTS.map((department) => ({ id: department, name: department })),
    })),
    storage,
    transport: {
      send: () =>
        Promise.resolve({ outcome: "rejected", failure: { code: "nowhere", message: "Nobody." }, retry: null }),
    },
    // One principal asks for everybody here.
    floods: { commandsPerMinute: null },
    webhook: { appSecrets: ["oracle-app-secret"], verifyToken: "oracle-verify-token" },
  });
  await desk.start({ work: false });

  const anna: StaffPrincipal = { kind: "staff", id: "anna", role: "admin", hotels: { grand: "all" } };
  const answering = deskHandler(desk, { authenticate: () => anna });
  const foreign: Readonly<Record<string, string>> = {
    conversations: [...world.talks].find(([, { hotel }]) => hotel === "seaside")?.[0] ?? "",
    messages: [...world.messages].find(([, talk]) => world.talks.get(talk)?.hotel === "seaside")?.[0] ?? "",
    attachments: fileOf(
      [...world.messages].find(([id, talk]) => hasFile(id) && world.talks.get(talk)?.hotel === "seaside")?.[0] ?? "",
    ),
    guests: guestIdOf("seaside", phonesOf("seaside")[2] ?? ""),
    dead: [...world.dead].find(([, hotel]) => hotel === "seaside")?.[0] ?? "",
    senders: numberOf("seaside"),
    "saved-replies": "srp_seaside_spa",
  };
  const own = guestIdOf("grand", phonesOf("grand")[2] ?? "");

  const asked = ROUTES.filter(({ path }) => path.includes(":id"));
  expect(asked.length).toBeGreaterThan(10);
  for (const { method, path } of asked) {
    const [, id = ""] = Object.entries(foreign).find(([kind]) => path.includes(`/${kind}/:id`)) ?? [];
    expect(id, `another hotel's for ${path}: say which in this test`).not.toBe("");
    const asking = ASKING[`${method} ${path}`]?.ask(draw, world, { id: anna.id, kind: "staff" });
    const body = path.endsWith("/merge") ? { into: own } : asking?.body;
    const query = path.endsWith("/files") ? `?${new URLSearchParams({ ...asking?.query }).toString()}` : "";
    const answer = async (what: string) => {
      statements.length = 0;
      const response = await answering(
        new Request(`http://desk${path.replace(":id", what)}${query}`, {
          method,
          headers: { "content-type": "application/json" },
          ...(method === "POST" && { body: JSON.stringify(body) }),
        }),
      );
      return { status: response?.status, body: await response?.text(), statements: [...statements] };
    };
    const theirs = await answer(id);
    expect(theirs.status, `${method} ${path}`).toBe(404);
    expect(theirs, `${method} ${path}`).toEqual(await answer("nothing-like-it"));
  }
  await desk.stop();
  await drop();
});
