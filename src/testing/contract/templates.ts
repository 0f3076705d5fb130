import assert from "node:assert/strict";
import type { Reach } from "../../domain/access.js";
import type { MessageContent } from "../../domain/content.js";
import type {
  Template,
  TemplateContent,
  TemplateDefinition,
  TemplateKey,
  TemplateUpdate,
} from "../../domain/template.js";
import type { Storage } from "../../ports/storage.js";
import {
  aCommand,
  aConversation,
  anOutboundMessage,
  HOTEL,
  minutesAfterNoon,
  OTHER_HOTEL,
  within,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, commit, nowOf, pagesOf, stored } from "./steps.js";

const aTemplate = (name: string, fields: Partial<TemplateDefinition> = {}): TemplateDefinition => ({
  name,
  language: "en_US",
  metaId: null,
  category: "utility",
  status: "approved",
  quality: null,
  parameters: "named",
  header: { type: "text", text: "Grand \u0000 \ud800", placeholder: null },
  body: { text: "Hello {{first_name}}", placeholders: ["first_name"] },
  footer: "Via Roma 1",
  buttons: [{ type: "url", label: "Map", url: "https://grand.example/{{1}}", placeholder: "1" }],
  unsupported: [],
  ...fields,
});

const told = (key: TemplateKey | null, fields: Partial<TemplateUpdate> = {}): TemplateUpdate => ({
  metaId: "800",
  key,
  status: null,
  quality: null,
  category: null,
  at: minutesAfterNoon(10),
  ...fields,
});

const REMINDER = { name: "reminder", language: "en_US" } as const;

const put = (storage: Storage, minute: number, ...templates: readonly TemplateDefinition[]) =>
  storage.putTemplates({ hotelId: HOTEL, templates, at: minutesAfterNoon(minute) });

const tell = (storage: Storage, ...templates: readonly TemplateUpdate[]) => commit(storage, aCommand({ templates }));

async function listed(storage: Storage, hotelId = HOTEL, reach: Reach = "everything"): Promise<readonly Template[]> {
  const { items, next } = await storage.templates({ reach, hotelId, after: null, limit: 100 });
  assert.equal(next, null);
  return items;
}

/** What can change of the reminder. */
async function standing(storage: Storage, key: TemplateKey = REMINDER): Promise<string> {
  const found = (await listed(storage)).find(({ name, language }) => name === key.name && language === key.language);
  if (found === undefined) return "none";
  const { status, category, comingCategory, quality, body, metaId } = found;
  return [status, category, comingCategory, quality, body.text, metaId].map(String).join(", ");
}

