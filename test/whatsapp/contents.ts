import type { AmendingContent, MessageContent } from "../../src/domain/content.js";

const text = (words: string): MessageContent => ({ type: "text", text: words });
const tap = (via: "button" | "list" | "templateButton", id: string, label: string): MessageContent => ({
  type: "choice",
  via,
  id,
  text: label,
});
const file = (id: string, mimeType: string, sha256: string) => ({ media: { id, mimeType, sha256 } });

/** What everything in the fixtures that stands in a chat says, in order. Written by reading the fixtures, not by running the parser. */
export const CONTENTS: Readonly<Record<string, readonly (MessageContent | AmendingContent)[]>> = {
  audio_file: [
    {
      type: "audio",
      voice: false,
      ...file("300001859686812", "audio/mpeg", "btiRnOIEkKXjrYYwpPq2lHUper0H23ORjdXzb8+usRs="),
    },
  ],
  audio_voice_note: [
    {
      type: "audio",
      voice: true,
      ...file("300003313335954", "audio/ogg; codecs=opus", "xX1+kgGXCLYUyQ+jaFzWRPVDpgFT+5nsm2fDgaJF+yo="),
    },
  ],
  batch_duplicate_message: [text("same id twice"), text("same id twice")],
  batch_messages_and_statuses_two_changes: [text("thanks!")],
  batch_messages_same_change: [text("first"), text("second"), text("hello")],
  batch_two_entries_two_numbers: [text("to hotel one"), text("to hotel two")],
  bsuid_only_image: [
    { type: "image", ...file("300000191379937", "image/jpeg", "C2g54TCOOSRIZPLCWt6xNSAH/wgYrnvJ84HQPLuSbrw=") },
  ],
  bsuid_only_text: [text("Good evening, I lost my room key")],
  button_template_quick_reply: [tap("templateButton", "LATE_CHECKOUT_YES", "Yes, late check-out")],
  call_terminate: [{ type: "call", direction: "fromGuest", outcome: "completed", seconds: 120 }],
  coexistence_unavailable_message: [{ type: "unsupported", code: 131060 }],
  contacts_card: [
    {
      type: "contacts",
      cards: [
        {
          name: "Dana Reyes",
          isOwn: false,
          phones: [{ number: "+1 202-555-0142", waId: "12025550142" }],
          emails: ["dana@example.com"],
          company: "Example Travel",
        },
      ],
    },
  ],
  contacts_card_of_other_person_no_name: [
    {
      type: "contacts",
      cards: [{ isOwn: false, phones: [{ number: "+1 202-555-0143", waId: "12025550143" }], emails: [] }],
    },
  ],
  contacts_phone_shared_on_request: [
    {
      type: "contacts",
      cards: [{ isOwn: true, phones: [{ number: "+1 202-555-0104", waId: "12025550104" }], emails: [] }],
    },
  ],
  document: [
    {
      type: "document",
      text: "My booking confirmation",
      fileName: "booking-7741.pdf",
      ...file("300000329077835", "application/pdf", "E51US4IbE+vqFPGw/hhXciLkFcKWbjo1EcQZYFUjIgI="),
    },
  ],
  edit_image_caption: [
    {
      type: "edit",
      wamid: "wamid.HBgLRklYVFVSRWEF1sx2r0ADJelNWIzlEb5b/btztDc=",
      content: {
        type: "image",
        text: "The shower AND the sink are leaking",
        ...file("300001627772620", "image/jpeg", "YQXWzHavQAMl6U1YjOURvlv9u3O0N9xR7KQ5F9ekPj0="),
      },
    },
  ],
  edit_text: [
    {
      type: "edit",
      wamid: "wamid.HBgLRklYVFVSRZgtnj65lvVZ5jP00ZTe83YdkJ9aO2Q=",
      content: { type: "text", text: "Hi, what time is check-in on Saturday?" },
    },
  ],
  history_chunk: [text("Do you have parking?"), text("Yes, free of charge"), { type: "mediaPlaceholder" }],
  identity_key_hash_text: [text("Please send the invoice again")],
  image: [
    {
      type: "image",
      text: "The shower is leaking",
      ...file("300001627772620", "image/jpeg", "YQXWzHavQAMl6U1YjOURvlv9u3O0N9xR7KQ5F9ekPj0="),
    },
  ],
  image_no_url: [
    { type: "image", ...file("300001538398916", "image/jpeg", "W7IaxGm1599OF4mdSq4K37Qw8PCzNqIkLvGiLSW9LlM=") },
  ],
  interactive_button_reply: [tap("button", "dept:housekeeping", "Housekeeping")],
  interactive_call_permission_reply: [
    {
      type: "callPermissionReply",
      allowed: true,
      permanent: false,
      until: "2026-11-17T12:00:00.000Z",
      automatic: false,
    },
  ],
  interactive_flow_nfm_reply: [
    {
      type: "flowReply",
      form: "flow",
      answers: '{"flow_token":"flt_01FIXTURE","arrival":"2026-11-20","guests":"2","notes":"Baby cot, please"}',
    },
  ],
  interactive_flow_nfm_reply_no_token: [{ type: "flowReply", form: "flow", answers: '{"rating":"5"}' }],
  interactive_list_reply: [
    {
      type: "choice",
      via: "list",
      id: "svc:towels",
      text: "Fresh towels",
      description: "Delivered within 30 minutes",
    },
  ],
  location: [
    {
      type: "location",
      latitude: 41.38506,
      longitude: 2.1734,
      text: "North Gate bus stop",
      address: "Harbour Street 1",
      url: "https://example.com/places/north-gate",
    },
  ],
  location_pin_only: [{ type: "location", latitude: 41.38506, longitude: 2.1734 }],
  order: [
    {
      type: "order",
      text: "For room 310",
      catalogId: "500000000000001",
      items: [
        { productId: "breakfast-01", quantity: 2, price: 14.5, currency: "EUR" },
        { productId: "spa-day-01", quantity: 1, price: 60, currency: "EUR" },
      ],
    },
  ],
  parent_bsuid_text: [text("Is the gym open?")],
  reaction: [{ type: "reaction", wamid: "wamid.HBgLRklYVFVSRfRMMNB9Mxxv9q62TcSmMHDBzAApRuQ=", text: "👍" }],
  reaction_removed: [{ type: "reaction", wamid: "wamid.HBgLRklYVFVSRfRMMNB9Mxxv9q62TcSmMHDBzAApRuQ=" }],
  request_welcome_legacy: [{ type: "welcome" }],
  revoke: [{ type: "revoke", wamid: "wamid.HBgLRklYVFVSRZgtnj65lvVZ5jP00ZTe83YdkJ9aO2Q=" }],
  smb_message_echo_bsuid_only: [text("We found your key")],
  smb_message_echo_edit: [
    {
      type: "edit",
      wamid: "wamid.HBgLRklYVFVSRYtcxN9+7H0yp4FOykrwR64zstUjQmY=",
      content: { type: "text", text: "Hi Nadia, your towels arrive in 5 minutes" },
    },
  ],
  smb_message_echo_image: [
    {
      type: "image",
      text: "Your parking spot",
      ...file("300002886666688", "image/jpeg", "rA8JwPi/XnpLBj2GMlXxbYzpq+YA4ojZNM8xO8v/Y+s="),
    },
  ],
  smb_message_echo_revoke: [{ type: "revoke", wamid: "wamid.HBgLRklYVFVSRYtcxN9+7H0yp4FOykrwR64zstUjQmY=" }],
  smb_message_echo_text: [text("Hi Nadia, Marta from reception: your towels are on the way")],
  sticker: [
    {
      type: "sticker",
      animated: false,
      ...file("300001472508218", "image/webp", "V8SxOkxzNecvFmngUG6ZII3x2gUMEl2meLI+u1W/TGE="),
    },
  ],
  synthetic_loose_number_types: [text("numbers where strings are documented")],
  synthetic_missing_contacts: [text("contacts array missing")],
  synthetic_unknown_message_type: [{ type: "unknown" }],
  system_parent_bsuid_changed: [{ type: "system", changed: "userId", text: "User omarzed changed user id" }],
  system_user_changed_number: [
    { type: "system", changed: "number", text: "User Tom Okafor changed from 12025550102 to 12025550152" },
  ],
  system_user_changed_user_id: [{ type: "system", changed: "userId", text: "User kenji.w_88 changed user id" }],
  text: [text("Hi, what time is check-in on Friday?")],
  text_forwarded: [text("Pool opening hours: 8 to 20")],
  text_frequently_forwarded: [text("Pass this on to ten friends")],
  text_pre_bsuid_shape: [text("Payload in the shape used before user_id existed")],
  text_referral_ctwa: [text("I saw your offer, is it still valid?")],
  text_referred_product: [text("Is this package available next week?")],
  text_reply_context: [text("Yes, that one please")],
  text_unicode: [text("Olá 👋 o quarto 204 está muito frio ❄️ — дякую / ありがとう / שלום")],
  unsupported: [{ type: "unsupported", kind: "poll", code: 131051 }],
  unsupported_edit_on_api_number: [{ type: "unsupported", kind: "edit", code: 131051 }],
  unsupported_media_download_failed: [{ type: "unsupported", code: 131052 }],
  unsupported_without_detail_object: [{ type: "unsupported", code: 131051 }],
  user_id_update_legacy_field: [{ type: "system", changed: "userId", text: "The user id has changed" }],
  username_with_phone_text: [text("Can I get a taxi at 6?")],
  video: [
    {
      type: "video",
      text: "Noise from the corridor",
      ...file("300000212540566", "video/mp4", "DKsclhdAT68rJOIh4YnKWUWBPhTT92Y0WwnKE7vij/w="),
    },
  ],
};
