import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codegen } from "../../src/driver/codegen/codegen.js";
import { compile } from "../../src/driver/compile/compile.js";
import { exportWeights } from "../../src/files/tensors/export-weights.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { stressed } from "../../src/trials/stressed.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { DETECTORS } from "./detectors.js";
import { freePort, PYTHON, type Start, startProgram, testWithTorch, testWithTorchvision } from "./torch.js";

/** distill.py: new gates learn what the old ones did, without labels, and nothing else of the network changes. */
const test = suite("codegen: PyTorch's distillation");

const SE = { type: "se", channels: 8 };

/** The network that test/python/distillation.py trains. */
const NETWORK = {
  name: "stripes",
  input: { channels: 3, height: 20, width: 20 },
  stem: { channels: 12, stride: 2 },
  stages: [
    { block: "inverted-residual", expansion: 2, kernel: 3, channels: 12, attention: SE },
    {
      block: "inverted-residual",
      expansion: 2,
      kernel: 3,
      stride: 2,
      channels: 24,
      repeat: 2,
      attention: SE,
    },
  ],
  head: { channels: 48, classes: 6 },
};

const TO_ECA = "swap-attention{to=eca}";
const GATES = [
  "stages.0.blocks.0.attention.conv.weight",
  "stages.1.blocks.0.attention.conv.weight",
  "stages.1.blocks.1.attention.conv.weight",
];
const ENVIRONMENT = { ...process.env, OMP_NUM_THREADS: "1" };
const SHAPES = ["--images", "shapes", "--shapes", "40", "--batch-size", "8"];

function written(folder: string, spec: object = NETWORK): string {
  const file = join(folder, "spec.json");
  writeFileSync(file, JSON.stringify(spec));
  return file;
}

/** Weights of a spec's network that nobody trained, but with which gates differ between channels and images. */
async function someWeights(spec: string, file: string): Promise<string> {
  await exportWeights(file, stressed(specNetwork(spec).graph, 3), 3);
  return file;
}

/** A generated folder whose SE gates became ECA, with the weights of both networks. */
async function codeToDistil(folder: string): Promise<string> {
  const spec = written(folder);
  const output = join(folder, "code");
  const weights = await someWeights(spec, join(folder, "se.safetensors"));
  await codegen(spec, { language: "pytorch", output, weights, passes: TO_ECA });
  return output;
}

function python(cwd: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(PYTHON, ["-B", ...args], {
    cwd,
    encoding: "utf8",
    env: ENVIRONMENT,
  });
  assert.is(status, 0, stderr);
  return stdout;
}

/** The tensors of a safetensors file, as bytes by name. */
function tensorsOf(file: string): ReadonlyMap<string, Buffer> {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, start)) as Record<string, { data_offsets: number[] }>;
  return new Map(
    Object.entries(header).flatMap(([name, { data_offsets }]) =>
      name === "__metadata__"
        ? []
        : [[name, bytes.subarray(...data_offsets.map((at) => start + at))] as const],
    ),
  );
}

function changedTensors(before: string, after: string): readonly string[] {
  const [old, found] = [tensorsOf(before), tensorsOf(after)];
  assert.equal([...found.keys()].sort(), [...old.keys()].sort());
  return [...found].flatMap(([name, bytes]) => (old.get(name)?.equals(bytes) === true ? [] : [name]));
}

/** Rows of log.csv without what the clock says. */
function logOf(folder: string): readonly (readonly string[])[] {
  const rows = readFileSync(join(folder, "log.csv"), "utf8").trim().split(/\r?\n/);
  return rows.map((row) => row.split(",").slice(0, 6));
}

interface Judgement {
  readonly old: number;
  readonly start: number;
  readonly distilled: number;
}

