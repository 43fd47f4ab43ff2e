import { spawnSync } from "node:child_process";
import { lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inTemporaryFolder } from "../temporary-folder.js";
import { pack } from "./packed.js";

/** What `npm install --omit=optional` of the packed package does. */
const test = suite("package: install");

const MOST_MEGABYTES = 25;

/** Bytes on the disk, in blocks of 512 as `du` counts them. */
function sizeOnDisk(path: string): number {
  const { blocks, size } = lstatSync(path);
  const own = blocks === undefined ? size : blocks * 512;
  if (!lstatSync(path).isDirectory()) return own;
  return readdirSync(path).reduce((sum, name) => sum + sizeOnDisk(join(path, name)), own);
}

test("it needs no other package: what it uses is bundled, ONNX Runtime and sharp are optional", () => {
  const { dependencies = {} } = JSON.parse(readFileSync("package.json", "utf8")) as {
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  assert.equal(dependencies, {});
});

test("npm installs it without a registry, without a warning, in 25 MB, and it works", () =>
  inTemporaryFolder((folder) => {
    const tarball = join(folder, pack("--pack-destination", folder).filename);
    writeFileSync(join(folder, "package.json"), '{ "private": true }');
    const args = ["install", "--offline", "--cache", join(folder, "cache"), "--omit=optional", tarball];
    // Without the settings of the npm that runs the tests.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
    const { status, stderr } = spawnSync("npm", args, { cwd: folder, encoding: "utf8", env });
    assert.equal([status, stderr], [0, ""]);
    assert.equal(
      readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith(".")),
      ["ecagen"],
    );
    const megabytes = sizeOnDisk(join(folder, "node_modules")) / 1e6;
    assert.ok(megabytes > 5 && megabytes <= MOST_MEGABYTES, `${megabytes} MB`);
    const program = join(folder, "node_modules", "ecagen", "dist", "cli.js");
    const ran = spawnSync(process.execPath, [program, "codegen", "small", "--lang", "ts", "-o", "program"], {
      cwd: folder,
      encoding: "utf8",
    });
    assert.is(ran.status, 0, ran.stderr);
  }));

test.run();
