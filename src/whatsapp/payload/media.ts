import type { MediaHeader } from "../../domain/content.js";
import type { OutboundFileReference } from "../../domain/template.js";
import { LIMITS } from "../limits.js";
import { filled, publicAddress, within } from "./checks.js";
import { optional, type WhatsAppPayload } from "./shapes.js";

/** A text below a file. */
export interface Caption {
  /** 1–1024 characters, below the file. */
  readonly caption?: string;
}
/** A document's text and name. */
export interface DocumentOptions extends Caption {
  /** What the guest sees it called; WhatsApp shows a name that says nothing without it. */
  readonly fileName?: string;
}

/** A file by Meta's id of it, or by the address that Meta fetches it from. One of the desk's has to have an id by then. */
export function fileOf(field: string, { id, link }: OutboundFileReference): WhatsAppPayload {
  if (link === undefined) {
    const known = id ?? "";
    filled(`${field}.id`, known);
    return { id: known };
  }
  publicAddress(`${field}.link`, link);
  return { link };
}

export function captioned(field: string, media: OutboundFileReference, { caption }: Caption): WhatsAppPayload {
  if (caption !== undefined) within(`${field}.caption`, caption, LIMITS.caption);
  return { ...fileOf(field, media), ...optional("caption", caption) };
}

export function documentOf(field: string, media: OutboundFileReference, options: DocumentOptions): WhatsAppPayload {
  const { fileName } = options;
  if (fileName !== undefined) filled(`${field}.filename`, fileName);
  return { ...captioned(field, media, options), ...optional("filename", fileName) };
}

/** `{ type, [type]: file }`, as headers have it. */
export function mediaHeader(field: string, header: MediaHeader): WhatsAppPayload {
  const { type, media } = header;
  const options = header.type === "document" && header.fileName !== undefined ? { fileName: header.fileName } : {};
  return { type, [type]: documentOf(`${field}.${type}`, media, options) };
}
