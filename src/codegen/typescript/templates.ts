import type { GeneratedFile } from "../subject.js";
import { templateText } from "../template-text.js";

/** What loads a network and runs it in a browser; the same for all networks. */
const RUNNER = [
  ...["src/platform.ts", "src/platform-web.ts", "src/onnxruntime-web.d.ts"],
  ...["src/session.ts", "src/float16.ts"],
];

/** What classifies images. */
const CLASSIFIER = [
  "src/classes.ts",
  "src/classify.ts",
  "src/images/pixels.ts",
  "src/images/prepare.ts",
  "src/images/preprocessing.ts",
  "src/images/resample.ts",
];

/** The files of templates/ts that a package has; the tests of one that takes a single image are others. */
export function templateFiles(classifies: boolean, single: boolean): readonly GeneratedFile[] {
  const smoke = {
    path: "src/smoke.test.ts",
    text: templateText(`ts/src/smoke${single ? "-single" : ""}.test.ts`),
  };
  return [
    ...filesOf(["tsconfig.json", "src/platform-node.ts", ...RUNNER]),
    smoke,
    ...filesOf(classifies ? [...CLASSIFIER, "src/classify.test.ts"] : []),
  ];
}

/** Those that a classifier in a browser needs. */
export function browserFiles(): readonly GeneratedFile[] {
  return filesOf([...RUNNER, ...CLASSIFIER]);
}

function filesOf(paths: readonly string[]): readonly GeneratedFile[] {
  return paths.map((path) => ({ path, text: templateText(`ts/${path}`) }));
}
