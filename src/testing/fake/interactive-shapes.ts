import { isIP } from "node:net";
import { z } from "zod";
import { document, httpUrl, identifier, image, missing, said, video } from "./shapes.js";

const textHeader = z.strictObject({ type: z.literal("text"), text: said(60) });
const header = z
  .discriminatedUnion("type", [
    textHeader,
    z.strictObject({ type: z.literal("image"), image }),
    z.strictObject({ type: z.literal("video"), video }),
    z.strictObject({ type: z.literal("document"), document }),
  ])
  .optional();
const footer = z.strictObject({ text: said(60) }).optional();
/** @param max characters; 1024 too where the documentation gives none */
const body = (max = 1024) => z.strictObject({ text: said(max) });

/** One issue for each that is there already. */
const distinct = (ctx: z.core.$RefinementCtx, path: string, values: readonly string[]) => {
  if (new Set(values).size < values.length)
    ctx.addIssue({ code: "custom", path: [path], message: "must all be different" });
};

const url = httpUrl(2000).refine((link) => !URL.canParse(link) || isIP(new URL(link).hostname) === 0, {
  error: "must not be a bare address",
});

const ctaAction = z.strictObject({
  name: z.literal("cta_url"),
  parameters: z.strictObject({ display_text: said(20), url }),
});

const button = z.strictObject({
  type: z.literal("button"),
  header,
  body: body(),
  footer,
  action: z
    .strictObject({
      buttons: z
        .array(
          z.strictObject({
            type: z.literal("reply"),
            reply: z.strictObject({ id: identifier(256), title: said(20) }),
          }),
        )
        .min(1)
        .max(3),
    })
    .superRefine(({ buttons }, ctx) => {
      distinct(
        ctx,
        "buttons",
        buttons.map(({ reply }) => reply.id),
      );
      distinct(
        ctx,
        "buttons",
        buttons.map(({ reply }) => reply.title),
      );
    }),
});

const row = z.strictObject({ id: identifier(200), title: said(24), description: z.string().max(72).optional() });

const list = z.strictObject({
  type: z.literal("list"),
  header: z.discriminatedUnion("type", [textHeader]).optional(),
  body: body(4096),
  footer,
  action: z
    .strictObject({
      button: said(20),
      sections: z
        .array(z.strictObject({ title: z.string().max(24).optional(), rows: z.array(row).min(1) }))
        .min(1)
        .max(10),
    })
    .superRefine(({ sections }, ctx) => {
      const rows = sections.flatMap((section) => section.rows);
      if (rows.length > 10) ctx.addIssue({ code: "custom", path: ["sections"], message: "must have 10 rows at most" });
      if (sections.length > 1 && sections.some(({ title = "" }) => title === ""))
        missing(ctx, "sections", "must all have a title");
      distinct(
        ctx,
        "sections",
        rows.map(({ id }) => id),
      );
    }),
});

const flow = z.strictObject({
  type: z.literal("flow"),
  header,
  body: body(),
  footer,
  action: z.strictObject({
    name: z.literal("flow"),
    parameters: z
      .strictObject({
        flow_message_version: z.literal("3"),
        flow_id: z.string().min(1).optional(),
        flow_name: z.string().min(1).optional(),
        flow_cta: said(30),
        flow_token: z.string().min(1).optional(),
        mode: z.enum(["draft", "published"]).optional(),
        flow_action: z.enum(["navigate", "data_exchange"]).optional(),
        flow_action_payload: z
          .strictObject({
            screen: z.string().min(1),
            data: z
              .record(z.string(), z.unknown())
              .refine((data) => Object.keys(data).length > 0, { error: "must not be empty" })
              .optional(),
          })
          .optional(),
      })
      .superRefine(({ flow_id: id, flow_name: name }, ctx) => {
        if (id === undefined && name === undefined) missing(ctx, "flow_id", "or flow_name is required");
        if (id !== undefined && name !== undefined)
          ctx.addIssue({ code: "custom", path: ["flow_name"], message: "must not stand beside flow_id" });
      }),
  }),
});

const product = z.strictObject({ product_retailer_id: z.string().min(1) });

