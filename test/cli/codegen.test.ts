import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inTemporaryFolder } from "../temporary-folder.js";
import { type CliRun, ecagen } from "./run-cli.js";

const test = suite("cli: codegen");

const generate = (folder: string, ...more: string[]): CliRun =>
  ecagen(["codegen", "specs/small.json", "--lang", "ts", "-o", folder, ...more]);

/** The files in a folder and the folders in it, but for the manifest. */
function filesIn(folder: string): readonly string[] {
  return (readdirSync(folder, { recursive: true }) as string[])
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => path.replaceAll("\\", "/"))
    .sort();
}

test("codegen writes the files that its report lists, the same bytes each time", () =>
  inTemporaryFolder((folder) => {
    const [first, again] = [join(folder, "a", "b"), join(folder, "again")];
    const run = generate(first, "--json");
    assert.is(run.code, 0, run.stderr);
    const report = JSON.parse(run.stdout);
    assert.equal([report.output, report.language], [first, "ts"]);
    const files = report.files as readonly { path: string; bytes: number }[];
    assert.equal(filesIn(first), files.map(({ path }) => path).sort());
    for (const { path, bytes } of files) assert.is(statSync(join(first, path)).size, bytes, path);
    for (const path of ["model.onnx", "package.json", "README.md", "src/index.ts", "src/smoke.test.ts"]) {
      assert.ok(
        files.some((file) => file.path === path),
        path,
      );
    }
    assert.is(generate(again).code, 0);
    for (const { path } of files) {
      assert.ok(readFileSync(join(first, path)).equals(readFileSync(join(again, path))), path);
    }
    const compiled = join(folder, "compiled.onnx");
    ecagen(["compile", "specs/small.json", "-o", compiled]);
    assert.ok(readFileSync(compiled).equals(readFileSync(join(first, "model.onnx"))));
  }));

test("options of the network reach the model and its types", () =>
  inTemporaryFolder((folder) => {
    const run = generate(
      folder,
      "--resolution",
      "48",
      "--batch",
      "4",
      "--passes",
      "remove-attention",
      "--seed",
      "3",
    );
    assert.is(run.code, 0, run.stderr);
    const index = readFileSync(join(folder, "src/index.ts"), "utf8");
    assert.match(index, "[batch: number, channels: 3, height: 48, width: 48]");
    assert.match(index, "batch: 4");
    assert.match(readFileSync(join(folder, "README.md"), "utf8"), /^7,[0-9]{3} parameters/m);
    const model = readFileSync(join(folder, "model.onnx")).toString("latin1");
    assert.match(model, /ecagen\.seed[^\w]*3/);
    assert.match(model, "remove-attention");
  }));

test("a page has the model of each variant, the one that `compile` makes by its passes", () =>
  inTemporaryFolder((folder) => {
    const page = join(folder, "page");
    const run = ecagen(["codegen", "specs/small.json", "--lang", "web", "-o", page, "--json"]);
    assert.is(run.code, 0, run.stderr);
    const { variants } = JSON.parse(run.stdout) as {
      variants: readonly { id: string; passes: string; parameters: number }[];
    };
    assert.is(variants.length, 4);
    for (const { id, passes, parameters } of variants) {
      const compiled = join(folder, `${id}.onnx`);
      const more = passes === "" ? [] : ["--passes", passes];
      const report = JSON.parse(
        ecagen(["compile", "specs/small.json", "-o", compiled, "--json", ...more]).stdout,
      );
      assert.is(report.parameters, parameters);
      assert.ok(readFileSync(compiled).equals(readFileSync(join(page, "models", `${id}.onnx`))), id);
    }
  }));

test("a folder with files of somebody else, and generated files that were changed, stay as they are without --force", () =>
  inTemporaryFolder((folder) => {
    writeFileSync(join(folder, "notes.txt"), "mine");
    const foreign = generate(folder);
    assert.is(foreign.code, 2);
    assert.match(foreign.stderr, "has files that ecagen did not generate [codegen/foreign-folder]");
    assert.equal(filesIn(folder), ["notes.txt"]);
    assert.is(generate(folder, "--force").code, 0);
    assert.is(readFileSync(join(folder, "notes.txt"), "utf8"), "mine");

    const readme = join(folder, "README.md");
    const text = readFileSync(readme, "utf8");
    assert.is(generate(folder).code, 0, "its own files are made anew");
    writeFileSync(readme, text.replaceAll("\n", "\r\n"));
    assert.is(generate(folder).code, 0, "other line ends are no change");
    writeFileSync(readme, "changed");
    const changed = generate(folder);
    assert.is(changed.code, 2);
    assert.match(changed.stderr, /README\.md in .* was changed since .* \[codegen\/changed-files\]/);
    assert.is(readFileSync(readme, "utf8"), "changed");
    assert.is(generate(folder, "--force").code, 0);
    assert.is(readFileSync(readme, "utf8"), text);
  }));

