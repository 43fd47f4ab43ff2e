import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { codegen } from "../../src/driver/codegen/codegen.js";
import { compile } from "../../src/driver/compile/compile.js";
import { convertWeights } from "../../src/driver/weights/convert.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { PYTHON, testWithTorch } from "../codegen/torch.js";
import { inTemporaryFolder } from "../temporary-folder.js";

/** Names that a spec says for its own blocks, with the state dict of a module of PyTorch that has such (test/python/own_module.py). */
const test = suite("weights: names of a spec's own");

const NAMES = {
  blocks: {
    stem: { at: "entry", layers: { conv: "0", norm: "1" } },
    rung: {
      at: "level{stage+1}.{index}",
      layers: {
        "layers.0.conv": "wide",
        "layers.0.norm": "wide_bn",
        "layers.narrow.conv": "narrow",
        "layers.narrow.norm": "narrow_bn",
        "layers.2.attention": "gate",
        "shortcut.0.conv": "skip.0",
        "shortcut.0.norm": "skip.1",
      },
    },
    head: { at: "", layers: { classifier: "out" } },
  },
  gates: { se: { reduce: "down", expand: "up" }, eca: { conv: "mix" } },
};

type Names = { readonly blocks?: object; readonly gates?: object };

const spec = (names: Names | undefined) => ({
  input: { channels: 3, height: 32, width: 40 },
  defaults: { activation: "relu", norm: { epsilon: 1e-5 } },
  scaling: { divisor: 4 },
  blocks: {
    rung: {
      layers: [
        { layer: "conv", channels: "channels", kernel: 3, stride: "stride" },
        { layer: "conv", name: "narrow", channels: "channels", kernel: [1, 3], activation: "none" },
        { layer: "attention" },
      ],
      shortcut: [
        {
          layer: "conv",
          channels: "channels",
          stride: "stride",
          activation: "none",
          when: "stride != 1 or in != channels",
        },
      ],
      after: [{ layer: "activation" }],
    },
  },
  stem: { channels: 8, kernel: 3, stride: 2 },
  stages: [
    { block: "rung", repeat: 2, channels: 8, attention: { type: "se", reduction: 4 } },
    { block: "rung", channels: 12, stride: 2, attention: "eca" },
  ],
  head: { classes: 5 },
  names,
});

/** The module's files and its names, and the spec beside them. */
function theirs(folder: string, names: Names | undefined) {
  const script = "test/python/own_module.py";
  const { stdout, stderr } = spawnSync(PYTHON, ["-B", script, folder], { encoding: "utf8" });
  assert.ok(stdout, stderr);
  const file = join(folder, "net.json");
  writeFileSync(file, JSON.stringify(spec(names)));
  return { file, weights: join(folder, "weights.pth"), state: JSON.parse(stdout) as readonly string[] };
}

