import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { Node, Project, type SourceFile, ts } from "ts-morph";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { generateTypeScript } from "../../src/codegen/typescript/generate.js";
import { indexFile } from "../../src/codegen/typescript/index-file.js";
import { className, packageName } from "../../src/codegen/typescript/names.js";
import type { NetworkInterface } from "../../src/codegen/typescript/network.js";
import { packageFile } from "../../src/codegen/typescript/package-file.js";
import { packageFile as pageFile } from "../../src/codegen/web/package-file.js";
import { codegenSubject } from "../../src/driver/codegen/program.js";
import { specNetwork } from "../../src/given/spec-file.js";

/** Texts of a spec never become code: whatever they are, the syntax tree is that of plain ones, but for its literals. */
const test = suite("codegen: names in TypeScript");

const HOSTILE = [
  "*/",
  "/*",
  "//",
  "`",
  "$\u007bx}",
  '"',
  "'",
  "\\",
  "\n",
  "\r",
  "\u2028",
  "\u2029",
  "\ud800",
  "\0",
  "</script>",
  "```",
];
const WORDS = [
  "class",
  "default",
  "await",
  "Promise",
  "__proto__",
  "constructor",
  "toString",
  "Model",
  "Inputs",
  "0",
];
const text = fc.oneof(
  fc
    .array(fc.oneof(fc.constantFrom(...HOSTILE, ...WORDS), fc.string({ unit: "binary" })), { maxLength: 6 })
    .map((parts) => parts.join("")),
  fc.constantFrom(...WORDS),
);

const project = new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true });

function parse(code: string): SourceFile {
  const file = project.createSourceFile("index.ts", code, { overwrite: true });
  const { parseDiagnostics } = file.compilerNode as ts.SourceFile & {
    parseDiagnostics: readonly ts.Diagnostic[];
  };
  assert.equal(
    parseDiagnostics.map(({ messageText }) => messageText),
    [],
    code,
  );
  return file;
}

/** The kinds of a file's nodes, in order, without what a name is written as. */
function shape(file: SourceFile): readonly string[] {
  const kinds: string[] = [];
  const walk = (node: ts.Node): void => {
    kinds.push(ts.isStringLiteral(node) || ts.isIdentifier(node) ? "name" : (ts.SyntaxKind[node.kind] ?? ""));
    ts.forEachChild(node, walk);
  };
  walk(file.compilerNode);
  return kinds;
}

const withNames = (labels: readonly string[], input: string, output: string): NetworkInterface => ({
  inputs: [{ name: input, dtype: "float32", dims: [null, 3, 8, 8] }],
  outputs: [{ name: output, dtype: "float32", dims: [null, labels.length] }],
  classifier: {
    input,
    output,
    size: { channels: 3, height: 8, width: 8 },
    classes: labels.length,
    labels,
    preprocessing: {
      resize: "exact",
      interpolation: "nearest",
      crop: 1,
      mean: [-0.5],
      std: [1e-6],
      channelOrder: "bgr",
    },
  },
});

test("names, descriptions and labels stay in their literals and comments", () => {
  const plain = shape(
    parse(
      indexFile({
        ...withNames(["a", "b", "c"], "x", "y"),
        name: "n",
        description: "d",
        batch: 2,
        model: "../model.onnx",
      }),
    ),
  );
  fc.assert(
    fc.property(text, text, fc.tuple(text, text, text), (name, description, labels) => {
      const file = parse(
        indexFile({ ...withNames(labels, "x", "y"), name, description, batch: 2, model: "../model.onnx" }),
      );
      assert.equal(shape(file), plain);
      assert.equal(stringsOf(file, "labels"), labels);
    }),
    { numRuns: 60 },
  );
});

test("names of inputs and outputs are keys, whatever they are", () => {
  fc.assert(
    fc.property(text, text, (input, output) => {
      const file = parse(
        indexFile({
          ...withNames(["a"], input, output),
          name: "n",
          description: "",
          batch: undefined,
          model: "../model.onnx",
        }),
      );
      const methods = file
        .getClassOrThrow("NModel")
        .getMethods()
        .map((method) => method.getName());
      assert.equal(methods, ["load", "run", "classify", "classifyBatch", "dispose"]);
      const keys = file
        .getTypeAliasOrThrow("Inputs")
        .getTypeNodeOrThrow()
        .getDescendantsOfKind(ts.SyntaxKind.PropertySignature);
      assert.is(keys.length, 1);
      const key = keys[0]?.getNameNode();
      assert.is(Node.isStringLiteral(key) ? key.getLiteralValue() : key?.getText(), input);
    }),
    { numRuns: 40 },
  );
});

test("class names are identifiers that nothing else has, package names are ones that npm takes", () => {
  fc.assert(
    fc.property(text, (name) => {
      assert.match(className(name), /^[A-Z][A-Za-z0-9]*Model$/);
      assert.match(packageName(name), /^[a-z0-9]+(-[a-z0-9]+)*$/);
      assert.ok(packageName(name).length <= 214);
    }),
  );
  assert.is(className("efficientnet-b0-eca"), "EfficientnetB0EcaModel");
  assert.is(className("3"), "Network3Model");
  assert.is(className(""), "NetworkModel");
  assert.is(packageName("EfficientNet B0 (ECA)"), "efficientnet-b0-eca-model");
  assert.is(packageName("\u00e9"), "model");
});

test("the runtime of a package is the one that ecagen has", () => {
  const own = JSON.parse(readFileSync("package.json", "utf8")) as {
    optionalDependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  const { dependencies, peerDependencies, devDependencies } = JSON.parse(packageFile("n", ""));
  const wanted = own.optionalDependencies["onnxruntime-node"];
  assert.equal(dependencies, { "onnxruntime-common": wanted });
  assert.equal(peerDependencies, { "onnxruntime-node": wanted, "onnxruntime-web": wanted });
  assert.is(devDependencies["onnxruntime-node"], wanted);
  const page = JSON.parse(pageFile("n", ""));
  assert.equal(page.dependencies, { "onnxruntime-common": wanted, "onnxruntime-web": wanted });
  assert.equal(page.devDependencies, { esbuild: own.devDependencies.esbuild });
  // What the tests of pages run with.
  assert.is(own.devDependencies["onnxruntime-web"], wanted);
});

test("a README has its own code only, package.json is JSON", () => {
  const { spec, ...rest } = codegenSubject(specNetwork("specs/small.json"), {});
  const of = (name: string, description: string): ReadonlyMap<string, string> =>
    new Map(
      generateTypeScript({ spec: { ...spec, name, description }, ...rest }).flatMap((file) =>
        "text" in file ? [[file.path, file.text] as const] : [],
      ),
    );
  const lines = of("n", "d").get("README.md")?.split("\n").length;
  fc.assert(
    fc.property(
      text,
      text.filter((each) => each.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\s]/gu, "") !== ""),
      (name, description) => {
        const files = of(name, description);
        const { description: kept } = JSON.parse(files.get("package.json") ?? "") as { description: string };
        assert.is(kept, description);
        const readme = files.get("README.md")?.split("\n") ?? [];
        assert.is(readme.length, lines);
        assert.is(readme.filter((line) => line.startsWith("```")).length, 6);
        assert.not.match(readme[2] ?? "", /(?<!\\)[<`[\]]/);
      },
    ),
    { numRuns: 40 },
  );
});

function stringsOf(file: SourceFile, name: string): readonly string[] {
  return file
    .getVariableDeclarationOrThrow(name)
    .getDescendantsOfKind(ts.SyntaxKind.StringLiteral)
    .map((literal) => literal.getLiteralValue());
}

test.run();
