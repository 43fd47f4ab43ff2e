import type { InferenceSession, Tensor } from "onnxruntime-common";
import { fromFloat16Bits, toFloat16Bits } from "./float16.js";
import { DEVICES, type Device, type ModelSource, type Platform, PREFERENCE } from "./platform.js";

/** A tensor, row by row: float32 here, also where the network takes or gives float16, or whole numbers. */
export interface FloatTensor<Dims extends readonly number[] = readonly number[]> {
  readonly data: Float32Array;
  readonly dims: Dims;
}

/** A tensor of the network. Its first size is the batch, null, and the others are fixed; of a `single` network null is what a run finds. */
export interface Port {
  readonly dtype: "float32" | "float16" | "int64";
  readonly dims: readonly (number | null)[];
}

/** What goes into a network and what comes out, by name. */
export interface Signature {
  readonly inputs: Readonly<Record<string, Port>>;
  readonly outputs: Readonly<Record<string, Port>>;
  /** The only batch that the ONNX file takes; null for any. */
  readonly batch: number | null;
  /** Whether the network takes one image, and finds as many things as there are. */
  readonly single?: boolean;
}

export interface LoadOptions {
  /** Where the network runs; `auto` takes the first device that can load it. Default: cpu. */
  readonly device?: Device | "auto";
  /** Threads of the CPU; the runtime's choice when left out. */
  readonly threads?: number;
  /** The most images that go through the network at a time; more are run in parts. Default: all of them. */
  readonly maxBatch?: number;
  /** Another runtime than the installed one: `webPlatform(ort)` or `nodePlatform(ort)`. */
  readonly platform?: Platform;
}

/** The device that was asked for can't run the network here. */
export class DeviceError extends Error {
  override readonly name = "DeviceError";
}

type Tensors = Readonly<Record<string, FloatTensor>>;

/** A network that a runtime has loaded onto one device, the whole of it. */
export class ModelSession {
  readonly device: Device;
  readonly #platform: Platform;
  readonly #session: InferenceSession;
  readonly #signature: Signature;
  readonly #maxBatch: number;
  /** Runs one after another: onnxruntime-web refuses two at a time. */
  #last: Promise<unknown> = Promise.resolve();
  #disposed = false;

  private constructor(
    opened: { readonly device: Device; readonly session: InferenceSession },
    platform: Platform,
    signature: Signature,
    maxBatch: number,
  ) {
    this.device = opened.device;
    this.#session = opened.session;
    this.#platform = platform;
    this.#signature = signature;
    this.#maxBatch = maxBatch;
  }

  /**
   * Loads a model. A device other than the CPU gets the whole network, or the session is refused: nothing falls back to the
   * CPU in silence.
   *
   * Errors: `DeviceError` where the device can't run it; `Error` for a model that can't be read.
   */
  static async open(
    source: ModelSource,
    signature: Signature,
    platform: Platform,
    options: LoadOptions,
  ): Promise<ModelSession> {
    const { device = "cpu", maxBatch = Number.POSITIVE_INFINITY, threads } = options;
    if (!(maxBatch >= 1)) throw new RangeError(`maxBatch is ${maxBatch}, but has to be at least 1`);
    const model =
      source instanceof Uint8Array
        ? source
        : source instanceof ArrayBuffer
          ? new Uint8Array(source)
          : await platform.locate(source);
    const candidates = device === "auto" ? PREFERENCE.filter((each) => each in platform.providers) : [device];
    const problems: string[] = [];
    for (const candidate of candidates) {
      try {
        const session = await create(model, platform, candidate, threads);
        return new ModelSession({ device: candidate, session }, platform, signature, Math.floor(maxBatch));
      } catch (error) {
        // Runtimes add traces of their own after the first line.
        const [cause = ""] = (error instanceof Error ? error.message : String(error)).trim().split("\n");
        if (candidate === "cpu") throw new Error(`the model can't be loaded: ${cause}`, { cause: error });
        problems.push(`${candidate}: ${cause}`);
      }
    }
    throw new DeviceError(`the network can't run here on ${problems.join("; ")}`);
  }

