import type { AccountNews } from "../../src/domain/account.js";
import type { Address } from "../../src/domain/address.js";
import type { AmendingContent, CallContent, MessageContent, SystemContent } from "../../src/domain/content.js";
import type { Billing, ReportedStatus, StatusUpdate } from "../../src/domain/delivery-status.js";
import type { ImportedMessage, InboundItemContent, InboundMessage } from "../../src/domain/inbound-message.js";
import { adviceFor } from "../../src/whatsapp/graph-error.js";
import type { LeafChat, LeafKind } from "../../src/whatsapp/webhook.js";
import { CONTENTS } from "./contents.js";

/** When the fixtures are received: a while after whatever they tell. */
export const RECEIVED = new Date("2026-11-11T00:00:00Z");

/** What a leaf is, and what is read in it. */
export interface Expected {
  readonly kind: LeafKind;
  readonly phoneNumberId: string | null;
  readonly accountId: string | null;
  /** Left out for what has no id of its own, and is known by its content. */
  readonly dedupKey?: string | null;
  readonly chat?: LeafChat;
  readonly item?: InboundItemContent;
  readonly status?: Omit<StatusUpdate, "hotelId">;
}

const ACCOUNT = "100000000000001";
const NUMBER = "200000000000001";
const ours = { phoneNumberId: NUMBER, accountId: ACCOUNT };
/** 2026-11-10T12:00:00Z, and so many seconds after it. */
const at = (seconds = 0): Date => new Date((1_794_312_000 + seconds) * 1_000);

type Person = Pick<InboundMessage, "addresses" | "profileName" | "username">;
const person = (profileName: string | null, username: string | null, ...addresses: Address[]): Person => ({
  addresses,
  profileName,
  username,
});
const bsuid = (value: string): Address => ({ kind: "bsuid", value });
const parent = (value: string): Address => ({ kind: "parentBsuid", value });
const phone = (value: string): Address => ({ kind: "waId", value });

const NADIA = person("Nadia Ferro", null, bsuid("US.90000000000000000101"), phone("12025550101"));
const TOM = person("Tom Okafor", null, bsuid("US.90000000000000000102"), phone("12025550102"));
const INES = person("Inês Prado", null, bsuid("GB.90000000000000000103"), phone("447700900103"));
const KENJI = person("Kenji W.", "kenji.w_88", bsuid("JP.90000000000000000104"));
const LARA = person("Lara Voss", "lara.voss", bsuid("US.90000000000000000105"), phone("12025550105"));
const OMAR = person("Omar Zed", "omarzed", bsuid("AE.90000000000000000106"), parent("AE.ENT.80000000000000000106"));
const nameless = ({ addresses }: Person): Person => ({ addresses, profileName: null, username: null });

const chatOf = ({ addresses }: Person, sentAt: Date): LeafChat => ({ lane: NUMBER, addresses, sentAt });

interface Said {
  readonly after?: number;
  readonly quoted?: string;
  readonly context?: InboundMessage["context"];
}
const parts = (
  who: Person,
  wamid: string,
  content: MessageContent | AmendingContent,
  { after, quoted, context }: Said = {},
) => ({
  wamid,
  ...who,
  sentAt: at(after),
  content,
  quotedWamid: quoted ?? null,
  context: context ?? null,
});
const said = (
  who: Person,
  wamid: string,
  content: MessageContent | AmendingContent | undefined,
  more: Said = {},
): Expected => ({
  kind: "message",
  ...ours,
  dedupKey: `m:${NUMBER}:${wamid}`,
  chat: chatOf(who, at(more.after)),
  item: { kind: "message", ...parts(who, wamid, content!, more) },
});
/** The first of the contents that were written down for the fixture. */
const wrote = (who: Person, name: string, wamid: string, more?: Said): Expected =>
  said(who, wamid, CONTENTS[name]?.[0], more);
