import {
  IndentationText,
  NewLineKind,
  Node,
  Project,
  QuoteKind,
  type SourceFile,
  VariableDeclarationKind,
} from "ts-morph";
import { modelClass } from "./model-class.js";
import { className } from "./names.js";
import type { Classifier, NetworkInterface, Port } from "./network.js";
import { dimsType, expression, generic, type Json, objectOf, print, recordType, variable } from "./syntax.js";

/** An empty line, which ts-morph leaves between statements of different kinds only. */
const APART = "\n";

/** What index.ts says of a network beside its interface. */
export interface IndexSubject extends NetworkInterface {
  readonly name: string;
  readonly description: string;
  readonly batch: number | undefined;
}

/** The text of index.ts: the types of a network, and the class that runs it. */
export function indexFile(subject: IndexSubject): string {
  const project = new Project({
    useInMemoryFileSystem: true,
    skipLoadingLibFiles: true,
    manipulationSettings: {
      indentationText: IndentationText.TwoSpaces,
      newLineKind: NewLineKind.LineFeed,
      quoteKind: QuoteKind.Double,
      useTrailingCommas: true,
    },
  });
  const file = project.createSourceFile("index.ts");
  const { classifier } = subject;
  addImports(file, classifier !== undefined);
  addSignature(file, subject);
  if (classifier !== undefined) addClassifier(file, classifier);
  const name = className(subject.name);
  file.addClass(modelClass(name, subject));
  file.addExportDeclaration({ namedExports: [{ name, alias: "Model" }] });
  file.formatText({ indentSize: 2, ensureNewLineAtEndOfFile: true });
  return file.getFullText();
}

function addImports(file: SourceFile, classifies: boolean): void {
  file.addImportDeclarations([
    { moduleSpecifier: "#platform", namedImports: ["defaultPlatform"] },
    ...(classifies
      ? [
          { moduleSpecifier: "./classes.js", isTypeOnly: true, namedImports: ["RankedClass"] },
          {
            moduleSpecifier: "./classify.js",
            namedImports: [
              { name: "Classifier", isTypeOnly: true },
              { name: "ClassifyOptions", isTypeOnly: true },
              { name: "imageBatch" },
              { name: "RawImage", isTypeOnly: true },
              { name: "rank" },
            ],
          },
        ]
      : []),
    { moduleSpecifier: "./platform.js", isTypeOnly: true, namedImports: ["Device", "ModelSource"] },
    {
      moduleSpecifier: "./session.js",
      namedImports: [
        { name: "FloatTensor", isTypeOnly: true },
        { name: "LoadOptions", isTypeOnly: true },
        { name: "ModelSession" },
        { name: "Signature", isTypeOnly: true },
      ],
    },
  ]);
  file.addExportDeclarations([
    ...(classifies
      ? [
          {
            moduleSpecifier: "./classify.js",
            isTypeOnly: true,
            namedExports: ["ClassifyOptions", "RawImage"],
          },
        ]
      : []),
    {
      moduleSpecifier: "./platform.js",
      namedExports: [
        { name: "DEVICES" },
        { name: "Device", isTypeOnly: true },
        { name: "ModelSource", isTypeOnly: true },
        { name: "Platform", isTypeOnly: true },
        { name: "webPlatform" },
      ],
    },
    {
      moduleSpecifier: "./session.js",
      namedExports: [
        { name: "DeviceError" },
        { name: "FloatTensor", isTypeOnly: true },
        { name: "LoadOptions", isTypeOnly: true },
      ],
    },
  ]);
}

function addSignature(file: SourceFile, { inputs, outputs, batch }: IndexSubject): void {
  file.addTypeAliases([
    {
      name: "Inputs",
      isExported: true,
      docs: ["What the network takes."],
      type: tensorsType(inputs, ["batch", "channels", "height", "width"]),
    },
    {
      name: "Outputs",
      isExported: true,
      docs: ["What the network gives."],
      leadingTrivia: APART,
      type: tensorsType(outputs, ["batch", "classes"]),
    },
  ]);
  addConstant(
    file,
    "signature",
    "Names, element types and shapes of the inputs and outputs; null is the batch.",
    {
      value: { inputs: ports(inputs), outputs: ports(outputs), batch: batch ?? null },
      satisfies: "Signature",
    },
  );
  file.addVariableStatement({
    isExported: true,
    declarationKind: VariableDeclarationKind.Const,
    docs: ["The ONNX file that came with this package."],
    leadingTrivia: APART,
    declarations: [{ name: "modelUrl", initializer: 'new URL("../model.onnx", import.meta.url)' }],
  });
}

function addClassifier(file: SourceFile, { size, preprocessing, classes, labels }: Classifier): void {
  addConstant(file, "classes", "How many classes the network tells apart.", { value: classes });
  if (labels !== undefined)
    addConstant(file, "labels", "The names of the classes, in the order of the output.", { value: labels });
  file.addTypeAliases([
    ...(labels === undefined
      ? []
      : [
          {
            name: "Label",
            isExported: true,
            docs: ["The name of a class."],
            type: "(typeof labels)[number]",
          },
        ]),
    {
      name: "Prediction",
      leadingTrivia: labels === undefined ? "" : APART,
      isExported: true,
      docs: ["A class and how probable the network holds it."],
      type: labels === undefined ? "RankedClass<never>" : "RankedClass<Label>",
    },
  ]);
  addConstant(file, "preprocessing", "What is done to pictures before the network sees them.", {
    value: { ...preprocessing },
    satisfies: 'Classifier<string>["preprocessing"]',
  });
  file.addVariableStatement({
    declarationKind: VariableDeclarationKind.Const,
    leadingTrivia: APART,
    declarations: [
      {
        name: "classifier",
        type: labels === undefined ? "Classifier<never>" : "Classifier<Label>",
        initializer: print(
          objectOf(
            new Map([
              ["size", expression({ ...size })],
              ["preprocessing", variable("preprocessing")],
              ["classes", variable("classes")],
              ["labels", variable(labels === undefined ? "undefined" : "labels")],
            ]),
            true,
          ),
        ),
      },
    ],
  });
}

function tensorsType(tensors: readonly Port[], sizes: readonly string[]): string {
  return print(
    recordType(
      new Map(tensors.map(({ name, dims }) => [name, generic("FloatTensor", dimsType(dims, sizes))])),
    ),
  );
}

function ports(tensors: readonly Port[]): Json {
  return Object.fromEntries(tensors.map(({ name, dims }) => [name, { dtype: "float32", dims }]));
}

function addConstant(
  file: SourceFile,
  name: string,
  doc: string,
  { value, satisfies }: { readonly value: Json; readonly satisfies?: string },
): void {
  const constant = `${print(expression(value))}${typeof value === "number" ? "" : " as const"}`;
  file.addVariableStatement({
    isExported: true,
    declarationKind: VariableDeclarationKind.Const,
    docs: [doc],
    leadingTrivia: apart(file),
    declarations: [
      { name, initializer: satisfies === undefined ? constant : `${constant} satisfies ${satisfies}` },
    ],
  });
}

function apart(file: SourceFile): string {
  return Node.isVariableStatement(file.getStatements().at(-1)) ? APART : "";
}
