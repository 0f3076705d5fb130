import { fileURLToPath } from "node:url";
import { openApi, type ConversationManager, type Principal } from "belldesk";
import { deskRouter, liveRouter, webhookRouter } from "belldesk/express";
import type { FakeWhatsApp, MemoryPms } from "belldesk/testing";
import express, { type Express } from "express";
import { frontDeskRouter } from "./front-desk.js";
import { assets } from "./assets.js";
import { failed } from "./failures.js";
import { STAFF_FLOWS } from "./flows.js";
import { authenticate, hotels } from "./hotels.js";
import { simulatorRouter } from "./simulator.js";

const PAGES = fileURLToPath(new URL("public", import.meta.url));

/** Pages load nothing from elsewhere and run no script that stands in them. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; media-src blob:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/** The staff page makes its elements one by one: a text that would be read as HTML or script is an error there. */
const STAFF_POLICY = `${POLICY}; require-trusted-types-for 'script'; trusted-types 'none'`;

/** The hotel's HTTP face. @param simulator null when sends go to a real Graph API @param pms the demo's own system */
export function hotelApp(
  desk: ConversationManager,
  simulator: FakeWhatsApp | null,
  staff: ReadonlyMap<string, Principal>,
  pms: MemoryPms | null = null,
): Express {
  const app = express();
  app.disable("x-powered-by");

  app.get("/healthz", async (_request, response) => {
    const { status, reasons } = await desk.health();
    // Work that waits is no reason to send guests elsewhere.
    if (status === "down") response.status(503).json({ status, reasons });
    else response.json({ status: "ok" });
  });
  app.use("/webhooks/whatsapp", webhookRouter(desk));
  app.get("/api/openapi.json", (_request, response) => {
    response.json(openApi({ basePath: "/api", title: "Express hotel" }));
  });
  app.use("/api", deskRouter(desk, { authenticate: authenticate(staff) }));
  // Where no WebSocket gets through: an event stream at the address of the socket (main.ts), to which the client changes over by itself.
  app.use("/live", liveRouter(desk, { authenticate: authenticate(staff) }));
  if (pms !== null) app.use("/simulator/front-desk", frontDeskRouter(pms));
  if (simulator !== null) app.use("/simulator", simulatorRouter(simulator));

  app.use((_request, response, next) => {
    response.set({
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
    next();
  });
  app.get("/", (_request, response) => {
    response.set("content-security-policy", STAFF_POLICY);
    response.sendFile("staff.html", { root: PAGES });
  });
  app.get("/guest", (_request, response) => {
    response.sendFile("guest.html", { root: PAGES });
  });
  // Who there is, and where: a real hotel's sign-in and its own tables say that to its page.
  app.get("/demo/staff", (_request, response) => {
    response.json({
      items: [...staff].map(([token, who]) =>
        who.kind === "staff"
          ? { token, id: who.id, name: who.name ?? who.id, role: who.role, hotels: who.hotels }
          : { token, id: who.id, name: who.id, role: who.kind, hotels: {} },
      ),
      hotels: hotels("").map(({ id, name, departments }) => ({
        id,
        name: name ?? id,
        departments: departments.map((department) => ({ id: department.id, name: department.name })),
      })),
      flows: STAFF_FLOWS,
    });
  });
  app.use("/assets", assets());
  app.use((_request, response) => {
    response.status(404).json({ error: { code: "not_found", message: "There is nothing at this address." } });
  });
  app.use(failed);
  return app;
}
