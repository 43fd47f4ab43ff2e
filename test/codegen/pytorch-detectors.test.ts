import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { generatePyTorch } from "../../src/codegen/pytorch/generate.js";
import { codegenSubject } from "../../src/driver/codegen/program.js";
import { specNetwork } from "../../src/given/spec-file.js";
import type { Graph } from "../../src/ir/graph.js";
import { DETECTORS } from "./detectors.js";
import { HAS_TORCH, measured, OFF, prepareTorch, testWithTorch } from "./torch.js";

/**
 * Generated modules that select boxes, against ONNX Runtime with the same stress weights: as many boxes, the same labels, and scores, corners
 * and masks within the tolerance of other outputs.
 */
const test = suite("codegen: PyTorch modules of detectors");

interface Verdict {
  readonly error?: string;
  readonly names: readonly string[];
  readonly parameters: number;
  readonly outputs: Readonly<
    Record<
      string,
      {
        readonly dims: readonly number[];
        readonly extent: number;
        readonly off: number | null;
        readonly integers: boolean;
      }
    >
  >;
  readonly starts: readonly string[];
  readonly dead: readonly string[];
  readonly refusal: string | null;
}

const folder = mkdtempSync(join(tmpdir(), "ecagen-torch-detectors-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const names = Object.keys(DETECTORS);
const fileOf = (name: string): string => join(folder, `${names.indexOf(name)}.json`);
for (const [name, spec] of Object.entries(DETECTORS))
  writeFileSync(fileOf(name), JSON.stringify({ name, ...spec }));

const verdicts = new Map<string, Verdict>();
const graphs = new Map<string, Graph>();

testWithTorch(test, "every detector is prepared and run", async () => {
  const folders = names.map((_, i) => join(folder, String(i)));
  for (const [i, name] of names.entries()) {
    mkdirSync(folders[i] ?? "");
    graphs.set(name, await prepareTorch(folders[i] ?? "", fileOf(name), {}, 1));
  }
  const results = measured("check_detectors.py", folders) as readonly Verdict[];
  for (const [i, verdict] of results.entries()) verdicts.set(names[i] ?? "", verdict);
  assert.is(verdicts.size, names.length);
});

/** Outputs with a row for each of what is found or proposed. */
const LISTS = ["boxes", "scores", "labels", "masks", "proposals", "class_logits", "keypoint_logits"];

for (const name of HAS_TORCH ? names : []) {
  test(`${name}: the same boxes as ONNX Runtime`, () => {
    const [verdict, graph] = [verdicts.get(name), graphs.get(name)];
    assert.ok(verdict && graph);
    assert.is(verdict.error, undefined);
    assert.equal(
      [...verdict.names],
      graph.outputs.map((output) => output.name),
    );
    for (const [output, { off, extent, integers, dims }] of Object.entries(verdict.outputs)) {
      if (LISTS.includes(output)) assert.ok((dims[0] ?? 0) >= 50, `${output} has ${dims[0]} rows`);
      assert.ok(extent > 1e-2, `${output} is ${extent} wide`);
      assert.ok(off !== null, `${output} has the sizes ${dims}`);
      assert.ok(off <= (integers ? 0 : OFF * extent), `${output} is off by ${off} of ${extent}`);
      assert.is(integers, output === "labels");
    }
  });

  test(`${name}: parameters, starts, gradients and batch`, () => {
    const [verdict, graph] = [verdicts.get(name), graphs.get(name)];
    assert.ok(verdict && graph);
    assert.is(verdict.parameters, countNetwork(graph).parameters);
    assert.equal(verdict.starts, []);
    // Logits of anchors choose proposals, and are outputs with "raw" alone.
    const choosing = verdict.dead.filter((each) => !each.startsWith("heads.objectness."));
    assert.equal(choosing, []);
    assert.match(verdict.refusal ?? "", /of one image, and there are 2/);
  });
}

test("a module doesn't depend on the resolution", () => {
  for (const name of names) {
    const [own, larger] = [undefined, 160].map((resolution) => {
      const [model] = generatePyTorch(
        codegenSubject(specNetwork(fileOf(name), { resolution }), { resolution }),
      );
      return model !== undefined && "text" in model ? model.text : "";
    });
    assert.is(larger, own);
    assert.match(own ?? "", /^ANCHORS = /m);
  }
});

test("a detector's folder has no training loop, and says that it needs torchvision", () => {
  const files = generatePyTorch(codegenSubject(specNetwork(fileOf("two stages"), {}), {}));
  assert.equal(
    files.map(({ path }) => path),
    ["model.py", "weights.py", "requirements.txt", "README.md"],
  );
  const textOf = (wanted: string): string =>
    files.flatMap((file) => (file.path === wanted && "text" in file ? file.text : [])).join();
  assert.is(textOf("requirements.txt"), "torch>=1.13\ntorchvision>=0.14\n");
  assert.match(textOf("README.md"), /float32 \[1, 3, 96, 128\], the result a dict of all outputs by name/);
});

test.run();
