import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "../../src/driver/compile/compile.js";
import { fencedBlocks } from "./pages.js";

/** Networks that are small under the names of large ones, so that every line of the pages is fast. */
const NETWORKS: Readonly<Record<string, object>> = {
  "b0-se": classifier({ type: "se", ratio: 0.25 }),
  "b0-eca": {
    ...classifier({ type: "se", ratio: 0.25 }),
    passes: [{ pass: "swap-attention", from: "se", to: "eca" }],
  },
  "b0-none": classifier("none"),
  resnet50: {
    input: { channels: 3, height: 32, width: 32 },
    defaults: { activation: "relu", padding: "symmetric" },
    stem: { channels: 8, kernel: 7, stride: 2 },
    stages: [8, 8, 16, 16].map((channels) => ({ block: "basic", channels })),
    head: { classes: 4 },
  },
};
export const SMALL = Object.keys(NETWORKS);

function classifier(attention: object | string): object {
  return {
    input: { channels: 3, height: 32, width: 32 },
    defaults: { activation: "silu", padding: "symmetric" },
    stem: { channels: 8 },
    stages: [
      { block: "depthwise-separable", kernel: 3, channels: 8, attention },
      { block: "inverted-residual", kernel: 3, expansion: 2, stride: 2, channels: 8, attention },
    ],
    head: { channels: 16, classes: 4 },
  };
}

/** A folder with all files that the pages' lines read, under the names that they have there. */
export async function makeFixture(folder: string): Promise<void> {
  const at = (name: string): string => join(folder, name);
  for (const name of ["small", "out", "run", "my-templates"]) mkdirSync(at(name), { recursive: true });
  for (const [name, spec] of Object.entries(NETWORKS)) {
    writeFileSync(at(`small/${name}.json`), JSON.stringify({ name, ...spec }));
    await compile(at(`small/${name}.json`), {
      output: at(`out/${name}.onnx`),
      exportWeights: at(`${name}.safetensors`),
    });
  }
  const copies: Readonly<Record<string, readonly string[]>> = {
    "small/b0-se.json": ["net.json", "se.json", "mine.json"],
    "out/b0-se.onnx": [
      "model.onnx",
      "seresnet50.onnx",
      "mobilenet.onnx",
      "b0.onnx",
      "detector.onnx",
      "before.onnx",
    ],
    "out/b0-eca.onnx": ["after.onnx"],
    "b0-se.safetensors": ["efficientnet_b0.safetensors", "se.safetensors", "checkpoint.pth", "mine.pth"],
    "b0-eca.safetensors": ["eca.safetensors"],
    "resnet50.safetensors": ["resnet50.pth", "run/ema.safetensors", "before.safetensors", "after.pth"],
  };
  for (const [from, names] of Object.entries(copies))
    for (const name of names) copyFileSync(at(from), at(name));
  const { stem, ...rest } = NETWORKS.resnet50 as { readonly stem: object };
  const gray = { ...rest, name: "gray", stem, input: { channels: 1, height: 32, width: 32 } };
  writeFileSync(at("gray.json"), JSON.stringify(gray));
  writeFileSync(
    at("flowers.json"),
    JSON.stringify({ ...NETWORKS["b0-se"], head: { channels: 16, classes: 5 } }),
  );
  await compile("specs/small.json", { output: at("wrong.onnx"), seed: 1 });
  writeFileSync(
    at("sweep.json"),
    JSON.stringify({ base: "small/b0-se.json", axes: { gates: ["kept", "eca"] } }),
  );
  writeFileSync(at("names.json"), JSON.stringify({ "^stages": "stages" }));
  writeFileSync(at("my-templates/card.txt.mustache"), "{{name.text}}\n");
  copyFileSync("test/data/detectors/whole.onnx", at("mask-rcnn.onnx"));
  for (const folderName of ["pictures", "DIR"]) {
    mkdirSync(at(folderName));
    for (const picture of ["rgb.jpg", "rgb.png", "rgba.png", "grey.png"])
      copyFileSync(`test/data/images/${picture}`, at(`${folderName}/${picture}`));
  }
  for (const name of ["cat.jpg", "street.jpg", "rose.jpg"])
    copyFileSync("test/data/images/rgb.jpg", at(name));
  copyFileSync("test/data/images/rgb.png", at("dog.png"));
  writeFileSync(at("imagenet.txt"), "cat\ndog\nfox\nowl\n");
  writeFileSync(at("coco.txt"), "none\ncat\ndog\n");
  writeFileSync(at("x.npy"), npy([1, 3, 32, 32]));
  writeFileSync(at("images.npy"), npy([8, 3, 32, 32]));
  git(folder);
}

/** What a page's own lines need besides: specs that it has in full, the shipped specs and the test's models at their usual paths. */
export function copyFixture(fixture: string, folder: string, page: string, installed: string): void {
  cpSync(fixture, folder, { recursive: true });
  for (const { name, text } of fencedBlocks(page))
    if (/^\w+\.json$/.test(name)) writeFileSync(join(folder, name), text);
  symlinkSync(join(installed, "node_modules"), join(folder, "node_modules"));
  symlinkSync(join(installed, "node_modules", "ecagen", "specs"), join(folder, "specs"));
  mkdirSync(join(folder, "test"));
  symlinkSync(join(process.cwd(), "test", "data"), join(folder, "test", "data"));
}

/** A repository whose branch `origin/main` has net.json. */
function git(folder: string): void {
  const run = (...args: readonly string[]): void => {
    const identity = ["-c", "user.name=reader", "-c", "user.email=reader@example.com"];
    execFileSync("git", [...identity, ...args], { cwd: folder, stdio: "ignore" });
  };
  run("init", "-q");
  run("add", "net.json");
  run("commit", "-qm", "A network");
  run("update-ref", "refs/remotes/origin/main", "HEAD");
}

/** Float32 numbers from 0 to 1 as an .npy file. */
function npy(shape: readonly number[]): Buffer {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`;
  const padded = `${header.padEnd(117)}\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(padded.length);
  const size = shape.reduce((product, each) => product * each, 1);
  const numbers = Float32Array.from({ length: size }, (_, i) => ((i * 7919) % 1009) / 1009);
  return Buffer.concat([
    Buffer.from("\x93NUMPY\x01\x00", "latin1"),
    length,
    Buffer.from(padded),
    Buffer.from(numbers.buffer),
  ]);
}