const productList = z.strictObject({
  type: z.literal("product_list"),
  header: z.discriminatedUnion("type", [textHeader]),
  body: body(),
  footer,
  action: z
    .strictObject({
      catalog_id: z.string().min(1),
      sections: z
        .array(z.strictObject({ title: z.string().max(24).optional(), product_items: z.array(product).min(1) }))
        .min(1)
        .max(10),
    })
    .superRefine(({ sections }, ctx) => {
      if (sections.flatMap((section) => section.product_items).length > 30)
        ctx.addIssue({ code: "custom", path: ["sections"], message: "must have 30 products at most" });
      if (sections.length > 1 && sections.some(({ title = "" }) => title === ""))
        missing(ctx, "sections", "must all have a title");
    }),
});

const quickReply = z.strictObject({
  type: z.literal("quick_reply"),
  quick_reply: z.strictObject({ id: identifier(256), title: said(20) }),
});

const card = z.discriminatedUnion("type", [
  z.strictObject({
    card_index: z.number().int().min(0).max(9),
    type: z.literal("cta_url"),
    header: z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("image"), image }),
      z.strictObject({ type: z.literal("video"), video }),
    ]),
    body: z
      .strictObject({
        text: said(160).refine((text) => text.split("\n").length <= 3, { error: "must have 2 line breaks at most" }),
      })
      .optional(),
    action: z.union([ctaAction, z.strictObject({ buttons: z.array(quickReply).min(1).max(3) })]),
  }),
  z.strictObject({
    card_index: z.number().int().min(0).max(9),
    type: z.literal("product"),
    action: product.extend({ catalog_id: z.string().min(1) }),
  }),
]);

/** What has to be the same on every card: its kind, what its buttons are and how many, or its catalog. */
const kindOf = ({ type, header, action }: z.infer<typeof card> & { readonly header?: { readonly type: string } }) =>
  "buttons" in action
    ? `${type} ${header?.type ?? ""} ${String(action.buttons.length)} replies`
    : `${type} ${header?.type ?? ""} ${"catalog_id" in action ? action.catalog_id : action.name}`;

const carousel = z.strictObject({
  type: z.literal("carousel"),
  body: body(),
  action: z.strictObject({
    cards: z
      .array(card)
      .min(2)
      .max(10)
      .superRefine((cards, ctx) => {
        if (new Set(cards.map(kindOf)).size > 1)
          ctx.addIssue({ code: "custom", path: [], message: "must be of one kind, with as many buttons each" });
        distinct(
          ctx,
          "card_index",
          cards.map(({ card_index: index }) => String(index)),
        );
      }),
  }),
});

/** Every interactive message that is documented, by its type. */
export const interactive = z.discriminatedUnion("type", [
  button,
  list,
  flow,
  productList,
  carousel,
  z.strictObject({ type: z.literal("cta_url"), header, body: body(), footer, action: ctaAction }),
  z.strictObject({
    type: z.literal("location_request_message"),
    body: body(),
    footer,
    action: z.strictObject({ name: z.literal("send_location") }),
  }),
  z.strictObject({
    type: z.literal("request_contact_info"),
    body: body(),
    footer,
    action: z.strictObject({ name: z.literal("request_contact_info") }),
  }),
  z.strictObject({
    type: z.literal("call_permission_request"),
    body: body().optional(),
    action: z.strictObject({ name: z.literal("call_permission_request") }),
  }),
  z.strictObject({
    type: z.literal("voice_call"),
    body: body(),
    footer,
    action: z.strictObject({
      name: z.literal("voice_call"),
      parameters: z
        .strictObject({
          display_text: said(20).optional(),
          ttl_minutes: z.number().int().min(1).max(43_200).optional(),
          payload: z.string().max(512).optional(),
        })
        .optional(),
    }),
  }),
  z.strictObject({
    type: z.literal("address_message"),
    header,
    body: body(),
    footer,
    action: z.strictObject({
      name: z.literal("address_message"),
      parameters: z.strictObject({
        country: z.literal("IN"),
        values: z.looseObject({}).optional(),
        saved_addresses: z.array(z.looseObject({})).optional(),
        validation_errors: z.looseObject({}).optional(),
      }),
    }),
  }),
  z.strictObject({
    type: z.literal("product"),
    body: body().optional(),
    footer,
    action: product.extend({ catalog_id: z.string().min(1) }),
  }),
  z.strictObject({
    type: z.literal("catalog_message"),
    body: body(),
    footer,
    action: z.strictObject({
      name: z.literal("catalog_message"),
      parameters: z.strictObject({ thumbnail_product_retailer_id: z.string().min(1).optional() }).optional(),
    }),
  }),
]);
