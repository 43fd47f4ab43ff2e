import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codegen } from "../../src/driver/codegen.js";
import { withOpenWeights } from "../../src/driver/load-weights.js";
import { specNetwork } from "../../src/driver/network.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { PYTHON, testWithTorch } from "./torch.js";

/** train.py, as small as it can be: one process, two processes, and a run that goes on after it was cut off. */
const test = suite("codegen: PyTorch's training loop");

const TINY = ["--train-images", "32", "--val-images", "17", "--batch-size", "8", "--resolution", "32", "32"];

/** Rows of log.csv without what the clock says. */
function logOf(folder: string): readonly string[] {
  const rows = readFileSync(join(folder, "log.csv"), "utf8").trim().split(/\r?\n/);
  return rows.map((row) => row.split(",").slice(0, 7).join(","));
}

function train(code: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(PYTHON, ["-B", "train.py", ...TINY, ...args], {
    cwd: code,
    encoding: "utf8",
    env: { ...process.env, OMP_NUM_THREADS: "1" },
  });
  assert.is(status, 0, stderr);
}

testWithTorch(test, "a run that goes on is the run that was not cut off, and its weights fit", () =>
  inTemporaryFolder(async (folder) => {
    const code = join(folder, "code");
    await codegen("specs/small.json", { language: "pytorch", output: code });
    train(code, ["--epochs", "2", "--output", "whole"]);
    train(code, ["--epochs", "2", "--output", "parts", "--stop-after", "1"]);
    assert.is(logOf(join(code, "parts")).length, 2);
    train(code, ["--epochs", "2", "--output", "parts", "--resume"]);
    assert.equal(logOf(join(code, "parts")), logOf(join(code, "whole")));
    const weights = join(code, "whole", "ema.safetensors");
    await withOpenWeights({ weights }, async (given) => {
      const network = specNetwork("specs/small.json", { given });
      assert.is(network.weights?.names, "ecagen");
      assert.equal([network.weights?.initial, network.weights?.unused], [[], []]);
    });
  }),
);

testWithTorch(test, "two processes train one network", () =>
  inTemporaryFolder(async (folder) => {
    const code = join(folder, "code");
    await codegen("specs/small.json", { language: "pytorch", output: code });
    const port = await freePort();
    const ends = [0, 1].map(
      (rank) =>
        new Promise<string>((resolve) => {
          // What torchrun sets.
          const team = { RANK: `${rank}`, LOCAL_RANK: `${rank}`, WORLD_SIZE: "2", MASTER_ADDR: "127.0.0.1" };
          const child = spawn(PYTHON, ["-B", "train.py", ...TINY, "--epochs", "1", "--output", "two"], {
            cwd: code,
            env: { ...process.env, ...team, MASTER_PORT: `${port}`, OMP_NUM_THREADS: "1" },
          });
          let errors = "";
          child.stderr.on("data", (text) => {
            errors += text;
          });
          child.on("close", (status) => resolve(status === 0 ? "" : errors || "failed"));
        }),
    );
    assert.equal(await Promise.all(ends), ["", ""]);
    assert.is(logOf(join(code, "two")).length, 2);
    assert.ok(existsSync(join(code, "two", "weights.safetensors")));
  }),
);

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

test.run();
