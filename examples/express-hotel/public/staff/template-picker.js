import { desk, hotelName, departmentName } from "./desk.js";
import { dialog, element, labelled, said, select } from "./dom.js";

/** What the hotel may send to a guest who has been silent for a day: WhatsApp has approved its words, staff fill in its places. */

/** @param send gets the content; answers whether it is on its way */
export async function pickTemplate(hotelId, send) {
  const form = await templateForm(hotelId);
  if (form === null) return;
  const submit = element("button", { type: "submit", class: "primary", text: "Send" });
  const home = element("form", { class: "stack" }, ...form.parts, submit);
  const box = dialog("Send a template", home);
  home.addEventListener("submit", (event) => {
    event.preventDefault();
    if (send(form.content())) box.close();
  });
}

/** Writes to a guest who need not have written. */
export async function writeFirst() {
  const places = Object.entries(desk.me.hotels).flatMap(([hotelId, departments]) =>
    (departments === "all"
      ? (desk.hotels.find(({ id }) => id === hotelId)?.departments.map(({ id }) => id) ?? [])
      : departments
    ).map((departmentId) => ({
      value: `${hotelId}/${departmentId}`,
      text: `${departmentName(hotelId, departmentId)}, ${hotelName(hotelId)}`,
    })),
  );
  const from = select(places);
  const phone = element("input", { type: "tel", placeholder: "+1 202 555 0101", required: "", autocomplete: "off" });
  const parts = element("div", { class: "stack" });
  const submit = element("button", { type: "submit", class: "primary", text: "Write" });
  let form = null;
  const load = async () => {
    form = await templateForm(from.value.split("/")[0]);
    parts.replaceChildren(...(form?.parts ?? []));
  };
  await load();
  from.addEventListener("change", () => void load());
  const home = element("form", { class: "stack" }, labelled("From", from), labelled("Phone", phone), parts, submit);
  const box = dialog("Write first", home);
  // The same id again is the same message, as long as nothing in the form has changed.
  let last = null;
  home.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form === null) return;
    const [hotelId, departmentId] = from.value.split("/");
    const request = { hotelId, departmentId, to: { waId: phone.value }, content: form.content() };
    const key = JSON.stringify(request);
    if (last?.key !== key) last = { key, clientMessageId: crypto.randomUUID() };
    submit.disabled = true;
    void desk.asked(desk.client.api.write({ ...request, clientMessageId: last.clientMessageId })).then((sent) => {
      submit.disabled = false;
      if (sent === null) return;
      box.close();
      void desk.chooseFound({ conversationId: sent.conversationId });
    });
  });
}

/** @returns the fields, and what they come to; null where there are no templates to be had */
async function templateForm(hotelId) {
  const found = await desk.asked(desk.client.api.templates({ hotel: hotelId, limit: 100 }));
  if (found === null) return null;
  const usable = found.items.filter(
    (one) => one.sendable && one.unsupported.length === 0 && one.header?.type !== "location",
  );
  if (usable.length === 0)
    return {
      parts: [
        element("p", {
          text: "This hotel has no template that can be sent now. An administrator reads them from WhatsApp.",
          class: "soft",
        }),
      ],
      content: () => null,
    };
  const which = select(
    usable.map((one, index) => ({ value: String(index), text: `${one.name} (${one.language}, ${one.category})` })),
  );
  const fields = element("div", { class: "stack" });
  const preview = element("div", { class: "preview-box", "aria-live": "polite" });
  let values = [];
  const chosen = () => usable[Number(which.value)];
  const show = () => {
    const template = chosen();
    const text = (place) => values.find((one) => one.place === place)?.input.value || `{{${place.split(" ").at(-1)}}}`;
    const { header, body, footer, buttons } = template;
    preview.replaceChildren(
      ...(header?.type === "text"
        ? [
            said(
              filledIn(header.text, (name) => text(`header ${name}`)),
              { class: "heading" },
            ),
          ]
        : []),
      said(filledIn(body.text, (name) => text(`body ${name}`))),
      ...(footer === null ? [] : [said(footer, { class: "soft" })]),
      ...buttons.map(({ label }) => said(label, { class: "option" })),
    );
  };
  const begin = () => {
    values = placesOf(chosen()).map(({ place, name, type }) => ({
      place,
      input: element("input", {
        required: "",
        autocomplete: "off",
        "aria-label": name,
        ...(type !== undefined && { type }),
      }),
    }));
    fields.replaceChildren(...values.map(({ input }) => labelled(input.getAttribute("aria-label"), input)));
    show();
  };
  which.addEventListener("change", begin);
  fields.addEventListener("input", show);
  begin();
  return {
    parts: [labelled("Template", which), fields, preview],
    content: () => contentOf(chosen(), (place) => values.find((one) => one.place === place)?.input.value ?? ""),
  };
}

const filledIn = (text, value) => text.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_whole, name) => value(name));

/** The places that have to be filled in. */
function placesOf({ header, body, buttons }) {
  return [
    ...(header?.type === "text" && header.placeholder !== null
      ? [{ place: `header ${header.placeholder}`, name: `Heading: ${header.placeholder}` }]
      : []),
    ...(header !== null && header.type !== "text"
      ? [{ place: "header link", name: `Address of the ${header.type} (https)`, type: "url" }]
      : []),
    ...body.placeholders.map((name) => ({ place: `body ${name}`, name })),
    ...buttons.flatMap((one, index) =>
      one.type === "url" && one.placeholder !== null
        ? [{ place: `button ${index}`, name: `Button “${one.label}”: end of its address` }]
        : one.type === "copyCode"
          ? [{ place: `button ${index}`, name: `Button “${one.label}”: the code` }]
          : [],
    ),
  ];
}

function contentOf(template, value) {
  const { name, language, parameters, header, body, buttons } = template;
  const parameter = (place, of) => ({ text: value(`${place} ${of}`), ...(parameters === "named" && { name: of }) });
  const filled = buttons.flatMap((one, index) =>
    one.type === "url" && one.placeholder !== null
      ? [{ type: "url", index, text: value(`button ${index}`) }]
      : one.type === "copyCode"
        ? [{ type: "copyCode", index, code: value(`button ${index}`) }]
        : one.type === "flow"
          ? [{ type: "flow", index }]
          : [],
  );
  return {
    type: "template",
    name,
    language,
    ...(header?.type === "text" &&
      header.placeholder !== null && { header: { type: "text", ...parameter("header", header.placeholder) } }),
    ...(header !== null &&
      header.type !== "text" && { header: { type: header.type, media: { link: value("header link") } } }),
    ...(body.placeholders.length > 0 && { body: body.placeholders.map((of) => parameter("body", of)) }),
    ...(filled.length > 0 && { buttons: filled }),
  };
}
