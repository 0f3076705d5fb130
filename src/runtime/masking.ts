import { withoutCards } from "../decide/masked.js";
import type { Storage } from "../ports/storage.js";
import { withCommit } from "./with-commit.js";

/** A storage that is given no card number of what the hotel says. Where masking is off it is the storage itself. */
export const maskedStorage = (storage: Storage, isOn: boolean): Storage =>
  isOn
    ? withCommit(storage, (hotelId, changes) =>
        storage.commit(
          hotelId,
          changes.map((one) => ({ ...one, change: withoutCards(one.change) })),
        ),
      )
    : storage;
