import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { transform } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { packInto } from "./packed.js";

/** Each example of TypeScript that imports ecagen, in the README and in docs/, is type-checked against the packed package and runs with it. */
const test = suite("package: examples");

interface Example {
  /** `docs/api.md-3` */
  readonly name: string;
  readonly text: string;
}

const PAGES = [
  "README.md",
  ...readdirSync("docs")
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const EXAMPLES: readonly Example[] = PAGES.flatMap((page) =>
  [...readFileSync(page, "utf8").matchAll(/^```ts[^\n]*\n(.*?)^```/gms)]
    .map(([, text = ""], i) => ({ name: `${page.replace("/", "-")}-${i + 1}`, text }))
    .filter(({ text }) => /from "ecagen(\/core)?"/.test(text)),
);

let folder = "";
test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-examples-"));
  packInto(folder);
  for (const name of ["onnxruntime-node", "onnxruntime-common"])
    symlinkSync(resolve("node_modules", name), join(folder, "node_modules", name));
  for (const { name, text } of EXAMPLES) {
    writeFileSync(join(folder, `${name}.mts`), text);
    const { code } = await transform(text, { loader: "ts" });
    writeFileSync(join(folder, `${name}.mjs`), code);
  }
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

test("there are some in the README and in docs/api.md", () => {
  const of = (page: string): number => EXAMPLES.filter(({ name }) => name.startsWith(page)).length;
  assert.is(of("README.md"), 2);
  assert.ok(of("docs-api.md") >= 8, `${of("docs-api.md")} in docs/api.md`);
});

test("they compile, strictly and without skipLibCheck", () => {
  const options = {
    ...{ module: "nodenext", target: "es2023", lib: ["es2023"], strict: true, skipLibCheck: false },
    ...{ noEmit: true, types: ["node"], typeRoots: [resolve("node_modules/@types")] },
  };
  const files = EXAMPLES.map(({ name }) => `${name}.mts`);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files }));
  const tsc = resolve("node_modules/typescript/bin/tsc");
  const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", "."], { cwd: folder, encoding: "utf8" });
  assert.is(status, 0, stdout);
});

for (const { name } of EXAMPLES) {
  test(`it runs: ${name}`, () => {
    const { status, stderr } = spawnSync(process.execPath, [`${name}.mjs`], {
      cwd: folder,
      encoding: "utf8",
    });
    assert.equal([status, stderr], [0, ""]);
  });
}

test.run();