test("files of an earlier program go, if nobody changed them and they are in the folder", () =>
  inTemporaryFolder((parent) => {
    const folder = join(parent, "package");
    const sha256OfOld = createHash("sha256").update("old").digest("hex");
    mkdirSync(folder);
    for (const path of ["package/old.ts", "package/edited.ts", "outside.ts"])
      writeFileSync(join(parent, path), "old");
    writeFileSync(join(folder, "edited.ts"), "edited");
    const files = {
      "old.ts": sha256OfOld,
      "edited.ts": sha256OfOld,
      "../outside.ts": sha256OfOld,
      "gone.ts": "",
    };
    writeFileSync(join(folder, "ecagen.json"), JSON.stringify({ generator: "ecagen", files }));
    assert.is(generate(folder).code, 0);
    assert.not.ok(existsSync(join(folder, "old.ts")));
    assert.ok(existsSync(join(folder, "edited.ts")));
    assert.ok(existsSync(join(parent, "outside.ts")));
  }));

test("models and weights are generated files too: they go with their program, and changes of theirs stay", () =>
  inTemporaryFolder((folder) => {
    const output = join(folder, "out");
    const write = (...args: readonly string[]): CliRun =>
      ecagen(["codegen", "specs/small.json", "-o", output, ...args]);
    assert.is(write("--lang", "web").code, 0);
    assert.equal(readdirSync(join(output, "models")), ["eca.onnx", "none.onnx", "se.onnx", "se_eca.onnx"]);
    writeFileSync(join(output, "models", "eca.onnx"), "mine");
    assert.is(write("--lang", "web", "--passes", "remove-attention").code, 0);
    assert.equal(readdirSync(join(output, "models")), ["eca.onnx", "none.onnx"]);
    rmSync(join(output, "models", "eca.onnx"));
    assert.is(write("--lang", "ts").code, 0);
    assert.not.ok(existsSync(join(output, "models")), "a folder without files");

    // A changed model is not written over, no more than a text.
    const model = readFileSync(join(output, "model.onnx"));
    writeFileSync(join(output, "model.onnx"), "mine");
    const changed = write("--lang", "ts");
    assert.is(changed.code, 2);
    assert.match(changed.stderr, /model\.onnx in .* was changed since .* \[codegen\/changed-files\]/);
    assert.is(write("--lang", "ts", "--force").code, 0);
    assert.ok(readFileSync(join(output, "model.onnx")).equals(model));

    // What the program is made of stays, also where an earlier program had it.
    const weights = join(output, "weights.safetensors");
    ecagen([
      "compile",
      "specs/small.json",
      "-o",
      join(folder, "x.onnx"),
      "--export-weights",
      join(folder, "w"),
    ]);
    assert.is(write("--lang", "pytorch", "--weights", join(folder, "w"), "--force").code, 0);
    assert.is(write("--lang", "ts", "--weights", weights).code, 0);
    assert.equal([existsSync(weights), existsSync(join(output, "train.py"))], [true, false]);
    assert.is(write("--lang", "json").code, 0);
    assert.equal(filesIn(output), ["ecagen.json", "network.json", "weights.safetensors"]);
  }));

test("flags that would change nothing in the program are refused, all of them", () =>
  inTemporaryFolder((folder) => {
    const output = join(folder, "out");
    const refused = (...args: readonly string[]): readonly string[] =>
      refusedFor("specs/small.json", ...args);
    const refusedFor = (model: string, ...args: readonly string[]): readonly string[] => {
      const run = ecagen(["codegen", model, "-o", output, "--json", ...args]);
      assert.is(run.code, 2, run.stdout);
      const { errors } = JSON.parse(run.stdout) as { errors: readonly { code: string; message: string }[] };
      return errors
        .filter(({ code }) => code === "flag/unused")
        .map(({ message }) => message.split(" ")[0] ?? "")
        .sort();
    };
    const ofModels = ["--opset", "13", "--target", "gpu", "--keep-bn", "--precision", "fp16"];
    const ofWeights = ["--weights", "w", "--names", "timm", "--allow-missing", "x", "--seed", "3"];
    const models = ["--keep-bn", "--opset", "--precision", "--target"];
    const weights = ["--allow-missing", "--names", "--seed", "--weights"];
    for (const what of [
      ["--lang", "json"],
      ["--templates", "templates/example-model-card"],
    ]) {
      assert.equal(refused(...what, ...ofModels, ...ofWeights), [...models, ...weights].sort());
    }
    assert.equal(refused("--lang", "pytorch", ...ofModels, "--batch", "4"), ["--batch", ...models]);
    assert.equal(refused("--lang", "pytorch", "--seed", "3", "--allow-missing", "x"), [
      "--allow-missing",
      "--seed",
    ]);
    for (const lang of ["ts", "web"]) {
      assert.equal(refused("--lang", lang, ...ofWeights.slice(2, 6)), ["--allow-missing", "--names"]);
    }
    const file = join(folder, "model.onnx");
    ecagen(["compile", "specs/small.json", "-o", file]);
    const more = ["--seed", "3", "--variant-weights", "eca=x"];
    assert.equal(refusedFor(file, "--lang", "ts", ...more), ["--seed", "--variant-weights"]);
    assert.equal(refusedFor(file, "--lang", "web", "--names", "timm"), ["--names"]);
    assert.not.ok(existsSync(output));
  }));

