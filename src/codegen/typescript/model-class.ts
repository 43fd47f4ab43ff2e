import {
  type ClassDeclarationStructure,
  type MethodDeclarationStructure,
  type OptionalKind,
  Scope,
} from "ts-morph";
import type { Classifier } from "./network.js";
import { access, comment, memberType, objectOf, print, variable } from "./syntax.js";

export interface ClassSubject {
  readonly name: string;
  readonly description: string;
  readonly classifier: Classifier | undefined;
  readonly single?: boolean;
}

/** The class of a network: `load`, `run`, `dispose`, and `classify` where there is something to classify. */
export function modelClass(name: string, subject: ClassSubject): OptionalKind<ClassDeclarationStructure> {
  const { classifier, description, single = false } = subject;
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
          `${single ? "Runs the network on one image; how many things it finds differs." : "Runs the network on a batch of any size."}\n\nErrors: \`TypeError\` for missing inputs and wrong shapes.`,
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
        `const outputs = await this.run(${print(objectOf(new Map([[input, variable("batch")]])))});`,
        `return rank(${print(access("outputs", output))}, classifier, options);`,
      ],
    },
  ];
}
