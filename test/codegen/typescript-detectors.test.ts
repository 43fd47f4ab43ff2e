import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codegen } from "../../src/driver/codegen/codegen.js";
import { openSession } from "../../src/runtime/session.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { DETECTORS } from "./detectors.js";
import { compilePackage } from "./support.js";

/** Packages of networks that find things in one image: compiled and run in a process of their own, they give what the file gives. */
const test = suite("codegen: TypeScript packages of detectors");

const PROGRAM = `
import { readFileSync, writeFileSync } from "node:fs";
const { Model } = await import("./dist/index.js");
const bytes = readFileSync("x.bin");
const data = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const model = await Model.load();
const outputs = await model.run({ input: { data, dims: [1, 3, 96, 128] } });
const all = Object.fromEntries(Object.entries(outputs).map(([name, { data, dims }]) => [name, { dims, data: [...data] }]));
const two = { data: new Float32Array(2 * data.length), dims: [2, 3, 96, 128] };
all.refused = await model.run({ input: two }).then(() => "ran", (error) => error.message);
await model.dispose();
writeFileSync("y.json", JSON.stringify(all));
`;

/** A use that type-checks: how many boxes there are is not known, what one is, is. */
const USE = `
import type { Outputs } from "./index.js";
export const sides = ({ boxes }: Outputs): 4 => boxes.dims[1];
export const count = ({ boxes }: Outputs): number => boxes.dims[0];
`;

for (const name of ["one stage", "two stages"]) {
  test(name, () =>
    inTemporaryFolder(async (folder) => {
      const { detection, ...rest } = DETECTORS[name] as { readonly detection: object };
      const file = join(folder, "net.json");
      // Initial weights give low scores.
      const everything = { ...detection, scoreThreshold: 0 };
      writeFileSync(file, JSON.stringify({ name, ...rest, detection: everything }));
      const output = join(folder, "package");
      await codegen(file, { language: "ts", output });
      writeFileSync(join(output, "src", "use.ts"), USE);
      compilePackage(output);
      const dims = [1, 3, 96, 128];
      const data = Float32Array.from(
        { length: 3 * 96 * 128 },
        (_, i) => Math.sin(0.37 * i) + Math.cos(i * i),
      );
      writeFileSync(join(output, "x.bin"), new Uint8Array(data.buffer));
      writeFileSync(join(output, "program.mjs"), PROGRAM);
      const ran = spawnSync(process.execPath, ["program.mjs"], { cwd: output, encoding: "utf8" });
      assert.is(ran.status, 0, ran.stderr);
      const { refused, ...given } = JSON.parse(readFileSync(join(output, "y.json"), "utf8"));
      assert.match(refused, /the input input is \[2, 3, 96, 128\], and has to be \[1, 3, 96, 128\]/);

      const session = await openSession(join(output, "model.onnx"));
      const expected = await session.run(new Map([["input", { dims, data }]]));
      await session.close();
      assert.equal(Object.keys(given), [...expected.keys()]);
      for (const [key, { dims, data }] of expected) {
        assert.equal(given[key].dims, [...dims], key);
        assert.equal(given[key].data, [...data].map(Number), key);
      }
      assert.ok((expected.get("boxes")?.dims[0] ?? 0) >= 50);

      const smoke = spawnSync(process.execPath, ["--test", "dist/smoke.test.js"], {
        cwd: output,
        encoding: "utf8",
      });
      assert.is(smoke.status, 0, smoke.stdout);
    }),
  );
}

test.run();
