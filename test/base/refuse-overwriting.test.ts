import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { refuseOverwriting } from "../../src/base/refuse-overwriting.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const test = suite("outputs that would overwrite");

test("an output over what is read, or over another output, is refused, through links too", () =>
  inTemporaryFolder((folder) => {
    const [file, link, other] = ["a", "link", "b"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(file, "");
    symlinkSync(file, link);
    assert.not.throws(() => refuseOverwriting([other, undefined], [file, undefined]));
    assert.throws(() => refuseOverwriting([file], [file]), /a is read, so it can't be written/);
    assert.throws(() => refuseOverwriting([link], [file]), /link is read/);
    assert.throws(() => refuseOverwriting([file, link], []), /two outputs can't both be written to .*link/);
    // Of files that are not there yet, too.
    assert.throws(() => refuseOverwriting([other, `${folder}/./b`], []), /two outputs/);
  }));

test.run();
