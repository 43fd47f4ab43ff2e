import { join, resolve } from "node:path";
import { build } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inTemporaryFolder } from "../temporary-folder.js";
import { compilePackage, packageTexts, writeFiles } from "./support.js";

/** The same source for browsers and Node.js: who resolves `#platform` decides which runtime is loaded. */
const test = suite("codegen: TypeScript packages in bundles");

test("a bundle for browsers has onnxruntime-web and nothing of Node.js", () =>
  inTemporaryFolder(async (folder) => {
    writeFiles(folder, packageTexts("specs/small.json"));
    compilePackage(folder);
    for (const [platform, has, lacks] of [
      ["browser", /import\("onnxruntime-web\/webgpu"\)/, /import\("onnxruntime-node|"node:/],
      ["node", /import\("onnxruntime-node"\)/, /import\("onnxruntime-web/],
    ] as const) {
      const { outputFiles } = await build({
        entryPoints: [join(folder, "dist/index.js")],
        absWorkingDir: resolve(folder),
        bundle: true,
        write: false,
        format: "esm",
        platform,
        external: ["onnxruntime-web", "onnxruntime-node"],
        logLevel: "silent",
      });
      const code = outputFiles[0]?.text ?? "";
      assert.match(code, has);
      assert.not.match(code, lacks);
    }
  }));

test.run();
