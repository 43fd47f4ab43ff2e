import { dirname, join, relative, sep } from "node:path";
import { Project } from "ts-morph";
import { suite } from "uvu";
import * as assert from "uvu/assert";

/**
 * The rooms of src/ and what each may import, lowest first. Data flows one way: a room that needs something
 * from a later one is in the wrong place.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  files: ["base"],
  ir: ["base"],
  passes: ["base", "ir"],
  language: ["base", "files", "ir", "passes"],
  images: ["base", "language"],
  weights: ["base", "files", "ir"],
  onnx: ["base", "files", "ir", "weights"],
  reference: ["base", "ir"],
  analysis: ["base", "ir"],
  "new-gates": ["base", "ir", "passes", "weights", "analysis"],
  networks: ["base", "ir", "passes", "language", "analysis", "given", "driver"],
  runtime: ["base", "files", "ir", "onnx"],
  codegen: ["base", "files", "ir", "language", "analysis"],
  given: [
    ...["base", "files", "ir", "passes", "language", "weights", "onnx", "analysis", "networks", "codegen"],
    ...["trials", "driver"],
  ],
  trials: [
    ...["base", "files", "ir", "passes", "weights", "onnx", "reference", "analysis", "new-gates", "runtime"],
    "driver",
  ],
  reports: ["base", "files", "ir", "passes", "analysis", "trials"],
  driver: [
    ...["base", "files", "ir", "passes", "language", "images", "weights", "onnx", "analysis", "new-gates"],
    ...["networks", "runtime", "codegen", "given", "trials", "reports"],
  ],
  cli: ["base", "files", "new-gates", "given", "trials", "reports", "driver"],
};

/** The packages that only one place may know. */
const HOME: Readonly<Record<string, string>> = {
  "onnx-proto": "onnx/file/proto.ts",
  protobufjs: "onnx/file/proto.ts",
  "onnxruntime-node": "runtime/worker.ts",
  yargs: "cli/",
  "jsonc-parser": "language/",
  "ts-morph": "codegen/typescript/",
  mustache: "codegen/user-templates/",
  "pure-rand": "base/random.ts",
  minizlib: "weights/formats/zip/",
  "cli-progress": "cli/progress.ts",
  "string-width": "cli/",
  picocolors: "cli/format.ts",
};

const test = suite("structure: layers");
const source = join(process.cwd(), "src");
const project = new Project({ skipAddingFilesFromTsConfig: true });
project.addSourceFilesAtPaths(join(source, "**/*.ts"));

interface Import {
  readonly from: string;
  readonly to: string;
}

const imports: readonly Import[] = project.getSourceFiles().flatMap((file) => {
  const from = relative(source, file.getFilePath()).split(sep).join("/");
  const declared = [...file.getImportDeclarations(), ...file.getExportDeclarations()].flatMap(
    (each) => each.getModuleSpecifierValue() ?? [],
  );
  const dynamic = [...file.getFullText().matchAll(/\bimport\("([^"]+)"\)/g)].map(
    (match) => match[1] as string,
  );
  return [...declared, ...dynamic].map((to) => ({
    from,
    to: to.startsWith(".") ? join(dirname(from), to).split(sep).join("/") : to,
  }));
});

const room = (path: string): string => (path.includes("/") ? (path.split("/")[0] as string) : "");

test("there are imports to look at", () => {
  assert.ok(imports.length > 100);
});

test("every room is in the table", () => {
  const rooms = new Set(imports.map(({ from }) => room(from)).filter((each) => each !== ""));
  assert.equal(
    [...rooms].filter((each) => !Object.hasOwn(MAY_IMPORT, each)),
    [],
  );
});

test("rooms import only from the rooms that the table allows", () => {
  const wrong = imports.filter(({ from, to }) => {
    if (room(from) === "" || !(room(to) in MAY_IMPORT) || room(from) === room(to)) return false;
    return !MAY_IMPORT[room(from)]?.includes(room(to));
  });
  assert.equal(
    wrong.map(({ from, to }) => `${from} imports ${to}`),
    [],
  );
});

test("each special package is known in one place", () => {
  const wrong = imports.filter(({ from, to }) => {
    const home = Object.entries(HOME).find(([name]) => to === name || to.startsWith(`${name}/`))?.[1];
    return home !== undefined && !from.startsWith(home);
  });
  assert.equal(
    wrong.map(({ from, to }) => `${from} imports ${to}`),
    [],
  );
});

test("all that is printed passes cli/print.ts, which makes visible what a terminal would obey", () => {
  // The bar of cli-progress writes by itself; its message is made visible where it is set. Generated programs print by themselves.
  const printing = project
    .getSourceFiles()
    .filter((each) =>
      /process\.(stdout|stderr)\.write|process\[\w+\]\.write|(?<!["`])console\.\w+\(/.test(
        each.getFullText(),
      ),
    )
    .map((each) => relative(source, each.getFilePath()).split(sep).join("/"));
  assert.equal(
    printing.filter((each) => each !== "codegen/typescript/readme.ts"),
    ["cli/print.ts"],
  );
});

test.run();
