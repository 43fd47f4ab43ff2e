import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type CliRun, ecagen } from "./run-cli.js";

const test = suite("cli: commands");
let folder = "";

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-cli-"));
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

function json(run: CliRun): Record<string, unknown> {
  assert.is(run.code, 0, run.stderr);
  return JSON.parse(run.stdout) as Record<string, unknown>;
}

test("compile writes the file that its report describes, the same bytes each time", () => {
  const output = join(folder, "b0.onnx");
  const report = json(ecagen(["compile", "specs/b0-eca.json", "-o", output, "--json"]));
  assert.is(report.output, output);
  assert.is(report.parameters, 4652084);
  assert.is(report.attentionParameters, 76);
  assert.is(report.macs, 385232096);
  assert.is(report.opset, 17);
  const bytes = readFileSync(output);
  assert.is(report.bytes, bytes.length);
  assert.is(report.sha256, createHash("sha256").update(bytes).digest("hex"));
  const passes = report.passes as readonly { name: string; changed: boolean; ms: number }[];
  assert.equal(passes[0], { name: "swap-attention", changed: true, ms: passes[0]?.ms });

  const again = json(ecagen(["compile", "specs/b0-eca.json", "-o", join(folder, "again.onnx"), "--json"]));
  assert.is(again.sha256, report.sha256);
  const throughText = ecagen(["compile", "specs/b0-eca.json", "-o", join(folder, "text.onnx"), "--json"], {
    ECAGEN_TEXT_ROUNDTRIP: "1",
  });
  assert.is(json(throughText).sha256, report.sha256);
  const seeded = json(
    ecagen(["compile", "specs/b0-eca.json", "-o", join(folder, "seed.onnx"), "--seed", "1", "--json"]),
  );
  assert.is.not(seeded.sha256, report.sha256);
});

test("compile puts its file into out/ unless told otherwise", () => {
  rmSync("out/small.onnx", { force: true });
  const run = ecagen(["compile", "specs/small.json"]);
  assert.is(run.code, 0, run.stderr);
  assert.ok(existsSync("out/small.onnx"));
  assert.match(run.stdout, /^out\/small\.onnx: [\d,]+ parameters/);
});

test("stats has the contract's keys and the published numbers", () => {
  const report = json(ecagen(["stats", "specs/b0-se.json", "--json"]));
  assert.is(report.parameters, 5288548);
  assert.is(report.attentionParameters, 636540);
  assert.is(report.buffers, 42016);
  assert.is(report.macs, 385814752);
  const blocks = report.blocks as readonly Record<string, unknown>[];
  assert.is(blocks.length, 18);
  assert.equal(
    { ...blocks[1] },
    {
      path: "/stages/0/blocks/0",
      block: "depthwise-separable",
      parameters: 1448,
      attentionParameters: 552,
      buffers: 96,
      macs: 10035712,
      attentionMacs: 512,
      attention: ["se (32 → 8 → 32)"],
      output: ["N", 16, 112, 112],
    },
  );
});

test("stats counts at another resolution, and after more passes", () => {
  const small = json(ecagen(["stats", "specs/b7-eca.json", "--resolution", "224", "--json"]));
  assert.is(small.macs, 5158399072);
  const none = json(ecagen(["stats", "specs/b0-se.json", "--passes", "remove-attention", "--json"]));
  assert.is(none.parameters, 4652008);
});

test("diff has the contract's keys", () => {
  const report = json(ecagen(["diff", "specs/b0-se.json", "specs/b0-eca.json", "--json"]));
  assert.equal(report.parameters, { a: 5288548, b: 4652084, delta: -636464, percent: -12.03 });
  const changes = report.changes as readonly Record<string, unknown>[];
  assert.is(changes.length, 16);
  assert.equal(Object.keys(changes[0] ?? {}), ["kind", "at", "before", "after", "parametersDelta"]);
});

test("explain k names rule, C and k of each gate", () => {
  const report = json(ecagen(["explain", "k", "specs/b0-eca.json", "--json"]));
  const gates = report.gates as readonly { k: number; channels: number; rule: string }[];
  assert.equal(
    gates.map((gate) => gate.k),
    [3, 3, ...Array<number>(14).fill(5)],
  );
  assert.equal(gates[2], { ...gates[2], channels: 144, rule: "eca-net" });
  assert.match(
    ecagen(["explain", "k", "specs/b0-eca.json"]).stdout,
    /\(log2 144 \+ 1\) \/ 2 = 4\.085, truncated 4; 4 is even, so 5/,
  );
});

