/**
 * What a column tells about a person.
 * - `none`: nothing: states, numbers, instants, codes, what the hotel itself wrote into its set-up.
 * - `pseudonym`: an id that stands for a guest or a staff member, or leads to one.
 * - `personal`: a name, an address, or what one can be read from. WhatsApp's message ids hold the phone number.
 * - `content`: what somebody said.
 * - `secret`: what opens something. Tokens stay with the host, so no column holds one.
 */
export type PrivacyClass = "none" | "pseudonym" | "personal" | "content" | "secret";

/**
 * The privacy class of every column of every table. What erases, exports or prunes goes by this list, so that it is
 * complete by construction; a column that is missing here fails a test.
 */
export const PRIVACY = {
  migrations: { id: "none", name: "none", breaking: "none", checksum: "none", applied_at: "none" },
  settings: { singleton: "none", clock_offset: "none" },
  hotel_counters: { hotel_id: "none", last_event: "none" },

  // A hash of WhatsApp's message id: nobody reads it back, but whoever has the id finds it.
  dedup_keys: { hotel_id: "none", hash: "pseudonym", seen_at: "none" },
  arrivals: {
    hotel_id: "none",
    seq: "none",
    phone_number_id: "none",
    guest_id: "pseudonym",
    id: "pseudonym",
    created_at: "none",
  },
  webhook_attempts: {
    hotel_id: "none",
    id: "pseudonym",
    kind: "none",
    outcome: "none",
    guest_id: "pseudonym",
    raw: "content",
    received_at: "none",
  },

  guests: { hotel_id: "none", id: "pseudonym", name: "personal", display_name: "personal", created_at: "none" },
  guest_addresses: {
    hotel_id: "none",
    kind: "none",
    value: "personal",
    guest_id: "pseudonym",
    evidence: "pseudonym",
    first_seen_at: "none",
  },
  chats: {
    hotel_id: "none",
    phone_number_id: "none",
    guest_id: "pseudonym",
    version: "none",
    current_conversation_id: "pseudonym",
    last_inbound_at: "none",
    window_closes_at: "none",
    menu_sent_at: "none",
  },

  conversations: {
    hotel_id: "none",
    id: "pseudonym",
    guest_id: "pseudonym",
    phone_number_id: "none",
    department_id: "none",
    mode: "none",
    status: "none",
    speaker: "none",
    version: "none",
    last_seq: "none",
    read_seq: "none",
    created_at: "none",
    last_message_at: "none",
    last_message_preview: "content",
    last_message_from: "none",
    last_guest_message_at: "none",
    closed_at: "none",
    continued_in: "pseudonym",
  },
  conversation_participants: {
    hotel_id: "none",
    conversation_id: "pseudonym",
    kind: "none",
    participant_id: "pseudonym",
    read_seq: "none",
    joined_at: "none",
  },
  messages: {
    hotel_id: "none",
    id: "pseudonym",
    conversation_id: "pseudonym",
    seq: "none",
    event_seq: "none",
    direction: "none",
    author_kind: "none",
    author_id: "pseudonym",
    author_name: "personal",
    content: "content",
    search_text: "content",
    status: "none",
    failure: "none",
    wamid: "personal",
    quoted_wamid: "personal",
    context: "content",
    attempt_id: "pseudonym",
    intent_epoch: "none",
    client_message_id: "pseudonym",
    is_flow: "none",
    flow_id: "none",
    flow_step: "none",
    flow_step_result: "none",
    reasons: "pseudonym",
    sent_at: "none",
    created_at: "none",
  },
  prompts: {
    hotel_id: "none",
    id: "pseudonym",
    guest_id: "pseudonym",
    phone_number_id: "none",
    conversation_id: "pseudonym",
    message_id: "pseudonym",
    kind: "none",
    options: "none",
    created_at: "none",
  },

  lanes: {
    hotel_id: "none",
    kind: "none",
    phone_number_id: "none",
    guest_id: "pseudonym",
    epoch: "none",
    leased_until: "none",
    due_at: "none",
    waits_until: "none",
    held_for: "none",
    enqueued: "none",
    done: "none",
  },
  work: {
    hotel_id: "none",
    kind: "none",
    phone_number_id: "none",
    guest_id: "pseudonym",
    position: "none",
    id: "pseudonym",
    attempts: "none",
    payload: "content",
    code: "none",
    created_at: "none",
    dead_at: "none",
  },
  parked_statuses: {
    hotel_id: "none",
    wamid: "personal",
    status: "none",
    failure: "none",
    at: "none",
    parked_at: "none",
  },

  events: {
    hotel_id: "none",
    seq: "none",
    at: "none",
    conversation_id: "pseudonym",
    department_id: "none",
    body: "pseudonym",
  },
  audit_entries: {
    hotel_id: "none",
    id: "none",
    actor_kind: "none",
    actor_id: "pseudonym",
    action: "none",
    // Staff write it.
    reason: "content",
    target_kind: "none",
    target_id: "pseudonym",
    at: "none",
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, PrivacyClass>>>>;
