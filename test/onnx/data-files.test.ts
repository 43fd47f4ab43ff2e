import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { asOneRun } from "../../src/files/files-read.js";
import { writeModel } from "../../src/files/models/write.js";
import { RandomAccessFile } from "../../src/files/random-access-file.js";
import { temporaryFor } from "../../src/files/temporary-files.js";
import { encodeModel } from "../../src/onnx/encode/export.js";
import { externalLocations } from "../../src/onnx/file/external-locations.js";
import { type ModelMessage, ModelProto } from "../../src/onnx/file/proto.js";
import { WireProblem } from "../../src/onnx/file/wire.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { throwsError } from "../throws.js";
import { smallNetwork } from "./networks.js";

const test = suite("onnx: data files");

const encoded = encodeModel(smallNetwork("reshape", "N", 64), { producerVersion: "0" });

/** Writes the model with the weights of a seed; gives the name of its data file. */
async function write(file: string, seed: number, externalData = true): Promise<string> {
  const written = await writeModel(file, encoded, { seed, externalData });
  return basename(written.externalData?.file ?? "");
}

test("the data file's name is its content's, and not the name's of a model before", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "m.onnx");
    const first = await write(file, 1);
    const model = readFileSync(file);
    const second = await write(file, 2);
    assert.is.not(first, second);
    assert.is(await write(file, 1), first);
    assert.is(Buffer.compare(readFileSync(file), model), 0, "same input, same bytes");
    assert.match(await write(join(folder, "no-ending"), 1), /^no-ending-[0-9a-f]{16}\.onnx\.data$/);
  }));

test("the data of the model that is replaced goes, also where the new one has none", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "m.onnx");
    await write(file, 1);
    const second = await write(file, 2);
    assert.equal(readdirSync(folder).sort(), [second, "m.onnx"]);
    await write(file, 1, false);
    assert.equal(readdirSync(folder), ["m.onnx"]);
  }));

for (const [why, keep] of [
  ["another model names it", (folder, file) => copyFileSync(file, join(folder, "copy.onnx"))],
  ["a model of another ending names it", (folder, file) => copyFileSync(file, join(folder, "m.onnx.bak"))],
  [
    "a link to a model names it",
    (folder, file) => {
      mkdirSync(join(folder, "sub"));
      copyFileSync(file, join(folder, "sub", "copy"));
      symlinkSync("sub/copy", join(folder, "link.onnx"));
    },
  ],
  [
    "a file may be a model that can't be read",
    (folder) => writeFileSync(join(folder, "broken.onnx"), "no model"),
  ],
  ["somebody has changed it", (folder, _, data) => writeFileSync(join(folder, data), "changed")],
  [
    "it is a link",
    (folder, _, data) => {
      copyFileSync(join(folder, data), join(folder, "elsewhere"));
      rmSync(join(folder, data));
      symlinkSync("elsewhere", join(folder, data));
    },
  ],
  ["another run is writing the model", (_, file) => writeFileSync(temporaryFor(file), "")],
  ["this run has read it", (folder, _, data) => RandomAccessFile.open(join(folder, data)).close()],
] as const satisfies readonly (readonly [string, (folder: string, file: string, data: string) => void])[]) {
  test(`the data of the model that is replaced stays where ${why}`, () =>
    inTemporaryFolder((folder) =>
      asOneRun(async () => {
        const file = join(folder, "m.onnx");
        const data = await write(file, 1);
        keep(folder, file, data);
        await write(file, 2);
        assert.ok(existsSync(join(folder, data)));
      }),
    ));
}

test("data files of other names than ecagen's stay", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "m.onnx");
    const data = await write(file, 1);
    writeFileSync(join(folder, "weights.bin-0123456789.data"), "");
    const model = readFileSync(file, "latin1").replaceAll(data, "weights.bin-0123456789.data");
    writeFileSync(file, model, "latin1");
    const before = readdirSync(folder);
    await write(file, 2);
    assert.ok(existsSync(join(folder, "weights.bin-0123456789.data")));
    assert.ok(before.length < readdirSync(folder).length);
  }));

test("the files that a model names are found wherever it names them", () => {
  let count = 0;
  const tensor = () => ({
    name: "t",
    dataType: 1,
    dims: [1],
    dataLocation: 1,
    externalData: [{ key: "location", value: `file ${count++}` }],
  });
  const graph = () => ({
    node: [
      {
        opType: "Constant",
        attribute: [
          { t: tensor(), tensors: [tensor()], sparseTensor: { values: tensor(), indices: tensor() } },
        ],
      },
    ],
    initializer: [tensor()],
    sparseInitializer: [{ values: tensor(), indices: tensor() }],
  });
  const inner = graph();
  const outer = { ...graph(), node: [{ opType: "If", attribute: [{ g: inner, graphs: [graph()] }] }] };
  const model = {
    graph: outer,
    functions: [{ node: graph().node }],
    trainingInfo: [{ algorithm: graph(), initialization: graph() }],
  };
  const bytes = ModelProto.encode(model as ModelMessage).finish();
  const range = {
    size: bytes.length,
    readInto: (target: Uint8Array, at: number) => target.set(bytes.subarray(at, at + target.length)),
  };
  // The nodes of `outer` and the rest of a graph that gave only its nodes are not in the file.
  assert.is(externalLocations(range).size, count - 4 - 3);
  throwsError(() => externalLocations({ size: 0, readInto: () => undefined }), WireProblem, /no graph/);
});

test.run();
