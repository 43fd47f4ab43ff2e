import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { codegen } from "../../src/driver/codegen/codegen.js";
import { compile } from "../../src/driver/compile/compile.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { withOpenWeights } from "../../src/given/weights.js";
import type { NameKind } from "../../src/weights/names/registry.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { stateDict } from "../weights/state-dict.js";
import { HAS_TORCH, PYTHON, testWithTorch } from "./torch.js";

/**
 * Modules with the names of timm and others: their files load strictly, give their float64 output up to float32's
 * rounding, and what the module saves is recognised as theirs.
 */
const test = suite("codegen: PyTorch modules under the names of other frameworks");

const FOLDER = "test/data/fixtures";
const fixtures = JSON.parse(readFileSync(`${FOLDER}/index.json`, "utf8")) as Readonly<
  Record<string, { readonly tolerance: number }>
>;

/** Whose names each fixture has; timm's where nothing is said. */
const NAMES: Readonly<Record<string, NameKind>> = {
  official_eca_mobilenetv2_025: "ecanet",
  tv_mobilenetv2_025: "torchvision",
};

/** Networks of the gallery, by the state_dict of timm that theirs must have. */
const GALLERY: Readonly<Record<string, string>> = {
  efficientnet_b0: "specs/b0-se.json",
  "efficientnet_b1-eca": "specs/b1-eca.json",
  efficientnetv2_s: "specs/v2-s-se.json",
  mobilenetv3_large_100: "specs/mobilenetv3-large-100.json",
  seresnext50_32x4d: "specs/resnext50-32x4d-se.json",
  "resnet50-cbam": "specs/resnet50-cbam.json",
};

interface Verdict {
  readonly error?: string;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly same: boolean;
  readonly inside: boolean;
  readonly own: boolean;
  readonly names_missing: boolean;
  readonly off: number;
}

let folder = "";
let verdicts: readonly Verdict[] = [];
const fixtureNames = Object.keys(fixtures);
const galleryNames = Object.keys(GALLERY);

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-names-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

testWithTorch(test, "modules are generated and take their framework's files", async () => {
  const script = resolve("test/python/check_state_names.py");
  for (const name of fixtureNames) await prepareFixture(name);
  for (const name of galleryNames) {
    await codegen(GALLERY[name] ?? "", { ...pytorch(name), names: "timm" });
    writeFileSync(join(folder, name, "task.json"), "{}");
  }
  const folders = [...fixtureNames, ...galleryNames].map((name) => join(folder, name));
  const { stdout, stderr } = spawnSync(PYTHON, ["-B", script, ...folders], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  assert.ok(stdout, stderr);
  verdicts = JSON.parse(stdout);
});

for (const [i, name] of (HAS_TORCH ? fixtureNames : []).entries()) {
  test(`${name}: its file loads strictly and gives its output`, async () => {
    const verdict = verdicts[i];
    assert.is(verdict?.error, undefined, verdict?.error);
    assert.ok(verdict);
    assert.equal(
      [verdict.same, verdict.inside, verdict.own, verdict.names_missing],
      [true, true, true, true],
    );
    assert.ok(verdict.off < (fixtures[name]?.tolerance ?? 0), `max |Δ| is ${verdict.off} of the deviation`);
    await withOpenWeights({ weights: join(folder, name, "back.safetensors") }, async (given) => {
      const { weights } = specNetwork(`${FOLDER}/${name}.json`, { given });
      assert.equal([weights?.names, weights?.initial, weights?.unused], [NAMES[name] ?? "timm", [], []]);
    });
  });
}

for (const [i, name] of (HAS_TORCH ? galleryNames : []).entries()) {
  test(`${name}: the names and shapes are timm's, step counts too`, () => {
    assert.equal(sorted(verdicts[fixtureNames.length + i]?.shapes ?? {}), sorted(stateDict(name)));
  });
}

test("networks that a framework has no names for are refused, with every layer", () =>
  inTemporaryFolder(async (folder) => {
    const refusals = async (spec: string, names: NameKind): Promise<readonly string[]> => {
      try {
        await codegen(spec, { language: "pytorch", output: join(folder, "code"), names });
      } catch (error) {
        assert.instance(error, InputError);
        return (error as InputError).diagnostics.map(({ message }) => message);
      }
      throw new Error("was not refused");
    };
    const unnamed = await refusals("specs/inception-v3.json", "timm");
    assert.ok(unnamed.length > 100);
    assert.match(unnamed[0] ?? "", /^timm .* has no name for stages\./);
    assert.equal(await refusals(`${FOLDER}/mobilenetv3_se.json`, "torchvision"), [
      "torchvision (mobilenet_v3) stores head.conv.weight as [128, 96], and the module has [128, 96, 1, 1]",
    ]);
  }));

test("--names is about the file of --weights and about the module", () =>
  inTemporaryFolder(async (folder) => {
    const [spec, weights] = [`${FOLDER}/effnet_se.json`, `${FOLDER}/effnet_se.safetensors`];
    const options = { language: "pytorch", output: join(folder, "code"), weights } as const;
    await codegen(spec, { ...options, names: "timm" });
    const beside = join(folder, "code", "weights.safetensors");
    await withOpenWeights({ weights: beside, names: "timm" }, async (given) => {
      assert.is(specNetwork(spec, { given }).weights?.loaded, 121);
    });
    // A file that has other names is not taken in silence, and the message says whose it has.
    const own = join(folder, "own.safetensors");
    await compile(spec, { output: join(folder, "a.onnx"), exportWeights: own, weights });
    try {
      await codegen(spec, { ...options, weights: own, names: "timm", force: true });
      assert.unreachable();
    } catch (error) {
      assert.instance(error, InputError);
      const [{ code, hint } = { code: "" }] = (error as InputError).diagnostics;
      assert.is(code, "weights/unknown-names");
      assert.match(hint ?? "", /^its names are those of ecagen .* weights convert$/);
    }
  }));

const pytorch = (name: string) => ({ language: "pytorch", output: join(folder, name, "code") }) as const;

async function prepareFixture(name: string): Promise<void> {
  const [spec, weights] = [`${FOLDER}/${name}.json`, resolve(`${FOLDER}/${name}.safetensors`)];
  await codegen(spec, { ...pytorch(name), names: NAMES[name] ?? "timm" });
  const own = join(folder, name, "own.safetensors");
  await compile(spec, { output: join(folder, name, "model.onnx"), exportWeights: own, weights });
  const task = {
    weights,
    input: resolve(`${FOLDER}/${name}.input.npy`),
    output: resolve(`${FOLDER}/${name}.output64.npy`),
    own,
    back: join(folder, name, "back.safetensors"),
  };
  writeFileSync(join(folder, name, "task.json"), JSON.stringify(task));
}

function sorted(shapes: Readonly<Record<string, readonly number[]>>): readonly unknown[] {
  return Object.entries(shapes).sort(([a], [b]) => (a < b ? -1 : 1));
}

test.run();
