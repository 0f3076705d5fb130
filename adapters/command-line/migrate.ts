import { migrate, plan, type Queryable } from "belldesk/postgres";
import type { Environment, Register } from "./program.js";
import { EXIT, Refused } from "./refused.js";

interface Options {
  readonly database?: string;
  readonly schema?: string;
  readonly dryRun: boolean;
}

export const migrateCommand =
  (env: Environment): Register =>
  (program, act) => {
    program
      .command("migrate")
      .description("brings the database up to date, as a user who may change its tables")
      .option("--database <url>", "the PostgreSQL database; DATABASE_URL by default, else that of your desk")
      .option("--schema <name>", "the schema of the tables, where it is not `belldesk`")
      .option("--dry-run", "prints the SQL and changes nothing", false)
      .action(
        act(async ({ terminal, open }, { database = env["DATABASE_URL"], schema, dryRun }: Options) => {
          if (database === undefined) {
            if (dryRun) throw new Refused("--dry-run needs --database or DATABASE_URL.");
            const manager = await open();
            await manager.start({ work: false, migrate: true });
            await manager.stop();
            terminal.say("The database is up to date.");
            terminal.answer({ upToDate: true });
            return EXIT.done;
          }
          return connected(database, async (db) => {
            const options = schema === undefined ? {} : { schema };
            if (dryRun) {
              const sql = await plan(db, options);
              terminal.say(sql === "" ? "The database is up to date." : sql);
              terminal.answer({ sql });
              return EXIT.done;
            }
            const done = await migrate(db, options);
            terminal.say(done.length === 0 ? "The database is up to date." : `Done: ${done.join(", ")}.`);
            terminal.answer({ migrations: done });
            return EXIT.done;
          });
        }),
      );
  };

/** pg is the host's to install: it is there where PostgreSQL is used. */
async function connected<T>(url: string, run: (db: Queryable) => Promise<T>): Promise<T> {
  const { default: pg } = await import("pg").catch(() => {
    throw new Refused("pg is not installed: npm install pg");
  });
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await run(client);
  } finally {
    await client.end();
  }
}
