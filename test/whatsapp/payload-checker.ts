/**
 * WhatsApp's rules for a send, written down from its pages a second time, over the JSON that leaves: what is wrong with a
 * payload, or nothing. It knows nothing of the builder or of its limits.
 */
export function wrongWith(payload: unknown): readonly string[] {
  const wrong: string[] = [];
  const says = (isRight: boolean, what: string): void => {
    if (!isRight) wrong.push(what);
  };
  const size = (value: unknown, most: number, what: string): void => {
    says(typeof value === "string" && value.trim() !== "" && value.length <= most, what);
  };
  const optionalSize = (value: unknown, most: number, what: string): void => {
    if (value !== undefined) size(value, most, what);
  };
  const amount = (value: readonly unknown[], least: number, most: number, what: string): void => {
    says(value.length >= least && value.length <= most, `${what}: ${String(value.length)}`);
  };
  const differ = (values: readonly unknown[], what: string): void => {
    says(new Set(values).size === values.length, what);
  };
  const only = (value: Json, keys: readonly string[], what: string): void => {
    for (const key of Object.keys(value)) says(keys.includes(key), `${what} has no ${key}`);
  };

  const media = (value: Json, what: string, ...more: readonly string[]): void => {
    only(value, ["id", "link", ...more], what);
    says("id" in value !== "link" in value, `${what} by id or link`);
    if ("link" in value) says(/^https:\/\/(?!localhost)/i.test(String(value["link"])), `${what}: public https`);
    else size(value["id"], Infinity, `${what}.id`);
    optionalSize(value["caption"], 1024, `${what}.caption`);
    optionalSize(value["filename"], Infinity, `${what}.filename`);
  };
  const place = (value: Json): void => {
    only(value, ["latitude", "longitude", "name", "address"], "location");
    says(Math.abs(value["latitude"] as number) <= 90, "latitude");
    says(Math.abs(value["longitude"] as number) <= 180, "longitude");
  };
  const reply = (value: Json): void => {
    size(value["id"], 256, "reply.id");
    says(String(value["id"]).trim() === value["id"], "reply.id has no spaces around");
    size(value["title"], 20, "reply.title");
  };
  const webButton = (action: Json): void => {
    says(action["name"] === "cta_url", "cta_url");
    const { display_text: label, url } = object(action["parameters"]);
    size(label, 20, "display_text");
    says(/^https?:\/\/[^/]*[a-z]/i.test(String(url)) && !/\s/.test(String(url)), "url");
  };

  const contacts = (cards: readonly Json[]): void => {
    amount(cards, 1, 257, "contacts");
    for (const { name } of cards) {
      const { formatted_name: whole, ...parts } = object(name);
      size(whole, Infinity, "formatted_name");
      says(Object.keys(parts).length >= 1, "one more name part");
    }
  };

  const template = (value: Json): void => {
    says(/^[a-z0-9_]{1,512}$/.test(String(value["name"])), "template.name");
    size(object(value["language"])["code"], Infinity, "language.code");
    const components = list(value["components"]);
    const parametersOf = (type: string) =>
      components.filter((one) => one["type"] === type).flatMap((one) => list(one["parameters"]));
    const words = (parameter: Json, most: number): void => {
      size(parameter["text"], most, "parameter.text");
      says(!/[\n\r\t]| {5}/.test(String(parameter["text"])), "parameter.text has one line");
    };
    const header = parametersOf("header");
    amount(header, 0, 1, "header parameters");
    for (const one of header) {
      if (one["type"] === "text") words(one, 60);
      else if (one["type"] === "location") place(object(one["location"]));
      else media(object(one[String(one["type"])]), "header", "filename");
    }
    const body = parametersOf("body");
    for (const one of body) words(one, 1024);
    const named = body.flatMap((one) => ("parameter_name" in one ? [one["parameter_name"]] : []));
    says(named.length === 0 || named.length === body.length, "all parameters have names, or none");
    const buttons = components.filter((one) => one["type"] === "button");
    amount(buttons, 0, 10, "template buttons");
    differ(
      buttons.map((one) => one["index"]),
      "button index",
    );
    says(buttons.filter((one) => one["sub_type"] === "url").length <= 2, "2 URL buttons");
    says(buttons.filter((one) => one["sub_type"] === "copy_code").length <= 1, "1 copy code button");
    for (const one of buttons) {
      says(/^[0-9]$/.test(String(one["index"])), "button index 0 to 9");
      const [parameter = {}] = list(one["parameters"]);
      if (one["sub_type"] === "quick_reply") size(parameter["payload"], 128, "payload");
      if (one["sub_type"] === "url") words(parameter, 2000);
      if (one["sub_type"] === "copy_code") size(parameter["coupon_code"], 15, "coupon_code");
    }
  };

  const frame = (value: Json, headers: "none" | "text" | "any", hasFooter: boolean): void => {
    const { header, footer } = value;
    if (header !== undefined) {
      const { type, ...rest } = object(header);
      if (type === "text") {
        says(headers !== "none", "no header");
        size(rest["text"], 60, "header.text");
      } else {
        says(headers === "any", "no media header");
        media(object(rest[String(type)]), "header", "filename");
      }
    }
    if (footer === undefined) return;
    says(hasFooter, "no footer");
    size(object(footer)["text"], 60, "footer");
  };
  const body = (value: Json, most: number, isNeeded = true): void => {
    if (isNeeded || value["body"] !== undefined) size(object(value["body"])["text"], most, "body");
  };

  const interactive = (value: Json): void => {
    const action = object(value["action"]);
    switch (value["type"]) {
      case "button": {
        frame(value, "any", true);
        body(value, 1024);
        const buttons = list(action["buttons"]).map((one) => object(one["reply"]));
        amount(buttons, 1, 3, "buttons");
        buttons.forEach(reply);
        for (const { title } of buttons) says(!/\*.+\*|_.+_|~.+~|`.+`/.test(String(title)), "no markup in titles");
        for (const key of ["id", "title"])
          differ(
            buttons.map((one) => one[key]),
            `button.${key}`,
          );
        return;
      }
      case "list": {
        frame(value, "text", true);
        body(value, 4096);
        size(action["button"], 20, "button");
        const sections = list(action["sections"]);
        const rows = sections.flatMap((one) => list(one["rows"]));
        amount(sections, 1, 10, "sections");
        amount(rows, 1, 10, "rows");
        for (const { title } of sections) {
          optionalSize(title, 24, "section.title");
          says(title !== undefined || sections.length === 1, "section.title is needed");
        }
        for (const { id, title, description } of rows) {
          size(id, 200, "row.id");
          size(title, 24, "row.title");
          optionalSize(description, 72, "row.description");
        }
        differ(
          rows.map(({ id }) => id),
          "row.id",
        );
        return;
      }
      case "cta_url":
        frame(value, "any", true);
        body(value, 1024);
        webButton(action);
        return;
      case "location_request_message":
      case "request_contact_info":
        only(value, ["type", "body", "action"], "request");
        body(value, 1024);
        only(action, ["name"], "request.action");
        return;
      case "call_permission_request":
        only(value, ["type", "body", "action"], "request");
        body(value, 1024, false);
        return;
      case "address_message":
        frame(value, "any", true);
        body(value, 1024);
        says(object(action["parameters"])["country"] === "IN", "India");
        return;
      case "voice_call": {
        only(value, ["type", "body", "action"], "voice_call");
        body(value, 1024);
        const { display_text: label, ttl_minutes: minutes, payload: data } = object(action["parameters"] ?? {});
        optionalSize(label, 20, "display_text");
        optionalSize(data, 512, "payload");
        says(minutes === undefined || (Number(minutes) >= 1 && Number(minutes) <= 43_200), "ttl_minutes");
        return;
      }
      case "flow": {
        frame(value, "any", true);
        body(value, 1024);
        const parameters = object(action["parameters"]);
        says(parameters["flow_message_version"] === "3", "version 3");
        says("flow_id" in parameters !== "flow_name" in parameters, "flow by id or name");
        size(parameters["flow_cta"], 20, "flow_cta");
        const { data } = object(parameters["flow_action_payload"] ?? {});
        says(data === undefined || Object.keys(object(data)).length > 0, "data is not empty");
        return;
      }
      case "product":
        frame(value, "none", true);
        body(value, 1024, false);
        size(action["catalog_id"], Infinity, "catalog_id");
        size(action["product_retailer_id"], Infinity, "product_retailer_id");
        return;
      case "product_list": {
        frame(value, "text", true);
        says("header" in value, "a header is needed");
        body(value, 1024);
        const sections = list(action["sections"]);
        amount(sections, 1, 10, "sections");
        for (const { title } of sections) size(title, 24, "section.title");
        amount(
          sections.flatMap((one) => list(one["product_items"])),
          1,
          30,
          "products",
        );
        return;
      }
      case "catalog_message":
        frame(value, "none", true);
        body(value, 1024);
        return;
      case "carousel": {
        only(value, ["type", "body", "action"], "carousel");
        body(value, 1024);
        const cards = list(action["cards"]);
        amount(cards, 2, 10, "cards");
        says(
          cards.every((card, index) => card["card_index"] === index),
          "card_index",
        );
        const kinds = cards.map((card) => {
          const own = object(card["action"]);
          if (card["type"] === "product") return `product of ${String(own["catalog_id"])}`;
          const header = object(card["header"]);
          media(object(header[String(header["type"])]), "card");
          if (card["body"] !== undefined) {
            const words = String(object(card["body"])["text"]);
            size(words, 160, "card.body");
            says(words.split("\n").length <= 3, "2 line breaks");
          }
          if (own["buttons"] === undefined) webButton(own);
          const replies = list(own["buttons"] ?? []).map((one) => object(one["quick_reply"]));
          replies.forEach(reply);
          return `${String(header["type"])} with ${String(replies.length)}`;
        });
        says(new Set(kinds).size === 1, "the same kind and count on all cards");
        return;
      }
      default:
        says(false, `interactive ${String(value["type"])}`);
    }
  };

  const { type, ...rest } = object(payload);
  const said = rest[String(type)];
  says(rest["messaging_product"] === "whatsapp" && rest["recipient_type"] === "individual", "envelope");
  says("to" in rest !== "recipient" in rest, "to or recipient");
  if ("to" in rest) says(/^\+\d/.test(String(rest["to"])), "a phone begins with +");
  optionalSize(rest["biz_opaque_callback_data"], 512, "biz_opaque_callback_data");
  switch (type) {
    case "text":
      size(object(said)["body"], 4096, "text.body");
      break;
    case "image":
    case "video":
      media(object(said), type, "caption");
      break;
    case "document":
      media(object(said), type, "caption", "filename");
      break;
    case "audio":
      media(object(said), type, "voice");
      break;
    case "sticker":
      media(object(said), type);
      break;
    case "location":
      place(object(said));
      break;
    case "contacts":
      contacts(list(said));
      break;
    case "reaction":
      size(object(said)["message_id"], Infinity, "message_id");
      says(rest["context"] === undefined, "a reaction quotes nothing");
      break;
    case "template":
      template(object(said));
      break;
    case "interactive":
      interactive(object(said));
      break;
    default:
      says(false, `type ${String(type)}`);
  }
  return wrong;
}

type Json = Readonly<Record<string, unknown>>;
const object = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(object) : []);
