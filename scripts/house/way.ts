import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, posix, relative, resolve, sep } from "node:path";
import { build, type Plugin } from "esbuild";
import { ts } from "ts-morph";
import { roomOf, type Source } from "./source-tree.js";

/**
 * The forms that a network and its parts have between the command line and the file, as types are called in a signature (`specFile` is
 * the path that it starts as). A name that only an older tree has stays in the list, so that trees can be compared.
 */
export const FORMS: readonly string[] = [
  // The text of a spec.
  ...["specFile", "SourceText", "JsonNode", "JsonObject", "SpecDocument"],
  // The spec, checked and resolved, and its parts.
  ...[
    "Spec",
    "Stage",
    "BuiltInStage",
    "LoadedSpec",
    "ResolvedSpec",
    "ResolvedStem",
    "ResolvedBlock",
    "ResolvedHead",
  ],
  ...["PassInvocation"],
  // The graph: being built, whole, being rewritten, and the numbers of its parameters.
  ...["LayerBuilder", "SpecNetwork", "Graph", "RewriteContext", "WeightExpr"],
  // The ONNX file, in memory and on its way to the disk.
  ...["EncodedModel", "FileLayout", "ModelLayout", "ModelParts", "TensorPart", "PendingFile"],
];

/** A function of the way, when it was entered for the first time. */
export interface Step {
  /** Below src/. */
  readonly file: string;
  readonly name: string;
  /** The forms that its signature names. */
  readonly forms: readonly string[];
}

interface TracedFunction extends Step {
  readonly line: number;
}

/**
 * The way of a spec through the files of `tree`: the functions that `ecagen compile specs/b0-eca.json` enters, each when it is entered for
 * the first time, from the command's own `run` on, of which a parameter or the result is of one of `FORMS` by the types that are written in
 * its signature.
 *
 * The program is bundled as `npm run build` does, with a line at the start of each function that notes it; the packages are those
 * of this checkout.
 */
export async function wayOfASpec(tree: string): Promise<readonly Step[]> {
  const root = resolve(tree);
  const folder = mkdtempSync(join(tmpdir(), "ecagen-house-"));
  try {
    const functions: TracedFunction[] = [];
    for (const part of ["package.json", "specs", "schema", "templates", "papers"])
      if (existsSync(join(root, part))) symlinkSync(join(root, part), join(folder, part));
    symlinkSync(resolve("node_modules"), join(folder, "node_modules"), "dir");
    await build({
      entryPoints: { cli: join(root, "src/cli/main.ts") },
      outdir: join(folder, "dist"),
      absWorkingDir: root,
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node20.19",
      mainFields: ["module", "main"],
      nodePaths: [resolve("node_modules")],
      alias: { "string-width": createRequire(import.meta.url).resolve("string-width") },
      external: ["onnxruntime-node", "ts-morph"],
      plugins: [tracing(join(root, "src"), functions)],
      banner: { js: PRELUDE },
      logLevel: "warning",
    });
    const calls = join(folder, "calls.json");
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(folder, "dist/cli.js"), "compile", "specs/b0-eca.json", "-o", join(folder, "out.onnx")],
      { cwd: folder, env: { ...process.env, ECAGEN_HOUSE_CALLS: calls }, encoding: "utf8" },
    );
    if (status !== 0) throw new Error(`the program of ${tree} ended with ${status}: ${stderr}`);
    const entered = (JSON.parse(readFileSync(calls, "utf8")) as readonly number[]).flatMap(
      (id) => functions[id] ?? [],
    );
    const start = entered.findIndex(({ file, name }) => file === "cli/commands/compile.ts" && name === "run");
    if (start === -1) throw new Error("cli/commands/compile.ts has no function run any more");
    return entered.slice(start).filter(({ forms }) => forms.length > 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The files of a way, each once, in order. */
export const filesOf = (way: readonly Step[]): readonly string[] => [...new Set(way.map(({ file }) => file))];

/** The steps that lead from one room into another that the way had left before. */
export function returnsOf(way: readonly Step[]): readonly Step[] {
  const left = new Set<string>();
  return way.filter(({ file }, i) => {
    const [from, to] = [roomOf(way[i - 1]?.file ?? file), roomOf(file)];
    if (from === to) return false;
    left.add(from);
    return left.has(to);
  });
}

/** Collects the functions entered, in order, and writes them when the process ends. */
const PRELUDE = `import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);
globalThis.__enter ??= ((entered) => {
  process.on("exit", () => require("node:fs").writeFileSync(process.env.ECAGEN_HOUSE_CALLS, JSON.stringify([...entered])));
  return (id) => { entered.add(id); };
})(new Set());`;

/** Puts a call of `__enter` at the start of every function of src/, with its index in `functions`. */
function tracing(source: string, functions: TracedFunction[]): Plugin {
  return {
    name: "trace",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const file = relative(source, path).split(sep).join("/");
        if (file.startsWith("..")) return undefined;
        return { contents: traced(readFileSync(path, "utf8"), file, functions), loader: "ts" };
      });
    },
  };
}

