import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Diagnostic, InputError } from "../../src/base/diagnostic.js";
import { openTensors } from "../../src/files/tensors/open.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { type Parameter, parametersOf } from "../../src/ir/graph.js";
import type { WeightsReport } from "../../src/networks/load-weights.js";
import type { FileDType } from "../../src/weights/formats/file-dtypes.js";
import { exactNumbers, type TensorSource } from "../../src/weights/formats/tensor-source.js";
import type { NamesChoice } from "../../src/weights/names/recognize.js";
import { parseRenaming, type Renaming } from "../../src/weights/names/renaming.js";
import { materialize } from "../../src/weights/values/materialize.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { throwsError } from "../throws.js";
import { type GivenTensor, givenTensors } from "./given-tensors.js";
import { writeStateDict } from "./state-dict.js";

type Tensors = Readonly<Record<string, GivenTensor>>;

const FIXTURES = "test/data/fixtures";

/** The names, shapes and types of a fixture's file. */
function fixture(name: string): Tensors {
  const source = openTensors(`${FIXTURES}/${name}.safetensors`);
  source.close();
  return Object.fromEntries([...source.tensors].map(([key, { dims, dtype }]) => [key, { dims, dtype }]));
}

function renamed(tensors: Tensors, rename: (name: string) => string | undefined): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) => {
      const other = rename(name);
      return other === undefined ? [] : [[other, tensor]];
    }),
  );
}

interface Reading {
  readonly names?: NamesChoice;
  readonly renaming?: Renaming;
  readonly adaptInput?: boolean;
  readonly allowMissing?: readonly string[];
  readonly passes?: string;
}

function read(spec: string, source: TensorSource, { passes, ...reading }: Reading = {}): WeightsReport {
  const { weights } = specNetwork(`${FIXTURES}/${spec}.json`, { passes, given: { source, ...reading } });
  assert.ok(weights);
  return weights as WeightsReport;
}

function problems(spec: string, tensors: Tensors, reading: Reading = {}): readonly Diagnostic[] {
  try {
    read(spec, givenTensors(tensors), reading);
  } catch (error) {
    assert.instance(error, InputError);
    return (error as InputError).diagnostics;
  }
  assert.unreachable("it is accepted");
  return [];
}

/** The code, the message and the hint of each, in a line. */
function lines(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map(({ code, message, hint }) => [code, message, hint].filter(Boolean).join(" | "));
}

const test = suite("weights: names");

test("what is missing, left over and of the wrong shape is said at once, with the nearest names", () => {
  const given = {
    ...renamed(fixture("effnet_se"), (name) =>
      name === "blocks.1.0.conv_dw.weight"
        ? "blocks.1.0.conv_dv.weight"
        : name === "bn2.bias"
          ? undefined
          : name,
    ),
    "conv_stem.weight": { dims: [16, 3, 5, 5] },
    "ema.decay": { dims: [] },
  };
  assert.equal(lines(problems("effnet_se", given)), [
    'weights/shape | "conv_stem.weight" has the shape [16, 3, 5, 5]; stem.conv.weight needs [16, 3, 3, 3]',
    'weights/missing | "blocks.1.0.conv_dw.weight" is missing, for stages.1.blocks.0.depthwise.conv.weight [48, 1, 3, 3] | unused in the file: blocks.1.0.conv_dv.weight',
    'weights/missing | "bn2.bias" is missing, for head.norm.bias [96]',
    'weights/left-over | "blocks.1.0.conv_dv.weight" [48, 1, 3, 3] has no place in the network | missing: blocks.1.0.conv_dw.weight',
    'weights/left-over | "ema.decay" [] has no place in the network',
    "weights/names | read under the names of timm (EfficientNet, MobileNetV2, MobileNetV3): 118 tensors fit, 1 have the wrong shape, 2 are missing, 2 are left over | --allow-missing PATTERN lets parameters keep their initial values and tensors stay unused, as in --allow-missing '*.attention.*'; --names KIND reads other names",
  ]);
});

test("a classifier of other classes may keep its initial values, under either's name", () => {
  const given = {
    ...fixture("effnet_se"),
    "classifier.weight": { dims: [7, 96] },
    "classifier.bias": { dims: [7] },
  };
  assert.equal(
    problems("effnet_se", given).map(({ code }) => code),
    ["weights/shape", "weights/shape", "weights/names"],
  );
  for (const pattern of ["classifier.*", "head.classifier.*"]) {
    const report = read("effnet_se", givenTensors(given), { allowMissing: [pattern] });
    assert.equal(report.initial, ["head.classifier.weight", "head.classifier.bias"]);
    assert.equal(report.unused, ["classifier.weight", "classifier.bias"]);
    assert.is(report.loaded, 119);
  }
});

