/**
 * Builds dist/: the CLI, the library and the process of ONNX Runtime as ES modules, bundled so that a start reads few files (reading and
 * resolving hundreds of small ones takes longer than a compile), and their type declarations.
 * onnxruntime-node and ts-morph stay outside: they are large and loaded only when needed.
 */
import { chmodSync, rmSync } from "node:fs";
import { build } from "esbuild";

rmSync("dist", { recursive: true, force: true });
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
  alias: { "string-width": "./scripts/plain-width.ts" },
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
chmodSync("dist/cli.js", 0o755);