testWithTorchvision(test, "a trained SE network becomes one with ECA that is as good, without labels", () =>
  inTemporaryFolder(async (folder) => {
    const spec = written(folder);
    const script = resolve("test/python/distillation.py");
    await codegen(spec, { language: "pytorch", output: join(folder, "se") });
    python(folder, script, "train", join(folder, "se"), folder);

    const code = join(folder, "eca");
    const weights = join(folder, "se.safetensors");
    await codegen(spec, { language: "pytorch", output: code, weights, passes: TO_ECA });
    const told = python(
      code,
      "distill.py",
      ...["--images", join(folder, "pictures"), "--crops", "whole", "--norms"],
      ...["--epochs", "10", "--batch-size", "32", "--lr", "0.03"],
    );

    // Python's accuracies over 2,000 pictures, each with its label.
    const found = JSON.parse(python(folder, script, "judge", code)) as Judgement;
    assert.ok(found.old > 0.95, JSON.stringify(found));
    assert.ok(found.start < found.old - 0.03, JSON.stringify(found));
    assert.ok(found.distilled >= found.old - 0.005, JSON.stringify(found));

    // What it prints is about pictures that were held out, and is better than at the start.
    const [, before, after] = /relative error (\S+) -> (\S+), cosine/.exec(told) ?? [];
    assert.ok(Number(after) < 0.5 * Number(before), told);
    assert.match(told, /on 102 of 1,024 images, which were held out:/);

    // Scale and shift of normalisations moved, and the gates; no statistics, no other weight.
    const distilled = join(code, "distilled/weights.safetensors");
    const changed = changedTensors(join(code, "weights.safetensors"), distilled);
    assert.equal(
      changed.filter((name) => !/\.norm\.(weight|bias)$/.test(name)),
      GATES,
    );
    assert.ok(changed.length > GATES.length);

    // The result goes into an ONNX file that computes the same.
    const output = join(folder, "eca.onnx");
    await compile(spec, { output, weights: distilled, passes: TO_ECA });
    const session = await InferenceSession.create(output, { logSeverityLevel: 3 });
    const x = floatsOf(join(code, "x.f32"));
    const results = await session.run({ input: new Tensor("float32", x, [16, 3, 20, 20]) });
    await session.release();
    const logits = results.logits?.data as Float32Array;
    const expected = floatsOf(join(code, "y.f32"));
    assert.is(logits.length, expected.length);
    const off = Math.max(...expected.map((value, i) => Math.abs(value - (logits[i] ?? Number.NaN))));
    assert.ok(off < 1e-4 * Math.max(...expected), `off by ${off}`);
  }),
);

function floatsOf(file: string): Float32Array {
  return new Float32Array(Uint8Array.from(readFileSync(file)).buffer);
}

testWithTorch(
  test,
  "a run that was killed goes on to the same result, in which the gates alone are others",
  () =>
    inTemporaryFolder(async (folder) => {
      const code = await codeToDistil(folder);
      const args = [...SHAPES, "--shapes", "320", "--epochs", "5"];
      python(code, "distill.py", ...args, "--output", "whole");

      const cut = join(code, "cut");
      const running = spawn(PYTHON, ["-B", "distill.py", ...args, "--output", "cut"], {
        cwd: code,
        env: ENVIRONMENT,
      });
      const ended = new Promise<NodeJS.Signals | null>((done) =>
        running.on("close", (_, signal) => done(signal)),
      );
      while (running.exitCode === null && !existsSync(join(cut, "log.csv"))) {
        await new Promise((done) => setTimeout(done, 5));
      }
      running.kill("SIGKILL");
      assert.is(await ended, "SIGKILL");
      assert.not.ok(existsSync(join(cut, "weights.safetensors")));
      assert.ok(logOf(cut).length < 7, "it was killed on the way");

      assert.match(python(code, "distill.py", ...args, "--output", "cut", "--resume"), /from epoch [2345]\n/);
      assert.equal(logOf(cut), logOf(join(code, "whole")));
      const [whole, resumed] = ["whole", "cut"].map((each) => join(code, each, "weights.safetensors"));
      assert.equal(changedTensors(whole ?? "", resumed ?? ""), []);
      assert.equal(changedTensors(join(code, "weights.safetensors"), whole ?? ""), GATES);
      const other = /cut.last\.pt is of a run with other settings: lr was 0\.01 and is 0\.02/;
      startProgram("distill.py", [
        { code, args: [...args, "--output", "cut", "--resume", "--lr", "0.02"], refused: other },
      ]);
    }),
);