test("explain k knows every gate with a kernel along the channels, and no other", () => {
  const swaps = [
    "{at={stages=[0]},to={type=ecam,rule=timm}}",
    "{at={stages=[1]},to=se}",
    "{at={stages=[2]},to=eca}",
  ];
  const passes = swaps.map((each) => `swap-attention${each}`).join(",");
  const run = ecagen(["explain", "k", "specs/resnet50-eca-ns-k3.json", "--passes", passes, "--json"]);
  const gates = json(run).gates as readonly { type: string; k: number; rule: string }[];
  assert.equal(
    gates.map(({ type, k, rule }) => `${type} ${k} ${rule}`),
    [
      ...Array<string>(3).fill("ecam 5 timm"),
      ...Array<string>(6).fill("eca 5 eca-net"),
      ...Array<string>(3).fill("eca-ns 3 fixed"),
    ],
  );
  const none = ecagen(["explain", "k", "specs/resnet50-se.json"]);
  assert.match(none.stdout, "has no gate with a kernel along the channels");
});

test("resolve, schema, list and init", () => {
  const resolved = json(ecagen(["resolve", "specs/b0-eca.json", "--json"]));
  assert.is((resolved.blocks as unknown[]).length, 16);
  assert.is(json(ecagen(["schema", "--json"])).$schema, "http://json-schema.org/draft-07/schema#");
  const { specs } = json(ecagen(["list", "l2-", "--attention", "eca", "--json"])) as {
    specs: readonly { name: string }[];
  };
  assert.equal(
    specs.map(({ name }) => name),
    ["efficientnet-l2-eca"],
  );
  assert.match(ecagen(["list", "resnet50"]).stdout, /^ResNet +\S+.*\n +\S/m);
  assert.is(ecagen(["list", "--attention", "sse"]).code, 2);
  const file = join(folder, "network.json");
  json(ecagen(["init", file, "--json"]));
  assert.is(ecagen(["stats", file]).code, 0);
  const again = ecagen(["init", file]);
  assert.is(again.code, 2);
  assert.match(again.stderr, /exists already/);
});

test("init --template block: a spec with a block of its own, which verifies", () => {
  const file = join(folder, "block.json");
  assert.is(ecagen(["init", "--template", "block", file]).code, 0);
  const text = readFileSync(file, "utf8");
  assert.match(text, '"blocks": {');
  assert.ok(text.split("\n").filter((line) => line.trim().startsWith("//")).length > 5);
  const { code, stderr } = ecagen(["verify", file]);
  assert.is(code, 0, stderr);
  assert.is(ecagen(["init", "--template", "blok", join(folder, "x.json")]).code, 2);
});

test("the IR after each pass, on stderr and in files", () => {
  const run = ecagen([
    ...["compile", "specs/small.json", "-o", join(folder, "s.onnx")],
    ...["--print-ir-after-all", "--dump-ir", join(folder, "ir")],
  ]);
  assert.is(run.code, 0, run.stderr);
  const files = readdirSync(join(folder, "ir")).sort();
  assert.ok(files.length >= 5);
  assert.match(run.stderr, /\/\/ after 1\. /);
  assert.ok(run.stderr.includes(readFileSync(join(folder, "ir", files[0] as string), "utf8")));
});

test("--check-passes evaluates before and after each pass", () => {
  const run = ecagen(["compile", "specs/small.json", "-o", join(folder, "s.onnx"), "--check-passes"]);
  assert.is(run.code, 0, run.stderr);
});

test("a wrong expectation is exit code 1 and leaves no file", () => {
  const spec = join(folder, "wrong.json");
  const base = JSON.stringify(join(process.cwd(), "specs/b0-eca.json"));
  writeFileSync(
    spec,
    `{\n  "name": "wrong",\n  "extends": ${base},\n  "expect": { "parameters": 4652085 }\n}\n`,
  );
  const output = join(folder, "wrong.onnx");
  const run = ecagen(["compile", spec, "-o", output]);
  assert.is(run.code, 1);
  assert.match(
    run.stderr,
    /wrong\.json:4:\d+: error: the spec expects 4,652,085 parameters, the network has 4,652,084 \(-1\)/,
  );
  assert.not(existsSync(output));
  assert.is(ecagen(["stats", spec]).code, 1);
});

