import { create } from "content-disposition";

/** Longest name without its extension, in characters: file systems take 255 bytes, of which one character may be four. */
const STEM_MAX = 60;

/**
 * Nobody sees them, or they turn around what stands beside them: controls, directions, joiners, tags, fillers, private and unassigned characters,
 * halves of characters.
 */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]|[\u180b-\u180e]|[\u17b4\u17b5]|\u034f/gu;
/** They lead into other folders, or mean something to a shell, to Windows or to a header. */
const UNSAFE = /[/\\:*?"<>|%;`$&']/g;
/** Characters that look like a full stop or a slash. */
const LIKE_A_DOT = /[\u2024\ufe52\uff0e\u3002\uff61\u0701\u0702]/g;
const LIKE_A_SLASH = /[\u2044\u2215\u29f8\u29f9\uff0f\uff3c\ufe68]/g;
/** Names that Windows keeps for devices, whatever extension follows. */
const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$)$/i;
/** What is the same as an extension, so that it need not stand before it. */
const SAME: ReadonlyMap<string, readonly string[]> = new Map([
  ["jpg", ["jpeg", "jpe", "jfif"]],
  ["m4a", ["mp4"]],
  ["ogg", ["opus", "oga"]],
  ["txt", ["text", "csv", "log"]],
  ["3gp", ["3gpp"]],
]);

/**
 * A file's name to be shown and to be saved under: what somebody called it, made harmless, with the extension that fits what it is. It names
 * no folder, hides nothing, turns nothing around and has one extension, so that `invoice.pdf.exe` that is a PDF becomes
 * `invoice_pdf_exe.pdf`. At most 66 characters.
 *
 * @param name as the sender wrote it; null when it has none
 * @param extension of the verdict, without a dot
 * @returns `"file.<extension>"` when nothing is left of the name
 */
export function shownName(name: string | null, extension: string): string {
  const clean = (name ?? "")
    .slice(0, 4 * STEM_MAX + 32)
    .replace(UNSEEN, "")
    .normalize("NFC")
    .replace(LIKE_A_DOT, ".")
    .replace(LIKE_A_SLASH, "/")
    .replace(/\s/gu, " ");
  // The last part of a path, and the path's parts before it are nobody's business.
  const last = clean.split(/[/\\]/).findLast((part) => part.trim() !== "" && !/^\.+$/.test(part.trim())) ?? "";
  let stem = trimmed(last.replace(UNSAFE, "_"));
  for (const same of [extension, ...(SAME.get(extension) ?? [])])
    if (stem.toLowerCase().endsWith(`.${same}`)) stem = stem.slice(0, -same.length - 1);
  stem = trimmed(stem)
    .replace(/\.{2,}/g, ".")
    .replace(/\.(?=[^\s\d])/gu, "_");
  stem = trimmed(Array.from(trimmed(stem)).slice(0, STEM_MAX).join(""));
  if (stem === "" || RESERVED.test(stem.split(".")[0] ?? "")) stem = stem === "" ? "file" : `_${stem}`;
  return `${stem}.${extension}`;
}

/** Without what nobody sees at its ends, and without what makes a file hidden or an option of a command at its beginning. */
function trimmed(stem: string): string {
  let [from, to] = [0, stem.length];
  while (from < to && " .-~".includes(stem.charAt(from))) from++;
  while (to > from && " .".includes(stem.charAt(to - 1))) to--;
  return stem.slice(from, to);
}

/** Extensions that start something, or that a browser draws as a page, where a double click opens them. */
const STARTS =
  /^(exe|com|scr|pif|bat|cmd|ps1|psm1|vbs|vbe|js|jse|mjs|cjs|wsf|wsh|hta|msi|msp|jar|jnlp|lnk|url|reg|cpl|dll|sys|app|apk|ipa|dmg|pkg|deb|rpm|sh|bash|zsh|csh|py|pl|rb|php\d?|phtml|phar|asp|aspx|jsp|cgi|html?|xhtml|shtml|mht|mhtml|svgz?|xml|xsl|xslt|swf|chm|iso|img|vhdx?|docm|dotm|xlsm|xltm|xlam|pptm|potm|ppam|desktop|application|gadget|inf|scf|workflow|command)$/;

/** Whether somebody gave a file a name that starts a program or opens a page. */
export function misleads(name: string): boolean {
  const clean = name.slice(-64).replace(UNSEEN, "").replace(LIKE_A_DOT, ".");
  const end = unended(clean);
  const dot = end.lastIndexOf(".");
  return (
    dot >= 0 &&
    STARTS.test(
      end
        .slice(dot + 1)
        .trim()
        .toLowerCase(),
    )
  );
}

/**
 * The value of a `Content-Disposition` header with a name in it, after RFC 6266: the name itself for who can read it, and one in ASCII.
 * @param name `shownName()`; null for none
 */
export const contentDisposition = (name: string | null, disposition: "inline" | "attachment"): string =>
  name === null ? disposition : create(name.toWellFormed(), { type: disposition });

/** Without dots and blanks at its end, which Windows leaves out. */
function unended(name: string): string {
  let end = name.length;
  while (end > 0 && /[\s.]/u.test(name.charAt(end - 1))) end--;
  return name.slice(0, end);
}
