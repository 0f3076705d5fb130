import { auditId } from "../decide/ids.js";
import { reach, reaches, type Permission } from "../domain/access.js";
import { maskCardNumbers } from "../domain/card-numbers.js";
import type { Principal } from "../domain/principal.js";
import { SAVED_REPLY_LANGUAGES_MOST, SAVED_REPLY_TEXT_MAX, SHORTCUT, type SavedReply } from "../domain/saved-reply.js";
import { ConversationError } from "../errors.js";
import type { Desk } from "./desk-api.js";
import type { DeskOptions } from "./desk.js";
import { limitOf } from "./lists.js";

type SavedRepliesDesk = Pick<Desk, "savedReplies" | "createSavedReply" | "changeSavedReply" | "deleteSavedReply">;

/** What staff answer often, for one principal. */
export function savedRepliesDesk(
  principal: Principal,
  { storage, hotels, roles, ids, cursors, masksCards = false }: DeskOptions,
): SavedRepliesDesk {
  const reachFor = (permission: Permission) => reach(principal, permission, roles);
  const auditOf = (id: string, reason: string) =>
    ({
      id: auditId(ids()),
      actor: { kind: principal.kind, id: principal.id },
      action: "savedReply.write",
      reason,
      target: { kind: "savedReply", id },
    }) as const;

  async function store(reply: Omit<SavedReply, "updatedAt">, reason: string): Promise<SavedReply> {
    const writes = reachFor("savedReply.write");
    const { id, hotelId, departmentId, version } = reply;
    const hotel = reaches(writes, hotelId, departmentId) ? await hotels.byId(hotelId) : null;
    if (hotel === null) throw new ConversationError("not_found");
    if (departmentId !== null && !hotel.departments.some((one) => one.id === departmentId))
      throw new ConversationError("department_unknown", { hotelId });
    const stored = await storage.putSavedReply({
      reach: writes,
      reply: checked(reply, masksCards),
      audit: auditOf(id, reason),
    });
    switch (stored.outcome) {
      case "stored":
        return { ...reply, version: version + 1, updatedAt: stored.at };
      case "taken":
        throw new ConversationError("shortcut_taken", { hotelId });
      case "conflict":
        throw new ConversationError("saved_reply_changed", { id });
      case "missing":
        throw new ConversationError("not_found");
    }
  }

  return {
    async savedReplies(hotelId, query = {}) {
      const cursor = cursors.of("savedReplies", { hotelId, department: query.department }).savedReply;
      const page = await storage.savedReplies({
        reach: reachFor("savedReply.list"),
        hotelId,
        departmentId: query.department ?? null,
        after: cursor.decode(query.cursor),
        limit: limitOf(query),
      });
      return { items: page.items, nextCursor: cursor.encode(page.next) };
    },

    createSavedReply: ({ hotelId, departmentId = null, shortcut, texts, reason = "create" }) =>
      store({ id: `srp_${ids()}`, hotelId, departmentId, shortcut, texts, version: 0 }, reason),

    async changeSavedReply(id, { version, departmentId, shortcut, texts, reason = "change" }) {
      const before = await storage.savedReply({ reach: reachFor("savedReply.write"), id });
      if (before === null) throw new ConversationError("not_found");
      return store(
        {
          id,
          hotelId: before.hotelId,
          departmentId: departmentId === undefined ? before.departmentId : departmentId,
          shortcut: shortcut ?? before.shortcut,
          texts: texts ?? before.texts,
          version,
        },
        reason,
      );
    },

    async deleteSavedReply(id, { reason = "delete" } = {}) {
      const query = { reach: reachFor("savedReply.write"), id, audit: auditOf(id, reason) };
      if (!(await storage.deleteSavedReply(query))) throw new ConversationError("not_found");
    },
  };
}

/** @throws {ConversationError} `request_invalid`: also for a card number, which masked would be said to many guests as nonsense */
function checked<Reply extends Pick<SavedReply, "shortcut" | "texts">>(reply: Reply, masksCards: boolean): Reply {
  const texts = Object.entries(reply.texts);
  const issues = [
    ...(SHORTCUT.test(reply.shortcut) ? [] : [{ path: "shortcut", message: "1 to 32 of a-z, 0-9, _ and -" }]),
    ...(texts.length === 0 || texts.length > SAVED_REPLY_LANGUAGES_MOST
      ? [{ path: "texts", message: `in 1 to ${String(SAVED_REPLY_LANGUAGES_MOST)} languages` }]
      : []),
    ...texts.flatMap(([language, text]) => [
      ...(isLanguage(language)
        ? []
        : [{ path: "texts", message: "each by a BCP 47 language tag such as it or pt-BR" }]),
      ...(text.trim() === "" || text.length > SAVED_REPLY_TEXT_MAX
        ? [{ path: "texts", message: `each of 1 to ${String(SAVED_REPLY_TEXT_MAX)} characters` }]
        : []),
      ...(masksCards && maskCardNumbers(text).cards > 0
        ? [{ path: "texts", message: "no card number is saved (webhook.maskCardNumbers)" }]
        : []),
    ]),
  ];
  if (issues.length > 0) throw new ConversationError("request_invalid", { issues });
  return reply;
}

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