function traced(text: string, file: string, functions: TracedFunction[]): string {
  const parsed = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const inserted: (readonly [at: number, text: string])[] = [];
  const visit = (node: ts.Node): void => {
    if (isFunction(node) && node.body !== undefined) {
      const enter = `globalThis.__enter(${functions.length})`;
      functions.push(describe(node, file, parsed));
      const [start, end] = [node.body.getStart(), node.body.getEnd()];
      if (ts.isBlock(node.body)) inserted.push([start + 1, `${enter};`]);
      else inserted.push([start, `(${enter}, `], [end, ")"]);
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed);
  return inserted
    .sort(([a], [b]) => b - a)
    .reduce((all, [at, added]) => all.slice(0, at) + added + all.slice(at), text);
}

type Traced =
  | ts.FunctionDeclaration
  | ts.MethodDeclaration
  | ts.FunctionExpression
  | ts.ArrowFunction
  | ts.GetAccessorDeclaration;

const isFunction = (node: ts.Node): node is Traced =>
  ts.isFunctionDeclaration(node) ||
  ts.isMethodDeclaration(node) ||
  ts.isFunctionExpression(node) ||
  ts.isArrowFunction(node) ||
  ts.isGetAccessorDeclaration(node);

function describe(node: Traced, file: string, parsed: ts.SourceFile): TracedFunction {
  const { parent } = node;
  const holder = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) ? parent : undefined;
  const variable = holder !== undefined && ts.isVariableDeclaration(holder) ? holder.type : undefined;
  const signature = [...node.parameters, node.type, variable].map((each) => each?.getText() ?? "").join(" ");
  const words = new Set(signature.match(/\w+/g));
  return {
    file,
    name: (node.name ?? holder?.name)?.getText() ?? "",
    line: parsed.getLineAndCharacterOfPosition(node.getStart()).line + 1,
    forms: FORMS.filter((form) => words.has(form)),
  };
}

/**
 * How few files the same code would be in if those of each folder were put together, whatever they are about, up to `most` lines in one: the longest
 * first, each into the first file that has room for it.
 */
export function packedCount(files: readonly Pick<Source, "path" | "lines">[], most: number): number {
  const folders = new Map<string, number[]>();
  for (const { path, lines } of [...files].sort((a, b) => b.lines - a.lines)) {
    const packed = folders.get(posix.dirname(path)) ?? [];
    const fits = packed.findIndex((sum) => sum + lines <= most);
    if (fits === -1) packed.push(lines);
    else packed[fits] = (packed[fits] ?? 0) + lines;
    folders.set(posix.dirname(path), packed);
  }
  return [...folders.values()].reduce((sum, packed) => sum + packed.length, 0);
}
