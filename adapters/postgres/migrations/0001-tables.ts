import type { Migration } from "../migrate.js";

/** Ids are compared by their bytes, whatever the database's language: one order everywhere, and nothing to collate. */
const ID = 'text collate "C"';

/**
 * The tables. Each begins with `hotel_id`, so that the whole can be sharded or partitioned by hotel. What a guest wrote
 * is JSON text in `text` columns, where NUL and lone surrogates stay escaped; PostgreSQL cannot hold them otherwise.
 *
 * Among indexes that seem to cost the same, which in a small table all of the hotel's do, PostgreSQL takes the newest, and a
 * connection keeps to it while the table grows. So the index by which single rows are looked up is made last.
 */
export const tables: Migration = {
  id: 1,
  name: "tables",
  breaking: true,
  sql: (schema) => `
    create table ${schema}.settings (
      singleton boolean primary key default true check (singleton),
      clock_offset interval not null default '0'
    );
    insert into ${schema}.settings default values;

    -- Every instant the desk reads comes from here: all processes agree, and a test can shift it for all of them.
    create function ${schema}.desk_now() returns timestamptz language sql stable as
      $$ select date_trunc('milliseconds', now() + clock_offset) from ${schema}.settings where singleton $$;

    -- One row a hotel: the number of its newest event. Locked last by whoever writes events.
    create table ${schema}.hotel_counters (
      hotel_id ${ID} primary key,
      last_event bigint not null default 0
    ) with (fillfactor = 50);

    -- Narrow, and apart from the raw items, which are erased and pruned sooner.
    create table ${schema}.dedup_keys (
      hotel_id ${ID} not null,
      hash bytea not null,
      seen_at timestamptz not null,
      primary key (hotel_id, hash)
    );

    create table ${schema}.webhook_attempts (
      hotel_id ${ID} not null,
      id ${ID} not null,
      kind text not null,
      outcome text not null check (outcome in ('work', 'kept', 'too_old')),
      guest_id ${ID},
      raw text not null,
      received_at timestamptz not null,
      primary key (hotel_id, id)
    );
    -- What nobody acts upon. A hotel's delivery reports, which are most of all that comes, are joined into their messages.
    create index webhook_attempts_kept on ${schema}.webhook_attempts (hotel_id, received_at desc, id desc)
      where outcome <> 'work' and (kind <> 'status' or hotel_id = 'unrouted');
    -- What a later release may understand.
    create index webhook_attempts_raw on ${schema}.webhook_attempts (hotel_id, id) where outcome = 'kept' and kind <> 'status';

    create table ${schema}.guests (
      hotel_id ${ID} not null,
      id ${ID} not null,
      name text,
      display_name text,
      username text,
      -- BCP 47: what they said they speak.
      language text,
      -- The words by which they are found.
      name_words text,
      username_words text,
      -- Who this guest turned out to be. Nothing of theirs moves, so that it can be undone.
      merged_into ${ID},
      created_at timestamptz not null,
      primary key (hotel_id, id)
    );
    create index guests_merged on ${schema}.guests (hotel_id, merged_into) where merged_into is not null;

    create table ${schema}.guest_addresses (
      hotel_id ${ID} not null,
      kind text not null check (kind in ('bsuid', 'parentBsuid', 'waId')),
      value ${ID} not null,
      guest_id ${ID} not null,
      -- Whose it was before merges, and is again when they are undone; null: the guest's own.
      origin_id ${ID},
      evidence ${ID},
      first_seen_at timestamptz not null,
      -- Since when the guest has another in its place: it still says who they are, and nothing is sent to it.
      retired_at timestamptz,
      primary key (hotel_id, kind, value)
    );
    create index guest_addresses_guest on ${schema}.guest_addresses (hotel_id, guest_id);
    create index guest_addresses_origin on ${schema}.guest_addresses (hotel_id, origin_id) where origin_id is not null;

    -- Append-only: what passed to somebody else, as it stood, with what ended it.
    create table ${schema}.former_addresses (
      hotel_id ${ID} not null,
      kind text not null,
      value ${ID} not null,
      guest_id ${ID} not null,
      evidence ${ID},
      first_seen_at timestamptz not null,
      ended_at timestamptz not null,
      ended_by ${ID} not null,
      primary key (hotel_id, kind, value, guest_id, ended_at)
    );
    create index former_addresses_guest on ${schema}.former_addresses (hotel_id, guest_id);

    create table ${schema}.chats (
      hotel_id ${ID} not null,
      phone_number_id ${ID} not null,
      guest_id ${ID} not null,
      version integer not null,
      current_conversation_id ${ID},
      last_inbound_at timestamptz,
      window_closes_at timestamptz,
      menu_sent_at timestamptz,
      rating_prompt_id ${ID},
      away_until timestamptz,
      staff_wrote_at timestamptz,
      -- What the desk has said by itself of late: all null before it said anything.
      automated_since timestamptz,
      automated_count integer,
      automated_row integer,
      automated_at timestamptz,
      automated_heard integer,
      primary key (hotel_id, phone_number_id, guest_id)
    ) with (fillfactor = 70);

    create table ${schema}.conversations (
      hotel_id ${ID} not null,
      id ${ID} not null,
      guest_id ${ID} not null,
      phone_number_id ${ID} not null,
      department_id ${ID},
      mode text not null check (mode in ('service', 'flow')),
      status text not null check (status in ('open', 'closed')),
      speaker text not null check (speaker in ('bot', 'human')),
      version integer not null,
      last_seq integer not null,
      read_seq integer not null,
      created_at timestamptz not null,
      last_message_at timestamptz not null,
      last_message_preview text not null,
      preview_message_id ${ID},
      last_message_from text not null check (last_message_from in ('guest', 'staff', 'bot', 'system')),
      last_guest_message_at timestamptz,
      waiting_since timestamptz,
      closed_at timestamptz,
      continued_in ${ID},
      imported boolean not null,
      -- What staff do with it.
      assignee_id ${ID},
      priority text not null default 'normal' check (priority in ('normal', 'high', 'urgent')),
      tags text[] not null default '{}',
      snoozed_until timestamptz,
      -- What first response and resolution are measured in: since it was opened (again), who was waited for and who answered.
      episode integer not null default 1,
      episode_at timestamptz not null default now(),
      asked_at timestamptz,
      answered_at timestamptz,
      answered_by ${ID},
      -- JSON text: what the guest was asked, how it was, and what they said.
      rating text
    ) with (fillfactor = 70);
    create index conversations_list on ${schema}.conversations (hotel_id, last_message_at desc, id desc);
    -- What stands open, newest message first: every live connection begins with it. Made before the index by which a guest's are found,
    -- or each guest would be looked for among all that stand open.
    create index conversations_open on ${schema}.conversations (hotel_id, last_message_at desc, id desc) where status = 'open';
    alter table ${schema}.conversations add primary key (hotel_id, id);
    -- One open conversation for each guest, department and mode: the database decides, not a check in code.
    create unique index conversations_one_open on ${schema}.conversations
      (hotel_id, guest_id, coalesce(department_id, ''), mode) where status = 'open';
    create index conversations_continued on ${schema}.conversations (hotel_id, continued_in) where continued_in is not null;
    create index conversations_closed on ${schema}.conversations (hotel_id, guest_id) where status = 'closed';
    -- What may be unread, and in closed conversations is shown where another goes on.
    create index conversations_unread on ${schema}.conversations (hotel_id, last_message_at desc, id desc) where read_seq < last_seq;
    create index conversations_unread_continued on ${schema}.conversations (hotel_id, continued_in)
      where continued_in is not null and read_seq < last_seq;
    -- Who waits for an answer, the longest first.
    create index conversations_waiting on ${schema}.conversations (hotel_id, waiting_since, id)
      where waiting_since is not null and status = 'open';
    -- Old messages out of the phone app that no conversation goes on with yet.
    create index conversations_imported on ${schema}.conversations (hotel_id, guest_id, phone_number_id)
      where imported;

    create table ${schema}.conversation_participants (
      hotel_id ${ID} not null,
      conversation_id ${ID} not null,
      kind text not null check (kind in ('guest', 'staff', 'bot')),
      participant_id ${ID} not null,
      read_seq integer not null,
      joined_at timestamptz not null,
      primary key (hotel_id, conversation_id, kind, participant_id)
    );

    create table ${schema}.messages (
      hotel_id ${ID} not null,
      id ${ID} not null,
      conversation_id ${ID} not null,
      seq integer not null,
      -- The number of its event; below 0 when it was imported.
      event_seq bigint not null,
      direction text not null check (direction in ('inbound', 'outbound', 'internal')),
      author_kind text not null check (author_kind in ('guest', 'staff', 'bot', 'device')),
      author_id ${ID},
      author_name text,
      content text not null,
      -- The template that takes its place when the window has closed, and whether it did.
      fallback text,
      sent_fallback boolean not null default false,
      -- The words by which it is found, as they are shown now.
      search_text text not null,
      status text not null check (status in ('received', 'noted', 'queued', 'sending', 'unknown', 'sent', 'failed', 'delivered', 'read', 'played')),
      failure text,
      billing text,
      wamid ${ID},
      quoted_wamid ${ID},
      context text,
      attempt_id ${ID},
      -- Which epoch of its lane intended the last send.
      intent_epoch bigint,
      client_message_id ${ID},
      is_flow boolean not null,
      flow_id ${ID},
      flow_run_id ${ID},
      flow_step text,
      flow_step_result text check (flow_step_result in ('pending', 'succeeded', 'failed', 'skipped', 'expired')),
      reasons text not null,
      sent_at timestamptz not null,
      created_at timestamptz not null,
      check (is_flow = (flow_id is not null) and is_flow = (flow_step is not null) and is_flow = (flow_step_result is not null))
    ) with (fillfactor = 85);
    create index messages_history on ${schema}.messages (hotel_id, conversation_id, event_seq desc);
    -- Unread: a guest's messages after a number.
    create unique index messages_seq on ${schema}.messages (hotel_id, conversation_id, seq) include (direction);
    create unique index messages_client_id on ${schema}.messages (hotel_id, author_id, client_message_id)
      where client_message_id is not null;
    -- What a later release may understand, by the webhook attempt where its raw JSON stands.
    create index messages_unknown on ${schema}.messages (hotel_id, attempt_id) where content = '{"type":"unknown"}';
    alter table ${schema}.messages add primary key (hotel_id, id);

    -- Which message WhatsApp knows by an id. Not an index of messages: one learns its id when it has been sent, and would then be
    -- entered anew in each index that it stands in.
    create table ${schema}.wamids (
      hotel_id ${ID} not null,
      wamid ${ID} not null,
      message_id ${ID} not null,
      primary key (hotel_id, wamid)
    );

    -- Append-only: what was done to messages after they were sent, also before the message itself came.
    create table ${schema}.message_amendments (
      hotel_id ${ID} not null,
      wamid ${ID} not null,
      id ${ID} not null,
      guest_id ${ID} not null,
      by text not null check (by in ('guest', 'device')),
      act text not null,
      at timestamptz not null,
      attempt_id ${ID} not null,
      -- By what words its message is found when this is what it shows; null: it changes none.
      words text,
      primary key (hotel_id, wamid, id)
    );

    create table ${schema}.prompts (
      hotel_id ${ID} not null,
      id ${ID} not null,
      guest_id ${ID} not null,
      phone_number_id ${ID} not null,
      conversation_id ${ID} not null,
      message_id ${ID} not null,
      kind text not null check (kind in ('departmentMenu', 'rating', 'flow')),
      options text not null,
      created_at timestamptz not null
    );
    create index prompts_newest on ${schema}.prompts (hotel_id, conversation_id, created_at desc);
    alter table ${schema}.prompts add primary key (hotel_id, id);

    -- What was remembered and stands in no lane yet. A webhook's answer waits for this row only: never for a lane, which
    -- somebody may be committing. Claiming moves arrivals into their lanes, in the order of seq.
    create table ${schema}.arrivals (
      hotel_id ${ID} not null,
      seq bigint generated always as identity,
      phone_number_id ${ID} not null,
      guest_id ${ID} not null,
      id ${ID} not null,
      created_at timestamptz not null,
      primary key (hotel_id, seq)
    );

    -- A lane is a row, so that claiming locks it: a queue without one hands a key to two processes when commits overlap.
    -- pending work = enqueued - done, counted on the row itself, so that no arrival is ever missed.
    create table ${schema}.lanes (
      hotel_id ${ID} not null,
      kind text not null check (kind in ('inbound', 'command', 'outbound', 'media', 'timer', 'assignment', 'translation')),
      phone_number_id ${ID} not null,
      guest_id ${ID} not null,
      epoch bigint not null default 0,
      leased_until timestamptz,
      due_at timestamptz,
      -- What arrives while the lane is empty waits until then: a send of unknown fate holds its followers.
      waits_until timestamptz,
      -- The message on whose fate it waits; once that is known, it waits no longer.
      held_for ${ID},
      -- WhatsApp asked to send nothing to this guest before.
      not_before timestamptz,
      -- When a guest who is sent one message every six seconds would have got all that was sent to them.
      pair_at timestamptz,
      -- It has urgent items: it goes before the number's others, and they before the lane's others.
      urgent boolean not null default false,
      enqueued bigint not null,
      done bigint not null default 0,
      primary key (hotel_id, kind, phone_number_id, guest_id)
    ) with (fillfactor = 50);
    create index lanes_due on ${schema}.lanes (hotel_id, kind, due_at) where due_at is not null and kind <> 'outbound';
    create index lanes_to_send on ${schema}.lanes (hotel_id, phone_number_id, urgent desc, due_at)
      where kind = 'outbound' and due_at is not null;

    create table ${schema}.work (
      hotel_id ${ID} not null,
      kind text not null,
      phone_number_id ${ID} not null,
      guest_id ${ID} not null,
      position bigint not null,
      id ${ID} not null,
      attempts integer not null default 0,
      payload text,
      code text,
      created_at timestamptz not null,
      dead_at timestamptz,
      urgent boolean not null default false,
      -- Of a timer.
      due_at timestamptz,
      primary key (hotel_id, kind, phone_number_id, guest_id, position)
    );
    create index work_urgent on ${schema}.work (hotel_id, kind, phone_number_id, guest_id, position) where urgent;
    create unique index work_id on ${schema}.work (hotel_id, id);
    create index work_dead on ${schema}.work (hotel_id, dead_at desc, id desc) where dead_at is not null;

    -- How fast a number sends, and whether it may. Claiming takes tokens, so that all processes together keep the pace.
    create table ${schema}.numbers (
      hotel_id ${ID} not null,
      phone_number_id ${ID} not null,
      -- Null: as fast as it goes. The slowest number that WhatsApp has, until a process says what this one is.
      per_second double precision default 20,
      tokens double precision not null default 1,
      refilled_at timestamptz not null,
      -- Nothing leaves before.
      paused_until timestamptz,
      -- Afterwards one message goes first, and the others when it was accepted.
      probing boolean not null default false,
      paused_for text,
      -- The lane that tries it, as it was claimed for that, and until when it has time to.
      probe_guest ${ID},
      probe_epoch bigint,
      probe_until timestamptz,
      primary key (hotel_id, phone_number_id)
    ) with (fillfactor = 50);

    create table ${schema}.parked_statuses (
      hotel_id ${ID} not null,
      wamid ${ID} not null,
      status text not null,
      failure text,
      billing text,
      at timestamptz not null,
      parked_at timestamptz not null
    );
    create index parked_statuses_parked_at on ${schema}.parked_statuses (hotel_id, parked_at);
    alter table ${schema}.parked_statuses add primary key (hotel_id, wamid, status);

    create table ${schema}.events (
      hotel_id ${ID} not null,
      seq bigint not null,
      at timestamptz not null,
      conversation_id ${ID},
      department_id ${ID},
      body text not null,
      primary key (hotel_id, seq)
    );
    -- What is about no conversation: an operator reads it.
    create index events_operator on ${schema}.events (hotel_id, at desc, seq desc) where conversation_id is null;

    create table ${schema}.audit_entries (
      hotel_id ${ID} not null,
      id ${ID} not null,
      actor_kind text not null,
      actor_id ${ID} not null,
      action text not null,
      reason text not null,
      target_kind text not null,
      target_id ${ID} not null,
      at timestamptz not null,
      primary key (hotel_id, id)
    );
    create index audit_entries_list on ${schema}.audit_entries (hotel_id, at desc, id desc);
    create index audit_entries_actor on ${schema}.audit_entries (hotel_id, actor_id, at desc, id desc);
    create index audit_entries_target on ${schema}.audit_entries (hotel_id, target_id, at desc, id desc);
  `,
};
