import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cacheFolder } from "../../src/cli/code-cache.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { ecagen } from "./run-cli.js";

const test = suite("cli: the code cache");

const STATS = ["stats", "specs/small.json"];

/** The environment of runs whose caches are in a folder. */
const cachedIn = (folder: string): Record<string, string> => ({
  NODE_COMPILE_CACHE: "",
  NODE_DISABLE_COMPILE_CACHE: "",
  XDG_CACHE_HOME: folder,
});

const cachesIn = (folder: string): readonly string[] =>
  existsSync(join(folder, "ecagen")) ? readdirSync(join(folder, "ecagen")) : [];

test("a first run leaves its cache, a second one has the same output and leaves it as it is", () =>
  inTemporaryFolder((folder) => {
    const first = ecagen(STATS, cachedIn(folder));
    const [cache = "", ...others] = cachesIn(folder);
    assert.match(cache, /^program-\w+\.cjs-.*-stats\.bin$/);
    assert.equal(others, []);
    const bytes = readFileSync(join(folder, "ecagen", cache));
    assert.ok(bytes.length > 100_000, `${bytes.length} bytes`);
    assert.equal(ecagen(STATS, cachedIn(folder)), first);
    assert.ok(readFileSync(join(folder, "ecagen", cache)).equals(bytes));
    assert.is(ecagen(["list", "resnet50"], cachedIn(folder)).code, 0);
    assert.is(cachesIn(folder).length, 2, "each command has its own");
  }));

test("the program has no dynamic import, which Node.js 20 does not do in code from a cache", () => {
  const [program = ""] = readdirSync("dist/chunks").filter((name) => /^program-.*\.cjs$/.test(name));
  assert.not.match(readFileSync(join("dist", "chunks", program), "latin1"), /[^\w.$]import\(/);
});

test("help has a cache of its own, and a run that fails leaves none: later runs need more of the program", () =>
  inTemporaryFolder((folder) => {
    assert.is(ecagen(["stats", "no-such-file.json"], cachedIn(folder)).code, 2);
    assert.is(ecagen(["no-such-command"], cachedIn(folder)).code, 2);
    assert.equal(cachesIn(folder), []);
    assert.is(ecagen(["stats", "--help"], cachedIn(folder)).code, 0);
    assert.match(cachesIn(folder).join(), /-help\.bin$/);
  }));

test("a cache that is cut, of other bytes or of another program is replaced", () =>
  inTemporaryFolder((folder) => {
    const right = ecagen(STATS, cachedIn(folder));
    const cache = join(folder, "ecagen", cachesIn(folder)[0] ?? "");
    const whole = readFileSync(cache);
    const { length } = whole;
    for (const spoil of [
      () => truncateSync(cache, 1000),
      () => truncateSync(cache, 0),
      () => writeFileSync(cache, Buffer.alloc(length, 7)),
      // V8 does not see this, and would run what is there.
      () =>
        writeFileSync(
          cache,
          whole.map((byte, i) => (i % 1000 === 999 ? byte ^ 1 : byte)),
        ),
    ]) {
      spoil();
      assert.equal(ecagen(STATS, cachedIn(folder)), right);
      assert.ok(readFileSync(cache).length > 100_000, "it is whole again");
      assert.equal(ecagen(STATS, cachedIn(folder)), right);
    }
  }));

test("where nothing can be kept, or nothing shall be, the program runs all the same", () =>
  inTemporaryFolder((folder) => {
    const right = ecagen(STATS, { ...cachedIn(folder), NODE_DISABLE_COMPILE_CACHE: "1" });
    assert.is(right.code, 0);
    assert.equal(cachesIn(folder), []);
    writeFileSync(join(folder, "file"), "");
    assert.equal(ecagen(STATS, cachedIn(join(folder, "file"))), right, "the folder is a file");
    assert.equal(ecagen(STATS, cachedIn(join("/proc", "none"))), right, "nobody can make a folder there");
    mkdirSync(join(folder, "all", "ecagen"), { recursive: true });
    chmodSync(join(folder, "all", "ecagen"), 0o777);
    assert.equal(ecagen(STATS, cachedIn(join(folder, "all"))), right);
    assert.equal(cachesIn(join(folder, "all")), [], "none is kept where others can write");
  }));

test("a cache that others can write is not read", () =>
  inTemporaryFolder((folder) => {
    const right = ecagen(STATS, cachedIn(folder));
    const cache = join(folder, "ecagen", cachesIn(folder)[0] ?? "");
    chmodSync(cache, 0o666);
    assert.equal(ecagen(STATS, cachedIn(folder)), right);
    assert.is(statSync(cache).mode & 0o777, 0o600, "it is replaced by one of the user's own");
  }));

test("the folder is the user's for caches, or the one that Node.js is given", () => {
  assert.is(cacheFolder({ HOME: "/home/a" }, "linux"), join("/home/a", ".cache", "ecagen"));
  assert.is(cacheFolder({ HOME: "/Users/a" }, "darwin"), join("/Users/a", "Library", "Caches", "ecagen"));
  assert.is(cacheFolder({ LOCALAPPDATA: "/local", HOME: "/home/a" }, "win32"), join("/local", "ecagen"));
  assert.is(cacheFolder({ HOME: "/home/a", XDG_CACHE_HOME: "/c" }, "linux"), join("/c", "ecagen"));
  assert.is(cacheFolder({ XDG_CACHE_HOME: "/c", NODE_COMPILE_CACHE: "/n" }, "linux"), join("/n", "ecagen"));
  assert.is(cacheFolder({ HOME: "/home/a", NODE_DISABLE_COMPILE_CACHE: "1" }, "linux"), undefined);
  assert.is(cacheFolder({}, "linux"), undefined);
});

test.run();
