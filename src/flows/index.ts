// Flows that a hotel has on its first day, each a model to copy.

export { checkIn, CHECK_IN_KEYWORDS } from "./check-in.js";
export type { CheckInOptions, CheckInSoFar, CheckInStep, CheckInSteps } from "./check-in.js";
export type { HouseRules } from "./house-rules.js";
export type { IdentityRule, IdPhoto, IdVerdict } from "./identity.js";
export { CHECK_IN_FORM } from "./check-in-form.js";
export type { CheckInForm } from "./check-in-form.js";
export { checkOut, CHECK_OUT_KEYWORDS, feedback } from "./check-out.js";
export type { CheckOutOptions, CheckOutSoFar, Feedback, FeedbackOptions, FeedbackSoFar } from "./check-out.js";
export { deskTasks, guestRequest, REQUEST_KEYWORDS, REQUEST_PHRASES } from "./request.js";
export type { CreateTask, GuestRequest, GuestRequestOptions, RequestSoFar, RequestTasks } from "./request.js";
export { upsell, UPSELL_KEYWORDS } from "./upsell.js";
export type { UpsellOptions, UpsellSoFar } from "./upsell.js";

// Parts to build on
export { bookingOf, findBooking } from "./booking.js";
export type { Booking, BookingSoFar, FindBooking } from "./booking.js";

// What they say
export { BOOKING_TEXTS, type BookingText } from "./texts/booking.js";
export { CHECK_IN_TEXTS, type CheckInText } from "./texts/check-in.js";
export { CHECK_OUT_TEXTS, type CheckOutText } from "./texts/check-out.js";
export { REQUEST_TEXTS, type RequestText } from "./texts/request.js";
export { UPSELL_TEXTS, type UpsellText } from "./texts/upsell.js";
export { LANGUAGES, textFaults, TEXT_LIMITS } from "./words.js";
export type { Language, OwnTexts, TextFault, TextKind, Texts } from "./words.js";

export type * from "../ports/pms.js";
export type * from "../ports/tasks.js";