const echoed = (who: Person, wamid: string, content: MessageContent | AmendingContent, after = 0): Expected => ({
  kind: "echo",
  ...ours,
  dedupKey: `e:${wamid}`,
  chat: chatOf(who, at(after)),
  item: { kind: "echo", ...parts(who, wamid, content, { after }) },
});
const imported = (
  type: string,
  wamid: string,
  after: number,
  content: MessageContent,
  more: Pick<ImportedMessage, "from" | "status">,
): Expected => ({
  kind: "history",
  ...ours,
  dedupKey: `h:${NUMBER}:${wamid}:${type}`,
  chat: { ...chatOf(NADIA, at(after)), isImported: true },
  item: { kind: "history", ...parts(nameless(NADIA), wamid, content, { after }), ...more },
});
const changed = (
  addresses: readonly Address[],
  wamid: string,
  is: SystemContent["changed"],
  text: string,
  became: readonly Address[],
): Expected => ({
  kind: "system",
  ...ours,
  dedupKey: `m:${NUMBER}:${wamid}`,
  chat: { lane: NUMBER, addresses, sentAt: at() },
  item: {
    kind: "system",
    ...parts(person(null, null, ...addresses), wamid, { type: "system", changed: is, text }),
    content: { type: "system", changed: is, text },
    became,
  },
});
const told = (kind: LeafKind, news: AccountNews, sentAt = at(), phoneNumberId: string | null = null): Expected => ({
  kind,
  phoneNumberId,
  accountId: ACCOUNT,
  chat: { lane: ACCOUNT, addresses: [], sentAt },
  item: { kind: "account", news, at: kind === "history" ? null : sentAt },
});

const BILLED: Billing = { billable: true, model: "PMP", type: "regular", category: "service" };
interface Reported {
  readonly billing?: Billing;
  readonly ours?: string;
  readonly code?: number;
}
const reported = (
  wamid: string,
  status: ReportedStatus,
  recipient: string,
  after: number,
  { billing, ours: correlationId, code }: Reported = {},
): Expected => ({
  kind: "status",
  ...ours,
  dedupKey: `s:${wamid}:${status}:${recipient}`,
  status: {
    wamid,
    status,
    correlationId: correlationId ?? null,
    failure: code === undefined ? null : { code: `graph_${String(code)}`, message: adviceFor(code) },
    billing: billing ?? null,
    at: at(after),
  },
});
const kept = (kind: LeafKind, dedupKey?: string): Expected => ({
  kind,
  ...ours,
  ...(dedupKey !== undefined && { dedupKey }),
});

const text = (words: string): MessageContent => ({ type: "text", text: words });
const GROUP_WAMID = "wamid.HBgLRklYVFVSRYiSskvlf+jFMLb8Blu/wsi2n4kRYsw=";
const OUTBOX = "outbox:01HFIXTURE0000000000000001";
const TEMPLATE = {
  about: "template",
  accountId: ACCOUNT,
  templateId: "800000000000001",
  name: "arrival_reminder",
  language: "en_US",
} as const;
const CALL: CallContent = { type: "call", direction: "fromGuest", outcome: "completed", seconds: 120 };

