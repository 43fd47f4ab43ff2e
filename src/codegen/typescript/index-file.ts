import {
  type ExportDeclarationStructure,
  type ImportDeclarationStructure,
  type StatementStructures,
  StructureKind,
  type TypeAliasDeclarationStructure,
  VariableDeclarationKind,
  type VariableStatementStructure,
} from "ts-morph";
import { modelClass } from "./model-class.js";
import { className } from "./names.js";
import type { Classifier, NetworkInterface, PackageTensor } from "./network.js";
import {
  dimsType,
  expression,
  generic,
  type Json,
  objectOf,
  print,
  printFile,
  recordType,
  variable,
} from "./syntax.js";

/** What index.ts says of a network beside its interface. */
export interface IndexSubject extends NetworkInterface {
  readonly name: string;
  readonly description: string;
  readonly batch: number | undefined;
  /** The ONNX file, as seen from the compiled index.ts. */
  readonly model: string;
}

/** The text of index.ts: the types of a network, and the class that runs it. */
export function indexFile(subject: IndexSubject): string {
  const { classifier } = subject;
  const name = className(subject.name);
  return printFile(
    apart([
      ...imports(classifier !== undefined),
      ...exports(classifier !== undefined),
      ...signature(subject),
      ...(classifier === undefined ? [] : classification(classifier)),
      { ...modelClass(name, subject), kind: StructureKind.Class },
      { kind: StructureKind.ExportDeclaration, namedExports: [{ name, alias: "Model" }] },
    ]),
  );
}

function imports(classifies: boolean): readonly ImportDeclarationStructure[] {
  const statement = (from: string, types: readonly string[], values: readonly string[] = []) =>
    ({
      kind: StructureKind.ImportDeclaration,
      moduleSpecifier: from,
      isTypeOnly: values.length === 0,
      namedImports: names(types, values),
    }) as const;
  return [
    statement("#platform", [], ["defaultPlatform"]),
    ...(classifies
      ? [
          statement("./classes.js", ["RankedClass"]),
          statement("./classify.js", ["Classifier", "ClassifyOptions", "RawImage"], ["imageBatch", "rank"]),
        ]
      : []),
    statement("./platform.js", ["Device", "ModelSource"]),
    statement("./session.js", ["FloatTensor", "LoadOptions", "Signature"], ["ModelSession"]),
  ];
}

function exports(classifies: boolean): readonly ExportDeclarationStructure[] {
  const statement = (from: string, types: readonly string[], values: readonly string[] = []) =>
    ({
      kind: StructureKind.ExportDeclaration,
      moduleSpecifier: from,
      isTypeOnly: values.length === 0,
      namedExports: names(types, values),
    }) as const;
  return [
    ...(classifies ? [statement("./classify.js", ["ClassifyOptions", "RawImage"])] : []),
    statement("./platform.js", ["Device", "ModelSource", "Platform"], ["DEVICES", "webPlatform"]),
    statement("./session.js", ["FloatTensor", "LoadOptions"], ["DeviceError"]),
  ];
}

/** Names of types and of values in the order of the alphabet; where all are types, the whole statement says so. */
function names(types: readonly string[], values: readonly string[]) {
  const isMixed = values.length > 0;
  return [
    ...types.map((name) => ({ name, isTypeOnly: isMixed })),
    ...values.map((name) => ({ name, isTypeOnly: false })),
  ].sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
}

function signature({
  inputs,
  outputs,
  batch,
  model,
  single = false,
}: IndexSubject): readonly StatementStructures[] {
  const value = {
    inputs: ports(inputs),
    outputs: ports(outputs),
    ...(single ? { batch: 1, single } : { batch: batch ?? null }),
  };
  return [
    alias("Inputs", "What the network takes.", tensorsType(inputs, ["batch", "channels", "height", "width"])),
    alias(
      "Outputs",
      "What the network gives.",
      tensorsType(outputs, [single ? "found" : "batch", ...(single ? [] : ["classes"])]),
    ),
    constant(
      "signature",
      `Names, element types and shapes of the inputs and outputs; null is ${single ? "what a run finds" : "the batch"}.`,
      `${literal(value)} satisfies Signature`,
    ),
    constant(
      "modelUrl",
      "The ONNX file that came with this package.",
      `new URL(${print(expression(model))}, import.meta.url)`,
    ),
  ];
}

function classification(classifier: Classifier): readonly StatementStructures[] {
  const { size, classes, labels } = classifier;
  const { padding, ...preprocessing } = classifier.preprocessing;
  const label = labels === undefined ? "never" : "Label";
  const parts = objectOf(
    new Map([
      ["size", expression({ ...size })],
      ["preprocessing", variable("preprocessing")],
      ["classes", variable("classes")],
      ["labels", variable(labels === undefined ? "undefined" : "labels")],
    ]),
    true,
  );
  return [
    constant("classes", "How many classes the network tells apart.", print(expression(classes))),
    ...(labels === undefined
      ? []
      : [
          constant("labels", "The names of the classes, in the order of the output.", literal(labels)),
          alias("Label", "The name of a class.", "(typeof labels)[number]"),
        ]),
    alias("Prediction", "A class and how probable the network holds it.", `RankedClass<${label}>`),
    constant(
      "preprocessing",
      "What is done to pictures before the network sees them.",
      `${literal({ ...preprocessing, ...(padding && { padding: { ...padding } }) })} satisfies Classifier<string>["preprocessing"]`,
    ),
    {
      kind: StructureKind.VariableStatement,
      isExported: true,
      declarationKind: VariableDeclarationKind.Const,
      docs: ["What pictures become, and what the output stands for."],
      declarations: [{ name: "classifier", type: `Classifier<${label}>`, initializer: print(parts) }],
    },
  ];
}

function tensorsType(tensors: readonly PackageTensor[], sizes: readonly string[]): string {
  return print(
    recordType(
      new Map(tensors.map(({ name, dims }) => [name, generic("FloatTensor", dimsType(dims, sizes))])),
    ),
  );
}

function ports(tensors: readonly PackageTensor[]): Json {
  return Object.fromEntries(tensors.map(({ name, dtype, dims }) => [name, { dtype, dims }]));
}

function literal(value: Json): string {
  return `${print(expression(value))} as const`;
}

function alias(name: string, doc: string, type: string): TypeAliasDeclarationStructure {
  return { kind: StructureKind.TypeAlias, isExported: true, docs: [doc], name, type };
}

function constant(name: string, doc: string, initializer: string): VariableStatementStructure {
  return {
    kind: StructureKind.VariableStatement,
    isExported: true,
    declarationKind: VariableDeclarationKind.Const,
    docs: [doc],
    declarations: [{ name, initializer }],
  };
}

/** With an empty line before types, constants and the re-exports, where ts-morph leaves none. */
function apart(statements: readonly StatementStructures[]): StatementStructures[] {
  return statements.map((each, i) => {
    const before = statements[i - 1]?.kind;
    const isSpaced =
      each.kind === StructureKind.VariableStatement ||
      each.kind === StructureKind.TypeAlias ||
      (each.kind === StructureKind.ExportDeclaration && before === StructureKind.ImportDeclaration);
    return isSpaced ? { ...each, leadingTrivia: "\n" } : each;
  });
}