export const templateCases: readonly StorageCase[] = [
  {
    id: "templates/put",
    says: "A hotel's catalogue is stored as it was read, and of two with one name and language the last counts.",
    async run({ storage, shiftClock }) {
      const english = aTemplate("reminder", { metaId: "800", quality: "green" });
      const italian = aTemplate("reminder", {
        language: "it",
        status: "something_new",
        category: "marketing",
        parameters: "positional",
        header: { type: "image" },
        body: { text: "Ciao {{1}}", placeholders: ["1"] },
        footer: null,
        buttons: [],
        unsupported: ["CAROUSEL"],
      });
      assert.deepEqual(await put(storage, 0, aTemplate("reminder", { footer: null }), italian, english), {
        deleted: 0,
      });
      const now = await nowOf(storage);
      const [first, second, ...more] = await listed(storage);
      assert.deepEqual(more, []);
      assert.ok(first && second && first.updatedAt.getTime() <= now.getTime());
      assert.deepEqual(first, { ...english, hotelId: HOTEL, comingCategory: null, updatedAt: first.updatedAt });
      assert.deepEqual(second, { ...italian, hotelId: HOTEL, comingCategory: null, updatedAt: second.updatedAt });
      await shiftClock(60_000);
      await put(storage, 0, { ...italian, footer: "Roma" }, { ...english, metaId: null, quality: null });
      const [again, changed] = await listed(storage);
      assert.deepEqual([again?.metaId, again?.quality], ["800", "green"], "what is not known says nothing");
      assert.equal(changed?.footer, "Roma");
      assert.ok(changed.updatedAt > first.updatedAt);
      assert.deepEqual(await listed(storage, OTHER_HOTEL), []);
    },
  },
  {
    id: "templates/put-later",
    says: "A reading of the catalogue takes nothing back that was said later, and what was said before it counts no more (M15).",
    async run({ storage }) {
      await put(storage, 0, aTemplate("reminder"));
      const category = { now: "marketing", coming: null } as const;
      await tell(storage, told(REMINDER, { status: "paused", category, quality: "red" }));
      const body = { text: "New", placeholders: [] };
      await put(storage, 5, aTemplate("reminder", { body, quality: "green", metaId: "900" }));
      assert.equal(await standing(storage), "paused, marketing, null, red, New, 900");
      await put(storage, 4, aTemplate("reminder", { metaId: "700" }));
      assert.equal(await standing(storage), "paused, marketing, null, red, New, 900", "an older reading");
      await put(storage, 10, aTemplate("reminder"));
      assert.equal(await standing(storage), "approved, utility, null, red, Hello {{first_name}}, 900");
      await tell(storage, told(REMINDER, { status: "paused", quality: "green", category, at: minutesAfterNoon(9) }));
      assert.equal(await standing(storage), "approved, utility, null, red, Hello {{first_name}}, 900");
    },
  },
  {
    id: "templates/put-gone",
    says: "A template that a reading does not find any more is deleted, unless something later was said of it.",
    async run({ storage }) {
      const [one, two, three] = ["one", "two", "three"].map((name) => aTemplate(name));
      assert.ok(one && two && three);
      await put(storage, 0, one, two, three);
      await storage.putTemplates({ hotelId: OTHER_HOTEL, templates: [one], at: minutesAfterNoon(0) });
      await tell(storage, told({ name: "two", language: "en_US" }, { status: "approved" }));
      const statuses = async () => (await listed(storage)).map(({ name, status }) => `${name} ${status}`);
      assert.deepEqual(await put(storage, 5, three), { deleted: 1 });
      assert.deepEqual(await statuses(), ["one deleted", "three approved", "two approved"]);
      assert.deepEqual(await put(storage, 6, three), { deleted: 0 }, "each once");
      assert.deepEqual(await put(storage, 7, one, { ...three, language: "it" }), { deleted: 1 });
      assert.deepEqual(await statuses(), ["one approved", "three deleted", "three approved", "two approved"]);
      assert.deepEqual(await put(storage, 20), { deleted: 3 });
      assert.deepEqual(
        (await listed(storage, OTHER_HOTEL)).map(({ status }) => status),
        ["approved"],
      );
    },
  },
  {
    id: "templates/list",
    says: "Templates come by name, then language, compared by their bytes, and their pages put together are the whole list.",
    async run({ storage }) {
      const keys = ["b it", "a10 en", "a_1 en", "a1 it", "a1 en_US", "B en"];
      const templates = keys.map((key) => {
        const [name = "", language = ""] = key.split(" ");
        return aTemplate(name, { language });
      });
      await put(storage, 0, ...templates);
      const ordered = ["B en", "a1 en_US", "a1 it", "a10 en", "a_1 en", "b it"];
      for (const limit of [1, 4, 6, 7]) {
        const pages = await pagesOf<Template, TemplateKey>((after) =>
          storage.templates({ reach: "everything", hotelId: HOTEL, after, limit }),
        );
        assert.deepEqual(
          pages.flat().map(({ name, language }) => `${name} ${language}`),
          ordered,
        );
        assert.equal(pages.length, Math.ceil(6 / limit));
      }
    },
  },
  {
    id: "templates/reach",
    says: "Whoever works in any department of a hotel sees its templates, and nobody else.",
    async run({ storage }) {
      await put(storage, 0, aTemplate("reminder"));
      const seen = async (reach: Reach) => (await listed(storage, HOTEL, reach)).length;
      assert.equal(await seen(within([HOTEL, "all"])), 1);
      assert.equal(await seen(within([HOTEL, ["spa"]])), 1);
      assert.equal(await seen(within([OTHER_HOTEL, "all"])), 0);
      assert.equal(await seen(within()), 0);
    },
  },
  {
    id: "commit/templates",
    says: "What WhatsApp tells of a template changes it, each part by itself and only by what is later (M15).",
    async run({ storage }) {
      await put(storage, 0, aTemplate("reminder"), aTemplate("other"));
      await tell(storage, told(REMINDER, { status: "paused", at: minutesAfterNoon(3) }));
      assert.equal(await standing(storage), "paused, utility, null, null, Hello {{first_name}}, 800");
      await tell(storage, told(REMINDER, { status: "approved", quality: "yellow", at: minutesAfterNoon(2) }));
      assert.equal(await standing(storage), "paused, utility, null, yellow, Hello {{first_name}}, 800");
      const [soon, done] = [
        { now: null, coming: "marketing" },
        { now: "marketing", coming: null },
      ] as const;
      await tell(storage, told(REMINDER, { category: soon, at: minutesAfterNoon(2) }));
      assert.equal(await standing(storage), "paused, utility, marketing, yellow, Hello {{first_name}}, 800");
      await tell(
        storage,
        told(REMINDER, { category: done, at: minutesAfterNoon(5) }),
        told(REMINDER, { status: "approved", at: minutesAfterNoon(4) }),
        told(REMINDER, { category: soon, status: "disabled", at: minutesAfterNoon(2) }),
      );
      assert.equal(await standing(storage), "approved, marketing, null, yellow, Hello {{first_name}}, 800");
      await tell(storage, told(REMINDER, { status: "flagged", at: minutesAfterNoon(4) }));
      assert.equal(
        await standing(storage),
        "flagged, marketing, null, yellow, Hello {{first_name}}, 800",
        "the last of one moment",
      );
      const other = { name: "other", language: "en_US" };
      assert.equal(await standing(storage, other), "approved, utility, null, null, Hello {{first_name}}, null");
    },
  },
  {
    id: "commit/templates-coming",
    says: "A category that was announced is remembered until it has come.",
    async run({ storage }) {
      await put(storage, 0, aTemplate("reminder"));
      await tell(storage, told(REMINDER, { category: { now: "utility", coming: "marketing" } }));
      await put(storage, 20, aTemplate("reminder"));
      assert.equal(await standing(storage), "approved, utility, marketing, null, Hello {{first_name}}, 800");
      await put(storage, 30, aTemplate("reminder", { category: "marketing" }));
      assert.equal(await standing(storage), "approved, marketing, null, null, Hello {{first_name}}, 800");
    },
  },
  {
    id: "commit/templates-by-id",
    says: "News that names a template by Meta's id alone finds it, and changes nothing where the hotel has none of that id.",
    async run({ storage }) {
      await put(storage, 0, aTemplate("reminder", { metaId: "800" }), aTemplate("other", { metaId: "801" }));
      await storage.putTemplates({
        hotelId: OTHER_HOTEL,
        templates: [aTemplate("reminder", { metaId: "800" })],
        at: minutesAfterNoon(0),
      });
      await tell(
        storage,
        told(null, { quality: "red" }),
        told(null, { metaId: "999", quality: "red", status: "paused" }),
      );
      assert.deepEqual(
        (await listed(storage)).map(({ name, quality, status }) => `${name} ${String(quality)} ${status}`),
        ["other null approved", "reminder red approved"],
      );
      assert.equal((await listed(storage, OTHER_HOTEL))[0]?.quality, null);
    },
  },
  {
    id: "commit/templates-unread",
    says: "What is told of a template that was not read yet is remembered, is in no answer, and counts when it is read (M15).",
    async run({ storage }) {
      await tell(storage, told(REMINDER, { status: "paused", at: minutesAfterNoon(5) }));
      await tell(storage, told(REMINDER, { status: "approved", quality: "green", at: minutesAfterNoon(4) }));
      assert.equal(await standing(storage), "none");
      assert.equal((await asked(storage, REMINDER)).conversation, null);
      await put(storage, 3, aTemplate("reminder"));
      assert.equal(await standing(storage), "paused, utility, null, green, Hello {{first_name}}, 800");
      await put(storage, 6, aTemplate("reminder"));
      assert.equal(await standing(storage), "approved, utility, null, green, Hello {{first_name}}, 800");
    },
  },
  {
    id: "load/template",
    says: "A command, a send, a fallback and whoever writes first are given the template that they name, as the hotel's catalogue has it now.",
    async run({ storage }) {
      await put(storage, 0, aTemplate("reminder"), aTemplate("reminder", { language: "it" }), aTemplate("other"));
      await storage.putTemplates({
        hotelId: OTHER_HOTEL,
        templates: [aTemplate("elsewhere")],
        at: minutesAfterNoon(0),
      });
      await tell(storage, told(REMINDER, { status: "paused" }));
      const [template] = (await listed(storage)).filter(({ status }) => status === "paused");
      assert.ok(template);
      assert.deepEqual(await asked(storage, REMINDER), given(template));
      const missing = [
        { name: "reminder", language: "fr" },
        { name: "elsewhere", language: "en_US" },
      ];
      for (const key of missing) assert.deepEqual(await asked(storage, key), given(null));
      assert.deepEqual(await asked(storage, null), given(null));
    },
  },
];

