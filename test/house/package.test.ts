import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildBreakableHost } from "../../scripts/failpoint-build.mjs";
import { FAILPOINTS } from "../../src/failpoints.js";
import { filesIn, manifest, pack, packedHost, readJson, repository, type PackedHost } from "./packed-host.js";

let host: PackedHost;
beforeAll(() => {
  host = packedHost();
});
afterAll(() => {
  host.remove();
});

/** Shared chunks are named by the bundler: after one of the files in them, and a hash. */
const namesOf = (list: readonly string[]) =>
  [...new Set(list.map((file) => file.replace(/(?<=^dist\/)[\w-]+-[\w-]{8}(?=\.(d\.)?c?[jt]s)/, "(shared)")))].sort();

test("the package holds what it should and nothing else (T94)", () => {
  expect(namesOf(host.files)).toMatchInlineSnapshot(`
    [
      "ARCHITECTURE.md",
      "CHANGELOG.md",
      "CONTRIBUTING.md",
      "LICENSE",
      "README.md",
      "SECURITY.md",
      "dist/(shared).cjs",
      "dist/(shared).cjs.map",
      "dist/(shared).d.cts",
      "dist/(shared).d.ts",
      "dist/(shared).js",
      "dist/(shared).js.map",
      "dist/clamd.cjs",
      "dist/clamd.cjs.map",
      "dist/clamd.d.cts",
      "dist/clamd.d.ts",
      "dist/clamd.js",
      "dist/clamd.js.map",
      "dist/client.cjs",
      "dist/client.cjs.map",
      "dist/client.d.cts",
      "dist/client.d.ts",
      "dist/client.js",
      "dist/client.js.map",
      "dist/command-line.cjs",
      "dist/command-line.cjs.map",
      "dist/express.cjs",
      "dist/express.cjs.map",
      "dist/express.d.cts",
      "dist/express.d.ts",
      "dist/express.js",
      "dist/express.js.map",
      "dist/flows.cjs",
      "dist/flows.cjs.map",
      "dist/flows.d.cts",
      "dist/flows.d.ts",
      "dist/flows.js",
      "dist/flows.js.map",
      "dist/index.cjs",
      "dist/index.cjs.map",
      "dist/index.d.cts",
      "dist/index.d.ts",
      "dist/index.js",
      "dist/index.js.map",
      "dist/local-files.cjs",
      "dist/local-files.cjs.map",
      "dist/local-files.d.cts",
      "dist/local-files.d.ts",
      "dist/local-files.js",
      "dist/local-files.js.map",
      "dist/markup.cjs",
      "dist/markup.cjs.map",
      "dist/markup.d.cts",
      "dist/markup.d.ts",
      "dist/markup.js",
      "dist/markup.js.map",
      "dist/memory.cjs",
      "dist/memory.cjs.map",
      "dist/memory.d.cts",
      "dist/memory.d.ts",
      "dist/memory.js",
      "dist/memory.js.map",
      "dist/opentelemetry.cjs",
      "dist/opentelemetry.cjs.map",
      "dist/opentelemetry.d.cts",
      "dist/opentelemetry.d.ts",
      "dist/opentelemetry.js",
      "dist/opentelemetry.js.map",
      "dist/postgres.cjs",
      "dist/postgres.cjs.map",
      "dist/postgres.d.cts",
      "dist/postgres.d.ts",
      "dist/postgres.js",
      "dist/postgres.js.map",
      "dist/redis.cjs",
      "dist/redis.cjs.map",
      "dist/redis.d.cts",
      "dist/redis.d.ts",
      "dist/redis.js",
      "dist/redis.js.map",
      "dist/s3.cjs",
      "dist/s3.cjs.map",
      "dist/s3.d.cts",
      "dist/s3.d.ts",
      "dist/s3.js",
      "dist/s3.js.map",
      "dist/sharp.cjs",
      "dist/sharp.cjs.map",
      "dist/sharp.d.cts",
      "dist/sharp.d.ts",
      "dist/sharp.js",
      "dist/sharp.js.map",
      "dist/testing.cjs",
      "dist/testing.cjs.map",
      "dist/testing.d.cts",
      "dist/testing.d.ts",
      "dist/testing.js",
      "dist/testing.js.map",
      "dist/websocket.cjs",
      "dist/websocket.cjs.map",
      "dist/websocket.d.cts",
      "dist/websocket.d.ts",
      "dist/websocket.js",
      "dist/websocket.js.map",
      "docs/README.md",
      "docs/access.md",
      "docs/assignment.md",
      "docs/attachments.md",
      "docs/audit.md",
      "docs/benchmarks.md",
      "docs/client.md",
      "docs/command-line.md",
      "docs/comparison.md",
      "docs/concepts.md",
      "docs/configuration.md",
      "docs/consent.md",
      "docs/coverage.md",
      "docs/decisions/0001-dependencies.md",
      "docs/decisions/0002-a-lane-is-a-row-with-counters.md",
      "docs/decisions/0003-verbs-are-functions.md",
      "docs/decisions/0004-a-chat-is-a-row.md",
      "docs/decisions/0005-delivery-status-is-an-order.md",
      "docs/decisions/0006-pglite-is-the-embedded-default.md",
      "docs/decisions/0007-tests-bring-their-servers.md",
      "docs/decisions/0008-one-build-two-formats.md",
      "docs/decisions/0009-arrivals-wait-outside-the-lanes.md",
      "docs/decisions/0010-a-dead-line-is-given-up.md",
      "docs/decisions/0011-a-message-is-amended-beside-itself.md",
      "docs/decisions/0012-one-person-several-addresses.md",
      "docs/decisions/0013-old-messages-stand-before-the-first-event.md",
      "docs/decisions/0014-consent-is-a-ledger.md",
      "docs/decisions/0016-a-pace-is-tokens-in-a-row.md",
      "docs/decisions/0017-sends-are-measured-beside-a-queue.md",
      "docs/decisions/0018-commands-wait-in-a-table-of-their-own.md",
      "docs/decisions/0019-words-are-found-by-stretches.md",
      "docs/decisions/0020-turns-are-taken-in-a-departments-lane.md",
      "docs/decisions/0021-times-are-kept-when-they-happen.md",
      "docs/decisions/0022-the-door-comes-first.md",
      "docs/decisions/0023-files-are-parsed-by-us.md",
      "docs/decisions/0024-a-file-has-a-row-of-its-own.md",
      "docs/decisions/0025-a-run-is-a-row-and-its-place-a-name.md",
      "docs/decisions/0026-open-is-what-the-wall-clock-shows.md",
      "docs/decisions/0027-live-is-a-log-told-by-places.md",
      "docs/decisions/0028-hosts-are-asked-before-a-decision.md",
      "docs/decisions/0029-a-fact-has-its-own-version.md",
      "docs/decisions/0030-ready-flows-are-a-hotels-code.md",
      "docs/decisions/0031-a-runs-moves-are-recorded.md",
      "docs/decisions/0032-a-backlog-is-worked-in-two-batches.md",
      "docs/decisions/0033-a-call-that-has-begun-is-told.md",
      "docs/decisions/0034-a-booking-is-what-answers-are-about.md",
      "docs/decisions/0035-a-phone-has-two-spellings.md",
      "docs/decisions/0036-the-audit-is-sealed-afterwards.md",
      "docs/decisions/0037-a-guest-is-erased-in-steps.md",
      "docs/decisions/0038-a-log-line-is-what-a-list-allows.md",
      "docs/decisions/0039-telemetry-is-put-around-the-ports.md",
      "docs/decisions/0040-the-hotels-own-words-are-masked-at-the-commit.md",
      "docs/decisions/0041-the-command-line-is-one-file.md",
      "docs/decisions/0042-expressions-are-proved-by-recheck.md",
      "docs/decisions/0043-the-bench-is-one-command.md",
      "docs/decisions/0044-tests-are-tried-by-mutants.md",
      "docs/decisions/0046-the-demos-whatsapp-outlives-its-hotel.md",
      "docs/decisions/0047-naughty-strings-come-as-a-package.md",
      "docs/decisions/0048-types-are-linted-in-go.md",
      "docs/decisions/README.md",
      "docs/doctor.md",
      "docs/errors.md",
      "docs/floods.md",
      "docs/flow-endpoint.md",
      "docs/flows.md",
      "docs/getting-started.md",
      "docs/host.md",
      "docs/hours.md",
      "docs/http-api.md",
      "docs/identity.md",
      "docs/images/guest.png",
      "docs/images/staff-dark.png",
      "docs/images/staff-light.png",
      "docs/images/staff-phone.png",
      "docs/live-protocol.md",
      "docs/logs.md",
      "docs/media.md",
      "docs/moving.md",
      "docs/operations.md",
      "docs/ports.md",
      "docs/privacy.md",
      "docs/ready-flows.md",
      "docs/realtime.md",
      "docs/reliability.md",
      "docs/routing.md",
      "docs/scale.md",
      "docs/security.md",
      "docs/sending.md",
      "docs/staff-ui.md",
      "docs/stays.md",
      "docs/storage.md",
      "docs/telemetry.md",
      "docs/telemetry/alerts.yml",
      "docs/telemetry/dashboard.json",
      "docs/templates.md",
      "docs/testing.md",
      "docs/transports.md",
      "examples/custom-storage/README.md",
      "examples/custom-storage/hotel.test.ts",
      "examples/custom-storage/hotel.ts",
      "examples/custom-storage/package.json",
      "examples/custom-storage/sqlite-storage.ts",
      "examples/custom-storage/sqlite/attachments.ts",
      "examples/custom-storage/sqlite/audit.ts",
      "examples/custom-storage/sqlite/commit.ts",
      "examples/custom-storage/sqlite/database.ts",
      "examples/custom-storage/sqlite/documents.ts",
      "examples/custom-storage/sqlite/host.ts",
      "examples/custom-storage/sqlite/lanes.ts",
      "examples/custom-storage/sqlite/live.ts",
      "examples/custom-storage/sqlite/loads.ts",
      "examples/custom-storage/sqlite/messages.ts",
      "examples/custom-storage/sqlite/people.ts",
      "examples/custom-storage/sqlite/privacy.ts",
      "examples/custom-storage/sqlite/reach.ts",
      "examples/custom-storage/sqlite/reads.ts",
      "examples/custom-storage/sqlite/remember.ts",
      "examples/custom-storage/sqlite/senders.ts",
      "examples/custom-storage/sqlite/sends.ts",
      "examples/custom-storage/sqlite/stays.ts",
      "examples/custom-storage/sqlite/templates.ts",
      "examples/custom-storage/storage.test.ts",
      "examples/custom-storage/tsconfig.json",
      "examples/custom-storage/writer.ts",
      "examples/existing-transaction/README.md",
      "examples/existing-transaction/package.json",
      "examples/existing-transaction/pay.test.ts",
      "examples/existing-transaction/told.ts",
      "examples/existing-transaction/tsconfig.json",
      "examples/existing-transaction/with-drizzle.ts",
      "examples/existing-transaction/with-knex.ts",
      "examples/existing-transaction/with-pg.ts",
      "examples/existing-transaction/with-typeorm.ts",
      "examples/express-hotel/README.md",
      "examples/express-hotel/acts.ts",
      "examples/express-hotel/app.ts",
      "examples/express-hotel/assets.ts",
      "examples/express-hotel/clock.ts",
      "examples/express-hotel/config.ts",
      "examples/express-hotel/door.ts",
      "examples/express-hotel/failures.ts",
      "examples/express-hotel/flows.ts",
      "examples/express-hotel/forms/check-in.json",
      "examples/express-hotel/front-desk.ts",
      "examples/express-hotel/hotel-process.ts",
      "examples/express-hotel/hotel.ts",
      "examples/express-hotel/hotels.ts",
      "examples/express-hotel/main.ts",
      "examples/express-hotel/pms.ts",
      "examples/express-hotel/public/guest.css",
      "examples/express-hotel/public/guest.html",
      "examples/express-hotel/public/guest.js",
      "examples/express-hotel/public/guest/attachment.js",
      "examples/express-hotel/public/guest/bubble.js",
      "examples/express-hotel/public/guest/composer.js",
      "examples/express-hotel/public/guest/dom.js",
      "examples/express-hotel/public/guest/form-sheet.js",
      "examples/express-hotel/public/guest/guest-list.js",
      "examples/express-hotel/public/guest/guest-phone.js",
      "examples/express-hotel/public/guest/phones.js",
      "examples/express-hotel/public/guest/scenario-page.js",
      "examples/express-hotel/public/guest/scenarios/check-in.js",
      "examples/express-hotel/public/guest/scenarios/front-desk-day.js",
      "examples/express-hotel/public/guest/scenarios/hotel.js",
      "examples/express-hotel/public/guest/scenarios/index.js",
      "examples/express-hotel/public/guest/scenarios/line-drops.js",
      "examples/express-hotel/public/guest/scenarios/process-killed.js",
      "examples/express-hotel/public/guest/scenarios/reception.js",
      "examples/express-hotel/public/guest/scenarios/three-guests.js",
      "examples/express-hotel/public/guest/simulator.js",
      "examples/express-hotel/public/guest/street-controls.js",
      "examples/express-hotel/public/scenarios.html",
      "examples/express-hotel/public/shared/element.js",
      "examples/express-hotel/public/shared/marked.css",
      "examples/express-hotel/public/shared/marked.js",
      "examples/express-hotel/public/staff.html",
      "examples/express-hotel/public/staff/arrivals.js",
      "examples/express-hotel/public/staff/attachment.js",
      "examples/express-hotel/public/staff/audit.js",
      "examples/express-hotel/public/staff/choices.js",
      "examples/express-hotel/public/staff/composer.js",
      "examples/express-hotel/public/staff/connection-state.js",
      "examples/express-hotel/public/staff/content.js",
      "examples/express-hotel/public/staff/conversation-details.js",
      "examples/express-hotel/public/staff/conversation-list.js",
      "examples/express-hotel/public/staff/conversation-pane.js",
      "examples/express-hotel/public/staff/desk.js",
      "examples/express-hotel/public/staff/dom.js",
      "examples/express-hotel/public/staff/drafts.js",
      "examples/express-hotel/public/staff/emoji.js",
      "examples/express-hotel/public/staff/explain.js",
      "examples/express-hotel/public/staff/files.js",
      "examples/express-hotel/public/staff/flow-progress.js",
      "examples/express-hotel/public/staff/guest-facts.js",
      "examples/express-hotel/public/staff/main.js",
      "examples/express-hotel/public/staff/message-bubble.js",
      "examples/express-hotel/public/staff/message-history.js",
      "examples/express-hotel/public/staff/messages.css",
      "examples/express-hotel/public/staff/notice.js",
      "examples/express-hotel/public/staff/page.css",
      "examples/express-hotel/public/staff/saved-replies.js",
      "examples/express-hotel/public/staff/search-box.js",
      "examples/express-hotel/public/staff/shortcuts.js",
      "examples/express-hotel/public/staff/sign-in.js",
      "examples/express-hotel/public/staff/snooze.js",
      "examples/express-hotel/public/staff/suggestions.js",
      "examples/express-hotel/public/staff/template-picker.js",
      "examples/express-hotel/public/staff/theme.js",
      "examples/express-hotel/public/staff/time.js",
      "examples/express-hotel/public/staff/times.js",
      "examples/express-hotel/public/staff/views.js",
      "examples/express-hotel/public/staff/window-list.js",
      "examples/express-hotel/public/staff/words.js",
      "examples/express-hotel/public/tokens.css",
      "examples/express-hotel/sample-files.ts",
      "examples/express-hotel/samples/film.mp4",
      "examples/express-hotel/samples/photo.png",
      "examples/express-hotel/samples/sticker.webp",
      "examples/express-hotel/samples/voice.ogg",
      "examples/express-hotel/simulator-answers.ts",
      "examples/express-hotel/simulator-files.ts",
      "examples/express-hotel/simulator.ts",
      "examples/express-hotel/street.ts",
      "examples/express-hotel/supervisor.ts",
      "examples/fastify/README.md",
      "examples/fastify/app.test.ts",
      "examples/fastify/app.ts",
      "examples/fastify/main.ts",
      "examples/fastify/package.json",
      "examples/fastify/tsconfig.json",
      "examples/flows/check-in.test.ts",
      "examples/flows/check-in.ts",
      "examples/flows/own-check-in.test.ts",
      "examples/flows/own-check-in.ts",
      "examples/flows/what-if.test.ts",
      "examples/hono/README.md",
      "examples/hono/app.test.ts",
      "examples/hono/app.ts",
      "examples/hono/main.ts",
      "examples/hono/package.json",
      "examples/hono/tsconfig.json",
      "examples/minimal/auto-reply.ts",
      "examples/minimal/hotel.test.ts",
      "examples/minimal/hotel.ts",
      "examples/minimal/say.ts",
      "examples/minimal/server.ts",
      "examples/multi-node/README.md",
      "examples/multi-node/chain.ts",
      "examples/multi-node/hotels.ts",
      "examples/multi-node/main.ts",
      "examples/multi-node/node.ts",
      "examples/multi-node/nodes.test.ts",
      "examples/multi-node/package.json",
      "examples/multi-node/shards.ts",
      "examples/multi-node/tsconfig.json",
      "examples/nest/README.md",
      "examples/nest/package.json",
      "examples/nest/src/bookings.controller.ts",
      "examples/nest/src/desk.module.ts",
      "examples/nest/src/main.ts",
      "examples/nest/test/hotel.test.ts",
      "examples/nest/tsconfig.build.json",
      "examples/nest/tsconfig.json",
      "examples/shadow/comparison.ts",
      "examples/shadow/shadow.test.ts",
      "examples/shadow/shadow.ts",
      "examples/stays/arrivals.test.ts",
      "examples/stays/arrivals.ts",
      "package.json",
    ]
  `);
});

