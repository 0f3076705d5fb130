// For people who test a hotel or write an adapter, by name, in reading order.

// The contract that every storage keeps
export { storageContract } from "./contract/storage.js";
export type { ContractCase, StorageCase, StorageUnderTest } from "./contract/case.js";

// The contract that every transport keeps
export { transportContract } from "./contract/transport.js";
export type { TransportCase, TransportUnderTest } from "./contract/case.js";

// The contract that every realtime keeps
export { realtimeContract } from "./contract/realtime.js";
export type { RealtimeCase, RealtimeUnderTest } from "./contract/case.js";

// The contract that every store of files keeps
export { mediaStoreContract } from "./contract/media-store.js";
export type { MediaStoreCase, MediaStoreUnderTest } from "./contract/case.js";

// The contracts of the host's own ports
export { hotelsContract } from "./contract/hotels.js";
export { guestsContract } from "./contract/known-guests.js";
export type { GuestsCase, GuestsUnderTest, HotelsCase, HotelsUnderTest } from "./contract/case.js";

export { pmsContract } from "./contract/pms.js";
export type { PmsCase, PmsUnderTest } from "./contract/pms.js";

// The contract of whoever tells the desk what happens there
export { pmsFeedContract } from "./contract/pms-feed.js";
export type { PmsFeed, PmsFeedBooking, PmsFeedCase, PmsFeedHotel, PmsFeedUnderTest } from "./contract/pms-feed.js";

// A hotel's own system in memory, and a day of it
export { memoryPms, pmsDay } from "./memory-pms.js";
export type { MemoryPms, MemoryPmsOptions, PmsBooking, PmsDayStep } from "./memory-pms.js";

// Values for tests of a storage
export {
  aChange,
  aCommand,
  aConsent,
  aConversation,
  aFlowRun,
  aGuestUpdate,
  anAmendment,
  anAuditEntry,
  anEcho,
  anImportedMessage,
  anInboundMessage,
  anItem,
  aNewAddress,
  aNote,
  anOutboundMessage,
  aPrompt,
  aRatingPrompt,
  aReport,
  aTiming,
  messageEvent,
  sendWork,
} from "./contract/builders.js";
export type { GuestOfHotel, ItemFields } from "./contract/builders.js";

// A WhatsApp that is not Meta's
export { fakeWhatsApp } from "./fake-whatsapp.js";
export type { FakeWhatsApp, FakeWhatsAppOptions, TemplateName } from "./fake-whatsapp.js";
export type { Asked, Fault, FaultRate } from "./fake/faults.js";
export type { Delivery, Mishap } from "./fake/mishaps.js";
export type { Refusal } from "./fake/graph-error.js";
export type { Held } from "./fake/held.js";
export type { JudgeOptions } from "./fake/judge.js";
export type { MediaKind, StoredFile } from "./fake/media.js";
export type { NumberOptions } from "./fake/numbers.js";
export type { PacingOptions } from "./fake/pacing.js";
export type { Accepted, Call } from "./fake/sends.js";
export type { FakeTemplate, NewTemplate, TemplateButton, TemplateComponent } from "./fake/templates.js";
export type { ReadByHotel } from "./fake/reads.js";
export type { TokenOptions } from "./fake/tokens.js";
export type { Weather } from "./fake/weather.js";
export { acceptedTwice, callsAbovePace, callsBeforeRetryAfter, inversions } from "./fake/proofs.js";
export type { Pace } from "./fake/proofs.js";
export type { FakeGuest, FakeHotelPhone, GuestFile } from "./people.js";
export type {
  FakeGuestIdentity,
  PhoneFile,
  PhoneForm,
  PhoneMessage,
  PhoneOption,
  PhonePlace,
  Standing,
} from "./phones.js";

// What another version of a flow would have done with a guest who walked this one
export { whatIf } from "../flow/what-if.js";
export type { Stood, WhatIf, WhatIfStep } from "../flow/what-if.js";

// A guest's phone that fills in native Flows
export { flowPhone } from "./flow-phone.js";
export type { FlowPhoneAsks, FlowPhoneOptions, FlowPhoneRequest } from "./flow-phone.js";

// Time that stands still until told otherwise
export { manualClock } from "./manual-clock.js";
export type { ManualClock } from "./manual-clock.js";

// A whole stay as a script
export { flowScript } from "./flow-script.js";
export type { FlowScriptOptions } from "./flow-script.js";
export { scenario } from "./scenario.js";
export type {
  HostAnswer,
  Moment,
  Scenario,
  ScenarioGuest,
  ScenarioOptions,
  ScenarioPmsEvent,
  ScenarioStaff,
  Shown,
} from "./scenario.js";
export { memoryTelemetry } from "./telemetry.js";
export type { MemoryTelemetry, TestSeries, TestSpan } from "./telemetry.js";
