import { describe, expect, test } from "vitest";
import type { Look } from "../../src/media/format.js";
import { Found } from "../../src/media/found.js";
import { mediaLimits } from "../../src/media/limits.js";
import { sniff } from "../../src/media/sniff.js";
import { fromBytes } from "../../src/media/source.js";
import { looksLikeText, text, textualDisguise } from "../../src/media/text.js";
import type { MediaSource } from "../../src/media/verdict.js";

const latin = (head: string): Buffer => Buffer.from(head, "latin1");
/** What a file begins like: the types that it may turn out to be, or why it goes no further. */
const taken = async (head: string | Buffer): Promise<readonly string[] | string> => {
  try {
    return (await sniff(fromBytes(typeof head === "string" ? latin(head) : head))).types;
  } catch (error) {
    if (error instanceof Found) return `${error.verdict}: ${error.flaw}`;
    throw error;
  }
};
/** Bytes that no text has, so that nothing is taken for one. */
const BYTES = "\0\x01\x02\x03\0\x01\x02\x03\0\x01\x02\x03\0\x01\x02\x03";

describe("what a guest's file begins like (S43, T40)", () => {
  test.each([
    ["a photo", "\xff\xd8\xff\xe0", ["image/jpeg"]],
    ["a screenshot", "\x89PNG\r\n\x1a\n", ["image/png"]],
    ["a sticker", "RIFF\x10\0\0\0WEBP", ["image/webp"]],
    ["a picture of old", "GIF87a", ["image/gif"]],
    ["a picture that moves", "GIF89a", ["image/gif"]],
    ["a film", "\0\0\0\x18ftypisom", ["audio/mp4", "video/3gpp", "video/mp4"]],
    ["a voice note", "OggS", ["audio/ogg"]],
    ["a phone's recording", "#!AMR\n", ["audio/amr"]],
    ["a song", "ID3\x03", ["audio/mpeg"]],
    ["a song without a title", "\xff\xfb\x90", ["audio/mpeg"]],
    ["an invoice", "%PDF-1.7", ["application/pdf"]],
  ])("%s goes on to be looked into", async (_, head, types) => {
    expect(Array.from(await taken(head + BYTES)).toSorted()).toEqual(types);
  });

  test.each([
    ["a program for Windows", "MZ"],
    ["a program for Linux", "\x7fELF"],
    ["a class of Java", "\xca\xfe\xba\xbe"],
    ["a program for two kinds of Mac", "\xca\xfe\xba\xbf"],
    ["a program for an old Mac", "\xfe\xed\xfa\xce"],
    ["a program for a Mac", "\xfe\xed\xfa\xcf"],
    ["a program for an old Mac of Intel", "\xce\xfa\xed\xfe"],
    ["a program for a Mac of Intel", "\xcf\xfa\xed\xfe"],
    ["WebAssembly", "\0asm"],
    ["a program for Android", "dex\n"],
    ["a shortcut", "L\0\0\0\x01\x14\x02\0"],
    ["Flash", "FWS"],
    ["packed Flash", "CWS"],
    ["Flash, packed otherwise", "ZWS"],
    ["a library", "!<arch>\n"],
    ["a package", "\xed\xab\xee\xdb"],
  ])("%s is a program, whatever it is called", async (_, head) => {
    expect(await taken(head + BYTES)).toBe("refused: executable");
    expect(await taken(BYTES + head)).toBe("refused: type_unknown");
  });

  test.each([
    ["rich text", "{\\rtf", "1 plain words}"],
    ["a bitmap", "BM"],
    ["a scan", "II*\0"],
    ["a scan, the other way round", "MM\0*"],
    ["a drawing", "8BPS"],
    ["a photo of a new kind", "\0\0\0\x0cJXL "],
    ["a film of a brand that nobody takes", "\0\0\0\x18ftypheic"],
    ["an old film", "\0\0\0\x18moov"],
    ["a film without a beginning", "\0\0\0\x18mdat"],
    ["an old film with room in it", "\0\0\0\x08wide"],
    ["a film for the web", "\x1aE\xdf\xa3"],
    ["a sound of Windows", "RIFF\x10\0\0\0WAVE"],
    ["a film for Flash", "FLV\x01"],
    ["a song without loss", "fLaC"],
    ["notes", "MThd"],
    ["a film of Windows", "0&\xb2u"],
    ["an archive of RAR", "Rar!\x1a\x07"],
    ["an archive of 7-Zip", "7z\xbc\xaf"],
    ["something packed", "\x1f\x8b"],
    ["something packed harder", "BZh"],
    ["something packed as hard as can be", "\xfd7zXZ"],
    ["something packed fast", "(\xb5/\xfd"],
    ["a cabinet", "MSCF"],
    ["a database", "SQLite format 3"],
    ["an empty archive", "PK\x05\x06"],
  ])("%s is known, and not taken", async (_, head, rest = BYTES) => {
    expect(await taken(head + rest)).toBe("refused: type_not_allowed");
    expect(await taken(`\0\0\0\0\0\0\0\0${head}${BYTES}`)).toBe("refused: type_unknown");
  });

  test("a page is a page, also where bytes that no text has follow it", async () => {
    expect(await taken(`<html>${BYTES}`)).toBe("refused: markup");
  });

  test("bytes like nothing are of no known type, and words are a text", async () => {
    expect(await taken(BYTES)).toBe("refused: type_unknown");
    expect(await taken("We arrive at nine.")).toEqual(["text/plain"]);
    expect(await taken("BMW X5, licence plate M-AB 123")).toEqual(["text/plain"]);
  });

  test.each([
    ["a page", "<!doctype html>", "markup"],
    ["a script of a shell", "#!/bin/sh\n", "executable"],
  ])("%s is told by its first word, also behind blanks and a mark", async (_, head, flaw) => {
    for (const before of ["", " \n\t", "\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"])
      expect(await taken(before + head), JSON.stringify(before)).toBe(`refused: ${flaw}`);
    expect(await taken(`Look: ${head}`)).toEqual(["text/plain"]);
    expect(await taken(`${" ".repeat(2_048)}${head}`), "nobody reads on for ever").toEqual(["text/plain"]);
    expect(textualDisguise(latin(`\0${head.replaceAll("", "\0")}`)), "in characters of two bytes").toBe(flaw);
  });
});