test("what its documents link to is in it", () => {
  const dead = host.matching(/\.md$/).flatMap((file) =>
    [...host.text(file).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .map(([, path]) => join(dirname(file), path!))
      .filter((path) => !existsSync(join(host.installed, path)))
      .map((path) => `${file} -> ${path}`),
  );
  expect(dead).toEqual([]);
});

/** `whole`: what is published is built anew, as `.ci/run` does from a fresh clone. */
const PACKED = process.env["PACKED"];

test("a checkout that nobody has built packs the same files: publishing hangs on nothing done before", () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "belldesk-checkout-"));
  const absent = new Set(["node_modules", "dist", ".git", ".cache", ".data", "coverage"]);
  try {
    const checkout = join(elsewhere, "checkout");
    cpSync(repository, checkout, { recursive: true, filter: (file) => !absent.has(basename(file)) });
    symlinkSync(join(repository, "node_modules"), join(checkout, "node_modules"), "junction");
    if (PACKED !== "whole") buildsByCopying(checkout);
    pack(checkout, join(elsewhere, "packed"));
    expect(namesOf(filesIn(join(elsewhere, "packed")))).toEqual(namesOf(host.files));
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
}, 300_000);

/** A build takes a minute: what it has made here is what it makes there. */
function buildsByCopying(checkout: string): void {
  const copy = `import { cpSync } from "node:fs"; cpSync(${JSON.stringify(join(repository, "dist"))}, "dist", { recursive: true });`;
  writeFileSync(join(checkout, "copy.mjs"), copy);
  const copying = { ...manifest, scripts: { ...manifest.scripts, build: "node copy.mjs" } };
  writeFileSync(join(checkout, "package.json"), JSON.stringify(copying));
}

