import type { Principal } from "../domain/principal.js";
import { ConversationError } from "../errors.js";
import { knownError } from "../http/desk-handler.js";
import { errorJson } from "../http/json.js";
import { ROUTES, type Route } from "../http/routes.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Desk } from "../runtime/desk-api.js";
import type { Floods } from "../runtime/floods.js";
import type { ClientFrame, ServerFrame } from "./protocol.js";

export type CommandFrame = Extract<ClientFrame, { type: "command" }>;
/** Does a command as its route does, and answers what that answers. Never rejects. */
export type DoCommand = (principal: Principal, command: CommandFrame) => Promise<ServerFrame>;

/** All that a connection can ask for, by the verb's name: a map, so that no name means anything else. */
const COMMANDS: ReadonlyMap<string, Route> = new Map(
  ROUTES.filter(({ method, carries }) => method === "POST" && carries === undefined).map((route) => [
    route.does,
    route,
  ]),
);

export interface CommandOptions {
  readonly as: (principal: Principal) => Desk;
  readonly logger: DeskLogger;
  readonly floods: Pick<Floods, "command">;
}

export function commands({ as, logger, floods }: CommandOptions): DoCommand {
  return async (principal, { id, do: verb, on = "", body }) => {
    try {
      const tooMany = floods.command(principal);
      if (tooMany !== null) throw tooMany;
      const route = COMMANDS.get(verb);
      if (route === undefined) throw invalid("do", "names no command of the desk");
      if (route.path.includes("/:") !== (on !== ""))
        throw invalid("on", on === "" ? "the id that the command is about" : "this command is about no id");
      // Guests read: what they write, they write on WhatsApp.
      if (principal.kind === "guest") throw new ConversationError("not_found");
      return { type: "done", id, answer: await route.run(as(principal), { id: on, query: {}, body }) };
    } catch (error) {
      return { type: "refused", id, ...errorJson(knownError(error, logger)) };
    }
  };
}

export const invalid = (path: string, message: string): ConversationError =>
  new ConversationError("request_invalid", { issues: [{ path, message }] });
