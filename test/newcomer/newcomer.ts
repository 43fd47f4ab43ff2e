import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandLines, fencedBlocks } from "./pages.js";

/*
 * What a newcomer does, for real: packs the package, installs it into a fresh folder with an empty npm cache while only the registry can be reached, and runs the README
 * from top to bottom, at full size.
 *
 *     npm run newcomer               with an empty cache
 *     npm run newcomer -- --warm     with npm's own cache
 *
 * Exits with 1 where a line fails.
 */

const warm = process.argv.includes("--warm");
const registry = new URL(
  execFileSync("npm", ["config", "get", "registry"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim(),
);
const base = mkdtempSync(join(tmpdir(), "newcomer-"));
const folder = join(base, "my project");
mkdirSync(folder);

/** Nothing but the registry: other hosts go to a proxy that is not there. */
const NOWHERE = "http://127.0.0.1:9";
const env = {
  // Without the settings of this checkout, which npm hands to what it runs: one of them keeps the install script of ONNX Runtime from failing.
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))),
  npm_config_registry: registry.href,
  ...Object.fromEntries(
    ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"].map((name) => [name, NOWHERE]),
  ),
  no_proxy: `${registry.hostname},localhost,127.0.0.1`,
  NO_PROXY: `${registry.hostname},localhost,127.0.0.1`,
  NO_COLOR: "1",
  ...(warm ? {} : { npm_config_cache: join(base, "cache") }),
};

let failed = 0;

/** Lines that need ONNX Runtime before the README has said how to add it where npm left it out. */
const waiting: string[] = [];
const ADDS_RUNTIME = /^npm install onnxruntime-node\b/;
const NO_DEVICE = 3;

/** Runs a line in a shell, and says how long it took. `mayWait`: whether it may exit with 3, to be run again once there is a runtime. */
function step(line: string, { because = "", mayWait = false } = {}): void {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync("bash", ["-o", "pipefail", "-c", line], {
    cwd: folder,
    env,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const waits = mayWait && status === NO_DEVICE;
  if (waits) waiting.push(line);
  console.log(
    `${status === 0 ? "ok  " : waits ? "wait" : "FAIL"} ${seconds.padStart(6)} s  ${line}${because}`,
  );
  if (status === 0) return;
  if (!waits) failed++;
  console.log([stdout, stderr].join("\n").replaceAll(/^/gm, "        "));
}

function pack(): string {
  const text = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", base], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [packed] = JSON.parse(text) as readonly { readonly filename: string }[];
  return join(base, packed?.filename ?? "");
}

/** What the README's reader has: a model, weights, a picture, an array, names of classes. */
function bringFiles(): void {
  step("npx ecagen compile b0-se -o model.onnx --export-weights efficientnet_b0.safetensors", {
    because: "  (the reader's model)",
  });
  copyFileSync("test/data/images/rgb.jpg", join(folder, "cat.jpg"));
  const classes = Array.from({ length: 1000 }, (_, i) => `class ${i}`);
  writeFileSync(join(folder, "imagenet.txt"), classes.join("\n"));
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 224, 224), }".padEnd(117);
  writeFileSync(
    join(folder, "x.npy"),
    Buffer.concat([
      Buffer.from("\x93NUMPY\x01\x00\x76\x00", "latin1"),
      Buffer.from(`${header}\n`),
      Buffer.alloc(4 * 3 * 224 * 224),
    ]),
  );
}

/** Lines that are for a clone of the repository, where CI runs them. */
const IN_A_CLONE = /^npm (ci|test)\b/;

try {
  const tarball = pack();
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const lines = commandLines("README.md");
  const addsRuntime = lines.findIndex((line) => ADDS_RUNTIME.test(line));
  for (const line of lines) {
    if (line === "npm install ecagen") {
      step(`npm install "${tarball}"`, { because: "  (npm install ecagen)" });
      bringFiles();
    } else if (IN_A_CLONE.test(line)) {
      console.log(`not run   ${line} (in a clone, where CI runs it)`);
    } else {
      // A server does not end by itself.
      step(line.replace("npm start", "npm run build"), { mayWait: lines.indexOf(line) < addsRuntime });
      if (ADDS_RUNTIME.test(line)) for (const each of waiting.splice(0)) step(each);
    }
  }
  for (const [i, { language, text }] of fencedBlocks("README.md").entries()) {
    if (/^jsonc?$/.test(language)) {
      writeFileSync(join(folder, `block-${i}.json`), text);
      step(`npx ecagen stats block-${i}.json`);
    }
  }
  console.log(failed === 0 ? "the README works from top to bottom" : `${failed} lines of the README failed`);
} finally {
  rmSync(base, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
