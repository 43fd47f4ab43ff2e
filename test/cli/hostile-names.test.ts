import { type ChildProcess, fork, spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import onnxProto from "onnx-proto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Options } from "yargs";
import { commands } from "../../src/cli/commands/registry.js";
import { compile } from "../../src/driver/compile/compile.js";
import type { CliRun } from "./run-cli.js";

/** What a terminal would obey, and what nobody sees, in every text that can come from a user or a file: none of it is printed. */
const test = suite("cli: hostile names");

const HOSTILE =
  "x\x1b[31mRED\x9b31m\x07\x7f\u202eRTL\u2066\u200b\u00ad\u2028\u3164\u{e0041}\r\nFORGED: error\ty";
/** The same in a file's name, which has fewer characters left for it. */
const NAME = HOSTILE.replace("/", "");
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const CLI = resolve("dist/cli.js");
let folder = "";
const file = (name: string): string => join(folder, name);

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-hostile-"));
  const [spec, model] = [file(`${NAME}.json`), file(`${NAME}.onnx`)];
  writeFileSync(
    spec,
    JSON.stringify({
      name: HOSTILE,
      description: HOSTILE,
      family: HOSTILE,
      labels: [HOSTILE, `${HOSTILE}2`, "c"],
      input: { channels: 3, height: 32, width: 32 },
      blocks: {
        mine: {
          description: HOSTILE,
          fields: { gain: { default: 1, description: HOSTILE } },
          layers: [{ layer: "conv", channels: "channels", kernel: 3 }, { layer: "attention" }],
          residual: false,
        },
      },
      stem: { channels: 8 },
      stages: [{ block: "mine", channels: 16, attention: { type: "se", ratio: 0.5 } }],
      head: { classes: 3 },
    }),
  );
  await compile(spec, { output: model, exportWeights: file(`${NAME}.safetensors`) });
  writeFileSync(file(`${NAME}-opaque.onnx`), renamed(readFileSync(model), true));
  writeFileSync(model, renamed(readFileSync(model), false));
  copyFileSync("test/data/images/rgb.jpg", file(`${NAME}.jpg`));
  mkdirSync(file(NAME));
  writeFileSync(join(file(NAME), `${NAME}.txt`), "{{name.text}} {{description}}\n");
});
test.after(() => {
  runs?.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** The file with a hostile name for everything in it that has one; `opaque`: and with an operator that it is unknown. */
function renamed(bytes: Uint8Array, opaque: boolean): Uint8Array {
  const model = onnxProto.onnx.ModelProto.decode(bytes);
  const { graph } = model;
  if (!graph) throw new Error("no graph");
  const name = (each: string): string => (each === "" ? "" : `${each}${HOSTILE}`);
  for (const each of [...(graph.input ?? []), ...(graph.output ?? []), ...(graph.initializer ?? [])])
    each.name = name(each.name ?? "");
  graph.valueInfo = [];
  graph.name = HOSTILE;
  model.producerName = HOSTILE;
  model.producerVersion = HOSTILE;
  model.docString = HOSTILE;
  for (const node of graph.node ?? []) {
    node.name = name(node.name ?? "");
    node.input = (node.input ?? []).map(name);
    node.output = (node.output ?? []).map(name);
  }
  if (!opaque) return onnxProto.onnx.ModelProto.encode(model).finish();
  graph.node?.push(
    onnxProto.onnx.NodeProto.create({
      opType: HOSTILE,
      domain: HOSTILE,
      name: HOSTILE,
      input: [graph.input?.[0]?.name ?? ""],
      output: [`unused${HOSTILE}`],
    }),
  );
  model.opsetImport?.push(onnxProto.onnx.OperatorSetIdProto.create({ domain: HOSTILE, version: 1 }));
  return onnxProto.onnx.ModelProto.encode(model).finish();
}

interface Leaf {
  /** `weights inspect` */
  readonly name: string;
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, Options>>;
}

/** Every command, those of groups too, as the registry has them. */
function leaves(): readonly Leaf[] {
  const found: Leaf[] = [];
  const collect = (prefix: string, list: readonly (typeof commands)[number][]): void => {
    for (const { command, builder } of list) {
      const [word = "", ...positionals] = String(command).split(" ");
      if (word === "$0") continue;
      const name = `${prefix}${word}`;
      let [options, isGroup] = [{}, false];
      const recorder = {
        positional: () => recorder,
        example: () => recorder,
        usage: () => recorder,
        check: () => recorder,
        options(given: Readonly<Record<string, Options>>) {
          options = given;
          return recorder;
        },
        command(inside: readonly (typeof commands)[number][]) {
          isGroup = true;
          collect(`${name} `, inside);
          return recorder;
        },
      };
      if (typeof builder === "function") builder(recorder as never);
      if (!isGroup)
        found.push({ name, positionals: positionals.map((each) => each.replace(/[<>[\].]/g, "")), options });
    }
  };
  collect("", commands);
  return found;
}

/** Files that exist for the positionals of a command; one that is not listed gets a name of nothing. */
function filesFor({ name, positionals }: Leaf): readonly (readonly string[])[] {
  const [spec, model, weights] = [file(`${NAME}.json`), file(`${NAME}.onnx`), file(`${NAME}.safetensors`)];
  const opaque = file(`${NAME}-opaque.onnx`);
  const known: Readonly<Record<string, readonly (readonly string[])[]>> = {
    rewrite: [[model], [opaque]],
    inspect: [[model], [opaque]],
    run: [[model, file(`${NAME}.jpg`)]],
    diff: [
      [spec, model],
      [model, spec],
    ],
    bench: [[spec], [model]],
    report: [[spec], [model, opaque], [spec, model]],
    graph: [[spec], [opaque]],
    stats: [[spec], [model], [opaque]],
    verify: [[spec], [model], [opaque]],
    codegen: [[spec], [model]],
    compile: [[spec]],
    resolve: [[spec]],
    "explain k": [[spec]],
    explain: [["k", spec]],
    "weights inspect": [[weights], [model]],
    "weights diff": [[weights, model]],
    "weights convert": [[weights, "--spec", spec, "--names", "timm", "-o", file(`${NAME}-timm.safetensors`)]],
  };
  return [...(known[name] ?? []), positionals.map(() => HOSTILE)];
}

/** What a run needs to be quick, or to get far. */
function flagsFor({ name, options }: Leaf): readonly string[] {
  const flags: Readonly<Record<string, readonly string[]>> = {
    bench: ["--processes", "1", "--runs", "1", "--warmup", "0"],
    codegen: ["--lang", "ts", "-o", file(`${NAME}-program`), "--force"],
    compile: [
      "-o",
      file(`${NAME}-2.onnx`),
      "--print-ir-after-all",
      "--external-data",
      "--dump-ir",
      file("ir"),
    ],
    rewrite: ["--swap", "se=eca", "-o", file(`${NAME}-3.onnx`), "--explain", "--no-verify"],
    inspect: ["--spec", file(`${NAME}-4.json`), "--force"],
    verify: ["--per-block", "--seeds", "1"],
    "weights inspect": ["--values"],
  };
  return (flags[name] ?? []).filter((flag, i, all) => {
    const of = flag.startsWith("--") ? flag : (all[i - 1] ?? "");
    return !of.startsWith("--") || of.startsWith("--no-") || Object.hasOwn(options, of.slice(2));
  });
}

/** The process of the runs, and what it prints itself: nothing. */
let runs: ChildProcess | undefined;
let printedBeside = "";

function start(): ChildProcess {
  const child = fork(resolve("test/cli/many-runs.mjs"), [CLI], {
    cwd: folder,
    execArgv: [],
    silent: true,
    env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: "1", NODE_NO_WARNINGS: "1" },
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => {
      printedBeside += text;
    });
  return child;
}

/** Runs the built command line in the folder, where what is written under a hostile name does no harm. */
async function run(args: readonly string[]): Promise<CliRun> {
  runs ??= start();
  const child = runs;
  const what = visible(args.join(" "));
  const result = await new Promise<CliRun>((fulfil, reject) => {
    const ended = (code: number | null): void =>
      reject(new Error(`${what}: ended with ${code}: ${printedBeside}`));
    child.once("exit", ended);
    child.once("message", (message) => {
      child.off("exit", ended);
      fulfil(message as CliRun);
    });
    child.send(args);
  });
  assert.ok([0, 1, 2].includes(result.code ?? -1), `${what}: ${result.code} ${visible(result.stderr)}`);
  return result;
}

function assertVisible(text: string, what: string): void {
  assert.equal(unseenIn(text), [], `${what} has what is unseen`);
}

/** What is unseen in a text, with what is around it. */
function unseenIn(text: string): readonly string[] {
  return [...text.matchAll(UNSEEN)]
    .filter(([each]) => each !== "\n" && each !== "\t")
    .slice(0, 3)
    .map(({ index = 0 }) => visible(text.slice(Math.max(0, index - 60), index + 20)));
}

function assertHarmless({ stdout, stderr }: CliRun, args: readonly string[]): void {
  const what = visible(args.join(" "));
  for (const text of [stdout, stderr]) {
    assertVisible(text, what);
    assert.not.match(text, /^FORGED/m, `${what} lets a name begin a line: ${text}`);
  }
}

function visible(text: string): string {
  return JSON.stringify(text).replace(UNSEEN, "?").slice(0, 600);
}

test("the registry is walked whole", () => {
  const names = leaves().map(({ name }) => name);
  assert.ok(names.length >= 20, names.join());
  for (const name of ["compile", "weights convert", "doctor"]) assert.ok(names.includes(name), name);
});

for (const leaf of leaves()) {
  test(`${leaf.name}: names of files and in files`, async () => {
    for (const positionals of filesFor(leaf)) {
      const args = [...leaf.name.split(" "), ...positionals, ...flagsFor(leaf)];
      assertHarmless(await run(args), args);
      const { stdout, stderr } = await run([...args, "--json"]);
      assertVisible(stdout.replaceAll(/^ +/gm, ""), visible(args.join(" ")));
      assertVisible(stderr, visible(args.join(" ")));
      assert.ok(stdout === "" || JSON.parse(stdout) !== undefined);
    }
  });

  test(`${leaf.name}: values of flags`, async () => {
    const [positionals = []] = filesFor(leaf);
    const taking = Object.entries(leaf.options).filter(([, { type }]) => type !== "boolean");
    for (const [flag] of [...taking, [HOSTILE]]) {
      const args = [...leaf.name.split(" "), ...positionals, `--${flag}`, HOSTILE];
      assertHarmless(await run(args), args);
    }
  });
}

test("unknown commands and flags", async () => {
  for (const args of [[HOSTILE], ["weights", HOSTILE], [`--${HOSTILE}`], ["compile"], [HOSTILE, "--help"]])
    assertHarmless(await run(args), args);
});

test("colours that ecagen adds stay, and no other", () => {
  const { stdout } = spawnSync(process.execPath, [CLI, "verify", file(`${NAME}.json`)], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "", FORCE_COLOR: "1" },
  });
  assert.ok(stdout.includes("\x1b[32mok\x1b[39m"), visible(stdout));
  assert.ok(stdout.includes("\x1b[1mreference\x1b[22m"));
  assertVisible(stdout.replaceAll("\x1b[32mok\x1b[39m", "").replaceAll(BOLD, ""), "verify in colours");
});

