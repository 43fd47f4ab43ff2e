import {
  appendFileSync,
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  codegen,
  compile,
  convertWeights,
  InputError,
  initSpec,
  inspect,
  inspectWeights,
  rewrite,
  run,
} from "../../src/index.js";

const test = suite("files that are read are not written over");

/** The folder that every case gets a copy of. */
const made = mkdtempSync(join(tmpdir(), "ecagen-"));
const FIXTURE = "test/data/fixtures/effnet_se";

test.before(async () => {
  const at = (name: string): string => join(made, name);
  copyFileSync(`${FIXTURE}.json`, at("base.json"));
  copyFileSync(`${FIXTURE}.safetensors`, at("weights.safetensors"));
  copyFileSync(`${FIXTURE}.input.npy`, at("x.npy"));
  writeFileSync(at("spec.json"), JSON.stringify({ extends: "./base.json", name: "extended" }));
  await compile(at("spec.json"), { output: at("single.onnx") });
  await compile(at("spec.json"), { output: at("model.onnx"), externalData: true });
  writeFileSync(at("labels.txt"), Array.from({ length: 1000 }, (_, i) => `class ${i}`).join("\n"));
  mkdirSync(at("shards"));
  const { tensors } = inspectWeights(at("weights.safetensors"));
  copyFileSync(at("weights.safetensors"), join(at("shards"), "part-1.safetensors"));
  const index = { weight_map: Object.fromEntries(tensors.map(({ name }) => [name, "part-1.safetensors"])) };
  writeFileSync(join(at("shards"), "m.safetensors.index.json"), JSON.stringify(index));
  mkdirSync(at("templates"));
  writeFileSync(join(at("templates"), "name.txt.mustache"), "text{{> part}}\n");
  writeFileSync(join(at("templates"), "_part.mustache"), "!");
  writeFileSync(join(at("templates"), "LICENSE"), "as you like");
});

test.after(() => rmSync(made, { recursive: true, force: true }));

/** A command, what it reads, and how it is told where to write. */
interface Command {
  readonly name: string;
  readonly reads: readonly string[];
  /** `at` gives the path of a file of the case. */
  write(output: string, at: (name: string) => string): unknown;
  /** The file that it writes, in the folder that it is told of. */
  readonly inFolder?: string;
}

/** The name of the file with the weights of model.onnx. */
const dataOf = (folder: string): string =>
  readdirSync(folder).find((name) => name.startsWith("model-")) ?? "";

const COMMANDS: readonly Command[] = [
  {
    name: "compile -o",
    reads: ["spec.json", "base.json", "weights.safetensors"],
    write: (output, at) => compile(at("spec.json"), { output, weights: at("weights.safetensors") }),
  },
  {
    name: "compile --external-data -o, with calibration",
    reads: ["spec.json", "x.npy"],
    write: (output, at) =>
      compile(at("spec.json"), {
        ...{ output, externalData: true, weights: at("weights.safetensors") },
        ...{ passes: "swap-attention{to=eca}", newGates: "init", calibrate: at("x.npy") },
      }),
  },
  {
    name: "compile --export-weights",
    reads: ["spec.json", "base.json", "weights.safetensors"],
    write: (output, at) =>
      compile(at("spec.json"), {
        output: at("another.onnx"),
        exportWeights: output,
        weights: at("weights.safetensors"),
      }),
  },
  {
    name: "compile --dump-ir",
    reads: ["spec.json", "base.json"],
    inFolder: "01-strip-training.ir",
    write: (folder, at) => compile(at("spec.json"), { output: at("another.onnx"), dumpIr: folder }),
  },
  {
    name: "rewrite -o",
    reads: ["model.onnx", "DATA"],
    write: (output, at) => rewrite(at("model.onnx"), { output, swaps: ["se=eca"], verify: false }),
  },
  {
    name: "rewrite -o, with calibration, verified",
    reads: ["single.onnx", "x.npy"],
    write: (output, at) =>
      rewrite(at("single.onnx"), { output, swaps: ["se=eca"], newGates: "fit", calibrate: at("x.npy") }),
  },
  {
    name: "weights convert -o",
    reads: ["spec.json", "base.json", "weights.safetensors"],
    write: (output, at) =>
      convertWeights(at("weights.safetensors"), { output, spec: at("spec.json"), to: "timm" }),
  },
  {
    name: "weights convert -o, from shards",
    reads: ["shards/m.safetensors.index.json", "shards/part-1.safetensors"],
    write: (output, at) => convertWeights(at("shards"), { output, spec: at("spec.json"), to: "timm" }),
  },
  {
    name: "run MODEL --output",
    reads: ["model.onnx", "DATA", "x.npy"],
    write: (output, at) => run(at("model.onnx"), { inputs: [at("x.npy")], outputs: [output] }),
  },
  {
    name: "run SPEC --output",
    reads: ["spec.json", "base.json", "weights.safetensors", "x.npy", "labels.txt"],
    write: (output, at) =>
      run(at("spec.json"), {
        ...{ inputs: [at("x.npy")], outputs: [output] },
        ...{ weights: at("weights.safetensors"), labels: at("labels.txt") },
      }),
  },
  {
    name: "inspect --spec",
    reads: ["model.onnx", "DATA"],
    write: (spec, at) => inspect(at("model.onnx"), { spec }),
  },
  {
    name: "codegen SPEC -o",
    reads: ["spec.json", "base.json", "weights.safetensors"],
    inFolder: "model.py",
    write: (output, at) =>
      codegen(at("spec.json"), {
        ...{ output, language: "pytorch", force: true, weights: at("weights.safetensors") },
      }),
  },
  {
    name: "codegen SPEC --templates -o",
    reads: [
      "spec.json",
      "base.json",
      "templates/name.txt.mustache",
      "templates/_part.mustache",
      "templates/LICENSE",
    ],
    inFolder: "name.txt",
    write: (output, at) => codegen(at("spec.json"), { output, templates: at("templates"), force: true }),
  },
  {
    name: "codegen MODEL -o",
    reads: ["single.onnx"],
    inFolder: "package.json",
    write: (output, at) => codegen(at("single.onnx"), { output, language: "ts", force: true }),
  },
  { name: "init", reads: ["spec.json"], write: async (output) => initSpec(output) },
];

