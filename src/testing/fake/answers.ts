import { digits, type SendBody } from "../meta-json.js";
import type { App } from "./app.js";
import { checkMarkRead } from "./check-send.js";
import { refused, type Answer, type Question } from "./graph.js";
import { judge, type Court, type JudgeOptions } from "./judge.js";
import { checkUpload, sha256 } from "./media.js";
import type { Numbers } from "./numbers.js";
import type { PacingOptions } from "./pacing.js";
import type { ReadByHotel } from "./reads.js";
import type { Taking } from "./sends.js";
import type { Clock } from "../../ports/clock.js";

export interface AnswerOptions extends Court {
  readonly app: App;
  readonly numbers: Numbers;
  readonly clock: Clock;
  readonly judged: JudgeOptions;
  readonly paced: PacingOptions;
  /** Takes a message. @returns its wamid */
  readonly take: (taking: Taking) => { readonly wamid: string; readonly held: string | null };
  /** The host has seen a guest's message. */
  readonly seen: (read: Omit<ReadByHotel, "atMs">) => void;
  /** Where the fake listens. */
  readonly base: () => string;
}

/** What the Graph API answers to whoever may ask. */
export function answers(options: AnswerOptions): (question: Question) => Answer | Promise<Answer> {
  const { numbers, clock, media, templates, app, take, seen, base } = options;

  function send({ id, json }: Question): Answer {
    const number = numbers.of(id);
    const verdict = judge(json, number, clock.now(), options, options.judged);
    if (verdict.refusal !== null) {
      const { status, retryAfter } = options.paced;
      if (verdict.refusal.code !== 130429) return refused(verdict.refusal);
      return refused(verdict.refusal, {
        ...(status !== undefined && { status }),
        ...(retryAfter !== undefined && { headers: { "retry-after": String(retryAfter) } }),
      });
    }
    const body = json as SendBody;
    const { address } = verdict;
    const { wamid, held } = take({ ...verdict, number, body });
    const contact = body.to === undefined ? { user_id: address } : { wa_id: digits(address) };
    return ok(
      {
        messaging_product: "whatsapp",
        contacts: [{ input: address, ...contact }],
        messages: [{ id: wamid, ...(held !== null && { message_status: held }) }],
      },
      { wamid },
    );
  }

  function markRead({ json, id }: Question): Answer {
    const wrong = checkMarkRead(json);
    if (wrong !== null) return refused(wrong);
    const { message_id: wamid, typing_indicator: typing } = json as {
      readonly message_id: string;
      readonly typing_indicator?: object;
    };
    seen({ phoneNumberId: id, wamid, typing: typing !== undefined });
    return ok({ success: true });
  }

  async function upload({ id, bytes, headers }: Question): Promise<Answer> {
    const type = headers["content-type"] ?? "";
    const form = await new Response(new Uint8Array(bytes), { headers: { "content-type": type } })
      // oxlint-disable-next-line typescript/no-deprecated -- for who serves strangers; these are our own bodies
      .formData()
      .catch(() => null);
    if (form === null) return refused({ code: 100, details: "The body is not multipart/form-data." });
    if (form.get("messaging_product") !== "whatsapp")
      return refused({ code: 100, details: "messaging_product: is required." });
    const file = form.get("file");
    if (file === null || typeof file === "string") return refused({ code: 100, details: "file: is required." });
    const named = form.get("type");
    const mimeType = file.type === "" && typeof named === "string" ? named : file.type;
    const wrong = checkUpload(mimeType, file.size);
    if (wrong !== null) return refused(wrong);
    const content = Buffer.from(await file.arrayBuffer());
    return ok({ id: media.add({ phoneNumberId: id, from: "hotel", mimeType, bytes: content }).id });
  }

  function resolve({ id, query }: Question): Answer {
    const file = media.find(id);
    const number = query.get("phone_number_id");
    if (file === null || (number !== null && number !== file.phoneNumberId))
      return refused({ code: 100, details: "There is no such object, or it may not be read." });
    return ok({
      messaging_product: "whatsapp",
      url: `${base()}${media.pathOf(file)}`,
      mime_type: file.mimeType,
      sha256: sha256(file.bytes, "hex"),
      file_size: file.bytes.length,
      id,
    });
  }

  function remove({ id, query }: Question): Answer {
    const found = resolve({ id, query } as Question);
    if (found.status !== 200) return found;
    media.remove(id);
    return ok({ success: true });
  }

  function download({ query, headers }: Question): Answer {
    // Whoever does not say who they are gets a page instead of the file: libraries tell so, Meta does not.
    if (headers["user-agent"] === undefined) return html(400, "<html><body>Sorry, something went wrong.</body></html>");
    const file = media.at(query);
    if (file === null) return html(404, "<html><body>URL signature expired</body></html>");
    return { status: 200, body: file.bytes, headers: { "content-type": file.mimeType } };
  }

  function numberInfo({ id }: Question): Answer {
    return numbers.of(id).gone ? refused({ code: 33 }) : app.number(numbers.of(id));
  }

  function page({ id, query, headers }: Question): Answer {
    const all = templates.all(id);
    const from = Number(Buffer.from(query.get("after") ?? "", "base64url").toString() || 0);
    const to = from + Math.max(1, Number(query.get("limit") ?? PAGE) || PAGE);
    const cursor = (place: number) => Buffer.from(String(place)).toString("base64url");
    const next = new URLSearchParams(query);
    // Meta's own link has the token in it: nobody should write it down.
    next.set("access_token", (headers.authorization ?? "").replace(/^Bearer /, ""));
    next.set("after", cursor(to));
    return ok({
      data: all.slice(from, to),
      paging: {
        cursors: { before: cursor(from), after: cursor(Math.min(to, all.length)) },
        ...(to < all.length && { next: `${base()}/v26.0/${id}/message_templates?${next.toString()}` }),
      },
    });
  }

  return (question) => {
    switch (question.asked.what) {
      case "send":
        return send(question);
      case "markRead":
        return markRead(question);
      case "upload":
        return upload(question);
      case "media":
        return resolve(question);
      case "deleteMedia":
        return remove(question);
      case "download":
        return download(question);
      case "templates":
        return page(question);
      case "number":
        return numberInfo(question);
      case "account":
        return app.subscribedApps(question.id);
      case "app":
        return app.batch(question);
    }
  };
}

/** Templates on a page, unless asked for more or fewer. */
const PAGE = 25;

const ok = (body: object, more: Partial<Answer> = {}): Answer => ({ status: 200, body, ...more });

const html = (status: number, page: string): Answer => ({
  status,
  body: Buffer.from(page),
  headers: { "content-type": "text/html" },
});
