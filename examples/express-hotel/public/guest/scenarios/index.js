import { checkIn } from "./check-in.js";
import { frontDeskDay } from "./front-desk-day.js";
import { lineDrops } from "./line-drops.js";
import { processKilled } from "./process-killed.js";
import { threeGuests } from "./three-guests.js";

export { hotelAt, play } from "./hotel.js";

/** In the order in which they are offered. */
export const scenarios = [threeGuests, checkIn, frontDeskDay, lineDrops, processKilled];