/** What each webhook of the fixtures holds, leaf by leaf. Written by reading the fixtures, not by running the splitter. */
export const EXPECTED: Readonly<Record<string, readonly Expected[]>> = {
  account_update_disabled: [
    told("account", {
      about: "account",
      accountId: ACCOUNT,
      event: "DISABLED_UPDATE",
      details: { ban_info: { waba_ban_state: "DISABLE", waba_ban_date: "November 10, 2026" } },
    }),
  ],
  account_update_offboarded: [
    told("account", { about: "account", accountId: ACCOUNT, event: "ACCOUNT_OFFBOARDED", details: {} }),
  ],
  // Its entry is a business portfolio's; the account stands inside.
  account_update_partner_removed: [
    told("account", {
      about: "account",
      accountId: ACCOUNT,
      event: "PARTNER_REMOVED",
      details: {
        waba_info: { waba_id: ACCOUNT, owner_business_id: "600000000000001" },
        disconnection_info: { reason: "PRIMARY_INACTIVITY", initiated_by: "SYSTEM" },
      },
    }),
  ],
  audio_file: [wrote(TOM, "audio_file", "wamid.HBgLRklYVFVSRW7YkZziBJCl462GMKT6tpR1KXq9B9s=")],
  audio_voice_note: [wrote(TOM, "audio_voice_note", "wamid.HBgLRklYVFVSRcV9fpIBlwi2FMkPo2hc1kT1Q6YBU/s=")],
  batch_duplicate_message: [
    said(NADIA, "wamid.HBgLRklYVFVSRZ62IDQ1yz4AM/VE479vG3SxOMdl/Eg=", text("same id twice")),
    said(NADIA, "wamid.HBgLRklYVFVSRZ62IDQ1yz4AM/VE479vG3SxOMdl/Eg=", text("same id twice")),
  ],
  batch_messages_and_statuses_two_changes: [
    reported("wamid.HBgLRklYVFVSRfRMMNB9Mxxv9q62TcSmMHDBzAApRuQ=", "delivered", "12025550101", -5, { billing: BILLED }),
    said(NADIA, "wamid.HBgLRklYVFVSRUhrrMXC2Kcac9Ub+OUi3qomTsJijco=", text("thanks!")),
  ],
  batch_messages_same_change: [
    said(NADIA, "wamid.HBgLRklYVFVSRX3Jb3dshCPleieFSJo/nEP7bnVodtY=", text("first")),
    said(NADIA, "wamid.HBgLRklYVFVSRUgU2SCTrIoPSiFjq4fe5Qm6MGpY9Yg=", text("second"), { after: 1 }),
    said(KENJI, "wamid.HBgLRklYVFVSRXaoJ3NH9SUw4c+XkXWheJgLOhgNF2E=", text("hello"), { after: 1 }),
  ],
  batch_statuses_out_of_order: [
    reported("wamid.HBgLRklYVFVSRegmxOMeZ7GEfetzWJUNw/dus7sNKIA=", "read", "12025550101", 12),
    reported("wamid.HBgLRklYVFVSRegmxOMeZ7GEfetzWJUNw/dus7sNKIA=", "sent", "12025550101", 8),
    reported("wamid.HBgLRklYVFVSRegmxOMeZ7GEfetzWJUNw/dus7sNKIA=", "delivered", "12025550101", 10, { billing: BILLED }),
  ],
  batch_two_entries_two_numbers: [
    said(NADIA, "wamid.HBgLRklYVFVSRTxWYZdJQjeWFLlD0Fk+Sl4/hZAKs/s=", text("to hotel one")),
    {
      ...said(LARA, "wamid.HBgLRklYVFVSRS9dpumSG6p5R1nun0s2JVW8s8FkbrU=", text("to hotel two")),
      phoneNumberId: "200000000000002",
      accountId: "100000000000002",
      dedupKey: "m:200000000000002:wamid.HBgLRklYVFVSRS9dpumSG6p5R1nun0s2JVW8s8FkbrU=",
      chat: { lane: "200000000000002", addresses: LARA.addresses, sentAt: at() },
    },
  ],
  bsuid_only_image: [wrote(KENJI, "bsuid_only_image", "wamid.HBgLRklYVFVSRQtoOeEwjjkkSGTywlresTUgB/8IGK4=")],
  bsuid_only_text: [wrote(KENJI, "bsuid_only_text", "wamid.HBgLRklYVFVSRTdgK1NNLo2keARpND6RWZS8uTZCdm8=")],
  button_template_quick_reply: [
    wrote(NADIA, "button_template_quick_reply", "wamid.HBgLRklYVFVSRS29yWuRF4N6SCbsJu6l23wBzKgXALg=", {
      quoted: "wamid.HBgLRklYVFVSRUlpVfgnUapDsJ/zy9tHQ65msTsCqHU=",
    }),
  ],
  call_connect_user_initiated: [kept("call", `c:${NUMBER}:wacid.FIXTURECALL0001:connect`)],
  call_terminate: [
    {
      kind: "call",
      ...ours,
      dedupKey: `c:${NUMBER}:wacid.FIXTURECALL0001:terminate`,
      chat: chatOf(NADIA, at(130)),
      item: { kind: "message", ...parts(NADIA, "wacid.FIXTURECALL0001", CALL, { after: 130 }) },
    },
  ],
  coexistence_unavailable_message: [
    wrote(TOM, "coexistence_unavailable_message", "wamid.HBgLRklYVFVSRVitaMFNmQR2Jpw3nAiH+Uw6J1+l6kA="),
  ],
  contacts_card: [wrote(INES, "contacts_card", "wamid.HBgLRklYVFVSRYNnzWb90Ta7qLoj+IBbsFDdYolAHI4=")],
  contacts_card_of_other_person_no_name: [
    wrote(KENJI, "contacts_card_of_other_person_no_name", "wamid.HBgLRklYVFVSRZCkTxMqYnoJbFMxw7fDPtGInIm5kjc="),
  ],
  contacts_phone_shared_on_request: [
    wrote(KENJI, "contacts_phone_shared_on_request", "wamid.HBgLRklYVFVSRaTSaGgBfAzP/i7+UJRO9CEYNGYMyoM=", {
      quoted: "wamid.HBgLRklYVFVSRQ0cMZ7H2bbpRRcXyyEO49ufCwGWl9U=",
    }),
  ],
  document: [wrote(TOM, "document", "wamid.HBgLRklYVFVSRROdVEuCGxPr6hTxsP4YV3Ii5BXClm4=")],
  edit_image_caption: [
    wrote(NADIA, "edit_image_caption", "wamid.HBgLRklYVFVSRR9Wt1e7HFNSOROtf5nxKD/BLji4Unk=", { after: 130 }),
  ],
  edit_text: [wrote(NADIA, "edit_text", "wamid.HBgLRklYVFVSRSYhIcU3K+ivOub/DT0TjZ5uEkkzUiI=", { after: 120 })],
  group_status_delivered_new_keys: [kept("group_status", `s:${GROUP_WAMID}:delivered:12025550105`)],
  group_statuses_aggregated: [
    kept("group_status", `s:${GROUP_WAMID}:read:12025550105`),
    kept("group_status", `s:${GROUP_WAMID}:read:12025550102`),
  ],
  group_text: [kept("group_message", `m:${NUMBER}:wamid.HBgLRklYVFVSRTl4IEaF+0N8ssftqmIXPniJ3/lv4CM=`)],
  history_chunk: [
    {
      ...told("history", { about: "history", accountId: ACCOUNT, event: "progress", percent: 55 }, RECEIVED, NUMBER),
      dedupKey: null,
    },
    imported("text", "wamid.HBgLRklYVFVSRTMRLuFO5GnD61L+kDIuyB3UBKAJPVY=", -864_000, text("Do you have parking?"), {
      from: "guest",
      status: "read",
    }),
    imported("text", "wamid.HBgLRklYVFVSRfmY/gavoM++c+BEncKxaYMJ4bVxSWA=", -863_900, text("Yes, free of charge"), {
      from: "device",
      status: "read",
    }),
    imported(
      "media_placeholder",
      "wamid.HBgLRklYVFVSRZf7X4U4uJ9sGsz9GYNrZac7YfvC4Ms=",
      -863_800,
      { type: "mediaPlaceholder" },
      { from: "guest", status: "played" },
    ),
  ],
  history_declined: [
    {
      ...told("history", { about: "history", accountId: ACCOUNT, event: "declined" }, RECEIVED, NUMBER),
      dedupKey: null,
    },
  ],
  identity_key_hash_text: [
    wrote(NADIA, "identity_key_hash_text", "wamid.HBgLRklYVFVSRXVQV92K5GJjNfJLw9WlKH3olcQvR/g=", {
      context: { identityKeyHash: "Zml4dHVyZUhhc2g=" },
    }),
  ],
  image: [wrote(NADIA, "image", "wamid.HBgLRklYVFVSRWEF1sx2r0ADJelNWIzlEb5b/btztDc=")],
  image_no_url: [wrote(NADIA, "image_no_url", "wamid.HBgLRklYVFVSRVuyGsRpteffTheJnUquCt+0MPDwszY=")],
  interactive_button_reply: [
    wrote(NADIA, "interactive_button_reply", "wamid.HBgLRklYVFVSRYfxjZT/Bc9Hr8ufHb3I9lXDdjP0P48=", {
      quoted: "wamid.HBgLRklYVFVSRUrHOpGnW0BR2EzzSfIe2Q8SNht9G6w=",
    }),
  ],
  interactive_call_permission_reply: [
    wrote(NADIA, "interactive_call_permission_reply", "wamid.HBgLRklYVFVSRagmbMDYoeGoWCstiT/Oj5GMCOILMWQ=", {
      quoted: "wamid.HBgLRklYVFVSRXEgMk46FSlGRuraPZZ3lMJEcNRCdmc=",
    }),
  ],
  interactive_flow_nfm_reply: [
    wrote(NADIA, "interactive_flow_nfm_reply", "wamid.HBgLRklYVFVSRSJy7dDPXT+E07CSq0rvfOlGq16faz4=", {
      quoted: "wamid.HBgLRklYVFVSRSEZCCwegITbVahtb1iPDUvPcyQJj/g=",
    }),
  ],
  interactive_flow_nfm_reply_no_token: [
    wrote(NADIA, "interactive_flow_nfm_reply_no_token", "wamid.HBgLRklYVFVSRWBfc39EeEkXyxLSq+5z6vLu1JiqYng=", {
      quoted: "wamid.HBgLRklYVFVSRaAunxBKkZDwV4SuQrqXld75p/FQ9Go=",
    }),
  ],
  interactive_list_reply: [
    wrote(NADIA, "interactive_list_reply", "wamid.HBgLRklYVFVSRbpAHtTWfW1cL+SK962EXqysxqlxvRM=", {
      quoted: "wamid.HBgLRklYVFVSRQCPwQaYHGLdABaGTBjEk7DWqzuSN8c=",
    }),
  ],
  location: [wrote(INES, "location", "wamid.HBgLRklYVFVSRafzI4DPMzZZRSMXvQiyhwZ6yTlgm4E=")],
  location_pin_only: [wrote(INES, "location_pin_only", "wamid.HBgLRklYVFVSRbhU/bxY4qro/fQCKi/MVg2Rh5guJQ4=")],
  // It has no metadata: the number is its recipient.
  messaging_handover_control_passed: [kept("handover")],
  order: [wrote(TOM, "order", "wamid.HBgLRklYVFVSRT7rfpblnOQPnLGgidq6B5/WmfaGejA=")],
  parent_bsuid_text: [wrote(OMAR, "parent_bsuid_text", "wamid.HBgLRklYVFVSReRxJZaLO3EEn7xIAtHkCnHqE1nez6s=")],
  phone_number_quality_update: [
    told("phone_number", {
      about: "number",
      accountId: ACCOUNT,
      displayNumber: "12025550190",
      event: "THROUGHPUT_UPGRADE",
      limit: { now: "TIER_UNLIMITED" },
    }),
  ],
  reaction: [wrote(NADIA, "reaction", "wamid.HBgLRklYVFVSRSdZdggc4av2d3nrPDiLXhRTEILlITc=")],
  reaction_removed: [
    wrote(NADIA, "reaction_removed", "wamid.HBgLRklYVFVSRaelgWrWS2bd2OmgfJe+fzx6nfAHPh8=", { after: 30 }),
  ],
  request_welcome_legacy: [wrote(TOM, "request_welcome_legacy", "wamid.HBgLRklYVFVSRSgNRKsen3m1zOLdT1j1/pHw+6zayfc=")],
  revoke: [wrote(NADIA, "revoke", "wamid.HBgLRklYVFVSRXd6xOoKbm9NEwH9HPiqkYP0T0Nb5Dw=", { after: 200 })],
  smb_app_state_sync: [kept("app_state"), kept("app_state")],
  smb_message_echo_bsuid_only: [
    echoed(KENJI, "wamid.HBgLRklYVFVSRc73/BOjgYCTb/omNUiQiHeOBZ8HpdE=", text("We found your key")),
  ],
  smb_message_echo_edit: [
    echoed(
      NADIA,
      "wamid.HBgLRklYVFVSRUSXdxJLFGao7WZ9DdTAYgmT9Z4g+yc=",
      {
        type: "edit",
        wamid: "wamid.HBgLRklYVFVSRYtcxN9+7H0yp4FOykrwR64zstUjQmY=",
        content: { type: "text", text: "Hi Nadia, your towels arrive in 5 minutes" },
      },
      30,
    ),
  ],
  smb_message_echo_image: [
    echoed(NADIA, "wamid.HBgLRklYVFVSRawPCcD4v156SwY9hjJV8W2M6avmAOI=", {
      type: "image",
      text: "Your parking spot",
      media: {
        id: "300002886666688",
        mimeType: "image/jpeg",
        sha256: "rA8JwPi/XnpLBj2GMlXxbYzpq+YA4ojZNM8xO8v/Y+s=",
      },
    }),
  ],
  smb_message_echo_revoke: [
    echoed(
      NADIA,
      "wamid.HBgLRklYVFVSRUNwB5fi+dStOMzxNV3zIzRTOWv8yNs=",
      { type: "revoke", wamid: "wamid.HBgLRklYVFVSRYtcxN9+7H0yp4FOykrwR64zstUjQmY=" },
      60,
    ),
  ],
  smb_message_echo_text: [
    echoed(
      NADIA,
      "wamid.HBgLRklYVFVSRYtcxN9+7H0yp4FOykrwR64zstUjQmY=",
      text("Hi Nadia, Marta from reception: your towels are on the way"),
    ),
  ],
  standby_message: [kept("standby")],
  standby_status: [kept("standby")],
  status_delivered: [
    reported("wamid.HBgLRklYVFVSRfRMMNB9Mxxv9q62TcSmMHDBzAApRuQ=", "delivered", "12025550101", 3, {
      billing: BILLED,
      ours: OUTBOX,
    }),
  ],
  status_delivered_bsuid_only: [
    reported("wamid.HBgLRklYVFVSRV4S4Zz1mvanQBhHcE5f5mI8xBq6ef8=", "delivered", "JP.90000000000000000104", 4, {
      billing: BILLED,
    }),
  ],
  status_failed_131026_undeliverable: [
    reported("wamid.HBgLRklYVFVSReSrTjsUk9Wpl7TlHN77qhBXDvPqlDI=", "failed", "12025550102", 3, { code: 131026 }),
  ],
  status_failed_131047_window_closed: [
    reported("wamid.HBgLRklYVFVSRT9STNwHoR18YiC9sEn+jdQbJ0g8lsw=", "failed", "12025550101", 3, {
      code: 131047,
      ours: "outbox:01HFIXTURE0000000000000002",
    }),
  ],
  status_failed_131049_ecosystem_limit: [
    reported("wamid.HBgLRklYVFVSRWJeD2Sd4ngA/DvPTBGO959p3Ldiwuc=", "failed", "12025550102", 3, { code: 131049 }),
  ],
  status_failed_131050_marketing_opt_out: [
    reported("wamid.HBgLRklYVFVSRWCM21JDhPXuBu3Cgw1rE6kgRyKTmHY=", "failed", "12025550102", 3, { code: 131050 }),
  ],
  status_failed_131053_media_upload: [
    reported("wamid.HBgLRklYVFVSRbbhKIUnpgMsDynJ2ixZkgLMJQ+0BOQ=", "failed", "12025550102", 3, { code: 131053 }),
  ],
  status_failed_137000_identity_mismatch: [
    reported("wamid.HBgLRklYVFVSRZMnypmq6iuPAl5h5Ttk/N041+XArYk=", "failed", "12025550101", 3, { code: 137000 }),
  ],
  status_failed_bsuid_recipient: [
    reported("wamid.HBgLRklYVFVSRT79pu54wxuraZWxEi7BP2rfc+Vfsgs=", "failed", "JP.90000000000000000104", 3, {
      code: 131026,
    }),
  ],
  status_played: [reported("wamid.HBgLRklYVFVSRRJLj4+fA9x47Ze3gi1k1wh3VXCZDv8=", "played", "12025550102", 45)],
  status_read: [
    reported("wamid.HBgLRklYVFVSRfRMMNB9Mxxv9q62TcSmMHDBzAApRuQ=", "read", "12025550101", 20, { ours: OUTBOX }),
  ],
  status_read_without_delivered: [
    reported("wamid.HBgLRklYVFVSRQWeNYRbmBl/rCY7tclLBkNdlSHMNz0=", "read", "12025550102", 20, { billing: BILLED }),
  ],
  status_sent: [
    reported("wamid.HBgLRklYVFVSRfRMMNB9Mxxv9q62TcSmMHDBzAApRuQ=", "sent", "12025550101", 2, {
      billing: BILLED,
      ours: OUTBOX,
    }),
  ],
  status_sent_free_entry_point: [
    reported("wamid.HBgLRklYVFVSRfl/btGHwq61DWyKINVgMKb16nwF90w=", "sent", "12025550102", 2, {
      billing: {
        billable: false,
        model: "PMP",
        type: "free_entry_point",
        category: "referral_conversion",
        conversation: {
          id: "6ffixtureconversation0001",
          origin: "referral_conversion",
          expiresAt: "2026-11-13T12:00:00.000Z",
        },
      },
    }),
  ],
  status_sent_parent_bsuid: [
    reported("wamid.HBgLRklYVFVSRb+tsopJAlt3hEfemPwvtUY3m0fc4vI=", "sent", "AE.90000000000000000106", 1, {
      billing: BILLED,
    }),
  ],
  status_sent_template_utility: [
    reported("wamid.HBgLRklYVFVSRUlpVfgnUapDsJ/zy9tHQ65msTsCqHU=", "sent", "12025550101", 2, {
      billing: { ...BILLED, category: "utility" },
    }),
  ],
  sticker: [wrote(TOM, "sticker", "wamid.HBgLRklYVFVSRVfEsTpMczXnLxZp4FBumSCN8doFDBI=")],
  synthetic_changed_fields_only: [{ kind: "no_changes", phoneNumberId: null, accountId: ACCOUNT }],
  synthetic_loose_number_types: [
    wrote(NADIA, "synthetic_loose_number_types", "wamid.HBgLRklYVFVSRbXg7ubijvym1q0F17ipRjFXYDfsnl8="),
  ],
  synthetic_missing_contacts: [
    wrote(nameless(NADIA), "synthetic_missing_contacts", "wamid.HBgLRklYVFVSRZrjAVCrSZg1gH/Fgcln6wKkMi3HowA="),
  ],
  synthetic_unknown_field: [{ kind: "unknown_field", phoneNumberId: null, accountId: ACCOUNT }],
  synthetic_unknown_message_type: [
    wrote(NADIA, "synthetic_unknown_message_type", "wamid.HBgLRklYVFVSReuz3oo9mkA2YTLrXeta9E5MlsEWlvg="),
  ],
  system_parent_bsuid_changed: [
    changed(
      OMAR.addresses,
      "wamid.HBgLRklYVFVSRQfg7u3HXIUabuQwFnYngUwCTsNxdRY=",
      "userId",
      "User omarzed changed user id",
      [bsuid("AE.90000000000000000156"), parent("AE.ENT.80000000000000000156")],
    ),
  ],
  system_user_changed_number: [
    changed(
      TOM.addresses,
      "wamid.HBgLRklYVFVSRXsCBHp+g4CDC+6R+ipHEuqfb/QjtpU=",
      "number",
      "User Tom Okafor changed from 12025550102 to 12025550152",
      [bsuid("US.90000000000000000152"), phone("12025550152")],
    ),
  ],
  system_user_changed_user_id: [
    changed(
      KENJI.addresses,
      "wamid.HBgLRklYVFVSRZOssL3h2zxUg+XPshAzt9gHtu/QQs4=",
      "userId",
      "User kenji.w_88 changed user id",
      [bsuid("JP.90000000000000000154")],
    ),
  ],
  template_category_update: [
    told("template", { ...TEMPLATE, category: { before: "UTILITY", now: "MARKETING", coming: false } }),
  ],
  template_status_approved: [told("template", { ...TEMPLATE, status: "APPROVED" })],
  template_status_paused: [
    told("template", {
      ...TEMPLATE,
      status: "PAUSED",
      reason: "Paused for 3 hours because of low quality feedback",
    }),
  ],
  text: [wrote(NADIA, "text", "wamid.HBgLRklYVFVSRZgtnj65lvVZ5jP00ZTe83YdkJ9aO2Q=")],
  text_forwarded: [
    wrote(TOM, "text_forwarded", "wamid.HBgLRklYVFVSRUuU6iP22QsLMKoA5IB5gyton+q6KZE=", {
      context: { forwarded: "yes" },
    }),
  ],
  text_frequently_forwarded: [
    wrote(TOM, "text_frequently_forwarded", "wamid.HBgLRklYVFVSRSvZy1Ous/BM0iYLuuRyhtO658Zso/w=", {
      context: { forwarded: "often" },
    }),
  ],
  text_pre_bsuid_shape: [
    wrote(
      person("Nadia Ferro", null, phone("12025550101")),
      "text_pre_bsuid_shape",
      "wamid.HBgLRklYVFVSRcSf6nQl+n+GmYl6l8FZxmkCZ9kAO7c=",
    ),
  ],
  text_referral_ctwa: [
    wrote(TOM, "text_referral_ctwa", "wamid.HBgLRklYVFVSRT/2wFcjuwadGZUzQDIPqVEvC+WEdCc=", {
      context: {
        referral: {
          source: "ad",
          id: "400000000000001",
          url: "https://fb.me/fixtureAd01",
          headline: "Autumn escape",
          text: "Three nights for two, sea view",
          clickId: "FIXTURECTWACLID0001",
        },
      },
    }),
  ],
  text_referred_product: [
    wrote(TOM, "text_referred_product", "wamid.HBgLRklYVFVSRWdUr5YyonRehcKT5arAhjNw2b0zMLk=", {
      quoted: "wamid.HBgLRklYVFVSRbxDKWe1ptAFdjr3obsFA7GK84vboEY=",
      context: { product: { catalogId: "500000000000001", productId: "spa-day-01" } },
    }),
  ],
  text_reply_context: [
    wrote(NADIA, "text_reply_context", "wamid.HBgLRklYVFVSRZ+fjj6NbjGSx51fqULwPnlbnMm57/4=", {
      quoted: "wamid.HBgLRklYVFVSRfRMMNB9Mxxv9q62TcSmMHDBzAApRuQ=",
      after: 60,
    }),
  ],
  text_unicode: [wrote(INES, "text_unicode", "wamid.HBgLRklYVFVSRfRjZkNrQ5H4Jyep8qH5xC/JMlDZfcs=")],
  unsupported: [wrote(TOM, "unsupported", "wamid.HBgLRklYVFVSRcN5ZpnwVOm04JaW1OeKY8haUi2bzRU=")],
  unsupported_edit_on_api_number: [
    wrote(TOM, "unsupported_edit_on_api_number", "wamid.HBgLRklYVFVSRTbksV5hAoiN4xI6uuc7SR1ED78lLpU="),
  ],
  unsupported_media_download_failed: [
    wrote(TOM, "unsupported_media_download_failed", "wamid.HBgLRklYVFVSRbWRDSAkdPf57tdTeSkK38VFR4nCXyY="),
  ],
  unsupported_without_detail_object: [
    wrote(TOM, "unsupported_without_detail_object", "wamid.HBgLRklYVFVSRfd2DZmkRg9f0YYTmzxBPc9r7gB2s1c="),
  ],
  // Has no id of Meta's: its content is it.
  user_id_update_legacy_field: [
    {
      kind: "user_id_update",
      ...ours,
      chat: chatOf(KENJI, at()),
      item: {
        kind: "system",
        ...parts(KENJI, "user_id_update:c6a44c7eb862aa6dc7386bdf1bc60068", text("")),
        content: { type: "system", changed: "userId", text: "The user id has changed" },
        became: [bsuid("JP.90000000000000000154")],
      },
    },
  ],
  user_preferences_stop: [
    {
      kind: "user_preferences",
      ...ours,
      chat: { lane: NUMBER, addresses: NADIA.addresses, sentAt: at() },
      item: {
        kind: "account",
        news: { about: "preference", accountId: ACCOUNT, category: "marketing_messages", wish: "stop" },
        at: at(),
      },
    },
  ],
  username_with_phone_text: [
    wrote(LARA, "username_with_phone_text", "wamid.HBgLRklYVFVSRVwL6H7XQ01pAF+LvYTK2K5qv9SRIbQ="),
  ],
  value_errors_130429: [kept("errors")],
  video: [wrote(NADIA, "video", "wamid.HBgLRklYVFVSRQyrHJYXQE+vKyTiIeGJyllFgT4U0/c=")],
};