testWithTorch(test, "what can't be is refused with exit code 2, and nothing is written", () =>
  inTemporaryFolder(async (folder) => {
    const spec = written(folder);
    const weights = await someWeights(spec, join(folder, "se.safetensors"));
    const [given, without, removed, still] = ["given", "without", "removed", "still"].map((name) =>
      join(folder, name),
    );
    const language = "pytorch";
    await codegen(spec, { language, output: given ?? "", weights, passes: TO_ECA });
    await codegen(spec, { language, output: without ?? "", passes: TO_ECA });
    await codegen(spec, { language, output: removed ?? "", weights, passes: "remove-attention" });
    await codegen(spec, { language, output: still ?? "", weights, passes: "swap-attention{to=se-var1}" });
    const wider = written(folder, { ...NETWORK, head: { channels: 48, classes: 7 } });
    const classes = await someWeights(wider, join(folder, "classes.safetensors"));
    const empty = join(folder, "empty");
    mkdirSync(empty);
    writeFileSync(join(folder, "torn.safetensors"), readFileSync(weights).subarray(0, 4000));
    writeFileSync(join(folder, "text.safetensors"), "no weights");
    const file = (name: string): string => join(folder, name);
    const refusals: readonly (readonly [
      code: string | undefined,
      args: readonly string[],
      refused: RegExp,
    ])[] = [
      [given, [], /the following arguments are required: --images/],
      [given, ["--images", file("nowhere")], /nowhere is no folder/],
      [given, ["--images", empty], /empty has no image in it; it takes two/],
      [given, ["--images", empty, "--shapes", "9"], /--shapes goes with --images shapes/],
      [given, [...SHAPES, "--crops", "whole"], /--crops is for images in folders/],
      [given, [...SHAPES, "--temperature", "2"], /--temperature goes with --loss kl/],
      [given, [...SHAPES, "--held-out", "0"], /--held-out: 0 is not from 0.001 to 0.9/],
      [given, [...SHAPES, "--output", "."], /weights\.safetensors would be written over, which was read/],
      [given, [...SHAPES, "--output", "model.py"], /--output model\.py is no folder/],
      [without, SHAPES, /the old network has no weights: give --teacher-weights FILE/],
      [given, [...SHAPES, "--teacher-weights", file("none.safetensors")], /none\.safetensors is not there/],
      [given, [...SHAPES, "--teacher-weights", file("torn.safetensors")], /is no safetensors file that can/],
      [given, [...SHAPES, "--teacher-weights", file("text.safetensors")], /is no safetensors file that can/],
      [
        given,
        [...SHAPES, "--teacher-weights", classes],
        /classes\.safetensors does not fit the old network, .*\n +size mismatch for head\.classifier\.weight: .*\[7, 48\]/,
      ],
      [
        given,
        [...SHAPES, "--weights", weights],
        /does not fit the new network, .*\n +stages\.0\.blocks\.0\.attention\.conv\.weight is missing/,
      ],
      [removed, SHAPES, /none is new, so there is nothing to learn without --norms/],
      [still, SHAPES, /the new gates have no parameters, so there is nothing to learn without --norms/],
    ];
    const folders = [folder, given, without, removed, still].map((each) => each ?? "");
    const before = folders.map((each) => readdirSync(each));
    startProgram(
      "distill.py",
      refusals.map(([code = "", args, refused]) => ({ code, args, refused })),
    );
    assert.equal(
      folders.map((each) => readdirSync(each)),
      before,
    );
  }),
);