test("a pattern that nothing has is a mistake", () => {
  assert.equal(lines(problems("effnet_se", fixture("effnet_se"), { allowMissing: ["clasifier.bias"] })), [
    'weights/idle-pattern | --allow-missing "clasifier.bias" matches no parameter of the network and no tensor of the file | did you mean "classifier.bias" or "classifier.weight" or "head.classifier.bias"?',
  ]);
});

test("weights are floating-point numbers", () => {
  const given = { ...fixture("effnet_se"), "bn1.bias": { dims: [16], dtype: "I8" as FileDType } };
  assert.is(
    problems("effnet_se", given)[0]?.message,
    '"bn1.bias" holds elements of I8, and weights are floating-point numbers; stem.norm.bias needs [16]',
  );
});

test("shapes of the same numbers are the same: sizes of one don't count", () => {
  const given = renamed(fixture("effnet_eca"), (name) => name);
  const flat = Object.fromEntries(
    Object.entries(given).map(([name, tensor]) => [
      name,
      name.endsWith(".se.conv.weight") ? { dims: [Math.max(...tensor.dims)] } : tensor,
    ]),
  );
  assert.equal(read("effnet_eca", givenTensors(flat)).initial, []);
  const turned = { ...given, "conv_head.weight": { dims: [32, 96, 1, 1] } };
  assert.is(problems("effnet_eca", turned)[0]?.code, "weights/shape");
});

test("another network's file is refused, with how far each framework's names lead", () => {
  const [problem, ...others] = problems("effnet_se", fixture("resnet_basic_se"));
  assert.equal(others, []);
  assert.is(problem?.code, "weights/unknown-names");
  assert.match(problem?.message ?? "", "timm (ResNet, SKNet): 1 of 121 parameters");
  assert.match(problem?.message ?? "", "efficientnet-pytorch (EfficientNet): 0 of 121 parameters");
});

test("--names reads the names of one framework only", () => {
  const tensors = fixture("effnet_se");
  assert.is(read("effnet_se", givenTensors(tensors), { names: "timm" }).names, "timm");
  const [problem] = problems("effnet_se", tensors, { names: "torchvision" });
  assert.match(problem?.message ?? "", "under the names of torchvision");
});

test("names of a trainer before all of the network's are left out", () => {
  const wrapped = renamed(fixture("effnet_se"), (name) => `module.${name}`);
  assert.is(read("effnet_se", givenTensors(wrapped)).loaded, 121);
  // PyTorch's AveragedModel, as torchvision's training saves it.
  const averaged = { ...wrapped, n_averaged: { dtype: "I64", dims: [] } } as const;
  const { loaded, unused } = read("effnet_se", givenTensors(averaged));
  assert.equal([loaded, unused], [121, []]);
});

test("prefixes of wrappers, one in the other, are left out with a note", () => {
  const wrapped = renamed(fixture("effnet_se"), (name) => `module._orig_mod.model.backbone.${name}`);
  const { loaded, notes } = read("effnet_se", givenTensors(wrapped));
  assert.is(loaded, 121);
  assert.ok(
    notes.includes(
      'the names of given.safetensors begin with "module._orig_mod.model.backbone.", which is left out',
    ),
    notes.join(),
  );
});

