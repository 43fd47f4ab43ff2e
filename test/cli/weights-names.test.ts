import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inTemporaryFolder } from "../temporary-folder.js";
import { ecagen } from "./run-cli.js";

const FIXTURES = "test/data/fixtures";
const SPEC = `${FIXTURES}/effnet_se.json`;
const SE = `${FIXTURES}/effnet_se.safetensors`;
const ECA = `${FIXTURES}/effnet_eca.safetensors`;
const TO_ECA = ["--passes", "swap-attention{to=eca}"];

const UNTOLD =
  "note: the names of timm (EfficientNet, MobileNetV2, MobileNetV3) don't tell BatchNorm's ε (0.00001 or 0.001; this spec has 0.00001) and padding (symmetric or same; this spec has symmetric)";

const test = suite("cli: weights under their frameworks' names");

test("flags about weights are refused where there are none", () => {
  for (const command of ["compile", "verify"]) {
    const { code, stderr } = ecagen([
      command,
      "specs/small.json",
      "--names",
      "timm",
      "--allow-missing",
      "a*",
    ]);
    assert.is(code, 2, stderr);
    assert.match(stderr, /--names changes nothing/);
    assert.match(stderr, /--allow-missing changes nothing/);
  }
});

test("weights whose names imply another ε are refused with the field to set, and taken if asked", () =>
  inTemporaryFolder((folder) => {
    const [trained, theirs] = ["a", "b"].map((name) => join(folder, `${name}.safetensors`)) as [
      string,
      string,
    ];
    const [plain, own] = ["specs/mobilenetv3-small-100.json", "specs/tv-mobilenetv3-small.json"] as const;
    const out = ["-o", join(folder, "a.onnx")];
    assert.is(ecagen(["compile", plain, ...out, "--export-weights", trained]).code, 0);
    assert.is(
      ecagen(["weights", "convert", trained, "--spec", plain, "--names", "torchvision", "-o", theirs]).code,
      0,
    );
    const refused = ecagen(["compile", plain, "--weights", theirs, "-o", join(folder, "b.onnx")]);
    assert.is(refused.code, 2);
    assert.match(
      refused.stderr,
      /defaults\.norm\.epsilon is 0\.00001, and weights under the names of torchvision \(mobilenet_v3\) were trained with 0\.001/,
    );
    assert.match(
      refused.stderr,
      /hint: set defaults\.norm\.epsilon to 0\.001 \(torchvision\/models\/mobilenetv3\.py/,
    );
    assert.not(existsSync(join(folder, "b.onnx")));
    const taken = ecagen(["compile", plain, "--weights", theirs, "--allow-other-settings", ...out]);
    assert.is(taken.code, 0, taken.stderr);
    assert.match(
      taken.stderr,
      /note: defaults\.norm\.epsilon is 0\.00001 where the weights were trained with 0\.001/,
    );
    const right = ecagen(["compile", own, "--weights", theirs, ...out]);
    assert.is(right.code, 0, right.stderr);
    assert.not.match(right.stderr, /epsilon/);
    const unused = ecagen(["compile", own, "--allow-other-settings", ...out]);
    assert.is(unused.code, 2);
    assert.match(unused.stderr, /--allow-other-settings changes nothing/);
  }));

test("compile --weights says whose names they are, and gives the same bytes each time", () =>
  inTemporaryFolder((folder) => {
    const [a, b, c] = [join(folder, "a.onnx"), join(folder, "b.onnx"), join(folder, "c.onnx")];
    const first = ecagen(["compile", SPEC, "--weights", SE, "-o", a]);
    assert.is(first.code, 0);
    assert.is(
      first.stderr,
      `note: 121 tensors of ${SE}, read under the names of timm (EfficientNet, MobileNetV2, MobileNetV3)\n${UNTOLD}\n`,
    );
    ecagen(["compile", SPEC, "--weights", SE, "-o", b]);
    assert.ok(readFileSync(a).equals(readFileSync(b)));
    ecagen(["compile", SPEC, "--weights", SE, "-o", c, "--seed", "7"]);
    // With all weights given the seed has nothing left to say but in the metadata.
    assert.is(readFileSync(c).length, readFileSync(a).length);
    assert.not(readFileSync(a).equals(readFileSync(c)));
  }));

test("a swap's notes and report say what was dropped and what is new", () =>
  inTemporaryFolder((folder) => {
    const args = ["compile", SPEC, "--weights", SE, ...TO_ECA, "-o", join(folder, "a.onnx")];
    assert.equal(ecagen(args).stderr.trimEnd().split("\n"), [
      `note: 97 tensors of ${SE}, read under the names of timm (EfficientNet, MobileNetV2, MobileNetV3)`,
      "note: dropped, because a pass took their place away: 24 (blocks.0.0.se.conv_reduce.weight, blocks.0.0.se.conv_expand.weight, blocks.0.0.se.conv_reduce.bias and 21 more)",
      "note: not in the file, so with their initial values: 6 (stages.0.blocks.0.attention.conv.weight, stages.1.blocks.0.attention.conv.weight, stages.1.blocks.1.attention.conv.weight and 3 more)",
      UNTOLD,
    ]);
    const { stdout, stderr } = ecagen([...args, "--json"]);
    assert.is(stderr, "");
    const { weights } = JSON.parse(stdout);
    assert.equal(
      [weights.names, weights.loaded, weights.dropped.length, weights.initial.length, weights.unused],
      ["timm", 97, 24, 6, []],
    );
  }));

test("weights that don't fit are refused with all that is wrong; no file is left", () =>
  inTemporaryFolder((folder) => {
    const output = join(folder, "a.onnx");
    const { code, stdout } = ecagen(["compile", SPEC, "--weights", ECA, "-o", output, "--json"]);
    assert.is(code, 2);
    const { errors } = JSON.parse(stdout);
    assert.is(errors.length, 24 + 6 + 1);
    assert.is(errors[0].file, ECA);
    assert.not(existsSync(output));
  }));

test("--allow-missing can be given several times, before the spec too", () =>
  inTemporaryFolder((folder) => {
    const { code, stderr } = ecagen([
      "compile",
      "--allow-missing",
      "*.attention.*",
      "--allow-missing",
      "*.se.*",
      SPEC,
      "--weights",
      ECA,
      "-o",
      join(folder, "a.onnx"),
    ]);
    assert.is(code, 0);
    assert.match(stderr, "unused, because the network has no place for them: 6 (");
    assert.match(stderr, "not in the file, so with their initial values: 24 (");
  }));

test("verify --weights runs the network with them", () => {
  const { code, stdout } = ecagen(["verify", SPEC, "--weights", SE, "--json"]);
  assert.is(code, 0);
  const { ok, comparisons, weights } = JSON.parse(stdout);
  assert.ok(ok);
  assert.is(weights.loaded, 121);
  assert.equal(
    [...new Set(comparisons.map((each: { weights: string }) => each.weights))],
    ["given weights", "stress weights"],
  );
});

test("verify --against holds a file to spec and weights", () =>
  inTemporaryFolder((folder) => {
    const file = join(folder, "a.onnx");
    ecagen(["compile", SPEC, "--weights", SE, "-o", file]);
    assert.is(ecagen(["verify", SPEC, "--weights", SE, "--against", file]).code, 0);
    const without = ecagen(["verify", SPEC, "--against", file]);
    assert.is(without.code, 1);
    assert.match(without.stdout, "differ from the export's");
  }));

test("weights convert needs the network", () => {
  const { code, stderr } = ecagen(["weights", "convert", SE, "--names", "ecagen", "-o", "x.safetensors"]);
  assert.is(code, 2);
  assert.match(stderr, "weights convert needs the network: --spec FILE [weights/no-spec]");
  assert.match(stderr, "ecagen list");
});

test("weights convert and compile agree", () =>
  inTemporaryFolder((folder) => {
    const [own, a, b] = [join(folder, "own.safetensors"), join(folder, "a.onnx"), join(folder, "b.onnx")];
    const { code, stdout } = ecagen([
      "weights",
      "convert",
      SE,
      "--spec",
      SPEC,
      "--names",
      "ecagen",
      "-o",
      own,
    ]);
    assert.is(code, 0);
    assert.match(
      stdout,
      "from the names of timm (EfficientNet, MobileNetV2, MobileNetV3) to those of ecagen",
    );
    ecagen(["compile", SPEC, "--weights", SE, "-o", a]);
    ecagen(["compile", SPEC, "--weights", own, "-o", b]);
    const weightsOf = (file: string): string =>
      ecagen(["weights", "inspect", file, "--values", "--json"]).stdout;
    assert.equal(JSON.parse(weightsOf(a)).tensors, JSON.parse(weightsOf(b)).tensors);
  }));

test("an ONNX file with folded normalisations gets the hint that helps; one without is a source", () =>
  inTemporaryFolder((folder) => {
    const [folded, kept, again] = ["a", "b", "c"].map((name) => join(folder, `${name}.onnx`)) as [
      string,
      string,
      string,
    ];
    ecagen(["compile", SPEC, "--weights", SE, "-o", folded]);
    ecagen(["compile", SPEC, "--weights", SE, "--keep-bn", "-o", kept]);
    const refused = ecagen(["compile", SPEC, "--weights", folded, "-o", again]);
    assert.is(refused.code, 2);
    assert.match(refused.stderr, "a file compiled with --keep-bn has them");
    assert.is(ecagen(["compile", SPEC, "--weights", kept, "-o", again]).code, 0);
    assert.is(ecagen(["weights", "diff", folded, again]).code, 0);
  }));

test.run();