function floats(file: string): Float32Array {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

testWithTorch(test, "a state dict under these names gives the module's outputs", () =>
  inTemporaryFolder(async (folder) => {
    const { file, weights } = theirs(folder, NAMES);
    const output = join(folder, "net.onnx");
    const report = await compile(file, { output, weights });
    assert.equal([report.weights?.names, report.weights?.loaded], ["spec", 51]);
    const session = await InferenceSession.create(output, { logSeverityLevel: 3 });
    const x = new Tensor("float32", floats(join(folder, "x.f32")), [2, 3, 32, 40]);
    const { logits } = await session.run({ input: x });
    const [expected, given] = [floats(join(folder, "y.f32")), logits?.data as Float32Array];
    const range = Math.max(...expected) - Math.min(...expected);
    assert.ok(range > 0.1);
    assert.is(given.length, expected.length);
    const off = expected.map((each, i) => Math.abs(each - (given[i] ?? NaN)));
    assert.ok(
      off.every((each) => each < 1e-5 * range),
      off.join(),
    );
  }),
);

testWithTorch(test, "without them the file is unknown, and --names spec needs them", () =>
  inTemporaryFolder(async (folder) => {
    const { file, weights } = theirs(folder, undefined);
    const codeOf = async (names?: "spec"): Promise<string> => {
      try {
        await compile(file, { output: join(folder, "net.onnx"), weights, names });
      } catch (error) {
        if (error instanceof InputError) return error.diagnostics[0]?.code ?? "";
        throw error;
      }
      return "";
    };
    assert.equal([await codeOf(), await codeOf("spec")], ["weights/unknown-names", "weights/no-own-names"]);
  }),
);

testWithTorch(test, "codegen's module has these names, and weights are converted to them and back", () =>
  inTemporaryFolder(async (folder) => {
    const { file, weights, state } = theirs(folder, NAMES);
    const output = join(folder, "module");
    await codegen(file, { language: "pytorch", output, names: "spec", weights });
    const program = "import json; from model import Network; print(json.dumps(list(Network().state_dict())))";
    const { stdout, stderr } = spawnSync(PYTHON, ["-B", "-c", program], { cwd: output, encoding: "utf8" });
    assert.ok(stdout, stderr);
    const names = JSON.parse(stdout) as readonly string[];
    assert.equal([...names].sort(), [...state].sort());
    const own = join(folder, "own.safetensors");
    const back = join(folder, "back.safetensors");
    await convertWeights(weights, { output: own, spec: file, to: "ecagen" });
    const { from, to, tensors } = await convertWeights(own, { output: back, spec: file, to: "spec" });
    assert.equal([from.names, to.names, tensors], ["ecagen", "spec", state.length]);
  }),
);

/** The place and the message of each thing that is wrong with the names, and its hint. */
function problems(names: Names): Promise<readonly string[]> {
  return inTemporaryFolder((folder) => {
    const file = join(folder, "net.json");
    writeFileSync(file, JSON.stringify(spec(names)));
    try {
      specNetwork(file);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return error.diagnostics.map(({ code, path = [], message, hint = "", range }) => {
        assert.is(code, "spec/names");
        assert.ok(range);
        return `${path.join("/")}: ${message} | ${hint}`;
      });
    }
    return [];
  });
}

const { rung } = NAMES.blocks;
const without = (layer: keyof typeof rung.layers): object => {
  const { [layer]: _, ...layers } = rung.layers;
  return layers;
};

test("what the network has not is refused at its place", async () => {
  const wrong = {
    blocks: {
      rungs: rung,
      stem: { at: "entry{stage}", layers: { conv: "0", norm: "1", bn: "2" } },
      rung: { ...rung, at: "level{block}" },
      head: { at: "", layers: { classifier: "out{" } },
    },
    gates: { se: { reduce: "down", excite: "up" } },
  };
  assert.equal(await problems(wrong), [
    'names/blocks/rungs: the network has no block "rungs" with weights | did you mean "rung"?',
    "names/blocks/stem/at: stem is in no stage and has no {stage} | ",
    'names/blocks/stem/layers/bn: stem has no layer "bn" with weights | known: conv, norm',
    "names/blocks/rung/at: there is no {block} | there are {scope}, {stage}, {index}, {nth}, {stages}, {blocks}",
    'names/blocks/head/layers/classifier: "out{" has a brace that is none of {scope}, {stage}, {index}, {nth}, {stages}, {blocks} | as in layer{stage+1}.{index}',
    'names/gates/se/excite: se has no layer "excite" with weights | known: reduce, expand',
  ]);
});

test("each layer has a name, and no two have the same", async () => {
  const [layer] = await problems({ blocks: { rung: { ...rung, layers: without("layers.narrow.norm") } } });
  assert.match(
    layer ?? "",
    /^names\/blocks\/rung\/layers: rung has layers without a name: layers\.narrow\.norm \|/,
  );
  const [gate] = await problems({ blocks: { rung }, gates: { se: { reduce: "down" } } });
  assert.match(gate ?? "", /^names\/gates\/se: se has layers without a name: expand \|/);
  const [at] = await problems({ blocks: { rung: { ...rung, at: "level{stage}" } } });
  assert.match(at ?? "", /rung\/at: .* are both called "level0\.wide\.weight" \| \{stage\} and \{index\}/);
  const [twice] = await problems({
    blocks: { rung: { ...rung, layers: { ...rung.layers, "layers.narrow.norm": "wide_bn" } } },
  });
  assert.match(twice ?? "", /^names\/blocks\/rung: .* are both called "level1\.0\.wide_bn\.weight"/);
  assert.equal(await problems({ blocks: { rung: { at: "x{nth}", layers: { "": "" } } } }), []);
});

test.run();
