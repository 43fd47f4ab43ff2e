import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { packInto } from "./packed.js";

/** What the packed package says of its types, to programs of every kind that may import it. */
const test = suite("package: types");

let folder = "";
let tarball = "";
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-types-"));
  tarball = packInto(folder);
  for (const [name, text] of Object.entries(PROGRAMS)) writeFileSync(join(folder, name), text);
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** A program of a user: each line with @ts-expect-error is a mistake that the types must find. */
const USE = `
const spec: Spec = {
  name: "small",
  input: { height: 32, width: 32 },
  stem: { channels: 8 },
  attention: ["eca", { type: "se", ratio: 0.25 }],
  stages: [{ block: "conv-norm-act", channels: 16, attention: "none" }, "ir_r2_k5_s2_e6_c40_se0.25"],
  head: { classes: 5 },
  passes: [{ pass: "swap-attention", from: "se", to: { type: "eca", gamma: 2 } }, "fold-batch-norm"],
};
const others: readonly Spec[] = [
  { extends: "b0-se", stem: "none" as const },
  // @ts-expect-error
  { attention: "cea" },
  // @ts-expect-error
  { input: { heigth: 32 } },
];
export async function use(): Promise<number> {
  const report = await stats("b0-eca");
  const macs: number = report.macs;
  // @ts-expect-error
  report.mac;
  // @ts-expect-error
  await compile("b0-eca", { precison: "fp16" });
  try {
    await compile("b0-eca", { precision: "fp16", output: "b0.onnx" });
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics.map(({ code, hint }) => code + (hint ?? "")).length;
  }
  const network = loadNetwork(JSON.stringify(spec), { file: "small.json" });
  const model: Uint8Array = compileNetwork(network).bytes;
  return macs + model.length + countsOf(network).parameters + others.length;
}
`;
const NAMES = "compile, InputError, stats";
const CORE_NAMES = "compileNetwork, countsOf, loadNetwork";
const PROGRAMS = {
  "package.json": '{ "type": "module" }',
  "module.mts": `import { ${NAMES}, type Spec } from "ecagen";\nimport { ${CORE_NAMES} } from "ecagen/core";\n${USE}`,
  "common.cts": `import ecagen = require("ecagen");\nimport core = require("ecagen/core");\nconst { ${NAMES} } = ecagen;\nconst { ${CORE_NAMES} } = core;\ntype Spec = ecagen.Spec;\n${USE.replace("error instanceof InputError", "error instanceof ecagen.InputError")}`,
  "bundled.ts": `import { ${NAMES}, type Spec } from "ecagen";\nimport { ${CORE_NAMES} } from "ecagen/core";\n${USE}`,
};

test("the declarations import nothing, and have no any", () => {
  for (const file of ["index.d.ts", "index.d.cts", "core.d.ts", "core.d.cts"]) {
    const text = readFileSync(join(folder, "node_modules/ecagen/dist/types", file), "utf8");
    const code = text.replace(/\/\*\*.*?\*\/|"[^"\n]*"/gs, (part) => (part.startsWith('"') ? '"…"' : ""));
    assert.not.match(code, /^import |\bfrom "…"|import\(|\brequire\(/m);
    assert.not.match(code, /\bany\b/);
  }
});

/** Packages of one compiler each; the older ones are copies whose command is not called `tsc`, which has to be the newest. */
const COMPILERS = {
  "TypeScript 5.6": "typescript-5.6/typescript/lib/tsc.js",
  "TypeScript 5.9": "typescript-5.9/typescript/lib/tsc.js",
  "TypeScript 6": "typescript-6/typescript/lib/tsc.js",
  "TypeScript 7": "typescript/bin/tsc",
};
const SETTINGS = [
  ...["node16", "nodenext"].map((module) => ({
    module,
    moduleResolution: module,
    file: ["module.mts", "common.cts"],
  })),
  { module: "esnext", moduleResolution: "bundler", file: ["module.mts", "bundled.ts"] },
];

for (const [version, compiler] of Object.entries(COMPILERS)) {
  for (const { module, moduleResolution, file } of SETTINGS) {
    test(`${version}, ${moduleResolution}: a strict program compiles, without skipLibCheck`, () => {
      const config = `${version}, ${moduleResolution}.json`;
      const options = {
        ...{ module, moduleResolution, target: "es2022", lib: ["es2022"], types: [] },
        ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
        ...{ skipLibCheck: false, noEmit: true },
      };
      writeFileSync(join(folder, config), JSON.stringify({ compilerOptions: options, files: file }));
      const tsc = resolve("node_modules", compiler);
      const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", config], {
        cwd: folder,
        encoding: "utf8",
      });
      assert.is(status, 0, stdout);
    });
  }
}

test("are the types wrong? No, for import and for require", async () => {
  const packed = createPackageFromTarballData(new Uint8Array(readFileSync(tarball)));
  const result = await checkPackage(packed, { entrypoints: [".", "./core"] });
  if (result.types === false) throw new Error("there are no types");
  // Node.js before 12 knew no `exports`.
  const ofToday = result.problems.filter(
    (problem) => !("resolutionKind" in problem) || problem.resolutionKind !== "node10",
  );
  assert.equal(ofToday, []);
});

test("publint finds nothing", async () => {
  const data = readFileSync(tarball);
  const { messages } = await publint({ pack: { tarball: Uint8Array.from(data).buffer }, strict: true });
  assert.equal(messages, []);
});

test("import and require give one and the same library, without a warning", () => {
  const program = `
    const [library, core] = [require("ecagen"), require("ecagen/core")];
    const same = async (name, loaded) => Object.entries(await import(name)).every(([key, value]) => loaded[key] === value);
    Promise.all([same("ecagen", library), same("ecagen/core", core)]).then((all) => console.log(all.join()));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=commonjs", "-e", program], {
    cwd: folder,
    encoding: "utf8",
  });
  assert.equal([stdout, stderr], ["true,true\n", ""]);
});

test.run();
