import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ByteSink } from "../../src/base/bytes.js";
import { InputError } from "../../src/base/diagnostic.js";
import { writeAtomically, writeTextSync } from "../../src/files/atomic-file.js";
import { withoutListeners } from "../../src/files/termination.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { throwsError } from "../throws.js";

const test = suite("base: atomic files");

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const write =
  (content: string) =>
  (sink: ByteSink): Promise<void> =>
    sink.write(text(content));

async function refusal(act: Promise<unknown>): Promise<InputError> {
  const error = await act.then(
    () => new Error("nothing was refused"),
    (reason: unknown) => reason,
  );
  assert.instance(error, InputError);
  return error as InputError;
}

test("a file holds all its bytes in order, whatever the pieces", () =>
  inTemporaryFolder(async (folder) => {
    const pieces = [0, 1, 1000, 1 << 20, (1 << 20) - 1001, 3 << 20, 7].map((size, i) =>
      new Uint8Array(size).map((_, j) => (i * 31 + j * 7) % 251),
    );
    const file = join(folder, "a");
    await writeAtomically([file], async (sink) => {
      const reused = new Uint8Array(3 << 20);
      for (const piece of pieces) {
        reused.set(piece);
        await sink.write(reused.subarray(0, piece.length));
      }
      reused.fill(0);
    });
    assert.is(Buffer.compare(readFileSync(file), Buffer.concat(pieces)), 0);
  }));

test("the name holds the old content until the new one is complete", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "a");
    writeFileSync(file, "old");
    await writeAtomically([file], async (sink) => {
      await sink.write(new Uint8Array(3 << 20));
      assert.is(readFileSync(file, "utf8"), "old");
    });
    assert.is(readFileSync(file).length, 3 << 20);
    assert.equal(readdirSync(folder), ["a"]);
  }));

test("an error in the middle leaves the old content and nothing else", () =>
  inTemporaryFolder(async (folder) => {
    const files = [join(folder, "a"), join(folder, "b")];
    writeFileSync(join(folder, "a"), "old");
    const failing = writeAtomically(files, async (a, b) => {
      await a.write(text("new"));
      await b.write(new Uint8Array(3 << 20));
      throw new Error("in the middle");
    });
    const error = await failing.catch((reason: unknown) => reason);
    assert.is((error as Error).message, "in the middle");
    assert.equal(readdirSync(folder), ["a"]);
    assert.is(readFileSync(join(folder, "a"), "utf8"), "old");
  }));

test("files that can't be written are refused, with the reason", () =>
  inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, "plain"), "");
    for (const [name, reason] of [
      [join("none", "a"), /its directory does not exist/],
      [join("plain", "a"), /a part of its path is no directory/],
      [".", /is a directory/],
      ["x".repeat(5000), /the name is too long/],
    ] as const) {
      assert.match((await refusal(writeAtomically([join(folder, name)], write("new")))).message, reason);
    }
    assert.match((await refusal(writeAtomically(["/dev/null"], write("new")))).message, /no regular file/);
    assert.equal(readdirSync(folder), ["plain"]);
  }));

test("if the second file can't be opened the first one is not written", () =>
  inTemporaryFolder(async (folder) => {
    mkdirSync(join(folder, "b"));
    await refusal(writeAtomically([join(folder, "a"), join(folder, "b")], write("new")));
    assert.equal(readdirSync(folder), ["b"]);
  }));

test("a link stays, and the file that it leads to is written", () =>
  inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, "target"), "old");
    symlinkSync(join(folder, "target"), join(folder, "link"));
    await writeAtomically([join(folder, "link")], write("new"));
    assert.ok(lstatSync(join(folder, "link")).isSymbolicLink());
    assert.is(readFileSync(join(folder, "target"), "utf8"), "new");
  }));

