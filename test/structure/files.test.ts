import { relative, sep } from "node:path";
import { Project } from "ts-morph";
import { suite } from "uvu";
import * as assert from "uvu/assert";

/** What asks about files and changes none. All else of `node:fs` reads or changes them. */
const QUESTIONS = ["existsSync", "statSync", "lstatSync", "readdirSync", "realpathSync", "BigIntStats"];

/**
 * Where files may be read and written directly, and why. Everywhere else that goes through functions of `files/`, which note what was
 * read and write nothing over it.
 */
const DIRECT: Readonly<Record<string, string>> = {
  "files/atomic-file.ts": "writes",
  "files/files-read.ts": "follows links",
  "files/folder.ts": "makes folders",
  "files/line-file.ts": "adds lines to a file, and reads those of earlier runs",
  "files/package.ts": "reads ecagen's own package.json",
  "files/pending-file.ts": "writes",
  "files/random-access-file.ts": "reads, and notes it",
  "files/read-file.ts": "reads, and notes it",
  "files/handed-on.ts": "writes what another program reads, and removes it",
  "files/standard-streams.ts":
    "reads standard input, and has a file of its own for what goes to standard output",
  "files/temporary-files.ts": "removes what killed runs left",
  "files/writable-target.ts": "follows links",
  "driver/codegen/generated-folder.ts":
    "reads the manifest that it is about to replace, and removes stale files",
  "files/models/outdated-data.ts": "removes the data of a model that was replaced",
  "runtime/drivers.ts": "reads files of the system",
  "runtime/session.ts": "writes to the temporary folder of the process of ONNX Runtime",
  "runtime/worker-process.ts": "the same",
  "runtime/worker.ts": "the same, in that process",
};

const test = suite("structure: files");

const project = new Project({ skipAddingFilesFromTsConfig: true });
project.addSourceFilesAtPaths("src/**/*.ts");

test("files are read and written by functions of files/", () => {
  const direct = project.getSourceFiles().filter((file) =>
    file
      .getImportDeclarations()
      .filter((each) => /^(node:)?fs(\/promises)?$/.test(each.getModuleSpecifierValue()))
      .some((each) => {
        const names = each.getNamedImports().map((name) => name.getName());
        return names.length === 0 || names.some((name) => !QUESTIONS.includes(name));
      }),
  );
  const found = direct.map((file) =>
    relative(`${process.cwd()}/src`, file.getFilePath()).split(sep).join("/"),
  );
  assert.equal(found.sort(), Object.keys(DIRECT).sort());
});

test.run();
