import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { openTensors } from "../../src/files/tensors/open.js";
import { PYTHON, testWithTorch } from "../codegen/torch.js";
import { inTemporaryFolder } from "../temporary-folder.js";

/** What a refusal of a PyTorch file says to do in Python is done, and gives a file of the same weights. */
const test = suite("weights: hints on PyTorch files");

const MODEL = `
import argparse, torch
torch.manual_seed(0)
m = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
state = m.state_dict()
`;

/** How each file is made, from a network `m` with the weights `state`. */
const FILES: Readonly<Record<string, string>> = {
  "whole.pth": "torch.save(m, FILE)",
  "wrapped.pt": "torch.save(torch.nn.DataParallel(m).module, FILE)",
  "nested.ckpt": `torch.save({"epoch": 3, "args": argparse.Namespace(lr=1), "model": m}, FILE)`,
  "odd key.pth": `torch.save({"epoch": 3, "my \\"net\\"": m}, FILE)`,
  "script.pt": "torch.jit.script(m).save(FILE)",
  "old.pth": "torch.save(state, FILE, _use_new_zipfile_serialization=False)",
  "old-whole.pth": "torch.save(m, FILE, _use_new_zipfile_serialization=False)",
  "expanded.pth": `state["1.bias"] = torch.zeros(1).expand(4); torch.save(state, FILE)`,
  "sparse.pth": `state["0.bias"] = state["0.bias"].to_sparse(); torch.save({"state_dict": state}, FILE)`,
};
const NAMES = ["0.bias", "0.weight", "1.bias", "1.num_batches_tracked"];
NAMES.push("1.running_mean", "1.running_var", "1.weight");

function python(folder: string, code: string): void {
  execFileSync(PYTHON, ["-c", code], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
}

for (const [name, how] of Object.entries(FILES)) {
  testWithTorch(test, `${name}: the hint's lines write its weights`, () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, name);
      python(folder, `${MODEL}FILE = ${JSON.stringify(name)}\n${how}`);
      const lines = hintOf(file).split("\n");
      assert.match(lines[0] ?? "", /, in Python/);
      python(
        folder,
        lines
          .slice(1)
          .map((line) => line.trim())
          .join("\n"),
      );
      const written = openTensors(file.replace(/\.\w+$/, "-weights.pth"));
      assert.equal([...written.tensors.keys()].sort(), NAMES);
      assert.equal(written.tensors.get("0.weight")?.dims, [4, 3, 3, 3]);
      written.close();
    }),
  );
}

testWithTorch(test, "a file without weights gets no lines that fail", () =>
  inTemporaryFolder((folder) => {
    for (const what of [
      `{"epoch": 3, "args": argparse.Namespace(lr=1)}`,
      "[1, 2]",
      "argparse.Namespace(lr=1)",
    ]) {
      python(folder, `${MODEL}torch.save(${what}, "none.pth")`);
      assert.match(hintOf(join(folder, "none.pth")), /^take a file of weights/);
    }
  }),
);

function hintOf(file: string): string {
  try {
    openTensors(file).close();
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics[0]?.hint ?? "";
    throw error;
  }
  throw new Error(`${file} was read`);
}

test.run();
