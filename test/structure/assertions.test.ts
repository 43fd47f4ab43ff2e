import { relative } from "node:path";
import { Project, type SourceFile, SyntaxKind } from "ts-morph";
import { suite } from "uvu";
import * as assert from "uvu/assert";

/**
 * What uvu takes without a word, and what then tests less than it says: `assert.throws(run, "text")` has the text as the
 * failure's own message and passes for any error, a TypeError too; `assert.not.throws(run, /text/)` passes for every other error.
 */

const test = suite("structure: assertions");
const project = new Project({ skipAddingFilesFromTsConfig: true });
project.addSourceFilesAtPaths(["test/**/*.ts", "scripts/**/*.ts", "bench/**/*.ts"]);
const files = project.getSourceFiles();

/** The wrong uses in one file, as `line: what to do`. */
function misuses(file: SourceFile): readonly string[] {
  const found = file.getDescendantsOfKind(SyntaxKind.CallExpression).flatMap((call) => {
    const callee = call.getExpression().getText();
    const line = call.getStartLineNumber();
    if (/^assert\s*\.\s*throws$/.test(callee))
      return `${line}: throwsError of test/throws.ts says which error, with which message`;
    if (/^assert\s*\.\s*not\s*\.\s*throws$/.test(callee) && call.getArguments().length !== 1)
      return `${line}: assert.not.throws takes the function alone`;
    return [];
  });
  const imports = file.getImportDeclarations().flatMap((each) => {
    if (each.getModuleSpecifierValue() !== "uvu/assert" || each.getNamespaceImport()?.getText() === "assert")
      return [];
    return `${each.getStartLineNumber()}: uvu/assert is imported as assert, whole`;
  });
  return [...imports, ...found];
}

test("every refusal in a test says which error with which message is meant", () => {
  assert.ok(files.some((file) => file.getFilePath().endsWith("structure/assertions.test.ts")));
  assert.equal(
    files.flatMap((file) => misuses(file).map((each) => `${relative("", file.getFilePath())}:${each}`)),
    [],
  );
});

test("whatever is skipped is said by skip(), in the line that CI counts", () => {
  const mayNameIt = ["test/skip.ts", "test/scripts/test-runner.test.ts", "test/structure/assertions.test.ts"];
  const others = files.filter((file) => {
    const path = relative("", file.getFilePath());
    return path.startsWith("test/") && !mayNameIt.includes(path);
  });
  assert.equal(
    others.flatMap((file) => (file.getFullText().includes("SKIPPED") ? [file.getFilePath()] : [])),
    [],
  );
});

for (const [text, expected] of [
  ['assert.throws(run, "text");', "1: throwsError"],
  ["assert.throws(run, `text`);", "1: throwsError"],
  ["assert.throws(run);", "1: throwsError"],
  ["assert\n  .throws(run, /text/);", "1: throwsError"],
  ["assert.not.throws(run, /text/);", "1: assert.not.throws takes"],
  ['assert.not.throws(run, "text");', "1: assert.not.throws takes"],
  ['import { throws } from "uvu/assert";', "1: uvu/assert is imported"],
  ['import * as other from "uvu/assert";', "1: uvu/assert is imported"],
  ['import * as assert from "uvu/assert";\nassert.not.throws(run);', undefined],
] as const) {
  test(`${JSON.stringify(text)} ${expected === undefined ? "may stand" : "is found"}`, () => {
    const file = new Project({ useInMemoryFileSystem: true }).createSourceFile("a.ts", text);
    const [found] = misuses(file);
    if (expected === undefined) assert.is(found, undefined);
    else assert.match(found ?? "", expected);
  });
}

test.run();