describe("what opens as a page or starts as a program is no text (S45, T41)", () => {
  const PAGES =
    "<?xml|<?php|<?=|<!doctype|<!--|<![cdata|<!entity|<html>|<head>|<script |<iframe/|<h1>|<h6>|<div>|<font |<table>|<a |<style>|<title>|<b>|<i>|<body\n|<br/|<p>|<svg |<math>|<img |" +
    "<image |<object |<embed |<applet |<form>|<input |<button>|<meta |<link |<base |<video |<audio |<frameset>|<template>|<details |<marquee>|<xsl:stylesheet |<rdf:rdf |<x:xmpmeta |<rss |" +
    "<feed>|<plist |<job>|<package>|<component>|<hta:application |mime-version:|content-type: multipart|content-type:text/html";
  test.each(PAGES.split("|"))("a page: %j", (head) => {
    expect(textualDisguise(latin(`${head} x`))).toBe("markup");
    expect(textualDisguise(latin(`${head.toUpperCase()} x`))).toBe("markup");
    expect(textualDisguise(latin(`x${head} x`))).toBeNull();
  });

  const PROGRAMS =
    "#!|%!ps|@echo|::|rem |[internetshortcut]|[desktop entry]|[autorun]|windows registry editor|regedit4|option explicit|on error resume|function  go  (|function go(|var  a  =|var ab=|" +
    "wscript.|set-executionpolicy|powershell|import  os|import subprocess|import sys";
  test.each(PROGRAMS.split("|"))("a program: %j", (head) => {
    expect(textualDisguise(latin(`${head} x`))).toBe("executable");
    expect(textualDisguise(latin(`${head.toUpperCase()} x`))).toBe("executable");
    expect(textualDisguise(latin(`x${head} x`))).toBeNull();
  });

  test.each([
    "<3 this hotel",
    "<h7>",
    "<bold>",
    "<p.s.",
    "remember the towels",
    "function of the sauna?",
    "variable arrival =",
    "important: ",
    "import oscar's car",
    "content-type: text/plain",
    "Hello",
  ])("words of a guest: %j", (words) => {
    expect(textualDisguise(latin(words))).toBeNull();
  });

  test("a page is read as far as its second thousand characters", () => {
    expect(textualDisguise(latin(`${" ".repeat(2_042)}<html>`))).toBe("markup");
    expect(textualDisguise(latin(`${" ".repeat(2_043)}<html>`))).toBeNull();
  });
});

