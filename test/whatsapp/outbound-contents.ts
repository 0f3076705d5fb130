import type { OutboundContent } from "../../src/domain/content.js";

/** One of each kind that a hotel sends, and what leaves for WhatsApp: `type` and the member of that name. */
export const OUTBOUND: readonly { readonly content: OutboundContent; readonly line: string; readonly sent: object }[] =
  [
    {
      content: { type: "text", text: "See https://hotel.example", linkPreview: true },
      line: "See https://hotel.example",
      sent: { type: "text", text: { body: "See https://hotel.example", preview_url: true } },
    },
    {
      content: { type: "image", text: "Your room", media: { id: "900001" } },
      line: "[image] Your room",
      sent: { type: "image", image: { id: "900001", caption: "Your room" } },
    },
    {
      content: { type: "video", media: { link: "https://hotel.example/pool.mp4" } },
      line: "[video]",
      sent: { type: "video", video: { link: "https://hotel.example/pool.mp4" } },
    },
    {
      content: { type: "audio", voice: true, media: { id: "900002" } },
      line: "[audio]",
      sent: { type: "audio", audio: { id: "900002", voice: true } },
    },
    {
      content: { type: "document", text: "July", fileName: "invoice.pdf", media: { id: "900003" } },
      line: "[document] July",
      sent: { type: "document", document: { id: "900003", caption: "July", filename: "invoice.pdf" } },
    },
    {
      content: { type: "sticker", media: { link: "https://hotel.example/hi.webp" } },
      line: "[sticker]",
      sent: { type: "sticker", sticker: { link: "https://hotel.example/hi.webp" } },
    },
    {
      content: { type: "location", latitude: 41.9, longitude: 12.5, text: "Hotel Grand", address: "Via Appia 1" },
      line: "[location] Hotel Grand",
      sent: {
        type: "location",
        location: { latitude: 41.9, longitude: 12.5, name: "Hotel Grand", address: "Via Appia 1" },
      },
    },
    {
      content: {
        type: "contacts",
        cards: [
          {
            name: "Dr. Nadia Rossi",
            firstName: "Nadia",
            lastName: "Rossi",
            prefix: "Dr.",
            phones: [{ number: "+12025550103", waId: "12025550103", label: "WORK" }],
            emails: [{ email: "nadia@hotel.example", label: "WORK" }],
            links: [{ url: "https://hotel.example", label: "WORK" }],
            addresses: [
              {
                street: "Via Appia 1",
                city: "Roma",
                state: "RM",
                zip: "00100",
                country: "Italia",
                countryCode: "IT",
                label: "WORK",
              },
            ],
            company: "Hotel Grand",
            department: "Spa",
            jobTitle: "Doctor",
            birthday: "1990-02-28",
          },
          { name: "Taxi", firstName: "Taxi", phones: [{ number: "+12025550104" }] },
        ],
      },
      line: "[contacts] Dr. Nadia Rossi",
      sent: {
        type: "contacts",
        contacts: [
          {
            name: { formatted_name: "Dr. Nadia Rossi", first_name: "Nadia", last_name: "Rossi", prefix: "Dr." },
            phones: [{ phone: "+12025550103", wa_id: "12025550103", type: "WORK" }],
            emails: [{ email: "nadia@hotel.example", type: "WORK" }],
            urls: [{ url: "https://hotel.example", type: "WORK" }],
            addresses: [
              {
                street: "Via Appia 1",
                city: "Roma",
                state: "RM",
                zip: "00100",
                country: "Italia",
                country_code: "IT",
                type: "WORK",
              },
            ],
            org: { company: "Hotel Grand", department: "Spa", title: "Doctor" },
            birthday: "1990-02-28",
          },
          { name: { formatted_name: "Taxi", first_name: "Taxi" }, phones: [{ phone: "+12025550104" }] },
        ],
      },
    },
    {
      content: { type: "reaction", wamid: "wamid.7", messageId: "msg_7", text: "👍🏽" },
      line: "[reaction] 👍🏽",
      sent: { type: "reaction", reaction: { message_id: "wamid.7", emoji: "👍🏽" } },
    },
    {
      content: { type: "reaction", wamid: "wamid.7" },
      line: "[reaction]",
      sent: { type: "reaction", reaction: { message_id: "wamid.7", emoji: "" } },
    },
    {
      content: {
        type: "template",
        name: "arrival_reminder",
        language: "en_US",
        header: { type: "text", text: "Sunday" },
        body: [{ text: "Nadia", name: "first_name" }],
        buttons: [
          { type: "quickReply", index: 0, payload: "late" },
          { type: "url", index: 1, text: "booking/7" },
          { type: "flow", index: 2, token: "t0ken", data: { room: 7 } },
          { type: "copyCode", index: 3, code: "SPA25" },
        ],
      },
      line: "[arrival_reminder]",
      sent: {
        type: "template",
        template: {
          name: "arrival_reminder",
          language: { code: "en_US" },
          components: [
            { type: "header", parameters: [{ type: "text", text: "Sunday" }] },
            { type: "body", parameters: [{ type: "text", text: "Nadia", parameter_name: "first_name" }] },
            { type: "button", sub_type: "quick_reply", index: "0", parameters: [{ type: "payload", payload: "late" }] },
            { type: "button", sub_type: "url", index: "1", parameters: [{ type: "text", text: "booking/7" }] },
            {
              type: "button",
              sub_type: "flow",
              index: "2",
              parameters: [{ type: "action", action: { flow_token: "t0ken", flow_action_data: { room: 7 } } }],
            },
            {
              type: "button",
              sub_type: "copy_code",
              index: "3",
              parameters: [{ type: "coupon_code", coupon_code: "SPA25" }],
            },
          ],
        },
      },
    },
    {
      content: {
        type: "template",
        name: "invoice",
        language: "it",
        header: { type: "document", media: { id: "900004" }, fileName: "invoice.pdf" },
        body: [{ text: "Nadia" }, { text: "12 €" }],
        text: "Dear Nadia, 12 € are due.",
      },
      line: "Dear Nadia, 12 € are due.",
      sent: {
        type: "template",
        template: {
          name: "invoice",
          language: { code: "it" },
          components: [
            {
              type: "header",
              parameters: [{ type: "document", document: { id: "900004", filename: "invoice.pdf" } }],
            },
            {
              type: "body",
              parameters: [
                { type: "text", text: "Nadia" },
                { type: "text", text: "12 €" },
              ],
            },
          ],
        },
      },
    },
    {
      content: {
        type: "template",
        name: "where_we_are",
        language: "en",
        header: { type: "location", latitude: -22.9, longitude: -43.2, name: "Hotel Seaside", address: "Av. 1" },
      },
      line: "[where_we_are]",
      sent: {
        type: "template",
        template: {
          name: "where_we_are",
          language: { code: "en" },
          components: [
            {
              type: "header",
              parameters: [
                {
                  type: "location",
                  location: { latitude: -22.9, longitude: -43.2, name: "Hotel Seaside", address: "Av. 1" },
                },
              ],
            },
          ],
        },
      },
    },
    {
      content: {
        type: "template",
        name: "offer",
        language: "en",
        header: { type: "image", media: { link: "https://hotel.example/spa.png" } },
      },
      line: "[offer]",
      sent: {
        type: "template",
        template: {
          name: "offer",
          language: { code: "en" },
          components: [
            { type: "header", parameters: [{ type: "image", image: { link: "https://hotel.example/spa.png" } }] },
          ],
        },
      },
    },
    {
      content: { type: "template", name: "hello_world", language: "en_US" },
      line: "[hello_world]",
      sent: { type: "template", template: { name: "hello_world", language: { code: "en_US" }, components: [] } },
    },
    {
      content: {
        type: "buttons",
        text: "Breakfast?",
        header: "Tomorrow",
        footer: "7 to 10",
        buttons: [
          { id: "y", title: "Yes" },
          { id: "n", title: "No" },
        ],
      },
      line: "Breakfast?",
      sent: {
        type: "interactive",
        interactive: {
          type: "button",
          header: { type: "text", text: "Tomorrow" },
          body: { text: "Breakfast?" },
          footer: { text: "7 to 10" },
          action: {
            buttons: [
              { type: "reply", reply: { id: "y", title: "Yes" } },
              { type: "reply", reply: { id: "n", title: "No" } },
            ],
          },
        },
      },
    },
    {
      content: {
        type: "buttons",
        text: "This room?",
        header: { type: "image", media: { id: "900005" } },
        buttons: [{ id: "y", title: "Yes" }],
      },
      line: "This room?",
      sent: {
        type: "interactive",
        interactive: {
          type: "button",
          header: { type: "image", image: { id: "900005" } },
          body: { text: "This room?" },
          action: { buttons: [{ type: "reply", reply: { id: "y", title: "Yes" } }] },
        },
      },
    },
    {
      content: {
        type: "list",
        text: "Which?",
        header: "Menu",
        footer: "Until ten",
        button: "Open",
        rows: [
          { id: "tea", title: "Tea", description: "Green or black", section: "Drinks" },
          { id: "wine", title: "Wine", section: "Drinks" },
          { id: "cake", title: "Cake", section: "Sweets" },
        ],
      },
      line: "Which?",
      sent: {
        type: "interactive",
        interactive: {
          type: "list",
          header: { type: "text", text: "Menu" },
          body: { text: "Which?" },
          footer: { text: "Until ten" },
          action: {
            button: "Open",
            sections: [
              {
                title: "Drinks",
                rows: [
                  { id: "tea", title: "Tea", description: "Green or black" },
                  { id: "wine", title: "Wine" },
                ],
              },
              { title: "Sweets", rows: [{ id: "cake", title: "Cake" }] },
            ],
          },
        },
      },
    },
    {
      content: {
        type: "linkButton",
        text: "Your bill is ready.",
        label: "Pay",
        url: "https://pay.hotel.example/7?x=1",
        header: { type: "document", media: { link: "https://hotel.example/bill.pdf" }, fileName: "bill.pdf" },
        footer: "Thank you",
      },
      line: "Your bill is ready.",
      sent: {
        type: "interactive",
        interactive: {
          type: "cta_url",
          header: { type: "document", document: { link: "https://hotel.example/bill.pdf", filename: "bill.pdf" } },
          body: { text: "Your bill is ready." },
          footer: { text: "Thank you" },
          action: {
            name: "cta_url",
            parameters: { display_text: "Pay", url: "https://pay.hotel.example/7?x=1" },
          },
        },
      },
    },
    {
      content: {
        type: "form",
        text: "Check in now?",
        label: "Check in",
        form: { id: "770001" },
        token: "s3cret",
        draft: true,
        start: { screen: "WELCOME", data: { nights: 3 } },
      },
      line: "Check in now?",
      sent: {
        type: "interactive",
        interactive: {
          type: "flow",
          body: { text: "Check in now?" },
          action: {
            name: "flow",
            parameters: {
              flow_message_version: "3",
              flow_id: "770001",
              flow_cta: "Check in",
              flow_token: "s3cret",
              mode: "draft",
              flow_action: "navigate",
              flow_action_payload: { screen: "WELCOME", data: { nights: 3 } },
            },
          },
        },
      },
    },
    {
      content: { type: "form", text: "Feedback?", label: "Tell us", form: { name: "feedback" }, start: "endpoint" },
      line: "Feedback?",
      sent: {
        type: "interactive",
        interactive: {
          type: "flow",
          body: { text: "Feedback?" },
          action: {
            name: "flow",
            parameters: {
              flow_message_version: "3",
              flow_name: "feedback",
              flow_cta: "Tell us",
              flow_action: "data_exchange",
            },
          },
        },
      },
    },
    {
      content: { type: "locationRequest", text: "Where are you?" },
      line: "Where are you?",
      sent: {
        type: "interactive",
        interactive: {
          type: "location_request_message",
          body: { text: "Where are you?" },
          action: { name: "send_location" },
        },
      },
    },
    {
      content: { type: "contactRequest", text: "May we have your phone?" },
      line: "May we have your phone?",
      sent: {
        type: "interactive",
        interactive: {
          type: "request_contact_info",
          body: { text: "May we have your phone?" },
          action: { name: "request_contact_info" },
        },
      },
    },
    {
      content: {
        type: "addressRequest",
        text: "Where to?",
        country: "IN",
        values: { name: "Asha" },
        savedAddresses: [{ id: "home", values: { city: "Mumbai" } }],
        errors: { in_pin_code: "We do not deliver there." },
      },
      line: "Where to?",
      sent: {
        type: "interactive",
        interactive: {
          type: "address_message",
          body: { text: "Where to?" },
          action: {
            name: "address_message",
            parameters: {
              country: "IN",
              values: { name: "Asha" },
              saved_addresses: [{ id: "home", value: { city: "Mumbai" } }],
              validation_errors: { in_pin_code: "We do not deliver there." },
            },
          },
        },
      },
    },
    {
      content: { type: "callButton", text: "Call us", label: "Reception", minutes: 60, payload: "room 7" },
      line: "Call us",
      sent: {
        type: "interactive",
        interactive: {
          type: "voice_call",
          body: { text: "Call us" },
          action: {
            name: "voice_call",
            parameters: { display_text: "Reception", ttl_minutes: 60, payload: "room 7" },
          },
        },
      },
    },
    {
      content: { type: "callButton", text: "Call us" },
      line: "Call us",
      sent: {
        type: "interactive",
        interactive: { type: "voice_call", body: { text: "Call us" }, action: { name: "voice_call" } },
      },
    },
    {
      content: { type: "callPermissionRequest" },
      line: "[callPermissionRequest]",
      sent: {
        type: "interactive",
        interactive: { type: "call_permission_request", action: { name: "call_permission_request" } },
      },
    },
    {
      content: { type: "product", catalogId: "500", productId: "robe", text: "As asked", footer: "Size M" },
      line: "As asked",
      sent: {
        type: "interactive",
        interactive: {
          type: "product",
          body: { text: "As asked" },
          footer: { text: "Size M" },
          action: { catalog_id: "500", product_retailer_id: "robe" },
        },
      },
    },
    {
      content: { type: "product", catalogId: "500", productId: "robe" },
      line: "[product]",
      sent: {
        type: "interactive",
        interactive: { type: "product", action: { catalog_id: "500", product_retailer_id: "robe" } },
      },
    },
    {
      content: {
        type: "products",
        text: "Take your pick",
        header: "Minibar",
        footer: "Until ten",
        catalogId: "500",
        sections: [
          { title: "Drinks", productIds: ["tea", "wine"] },
          { title: "Sweets", productIds: ["cake"] },
        ],
      },
      line: "Take your pick",
      sent: {
        type: "interactive",
        interactive: {
          type: "product_list",
          header: { type: "text", text: "Minibar" },
          body: { text: "Take your pick" },
          footer: { text: "Until ten" },
          action: {
            catalog_id: "500",
            sections: [
              {
                title: "Drinks",
                product_items: [{ product_retailer_id: "tea" }, { product_retailer_id: "wine" }],
              },
              { title: "Sweets", product_items: [{ product_retailer_id: "cake" }] },
            ],
          },
        },
      },
    },
    {
      content: { type: "catalog", text: "All we have", thumbnailProductId: "robe", footer: "Open all day" },
      line: "All we have",
      sent: {
        type: "interactive",
        interactive: {
          type: "catalog_message",
          body: { text: "All we have" },
          footer: { text: "Open all day" },
          action: { name: "catalog_message", parameters: { thumbnail_product_retailer_id: "robe" } },
        },
      },
    },
    {
      content: { type: "catalog", text: "All we have" },
      line: "All we have",
      sent: {
        type: "interactive",
        interactive: { type: "catalog_message", body: { text: "All we have" }, action: { name: "catalog_message" } },
      },
    },
    {
      content: {
        type: "carousel",
        text: "Our rooms",
        cards: [
          {
            header: { type: "image", link: "https://hotel.example/a.png" },
            text: "Sea view",
            button: { label: "Book", url: "https://hotel.example/a" },
          },
          {
            header: { type: "image", link: "https://hotel.example/b.png" },
            button: { label: "Book", url: "https://hotel.example/b" },
          },
        ],
      },
      line: "Our rooms",
      sent: {
        type: "interactive",
        interactive: {
          type: "carousel",
          body: { text: "Our rooms" },
          action: {
            cards: [
              {
                card_index: 0,
                type: "cta_url",
                header: { type: "image", image: { link: "https://hotel.example/a.png" } },
                body: { text: "Sea view" },
                action: { name: "cta_url", parameters: { display_text: "Book", url: "https://hotel.example/a" } },
              },
              {
                card_index: 1,
                type: "cta_url",
                header: { type: "image", image: { link: "https://hotel.example/b.png" } },
                action: { name: "cta_url", parameters: { display_text: "Book", url: "https://hotel.example/b" } },
              },
            ],
          },
        },
      },
    },
    {
      content: {
        type: "carousel",
        text: "Tours",
        cards: [
          {
            header: { type: "video", link: "https://hotel.example/a.mp4" },
            buttons: [
              { id: "a:yes", title: "Yes" },
              { id: "a:more", title: "More" },
            ],
          },
          {
            header: { type: "video", link: "https://hotel.example/b.mp4" },
            buttons: [
              { id: "b:yes", title: "Yes" },
              { id: "b:more", title: "More" },
            ],
          },
        ],
      },
      line: "Tours",
      sent: {
        type: "interactive",
        interactive: {
          type: "carousel",
          body: { text: "Tours" },
          action: {
            cards: [
              {
                card_index: 0,
                type: "cta_url",
                header: { type: "video", video: { link: "https://hotel.example/a.mp4" } },
                action: {
                  buttons: [
                    { type: "quick_reply", quick_reply: { id: "a:yes", title: "Yes" } },
                    { type: "quick_reply", quick_reply: { id: "a:more", title: "More" } },
                  ],
                },
              },
              {
                card_index: 1,
                type: "cta_url",
                header: { type: "video", video: { link: "https://hotel.example/b.mp4" } },
                action: {
                  buttons: [
                    { type: "quick_reply", quick_reply: { id: "b:yes", title: "Yes" } },
                    { type: "quick_reply", quick_reply: { id: "b:more", title: "More" } },
                  ],
                },
              },
            ],
          },
        },
      },
    },
    {
      content: { type: "productCarousel", text: "Our gifts", catalogId: "500", productIds: ["robe", "soap"] },
      line: "Our gifts",
      sent: {
        type: "interactive",
        interactive: {
          type: "carousel",
          body: { text: "Our gifts" },
          action: {
            cards: [
              { card_index: 0, type: "product", action: { catalog_id: "500", product_retailer_id: "robe" } },
              { card_index: 1, type: "product", action: { catalog_id: "500", product_retailer_id: "soap" } },
            ],
          },
        },
      },
    },
  ];
