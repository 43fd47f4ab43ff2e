import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../base/package.js";
import type { GeneratedFile } from "../subject.js";

/** Files that are the same in every package. */
const ALWAYS = [
  "tsconfig.json",
  "src/platform.ts",
  "src/platform-node.ts",
  "src/platform-web.ts",
  "src/onnxruntime-web.d.ts",
  "src/session.ts",
  "src/smoke.test.ts",
];

/** Those that classify images. */
const FOR_IMAGES = [
  "src/classes.ts",
  "src/classify.ts",
  "src/classify.test.ts",
  "src/images/pixels.ts",
  "src/images/prepare.ts",
  "src/images/preprocessing.ts",
  "src/images/resample.ts",
];

/** The files of templates/ts that a package has. */
export function templateFiles(classifies: boolean): readonly GeneratedFile[] {
  return [...ALWAYS, ...(classifies ? FOR_IMAGES : [])].map((path) => ({
    path,
    text: readFileSync(join(packageRoot(), "templates", "ts", ...path.split("/")), "utf8").replaceAll(
      "\r\n",
      "\n",
    ),
  }));
}
