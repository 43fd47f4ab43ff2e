/**
 * Builds dist/:
 *
 *     cli.js, chunks/program-….cjs    the command line: a start, and all commands as one file, of which V8 keeps what it compiled (src/cli/code-cache.ts)
 *     index.js, worker.js, …          the library, the process of ONNX Runtime and the threads: ES modules that share chunks
 *     core.js                         the core for browsers
 *     lib/….cjs                       large packages that few commands need
 *
 * All are bundled so that a start reads few files: reading and resolving hundreds of small ones takes longer than a compile.
 * onnxruntime-node and onnxruntime-web stay outside: they are programs of the platform, which not every user has; bullmq and ioredis too, which
 * sweeps over a queue load where they are installed.
 *
 * Everything else in dist/ goes; with --keep-types, the declarations stay, which scripts/declarations/write.ts makes and which take long.
 */
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Plugin } from "esbuild";
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

/** Packages that are files of their own, loaded by the modules that use them, and how these files are named. */
const LIBRARIES: Readonly<Record<string, string>> = {
  "ts-morph": "ts-morph",
  "@viz-js/viz": "viz",
  vega: "vega",
  "vega-lite": "vega-lite",
};

/** Has imports of large packages read the files in dist/lib/, which package.json names `#lib/…`. */
const librariesApart: Plugin = {
  name: "libraries-apart",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[@a-z]/ }, ({ path }) =>
      path in LIBRARIES ? { path, namespace: "library" } : undefined,
    );
    onResolve({ filter: /^#lib\// }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /./, namespace: "library" }, ({ path }) => ({
      contents: `module.exports = require("#lib/${LIBRARIES[path]}.cjs");`,
      resolveDir: ".",
    }));
  },
};

const common = {
  bundle: true,
  platform: "node",
  target: "node20.19",
  // jsonc-parser's main file is UMD, which no bundler can follow.
  mainFields: ["module", "main"],
  // One copy for ecagen, cli-progress and yargs: yargs would bring two later ones, which load ICU's segmenter and take half as
  // long as printing the help.
  alias: { "string-width": createRequire(import.meta.url).resolve("string-width") },
  external: ["onnxruntime-node", "onnxruntime-web", "bullmq", "ioredis"],
  // Shorter files are read and parsed faster; names stay, for the stack traces of reports.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: "warning",
} as const satisfies BuildOptions;

const keepTypes = process.argv.includes("--keep-types");
for (const name of existsSync("dist") ? readdirSync("dist") : [])
  if (!(keepTypes && name === "types")) rmSync(join("dist", name), { recursive: true });

await build({
  ...common,
  entryPoints: Object.entries(LIBRARIES).map(([path, out]) => ({ in: path, out })),
  outdir: "dist/lib",
  // Nobody reads their names in stack traces.
  minifyIdentifiers: true,
  outExtension: { ".js": ".cjs" },
  format: "cjs",
  // Vega would look for a package that measures text: pictures would depend on what else is installed.
  alias: { "vega-canvas": resolve("node_modules/vega-canvas/build/vega-canvas.browser.js") },
});

const { metafile } = await build({
  ...common,
  entryPoints: { program: "src/cli/main.ts" },
  outdir: "dist/chunks",
  entryNames: "[name]-[hash]",
  outExtension: { ".js": ".cjs" },
  // One scope for all modules: those that are imported lazily run when they are asked for.
  format: "cjs",
  // Packages outside are required: in code from V8's cache Node.js 20 has no dynamic imports.
  supported: { "dynamic-import": false },
  plugins: [librariesApart],
  alias: {
    ...common.alias,
    "@protobufjs/inquire": resolve("scripts/program-bundle/inquire.cjs"),
    // Two packages assert their own invariants; the module brings others of Node.js with it.
    assert: resolve("scripts/program-bundle/assert.ts"),
  },
  define: { "import.meta.url": "__programUrl" },
  // A function of what CommonJS gives a module: put around the text in each start, it would have V8 copy all of it.
  banner: {
    js: '(function(module,require,__filename){const __programUrl = require("node:url").pathToFileURL(__filename).href;',
  },
  footer: { js: "})" },
  metafile: true,
});
const [program = ""] = Object.keys(metafile.outputs);
await build({
  ...common,
  entryPoints: { cli: "src/cli/start.ts" },
  outdir: "dist",
  format: "esm",
  define: { ECAGEN_PROGRAM: JSON.stringify(`chunks/${basename(program)}`) },
});

await build({
  ...common,
  entryPoints: {
    index: "src/index.ts",
    worker: "src/runtime/worker.ts",
    evaluator: "src/trials/evaluator-thread.ts",
    "sweep-worker": "src/cli/sweep-worker.ts",
    // Its threads begin with a file beside that of the pool, which is a chunk.
    "chunks/entry/worker": fileURLToPath(new URL("entry/worker.js", import.meta.resolve("tinypool"))),
  },
  outdir: "dist",
  splitting: true,
  format: "esm",
  plugins: [librariesApart, fewChunks],
  chunkNames: "chunks/[name]-[hash]",
  // CommonJS packages in the bundle call require for Node's own modules.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
});
await build({ ...coreBundle(), outdir: "dist" });
// For `require`: the same modules, so that a program has one copy however it loads them.
for (const entry of ["index", "core"])
  writeFileSync(`dist/${entry}.cjs`, `module.exports = require("./${entry}.js");\n`);
chmodSync("dist/cli.js", 0o755);
