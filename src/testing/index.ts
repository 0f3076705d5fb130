// For people who test a hotel or write an adapter, by name, in reading order.

// The contract that every storage keeps
export { storageContract } from "./contract/storage.js";
export type { ContractCase, StorageCase, StorageUnderTest } from "./contract/case.js";

// Values for tests of a storage
export {
  aChange,
  aCommand,
  aConversation,
  aGuestUpdate,
  anAmendment,
  anAuditEntry,
  anEcho,
  anImportedMessage,
  anInboundMessage,
  anItem,
  aNewAddress,
  anOutboundMessage,
  aPrompt,
  aReport,
  messageEvent,
  sendWork,
} from "./contract/builders.js";
export type { GuestOfHotel, ItemFields } from "./contract/builders.js";

// A WhatsApp that is not Meta's
export { fakeWhatsApp } from "./fake-whatsapp.js";
export type { Accepted, FakeWhatsApp, FakeWhatsAppOptions, Fault } from "./fake-whatsapp.js";
export type { FakeGuest, FakeHotelPhone } from "./people.js";
export type { FakeGuestIdentity, PhoneMessage } from "./phones.js";

// Time that stands still until told otherwise
export { manualClock } from "./manual-clock.js";
export type { ManualClock } from "./manual-clock.js";
