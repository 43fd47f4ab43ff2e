import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hasPythonModules, PYTHON } from "../../scripts/python.js";
import { skip } from "../skip.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { commandLines, fencedBlocks } from "./pages.js";

/** docs/blocks.md: SqueezeNet in blocks of its own has torchvision's outputs, by the page's lines of Python and its command. */
const test = suite("newcomer: the page about blocks");

const PAGE = "docs/blocks.md";
const TITLE = "torchvision's weights give torchvision's outputs";

/** The indented lines from the first import on. */
function pythonLines(): string {
  const page = readFileSync(PAGE, "utf8");
  const [lines = ""] = /^( {4}.*\n)+/m.exec(page.slice(page.indexOf("    import "))) ?? [];
  return lines.replaceAll(/^ {4}/gm, "");
}

if (hasPythonModules("torch", "torchvision")) {
  test(TITLE, () =>
    inTemporaryFolder((folder) => {
      const python = (lines: string): string => {
        const { status, stdout, stderr } = spawnSync(PYTHON, ["-c", lines], {
          cwd: folder,
          encoding: "utf8",
        });
        assert.is(status, 0, stderr);
        return stdout;
      };
      for (const { name, text } of fencedBlocks(PAGE)) writeFileSync(join(folder, name), text);
      python(pythonLines());
      const [line = ""] = commandLines(PAGE).filter((each) => each.includes("--names order"));
      const { status, stderr } = spawnSync(
        process.execPath,
        [resolve("dist/cli.js"), ...line.split(" ").slice(2)],
        { cwd: folder, encoding: "utf8" },
      );
      assert.is(status, 0, stderr);
      const [distance = 1, largest = 0] = python(
        "import numpy; a, b = (numpy.load(f).ravel() for f in ['output.npy', 'expected.npy']); print(abs(a - b).max(), abs(b).max())",
      )
        .split(" ")
        .map(Number);
      assert.ok(largest > 0.1, `outputs of up to ${largest}`);
      assert.ok(distance < 1e-6, `a distance of ${distance}`);
    }),
  );
} else {
  skip(TITLE, "torch and torchvision are not installed");
}

test.run();
