import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codegen } from "../../src/driver/codegen/codegen.js";
import { exportWeights } from "../../src/files/tensors/export-weights.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { withOpenWeights } from "../../src/given/weights.js";
import { type ImageSize, prepareImage } from "../../src/images/prepare.js";
import { imageOf } from "../../src/language/input.js";
import { defaultPreprocessing } from "../../src/language/preprocessing.js";
import type { SpecNetwork } from "../../src/networks/spec-network.js";
import { IMAGES, type PackedPixels, unpack } from "../images/pillow.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { readNpy } from "../weights/npy.js";
import { freePort, PYTHON, type Start, startProgram, testWithTorch, testWithTorchvision } from "./torch.js";

/** train.py, as small as it can be: one process, two of which one is lost, runs that go on, images in folders. */
const test = suite("codegen: PyTorch's training loop");

const TINY = ["--train-images", "32", "--val-images", "17", "--batch-size", "8", "--resolution", "32", "32"];

/** Rows of log.csv without what the clock says. */
function logOf(folder: string): readonly string[] {
  const rows = readFileSync(join(folder, "log.csv"), "utf8").trim().split(/\r?\n/);
  return rows.map((row) => row.split(",").slice(0, 7).join(","));
}

/** Starts train.py so many times, one after the other. */
function start(...starts: readonly Start[]): void {
  startProgram(
    "train.py",
    starts.map((each) => ({ ...each, args: [...TINY, ...each.args] })),
  );
}

testWithTorch(test, "a run that goes on is the run that was not cut off, and its weights fit", () =>
  inTemporaryFolder(async (folder) => {
    const code = join(folder, "code");
    await codegen("specs/small.json", { language: "pytorch", output: code });
    start(
      { code, args: ["--epochs", "2", "--output", "whole"] },
      { code, args: ["--epochs", "2", "--output", "parts", "--stop-after", "1"] },
    );
    assert.is(logOf(join(code, "parts")).length, 2);
    start({ code, args: ["--epochs", "2", "--output", "parts", "--resume"] });
    assert.equal(logOf(join(code, "parts")), logOf(join(code, "whole")));
    const weights = join(code, "whole", "ema.safetensors");
    await withOpenWeights({ weights }, async (given) => {
      const network = specNetwork("specs/small.json", { given });
      assert.is(network.weights?.names, "ecagen");
      assert.equal([network.weights?.initial, network.weights?.unused], [[], []]);
    });
  }),
);

testWithTorch(test, "options that make no sense are refused, before anything is done", () =>
  inTemporaryFolder(async (folder) => {
    await codegen("specs/small.json", { language: "pytorch", output: folder });
    const before = readdirSync(folder);
    const refusals: readonly (readonly [args: readonly string[], refused: RegExp])[] = [
      [["--evaluate"], /--evaluate is about the weights of --weights/],
      [["--export-validation", "out"], /--export-validation goes with --evaluate/],
      [["--epochs", "0", "--ema", "2"], /--epochs: 0 is not at least 1/],
      [["--ema", "2"], /--ema: 2 is not from 0.0 to 1.0/],
      [["--lr", "x"], /--lr: invalid number value: 'x'/],
      [["--device", "cpu", "--amp", "float16"], /--amp float16 needs a GPU/],
    ];
    start(...refusals.map(([args, refused]) => ({ code: folder, args, refused })));
    assert.equal(readdirSync(folder), before);
  }),
);

testWithTorch(test, "torchrun goes on after it lost one of two processes, under timm's names", () =>
  inTemporaryFolder(async (folder) => {
    const code = join(folder, "code");
    await codegen("specs/small.json", { language: "pytorch", output: code, names: "timm" });
    const args = [
      ...["--nproc_per_node", "2", "--max_restarts", "2", "--monitor_interval", "0.5"],
      ...["--master_addr", "127.0.0.1", "--master_port", `${await freePort()}`],
      // Without these the torchrun of Debian fails to start.
      ...["-r", "1", "-t", "2", "--log_dir", "logs"],
      ...["train.py", ...TINY, "--train-images", "64", "--epochs", "8", "--output", "two", "--resume"],
    ];
    const torchrun = spawn(PYTHON, ["-B", "-m", "torch.distributed.run", ...args], {
      cwd: code,
      env: { ...process.env, OMP_NUM_THREADS: "1", GLOO_SOCKET_IFNAME: "lo" },
      // It ends its processes then; a run that hangs fails.
      timeout: 150_000,
    });
    let errors = "";
    torchrun.stderr.on("data", (text) => {
      errors += text;
    });
    const ended = new Promise<number | null>((resolve) => torchrun.on("close", resolve));
    const log = join(code, "two", "log.csv");
    while (torchrun.exitCode === null && !(existsSync(log) && logOf(join(code, "two")).length > 1)) {
      await new Promise((done) => setTimeout(done, 20));
    }
    const children = readFileSync(`/proc/${torchrun.pid}/task/${torchrun.pid}/children`, "utf8").trim();
    process.kill(Number(children.split(" ").at(-1)), "SIGKILL");
    assert.is(await ended, 0, errors);
    const epochs = logOf(join(code, "two")).map((row) => row.split(",")[0]);
    assert.equal(epochs, ["epoch", ...Array.from({ length: 8 }, (_, i) => `${i + 1}`)]);
    const starts = outputsOf(join(code, "logs")).flatMap((text) => /from epoch (\d+)/.exec(text)?.[1] ?? []);
    assert.is(starts.length, 2, errors);
    assert.ok(starts.some((epoch) => Number(epoch) > 1));
    await withOpenWeights({ weights: join(code, "two", "ema.safetensors") }, async (given) => {
      const { weights } = specNetwork("specs/small.json", { given });
      assert.equal([weights?.names, weights?.initial, weights?.unused], ["timm", [], []]);
    });
  }),
);

