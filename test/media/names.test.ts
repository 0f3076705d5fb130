import fc from "fast-check";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { extensionOf } from "../../src/media/extension.js";
import { contentDisposition, misleads, shownName } from "../../src/media/names.js";

describe("the name that a guest's file is shown and saved under (T34)", () => {
  test.each([
    ["Rechnung März.pdf", "pdf", "Rechnung März.pdf"],
    ["予約.PDF", "pdf", "予約.pdf"],
    ["IMG_20260301.jpeg", "jpg", "IMG_20260301.jpg"],
    ["Bill 12.03.2026.pdf", "pdf", "Bill 12.03.2026.pdf"],
    ["invoice.pdf.exe", "pdf", "invoice_pdf_exe.pdf"],
    ["../../etc/passwd", "txt", "passwd.txt"],
    ["..\\..\\boot.ini", "txt", "boot_ini.txt"],
    ["/absolute/", "pdf", "absolute.pdf"],
    ["a\u2215b\uff0fc.pdf", "pdf", "c.pdf"],
    ["photo\u202egpj.exe", "jpg", "photogpj_exe.jpg"],
    ["a\r\nSet-Cookie: x=1.pdf", "pdf", "aSet-Cookie_ x=1.pdf"],
    ["nul\0.pdf", "pdf", "_nul.pdf"],
    ["CON", "pdf", "_CON.pdf"],
    ["com1.tar.gz", "pdf", "com1_tar_gz.pdf"],
    [".htaccess", "txt", "htaccess.txt"],
    ["photo.jpe", "jpg", "photo.jpg"],
    ["photo.JFIF", "jpg", "photo.jpg"],
    ["song.mp4", "m4a", "song.m4a"],
    ["voice.opus", "ogg", "voice.ogg"],
    ["voice.oga", "ogg", "voice.ogg"],
    ["list.text", "txt", "list.txt"],
    ["list.csv", "txt", "list.txt"],
    ["list.log", "txt", "list.txt"],
    ["film.3gpp", "3gp", "film.3gp"],
    ["list.csv", "pdf", "list_csv.pdf"],
    ["list.xcsv", "txt", "list_xcsv.txt"],
    ["COM1", "pdf", "_COM1.pdf"],
    ["lpt9.pdf", "pdf", "_lpt9.pdf"],
    ["falcon.pdf", "pdf", "falcon.pdf"],
    ["comet", "pdf", "comet.pdf"],
    ["Bill 12..03", "pdf", "Bill 12.03.pdf"],
    ["invoice/ .. ", "pdf", "invoice.pdf"],
    ["invoice/.../", "pdf", "invoice.pdf"],
    ["folder/x.y./bill", "pdf", "bill.pdf"],
    ["-rf", "pdf", "rf.pdf"],
    ["invoice.pdf   ", "pdf", "invoice.pdf"],
    ["invoice\uff0epdf\u3002exe", "pdf", "invoice_pdf_exe.pdf"],
    ["\ud800", "pdf", "file.pdf"],
    ["\u3164\u200b", "pdf", "file.pdf"],
    ["...", "pdf", "file.pdf"],
    ["", "pdf", "file.pdf"],
    [null, "ogg", "file.ogg"],
    ["x".repeat(300), "pdf", `${"x".repeat(60)}.pdf`],
  ])("%j becomes %j: %j", (name, extension, shown) => {
    expect(shownName(name, extension)).toBe(shown);
  });

  const anyName = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc
      .array(
        fc.constantFrom(
          "..",
          "/",
          "\\",
          "\0",
          "\u202e",
          "a",
          ".",
          " ",
          "con",
          "%2e",
          "\r\n",
          ".pdf",
          ".exe",
          '"',
          "\ud800",
        ),
        { maxLength: 40 },
      )
      .map((parts) => parts.join("")),
  );

  test("stays in its folder, has one extension and turns nothing around, whatever it was", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const shown = shownName(name, "pdf");
        expect(path.posix.basename(shown)).toBe(shown);
        expect(path.win32.basename(shown)).toBe(shown);
        expect(shown).toMatch(/^[^.\s-].*\.pdf$/u);
        expect(shown).not.toMatch(/[\p{C}\p{Zl}\p{Zp}/\\:*?"<>|%]/u);
        expect(shown.slice(0, -4)).not.toMatch(/\.[^\s\d]/u);
        expect(shown).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)\./i);
        expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(255);
      }),
      { numRuns: 3_000 },
    );
  });

  test("is one line of a header, with a spelling for everybody (RFC 6266)", () => {
    expect(contentDisposition("Rechnung März.pdf", "attachment")).toBe(
      `attachment; filename="Rechnung M?rz.pdf"; filename*=UTF-8''Rechnung%20M%C3%A4rz.pdf`,
    );
    expect(contentDisposition("bill.pdf", "inline")).toBe("inline; filename=bill.pdf");
    expect(contentDisposition(null, "inline")).toBe("inline");
    fc.assert(
      fc.property(anyName, (name) => {
        for (const given of [name, shownName(name, "pdf")])
          expect(contentDisposition(given, "attachment")).toMatch(/^attachment; filename=[ -~]*$/);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("a file whose name starts a program or opens a page is put aside (T34)", () => {
  const STARTS =
    "exe com scr pif bat cmd ps1 psm1 vbs vbe js jse mjs cjs wsf wsh hta msi msp jar jnlp lnk url reg cpl dll sys app apk ipa dmg pkg deb rpm sh bash zsh csh py pl rb php php5 " +
    "phtml phar asp aspx jsp cgi htm html xhtml shtml mht mhtml svg svgz xml xsl xslt swf chm iso img vhd vhdx docm dotm xlsm xltm xlam pptm potm ppam desktop application gadget inf " +
    "scf workflow command";
  test.each(STARTS.split(" "))("invoice.%s", (extension) => {
    for (const name of [`invoice.${extension}`, `invoice.pdf.${extension.toUpperCase()}`, `.${extension}`])
      expect(misleads(name), name).toBe(true);
    for (const name of [extension, `invoice.${extension}.pdf`, `invoice.q${extension}`, `invoice.${extension}q`])
      expect(misleads(name), name).toBe(false);
  });

  test.each([
    "invoice.exe ",
    "invoice.exe. .",
    "invoice. exe",
    "invoice.exe\u200b",
    "invoice.e\u200bxe",
    "invoice\uff0eexe",
    "invoice\u3002exe",
    `${"x".repeat(300)}.exe`,
  ])("as a system that is less exact reads it: %j", (name) => {
    expect(misleads(name)).toBe(true);
  });

  test.each([
    "",
    ".",
    "...",
    "invoice",
    "invoice.pdf",
    "sales.com.pdf",
    "Zimmer 12.5",
    "invoice.phpx",
    "invoice.php12",
  ])("and no other: %j", (name) => {
    expect(misleads(name)).toBe(false);
  });
});

test("a file has the extension of its type, and one whose type nobody knows none that starts anything", () => {
  expect(["image/jpeg", "audio/mp4", "text/plain"].map(extensionOf)).toEqual(["jpg", "m4a", "txt"]);
  for (const type of ["", "image/jpg", "text/html", "constructor", "toString"]) expect(extensionOf(type)).toBe("bin");
});
