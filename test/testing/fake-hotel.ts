import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { request } from "undici";
import { fakeWhatsApp, type FakeWhatsApp, type FakeWhatsAppOptions } from "../../src/testing/index.js";

export const NUMBER = "200000000000001";
export const SEASIDE = "200000000000002";
export const GUEST = "12025550101";
export const NADIA = { waId: GUEST, bsuid: "US.90000000000000000101", name: "Nadia Ferro" };

export interface Heard {
  readonly field: string;
  readonly value: Record<string, any>;
}

export interface Said {
  readonly status: number;
  readonly json: any;
  readonly headers: Record<string, string | string[] | undefined>;
}

export interface Body {
  readonly entry: { readonly id: string; readonly changes: Heard[] }[];
}

/** A WhatsApp before a host that hears everything and answers 200. */
export class FakeHotel {
  readonly #ends: (() => Promise<unknown>)[] = [];
  /** Each webhook's body. */
  readonly bodies: Body[] = [];
  /** The same as text. */
  readonly raw: string[] = [];

  /** What the host was told, in order. */
  get heard(): Heard[] {
    return this.bodies.flatMap(({ entry }) => entry.flatMap(({ changes }) => changes));
  }

  /** Statuses as `wamid status`, guests' messages as their wamid. */
  get ids(): string[] {
    return this.heard.flatMap(({ value }) => [
      ...((value["messages"] ?? []) as { id: string }[]).map(({ id }) => id),
      ...((value["statuses"] ?? []) as { id: string; status: string }[]).map(({ id, status }) => `${id} ${status}`),
    ]);
  }

  /** A host that answers like this. @returns where it listens */
  async listen(answer: (body: Body) => number): Promise<string> {
    const server = createServer((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming
        .on("data", (chunk: Buffer) => chunks.push(chunk))
        .on("end", () => {
          const text = Buffer.concat(chunks).toString();
          const body = JSON.parse(text) as Body;
          this.raw.push(text);
          this.bodies.push(body);
          response.writeHead(answer(body)).end();
        });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    this.#ends.push(() => new Promise((resolve) => server.close(resolve)));
    return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/hook`;
  }

  async open(options: Partial<FakeWhatsAppOptions> = {}): Promise<FakeWhatsApp> {
    const webhookUrl = options.webhookUrl ?? (await this.listen(() => 200));
    const fake = await fakeWhatsApp({ appSecret: "secret", reports: [], ...options, webhookUrl });
    this.#ends.push(() => fake.close());
    return fake;
  }

  async close(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
    this.bodies.length = 0;
    this.raw.length = 0;
  }
}

/** Asks the fake Graph API for something. @param path after the version */
export async function ask(
  fake: FakeWhatsApp,
  path: string,
  { method = "GET", body, token = "any" }: { method?: "GET" | "POST" | "DELETE"; body?: unknown; token?: string } = {},
): Promise<Said> {
  const answer = await request(`${fake.graphUrl}/v26.0/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await answer.body.text();
  const isJson = String(answer.headers["content-type"]).includes("json");
  return { status: answer.statusCode, json: isJson ? JSON.parse(text) : text, headers: answer.headers };
}

export interface SendFields {
  readonly number?: string;
  readonly token?: string;
  readonly query?: string;
}

/** Sends to a guest: whatever `body` leaves out is a text to Nadia's phone. */
export const send = (fake: FakeWhatsApp, body: object = {}, { number = NUMBER, token, query }: SendFields = {}) => {
  const whole = { messaging_product: "whatsapp", ...("recipient" in body ? {} : { to: `+${GUEST}` }), ...body };
  const text = { type: "text", text: { body: "Good morning" } };
  return ask(fake, `${number}/messages${query ?? ""}`, {
    method: "POST",
    body: "type" in body ? whole : { ...text, ...whole },
    ...(token !== undefined && { token }),
  });
};

/** The code that a send was refused with; null when it was taken. */
export const codeOf = ({ json }: Said): number | null => json?.error?.code ?? null;
