import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rangeOf } from "../../src/base/bytes.js";
import { Defect, InputError } from "../../src/base/diagnostic.js";
import { insideFolder } from "../../src/files/inside-folder.js";
import { RandomAccessFile } from "../../src/files/random-access-file.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { throwsError } from "../throws.js";

const test = suite("base: random access file");

test("bytes from any place, and ranges of a range", () =>
  inTemporaryFolder((folder) => {
    const path = join(folder, "bytes");
    writeFileSync(
      path,
      Uint8Array.from({ length: 100 }, (_, i) => i),
    );
    const file = RandomAccessFile.open(path);
    assert.is(file.size, 100);
    assert.equal([...file.read(98, 2)], [98, 99]);
    const target = new Uint8Array(2);
    rangeOf(rangeOf(file, 10, 50), 5, 20).readInto(target, 3);
    assert.equal([...target], [18, 19]);
    file.close();
    file.close();
    throwsError(() => file.read(0, 1), Defect, /is read after it was closed/);
  }));

test("the end of the file is an error, before memory is taken and when it moves", () =>
  inTemporaryFolder((folder) => {
    const path = join(folder, "bytes");
    writeFileSync(path, "four");
    const file = RandomAccessFile.open(path);
    throwsError(() => file.read(1, 2 ** 52), InputError, /it ends before byte/, { code: "file/unreadable" });
    truncateSync(path, 2);
    throwsError(() => file.read(0, 4), InputError, /it ends before byte 4/, { code: "file/unreadable" });
    file.close();
  }));

test("only regular files are opened, and none is waited for", () =>
  inTemporaryFolder((folder) => {
    throwsError(() => RandomAccessFile.open(folder), InputError, /it is a folder/, {
      code: "file/unreadable",
    });
    throwsError(() => RandomAccessFile.open(join(folder, "missing")), InputError, /there is no such file/, {
      code: "file/unreadable",
    });
    if (process.platform === "win32") return;
    execFileSync("mkfifo", [join(folder, "pipe")]);
    throwsError(() => RandomAccessFile.open(join(folder, "pipe")), InputError, /it is not a regular file/, {
      code: "file/unreadable",
    });
    throwsError(() => RandomAccessFile.open("/dev/zero"), InputError, /it is not a regular file/, {
      code: "file/unreadable",
    });
  }));

test("a file inside of a folder: not by .., not by a link, not by its absolute path", () =>
  inTemporaryFolder((outer) => {
    const folder = join(outer, "in");
    mkdirSync(join(folder, "deeper"), { recursive: true });
    writeFileSync(join(folder, "deeper", "a"), "");
    writeFileSync(join(outer, "b"), "");
    symlinkSync(join(outer, "b"), join(folder, "link"));
    symlinkSync(join("deeper", "a"), join(folder, "inner-link"));
    assert.match(insideFolder("deeper/a", folder) ?? "", /deeper.a$/);
    assert.match(insideFolder("inner-link", folder) ?? "", /deeper.a$/);
    for (const name of ["../b", "link", join(outer, "b"), "deeper", "", "."]) {
      assert.is(insideFolder(name, folder), undefined, name);
    }
    throwsError(() => insideFolder("missing", folder), Error, /ENOENT/);
  }));

test.run();
