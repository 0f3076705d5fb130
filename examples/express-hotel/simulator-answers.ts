import type { Response } from "express";
import { NUMBERS } from "./hotels.js";

export const numberOf = (hotel: string): string | undefined =>
  Object.hasOwn(NUMBERS, hotel) ? NUMBERS[hotel] : undefined;

export const invalid = (response: Response, message: string): void => {
  response.status(400).json({ error: { code: "request_invalid", message } });
};

export const notFound = (response: Response, message: string): void => {
  response.status(404).json({ error: { code: "not_found", message } });
};

export const unknownHotel = (response: Response): void => {
  notFound(response, "There is no such hotel; try grand or seaside.");
};
