import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import type { DiagnosticCode } from "../../src/base/diagnostic-codes/registry.js";
import { type RewriteOptions, rewrite } from "../../src/driver/rewrite/rewrite.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { rejectsError } from "../throws.js";

const FILE = "test/data/onnx-reference/timm-seresnet.onnx";

const test = suite("driver: gates that are chosen");

const choosing: RewriteOptions = { swaps: ["se=auto"], calibrate: "random:12", verify: false };

test("within a budget of parameters: the curve from removed to kept, and the chosen network in the file", () =>
  inTemporaryFolder(async (folder) => {
    const [output, curve] = [join(folder, "auto.onnx"), join(folder, "curve.svg")];
    const report = await rewrite(FILE, { ...choosing, budget: "parameters=-50%", output, curve });
    const { choice } = report;
    if (choice === undefined) throw new Error("nothing was chosen");
    const parameters = choice.curve.map((point) => point.parameters);
    assert.equal(
      parameters,
      [...parameters].sort((a, b) => a - b),
    );
    assert.is(parameters[0], 0);
    assert.is(parameters.at(-1), choice.parameters);
    assert.is(choice.curve.at(-1)?.output.relativeError, 0);
    const [chosen, ...more] = choice.curve.filter((point) => point.chosen);
    assert.equal(more, []);
    assert.ok(chosen !== undefined && chosen.parameters <= 0.5 * choice.parameters && chosen.parameters > 0);
    const picture = readFileSync(curve, "utf8");
    assert.match(picture, /^<svg .*<\/svg>\s*$/s);
    assert.match(picture, "Gates chosen by parameters=-50%");
    assert.is(picture.match(/aria-roledescription="point"/g)?.length, choice.curve.length);
    // The chosen gates are what is found in the file.
    const found = await rewrite(output, { verify: false });
    assert.is(found.attentionParameters, chosen.parameters);
  }));

test("a budget that only the original keeps to swaps nothing", async () => {
  const { choice, newGates, parameters } = await rewrite(FILE, { ...choosing, budget: "cosine=1" });
  const { parameters: before } = await rewrite(FILE, {});
  assert.ok(choice?.curve.at(-1)?.chosen);
  assert.is(newGates, undefined);
  assert.is(parameters, before);
});

test("a metric decides: with one that counts bytes in reverse the smallest network is best", async () => {
  const metric = "sh -c 'expr 0 - $(wc -c < \"$1\")' sh";
  const { choice } = await rewrite(FILE, { ...choosing, budget: "metric=-0", metric });
  assert.ok(choice?.curve[0]?.chosen);
  assert.ok((choice?.curve[0]?.metric ?? 0) > (choice?.metric ?? 0));
});

/** What is refused before anything is written. */
const REFUSED: readonly (readonly [RewriteOptions, RegExp, DiagnosticCode])[] = [
  [{ ...choosing, calibrate: undefined }, /--swap se=auto needs inputs/, "rewrite/auto"],
  [{ ...choosing, swaps: ["se=auto", "eca=none"] }, /goes with no other --swap/, "rewrite/auto"],
  [{ ...choosing, newGates: "neutral" }, /goes with no other --new-gates/, "rewrite/auto"],
  [{ ...choosing, fitSteps: 3 }, /goes with no --fit-steps/, "rewrite/auto"],
  [{ swaps: ["se=eca"], budget: "cosine=0.9" }, /--budget is for gates that are chosen/, "rewrite/auto"],
  [{ swaps: ["se=eca"], metric: "true" }, /--metric is for gates that are chosen/, "rewrite/auto"],
  [{ swaps: ["se=eca"], curve: "unused.svg" }, /--curve is for gates that are chosen/, "rewrite/auto"],
  [{ ...choosing, budget: "speed=1" }, /--budget speed=1 is not a budget/, "rewrite/budget"],
  [{ ...choosing, budget: "metric=-1" }, /needs a program that gives the metric/, "rewrite/budget"],
  [{ ...choosing, budget: "metric=-1", metric: "false" }, /--metric false gives no number/, "rewrite/metric"],
  [{ ...choosing, budget: "metric=-1", metric: "echo x" }, /it printed .*model\.onnx/, "rewrite/metric"],
  [{ ...choosing, calibrate: "random:3" }, /3 images are too few to choose by/, "rewrite/auto"],
  [{ ...choosing, swaps: ["cbam=auto"] }, /no gate of the kind "cbam"/, "pass/no-gate"],
];

test("without a model the picture is written, and never over what was read or beside itself", () =>
  inTemporaryFolder(async (folder) => {
    const curve = join(folder, "curve.svg");
    await rewrite(FILE, { ...choosing, curve });
    assert.match(readFileSync(curve, "utf8"), "</svg>");
    const both = { ...choosing, output: join(folder, "a"), curve: join(folder, "a") };
    await rejectsError(() => rewrite(FILE, both), InputError, /two outputs can't both be written to/);
    await rejectsError(() => rewrite(FILE, { ...choosing, curve: FILE }), InputError, /is read/);
    // Before anything is run, and both at once.
    const nowhere = { output: join(folder, "no", "a.onnx"), curve: join(folder, "no", "c.svg") };
    const ran: string[] = [];
    const onProgress = (message: string): void => {
      ran.push(message);
    };
    const refused = /a\.onnx: its directory does not exist(?:.|\n)*c\.svg: its directory does not exist/;
    await rejectsError(() => rewrite(FILE, { ...choosing, ...nowhere, onProgress }), InputError, refused);
    assert.equal(ran, []);
  }));

for (const [options, message, code] of REFUSED) {
  test(`refused: ${message}`, () =>
    inTemporaryFolder(async (folder) => {
      const output = join(folder, "out.onnx");
      await rejectsError(() => rewrite(FILE, { ...options, output }), InputError, message, { code });
      assert.not.ok(existsSync(output));
    }));
}

test.run();
