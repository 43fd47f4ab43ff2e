import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fetchBytes, type Platform, type Runtime, webPlatform } from "../../templates/ts/src/platform.js";
import { nodePlatform } from "../../templates/ts/src/platform-node.js";
import { DeviceError, ModelSession, type Signature } from "../../templates/ts/src/session.js";

/** What a generated package asks of its runtime: devices, batches, order. The runtime here adds one to each number. */
const test = suite("codegen: the session of TypeScript packages");

const signature: Signature = {
  inputs: { x: { dtype: "float32", dims: [null, 2] } },
  outputs: { y: { dtype: "float32", dims: [null, 2] } },
  batch: null,
};

interface Asked {
  readonly model: string | Uint8Array;
  readonly options: { readonly executionProviders: readonly string[]; readonly extra: unknown };
}

class FakeTensor {
  constructor(
    readonly type: string,
    readonly data: Float32Array,
    readonly dims: readonly number[],
  ) {}
}

/** A runtime that has some providers; it tells what it was asked for. */
function fakeRuntime(has: readonly string[]) {
  const asked: Asked[] = [];
  const batches: number[] = [];
  const state = { running: 0, overlapped: false, released: 0 };
  const session = {
    async run({ x }: { readonly x: FakeTensor }) {
      state.overlapped ||= state.running > 0;
      state.running++;
      await new Promise((done) => setTimeout(done, 1));
      state.running--;
      batches.push(x.dims[0] ?? 0);
      return {
        y: new FakeTensor(
          "float32",
          x.data.map((each) => each + 1),
          x.dims,
        ),
      };
    },
    async release() {
      state.released++;
    },
  };
  const runtime = {
    Tensor: FakeTensor,
    InferenceSession: {
      async create(model: string | Uint8Array, options: Asked["options"]) {
        asked.push({ model, options });
        if (!has.includes(options.executionProviders[0] ?? "")) throw new Error("no such provider");
        return session;
      },
    },
  };
  return { runtime: runtime as unknown as Runtime, asked, batches, state };
}

const model = new Uint8Array([1]);
const open = (platform: Platform, options = {}, of = signature) =>
  ModelSession.open(model, of, platform, options);

test("where the file has float16, numbers of float32 are rounded to it, and widened again", async () => {
  const bits: number[][] = [];
  const session = {
    async run({ x }: { readonly x: { readonly type: string; readonly data: Uint16Array } }) {
      assert.is(x.type, "float16");
      bits.push([...x.data]);
      return { y: new FakeTensor("float16", x.data as unknown as Float32Array, [1, 2]) };
    },
  };
  const runtime = { Tensor: FakeTensor, InferenceSession: { create: async () => session } };
  const half = { x: { dtype: "float16", dims: [null, 2] } } as const;
  const opened = await open(
    nodePlatform(runtime as unknown as Runtime),
    {},
    {
      inputs: half,
      outputs: { y: half.x },
      batch: null,
    },
  );
  const { y } = await opened.run({ x: { data: new Float32Array([1.0001, -0.1]), dims: [1, 2] } });
  // 1, and -1.599609375 * 2 ** -4.
  assert.equal(bits, [[0x3c00, 0xae66]]);
  assert.equal(y, { data: new Float32Array([1, -0.0999755859375]), dims: [1, 2] });
  const other = await open(nodePlatform(runtime as unknown as Runtime), {}, { ...signature, inputs: half });
  const problem = await other.run({ x: { data: new Float32Array(2), dims: [1, 2] } }).catch(String);
  assert.match(String(problem), /no output y of float32/);
});

test("the CPU is wasm in browsers; another device gets the whole network or is refused", async () => {
  const { runtime, asked } = fakeRuntime(["wasm", "webgpu"]);
  assert.is((await open(webPlatform(runtime))).device, "cpu");
  assert.is((await open(webPlatform(runtime), { device: "webgpu" })).device, "webgpu");
  assert.equal(
    asked.map(({ options }) => [options.executionProviders, options.extra]),
    [
      [["wasm"], { session: {} }],
      [["webgpu"], { session: { disable_cpu_ep_fallback: "1" } }],
    ],
  );
  for (const device of ["cuda", "coreml", "toString"]) {
    const error = await failure(open(webPlatform(runtime), { device }));
    assert.instance(error, DeviceError);
    assert.match((error as Error).message, device);
  }
  assert.is(asked.length, 2, "a device that a runtime can't have is not tried");
});

