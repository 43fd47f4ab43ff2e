import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codegen } from "../../src/driver/codegen/codegen.js";
import { run } from "../../src/driver/run/run.js";
import { compilePackage, packageTexts, writeFiles } from "../codegen/support.js";
import { fencedBlocks, PAGES } from "./pages.js";

/** Every TypeScript block of the pages compiles, and the service of docs/service.md answers. */
const test = suite("newcomer: TypeScript");

let folder = "";
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-typescript-"));
  // The package of the real network, whose types have its sizes.
  writeFiles(join(folder, "blocks/b0-eca"), packageTexts("specs/b0-eca.json"));
  compilePackage(join(folder, "blocks/b0-eca"));
  linkPackages(join(folder, "blocks"), join(folder, "blocks/b0-eca"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** node_modules of this checkout, with the generated package and ecagen itself. */
function linkPackages(where: string, generated: string): void {
  mkdirSync(join(where, "node_modules"), { recursive: true });
  for (const each of readdirSync("node_modules").filter((name) => !name.startsWith(".")))
    symlinkSync(resolve("node_modules", each), join(where, "node_modules", each));
  symlinkSync(generated, join(where, "node_modules", "efficientnet-b0-eca-model"));
  writeFileSync(join(where, "package.json"), '{ "type": "module" }');
}

/** What a block takes for given: values that its reader has. */
const GIVEN: Readonly<Record<string, string>> = {
  "docs/codegen.md":
    "declare const data: Float32Array<ArrayBuffer>;\ndeclare const pixels: Uint8Array<ArrayBuffer>;",
};
/** Pages whose blocks other tests check: parts of ecagen's own source. */
const ELSEWHERE = /^docs\/(extending|api)\.md$/;

const blocks = PAGES.filter((page) => !ELSEWHERE.test(page))
  .flatMap(fencedBlocks)
  .filter(({ language }) => language === "ts");

test("every block compiles under strict", () => {
  assert.ok(blocks.length >= 4);
  const files = blocks.map(({ page, text }, i) => {
    const file = join(folder, `blocks/block-${i}.ts`);
    writeFileSync(file, `${GIVEN[page] ?? ""}\n${text}\nexport {};\n`);
    return file;
  });
  const options = {
    extends: resolve("tsconfig.json"),
    compilerOptions: {
      types: ["node"],
      typeRoots: [resolve("node_modules/@types")],
      noUnusedLocals: false,
      paths: {
        ecagen: [resolve("src/index.ts")],
        "ecagen/core": [resolve("src/core.ts")],
      },
    },
    include: [],
    files,
  };
  writeFileSync(join(folder, "blocks/tsconfig.json"), JSON.stringify(options));
  const { stdout, status } = spawnSync(
    process.execPath,
    [resolve("node_modules/typescript/bin/tsc"), "-p", join(folder, "blocks/tsconfig.json")],
    { encoding: "utf8" },
  );
  assert.is(stdout, "");
  assert.is(status, 0);
});

test("the service answers a picture with the classes of ecagen run, and what is no picture with 400", async () => {
  const where = join(folder, "service");
  mkdirSync(where);
  // A small network under the name of EfficientNet-B0.
  const spec = JSON.parse(readFileSync("specs/small.json", "utf8"));
  writeFileSync(
    join(where, "net.json"),
    JSON.stringify({ ...spec, $schema: undefined, name: "efficientnet-b0-eca" }),
  );
  await codegen(join(where, "net.json"), { language: "ts", output: join(where, "b0-eca") });
  cpSync("node_modules/onnxruntime-common", join(where, "b0-eca/node_modules/onnxruntime-common"), {
    recursive: true,
  });
  for (const each of ["onnxruntime-node", "@types"])
    symlinkSync(resolve("node_modules", each), join(where, "b0-eca/node_modules", each));
  const built = spawnSync(process.execPath, [resolve("node_modules/typescript/bin/tsc")], {
    cwd: join(where, "b0-eca"),
    encoding: "utf8",
  });
  assert.is(built.stdout, "");
  linkPackages(where, join(where, "b0-eca"));
  const [service] = blocks.filter(({ name }) => name === "service.ts");
  writeFileSync(join(where, "service.ts"), service?.text ?? "");

  const port = await freePort();
  const server = spawn(process.execPath, ["--import", "tsx", "service.ts"], {
    cwd: where,
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "ignore", "inherit"],
  });
  try {
    const url = `http://127.0.0.1:${port}`;
    const answer = await asked(url, readFileSync("test/data/images/rgb.jpg"));
    assert.is(answer.status, 200);
    const predictions = (await answer.json()) as readonly {
      readonly index: number;
      readonly probability: number;
    }[];
    const { outputs } = await run(join(where, "b0-eca/model.onnx"), { inputs: ["test/data/images/rgb.jpg"] });
    const expected = outputs[0]?.top?.[0] ?? [];
    assert.ok(expected.length > 0);
    assert.equal(
      predictions.map(({ index }) => index),
      expected.map(({ index }) => index),
    );
    assert.is((await asked(url, Buffer.from("no picture"))).status, 400);
  } finally {
    server.kill("SIGTERM");
    await new Promise((done) => server.once("close", done));
  }
});

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}

/** Posts bytes, as soon as the service listens. */
async function asked(url: string, body: Buffer<ArrayBuffer>): Promise<Response> {
  for (let i = 0; ; i++) {
    try {
      return await fetch(url, { method: "POST", body });
    } catch (error) {
      if (i === 200) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

test.run();
