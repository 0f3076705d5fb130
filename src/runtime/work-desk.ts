import type { Command, Decision } from "../decide/command.js";
import {
  decideAssign,
  decidePriority,
  decideSnooze,
  decideTags,
  decideTakeover,
  decideUnassign,
  decideUnsnooze,
} from "../decide/desk-work.js";
import { reach, reaches, type Permission, type Roles } from "../domain/access.js";
import type { Conversation } from "../domain/conversation.js";
import { isStaffId, type Principal } from "../domain/principal.js";
import { tagOf } from "../domain/tag.js";
import { ConversationError } from "../errors.js";
import type { ConversationState } from "../ports/work-storage.js";
import type { Desk } from "./desk-api.js";
import type { Seen } from "./desk-shapes.js";
import { FOR_COLLEAGUES } from "./policy.js";

/** Loads a conversation, decides and commits, as every command about one does. */
export type Move = (
  conversationId: string,
  permission: Permission,
  given: Seen & { readonly reason: string },
  decide: (state: ConversationState, command: Command) => Decision | Promise<Decision>,
) => Promise<Conversation>;

/** What staff do with a conversation as a whole: who sees to it, how it is sorted, when it is looked at, who speaks in it. */
export function workDesk(
  principal: Principal,
  { roles }: { readonly roles: Roles },
  move: Move,
): Pick<Desk, "assign" | "unassign" | "setPriority" | "tag" | "snooze" | "unsnooze" | "takeover"> {
  const mayAssignOthers = ({ conversation: { hotelId, departmentId } }: ConversationState): boolean =>
    reaches(reach(principal, FOR_COLLEAGUES, roles), hotelId, departmentId);

  return {
    async assign(conversationId, { assigneeId: given, reason = "assign", ...seen } = {}) {
      const assigneeId = given ?? (principal.kind === "staff" ? principal.id : "");
      if (!isStaffId(assigneeId))
        throw invalid("assigneeId", "the id of one of staff: 1 to 200 characters, none of control");
      return move(conversationId, "conversation.assign", { ...seen, reason }, (state, command) =>
        decideAssign(state, assigneeId, mayAssignOthers(state), command),
      );
    },

    unassign: (conversationId, { reason = "unassign", ...seen } = {}) =>
      move(conversationId, "conversation.unassign", { ...seen, reason }, (state, command) =>
        decideUnassign(state, mayAssignOthers(state), command),
      ),

    setPriority: (conversationId, { priority, reason = "priority", ...seen }) =>
      move(conversationId, "conversation.prioritise", { ...seen, reason }, (state, command) =>
        decidePriority(state, priority, command),
      ),

    async tag(conversationId, { add = [], remove = [], reason = "tag", ...seen }) {
      const tags = { add: tagsOf("add", add), remove: tagsOf("remove", remove) };
      return move(conversationId, "conversation.tag", { ...seen, reason }, (state, command) =>
        decideTags(state, tags, command),
      );
    },

    snooze: (conversationId, { until, reason = "snooze", ...seen }) =>
      move(conversationId, "conversation.snooze", { ...seen, reason }, (state, command) =>
        decideSnooze(state, until, command),
      ),

    unsnooze: (conversationId, { reason = "unsnooze", ...seen } = {}) =>
      move(conversationId, "conversation.unsnooze", { ...seen, reason }, decideUnsnooze),

    takeover: (conversationId, { reason = "takeover", ...seen } = {}) =>
      move(conversationId, "conversation.takeover", { ...seen, reason }, decideTakeover),
  };
}

const tagsOf = (path: string, typed: readonly string[]): readonly string[] =>
  typed.map((text, index) => {
    const tag = tagOf(text);
    if (tag === null) throw invalid(`${path}.${String(index)}`, "a tag: 1 to 40 characters, none of control");
    return tag;
  });

const invalid = (path: string, message: string): ConversationError =>
  new ConversationError("request_invalid", { issues: [{ path, message }] });