test("wrong usage is exit code 2 with a hint, in words and in JSON", () => {
  const typo = ecagen(["compil", "specs/b0-eca.json"]);
  assert.is(typo.code, 2);
  assert.match(typo.stderr, /unknown command "compil"/);
  assert.match(typo.stderr, /did you mean "compile"\?/);
  for (const args of [
    ["compile"],
    ["compile", "specs/b0-eca.json", "--opset", "99"],
    ["compile", "specs/b0-eca.json", "--seed", "-1"],
    ["compile", "specs/b0-eca.json", "--batch", "0"],
    ["compile", "specs/b0-eca.json", "--target", "fpga"],
    ["compile", "specs/b0-eca.json", "--no-such-flag"],
    ["compile", "specs/b0-eca.json", "--passes", "swap-atention"],
    ["compile", "specs/b0-eca.json", "--passes", "swap-attention{to=eca"],
    ["stats", "no-such-file.json"],
    ["stats", "specs"],
    ["verify", "specs/small.json", "--against", "no-such.onnx"],
    ["verify", "no-such.onnx"],
    ["verify", "specs/small.json", "--batch", "1,,3"],
    ["verify", "specs/small.json", "--batch", "1", "--batch", "3"],
    ["verify", "specs/small.json", "--seeds", "-1"],
    ["verify", "specs/small.json", "--atol", "-1"],
    ["verify", "specs/small.json", "--timeout", "0"],
    ["verify", "specs/small.json", "--device", "gpu"],
    ["bench"],
    ["bench", "no-such.onnx"],
    ["bench", "specs/small.json", "--processes", "0"],
    ["bench", "specs/small.json", "--threads", "many"],
    [],
  ]) {
    const run = ecagen([...args, "--json"]);
    assert.is(run.code, 2, `${args.join(" ")}: ${run.stdout} ${run.stderr}`);
    const { errors } = JSON.parse(run.stdout) as { errors: readonly { code: string; message: string }[] };
    assert.ok(
      errors.length > 0 && errors.every(({ code, message }) => code !== "" && message !== ""),
      run.stdout,
    );
    assert.not.match(run.stdout + run.stderr, /\n\s+at /);
  }
});

test("an output that can't be written is exit code 2", () => {
  writeFileSync(join(folder, "file"), "");
  for (const output of [
    folder,
    join(folder, "no", "such", "folder", "x.onnx"),
    join(folder, "file", "x.onnx"),
  ]) {
    const run = ecagen(["compile", "specs/small.json", "-o", output]);
    assert.is(run.code, 2, output);
    assert.not.match(run.stderr, /\n\s+at /);
  }
});