test("auto takes the first device that can load the network", async () => {
  const gpu = fakeRuntime(["webgpu", "cpu"]);
  assert.is((await open(nodePlatform(gpu.runtime), { device: "auto" })).device, "webgpu");
  assert.equal(
    gpu.asked.map(({ options }) => options.executionProviders[0]),
    ["coreml", "cuda", "dml", "webgpu"],
  );
  const none = fakeRuntime(["wasm"]);
  assert.is((await open(webPlatform(none.runtime), { device: "auto" })).device, "cpu");
  const broken = fakeRuntime([]);
  assert.match(
    ((await failure(open(webPlatform(broken.runtime), { device: "auto" }))) as Error).message,
    "can't be loaded",
  );
});

test("a batch is run in parts of at most maxBatch, one of a fixed size is filled up", async () => {
  const data = Float32Array.from({ length: 10 }, (_, i) => i);
  const inputs = { x: { data, dims: [5, 2] } };
  for (const [options, batch, parts] of [
    [{}, null, [5]],
    [{ maxBatch: 2 }, null, [2, 2, 1]],
    [{ maxBatch: 9 }, null, [5]],
    [{ maxBatch: 2 }, 4, [4, 4]],
  ] as const) {
    const { runtime, batches } = fakeRuntime(["cpu"]);
    const session = await open(nodePlatform(runtime), options, { ...signature, batch });
    assert.equal(await session.run(inputs), { y: { data: data.map((each) => each + 1), dims: [5, 2] } });
    assert.equal(batches, parts);
  }
  assert.instance(
    await failure(open(nodePlatform(fakeRuntime(["cpu"]).runtime), { maxBatch: 0 })),
    RangeError,
  );
});

test("runs wait for each other, dispose waits for them and is the end", async () => {
  const { runtime, state } = fakeRuntime(["cpu"]);
  const session = await open(nodePlatform(runtime));
  const inputs = { x: { data: Float32Array.of(1, 2), dims: [1, 2] } };
  const runs = [session.run(inputs), failure(session.run({})), session.run(inputs)];
  const end = session.dispose();
  const [first, refused, last] = await Promise.all(runs);
  await end;
  await session.dispose();
  assert.equal(first, last);
  assert.instance(refused, TypeError);
  assert.equal(state, { running: 0, overlapped: false, released: 1 });
  assert.match(((await failure(session.run(inputs))) as Error).message, "disposed");
});

test("inputs of the wrong shape, type or batch are refused", async () => {
  const two: Signature = {
    ...signature,
    inputs: { ...signature.inputs, z: { dtype: "float32", dims: [null, 1] } },
  };
  const session = await open(nodePlatform(fakeRuntime(["cpu"]).runtime), {}, two);
  const x = { data: new Float32Array(2), dims: [1, 2] };
  const z = { data: new Float32Array(1), dims: [1, 1] };
  const wrong: readonly (readonly [Parameters<ModelSession["run"]>[0], RegExp])[] = [
    [{ x }, /the input z is missing/],
    [{ x: { ...x, dims: [2, 1] }, z }, /x is \[2, 1\], and has to be \[batch, 2\]/],
    [{ x: { ...x, dims: [2] }, z }, /has to be/],
    [{ x: { ...x, dims: [0, 2] }, z }, /has to be/],
    [{ x: { ...x, data: new Float32Array(3) }, z }, /Float32Array of 2 numbers/],
    [{ x: { ...x, data: new Float64Array(2) as unknown as Float32Array }, z }, /Float32Array/],
    [{ x, z: { data: new Float32Array(2), dims: [2, 1] } }, /batches of 1 and 2/],
  ];
  for (const [inputs, message] of wrong) {
    const error = await failure(session.run(inputs));
    assert.instance(error, TypeError);
    assert.match((error as Error).message, message);
  }
});

test("another network's file is found out", async () => {
  const of: Signature = { ...signature, outputs: { y: { dtype: "float32", dims: [null, 3] } } };
  const session = await open(nodePlatform(fakeRuntime(["cpu"]).runtime), {}, of);
  const error = await failure(session.run({ x: { data: new Float32Array(2), dims: [1, 2] } }));
  assert.match((error as Error).message, "is it another network's?");
});

test("paths stay paths in Node.js, URLs are read; buffers are taken as they are", async () => {
  const { runtime, asked } = fakeRuntime(["cpu"]);
  const platform = nodePlatform(runtime);
  const data = "data:application/octet-stream;base64,AQID";
  for (const source of [
    "a/b.onnx",
    "C:\\b.onnx",
    new URL("file:///a/c%20d.onnx"),
    "file:///a/e.onnx",
    data,
    model.buffer,
  ]) {
    await ModelSession.open(source, signature, platform, {});
  }
  const bytes = new Uint8Array([1, 2, 3]);
  assert.equal(
    asked.map(({ model }) => model),
    ["a/b.onnx", "C:\\b.onnx", "/a/c d.onnx", "/a/e.onnx", bytes, model],
  );
  assert.equal(await webPlatform(runtime).locate(data), bytes);
  assert.instance(await failure(fetchBytes("data:bad")), Error);
});

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test.run();
