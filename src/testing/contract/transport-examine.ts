import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { Examination, Examined, Transport } from "../../ports/transport.js";
import type { TransportCase } from "./case.js";
import type { GraphAnswer } from "./graph-server.js";
import {
  against,
  drip,
  html,
  inTime,
  json,
  LONG_MS,
  PHONE,
  refusal,
  reset,
  SHORT_MS,
  silence,
  TOKEN,
} from "./transport-world.js";

const SECRET = "an-app-secret";
const NOW = new Date("2026-11-27T12:00:00Z");

/** A number that stands well, and what is asked about it besides. */
const well: GraphAnswer = (response, request, seen) => {
  json(200, answerTo(seen))(response, request, seen);
};

function answerTo({ url, body }: { readonly url: string; readonly body: string }): object {
  if (url.includes("subscribed_apps")) return { data: [{ whatsapp_business_api_data: { id: "600" } }] };
  if (!body.includes("debug_token"))
    return { id: "2000", quality_rating: "GREEN", health_status: { can_send_message: "AVAILABLE" } };
  const token = { data: { is_valid: true, expires_at: 0, scopes: [] } };
  const subscription = { object: "whatsapp_business_account", active: true, fields: [{ name: "messages" }] };
  return [token, { data: [subscription] }].map((each) => ({ code: 200, body: JSON.stringify(each) }));
}

function examined(transport: Transport, changes: Partial<Examination> = {}, deadlineMs = LONG_MS): Promise<Examined> {
  const number = { phoneNumberId: "2000", accessToken: TOKEN };
  const asked = { number, accountId: "1000", appId: "600", appSecrets: [SECRET], now: NOW, ...changes };
  return inTime(transport.examine?.(asked) ?? assert.fail("the transport says nothing of its numbers"), deadlineMs);
}

function levelOf({ findings }: Examined, check: string): string {
  return findings.find((finding) => finding.check === check)?.level ?? `nothing about ${check}`;
}

function hidesSecrets(result: Examined): void {
  const said = JSON.stringify(result);
  for (const secret of [TOKEN, SECRET, PHONE]) assert.equal(said.includes(secret), false, said);
}

export const examineCases: readonly TransportCase[] = [
  {
    id: "examine/asks",
    says: "A number in order is found so: its token, its secrets, its account's subscription, the app's fields; and nothing is changed by asking (M24).",
    needs: "examines",
    run: (subject) =>
      against(subject, well, async ({ transport, graph }) => {
        const result = await examined(transport);
        const checks = ["token", "number", "secret", "subscription"].map((name) => levelOf(result, `whatsapp.${name}`));
        assert.deepEqual(checks, ["ok", "ok", "ok", "ok"]);
        assert.equal(levelOf(result, "whatsapp.fields"), "warning", "of the fields only `messages` is subscribed to");
        assert.ok(result.serverTime !== null, "WhatsApp's clock");
        const proof = createHmac("sha256", SECRET).update(TOKEN).digest("hex");
        assert.ok(graph.seen.some(({ url }) => url.includes(`appsecret_proof=${proof}`)));
        for (const { method, body } of graph.seen)
          assert.ok(method === "GET" || /^\{"batch":\[(\{"method":"GET"[^}]*\},?)+\]/.test(body), `${method} ${body}`);
      }),
  },
  {
    id: "examine/token-hidden",
    says: "Neither a token nor a secret stands in an address, where logs on the way would have it.",
    needs: "examines",
    run: (subject) =>
      against(subject, well, async ({ transport, graph }) => {
        hidesSecrets(await examined(transport));
        for (const { url } of graph.seen)
          for (const secret of [TOKEN, SECRET]) assert.equal(url.includes(secret), false);
      }),
  },
  {
    id: "examine/refused",
    says: "A token that WhatsApp refuses, a number that it does not know and a secret that is another app's are problems, each by its name.",
    needs: "examines",
    async run(subject) {
      await against(subject, refusal(401, 190), async ({ transport }) => {
        const result = await examined(transport);
        assert.equal(levelOf(result, "whatsapp.token"), "problem");
        hidesSecrets(result);
      });
      await against(subject, refusal(400, 33), async ({ transport }) =>
        assert.equal(levelOf(await examined(transport), "whatsapp.number"), "problem"),
      );
      const otherApp: GraphAnswer = (response, request, seen) => {
        (seen.url.includes("appsecret_proof") ? refusal(400, 100) : well)(response, request, seen);
      };
      await against(subject, otherApp, async ({ transport }) =>
        assert.equal(levelOf(await examined(transport), "whatsapp.secret"), "problem"),
      );
    },
  },
  {
    id: "examine/never-throws",
    says: "It never throws and comes to an end, whatever is answered or stands in the token: what cannot be asked is a finding.",
    needs: "examines",
    async run(subject) {
      for (const answer of [
        reset,
        html(502),
        json(200, "[]"),
        json(200, { data: "none" }),
        silence,
        drip("HTTP/1.1 200 OK\r\nx: "),
      ])
        await against(
          subject,
          answer,
          async ({ transport }) => {
            // Each call of several may wait its time.
            const result = await examined(transport, {}, 8 * SHORT_MS);
            assert.ok(result.findings.length > 0);
            hidesSecrets(result);
          },
          SHORT_MS,
        );
      await against(subject, well, async ({ transport }) => {
        for (const accessToken of ["", "two\nlines", "Ünïcode"]) {
          const result = await examined(transport, { number: { phoneNumberId: "2000", accessToken } });
          assert.equal(levelOf(result, "whatsapp.token"), "problem");
        }
      });
    },
  },
];
