import { realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../../src/driver/compile/compile.js";
import { initSpec } from "../../src/driver/init/init.js";
import { resolve } from "../../src/driver/resolve/resolve.js";
import { loadSpec, parseSpecText, shippedSpecs } from "../../src/files/spec-files.js";
import { fullSpec } from "../../src/language/full-spec.js";
import { inTemporaryFolder } from "../temporary-folder.js";

/** `ecagen resolve` prints a spec that says the same, without bases, shorthands and defaults to look up. */
const test = suite("language: a spec in full");

/** Specs whose full form is no copy of what is written. */
const SPECS: Readonly<Record<string, object>> = {
  "a gate of the network, and stages without": {
    stem: { channels: 16 },
    attention: "eca",
    stages: [
      { block: "conv-norm-act", channels: 16 },
      { block: "conv-norm-act", channels: 16, attention: "none" },
      { block: "conv-norm-act", channels: 16, attention: ["se", { type: "sam" }] },
      "ir_r2_k3_s2_e6_c24_se0.25",
    ],
    defaults: { attention: { se: { ratio: 0.5 } } },
    scaling: { width: 1.5, depth: 1.2 },
  },
  "no stem": { stem: "none", stages: [{ block: "conv-norm-act", channels: 16 }] },
  "a signal": {
    input: { channels: 8, length: 40 },
    stem: { channels: 16 },
    stages: [{ block: "conv-norm-act", channels: 16, attention: "se" }],
  },
  "a base": { extends: "small", passes: ["swap-attention{from=se,to=eca}"], head: { classes: 7 } },
};

for (const [name, spec] of Object.entries(SPECS)) {
  test(`${name}: the full form compiles to the same bytes`, () =>
    inTemporaryFolder(async (folder) => {
      const at = (file: string): string => join(folder, file);
      writeFileSync(at("net.json"), JSON.stringify(spec));
      writeFileSync(at("other-name.json"), JSON.stringify(resolve(at("net.json")).spec));
      const [a, b] = [
        await compile(at("net.json"), { output: at("a.onnx") }),
        await compile(at("other-name.json"), { output: at("b.onnx") }),
      ];
      assert.is(a.sha256, b.sha256);
      // The full form is its own full form.
      assert.equal(resolve(at("other-name.json")).spec, resolve(at("net.json")).spec);
    }));
}

test("the full form of each shipped spec resolves to the same", () => {
  const said = (value: unknown): string =>
    JSON.stringify(value, (key, part: unknown) => (key === "specPath" ? undefined : part));
  for (const name of shippedSpecs()) {
    const loaded = loadSpec(name);
    const full = JSON.stringify(fullSpec(loaded));
    assert.not.match(full, /"extends"/);
    const again = parseSpecText(full, "elsewhere/full.json");
    assert.is(again.hash, loaded.hash, name);
    assert.is(said(again.resolved), said(loaded.resolved), name);
  }
});

test("a first spec names the schema of this package", () =>
  inTemporaryFolder((folder) => {
    const file = join(folder, "net.json");
    initSpec(file);
    const { $schema = "" } = resolve(file).spec;
    assert.is(realpathSync(join(folder, $schema)), realpathSync("schema/ecagen.schema.json"));
  }));

test.run();
