import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { LANGUAGES, type Language } from "../../src/flows/index.js";
import { startCluster, type Cluster } from "../chaos/cluster.js";
import { stayHotel } from "../harness/stay-flows.js";
import { memoryHouse, WHATSAPP } from "./houses.js";
import { VERIFIED } from "./outside.js";
import { checkStay, LAMP, PASSPORT, wholeStay, type House } from "./stay-story.js";

/** Half of them leave happy. */
const isHappy = (language: Language): boolean => LANGUAGES.indexOf(language) % 2 === 0;

/** Every file below a folder. */
async function filesIn(folder: string): Promise<readonly Buffer[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(entries.filter((one) => one.isFile()).map((one) => readFile(join(one.parentPath, one.name))));
}

/** Of the photos one is kept, that of the lamp: of the document nothing is. */
async function keepsNoDocument(folder: string): Promise<void> {
  const files = await filesIn(folder);
  expect(files.filter((bytes) => bytes.includes(LAMP))).toHaveLength(1);
  const piece = PASSPORT.subarray(40, 72);
  expect(files.filter((bytes) => bytes.includes(piece))).toEqual([]);
}

describe("a whole stay on memory", () => {
  async function lived(language: Language): Promise<void> {
    const hotel = stayHotel(language);
    let folder = "";
    const open = async (outsideUrl: string): Promise<House> => {
      const house = await memoryHouse(hotel, outsideUrl);
      ({ folder } = house);
      return house;
    };
    const happy = isHappy(language);
    const story = await wholeStay(language, open, { killed: 3, deadly: ["checkIn", "verify"], isHappy: happy });
    try {
      await checkStay(story, language, happy);
      await keepsNoDocument(folder);
      expect(story.deaths).toBeGreaterThan(8);
      expect(story.outside.calls.get("checkIn"), "asked again under the same key").toBeGreaterThan(1);
    } finally {
      await story.house.close();
      await story.outside.close();
    }
  }

  /** All six at once: they wait most of the time. */
  const stays = new Map<Language, Promise<void>>();
  beforeAll(() => {
    for (const language of LANGUAGES) {
      const stay = lived(language);
      stay.catch(() => undefined);
      stays.set(language, stay);
    }
  });

  test.each(LANGUAGES)(
    "in %s, with everything twice, the process killed between what happens, and in the middle of what the PMS is asked (S2, S43, M19, N15)",
    async (language) => {
      await stays.get(language);
    },
    60_000,
  );
});

/** All six with `STAYS=all`, and after each step; otherwise one of them, and after some. */
const isAll = process.env["STAYS"] === "all";
const ON_POSTGRES: readonly Language[] = isAll ? LANGUAGES : ["it"];
const DEADLY = ["verify", "checkIn", "charge", ...(isAll ? ["createTask", "checkOut", "feedback"] : [])];

describe("a whole stay on PostgreSQL, of which one process after the other is killed", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "belldesk-test-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(ON_POSTGRES)(
    "in %s: one reservation updated once, nothing twice, and no photo left in the folder or in any table",
    async (language) => {
      const database = `belldesk_stay_${language}_${String(process.pid)}`;
      const mediaDir = join(folder, language);
      let cluster: Cluster | null = null;
      const open = async (outside: string): Promise<House> => {
        const made = await startCluster({
          postgresUrl: inject("postgresUrl"),
          database,
          nodes: 2,
          leaseMs: 1_000,
          program: "test/harness/stay-host.ts",
          hosts: { hotels: [stayHotel(language)], mediaDir, outside },
          whatsApp: WHATSAPP,
        });
        cluster = made;
        const [template] = stayHotel(language).templates as Parameters<typeof made.fake.template>[0][];
        if (template !== undefined) made.fake.template(template);
        await made.nodes[0]?.start();
        await made.nodes[1]?.start();
        let turn = 0;
        let rising: Promise<void> = Promise.resolve();
        return {
          fake: made.fake,
          base: made.base,
          async kill() {
            // The other one has to be there by now.
            await rising;
            const node = made.nodes[turn++ % 2];
            await node?.kill();
            rising = node?.start() ?? rising;
          },
          async close() {
            await rising;
            await made.close();
          },
        };
      };
      const happy = isHappy(language);
      const story = await wholeStay(language, open, { killed: isAll ? 1 : 12, deadly: DEADLY, isHappy: happy });
      try {
        await checkStay(story, language, happy);
        await keepsNoDocument(mediaDir);
        expect(story.deaths).toBeGreaterThan(DEADLY.length + 1);
        expect(await tablesWith(cluster!, piecesOf(PASSPORT)), "no byte of it").toEqual([]);
        // What WhatsApp said of the file in its webhook stands where that does, and where it is remembered by whom it was sent; no row is about the file itself.
        expect(SAID_BY_WHATSAPP).toEqual(expect.arrayContaining([...(await tablesWith(cluster!, hashesOf(PASSPORT)))]));
        expect(await tablesWith(cluster!, hashesOf(LAMP)), "what is kept has one").toContain("files");
        const kept = await tablesWith(cluster!, [VERIFIED.check]);
        expect(KEPT_WITH_RUNS, "with the run, and nowhere else").toEqual(expect.arrayContaining([...kept]));
      } finally {
        await story.house.close();
        await story.outside.close();
      }
    },
    isAll ? 900_000 : 120_000,
  );
});

const SAID_BY_WHATSAPP = ["attachments", "flow_runs", "messages", "webhook_attempts"];
const KEPT_WITH_RUNS = ["flow_moves", "flow_runs"];

const hashesOf = (file: Buffer): readonly string[] => {
  const hash = createHash("sha256").update(file);
  const digest = hash.digest();
  return [digest.toString("hex"), digest.toString("base64")];
};

/** A piece from the middle of a file, and its begin, in whatever form a column may have them. */
const piecesOf = (file: Buffer): readonly string[] => [
  file.subarray(40, 72).toString("hex"),
  file.toString("base64").slice(0, 80),
];

/** Which tables have a row in which one of these stands. */
async function tablesWith({ pool }: Cluster, signs: readonly string[]): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'belldesk' and table_type = 'BASE TABLE' order by 1",
  );
  expect(rows.length).toBeGreaterThan(20);
  const found = await Promise.all(
    rows.map(async ({ name }) => {
      const { rows: hits } = await pool.query<{ n: number }>(
        `select count(*)::int as n from belldesk.${name} t where exists (select from unnest($1::text[]) as s(sign) where strpos(t::text, s.sign) > 0)`,
        [signs],
      );
      return (hits[0]?.n ?? 0) > 0 ? [name] : [];
    }),
  );
  return found.flat();
}
