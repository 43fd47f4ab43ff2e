import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inTemporaryFolder } from "../temporary-folder.js";

const SPEC = resolve("test/data/fixtures/effnet_eca.json");

const test = suite("cli: without onnxruntime-node, as where npm could not install it");

/** ecagen as it lies in a folder of packages that has those packages besides and no other. */
function installed(folder: string, packages: readonly string[]): (args: readonly string[]) => Ran {
  const modules = join(folder, "node_modules");
  const root = join(modules, "ecagen");
  mkdirSync(root, { recursive: true });
  cpSync("dist", join(root, "dist"), { recursive: true });
  for (const name of ["package.json", "schema", "specs", "templates", "papers"])
    cpSync(name, join(root, name), { recursive: true });
  for (const name of packages) symlinkSync(resolve("node_modules", name), join(modules, name));
  return (args) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "dist/cli.js"), ...args], {
      cwd: folder,
      encoding: "utf8",
    });
    return { code: status, stdout, stderr };
  };
}

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

test("no runtime: what needs none works, what needs one says the command that adds it", () =>
  inTemporaryFolder((folder) => {
    const ecagen = installed(folder, []);
    const compiled = ecagen(["compile", SPEC, "-o", "net.onnx"]);
    assert.is(compiled.code, 0, compiled.stderr);
    assert.ok(existsSync(join(folder, "net.onnx")));
    assert.is(ecagen(["stats", "net.onnx"]).code, 0);
    for (const command of [
      ["verify", SPEC],
      ["bench", "net.onnx"],
    ]) {
      const { code, stderr } = ecagen(command);
      assert.is(code, 3, stderr);
      assert.match(stderr, "no ONNX Runtime is installed");
      assert.match(stderr, "npm install onnxruntime-node --onnxruntime-node-install=skip");
    }
  }));

test("onnxruntime-web alone: models run in its WebAssembly, and reports say so", () =>
  inTemporaryFolder((folder) => {
    const ecagen = installed(folder, ["onnxruntime-web"]);
    const verified = ecagen(["verify", SPEC, "--json"]);
    assert.is(verified.code, 0, verified.stderr);
    const { ok, device } = JSON.parse(verified.stdout);
    assert.equal([ok, device], [true, { requested: "cpu", used: "wasm", cpuNodes: 0 }]);
    assert.is(ecagen(["compile", SPEC, "-o", "net.onnx"]).code, 0);
    const timed = ecagen(["bench", "net.onnx", "--runs", "1", "--processes", "1"]);
    assert.is(timed.code, 0, timed.stderr);
    assert.match(timed.stdout, "device wasm");
    const auto = ecagen(["verify", SPEC, "--device", "auto", "--json"]);
    assert.is(JSON.parse(auto.stdout).device.used, "wasm");
    const profile = ecagen(["bench", "net.onnx", "--runs", "1", "--processes", "1", "--profile"]);
    assert.is(profile.code, 2);
    assert.match(profile.stderr, "onnxruntime-web writes no profile in Node.js");
    const { stdout } = ecagen(["doctor", "--json"]);
    const report = JSON.parse(stdout) as { ok: boolean; checks: { name: string; ok: boolean }[] };
    assert.ok(report.ok);
    const works = new Map(report.checks.map((check) => [check.name, check.ok]));
    assert.equal(
      [works.get("onnxruntime-web"), works.get("device cpu"), works.get("device wasm")],
      [true, false, true],
    );
  }));

test("--device wasm asks for it where both are installed", () =>
  inTemporaryFolder((folder) => {
    const ecagen = installed(folder, ["onnxruntime-node", "onnxruntime-web"]);
    const { device } = JSON.parse(ecagen(["verify", SPEC, "--device", "wasm", "--json"]).stdout);
    assert.is(device.used, "wasm");
    const usual = JSON.parse(ecagen(["verify", SPEC, "--json"]).stdout);
    assert.is(usual.device.used, "cpu");
  }));

test.run();