testWithTorchvision(
  test,
  "images are found in folders of any depth, and one that can't be read is named",
  () =>
    inTemporaryFolder(async (folder) => {
      const code = await codeToDistil(folder);
      const pictures = join(folder, "pictures");
      mkdirSync(join(pictures, "a", "b"), { recursive: true });
      const images = readdirSync("test/data/images").filter((name) => name.endsWith(".png"));
      const [first = "", second = ""] = images;
      for (const [i, place] of [pictures, join(pictures, "a"), join(pictures, "a", "b")].entries()) {
        writeFileSync(join(place, "1.png"), readFileSync(join("test/data/images", i === 0 ? first : second)));
      }
      writeFileSync(join(pictures, "notes.txt"), "no image");
      const args = ["--images", pictures, "--epochs", "1"];
      startProgram("distill.py", [{ code, args }]);
      assert.is(logOf(join(code, "distilled")).length, 3);
      writeFileSync(join(pictures, "a", "2.png"), "no image either");
      const refused = /error: .*2\.png is no image that can be read: /;
      startProgram("distill.py", [
        { code, args: [...args, "--output", "other"], refused },
        { code, args: [...args, "--output", "other", "--workers", "1"], refused },
      ]);
      assert.not.ok(existsSync(join(code, "other")));
    }),
);

/** A network of maps, with gates in its neck, in a head that maps share, and in one that they don't. */
const MAPS = {
  name: "maps",
  input: { channels: 3, height: 20, width: 28 },
  stem: { channels: 8, stride: 2 },
  stages: [
    { block: "basic", channels: 8, attention: SE, as: "c1" },
    {
      block: "basic",
      channels: 16,
      stride: 2,
      attention: [SE, { type: "se", channels: 4, position: "post" }],
    },
  ],
  neck: {
    layers: [
      { layer: "attention", attention: { type: "se", channels: 4, residual: true }, as: "p2" },
      { layer: "conv", from: "c1", channels: 16, as: "p1" },
    ],
  },
  heads: [
    {
      name: "tower",
      from: ["p1", "p2"],
      share: "all-but-norms",
      layers: [
        { layer: "conv", channels: 16 },
        { layer: "attention", attention: SE },
      ],
    },
    {
      name: "own",
      from: "tower",
      share: "none",
      layers: [
        { layer: "attention", attention: SE },
        { layer: "conv", channels: 5 },
      ],
    },
  ],
  head: { classifier: false },
};

/** Networks whose gates become others, and the lines that distill.py's log has of each epoch. */
const OTHERS: readonly {
  readonly label: string;
  readonly spec: object;
  readonly passes: string;
  readonly names?: "timm";
  readonly args?: readonly string[];
}[] = [
  {
    label: "maps of stages",
    spec: { ...NETWORK, head: { classifier: false }, features: ["C1", "C2"] },
    passes: TO_ECA,
  },
  {
    label: "what heads say, and maps of regions",
    spec: DETECTORS["two stages"] ?? {},
    passes: "swap-attention{to={type=se,channels=4}}",
    args: ["--shapes", "60"],
  },
  { label: "gates that maps share", spec: MAPS, passes: TO_ECA, args: ["--norms"] },
  {
    label: "gates with statistics of their own",
    spec: NETWORK,
    passes: "swap-attention{to=bam}",
    args: ["--loss", "kl", "--hints", "0"],
  },
  { label: "narrower SE", spec: NETWORK, passes: "swap-attention{to={type=se,channels=2}}" },
  { label: "removed gates", spec: NETWORK, passes: "remove-attention", args: ["--norms"] },
  { label: "timm's names", spec: NETWORK, passes: TO_ECA, names: "timm", args: ["--amp", "bfloat16"] },
];

