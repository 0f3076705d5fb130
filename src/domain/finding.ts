/** What one look at the installation came to; nothing in it is a guest's, and no token or secret. */
export interface Finding {
  /** What was looked at, e.g. `"postgres.fsync"`. Stable: `CHECKS` has those of this package, adapters have their own besides. */
  readonly check: string;
  /**
   * `"ok"`. `"warning"`: it works, and may not later. `"problem"`: something does not work, or what was acknowledged may be lost.
   * `"unknown"`: it could not be looked at, and `advice` says what that takes.
   */
  readonly level: "ok" | "warning" | "problem" | "unknown";
  /** The hotel, number, account or kind of work that it is about; absent where it is about the whole. */
  readonly about?: string;
  readonly says: string;
  /** What to do about it; null where there is nothing to do. */
  readonly advice: string | null;
}

/** What `doctor()` looks at. */
export const CHECKS = {
  storage: "the storage opens",
  schema: "the database has the tables of this release",
  clock: "this machine, the database and WhatsApp agree on the time",
  "postgres.server": "the server is a PostgreSQL that the desk can write to",
  "postgres.fsync": "what is committed survives a crash of the server and a power cut",
  "postgres.synchronous_commit": "a commit is answered once it is durable",
  "postgres.isolation": "statements see what was committed before they began",
  "postgres.idle_in_transaction": "a transaction that somebody forgot ends by itself",
  "postgres.old_transaction": "no transaction is open for so long that nothing is cleaned up",
  "postgres.pool": "the pool is large enough for what the desk does at once",
  "postgres.connections": "the server has connections left",
  "pglite.power_loss": "what is committed survives a power cut",
  "memory.gone": "what is stored survives the end of the process",
  "whatsapp.token": "WhatsApp takes the number's access token, and will for a while",
  "whatsapp.number": "the number is WhatsApp's, may send, and belongs to the hotel's account",
  "whatsapp.secret": "the app secrets are those of the app that WhatsApp signs as",
  "whatsapp.subscription": "WhatsApp tells this app what happens in the hotel's account",
  "whatsapp.fields": "the app is subscribed to the webhook fields that the desk lives on",
  "whatsapp.templates": "the desk knows the templates as WhatsApp has them",
  "webhook.handshake": "the webhook's address answers WhatsApp's handshake",
  "webhook.door": "the webhook's address takes what is signed, as it was signed",
  "work.waiting": "nothing waits for longer than it should",
  "work.stuck": "no work is held by a process that is gone",
  "work.dead": "no work was set aside",
} as const;
/** What the doctor looks at. */
export type Check = keyof typeof CHECKS;
