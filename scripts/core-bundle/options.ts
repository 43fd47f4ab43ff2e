import { readFileSync } from "node:fs";
import type { BuildOptions } from "esbuild";

/** How the core becomes one file for browsers, dist/core.js. No part of it makes code of texts, which pages may forbid. */
export function coreBundle(): BuildOptions {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly version: string };
  return {
    entryPoints: { core: "src/core.ts" },
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    // jsonc-parser's main file is UMD, which no bundler can follow.
    mainFields: ["module", "main"],
    minify: true,
    define: { ECAGEN_VERSION: JSON.stringify(version), global: "globalThis" },
    inject: ["scripts/core-bundle/without-eval.ts"],
    // protobufjs looks for Node's modules with `eval`, and does without what it doesn't find.
    alias: { "@protobufjs/inquire": "./scripts/core-bundle/no-module.cjs" },
    logLevel: "warning",
  };
}
