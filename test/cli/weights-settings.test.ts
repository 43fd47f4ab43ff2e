import { join } from "node:path";
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

test("what a pass drops is not in the network, and no warning", () =>
  inTemporaryFolder((folder) => {
    const file = poisonedFixture(folder, { "blocks.0.0.se.conv_reduce.weight": [0] });
    const args = ["compile", SPEC, "--weights", file, "-o", join(folder, "a.onnx")];
    assert.is(warned(args)[1].length, 1);
    assert.is(warned([...args, "--passes", "swap-attention{to=eca}"])[1].length, 0);
  }));

test.run();
