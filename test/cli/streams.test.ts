import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hasColours } from "../../src/cli/colours.js";
import { progressLines, SECONDS_BETWEEN_LINES } from "../../src/cli/progress.js";
import { inTerminal } from "./pseudo-terminal.js";

/** Standard input, output and error of the built command line, in pipes. */
const test = suite("cli: streams");
let folder = "";

const NETWORK = {
  input: { channels: 3, height: 16, width: 16 },
  stem: { channels: 16 },
  stages: [{ block: "conv-norm-act", channels: 16, attention: "se" }],
  head: { classes: 4 },
};
const OTHER = { ...NETWORK, head: { classes: 5 } };

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-streams-"));
  writeFileSync(join(folder, "net.json"), JSON.stringify(NETWORK));
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

function piped(args: readonly string[], input: string | Uint8Array = "", env: NodeJS.ProcessEnv = {}) {
  const run = spawnSync(process.execPath, [resolve("dist/cli.js"), ...args], {
    ...{ cwd: folder, input },
    env: { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined, CI: undefined, ...env },
  });
  return { code: run.status, bytes: run.stdout, out: run.stdout.toString(), error: run.stderr.toString() };
}

test("compile -o - writes the bytes of the file, and nothing else, to stdout", () => {
  const streamed = piped(["compile", "net.json", "-o", "-"]);
  assert.is(streamed.code, 0, streamed.error);
  assert.match(streamed.error, /^standard output: [\d,]+ parameters/);
  assert.is(piped(["compile", "net.json", "-o", "net.onnx"]).code, 0);
  assert.ok(streamed.bytes.equals(readFileSync(join(folder, "net.onnx"))));
  for (const flag of ["--output=-", "-o-", "-o=-"])
    assert.ok(piped(["compile", "net.json", flag]).bytes.equals(streamed.bytes), flag);
  assert.equal(readdirSync(folder).sort(), ["net.json", "net.onnx"]);
});

test("rewrite -o - does the same", () => {
  piped(["compile", "net.json", "-o", "net.onnx"]);
  const args = ["rewrite", "net.onnx", "--swap", "se=eca", "-o"];
  const streamed = piped([...args, "-"]);
  assert.is(streamed.code, 0, streamed.error);
  assert.is(piped([...args, "eca.onnx"]).code, 0);
  assert.ok(streamed.bytes.equals(readFileSync(join(folder, "eca.onnx"))));
});

test("what can't go beside a model on stdout is refused, all at once, and stdout stays empty", () => {
  const both = piped(["compile", "net.json", "-o", "-", "--external-data", "--json"]);
  assert.is(both.code, 2);
  const { errors } = JSON.parse(both.out) as { errors: readonly { code: string; message: string }[] };
  assert.equal(
    errors.map(({ code }) => code),
    ["file/stream", "file/stream"],
  );
  const data = piped(["compile", "net.json", "-o", "-", "--external-data"]);
  assert.is(data.code, 2);
  assert.match(data.error, /--external-data makes two files/);
  assert.is(data.out, "");
  const missed = { ...NETWORK, expect: { parameters: 1 } };
  const failed = piped(["compile", "-", "-o", "-"], JSON.stringify(missed));
  assert.is(failed.code, 1);
  assert.is(failed.out, "");
  assert.equal(readdirSync(folder), ["net.json"]);
});

test("no other output becomes a file called -", () => {
  piped(["compile", "net.json", "-o", "net.onnx", "--export-weights", "w.safetensors"]);
  for (const args of [
    ["compile", "net.json", "--export-weights", "-"],
    ["init", "-"],
    ["weights", "convert", "w.safetensors", "--spec", "net.json", "--names", "ecagen", "-o", "-"],
  ]) {
    const { code, error } = piped(args);
    assert.is(code, 2, args.join(" "));
    assert.match(error, /`-` is standard output/);
    assert.not(existsSync(join(folder, "-")));
  }
});

test("- is a spec on stdin, at every command that takes one", () => {
  const spec = JSON.stringify(NETWORK);
  const fromFile = piped(["compile", "net.json", "-o", "net.onnx"]);
  assert.is(fromFile.code, 0);
  const named = JSON.stringify({ ...NETWORK, name: "net" });
  const compiled = piped(["compile", "-", "-o", "-"], named);
  assert.ok(compiled.bytes.equals(readFileSync(join(folder, "net.onnx"))), compiled.error);
  for (const args of [
    ["stats", "-"],
    ["explain", "k", "-"],
    ["resolve", "-"],
    ["verify", "-"],
    ["codegen", "-", "--lang", "pytorch", "-o", "module"],
  ]) {
    const { code, error } = piped(args, spec);
    assert.is(code, 0, `${args.join(" ")}: ${error}`);
  }
  const unnamed = piped(["compile", "-"], spec);
  assert.match(unnamed.out, /^out\/stdin\.onnx: /);
  // What it extends is seen from the current folder.
  assert.is(piped(["stats", "-"], '{ "extends": "net.json" }').code, 0);
  assert.match(piped(["stats", "-"], '{ "input": }').error, /^stdin:1:\d+: error: /);
  assert.match(piped(["stats", "-"], "").error, /the file is empty/);
  const model = piped(["stats", "-"], compiled.bytes);
  assert.is(model.code, 2);
  assert.match(model.error, /an ONNX model has to be a file/);
});