test("nothing that breaks it on purpose is in it: no failpoint, neither code nor name", () => {
  const code = host.matching(/\.(c?js|d\.c?ts)$/);
  const names = [...FAILPOINTS, "failpoint", "BELLDESK_FAILPOINTS"];
  expect(
    code.filter((file) => names.some((name) => host.text(file).toLowerCase().includes(name.toLowerCase()))),
  ).toEqual([]);
  // What the builds that are broken have, so that looking for it proves something.
  const { program } = buildBreakableHost();
  const dist = join(dirname(program), "node_modules/belldesk/dist");
  const breakable = readdirSync(dist)
    .filter((file) => /\.c?js$/.test(file))
    .map((file) => readFileSync(join(dist, file), "utf8"))
    .join();
  const written = (name: string) =>
    name.replace(/^(inbound|outbound|timer|command|assignment|media)(?=\.claim)/, "${kind}");
  expect(
    FAILPOINTS.filter(
      (name) => !breakable.includes(`failpoint("${name}")`) && !breakable.includes(`failpoint(\`${written(name)}\`)`),
    ),
  ).toEqual([]);
}, 300_000);

test("no file in it knows the machine that built it", () => {
  const telling = [repository, tmpdir() + "/", process.env["HOME"]].filter(
    (path) => path !== undefined && path.length > 2,
  );
  expect(host.files.filter((file) => telling.some((path) => host.text(file).includes(path!)))).toEqual([]);
});