test("templates of the user are filled; what is wrong with them is said with its places", () =>
  inTemporaryFolder((folder) => {
    const output = join(folder, "out");
    const args = ["codegen", "specs/small.json", "-o", output, "--json", "--templates"];
    const run = ecagen([...args, "templates/example-model-card"]);
    assert.is(run.code, 0, run.stderr);
    assert.is(JSON.parse(run.stdout).templates, "templates/example-model-card");
    assert.equal(filesIn(output), ["MODEL-CARD.md", "ecagen.json", "small.h"]);
    const golden = "test/data/codegen/templates/small/small.h.golden";
    assert.is(readFileSync(join(output, "small.h"), "utf8"), readFileSync(golden, "utf8"));

    const templates = join(folder, "templates");
    mkdirSync(templates);
    writeFileSync(join(templates, "a.md.mustache"), "# {{name.kebap}}\n{{#labels}}{{txt}}{{/labels}}\n");
    const wrong = ecagen([...args, templates]);
    assert.is(wrong.code, 2);
    const { errors } = JSON.parse(wrong.stdout) as { errors: readonly Record<string, unknown>[] };
    assert.equal(
      errors.map(({ file, line, column, hint }) => [file, line, column, hint]),
      [
        [join(templates, "a.md.mustache"), 1, 3, 'did you mean "name.kebab" or "name.text"?'],
        [join(templates, "a.md.mustache"), 2, 12, 'did you mean "text"?'],
      ],
    );
    assert.equal(filesIn(output), ["MODEL-CARD.md", "ecagen.json", "small.h"]);
  }));

test("mistakes are said, and leave nothing", () =>
  inTemporaryFolder((folder) => {
    const target = join(folder, "package");
    const cases: readonly (readonly [string[], number, RegExp])[] = [
      [["codegen", "specs/small.json", "-o", target], 2, /give either --lang .* or --templates DIR/],
      [["codegen", "specs/small.json", "-o", target, "--lang", "ts", "--templates", "docs"], 2, /can't both/],
      [["codegen", "specs/small.json", "-o", target, "--templates", "none"], 2, /none.* can't be read/],
      [["codegen", "specs/small.json", "--lang", "cobol", "-o", target], 2, /cobol/],
      [["codegen", "specs/small.json", "--lang", "ts"], 2, /output/],
      [["codegen", "specs/smal.json", "--lang", "ts", "-o", target], 2, /smal\.json/],
      [["codegen", "specs/small.json", "--lang", "ts", "-o", target, "--weights", "none.pt"], 2, /none\.pt/],
      [["codegen", "specs/small.json", "--lang", "ts", "-o", target, "--passes", "swap{"], 2, /swap/],
      [
        ["codegen", "specs/small.json", "--lang", "ts", "-o", target, "--variant-weights", "eca=x"],
        2,
        /variant-weights/,
      ],
      [
        ["codegen", "specs/small.json", "--lang", "web", "-o", target, "--variant-weights", "ec=x"],
        2,
        /"ec".*\n.*"eca"/,
      ],
      [["codegen", "specs/b0-eca-features.json", "--lang", "web", "-o", target], 2, /no-classifier/],
    ];
    for (const [args, code, message] of cases) {
      const run = ecagen(args);
      assert.is(run.code, code, args.join(" "));
      assert.match(run.stderr, message);
      assert.not.match(run.stderr, /\n\s+at .*\(/);
      assert.not.ok(existsSync(target));
    }
    const file = join(folder, "file");
    writeFileSync(file, "");
    const inTheWay = ecagen(["codegen", "specs/small.json", "--lang", "ts", "-o", file]);
    assert.is(inTheWay.code, 2);
    assert.match(inTheWay.stderr, "not a folder");
    const missed = join(folder, "missed.json");
    writeFileSync(
      missed,
      JSON.stringify({ extends: join(process.cwd(), "specs/small.json"), expect: { parameters: 1 } }),
    );
    assert.is(ecagen(["codegen", missed, "--lang", "ts", "-o", target]).code, 1);
    assert.not.ok(existsSync(target));
    rmSync(file);
  }));

test.run();
