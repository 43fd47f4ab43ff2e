import { readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { ts } from "ts-morph";

/** Which files of the tree a file loads, by their paths from the root. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** Built programs by the words with which a file that starts one names it: no import says so. */
const BUILT: Readonly<Record<string, string>> = {
  "dist/cli.js": "src/cli/main.ts",
  "dist/index.js": "src/index.ts",
  '"worker.js"': "src/runtime/worker.ts",
};

/** The files that start a built program, or load one that does. */
export function startingPrograms(imports: Imports): ReadonlySet<string> {
  return new Set(Object.values(BUILT).flatMap((source) => [...importers(imports, source).keys()]));
}

/** Reads the imports of files that run: those of types are not among them. */
export function importsOf(files: readonly string[]): Imports {
  const known = new Set(files);
  return new Map(files.map((file) => [file, importsOfFile(file).filter((each) => known.has(each))]));
}

function importsOfFile(path: string): readonly string[] {
  const text = readFileSync(path, "utf8");
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const add = (module: ts.Node | undefined): void => {
    if (module === undefined || !ts.isStringLiteral(module) || !module.text.startsWith(".")) return;
    found.push(join(dirname(path), module.text).replace(/\.js$/, ".ts"));
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      if (node.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword) add(node.moduleSpecifier);
    } else if (ts.isExportDeclaration(node)) {
      if (!node.isTypeOnly) add(node.moduleSpecifier);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0]);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  for (const [program, source] of Object.entries(BUILT)) if (text.includes(program)) found.push(source);
  return found;
}

/** How many imports are between a file and each of those that load it; 1 for those that import it themselves. */
export function importers(imports: Imports, file: string): ReadonlyMap<string, number> {
  const importedBy = new Map<string, string[]>();
  for (const [from, all] of imports) {
    for (const to of all) importedBy.set(to, [...(importedBy.get(to) ?? []), from]);
  }
  const distances = new Map<string, number>([[file, 0]]);
  // A map's entries that are added while it is walked are walked too.
  for (const [each, distance] of distances) {
    for (const by of importedBy.get(each) ?? []) if (!distances.has(by)) distances.set(by, distance + 1);
  }
  return distances;
}
