import { z } from "zod";
import { PERMISSIONS } from "../domain/access.js";
import { PREVIEW_GRAPHEMES } from "../domain/text.js";
import { LIVE_LIMITS } from "../live/limits.js";
import { agesOf, Bytes, MediaLimitsSchema, MediaRetentionSchema, MediaTypesSchema } from "./keeping-schema.js";
import { DAY_MS, secretText, whole } from "./values.js";

const Permissions = z.array(z.enum(PERMISSIONS, "no permission of the desk"));
export const RolesSchema = z.record(
  z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, "1 to 64 of a-z, A-Z, 0-9, _ and -, beginning with a letter"),
  z.union([Permissions, z.strictObject({ permissions: Permissions, replaces: z.literal(true) })]),
);

const perMinute = z.int().min(1).max(1_000_000).nullable();

export const Settings = z.strictObject({
  webhook: z.strictObject({
    appSecrets: z.array(secretText(8, "an app secret: at least 8 characters")).min(1),
    verifyToken: secretText(8, "at least 8 characters, hard to guess"),
    appId: z
      .string()
      .regex(/^\d{1,32}$/, "Meta's id of the app: digits only")
      .optional(),
    deadlineMs: whole(100, 30_000).default(2_000),
    dedupRetentionMs: whole(8 * DAY_MS, 365 * DAY_MS).default(30 * DAY_MS),
    maskCardNumbers: z.boolean().default(true),
  }),
  cursorSecrets: z.array(secretText(32, "at least 32 characters, hard to guess")).min(1).optional(),
  work: z
    .strictObject({
      leaseMs: whole(1_000, 300_000).default(8_000),
      pollMs: whole(10, 60_000).default(1_000),
      attempts: z.int().min(1).max(100).default(5),
      retryBaseMs: whole(1, 60_000).default(200),
      retryCapMs: whole(1, 3_600_000).default(30_000),
      inboundLanes: z.int().min(1).max(10_000).default(200),
    })
    .prefault({}),
  outbound: z
    .strictObject({
      concurrency: z.int().min(1).max(1_000).default(50),
      retryBaseMs: whole(1, 60_000).default(1_000),
      retryCapMs: whole(1, 3_600_000).default(60_000),
      maxAgeMs: whole(1_000, DAY_MS).default(3_600_000),
      probeMs: whole(100, 3_600_000).default(60_000),
      paceGuests: z.boolean().default(true),
    })
    .prefault({}),
  translation: z
    .strictObject({
      deadlineMs: whole(100, 300_000).default(10_000),
      attempts: z.int().min(1).max(100).default(4),
      concurrency: whole(1, 100).default(5),
    })
    .prefault({}),
  routing: z
    .strictObject({
      minConfidence: z.number().min(0).max(1).default(0.5),
      deadlineMs: whole(10, 60_000).default(2_000),
      concurrency: z.int().min(1).max(1_000).default(20),
    })
    .prefault({}),
  media: z
    .strictObject({
      limits: MediaLimitsSchema.default({}),
      types: MediaTypesSchema.optional(),
      quotas: z
        .strictObject({
          hotelBytes: Bytes.default(null),
          guestBytes: Bytes.default(1_000_000_000),
        })
        .prefault({}),
      retention: MediaRetentionSchema.default({}),
      concurrency: whole(1, 100).default(8),
      deadlineMs: whole(1_000, 3_000_000).default(600_000),
      minBytesPerSecond: z.int().min(1).max(1_000_000_000).default(1_024),
      attempts: z.int().min(1).max(100).default(8),
      retryBaseMs: whole(1, 3_600_000).default(2_000),
      retryCapMs: whole(1, DAY_MS).default(300_000),
      sweepMs: whole(100, DAY_MS).default(600_000),
    })
    .prefault({}),
  retention: z
    .strictObject({
      // Erasures that were broken off are gone on with a minute later; what is too old is looked for once an hour.
      everyMs: whole(100, DAY_MS).default(60_000),
      pruneMs: whole(100, 30 * DAY_MS).default(3_600_000),
      ...agesOf(whole(1, 36_500).optional()),
    })
    .prefault({}),
  live: z
    .strictObject({
      helloMs: whole(100, 60_000).default(LIVE_LIMITS.helloMs),
      authenticateMs: whole(100, 60_000).default(LIVE_LIMITS.authenticateMs),
      pingMs: whole(100, 300_000).default(LIVE_LIMITS.pingMs),
      idleMs: whole(1_000, DAY_MS).default(LIVE_LIMITS.idleMs),
      frameBytes: whole(1_024, 1_048_576).default(LIVE_LIMITS.frameBytes),
      framesPerSecond: whole(1, 10_000).default(LIVE_LIMITS.framesPerSecond),
      framesAtOnce: whole(1, 10_000).default(LIVE_LIMITS.framesAtOnce),
      commandsWaiting: whole(1, 1_000).default(LIVE_LIMITS.commandsWaiting),
      connectionsPerPrincipal: whole(1, 10_000).default(LIVE_LIMITS.connectionsPerPrincipal),
      waitingPerIp: whole(1, 100_000).default(LIVE_LIMITS.waitingPerIp),
      waitingPerProxy: whole(1, 1_000_000).default(LIVE_LIMITS.waitingPerProxy),
      queueBytes: whole(65_536, 67_108_864).default(LIVE_LIMITS.queueBytes),
      stallMs: whole(100, 60_000).default(LIVE_LIMITS.stallMs),
      pollMs: whole(10, 60_000).default(LIVE_LIMITS.pollMs),
      revocationsMs: whole(10, 10_000).default(LIVE_LIMITS.revocationsMs),
      catchUpEvents: whole(1, 1_000_000).default(LIVE_LIMITS.catchUpEvents),
      admitted: whole(1, 1_000).default(LIVE_LIMITS.admitted),
      waiting: whole(1, 1_000_000).default(LIVE_LIMITS.waiting),
      recentBytes: whole(0, 268_435_456).default(LIVE_LIMITS.recentBytes),
    })
    .prefault({}),
  floods: z
    .strictObject({
      unsignedPerMinute: perMinute.default(60),
      unauthenticatedPerMinute: perMinute.default(300),
      commandsPerMinute: perMinute.default(600),
    })
    .prefault({}),
  lists: z
    .strictObject({
      // No more is stored.
      previewGraphemes: whole(1, PREVIEW_GRAPHEMES).default(PREVIEW_GRAPHEMES),
    })
    .prefault({}),
  audit: z.strictObject({ sealMs: whole(100, 3_600_000).default(10_000) }).prefault({}),
  lookups: z
    .strictObject({
      freshMs: whole(1, 300_000).default(5_000),
      staleMs: whole(1, 7 * DAY_MS).default(3_600_000),
      deadlineMs: whole(10, 30_000).default(1_000),
    })
    .refine(({ freshMs, staleMs }) => staleMs >= freshMs, { path: ["staleMs"], message: "at least freshMs" })
    .prefault({}),
});

export type Settings = z.output<typeof Settings>;
