import { once } from "node:events";
import { Command, CommanderError } from "commander";
import { ConversationError, type ConversationManager, type Desk } from "belldesk";
import { auditCommands } from "./audit.js";
import { doctorCommand } from "./doctor.js";
import { migrateCommand } from "./migrate.js";
import { openDesk } from "./open.js";
import { privacyCommands } from "./privacy.js";
import { EXIT, Refused, type Exit } from "./refused.js";
import { terminal, type Streams, type Terminal } from "./terminal.js";
import { workCommands } from "./work.js";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What every command is given. */
export interface Host {
  readonly terminal: Terminal;
  /** The host's desk, not started. */
  readonly open: () => Promise<ConversationManager>;
  /** Prints what is the answer itself, for people and programs alike. Resolves when there is room for more. */
  readonly print: (text: string) => Promise<void>;
  /** Runs something with the desk as whoever sits here, started for it alone and stopped after it. It does none of the desk's work. */
  readonly at: <T>(run: (desk: Desk, manager: ConversationManager) => Promise<T>) => Promise<T>;
}

/** A command: what it takes, and what it does with the host's desk. */
export type Register = (program: Command, act: Act) => void;
/** Makes an action of what answers how it ended. */
export type Act = <Args extends unknown[]>(
  run: (host: Host, ...args: Args) => Promise<Exit>,
) => (...args: Args) => Promise<void>;

/** Every command, none of them run. @param ended told how the one that is run then ended */
export function programOf(env: Environment, streams: Streams, ended: (code: Exit) => void = () => undefined): Command {
  const program = new Command("belldesk")
    .description("Looks after a desk: its database, its work, what is kept of guests.")
    .option("--desk <module>", "a module that exports your ConversationManager as `desk` or `default`, not started")
    .option("--as <id>", "who does it, for the audit", "belldesk-cli")
    .option("--json", "answers in JSON, one value a line, for programs", false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => streams.out.write(text), writeErr: (text) => streams.err.write(text) });
  const act: Act =
    (does) =>
    async (...args) => {
      const options = program.opts<GlobalOptions>();
      ended(await does(hostOf(options, terminal(options.json, streams), streams), ...args));
    };
  for (const register of [migrateCommand(env), doctorCommand, workCommands, privacyCommands, auditCommands])
    register(program, act);
  return program;
}

interface GlobalOptions {
  readonly desk?: string;
  readonly as: string;
  readonly json: boolean;
}

/** Runs one command line. Never throws. @returns the exit code */
export async function run(argv: readonly string[], streams: Streams, env: Environment): Promise<Exit> {
  let code: Exit = EXIT.done;
  const program = programOf(env, streams, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    return failed(error, program.opts<GlobalOptions>().json, streams);
  }
}

function hostOf(options: GlobalOptions, shown: Terminal, { out }: Streams): Host {
  const open = () => openDesk(options.desk);
  return {
    terminal: shown,
    open,
    print: async (text) => {
      if (!out.write(text)) await once(out, "drain");
    },
    async at(does) {
      const manager = await open();
      const isOurs = !manager.ready;
      if (isOurs) await manager.start({ work: false });
      try {
        return await does(manager.as({ kind: "system", id: options.as }), manager);
      } finally {
        if (isOurs) await manager.stop();
      }
    },
  };
}

function failed(error: unknown, json: boolean, { out, err }: Streams): Exit {
  // Commander has said what it had to say; help was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const said = ConversationError.is(error)
    ? { code: error.code, message: error.says, details: error.details }
    : {
        code: error instanceof Refused ? "refused" : "failed",
        message: error instanceof Error ? error.message : String(error),
      };
  if (json) out.write(`${JSON.stringify({ error: said })}\n`);
  else
    err.write(
      `${said.code}: ${said.message}\n${"details" in said && Object.keys(said.details).length > 0 ? `${JSON.stringify(said.details)}\n` : ""}`,
    );
  if (error instanceof Refused) return EXIT.usage;
  if (!ConversationError.is(error)) return EXIT.failed;
  return error.code === "not_found" ? EXIT.found : error.blame === "caller" ? EXIT.usage : EXIT.failed;
}
