/**
 * Builds dist/: the CLI, the library and the process of ONNX Runtime as ES modules, bundled so that a start reads few files (reading and
 * resolving hundreds of small ones takes longer than a compile), and the core for browsers as one file; their type declarations.
 * onnxruntime-node and ts-morph stay outside: they are large and loaded only when needed.
 *
 * Everything else in dist/ goes; with --keep-types, the declarations stay, which the compiler makes and which take long.
 */
import { chmodSync, existsSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";
import { coreBundle } from "./core-bundle/options.js";

const keepTypes = process.argv.includes("--keep-types");
for (const name of existsSync("dist") ? readdirSync("dist") : [])
  if (!(keepTypes && name === "types")) rmSync(join("dist", name), { recursive: true });
await build({
  entryPoints: { cli: "src/cli/main.ts", index: "src/index.ts", worker: "src/runtime/worker.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  // jsonc-parser's main file is UMD, which no bundler can follow.
  mainFields: ["module", "main"],
  // One copy for ecagen, cli-progress and yargs: yargs would bring two later ones, which load ICU's segmenter and take half as
  // long as printing the help.
  alias: { "string-width": createRequire(import.meta.url).resolve("string-width") },
  external: ["onnxruntime-node", "ts-morph"],
  // Shorter files are read and parsed faster; names stay, for the stack traces of reports.
  minifyWhitespace: true,
  minifySyntax: true,
  chunkNames: "chunks/[name]-[hash]",
  // CommonJS packages in the bundle call require for Node's own modules.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  logLevel: "warning",
});
await build({ ...coreBundle(), outdir: "dist" });
chmodSync("dist/cli.js", 0o755);
