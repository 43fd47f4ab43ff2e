import { DeviceError, InputError } from "../base/diagnostic.js";
import { DEVICES, type DeviceName } from "./devices.js";

/** A float32 tensor at the border to ONNX Runtime. */
export interface FloatTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

export interface SessionOptions {
  readonly device?: DeviceName;
  /** Threads of the CPU provider; ONNX Runtime's choice when left out. */
  readonly threads?: number | undefined;
}

/** A declared input. */
export interface Port {
  readonly name: string;
  /** ONNX Runtime's name of the element type. */
  readonly dtype: string;
  /** A size that is open has a name, or the empty text. */
  readonly dims: readonly (number | string)[];
}

/** An ONNX model that ONNX Runtime has loaded onto one device, the whole of it. */
export interface Session {
  readonly device: DeviceName;
  /** The declared inputs, in order. */
  readonly inputs: readonly Port[];
  readonly outputNames: readonly string[];
  /** Runs the model once. Errors: `InputError` where ONNX Runtime refuses the inputs or fails. */
  run(inputs: ReadonlyMap<string, FloatTensor>): Promise<ReadonlyMap<string, FloatTensor>>;
  close(): Promise<void>;
}

/**
 * Loads a model (its bytes, or the path of its file) with onnxruntime-node. A device other than the CPU gets
 * the whole graph or the session is refused (`DeviceError`): nothing falls back to the CPU in silence.
 */
export async function openSession(
  model: Uint8Array | string,
  options: SessionOptions = {},
): Promise<Session> {
  const { device = "cpu", threads } = options;
  const ort = await loadRuntime();
  const sessionOptions = {
    executionProviders: [DEVICES[device].provider],
    logSeverityLevel: 4 as const,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    extra: {
      session: {
        strict_shape_type_inference: "1",
        ...(device === "cpu" ? {} : { disable_cpu_ep_fallback: "1" }),
      },
    },
  };
  const session = await create(ort, model, sessionOptions, device);
  return {
    device,
    inputs: session.inputMetadata.map((input) => ({
      name: input.name,
      dtype: input.isTensor ? input.type : "no tensor",
      dims: input.isTensor ? input.shape : [],
    })),
    outputNames: session.outputNames,
    async run(inputs) {
      const feeds = Object.fromEntries(
        [...inputs].map(([name, { dims, data }]) => [name, new ort.Tensor("float32", data, dims)]),
      );
      const results = await session.run(feeds).catch((error: Error) => {
        throw InputError.of("run/failed", `ONNX Runtime can't run the model: ${firstLine(error)}`);
      });
      return new Map(
        Object.entries(results).map(([name, { dims, data }]) => {
          if (!(data instanceof Float32Array))
            throw InputError.of("run/dtype", `the output ${name} is not float32`);
          return [name, { dims, data }];
        }),
      );
    },
    close: () => session.release(),
  };
}

type Runtime = typeof import("onnxruntime-node");

/** onnxruntime-node is large and slow to load, so nothing but a run loads it. */
export async function loadRuntime(): Promise<Runtime> {
  try {
    const ort = await import("onnxruntime-node");
    // What the native library would print on stderr is in the errors that it throws.
    ort.env.logLevel = "fatal";
    return ort;
  } catch (error) {
    throw new DeviceError(
      `onnxruntime-node can't be loaded: ${(error as Error).message}`,
      DEVICES.cpu.remedy,
    );
  }
}

async function create(
  ort: Runtime,
  model: Uint8Array | string,
  options: object,
  device: DeviceName,
): Promise<Awaited<ReturnType<Runtime["InferenceSession"]["create"]>>> {
  try {
    return typeof model === "string"
      ? await ort.InferenceSession.create(model, options)
      : await ort.InferenceSession.create(model, options);
  } catch (error) {
    const message = firstLine(error);
    if (device !== "cpu") {
      throw new DeviceError(
        `${DEVICES[device].title} can't run this model here: ${message}`,
        DEVICES[device].remedy,
      );
    }
    throw InputError.of("run/refused", `ONNX Runtime refuses the model: ${message}`, {
      ...(typeof model === "string" ? { file: model } : {}),
    });
  }
}

function firstLine(error: unknown): string {
  return (error as Error).message.trim().split("\n")[0] ?? "";
}
