import fs from "node:fs";
import type { FakeWhatsApp } from "belldesk/testing";
import type { Router } from "express";
import { CHECK_IN_FORM_ID } from "./flows.js";
import { notFound } from "./simulator-answers.js";

/** What a browser shows in a page without running any of it. The rest is for downloading: it may be a page itself. */
const SHOWN = /^(image\/(png|jpeg|webp|gif)|audio\/[\w.+-]+|video\/(mp4|webm|3gpp))$/;

/** Files that phones show, and forms as Meta's editor has them. */
export function fileRoutes(router: Router, fake: FakeWhatsApp): void {
  router.get("/files/:id", (request, response) => {
    const file = fake.file(request.params.id);
    if (file === null) {
      notFound(response, "WhatsApp does not have this file any more.");
      return;
    }
    const type = file.mimeType.split(";")[0]?.trim().toLowerCase() ?? "";
    response.set({
      "content-type": SHOWN.test(type) ? type : "application/octet-stream",
      "content-disposition": SHOWN.test(type) ? "inline" : "attachment",
      "content-security-policy": "default-src 'none'; sandbox",
      "x-content-type-options": "nosniff",
      "cache-control": "private, max-age=300",
    });
    response.send(file.bytes);
  });

  router.get("/forms/:id", (request, response) => {
    const form = FORMS.get(request.params.id);
    if (form === undefined) notFound(response, "Meta has no form of this id.");
    else response.json(form);
  });
}

const formIn = (name: string): unknown =>
  JSON.parse(fs.readFileSync(new URL(`forms/${name}.json`, import.meta.url), "utf8"));

/** By Meta's id. */
const FORMS: ReadonlyMap<string, unknown> = new Map([[CHECK_IN_FORM_ID, formIn("check-in")]]);
