import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { besideFile, insideFolder } from "../../src/files/inside-folder.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { throwsError } from "../throws.js";

const test = suite("files beside others");

/** The cache of Hugging Face's hub: the files of a snapshot are links to blobs. */
function hubCache(folder: string): { readonly blobs: string; readonly snapshot: string } {
  const [blobs, snapshot] = [join(folder, "blobs"), join(folder, "snapshots", "main")];
  mkdirSync(blobs);
  mkdirSync(snapshot, { recursive: true });
  for (const name of ["model", "data"]) {
    writeFileSync(join(blobs, `blob-${name}`), name);
    symlinkSync(`../../blobs/blob-${name}`, join(snapshot, name));
  }
  writeFileSync(join(folder, "secret"), "secret");
  symlinkSync("../../secret", join(snapshot, "escapes"));
  symlinkSync("../secret", join(blobs, "escapes-too"));
  return { blobs: realpathSync(blobs), snapshot };
}

test("what a linked file names may be a link into the same folder, and no other", () =>
  inTemporaryFolder((folder) => {
    const { blobs, snapshot } = hubCache(folder);
    const model = join(snapshot, "model");
    assert.is(besideFile("data", model), join(blobs, "blob-data"));
    assert.is(insideFolder("data", snapshot), undefined, "a file that is no link itself has one folder");
    for (const name of [
      "escapes",
      "../../secret",
      "../../blobs/escapes-too",
      join(snapshot, "data"),
      "",
      ".",
    ])
      assert.is(besideFile(name, model), undefined, name);
    throwsError(() => besideFile("missing", model), Error, /ENOENT/);
  }));

test("a file that is no link has its folder only", () =>
  inTemporaryFolder((folder) => {
    const { snapshot } = hubCache(folder);
    writeFileSync(join(snapshot, "own"), "");
    writeFileSync(join(snapshot, "plain"), "");
    assert.is(besideFile("plain", join(snapshot, "own")), realpathSync(join(snapshot, "plain")));
    assert.is(besideFile("data", join(snapshot, "own")), undefined);
  }));

test.run();
