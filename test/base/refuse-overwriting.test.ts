import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { refuseOverwriting } from "../../src/base/refuse-overwriting.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { throwsError } from "../throws.js";

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
    throwsError(() => refuseOverwriting([file], [file]), InputError, /a is read, so it can't be written/, {
      code: "file/same",
    });
    throwsError(() => refuseOverwriting([link], [file]), InputError, /link is read/, { code: "file/same" });
    throwsError(
      () => refuseOverwriting([file, link], []),
      InputError,
      /two outputs can't both be written to .*link/,
      { code: "file/same" },
    );
    // Of files that are not there yet, too.
    throwsError(() => refuseOverwriting([other, `${folder}/./b`], []), InputError, /two outputs/, {
      code: "file/same",
    });
  }));

test.run();