testWithTorchvision(
  test,
  "images in folders are prepared as ecagen does it, and trained on in bfloat16",
  () =>
    inTemporaryFolder(async (folder) => {
      const { decoded } = JSON.parse(readFileSync(join(IMAGES, "pillow.json"), "utf8")) as {
        readonly decoded: Readonly<Record<string, PackedPixels>>;
      };
      const pictures = ["grey.png", "rgb.png"];
      for (const part of ["train", "val"]) {
        for (const name of pictures) {
          const place = join(folder, "pictures", part, name.replace(".png", ""));
          mkdirSync(place, { recursive: true });
          copyFileSync(join(IMAGES, name), join(place, name));
        }
      }
      const starts: Start[] = [];
      const networks: SpecNetwork[] = [];
      for (const [name, changes] of Object.entries(PREPARED)) {
        const spec = join(folder, `${name}.json`);
        writeFileSync(spec, JSON.stringify({ extends: resolve("specs/small.json"), name, ...changes }));
        const code = join(folder, name);
        await codegen(spec, { language: "pytorch", output: code });
        const network = specNetwork(spec);
        const input = imageOf(network.spec.resolved.input);
        const pixels = ["--data", join(folder, "pictures"), "--batch-size", "2"];
        const images = [...pixels, "--resolution", `${input.height}`, `${input.width}`];
        // Training once is enough.
        if (name === "usual") starts.push({ code, args: [...images, "--amp", "bfloat16", "--epochs", "1"] });
        const weights = join(code, "weights.safetensors");
        await exportWeights(weights, network.graph, 0);
        starts.push({
          code,
          args: [...images, "--evaluate", "--weights", weights, "--export-validation", "out"],
        });
        networks.push(network);
      }
      start(...starts);
      assert.is(logOf(join(folder, "usual", "run")).length, 2);
      for (const [i, name] of Object.keys(PREPARED).entries()) {
        const { preprocessing = defaultPreprocessing(3), ...resolved } = (networks[i] as SpecNetwork).spec
          .resolved;
        const input = imageOf(resolved.input);
        const images = readNpy(join(folder, name, "out", "images.npy"));
        assert.equal(images.dims, [2, input.channels, input.height, input.width]);
        const expected = pictures.flatMap((picture) => [
          ...prepareImage(unpack(decoded[picture] as PackedPixels), input as ImageSize, preprocessing),
        ]);
        const off = images.data.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN)));
        assert.ok(Math.max(...off) < 1e-5, `${name}: ${Math.max(...off)}`);
      }
      const code = join(folder, "usual");
      mkdirSync(join(folder, "pictures", "train", "another"));
      copyFileSync(join(IMAGES, "rgb.png"), join(folder, "pictures", "train", "another", "rgb.png"));
      start(
        {
          code,
          args: ["--data", join(folder, "pictures")],
          refused: /train and val have other classes in .*: another are in one of them only/,
        },
        { code, args: ["--data", folder], refused: /has no folder train/ },
      );
    }),
);

/** What specs can say of images. */
const PREPARED: Readonly<Record<string, object>> = {
  usual: {},
  exact: {
    input: { channels: 3, height: 24, width: 40 },
    preprocessing: { resize: "exact", interpolation: "bilinear", channelOrder: "bgr", mean: [0.1, 0.2, 0.3] },
  },
  grey: { input: { channels: 1, height: 24, width: 40 }, preprocessing: { crop: 0.7 } },
  fit: {
    input: { channels: 3, height: 24, width: 40 },
    preprocessing: { resize: "fit", crop: 0.9, padding: { at: "around", value: 114 } },
  },
  padded: {
    input: { channels: 3, height: 24, width: 40 },
    preprocessing: { resize: "fit", crop: 1, channelOrder: "bgr", mean: [0.1, 0.2, 0.3] },
  },
};

/** What processes wrote to stdout, below torchrun's folder of logs. */
function outputsOf(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith("stdout.log"))
    .map((file) => readFileSync(join(folder, file), "utf8"));
}

test.run();
