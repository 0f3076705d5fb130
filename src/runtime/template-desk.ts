import { reach, reaches, type Roles } from "../domain/access.js";
import type { Hotel } from "../domain/hotel.js";
import type { Principal } from "../domain/principal.js";
import type { TemplateDefinition } from "../domain/template.js";
import { ConversationError } from "../errors.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { Storage } from "../ports/storage.js";
import type { Transport } from "../ports/transport.js";
import { lastOfEach, readTemplate, templatesFromJson } from "../whatsapp/template-json.js";
import type { Cursors } from "./cursor.js";
import { limitOf } from "./lists.js";
import type { Desk } from "./desk-api.js";
import type { TemplatesRead } from "./desk-shapes.js";

/**
 * A file says nothing of when it was written: whatever WhatsApp itself said of a template, in a webhook or when it was asked, counts
 * more.
 */
const FILE_AT = new Date(0);
/**
 * Milliseconds. What WhatsApp answers counts as of a minute before it was asked: a webhook says to the second, by another clock,
 * when something changed, and a change of the last minute may not stand in the answer.
 */
const ANSWER_AGE_MS = 60_000;

/** A catalogue that the host wrote down, stored as such. */
export const putFile = (
  storage: Pick<Storage, "putTemplates">,
  hotelId: string,
  templates: readonly TemplateDefinition[],
) => storage.putTemplates({ hotelId, templates, at: FILE_AT });

export interface TemplateDeskOptions {
  readonly storage: Pick<Storage, "loadChats" | "putTemplates" | "templates">;
  readonly hotels: HotelsPort;
  readonly roles: Roles;
  readonly cursors: Cursors;
  readonly transport: Pick<Transport, "templates">;
}

/** A hotel's templates, for one principal. */
export function templateDesk(
  principal: Principal,
  { storage, hotels, roles, cursors, transport }: TemplateDeskOptions,
): Pick<Desk, "templates" | "syncTemplates"> {
  return {
    async templates(hotelId, query = {}) {
      const cursor = cursors.of("templates", { hotelId }).template;
      const page = await storage.templates({
        reach: reach(principal, "template.list", roles),
        hotelId,
        after: cursor.decode(query.cursor),
        limit: limitOf(query),
      });
      return { items: page.items, nextCursor: cursor.encode(page.next) };
    },

    async syncTemplates(hotelId, json): Promise<TemplatesRead> {
      const hotel = reaches(reach(principal, "template.sync", roles), hotelId, null)
        ? await hotels.byId(hotelId)
        : null;
      if (hotel === null) throw new ConversationError("not_found");
      if (json !== undefined) {
        const templates = templatesFromJson(json);
        return { read: templates.length, unread: 0, ...(await putFile(storage, hotelId, templates)) };
      }
      const { now } = await storage.loadChats([]);
      const items: unknown[] = [];
      for await (const item of asked(hotel, transport)) items.push(item);
      const read = items.map(readTemplate).filter((template) => template !== null);
      const templates = lastOfEach(read);
      const at = new Date(now.getTime() - ANSWER_AGE_MS);
      const { deleted } = await storage.putTemplates({ hotelId, templates, at });
      return { read: templates.length, unread: items.length - read.length, deleted };
    },
  };
}

/** @throws {ConversationError} `template_source_missing` */
function asked(
  { id, accountId, numbers: [number] }: Hotel,
  transport: Pick<Transport, "templates">,
): AsyncIterable<unknown> {
  const missing = (what: string) => new ConversationError("template_source_missing", { hotelId: id, missing: what });
  if (accountId === undefined || number === undefined) throw missing("accountId");
  const items = transport.templates?.({ number, accountId });
  if (items === undefined) throw missing("transport");
  return items;
}