test("--names-map renames by regular expressions: the file's names, or the network's", () => {
  // Names that no framework has.
  const strange = renamed(fixture("effnet_se"), (name) => name.replace(/^blocks\.(\d+)\./, "body.part$1-"));
  const [unknown] = problems(
    "effnet_se",
    renamed(fixture("effnet_se"), (name) => `net/${name}`),
  );
  assert.is(unknown?.code, "weights/unknown-names");
  assert.match(unknown?.hint ?? "", 'The file begins with "net/');
  assert.match(unknown?.hint ?? "", 'the network with "stem.conv.weight" [16, 3, 3, 3], ');
  const rules = (text: string): Renaming => parseRenaming(text, "map.json");
  const toTimm = rules('{ "^body\\\\.part(\\\\d+)-": "blocks.$1." }');
  assert.is(read("effnet_se", givenTensors(strange), { renaming: toTimm }).loaded, 121);
  const python = rules('[["^body\\\\.part(\\\\d+)-", "blocks.\\\\1."]]');
  assert.is(read("effnet_se", givenTensors(strange), { renaming: python }).loaded, 121);
  // Rules over the network's own names.
  const own = Object.fromEntries(
    parametersOf(specNetwork(`${FIXTURES}/effnet_se.json`).graph).map(({ name, data }) => [
      `net/${name}`,
      { dims: [...data.dims], dtype: "F32" as FileDType },
    ]),
  );
  assert.is(read("effnet_se", givenTensors(own), { renaming: rules('{ "^": "net/" }') }).loaded, 121);
  assert.equal(lines(problems("effnet_se", strange, { renaming: rules('{ "^nowhere": "x" }') })).length, 1);
  assert.equal(
    problems("effnet_se", strange, { renaming: rules('{ "^nowhere": "x" }'), names: "order" }).map(
      ({ code }) => code,
    ),
    ["weights/idle-pattern"],
  );
  const same = problems("effnet_se", strange, { renaming: rules('{ "^.*$": "x" }') });
  assert.match(same[0]?.message ?? "", /^map\.json gives ".*" and ".*" the same name, "x"$/);
  for (const text of ["[", "3", '{ "(": "x" }']) throwsError(() => rules(text), InputError, /map\.json|"\("/);
});

test("a rule may change what an earlier one made, and names may be written with a wrapper's before them or without", () => {
  const rules = (text: string): Renaming => parseRenaming(text, "map.json");
  const wrapped = renamed(
    fixture("effnet_se"),
    (name) => `module.backbone.${name.replace("blocks.", "body/")}`,
  );
  for (const text of [
    '[["^body/", "inner/"], ["^inner/", "blocks."]]',
    '{ "^module\\\\.backbone\\\\.body/": "blocks.", "^module\\\\.backbone\\\\.": "" }',
    '{ "^module\\\\.backbone\\\\.body/": "module.blocks.", "^module\\\\.backbone\\\\.": "module." }',
  ]) {
    assert.is(read("effnet_se", givenTensors(wrapped), { renaming: rules(text) }).loaded, 121, text);
  }
  // The network's own names become those of the file, wrapper and all.
  const own = Object.fromEntries(
    parametersOf(specNetwork(`${FIXTURES}/effnet_se.json`).graph).map(({ name, data }) => [
      `module.net/${name}`,
      { dims: [...data.dims], dtype: "F32" as FileDType },
    ]),
  );
  for (const text of ['{ "^": "net/" }', '{ "^": "module.net/" }'])
    assert.is(read("effnet_se", givenTensors(own), { renaming: rules(text) }).loaded, 121, text);
  // Two parameters of one name would get the same numbers.
  const merged = problems("effnet_se", own, {
    renaming: rules(
      '[["^(stem|stages|head).*norm\\\\.weight$", "stem.norm.weight"], ["^(stem|stages|head)", "net/$1"]]',
    ),
  });
  assert.is(merged[0]?.code, "weights/unknown-names");
});

test("--names order pairs by order, size and last word, and says what was paired", () => {
  const { graph } = specNetwork(`${FIXTURES}/effnet_se.json`);
  const given = Object.fromEntries(
    parametersOf(graph).map(({ name, data }, i) => [
      `layer${i}.${name.slice(name.lastIndexOf(".") + 1)}`,
      { dims: [...data.dims], dtype: "F32" as FileDType },
    ]),
  );
  const { loaded, pairs = [], names } = read("effnet_se", givenTensors(given), { names: "order" });
  assert.equal([loaded, names], [121, "order"]);
  assert.equal(
    pairs.map(({ parameter }) => parameter),
    parametersOf(graph).map(({ name }) => name),
  );
  assert.equal(
    pairs.map(({ tensor }) => tensor),
    Object.keys(given),
  );
  // A kind of which there are more on one side is not paired at all.
  const more = { ...given, "layer500.weight": { dims: [16, 3, 3, 3], dtype: "F32" as FileDType } };
  const found = problems("effnet_se", more, { names: "order" });
  assert.match(found[0]?.message ?? "", /^stem\.conv\.weight \[16, 3, 3, 3\] is not paired: /);
  // What safetensors wrote is in the order of the alphabet.
  const [sorted] = problems("effnet_se", fixture("effnet_se"), { names: "order" });
  assert.match(sorted?.message ?? "", /has its tensors in the order of the alphabet/);
});