  /**
   * Runs the network on a batch of any size. A file of a fixed batch is run as often as it takes, the last time filled up
   * with zeros.
   *
   * Errors: `TypeError` for missing inputs and wrong shapes.
   */
  run(inputs: Tensors): Promise<Tensors> {
    if (this.#disposed) return Promise.reject(new Error("the network was disposed of"));
    const result = this.#last.then(() => this.#runParts(inputs));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Frees the network's memory, after the runs that were asked for. Calling it again does nothing. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#last;
    await this.#session.release();
  }

  async #runParts(inputs: Tensors): Promise<Tensors> {
    const { single = false } = this.#signature;
    const images = checkInputs(inputs, this.#signature.inputs);
    if (single) return this.#runOnce(inputs, 1);
    const fixed = this.#signature.batch;
    const part = fixed ?? Math.min(images, this.#maxBatch);
    if (images === part) return this.#runOnce(inputs, images);
    const parts: Tensors[] = [];
    for (let start = 0; start < images; start += part) {
      const count = Math.min(part, images - start);
      const batch = fixed ?? count;
      const slices = mapValues(inputs, (tensor) => sliceBatch(tensor, start, count, batch));
      const outputs = await this.#runOnce(slices, batch);
      parts.push(mapValues(outputs, (tensor) => sliceBatch(tensor, 0, count, count)));
    }
    return mapValues(this.#signature.outputs, (_, name) =>
      joinBatches(parts.map((each) => named(each, name))),
    );
  }

  async #runOnce(inputs: Tensors, batch: number): Promise<Tensors> {
    const { Tensor } = this.#platform.runtime;
    const feeds = mapValues(this.#signature.inputs, ({ dtype }, name) => {
      const { data, dims } = named(inputs, name);
      return dtype === "float32"
        ? new Tensor(dtype, data, dims)
        : new Tensor(dtype, Uint16Array.from(data, toFloat16Bits), dims);
    });
    const results = await this.#session.run(feeds);
    const open = this.#signature.single === true ? undefined : batch;
    return mapValues(this.#signature.outputs, ({ dtype, dims: sizes }, name) => {
      const tensor = results[name];
      const dims = sizes.map((size, i) => size ?? open ?? tensor?.dims[i]);
      if (tensor?.type !== dtype || tensor.dims.join() !== dims.join()) {
        throw new Error(
          `the model has no output ${name} of ${dtype} and shape [${dims.join(", ")}]: is it another network's?`,
        );
      }
      return { data: numbersOf(tensor), dims: tensor.dims };
    });
  }
}

async function create(
  model: string | Uint8Array,
  { runtime, providers }: Platform,
  device: Device,
  threads: number | undefined,
): Promise<InferenceSession> {
  const provider = DEVICES.includes(device) ? providers[device] : undefined;
  if (provider === undefined) throw new DeviceError("this runtime does not have it");
  const options: InferenceSession.SessionOptions = {
    executionProviders: [provider],
    logSeverityLevel: 4,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    extra: { session: device === "cpu" ? {} : { disable_cpu_ep_fallback: "1" } },
  };
  return typeof model === "string"
    ? runtime.InferenceSession.create(model, options)
    : runtime.InferenceSession.create(model, options);
}

/** The number of images that all inputs have. */
function checkInputs(inputs: Tensors, ports: Signature["inputs"]): number {
  const batches = Object.entries(ports).map(
    ([
      name,
      {
        dims: [first = null, ...sizes],
      },
    ]) => {
      const tensor = inputs[name];
      if (tensor === undefined) throw new TypeError(`the input ${name} is missing`);
      const [batch, ...rest] = tensor.dims;
      const wanted = `[${[first ?? "batch", ...sizes].join(", ")}]`;
      const isBatch =
        batch !== undefined && Number.isInteger(batch) && batch >= 1 && batch === (first ?? batch);
      if (!isBatch || rest.join() !== sizes.join()) {
        throw new TypeError(`the input ${name} is [${tensor.dims.join(", ")}], and has to be ${wanted}`);
      }
      const length = batch * sizes.reduce<number>((product, size) => product * (size ?? 1), 1);
      if (!(tensor.data instanceof Float32Array) || tensor.data.length !== length) {
        throw new TypeError(`the input ${name} of shape ${wanted} needs a Float32Array of ${length} numbers`);
      }
      return batch;
    },
  );
  const [first = 0] = batches;
  if (batches.some((each) => each !== first)) {
    throw new TypeError(`the inputs have batches of ${batches.join(" and ")}`);
  }
  return first;
}

/** Images of a batch as one of another size, filled up with zeros. */
function sliceBatch({ data, dims }: FloatTensor, start: number, count: number, batch: number): FloatTensor {
  const [, ...sizes] = dims;
  const size = sizes.reduce((product, each) => product * each, 1);
  const part = data.subarray(start * size, (start + count) * size);
  const shape = [batch, ...sizes];
  if (batch === count) return { data: part, dims: shape };
  const filled = new Float32Array(batch * size);
  filled.set(part);
  return { data: filled, dims: shape };
}

function joinBatches(parts: readonly FloatTensor[]): FloatTensor {
  const [, ...sizes] = parts[0]?.dims ?? [];
  const data = new Float32Array(parts.reduce((length, each) => length + each.data.length, 0));
  let end = 0;
  let images = 0;
  for (const part of parts) {
    data.set(part.data, end);
    end += part.data.length;
    images += part.dims[0] ?? 0;
  }
  return { data, dims: [images, ...sizes] };
}

/** The numbers of a tensor of whole numbers, of float32 or of float16, whose elements are bits or, where JavaScript has a Float16Array, numbers. */
function numbersOf({ data }: Tensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array) return Float32Array.from(data, Number);
  if (!ArrayBuffer.isView(data)) throw new Error("the model's output is no tensor of numbers");
  const bits = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  return Float32Array.from(bits, fromFloat16Bits);
}

function named(tensors: Tensors, name: string): FloatTensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`the tensor ${name} is missing`);
  return tensor;
}

function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  change: (value: A, name: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}
