import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join, posix, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inTemporaryFolder } from "../temporary-folder.js";
import { pack, packInto } from "./packed.js";

/** What `npm pack` makes: it has what its own texts point to, and works where it is installed. */
const test = suite("package");

const files = new Set(pack("--dry-run").files.map(({ path }) => path));

/** Files, and folders of files, that are in the package. */
function has(path: string): boolean {
  return files.has(path) || [...files].some((file) => file.startsWith(`${path.replace(/\/$/, "")}/`));
}

test("every file that a page of the package links to is in it", () => {
  const pages = [...files].filter((file) => /^[\w./-]+\.md$/.test(file) && !/^(templates|dist)\//.test(file));
  assert.ok(pages.length > 30);
  for (const page of ["README.md", "CONTRIBUTING.md", "SECURITY.md"]) assert.ok(pages.includes(page), page);
  const missing = pages.flatMap((page) =>
    [...readFileSync(page, "utf8").matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
      .map(([, link = ""]) => link)
      .filter((link) => !/^[a-z]+:/.test(link) && !has(posix.join(dirname(page), link)))
      .map((link) => `${page}: ${link}`),
  );
  assert.equal(missing, []);
});

test("every page that a message or a help text names is in it", () => {
  const programs = readdirSync("dist", { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".js"),
  );
  const named = programs.flatMap(
    (file) => readFileSync(join("dist", file), "utf8").match(/docs\/[\w-]+\.md/g) ?? [],
  );
  assert.ok(named.length > 3);
  assert.equal(
    [...new Set(named)].filter((page) => !has(page)),
    [],
  );
});

test("package.json says where the project is, and exports what is there", () => {
  const { repository, homepage, bugs, exports } = JSON.parse(readFileSync("package.json", "utf8")) as {
    readonly repository: { readonly url: string };
    readonly homepage: string;
    readonly bugs: { readonly url: string };
    readonly exports: Targets;
  };
  for (const url of [repository.url, homepage, bugs.url]) assert.match(url, /^(git\+)?https:\/\//);
  for (const target of targetsOf(exports))
    assert.ok(has(posix.normalize(target).replace(/\/?\*$/, "")), target);
});

/** Paths, by their conditions. */
interface Targets {
  readonly [condition: string]: string | Targets;
}

function targetsOf(targets: Targets): readonly string[] {
  return Object.values(targets).flatMap((each) => (typeof each === "string" ? [each] : targetsOf(each)));
}

test("the packed files work in a folder with a space in its name", () =>
  inTemporaryFolder((temporary) => {
    const folder = join(temporary, "my project");
    mkdirSync(folder);
    packInto(folder);
    const installed = join(folder, "node_modules", "ecagen");
    for (const each of readdirSync("node_modules").filter((name) => !name.startsWith(".")))
      symlinkSync(resolve("node_modules", each), join(folder, "node_modules", each));
    const run = (line: string) => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [join(installed, "dist", "cli.js"), ...line.split(" ")],
        { cwd: folder, encoding: "utf8" },
      );
      assert.is(status, 0, `${line}: ${stderr}`);
      return stdout;
    };
    assert.match(run("diff b0-se b0-eca"), /636,540 +76 +-636,464/);
    run("init");
    assert.match(
      readFileSync(join(folder, "network.json"), "utf8"),
      /"node_modules\/ecagen\/schema\/ecagen\.schema\.json"/,
    );
    run("compile network.json");
    assert.ok(existsSync(join(folder, "out", "network.onnx")));
    run("verify network.json");
    run("rewrite out/network.onnx --explain");
    run("codegen network.json --lang pytorch -o module");
    assert.is(JSON.parse(run("schema --of stats")).title, "What ecagen stats prints with --json");
    assert.match(run("tables eca-net"), /ECA-Net50/);
  }));

test.run();
