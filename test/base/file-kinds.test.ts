import { join } from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { utf8 } from "../../src/base/bytes.js";
import { fileKind, LONGEST_FILE_START } from "../../src/base/file-kinds.js";
import { compile } from "../../src/driver/compile/compile.js";
import { readBytes } from "../../src/files/read-file.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const test = suite("base: what a file is instead");

const GIT_LFS = `version https://git-lfs.github.com/spec/v1
oid sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
size 21440000
`;

/** A tar archive's first block, as far as it is told by. */
const tar = new Uint8Array(512).fill(0x61);
tar.set(utf8("ustar"), 257);

for (const [name, start, is] of [
  ["nothing", new Uint8Array(0), /^empty$/],
  ["a file that was only made", new Uint8Array(600), /zeros/],
  ["a Git LFS pointer", utf8(GIT_LFS), /Git LFS pointer/],
  ["a page", utf8("<!DOCTYPE html>\n<html>"), /web page \(HTML\)/],
  ["a page in capitals after spaces", utf8("\n\n  <HTML><BODY>"), /web page \(HTML\)/],
  ["a page after a byte order mark", Uint8Array.of(0xef, 0xbb, 0xbf, ...utf8("<html>")), /web page \(HTML\)/],
  ["a page of XHTML", utf8('<?xml version="1.0"?>\n<!DOCTYPE html>'), /web page \(HTML\)/],
  ["an answer of a bucket", utf8('<?xml version="1.0"?><Error><Code>AccessDenied</Code>'), /an XML file/],
  ["an answer in JSON", utf8('{"error": "not found"}'), /a JSON file/],
  ["ORT format", Uint8Array.of(28, 0, 0, 0, ...utf8("ORTM"), 1, 2), /ORT format/],
  ["TensorFlow Lite", Uint8Array.of(28, 0, 0, 0, ...utf8("TFL3"), 1, 2), /TensorFlow Lite/],
  ["a ZIP archive", Uint8Array.of(...utf8("PK\x03\x04"), ...deflateRawSync("x")), /ZIP archive/],
  ["a pickle", Uint8Array.of(0x80, 2, 0x8a, 0x0a), /pickle/],
  ["HDF5", Uint8Array.of(0x89, ...utf8("HDF\r\n"), 0x1a, 0x0a), /HDF5/],
  ["gzip", gzipSync("x"), /gzip/],
  ["tar", tar, /tar archive/],
  ["NumPy", Uint8Array.of(0x93, ...utf8("NUMPY"), 1, 0), /NumPy array/],
] as const) {
  test(name, () => {
    const kind = fileKind(start);
    assert.match(kind?.is ?? "", is);
    assert.ok((kind?.hint ?? "").length > 5);
  });
}

test("nothing else is called anything", async () => {
  const model = await inTemporaryFolder(async (folder) => {
    const { output } = await compile("specs/small.json", { output: join(folder, "small.onnx") });
    return readBytes(output);
  });
  for (const start of [model.subarray(0, LONGEST_FILE_START), utf8("a text"), Uint8Array.of(0xff, 0xfe)])
    assert.is(fileKind(start), undefined);
});

test.run();
