import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { npyBytes, structuredImages } from "../../bench/structured-images.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { ecagen } from "./run-cli.js";

const SPEC = "test/data/fixtures/effnet_se.json";
const SE = "test/data/fixtures/effnet_se.safetensors";
const SWAP = ["compile", SPEC, "--weights", SE, "--passes", "swap-attention{to=eca}"];

const RESNET = "test/data/onnx-reference/timm-seresnet.onnx";

const test = suite("cli: how swapped gates start");

test("fit: a table by gate and for the output, the same bytes each time, and weights to go on with", () =>
  inTemporaryFolder((folder) => {
    const images = join(folder, "images");
    mkdirSync(images);
    const { data } = structuredImages(24, 32, 0);
    writeFileSync(
      join(images, "a.npy"),
      npyBytes({ dims: [23, 3, 32, 32], data: data.subarray(0, 23 * 3072) }),
    );
    // One image by itself, without a batch.
    writeFileSync(join(images, "b.npy"), npyBytes({ dims: [3, 32, 32], data: data.subarray(23 * 3072) }));
    const [a, b, c] = ["a.onnx", "b.onnx", "c.onnx"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const weights = join(folder, "started.safetensors");
    const fit = [...SWAP, "--new-gates", "fit", "--calibrate", images];

    const people = ecagen([...fit, "-o", a, "--export-weights", weights]);
    assert.is(people.code, 0, people.stderr);
    assert.match(people.stdout, `over 24 images of ${images}`);
    assert.match(people.stdout, /^\s+gate\s+init error\s+neutral error\s+fit error\s+init cosine/m);
    assert.match(people.stdout, /^\/stages\/0\/blocks\/0\/attention {2}eca \(k = 3\) .* %/m);
    assert.match(people.stdout, /^output .* %/m);
    assert.match(
      people.stdout,
      /fitted together in 40 steps on 18 images each: error of the output .* % → .* %$/m,
    );
    assert.not.match(people.stderr, "with their initial values");

    const { newGates, weights: loaded } = JSON.parse(ecagen([...fit, "-o", b, "--json"]).stdout);
    assert.ok(readFileSync(a).equals(readFileSync(b)));
    assert.equal([newGates.start, newGates.calibration], ["fit", { from: images, images: 24, heldOut: 6 }]);
    assert.is(newGates.gates.length, 6);
    assert.equal(newGates.gates[0].at, "/stages/0/blocks/0/attention");
    assert.equal(newGates.gates[0].factorIn, ["stages.0.blocks.0.project.conv.weight"]);
    assert.equal(loaded.initial, []);
    assert.is(loaded.loaded, 97);
    const { init, neutral, fit: fitted } = newGates.output;
    assert.ok(
      fitted.cosine > neutral.cosine && neutral.relativeError < init.relativeError,
      JSON.stringify(newGates.output),
    );

    // The exported weights are those of the network after the swap, and give what was compiled.
    const after = ["--weights", weights, "--passes", "swap-attention{to=eca}"];
    assert.is(ecagen(["compile", SPEC, ...after, "-o", c]).code, 0);
    const verified = ecagen(["verify", SPEC, ...after, "--against", c, "--json"]);
    assert.is(JSON.parse(verified.stdout).ok, true);
  }));

test("measuring init changes nothing", () =>
  inTemporaryFolder((folder) => {
    const [a, b] = [join(folder, "a.onnx"), join(folder, "b.onnx")];
    assert.not.match(ecagen([...SWAP, "-o", a]).stdout, /new gates start as/);
    const { newGates } = JSON.parse(ecagen([...SWAP, "-o", b, "--calibrate", "random:2", "--json"]).stdout);
    assert.ok(readFileSync(a).equals(readFileSync(b)));
    assert.is(newGates.start, "init");
    assert.ok(newGates.output.init.relativeError > newGates.output.neutral.relativeError);
  }));

test("how often gates move together is refused where none is fitted, and where it can't be done", () =>
  inTemporaryFolder((folder) => {
    const output = join(folder, "out.onnx");
    const idle = ecagen([...SWAP, "--fit-steps", "3", "-o", output]);
    assert.is(idle.code, 2);
    assert.match(idle.stderr, "--fit-steps is about gates that are fitted, and none is");
    const rewritten = ecagen(["rewrite", RESNET, "--fit-steps", "3"]);
    assert.is(rewritten.code, 2);
    assert.match(rewritten.stderr, "--fit-steps is about gates that are fitted, and none is");
    const batch = ["rewrite", RESNET, "--swap", "se=eca", "--batch", "2", "--new-gates", "fit"];
    const together = ecagen([...batch, "--calibrate", "random:4", "--fit-steps", "3", "-o", output]);
    assert.is(together.code, 2, together.stdout);
    assert.match(together.stderr, /--fit-steps: the gates can't be fitted together: .*2 images at a time/);
    assert.not(existsSync(output));
  }));

test("inputs that don't fit are refused, and no file is left", () =>
  inTemporaryFolder((folder) => {
    const [images, output] = [join(folder, "x.npy"), join(folder, "out.onnx")];
    writeFileSync(images, npyBytes(structuredImages(2, 16, 0)));
    const { code, stdout } = ecagen([
      ...SWAP,
      "--new-gates",
      "fit",
      "--calibrate",
      images,
      "-o",
      output,
      "--json",
    ]);
    assert.is(code, 2);
    assert.equal(JSON.parse(stdout).errors, [
      {
        code: "calibrate/shape",
        message: "its array is [2, 3, 16, 16]; the network takes images [N, 3, 32, 32]",
        file: images,
      },
    ]);
    assert.not(existsSync(output));
  }));

test.run();