testWithTorch(test, "networks with other outputs, gates and names learn too, and their weights fit", () =>
  inTemporaryFolder(async (folder) => {
    const starts: Start[] = [];
    const specs: string[] = [];
    for (const [i, { spec, passes, names, args = [] }] of OTHERS.entries()) {
      const code = join(folder, `${i}`);
      mkdirSync(code);
      const file = written(folder, spec);
      const weights = await someWeights(file, join(folder, `${i}.safetensors`));
      await codegen(file, {
        language: "pytorch",
        output: join(code, "code"),
        passes,
        names,
        ...(names === undefined ? { weights } : {}),
      });
      const old = names === undefined ? [] : ["--teacher-weights", weights];
      const more = ["--shapes", "160", "--epochs", "3", ...old, ...args];
      starts.push({ code: join(code, "code"), args: [...SHAPES, ...more] });
      specs.push(JSON.stringify(spec));
    }
    startProgram("distill.py", starts);
    for (const [i, { label, passes }] of OTHERS.entries()) {
      const code = join(folder, `${i}`, "code");
      const [, start, , , end] = logOf(join(code, "distilled")).map(([, , , error]) => Number(error));

      assert.ok(Number(end) < Number(start), `${label}: ${start} became ${end}`);
      const file = written(folder, JSON.parse(specs[i] ?? "") as object);
      const report = await compile(file, {
        output: join(folder, `${i}.onnx`),
        weights: join(code, "distilled", "weights.safetensors"),
        passes,
      });
      assert.equal([report.weights?.initial, report.weights?.unused], [[], []], label);
    }
  }),
);

testWithTorch(test, "two processes distil together", () =>
  inTemporaryFolder(async (folder) => {
    const code = await codeToDistil(folder);
    const args = [
      ...["-m", "torch.distributed.run", "--nproc_per_node", "2", "--master_addr", "127.0.0.1"],
      ...["--master_port", `${await freePort()}`, "-r", "1", "-t", "2", "--log_dir", "logs"],
      ...["distill.py", ...SHAPES, "--epochs", "2"],
    ];
    const { status, stderr } = spawnSync(PYTHON, ["-B", ...args], {
      cwd: code,
      encoding: "utf8",
      env: { ...ENVIRONMENT, GLOO_SOCKET_IFNAME: "lo" },
      timeout: 120_000,
    });
    assert.is(status, 0, stderr);
    assert.is(logOf(join(code, "distilled")).length, 4);
    const result = join(code, "distilled", "weights.safetensors");
    assert.equal(changedTensors(join(code, "weights.safetensors"), result), GATES);
  }),
);

test("there is something to distil where passes exchanged gates, and weights of the old network where they are known", () =>
  inTemporaryFolder(async (folder) => {
    const spec = written(folder);
    const weights = await someWeights(spec, join(folder, "se.safetensors"));
    const filesOf = async (name: string, options: Partial<Parameters<typeof codegen>[1]>) => {
      const { files } = await codegen(spec, { language: "pytorch", output: join(folder, name), ...options });
      return files.map(({ path }) => path).filter((path) => /distill|teacher|weights\.safe/.test(path));
    };
    assert.equal(await filesOf("plain", { weights }), ["weights.safetensors"]);
    assert.equal(await filesOf("inserted", { weights, passes: "insert-attention{to=eca}" }), [
      "weights.safetensors",
    ]);
    const absorbed = "remove-attention{factor=true},absorb-factors";
    assert.equal(await filesOf("absorbed", { weights, passes: absorbed }), [
      "weights.safetensors",
      "teacher.safetensors",
      "distill.py",
      "teacher.py",
    ]);
    // What is asked for is there already.
    assert.equal(await filesOf("same", { passes: "swap-attention{to=se}" }), []);
    assert.equal(await filesOf("fresh", { passes: TO_ECA }), ["distill.py", "teacher.py"]);
    assert.equal(await filesOf("known", { weights, passes: TO_ECA }), [
      "weights.safetensors",
      "teacher.safetensors",
      "distill.py",
      "teacher.py",
    ]);
    // Weights of the network after the swap say nothing of the one before.
    const after = join(folder, "after.safetensors");
    await exportWeights(after, specNetwork(spec, { passes: TO_ECA }).graph, 4);
    assert.equal(await filesOf("after", { weights: after, passes: TO_ECA }), [
      "weights.safetensors",
      "distill.py",
      "teacher.py",
    ]);
    assert.equal(changedTensors(weights, join(folder, "known", "teacher.safetensors")), []);
    const onnx = join(folder, "se.onnx");
    await compile(spec, { output: onnx, weights });
    const { files } = await codegen(onnx, {
      language: "pytorch",
      output: join(folder, "onnx"),
      passes: TO_ECA,
    });
    assert.ok(files.some(({ path }) => path === "teacher.safetensors"));
  }));

test.run();
