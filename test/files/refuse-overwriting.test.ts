import { linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { writeAtomically } from "../../src/files/atomic-file.js";
import { asOneRun, wasRead } from "../../src/files/files-read.js";
import { RandomAccessFile } from "../../src/files/random-access-file.js";
import { readBytes } from "../../src/files/read-file.js";
import { refuseOverwriting } from "../../src/files/refuse-overwriting.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { throwsError } from "../throws.js";

const test = suite("outputs that would overwrite");

/** A folder with a file `a`, by its place, by two kinds of links and by a link of the folder; and `b`, of the same content. */
function files(folder: string): {
  readonly a: string;
  readonly others: readonly string[];
  readonly b: string;
} {
  const [home, a, b] = [join(folder, "home"), join(folder, "home", "a"), join(folder, "home", "b")];
  mkdirSync(home);
  for (const file of [a, b]) writeFileSync(file, "content");
  symlinkSync("home", join(folder, "linked"));
  symlinkSync(a, join(folder, "symbolic"));
  linkSync(a, join(folder, "hard"));
  const names = ["home/../home/./a", "linked/a", "symbolic", "hard"];
  return { a, others: names.map((name) => join(folder, name)), b };
}

for (const [how, read] of [
  ["as a whole", (file: string) => void readBytes(file)],
  ["by pieces", (file: string) => RandomAccessFile.open(file).close()],
] as const) {
  test(`a file that was read ${how} is not written over, by any of its names`, () =>
    inTemporaryFolder((folder) =>
      asOneRun(async () => {
        const { a, others, b } = files(folder);
        for (const file of [a, ...others]) assert.not.ok(wasRead(file));
        read(a);
        for (const file of [a, ...others]) {
          throwsError(
            () => refuseOverwriting([b, file]),
            InputError,
            /is read, so it can't be written as well/,
            { code: "file/same" },
          );
          const error = await writeAtomically([b, file], async () => undefined).catch((each: Error) => each);
          assert.match((error as Error).message, /is read/);
        }
        assert.not.throws(() => refuseOverwriting([b, join(folder, "new"), undefined]));
        RandomAccessFile.openOutput(b).close();
        assert.not.ok(wasRead(b), "what is only looked at may be replaced");
      }),
    ));
}

test("a file that moved since it was read is known, and so is another in its place", () =>
  inTemporaryFolder((folder) =>
    asOneRun(() => {
      const { a, b } = files(folder);
      readBytes(a);
      renameSync(a, join(folder, "moved"));
      renameSync(b, a);
      assert.ok(wasRead(a) && wasRead(join(folder, "moved")));
    }),
  ));

test("what one run reads another may write; one inside of another is part of it", () =>
  inTemporaryFolder((folder) => {
    const { a, b } = files(folder);
    asOneRun(() => readBytes(a));
    asOneRun(() => assert.not.ok(wasRead(a)));
    asOneRun(() => {
      asOneRun(() => readBytes(a));
      assert.ok(wasRead(a));
    });
    assert.not.ok(wasRead(a));
    // Outside of any, too much is refused rather than too little.
    readBytes(b);
    assert.ok(wasRead(b));
    asOneRun(() => assert.not.ok(wasRead(b)));
  }));

test("what is read after the output was opened is not written over", () =>
  inTemporaryFolder((folder) =>
    asOneRun(async () => {
      const { a } = files(folder);
      const writing = writeAtomically([a], async (sink) => {
        await sink.write(readBytes(a));
      });
      assert.match(((await writing.catch((each: Error) => each)) as Error).message, /is read/);
    }),
  ));

test("two outputs are not written to one file", () =>
  inTemporaryFolder((folder) => {
    const { a, b, others } = files(folder);
    for (const file of others.filter((each) => !each.endsWith("hard")))
      throwsError(() => refuseOverwriting([a, file]), InputError, /two outputs can't both be written/);
    throwsError(() => refuseOverwriting([join(folder, "new"), `${folder}/./new`]), InputError, /two outputs/);
    symlinkSync("further", join(folder, "leading"));
    symlinkSync("home/new", join(folder, "further"));
    for (const pair of [
      ["home/new", "leading"],
      ["leading", "further"],
    ])
      throwsError(() => refuseOverwriting(pair.map((name) => join(folder, name))), InputError, /two outputs/);
    symlinkSync("round", join(folder, "round"));
    assert.not.throws(() => refuseOverwriting([a, b, join(folder, "round"), join(folder, "none", "file")]));
  }));

test.run();