/** How an output comes to be a file that is read: gives the output for it. */
const WAYS: Readonly<Record<string, (read: string, folder: string, name: string) => string>> = {
  path: (read) => join(dirname(read), ".", basename(read)),
  "symbolic link": (read, folder, name) => {
    symlinkSync(read, join(folder, name));
    return join(folder, name);
  },
  "hard link": (read, folder, name) => {
    linkSync(read, join(folder, name));
    return join(folder, name);
  },
  "link of the folder": (read, folder) => {
    symlinkSync(dirname(read), join(folder, "linked"));
    return join(folder, "linked", basename(read));
  },
};

for (const { name, reads, inFolder, write } of COMMANDS) {
  // A program's file has the name that it has; it can only be a link to what is read.
  const ways = Object.entries(WAYS).filter(([way]) => inFolder === undefined || /^(symbolic|hard)/.test(way));
  for (const read of reads) {
    test(`${name}: ${read}, by ${ways.map(([way]) => way).join(", ")}`, async () => {
      for (const [way, outputFor] of ways) {
        await inCopy(async (folder) => {
          const at = (each: string): string => join(folder, each === "DATA" ? dataOf(folder) : each);
          const links = join(folder, "out");
          mkdirSync(links);
          const output = outputFor(at(read), links, inFolder ?? "output");
          const before = contentsOf(folder);
          const error = await Promise.resolve()
            .then(() => write(inFolder === undefined ? output : links, at))
            .catch((each: unknown) => each);
          assert.instance(error, InputError, way);
          const [diagnostic] = (error as InputError).diagnostics;
          assert.match(
            diagnostic?.message ?? "",
            /is read, so it can't be written as well|exists already/,
            way,
          );
          assert.ok(diagnostic?.hint, way);
          assert.equal(contentsOf(folder), before, way);
        });
      }
    });
  }
}

test("a data file that is read and would be replaced by the same is left, and serves both models", () =>
  inCopy(async (folder) => {
    const [model, output] = [join(folder, "model.onnx"), join(folder, "other.onnx")];
    const input = readingFrom(folder, await dataNameOf(model, output));
    const before = contentsOf(folder);
    await rewrite(input, { output, passes: "eliminate-dead-code" });
    const { "/other.onnx": written, ...rest } = contentsOf(folder);
    assert.ok(written);
    assert.equal(rest, before);
    for (const each of [input, output]) await run(each, { inputs: [join(folder, "x.npy")] });
  }));

test("a data file that is read and would be replaced by another is refused", () =>
  inCopy(async (folder) => {
    const [model, output] = [join(folder, "model.onnx"), join(folder, "other.onnx")];
    const name = await dataNameOf(model, output);
    const input = readingFrom(folder, name);
    // The tensors are the same; the file is not.
    appendFileSync(join(folder, name), "and more");
    const before = contentsOf(folder);
    const error = await rewrite(input, { output, passes: "eliminate-dead-code" }).catch(
      (each: unknown) => each,
    );
    assert.instance(error, InputError);
    assert.match((error as InputError).message, /other-[0-9a-f]{16}\.onnx\.data is read/);
    assert.equal(contentsOf(folder), before);
  }));

/** The name of the data file that a rewriting gives its output. */
async function dataNameOf(model: string, output: string): Promise<string> {
  const { externalData } = await rewrite(model, { output, passes: "eliminate-dead-code" });
  const { file = "" } = externalData ?? {};
  for (const each of [output, file]) rmSync(each);
  return basename(file);
}

/** The case's model under another name, which reads its data from a file of that name. */
function readingFrom(folder: string, name: string): string {
  const own = dataOf(folder);
  assert.is(own.length, name.length, "so that no length in the file changes");
  const model = readFileSync(join(folder, "model.onnx"), "latin1").replaceAll(own, name);
  copyFileSync(join(folder, own), join(folder, name));
  writeFileSync(join(folder, "in.onnx"), model, "latin1");
  return join(folder, "in.onnx");
}

async function inCopy(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ecagen-"));
  try {
    cpSync(made, folder, { recursive: true });
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every file in a folder and those below, by path. */
function contentsOf(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [
          path.slice(folder.length),
          entry.isFile() || statSync(path).isFile() ? readFileSync(path, "latin1") : "link",
        ];
      }),
  );
}

test.run();
