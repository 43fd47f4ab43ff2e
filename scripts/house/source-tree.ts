import { dirname, join, relative, sep } from "node:path";
import { Project, type SourceFile } from "ts-morph";

/** One file of src/, and what it says to others. Paths start below src/. */
export interface Source {
  readonly path: string;
  readonly text: string;
  /** As wc counts them. */
  readonly lines: number;
  /** Files of src/ and packages that it imports or re-exports, types and lazy imports included. */
  readonly imports: readonly string[];
  /** The interfaces, type aliases and classes that it declares and exports. */
  readonly types: readonly string[];
}

/** The files of `TREE/src`, sorted by path. */
export function readSources(tree: string): readonly Source[] {
  const root = join(tree, "src");
  const project = new Project({ skipAddingFilesFromTsConfig: true });
  project.addSourceFilesAtPaths(join(root, "**/*.ts"));
  return project
    .getSourceFiles()
    .map((file) => sourceOf(file, relative(root, file.getFilePath()).split(sep).join("/")))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function sourceOf(file: SourceFile, path: string): Source {
  const text = file.getFullText();
  const declared = [...file.getImportDeclarations(), ...file.getExportDeclarations()].flatMap(
    (each) => each.getModuleSpecifierValue() ?? [],
  );
  const lazy = [...text.matchAll(/\bimport\("([^"]+)"\)/g)].flatMap(([, name]) => name ?? []);
  const imports = [...declared, ...lazy].map((name) =>
    name.startsWith(".") ? join(dirname(path), name).split(sep).join("/").replace(/\.js$/, ".ts") : name,
  );
  const types = [...file.getInterfaces(), ...file.getTypeAliases(), ...file.getClasses()]
    .filter((each) => each.isExported())
    .flatMap((each) => each.getName() ?? []);
  return { path, text, lines: text.split("\n").length - 1, imports: [...new Set(imports)], types };
}

/** The first folder of a path below src/, or nothing for a file that stands in none. */
export const roomOf = (path: string): string => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "");
