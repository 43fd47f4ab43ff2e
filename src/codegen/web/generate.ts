import { Defect, InputError } from "../../base/diagnostic.js";
import type { CodegenSubject, GeneratedFile } from "../subject.js";
import { templateText } from "../template-text.js";
import { indexFile } from "../typescript/index-file.js";
import { networkInterface } from "../typescript/network.js";
import { browserFiles } from "../typescript/templates.js";
import { packageFile } from "./package-file.js";
import { readme } from "./readme.js";
import { modelPath, variantsFile } from "./variants-file.js";

/** Files that are the same in every page. */
const TEMPLATES = [
  "build.mjs",
  "serve.mjs",
  "tsconfig.json",
  "index.html",
  "page.css",
  "src/page/camera.ts",
  "src/page/column.ts",
  "src/page/comparison.ts",
  "src/page/devices.ts",
  "src/page/elements.ts",
  "src/page/main.ts",
  "src/page/pictures.ts",
  "src/page/timing.ts",
  "src/page/variant.ts",
];

/**
 * A page that classifies pictures in the browser by the variants of a network, side by side. What runs them is that of
 * the TypeScript package; its class is the same for all of them, since they take and give the same. What a spec says
 * comes in by src/index.ts and src/variants.ts alone, as literals, which the page shows as text.
 *
 * Errors: `InputError` for a network that does not classify one image, and for files of larger batches.
 */
export function generatePage(subject: CodegenSubject): readonly GeneratedFile[] {
  const { spec, variants, batch, version } = subject;
  const ports = networkInterface(subject);
  if (ports.classifier === undefined) {
    throw InputError.of(
      "codegen/no-classifier",
      "the page shows classes of pictures, and this network makes none of pictures in colour or grey",
      {
        hint: "it takes networks that make one row of classes of one image of 1 or 3 channels; --lang ts takes any",
      },
    );
  }
  if (batch !== undefined && batch > 1) {
    throw InputError.of(
      "codegen/page-batch",
      `the page runs one picture at a time, and --batch is ${batch}`,
      {
        hint: "leave --batch out, or give 1",
      },
    );
  }
  const { name } = spec;
  const description = spec.description ?? "";
  const [own] = variants;
  if (own === undefined) throw new Defect("a page needs the variants of its network");
  const model = `./${modelPath(own)}`;
  return [
    { path: "package.json", text: packageFile(name, description) },
    { path: "README.md", text: readme({ name, description, variants, version }) },
    { path: ".gitignore", text: "node_modules/\nsite/\n" },
    { path: "src/index.ts", text: indexFile({ ...ports, name, description, batch, model }) },
    { path: "src/variants.ts", text: variantsFile({ name, description, variants }) },
    ...TEMPLATES.map((path) => ({ path, text: templateText(`web/${path}`) })),
    ...browserFiles(),
    ...variants.map((each) => ({ path: modelPath(each), artifact: "model", variant: each.id }) as const),
  ];
}
