import type { Migration } from "../migrate.js";

/** Who comes to a hotel on a day, and who goes. */
export const staysByDay: Migration = {
  id: 28,
  name: "stays-by-day",
  breaking: false,
  sql: (schema) => `
    -- A day, or an instant as the hotel's clocks show it, begins with the day.
    create index stays_arriving on ${schema}.stays (hotel_id, left(arrival, 10), reservation_id)
      where arrival is not null and status is distinct from 'cancelled';
    create index stays_departing on ${schema}.stays (hotel_id, left(departure, 10), reservation_id)
      where departure is not null and status is distinct from 'cancelled';
  `,
};