test("a full disk under what is printed is exit code 2; a reader who has enough changes nothing", () => {
  const shell = (line: string): CliRun => {
    const { status, stdout, stderr } = spawnSync("bash", ["-c", line], {
      encoding: "utf8",
      env: { ...process.env, ECAGEN: `${process.execPath} dist/cli.js`, OUT: join(folder, "x.onnx") },
    });
    return { code: status, stdout, stderr };
  };
  for (const flag of ["", "--json"]) {
    const full = shell(`$ECAGEN stats specs/small.json ${flag} > /dev/full`);
    assert.is(full.code, 2, full.stderr);
    assert.match(full.stderr, /^error: what is printed can't be written: ENOSPC.* \[file\/unwritable\]\n$/);
  }
  assert.is(shell("$ECAGEN nothing 2> /dev/full").code, 2);
  // Nobody reads: what was asked for is done all the same, and the exit code is that of the work.
  const cut = "set -o pipefail; $ECAGEN compile specs/small.json -o $OUT --print-ir-after-all";
  assert.equal(shell(`${cut} 2>&1 | true`), { code: 0, stdout: "", stderr: "" });
  assert.ok(existsSync(join(folder, "x.onnx")));
  assert.is(shell("set -o pipefail; $ECAGEN stats nothing.json 2>&1 | true").code, 2);
});

test("flags given twice or without their value, and a folder that can't be made, are wrong usage", () => {
  for (const [args, says] of [
    [["--passes", "a", "--passes", "b"], /--passes is given twice/],
    [["-o", "a", "-o", "b"], /--output is given twice/],
    [["--batch"], /Not enough arguments/],
    [["--seed"], /Not enough arguments/],
    [["--passes"], /Not enough arguments/],
    [["--target"], /Not enough arguments/],
    [["--batch", "many"], /--batch takes one whole number/],
    [["--dump-ir", "package.json"], /a file of that name is in the way/],
  ] as const) {
    const run = ecagen(["compile", "specs/small.json", ...args]);
    assert.is(run.code, 2, run.stderr);
    assert.match(run.stderr, says);
  }
  assert.match(ecagen(["stats", "specs/small.json", "--resolution"]).stderr, /Not enough arguments/);
});

test("an ONNX file in a spec's place, and a wrong choice, get a message that helps", () => {
  for (const command of [["resolve"], ["compile"], ["explain", "k"]]) {
    const onnx = ecagen([...command, "out/some.onnx"]);
    assert.is(onnx.code, 2);
    assert.match(onnx.stderr, /out\/some\.onnx is an ONNX file.*\n.*ecagen inspect out\/some\.onnx/);
  }
  const choice = ecagen(["compile", "specs/small.json", "--target", "fpga"]);
  assert.match(
    choice.stderr,
    /Invalid values: Argument: target, Given: "fpga", Choices: "portable", "cpu", "gpu", "auto" \[cli/,
  );
});

test("a fixed batch is in the file, and the counts are still those of one image", () => {
  for (const batch of ["1", "3"]) {
    const report = json(
      ecagen(["compile", "specs/b0-eca.json", "-o", join(folder, "b.onnx"), "--batch", batch, "--json"]),
    );
    assert.is(report.macs, 385232096);
  }
});

test("a dynamic batch that is asked for is refused where the batch is one image", () => {
  const args = ["compile", "specs/retinanet-resnet50-fpn-boxes.json", "--batch", "dynamic"];
  const { code, stderr } = ecagen([...args, "-o", join(folder, "boxes.onnx")]);
  assert.is(code, 2);
  assert.match(stderr, /a dynamic batch is asked for/);
});

/** What a command imports, a line for each time. */
function importsOf(args: readonly string[]): string {
  const file = join(folder, "imports");
  writeFileSync(file, "");
  const { code, stderr } = ecagen(args, {
    NODE_OPTIONS: `--import ${join(process.cwd(), "test/cli/import-log.mjs")}`,
    IMPORT_LOG: file,
  });
  assert.is(code, 0, stderr);
  return readFileSync(file, "utf8");
}

test("a start reads one program", () => {
  const readBy = (args: readonly string[]): readonly { readonly file: string; readonly bytes: number }[] =>
    Array.from(importsOf(args).matchAll(/^read (\S+) (\d+)$/gm), ([, file = "", bytes]) => ({
      file: basename(file),
      bytes: Number(bytes),
    }));
  for (const args of [
    ["--help"],
    ["list"],
    ["stats", "specs/small.json"],
    ["diff", "specs/small.json", "specs/small.json"],
    ["compile", "specs/small.json", "-o", join(folder, "few.onnx")],
  ]) {
    const read = readBy(args).filter(({ file }) => file !== "cli.js");
    assert.is(read.length, 1, `${args[0]}: ${JSON.stringify(read)}`);
    const [{ file = "", bytes = 0 } = {}] = read;
    assert.match(file, /^program-\w+\.cjs$/);
    // V8 compiles no more of it than a command needs, and keeps that; what is read is the price of one file for all commands.
    assert.ok(bytes < 3_000_000, `${args[0]}: ${bytes} bytes`);
  }
});

test("--help, compile, stats, diff, inspect and list load neither onnxruntime-node nor ts-morph, sharp, Graphviz or Vega", () => {
  const heavy = /^import (onnxruntime-node|sharp|#lib\/(ts-morph|viz|vega|vega-lite)\.cjs)$/m;
  for (const args of [
    ["--help"],
    ["codegen", "--help"],
    ["list"],
    ["compile", "specs/small.json", "-o", join(folder, "s.onnx")],
    ["stats", "specs/small.json"],
    ["diff", "specs/small.json", "specs/small.json"],
    ["weights", "inspect", "test/data/weights/state.pt"],
    ["inspect", "test/data/onnx/torchvision-regnet-11.onnx"],
    ["stats", "test/data/onnx/torchvision-regnet-11.onnx"],
    ["diff", "specs/small.json", "test/data/onnx/torchvision-regnet-11.onnx"],
  ]) {
    const imports = importsOf(args);
    assert.match(imports, /^import /m, "the log works");
    assert.not.match(imports, heavy, args.join(" "));
  }
  assert.match(importsOf(["doctor"]), heavy, "the log sees what is loaded");
  const program = ["codegen", "specs/small.json", "--lang", "ts", "-o", join(folder, "program")];
  assert.match(importsOf(program), heavy, "programs are written by ts-morph");
  const picture = ["graph", "specs/small.json", "-o", join(folder, "small.svg")];
  assert.match(importsOf(picture), heavy, "a picture is drawn by Graphviz");
  assert.not.match(importsOf(picture.slice(0, 2)), heavy, "its text is not");
});

test("help has examples, completion is a script", () => {
  for (const command of [
    "compile",
    "verify",
    "codegen",
    "run",
    "bench",
    "stats",
    "diff",
    "explain",
    "resolve",
    "list",
    "init",
    "schema",
    "doctor",
    "weights inspect",
    "weights diff",
    "weights convert",
  ]) {
    const { code, stdout } = ecagen([...command.split(" "), "--help"]);
    assert.is(code, 0);
    assert.match(stdout, /Examples:/, command);
    assert.match(stdout, /--json/, command);
  }
  const { stdout: script } = ecagen(["completion"]);
  assert.match(script, /complete .* ecagen/);
  assert.equal(json(ecagen(["completion", "--json"])), { schemaVersion: 1, script });
  assert.match(ecagen(["completion", "--help"]).stdout, /ecagen completion >> ~\/\.bashrc/);
});

test.run();