test("every command that takes a spec has --set, and what is set shows", () => {
  for (const words of [
    "compile",
    "verify",
    "run",
    "bench",
    "codegen",
    "stats",
    "diff",
    "graph",
    "explain",
    "resolve",
  ])
    assert.match(piped(["help", words]).out, / --set /, words);
  assert.match(piped(["help", "weights", "convert"]).out, / --set /);
  const parameters = (...set: string[]): number =>
    (
      JSON.parse(piped(["stats", "-", "--json", ...set], JSON.stringify(NETWORK)).out) as {
        parameters: number;
      }
    ).parameters;
  // 16 weights and a bias for each of two more classes.
  assert.is(parameters("--set", "head.classes=6"), parameters() + 2 * 17);
  const graph = (...set: string[]) => piped(["graph", "-", "-o", "net.svg", ...set], JSON.stringify(NETWORK));
  assert.is(graph("--set", "head.classes=6").code, 0);
  assert.is(graph("--set", "head.clases=6").code, 2);
});

test("diff --exit-code is 1 where the networks differ", () => {
  const specs = [JSON.stringify(NETWORK), JSON.stringify(OTHER)] as const;
  const diff = (input: string, ...flags: string[]) => piped(["diff", "-", "net.json", ...flags], input).code;
  assert.is(diff(specs[0], "--exit-code"), 0);
  assert.is(diff(specs[1], "--exit-code"), 1);
  assert.is(diff(specs[1]), 0);
  assert.is(diff("{}", "--exit-code"), 2);
  piped(["compile", "net.json", "-o", "net.onnx"]);
  assert.is(piped(["diff", "net.onnx", "net.onnx", "--exit-code"]).code, 0);
  assert.is(piped(["diff", "net.json", "net.onnx", "--exit-code"]).code, 0);
  writeFileSync(join(folder, "other.json"), specs[1]);
  assert.is(piped(["diff", "other.json", "net.onnx", "--exit-code"]).code, 1);
});

test("help COMMAND is COMMAND --help", () => {
  for (const words of [["compile"], ["weights", "diff"], []]) {
    const help = piped(["help", ...words]);
    assert.is(help.code, 0);
    assert.is(help.out, piped([...words, "--help"]).out);
    assert.match(help.out, /Options:/);
  }
  assert.match(piped(["help", "compile"]).out, /default: out\/NAME\.onnx/);
  const unknown = piped(["help", "compil"]);
  assert.is(unknown.code, 2);
  assert.match(unknown.error, /unknown command "compil"[\s\S]*did you mean "?compile/);
});

test("another network of the same name is not replaced without a word", () => {
  for (const name of ["a", "b"]) mkdirSync(join(folder, name));
  cpSync(join(folder, "net.json"), join(folder, "a/net.json"));
  writeFileSync(join(folder, "b/net.json"), JSON.stringify(OTHER));
  const note = /out\/net\.onnx held another network/;
  assert.not.match(piped(["compile", "a/net.json"]).error, note);
  assert.not.match(piped(["compile", "a/net.json"]).error, note);
  assert.match(piped(["compile", "b/net.json"]).error, note);
  const { notes } = JSON.parse(piped(["compile", "a/net.json", "--json"]).out) as { notes: string[] };
  assert.match(notes.join("\n"), note);
  // The same spec with other passes is another network too.
  assert.match(piped(["compile", "a/net.json", "--passes", "swap-attention{to=eca}"]).error, note);
  // Who names the file knows what is there.
  assert.not.match(piped(["compile", "b/net.json", "-o", "out/net.onnx"]).error, note);
});

test("a model is not sent to a terminal", async () => {
  const run = await inTerminal("ecagen compile net.json -o -", { columns: 100, cwd: folder });
  assert.is(run.code, 2);
  assert.match(run.lines.join("\n"), /that is a terminal/);
});

test("colours are for terminals, and where FORCE_COLOR asks for them", () => {
  const escaped = (env: NodeJS.ProcessEnv) => piped(["stats", "net.json"], "", env).out.includes("\x1b[");
  assert.is(escaped({}), false);
  assert.is(escaped({ CI: "true" }), false);
  assert.is(escaped({ FORCE_COLOR: "1" }), true);
  assert.is(escaped({ FORCE_COLOR: "0" }), false);
  assert.is(escaped({ FORCE_COLOR: "1", NO_COLOR: "1" }), false);
  assert.is(hasColours({}, true), true);
  assert.is(hasColours({ TERM: "dumb" }, true), false);
  assert.is(hasColours({ FORCE_COLOR: "0" }, true), false);
});

test("without a terminal progress is a line every few seconds", () => {
  let seconds = 0;
  const lines: string[] = [];
  const progress = progressLines(
    (line) => lines.push(line),
    () => 1000 * seconds,
  );
  for (; seconds < 3 * SECONDS_BETWEEN_LINES; seconds++) progress.update(`step ${seconds}`, seconds / 100);
  progress.stop();
  assert.equal(lines, ["5 % step 5\n", "10 % step 10\n"]);
});

test.run();