test("a link to a file that is not there yet stays, and the file is made", () =>
  inTemporaryFolder(async (folder) => {
    mkdirSync(join(folder, "sub"));
    symlinkSync("second", join(folder, "first"));
    symlinkSync(join("sub", "target"), join(folder, "second"));
    await writeAtomically([join(folder, "first")], write("new"));
    assert.ok(lstatSync(join(folder, "first")).isSymbolicLink());
    assert.is(readFileSync(join(folder, "sub", "target"), "utf8"), "new");
    symlinkSync("circle", join(folder, "circle"));
    const circle = writeAtomically([join(folder, "circle")], write("new"));
    assert.match((await refusal(circle)).message, /its links lead in a circle/);
  }));

test("a read-only file is refused, and permissions are kept", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "a");
    writeFileSync(file, "old", { mode: 0o600 });
    await writeAtomically([file], write("new"));
    assert.is(statSync(file).mode & 0o777, 0o600);
    chmodSync(file, 0o444);
    const error = await refusal(writeAtomically([join(folder, "b"), file], write("newer")));
    assert.match(error.message, /it is read-only/);
    assert.match(error.diagnostics[0]?.hint ?? "", /chmod/);
    assert.equal(readdirSync(folder), ["a"]);
    assert.is(readFileSync(file, "utf8"), "new");
  }));

test("a pipe is refused, without waiting for its reader", () =>
  inTemporaryFolder(async (folder) => {
    const pipe = join(folder, "pipe");
    if (spawnSync("mkfifo", [pipe]).status !== 0) return;
    assert.match((await refusal(writeAtomically([pipe], write("new")))).message, /no regular file/);
  }));

test("a folder that came to be in the place of an output is refused, and no other output appears", () =>
  inTemporaryFolder(async (folder) => {
    const writing = writeAtomically([join(folder, "a"), join(folder, "b")], async (a) => {
      await a.write(text("new"));
      mkdirSync(join(folder, "a"));
    });
    assert.match((await refusal(writing)).message, /is a directory/);
    assert.equal(readdirSync(folder), ["a"]);
  }));

test("two writers of one name leave the whole of one of them", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "a");
    const [one, two] = ["1", "2"].map((digit) => digit.repeat(3 << 20));
    await Promise.all([one, two].map((content) => writeAtomically([file], write(content ?? ""))));
    assert.ok([one, two].includes(readFileSync(file, "utf8")));
    assert.equal(readdirSync(folder), ["a"]);
  }));

test("a text that is written at once appears as a whole or not at all", () =>
  inTemporaryFolder((folder) => {
    writeTextSync(join(folder, "a"), "old");
    writeTextSync(join(folder, "a"), "new");
    assert.is(readFileSync(join(folder, "a"), "utf8"), "new");
    throwsError(() => writeTextSync(folder, "new"), InputError, /is a directory/, {
      code: "file/not-a-file",
    });
    throwsError(() => writeTextSync(join(folder, "none", "a"), ""), InputError, /directory does not exist/);
    assert.equal(readdirSync(folder), ["a"]);
  }));

test("listeners for signals and for the exit are taken back", () =>
  inTemporaryFolder(async (folder) => {
    const counts = (): number[] =>
      ["SIGINT", "SIGTERM", "SIGHUP", "exit"].map((name) => process.listenerCount(name));
    await withoutListeners();
    const before = counts();
    await writeAtomically([join(folder, "a")], async () => assert.not.equal(counts(), before));
    await withoutListeners();
    assert.equal(counts(), before);
  }));

const writer = fileURLToPath(new URL("slow-writer.ts", import.meta.url));

for (const signal of ["SIGKILL", "SIGINT", "SIGTERM"] as const) {
  test(`${signal} in the middle leaves nothing under the name`, () =>
    inTemporaryFolder(async (folder) => {
      const child = spawn(process.execPath, ["--import", "tsx", writer, join(folder, "out")], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(child.stdout, "data");
      assert.is(readdirSync(folder).length, 1, "the temporary file is there");
      child.kill(signal);
      const [, endedBy] = await once(child, "exit");
      assert.is(endedBy, signal);
      const left = readdirSync(folder);
      // Nobody can clean up after SIGKILL; what is left says by its name what it is.
      if (signal === "SIGKILL")
        assert.ok(
          left.every((name) => /^\.out\..*\.tmp$/.test(name)),
          `${left}`,
        );
      else assert.equal(left, []);
    }));
}

test.run();
