import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inTemporaryFolder } from "../temporary-folder.js";
import { FIXTURE, poisonedFixture } from "../weights/poisoned.js";
import { type CliRun, ecagen } from "./run-cli.js";

const test = suite("cli: weights that are read with a warning or a flag");

const SPEC = `${FIXTURE}.json`;
const STEM = "conv_stem.weight";
const NOT_FINITE =
  /poisoned\.safetensors: warning: 2 weights are NaN or infinite in float32: "conv_stem\.weight" \(2\) \[weights\/not-finite\]\n {2}hint: /;

/** Runs a command twice: for people, whose warning it gives, and with `--json`, of which it gives the messages. */
function warned(
  args: readonly string[],
  codes: readonly number[] = [0],
): readonly [CliRun, readonly string[]] {
  const [text, json] = [ecagen(args), ecagen([...args, "--json"])];
  for (const { code, stderr } of [text, json]) assert.ok(codes.includes(code ?? -1), stderr);
  assert.is(json.stderr, "");
  const { warnings } = JSON.parse(json.stdout) as { warnings: { code: string; message: string }[] };
  return [text, warnings.filter(({ code }) => code === "weights/not-finite").map(({ message }) => message)];
}

/** The commands that read weights, and what each needs besides them. */
const COMMANDS: Readonly<Record<string, (folder: string) => readonly string[]>> = {
  compile: (folder) => ["compile", SPEC, "-o", join(folder, "a.onnx")],
  run: (folder) => ["run", SPEC, "-i", `${FIXTURE}.input.npy`, "-o", join(folder, "y.npy")],
  codegen: (folder) => ["codegen", SPEC, "--lang", "ts", "--force", "-o", join(folder, "program")],
  "codegen --lang web": (folder) => ["codegen", SPEC, "--lang", "web", "--force", "-o", join(folder, "page")],
};

for (const [command, args] of Object.entries(COMMANDS)) {
  test(`${command} warns of NaN in the weights, once`, () =>
    inTemporaryFolder((folder) => {
      const weights = ["--weights", poisonedFixture(folder, { [STEM]: [0, 7] })];
      const [{ stderr }, messages] = warned([...args(folder), ...weights]);
      assert.match(stderr, NOT_FINITE);
      assert.is(messages.length, 1);
    }));
}

test("verify warns of NaN, and counts each number once though it reads them for several networks", () =>
  inTemporaryFolder((folder) => {
    const weights = ["--weights", poisonedFixture(folder, { [STEM]: [0, 7] })];
    const [{ stderr }, messages] = warned(["verify", SPEC, ...weights], [0, 1]);
    assert.match(stderr, NOT_FINITE);
    assert.is(messages.length, 1);
  }));

test("weights convert and weights inspect --values warn; inspect alone reads no numbers and says nothing", () =>
  inTemporaryFolder((folder) => {
    const file = poisonedFixture(folder, { [STEM]: [0, 7] });
    const out = ["-o", join(folder, "own.safetensors")];
    const [converted, messages] = warned([
      "weights",
      "convert",
      file,
      "--spec",
      SPEC,
      "--names",
      "ecagen",
      ...out,
    ]);
    assert.match(converted.stderr, NOT_FINITE);
    assert.is(messages.length, 1);
    const [values, found] = warned(["weights", "inspect", file, "--values"]);
    assert.match(values.stderr, NOT_FINITE);
    assert.is(found.length, 1);
    const [headers, none] = warned(["weights", "inspect", file]);
    assert.is(headers.stderr, "");
    assert.equal(none, []);
  }));

/** A spec that differs from the fixture's in a setting that the names of its weights tell. */
function otherSpec(folder: string): string {
  const file = join(folder, "other.json");
  writeFileSync(file, JSON.stringify({ extends: resolve(SPEC), defaults: { norm: { epsilon: 0.01 } } }));
  return file;
}

for (const [command, args] of Object.entries(COMMANDS)) {
  test(`${command} refuses other settings, and goes on with --allow-other-settings and a note`, () =>
    inTemporaryFolder((folder) => {
      const spec = otherSpec(folder);
      const given = [...args(folder), "--weights", `${FIXTURE}.safetensors`].map((each) =>
        each === SPEC ? spec : each,
      );
      const refused = ecagen(given);
      assert.is(refused.code, 2);
      assert.match(
        refused.stderr,
        /error: defaults\.norm\.epsilon is 0\.01, and weights under the names of timm/,
      );
      const taken = ecagen([...given, "--allow-other-settings"]);
      assert.is(taken.code, 0, taken.stderr);
      assert.match(
        taken.stderr,
        /note: defaults\.norm\.epsilon is 0\.01 where the weights were trained with/,
      );
    }));

  test(`${command} hands --weights-key on, and refuses it without weights`, () =>
    inTemporaryFolder((folder) => {
      const key = ["--weights-key", "model"];
      const refused = ecagen([...args(folder), "--weights", "test/data/weights/averaged.pt", ...key]);
      assert.is(refused.code, 2);
      assert.match(refused.stderr, /averaged\.pt has no tensors under "model"/);
      const unused = ecagen([...args(folder), ...key, "--allow-other-settings"]);
      assert.is(unused.code, 2);
      for (const flag of ["weights-key", "allow-other-settings"]) {
        assert.match(unused.stderr, new RegExp(`--${flag} changes nothing`));
      }
    }));
}

test.run();
