import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  isTemporary,
  removeAbandoned,
  temporaryFilesIn,
  temporaryFor,
} from "../../src/files/temporary-files.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const test = suite("base: temporary files");

/** The number of a process that has ended. */
const ended = (): number => spawnSync(process.execPath, ["--version"]).pid;

/** A temporary name whose machine, process and start are others. */
function named(
  file: string,
  change: (host: string, pid: string, start: string) => readonly [string, string | number, string],
): string {
  return temporaryFor(file).replace(
    /ecagen-([0-9a-f]+)-(\d+)-(\w+)-/,
    (_, host, pid, start) => `ecagen-${change(host, pid, start).join("-")}-`,
  );
}

test("what a process that has ended was writing goes, and nothing else", () =>
  inTemporaryFolder((folder) => {
    const file = join(folder, "m.onnx");
    const kept = {
      own: temporaryFor(file),
      "of a living process whose start is not known": named(file, (host) => [host, process.ppid, "0"]),
      "of another machine": named(file, (_, __, start) => ["0123abcd", ended(), start]),
      "of another program": join(folder, ".m.onnx.1234.tmp"),
      output: file,
    };
    const gone = {
      "of a process that has ended": named(file, (host, _, start) => [host, ended(), start]),
      // Only Linux says cheaply when a process began.
      ...(process.platform === "linux"
        ? { "of one whose number another has": named(file, (host, pid, start) => [host, pid, `${start}0`]) }
        : {}),
      "of another output": named(join(folder, "other"), (host, _, start) => [host, ended(), start]),
    };
    for (const path of [...Object.values(kept), ...Object.values(gone)]) writeFileSync(path, "");
    removeAbandoned(folder);
    assert.equal(
      readdirSync(folder).sort(),
      Object.values(kept)
        .map((path) => basename(path))
        .sort(),
    );
  }));

test("a temporary name says whose it is, and keeps a long name within what a file system takes", () =>
  inTemporaryFolder((folder) => {
    for (const name of ["m.onnx", "x".repeat(255), "名".repeat(85), "a-b.ecagen-c.tmp"]) {
      const path = temporaryFor(join(folder, name));
      writeFileSync(path, "");
      assert.ok(isTemporary(basename(path)));
    }
    const found = temporaryFilesIn(folder);
    assert.is(found.length, 4);
    assert.ok(found.every(({ isAlive }) => isAlive));
    assert.not.ok(isTemporary("m.onnx") || isTemporary(".m.onnx.tmp") || isTemporary(".m.swp"));
  }));

test("a folder that is not there, or that may not be read, has none", () => {
  assert.equal(temporaryFilesIn("/nowhere"), []);
  assert.not.throws(() => removeAbandoned("/nowhere"));
});

test.run();