test("every source map carries its sources: files of this repository, and in CommonJS what tsup adds and the libraries that have no CommonJS of their own", () => {
  const ours = /^(src|adapters)\//;
  const bundled =
    /^(scripts\/no-debug\.mjs$|node_modules\/(tsup\/assets|file-type|strtok3|token-types|ieee754|uint8array-extras|@tokenizer\/inflate|@borewit\/text-codec|commander|cli-progress|string-width|strip-ansi|ansi-regex|emoji-regex|is-fullwidth-code-point)\/)/;
  for (const file of host.matching(/\.map$/)) {
    const map = JSON.parse(host.text(file)) as { sources: string[]; sourcesContent?: (string | null)[] };
    for (const [index, source] of map.sources.entries()) {
      const from = join(dirname(file), source);
      if (!file.endsWith(".cjs.map") || !bundled.test(from)) expect(from, file).toMatch(ours);
      expect(map.sourcesContent?.[index], `${file}: ${source}`).toBeTypeOf("string");
    }
  }
});

test("installing it runs nothing (T91)", () => {
  const lifecycle = ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];
  expect(Object.keys(manifest.scripts).filter((name) => lifecycle.includes(name))).toEqual([]);
});

describe("what it depends on", () => {
  interface LockEntry {
    readonly version?: string;
    readonly resolved?: string;
    readonly integrity?: string;
    readonly bin?: Record<string, string>;
    readonly link?: boolean;
    readonly hasInstallScript?: boolean;
    readonly dependencies?: Record<string, string>;
    readonly optionalDependencies?: Record<string, string>;
  }
  const lock = (readJson("package-lock.json") as { packages: Record<string, LockEntry> }).packages;

  test("is this list and no more (T95)", () => {
    expect(Object.keys(manifest.dependencies).sort()).toEqual([
      "content-disposition",
      "eventemitter3",
      "file-type",
      "libphonenumber-js",
      "rate-limiter-flexible",
      "temporal-polyfill",
      "undici",
      "uuidv7",
      "zod",
    ]);
  });

  test("is above the versions known to be bad (T96)", () => {
    const floors = { undici: "7.29.1", "file-type": "21.3.1", qs: "6.14.2", "body-parser": "1.20.3", vitest: "4.1.0" };
    for (const [path, { version }] of Object.entries(lock)) {
      const floor = Object.entries(floors).find(([name]) => path.endsWith(`node_modules/${name}`))?.[1];
      if (floor !== undefined && version !== undefined)
        expect(atLeast(version, floor), `${path} ${version}`).toBe(true);
    }
    expect(atLeast(manifest.dependencies["undici"]!.replace("^", ""), floors.undici)).toBe(true);
  });

  /** What a host installs with the package. */
  const installed = (): readonly string[] => {
    const reached = new Set<string>();
    const visit = (name: string) => {
      if (reached.has(name)) return;
      reached.add(name);
      Object.keys(lock[`node_modules/${name}`]?.dependencies ?? {}).forEach(visit);
    };
    Object.keys(manifest.dependencies).forEach(visit);
    return [...reached];
  };

  // A version that somebody took over is mostly found out within days. Tests ask no registry: whoever takes another version looks it up
  // (`npm view zod time`) and writes it down.
  test("was a week old when it was taken (T93)", () => {
    const WEEK_MS = 7 * 86_400_000;
    const dates = readJson("test/fixtures/released.json") as Record<string, { released: string; taken: string }>;
    const names = installed().map((name) => `${name}@${lock[`node_modules/${name}`]?.version ?? ""}`);
    expect(Object.keys(dates).toSorted()).toEqual(names.toSorted());
    const young = Object.entries(dates).filter(
      ([, { released, taken }]) => !(Date.parse(taken) - Date.parse(released) >= WEEK_MS),
    );
    expect(young).toEqual([]);
  });

  test("runs no install script in a host (T91)", () => {
    expect(installed().filter((name) => lock[`node_modules/${name}`]?.hasInstallScript)).toEqual([]);
  });

  test("is locked whole, for every platform (T92)", () => {
    const holes = Object.entries(lock).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.entries(optionalDependencies)
        .filter(([name, range]) => !locked(lookup(lock, path, name), range))
        .map(([name]) => `${path} -> ${name}`),
    );
    expect(holes).toEqual([]);
  });

  test("is locked by its checksum, and to no registry of whoever locked it (T92)", () => {
    const packages = Object.entries(lock).filter(([path, { link }]) => path.includes("node_modules/") && !link);
    expect(packages.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path)).toEqual([]);
    expect(packages.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
  });

  test("puts no Node of its own before the machine's: npm's scripts run on the one that is installed", () => {
    // What stands right in node_modules has its programs in node_modules/.bin, which npm puts first on the PATH.
    const first = Object.entries(lock).filter(([path, { bin }]) => path.startsWith("node_modules/") && bin?.["node"]);
    expect(first.map(([path]) => path)).toEqual([]);
  });
});

/** The entry of a lock file for a dependency of the package at `path`, looked for as Node would. */
function lookup<Entry>(lock: Record<string, Entry>, path: string, name: string): Entry | undefined {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    const entry = lock[at === "" ? `node_modules/${name}` : `${at}/node_modules/${name}`];
    if (entry !== undefined || at === "") return entry;
  }
}

/** A platform's package is mostly asked for by its exact version; another version's entry is a hole too. */
const locked = (entry: { readonly version?: string } | undefined, range: string): boolean =>
  entry !== undefined && (!/^\d/.test(range) || entry.version === range);

function atLeast(version: string, floor: string): boolean {
  const numbers = (text: string) => text.split("-")[0]!.split(".").map(Number);
  const [a, b] = [numbers(version), numbers(floor)];
  const differs = b.findIndex((part, index) => part !== a[index]);
  return differs === -1 || a[differs]! > b[differs]!;
}