test("gains of standardised weights are paired by their word, and the weights behind them are adapted", () =>
  inTemporaryFolder((folder) => {
    const file = join(folder, "standardized.json");
    const conv = {
      layer: "conv",
      channels: 8,
      kernel: 3,
      bias: true,
      norm: false,
      standardized: { gain: 1 },
    };
    const spec = {
      input: { channels: 1, height: 8, width: 8 },
      blocks: { own: { layers: [conv] } },
      stem: "none",
      stages: [{ block: "own", repeat: 2 }],
      head: { classes: 2 },
    };
    writeFileSync(file, JSON.stringify(spec));
    // In the order of PyTorch, where gains come last.
    const stored = (
      inputs: number,
      layer: string,
    ): Readonly<Record<string, { dims: number[]; dtype: FileDType }>> => ({
      [`${layer}.weight`]: { dims: [8, inputs, 3, 3], dtype: "F32" },
      [`${layer}.bias`]: { dims: [8], dtype: "F32" },
      [`${layer}.gain`]: { dims: [8, 1, 1, 1], dtype: "F32" },
    });
    const fc = {
      "fc.weight": { dims: [2, 8], dtype: "F32" },
      "fc.bias": { dims: [2], dtype: "F32" },
    } as const;
    const given = givenTensors({ ...stored(1, "a"), ...stored(8, "b"), ...fc });
    const { pairs = [] } = specNetwork(file, { given: { source: given, names: "order" } }).weights ?? {};
    const layers = [
      ["0", "a"],
      ["1", "b"],
    ];
    assert.equal(
      pairs.map(({ parameter, tensor }) => `${parameter} ${tensor}`),
      [
        ...layers.flatMap(([block, layer]) =>
          ["weight", "gain", "bias"].map(
            (word) => `stages.0.blocks.${block}.layers.0.conv.${word} ${layer}.${word}`,
          ),
        ),
        ...["weight", "bias"].map((word) => `head.classifier.${word} fc.${word}`),
      ],
    );
    const own = givenTensors({
      ...stored(3, "stages.0.blocks.0.layers.0.conv"),
      ...stored(8, "stages.0.blocks.1.layers.0.conv"),
      ...Object.fromEntries(
        Object.entries(fc).map(([name, each]) => [name.replace("fc", "head.classifier"), each]),
      ),
    });
    const adapted = specNetwork(file, { given: { source: own, adaptInput: true } }).weights;
    assert.is(adapted?.loaded, 8);
    assert.match(adapted?.notes.join() ?? "", "is for images of 3 channels, which were summed to one");
  }));

test("--adapt-input makes an RGB stem one for other channels, as timm does, and only where there is one", () =>
  inTemporaryFolder((folder) => {
    const [problem] = problems("effnet_se", fixture("effnet_se"), { adaptInput: true });
    assert.match(problem?.message ?? "", /^--adapt-input changes nothing/);
    const source = openTensors(`${FIXTURES}/effnet_se.safetensors`);
    const stored = source.tensors.get("conv_stem.weight");
    assert.ok(stored);
    const rgb = new Float64Array(16 * 27);
    exactNumbers(stored, "f").copyTo(rgb, 0);
    const at = (o: number, c: number, p: number): number => rgb[(o * 3 + c) * 9 + p] ?? Number.NaN;
    const spec = JSON.parse(readFileSync(`${FIXTURES}/effnet_se.json`, "utf8"));
    for (const channels of [1, 4]) {
      const file = join(folder, `effnet_${channels}.json`);
      writeFileSync(file, JSON.stringify({ ...spec, input: { ...spec.input, channels } }));
      const given = { source, allowOtherSettings: true };
      const refused = (() => {
        try {
          specNetwork(file, { given });
        } catch (error) {
          return (error as InputError).diagnostics[0];
        }
        return undefined;
      })();
      assert.match(refused?.hint ?? "", "--adapt-input");
      const { graph } = specNetwork(file, { given: { ...given, adaptInput: true } });
      const stem = parametersOf(graph).find(({ name }) => name === "stem.conv.weight");
      assert.ok(stem);
      const expected = Array.from({ length: 16 * channels * 9 }, (_, i) => {
        const [o, c, p] = [Math.floor(i / (9 * channels)), Math.floor(i / 9) % channels, i % 9];
        return channels === 1 ? at(o, 0, p) + at(o, 1, p) + at(o, 2, p) : at(o, c % 3, p) * 0.75;
      });
      const off = materialize(stem.data, 0).map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN)));
      assert.ok(Math.max(...off) < 1e-6);
      assert.ok(Math.max(...expected) > 0.01);
    }
    source.close();
  }));

