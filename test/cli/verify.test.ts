import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { VerifyReport } from "../../src/driver/verify/report.js";
import { changeModel } from "../onnx/changed-model.js";
import { ecagen } from "./run-cli.js";

const test = suite("cli: verify");
let folder = "";

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-verify-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** The small network, behind whose output all is taken away again: it is zero for every input and with all weights. */
function compileZero(): string {
  const file = join(folder, "zero.onnx");
  assert.is(ecagen(["compile", "specs/small.json", "-o", file]).code, 0);
  changeModel(file, (nodes, model) => {
    const [output] = model.graph?.output ?? [];
    const last = nodes.find((node) => node.output?.[0] === output?.name);
    assert.ok(output?.name && last);
    last.output = ["before"];
    nodes.push({
      name: "/zero",
      opType: "Sub",
      input: ["before", "before"],
      output: [output.name as string],
    });
  });
  return file;
}

test("an output that is always zero can't be told: exit 1, with why and what to do; --allow-undecided exits 0", () => {
  const file = compileZero();
  const told = ecagen(["verify", file]);
  assert.is(told.code, 1, told.stderr);
  assert.match(
    told.stdout,
    /logits of .* with stress weights: it is the same for every input, so that no mistake/,
  );
  assert.match(told.stdout, /Other inputs \(--seeds\) or weights .* --allow-undecided exits 0/);
  assert.match(told.stdout, /zero\.onnx: can't tell\n$/);
  assert.not.match(told.stdout, /FAILED/);
  const json = ecagen(["verify", file, "--json"]);
  assert.is(json.code, 1);
  const report = JSON.parse(json.stdout) as VerifyReport;
  assert.is(report.ok, false);
  assert.is(report.verdict, "undecided");
  assert.is(report.undecided.length, 2);
  for (const each of report.comparisons) {
    assert.is(each.verdict, "undecided");
    assert.is(each.ok, false);
  }
  const allowed = ecagen(["verify", file, "--allow-undecided"]);
  assert.is(allowed.code, 0);
  assert.match(allowed.stdout, /can't tell\n$/);
});

test("what is wrong is so whatever is allowed, and says where and by how much", () => {
  const [right, wrong] = [join(folder, "right.onnx"), join(folder, "wrong.onnx")];
  for (const file of [right, wrong]) {
    assert.is(ecagen(["compile", "specs/small.json", "-o", file]).code, 0);
  }
  changeModel(wrong, (nodes) => {
    const sigmoid = nodes.findLast(({ opType }) => opType === "Sigmoid");
    assert.ok(sigmoid, "there is a gate, or SiLU");
    sigmoid.opType = "Tanh";
  });
  const told = ecagen(["verify", right, "--against", wrong, "--allow-undecided"]);
  assert.is(told.code, 1);
  assert.match(told.stdout, /right\.onnx: FAILED\n$/);
  assert.match(
    told.stdout,
    /logits of .*, own weights: at \[0, \d\] it is \S+ for \S+, and may differ by \S+\n/,
  );
});

test.run();
