import {
  type ClassDeclarationStructure,
  IndentationText,
  type MethodDeclarationStructure,
  NewLineKind,
  type OptionalKind,
  Project,
  QuoteKind,
  Scope,
  type SourceFile,
  VariableDeclarationKind,
} from "ts-morph";
import { className } from "./names.js";
import type { Classifier, NetworkInterface, Port } from "./network.js";
import {
  access,
  comment,
  dimsType,
  expression,
  generic,
  type Json,
  memberType,
  objectOf,
  print,
  recordType,
} from "./syntax.js";

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
    declarations: [
      {
        name: "classifier",
        type: labels === undefined ? "Classifier<never>" : "Classifier<Label>",
        initializer: `{ size: ${print(expression({ ...size }))}, preprocessing, classes, labels${labels === undefined ? ": undefined" : ""} }`,
      },
    ],
  });
}

function modelClass(name: string, subject: IndexSubject): OptionalKind<ClassDeclarationStructure> {
  const { classifier, description } = subject;
  return {
    name,
    isExported: true,
    docs: [{ description: `\n${comment(`The network ${JSON.stringify(subject.name)}. ${description}`)}` }],
    properties: [{ name: "#session", isReadonly: true, type: "ModelSession" }],
    ctors: [
      {
        scope: Scope.Private,
        parameters: [{ name: "session", type: "ModelSession" }],
        statements: ["this.#session = session;"],
      },
    ],
    getAccessors: [
      {
        name: "device",
        returnType: "Device",
        docs: ["Where the network runs."],
        statements: ["return this.#session.device;"],
      },
    ],
    methods: [
      {
        name: "load",
        isStatic: true,
        isAsync: true,
        parameters: [
          { name: "source", type: "ModelSource", initializer: "modelUrl" },
          { name: "options", type: "LoadOptions", initializer: "{}" },
        ],
        returnType: `Promise<${name}>`,
        docs: [
          "Loads the network from this package's file, or from another path, URL or buffer.\n\nErrors: `DeviceError` where the device can't run it; `Error` for a model that can't be read.",
        ],
        statements: [
          "const platform = options.platform ?? (await defaultPlatform());",
          `return new ${name}(await ModelSession.open(source, signature, platform, options));`,
        ],
      },
      {
        name: "run",
        isAsync: true,
        parameters: [{ name: "inputs", type: "Inputs" }],
        returnType: "Promise<Outputs>",
        docs: [
          "Runs the network on a batch of any size.\n\nErrors: `TypeError` for missing inputs and wrong shapes.",
        ],
        statements: ["return (await this.#session.run(inputs)) as Outputs;"],
      },
      ...(classifier === undefined ? [] : classifyMethods(classifier)),
      {
        name: "dispose",
        parameters: [],
        returnType: "Promise<void>",
        docs: [
          "Frees the network's memory, after the runs that were asked for. Calling it again does nothing.",
        ],
        statements: ["return this.#session.dispose();"],
      },
    ],
  };
}

function classifyMethods({ input, output }: Classifier): OptionalKind<MethodDeclarationStructure>[] {
  return [
    {
      name: "classify",
      isAsync: true,
      parameters: [
        { name: "image", type: "RawImage" },
        { name: "options", type: "ClassifyOptions", initializer: "{}" },
      ],
      returnType: "Promise<readonly Prediction[]>",
      docs: [
        "The most probable classes of a picture, which is resized, cropped and normalised as the spec says.\n\nErrors: `TypeError` for what is no picture.",
      ],
      statements: ["const [ranked = []] = await this.classifyBatch([image], options);", "return ranked;"],
    },
    {
      name: "classifyBatch",
      isAsync: true,
      parameters: [
        { name: "images", type: "readonly RawImage[]" },
        { name: "options", type: "ClassifyOptions", initializer: "{}" },
      ],
      returnType: "Promise<readonly (readonly Prediction[])[]>",
      docs: ["The same for several pictures, of any sizes, at a time."],
      statements: [
        "if (images.length === 0) return [];",
        `const batch = imageBatch(images, classifier) as ${print(memberType("Inputs", input))};`,
        `const outputs = await this.run(${print(objectOf(input, "batch"))});`,
        `return rank(${print(access("outputs", output))}, classifier, options);`,
      ],
    },
  ];
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
    declarations: [
      { name, initializer: satisfies === undefined ? constant : `${constant} satisfies ${satisfies}` },
    ],
  });
}