test("the file's own count of stages holds, where the spec has it otherwise", () => {
  // timm's third stage as if it were two: with another stage of the same width, which it could be.
  const split = renamed(fixture("effnet_se"), (name) =>
    name.replace(/^blocks\.3\./, "blocks.4.").replace(/^blocks\.2\.1\./, "blocks.3.0."),
  );
  assert.is(read("effnet_se", givenTensors(split)).loaded, 121);
});

test("a file that two readings fit equally well is refused", () => {
  // Step by step both gates are there: those of ECA-Net's authors and timm's.
  const timm = fixture("resnet_bottleneck_eca");
  const theirs = renamed(timm, (name) => (name.includes(".se.") ? name.replace(".se.", ".eca.") : undefined));
  const [problem] = problems("resnet_bottleneck_eca", { ...timm, ...theirs });
  assert.is(problem?.code, "weights/ambiguous-names");
  assert.is(
    problem?.message,
    "given.safetensors can be read in two ways: timm (ResNet, SKNet): 107 of 107 parameters; ecanet (eca_resnet): 107 of 107 parameters",
  );
});

test("a swap takes the weights from before it, keeps the backbone and says what goes and what comes", () => {
  const report = read("effnet_se", givenTensors(fixture("effnet_se")), { passes: "swap-attention{to=eca}" });
  assert.is(report.loaded, 97);
  assert.is(report.dropped.length, 24);
  assert.ok(report.dropped.every((name) => name.includes(".se.conv_")));
  assert.is(report.initial.length, 6);
  assert.ok(report.initial.every((name) => name.endsWith(".attention.conv.weight")));
});

test("so does a spec whose own pass is the swap", () => {
  const report = read("effnet_eca", givenTensors(fixture("effnet_se")));
  assert.equal([report.loaded, report.dropped.length, report.initial.length], [97, 24, 6]);
});

test("and the weights from after it", () => {
  const report = read("effnet_se", givenTensors(fixture("effnet_eca")), { passes: "swap-attention{to=eca}" });
  assert.equal([report.loaded, report.dropped, report.initial], [103, [], []]);
});

test("a swap gives the backbone the file's numbers and the new gates their own", () => {
  const source = openTensors(`${FIXTURES}/effnet_se.safetensors`);
  const swapped = specNetwork(`${FIXTURES}/effnet_se.json`, {
    passes: "swap-attention{to=eca}",
    given: { source },
  });
  const fresh = specNetwork(`${FIXTURES}/effnet_se.json`, { passes: "swap-attention{to=eca}" });
  const numbers = (parameter: Parameter | undefined): Float64Array =>
    parameter === undefined ? new Float64Array() : materialize(parameter.data, 0);
  const initial = new Map(parametersOf(fresh.graph).map((parameter) => [parameter.name, parameter]));
  for (const parameter of parametersOf(swapped.graph)) {
    const same = numbers(parameter).join() === numbers(initial.get(parameter.name)).join();
    assert.is(same, parameter.name.includes(".attention."), parameter.name);
  }
  source.close();
});

for (const dtype of ["F16", "BF16", "F64"] as const) {
  test(`${dtype} becomes float32`, () =>
    inTemporaryFolder(async (folder) => {
      const file = `${folder}/weights.safetensors`;
      const shapes = Object.fromEntries(
        Object.entries(fixture("effnet_none")).map(([name, { dims }]) => [name, dims]),
      );
      await writeStateDict(file, shapes, dtype);
      const source = openTensors(file);
      const { graph } = specNetwork(`${FIXTURES}/effnet_none.json`, { given: { source } });
      const parameter = parametersOf(graph).find(({ name }) => name === "stem.conv.weight") as Parameter;
      const tensor = source.tensors.get("conv_stem.weight");
      const bytes = new Uint8Array(tensor?.byteLength ?? 0);
      tensor?.readInto(bytes, 0);
      const view = new DataView(bytes.buffer);
      const first = {
        // 1 sign, 5 exponent and 10 fraction bits; bfloat16 is the upper half of a float32.
        F16: (bits = view.getUint16(0, true)) => 2 ** (((bits >> 10) & 31) - 15) * (1 + (bits & 1023) / 1024),
        BF16: () => {
          const wide = new DataView(new ArrayBuffer(4));
          wide.setUint16(2, view.getUint16(0, true), true);
          return wide.getFloat32(0, true);
        },
        F64: () => Math.fround(view.getFloat64(0, true)),
      }[dtype]();
      assert.is(materialize(parameter.data, 0)[0], first);
      assert.ok(first > 0.4 && first < 2);
      source.close();
    }));
}

test.run();