let asks = 0;

const given = (template: Template | null) => ({
  conversation: template,
  recipient: template,
  send: template,
  fallback: template,
});

/** What those are given that name a template. */
async function asked(storage: Storage, template: TemplateKey | null): Promise<ReturnType<typeof given>> {
  const guest = await aKnownGuest(storage, { waId: `1202555${String(1_000 + ++asks)}` });
  const conversation = aConversation(`con_${guest.id}`, guest, { lastSeq: 1 });
  // As whoever made it put it together: its members may stand in any order.
  const content: unknown =
    template === null
      ? { type: "text", text: '{"type":"template","name":"reminder","language":"en_US"}' }
      : { body: [{ text: "\u0000 Nadia" }], language: template.language, type: "template", name: template.name };
  const message = anOutboundMessage(`msg_${guest.id}`, conversation, 1, { content: content as MessageContent });
  const instead = anOutboundMessage(`msg_instead_${guest.id}`, conversation, 2, {
    fallback: template === null ? null : { content: content as TemplateContent, sent: false },
  });
  await stored(storage, { ...conversation, lastSeq: 2 }, [message, instead]);
  const key = { reach: "everything", conversationId: conversation.id, client: null, template } as const;
  const { state } = await storage.loadConversation(key);
  const query = { hotelId: HOTEL, to: { guestId: guest.id }, reach: "everything", client: null, template } as const;
  const { state: recipient } = await storage.loadRecipient(query);
  const { sends } = await storage.loadSends(HOTEL, [message.id, instead.id]);
  const [send, fallback] = sends;
  assert.ok(state && send && fallback);
  return {
    conversation: state.template,
    recipient: recipient.template,
    send: send.template,
    fallback: fallback.template,
  };
}
