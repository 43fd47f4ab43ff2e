/**
 * Builds dist/: the CLI, the library, the process of ONNX Runtime and the interpreter's threads as ES modules, bundled so that a start reads few files (reading and
 * resolving hundreds of small ones takes longer than a compile), and the core for browsers as one file.
 * onnxruntime-node and onnxruntime-web stay outside: they are programs of the platform, which not every user has; bullmq and ioredis too, which
 * sweeps over a queue load where they are installed.
 *
 * Everything else in dist/ goes; with --keep-types, the declarations stay, which scripts/declarations/write.ts makes and which take long.
 */
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { coreBundle } from "./core-bundle/options.js";

/** What every command reads to know its flags and to print. */
const LIGHT = [
  ...["driver/command-line", "driver/sweep/variants-table"],
  ...["debugging", "diagnostic", "json-text", "markdown", "numbers", "suggest", "table", "visible-text"].map(
    (name) => `base/${name}`,
  ),
];

/** Use cases that make no network. */
const WITHOUT_NETWORKS = [
  ...["doctor", "init", "list", "resolve", "schema"].map((name) => `driver/${name}/${name}`),
  ...["driver/weights/diff", "driver/weights/inspect"],
];

/**
 * The bundler makes a chunk of the modules that the same entries read, and each lazy import is an entry: left alone, a compile would read
 * some 70 files, most of them small, at up to a millisecond each. So each entry reads what all commands have in common and, if it makes
 * networks, what a compile reads, which is nearly all that it needs itself.
 */
const fewChunks: Plugin = {
  name: "few-chunks",
  setup({ onLoad }) {
    const fileOf = (module: string): string => resolve("src", `${module}.ts`);
    const light = new Set(["index", ...WITHOUT_NETWORKS].map(fileOf));
    // Else what commands read would be split by what a thread reads of it.
    const threads = ["cli/sweep-worker", "trials/evaluator-thread"].map(fileOf);
    const entries = new Set([...light, ...threads, ...lazyModules()]);
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (!entries.has(path)) return undefined;
      const common = [...LIGHT, ...(light.has(path) ? [] : ["driver/compile/compile"])];
      const imports = common.map((module) => `import ${JSON.stringify(fileOf(module))};`);
      return { contents: [readFileSync(path, "utf8"), ...imports].join("\n"), loader: "ts" };
    });
  },
};

/** The modules that are imported when they are needed. */
function lazyModules(): readonly string[] {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  return files.flatMap((file) =>
    [...readFileSync(join("src", file), "utf8").matchAll(/\bimport\("(\.[^"]+)\.js"\)/g)].map(([, to]) =>
      resolve("src", dirname(file), `${to}.ts`),
    ),
  );
}

const keepTypes = process.argv.includes("--keep-types");
for (const name of existsSync("dist") ? readdirSync("dist") : [])
  if (!(keepTypes && name === "types")) rmSync(join("dist", name), { recursive: true });
await build({
  entryPoints: {
    cli: "src/cli/main.ts",
    index: "src/index.ts",
    worker: "src/runtime/worker.ts",
    evaluator: "src/trials/evaluator-thread.ts",
    "sweep-worker": "src/cli/sweep-worker.ts",
    // Its threads begin with a file beside that of the pool, which is a chunk.
    "chunks/entry/worker": fileURLToPath(new URL("entry/worker.js", import.meta.resolve("tinypool"))),
  },
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
  plugins: [fewChunks],
  external: ["onnxruntime-node", "onnxruntime-web", "bullmq", "ioredis"],
  // Shorter files are read and parsed faster; names stay, for the stack traces of reports.
  minifyWhitespace: true,
  minifySyntax: true,
  chunkNames: "chunks/[name]-[hash]",
  // TypeScript, in ts-morph, asks where it lies.
  define: { __filename: "import.meta.filename", __dirname: "import.meta.dirname" },
  // CommonJS packages in the bundle call require for Node's own modules.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  logLevel: "warning",
});
await build({ ...coreBundle(), outdir: "dist" });
// For `require`: the same modules, so that a program has one copy however it loads them.
for (const entry of ["index", "core"])
  writeFileSync(`dist/${entry}.cjs`, `module.exports = require("./${entry}.js");\n`);
chmodSync("dist/cli.js", 0o755);