const BOLD = new RegExp("ESC\\[(1|22)m".replace("ESC", "\x1b"), "g");

test("files that are written have nothing unseen in them", async () => {
  for (const language of ["ts", "pytorch", "web", "json"]) {
    const output = file(`program-${language}`);
    await run(["codegen", file(`${NAME}.json`), "--lang", language, "-o", output]);
  }
  await run(["codegen", file(`${NAME}.json`), "--templates", file(NAME), "-o", file("program-templates")]);
  await run(["codegen", file(`${NAME}.onnx`), "--lang", "ts", "-o", file("program-file")]);
  await run(["compile", file(`${NAME}.json`), "-o", file("x.onnx"), "--dump-ir", file("program-ir")]);
  await run(["inspect", file(`${NAME}.onnx`), "--spec", file("program-spec.json")]);
  const pair = [file(`${NAME}.json`), file(`${NAME}-opaque.onnx`)];
  await run(["report", ...pair, "-o", file("program-report.html")]);
  await run(["diff", ...pair, "--format", "html", "-o", file("program-diff.html")]);
  await run(["graph", file(`${NAME}-opaque.onnx`), "-o", file("program-graph.html")]);
  const written = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (each) => each.startsWith("program-") && /\.(ts|py|html|css|mjs|js|json|md|txt|ir|gitignore)$/.test(each),
  );
  assert.ok(written.length > 60, `${written.length} files`);
  const unseen = written.flatMap((each) =>
    unseenIn(readFileSync(file(each), "utf8")).map((near) => `${visible(each)}: ${near}`),
  );
  assert.equal(unseen, []);
});

test("nothing is printed past the one function that prints", () => assert.is(printedBeside, ""));

test.run();