describe("a text is characters, and no controls but those that lay it out", () => {
  const at = (source: MediaSource): Look => ({ source, kind: "document", direction: "inbound", limits: mediaLimits });
  const look = async (bytes: Uint8Array): Promise<string> => {
    try {
      const { type } = await text.look(at(fromBytes(bytes)));
      return type;
    } catch (error) {
      return error instanceof Found ? error.flaw : String(error);
    }
  };
  const le = (words: string): Buffer => Buffer.from(`\ufeff${words}`, "utf16le");
  const be = (words: string): Buffer => le(words).swap16();
  const LAYOUT = [9, 10, 11, 12, 13, 27];

  test.each(Array.from({ length: 34 }, (_, unit) => unit).concat(126, 127, 128, 255))("character %i", async (unit) => {
    const isKept = (unit >= 32 && unit !== 127) || LAYOUT.includes(unit);
    const said = isKept ? "text/plain" : "type_unknown";
    const words = `a${String.fromCharCode(unit)}b`;
    expect(looksLikeText(latin(words))).toBe(isKept);
    expect(await look(latin(words))).toBe(said);
    for (const wide of [le(words), be(words)]) {
      expect(looksLikeText(wide)).toBe(isKept);
      expect(await look(wide)).toBe(said);
    }
  });

  test("in UTF-16 by its mark alone, and in whole characters", async () => {
    // Each of them has a byte that would be a control by itself.
    for (const wide of [le("\u0101\u0141"), be("\u0101\u0141")]) {
      expect(looksLikeText(wide)).toBe(true);
      expect(await look(wide)).toBe("text/plain");
      expect(looksLikeText(wide.subarray(2))).toBe(false);
      expect(await look(wide.subarray(2))).toBe("type_unknown");
      // The beginning of a long one may end within a character; a whole file may not.
      expect(looksLikeText(wide.subarray(0, -1))).toBe(true);
      expect(await look(wide.subarray(0, -1))).toBe("truncated");
    }
    for (const half of ["\xff", "\xfe", "\xff\xff\xff", "\xfe\xfe\xfe"])
      expect(await look(latin(half))).toBe("text/plain");
    expect(looksLikeText(latin("\xff\x01"))).toBe(false);
    expect(looksLikeText(latin("\xfe\x01"))).toBe(false);
    expect(looksLikeText(latin("\x01\xfe"))).toBe(false);
    expect(looksLikeText(latin("\x01\xff"))).toBe(false);
    expect(looksLikeText(Buffer.alloc(0))).toBe(true);
    expect(await look(latin("a"))).toBe("text/plain");
  });

  test("also where a character stands across two stretches that are read", async () => {
    const words = "a".repeat(40_000);
    const whole = le(`${words}\u0001`);
    const odd = (from: number, length: number) =>
      Promise.resolve(whole.subarray(from, Math.min(from + length, from + 3)));
    const source = { sizeBytes: whole.length, read: odd };
    await expect(text.look(at(source))).rejects.toMatchObject({
      flaw: "type_unknown",
    });
    expect(await look(le(words))).toBe("text/plain");
    expect(await look(whole)).toBe("type_unknown");
  });
});
