/**
 * What the process that holds ONNX Runtime and the one that asks it say to each other. Messages are copied by
 * Node.js' structured clone; a model goes as a path.
 */

/** Element types that a graph's inputs and outputs may have, and the arrays that hold them. */
export interface WireArrays {
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  /** The bits of IEEE 754 binary16 numbers. */
  readonly float16: Uint16Array;
  readonly int8: Int8Array;
  readonly uint8: Uint8Array;
  readonly int16: Int16Array;
  readonly uint16: Uint16Array;
  readonly int32: Int32Array;
  readonly uint32: Uint32Array;
  readonly int64: BigInt64Array;
  readonly uint64: BigUint64Array;
  /** 0 or 1 each. */
  readonly bool: Uint8Array;
}

export type WireDType = keyof WireArrays;

export type WireTensor = {
  [T in WireDType]: { readonly dtype: T; readonly dims: readonly number[]; readonly data: WireArrays[T] };
}[WireDType];

/** How a session is made. */
export interface OpenRequest {
  /** The model's file. */
  readonly path: string;
  /** ONNX Runtime's name of the execution provider. */
  readonly provider: string;
  readonly threads?: number | undefined;
  /** Whether a graph that is not wholly on the provider is refused. */
  readonly wholly: boolean;
  /** Whether sums of products of whole numbers must not saturate. */
  readonly exactIntegers: boolean;
  /** Whether the nodes are run as the file has them. */
  readonly unfused: boolean;
  /** The beginning of the profile's path; no profile is written without it. */
  readonly profile?: string | undefined;
}

/** The element type of what is a sequence or a map. */
export const NO_TENSOR = "no tensor";

/** A declared input or output. */
export interface Port {
  readonly name: string;
  /** ONNX Runtime's name of the element type, or `NO_TENSOR`. */
  readonly dtype: string;
  /** A size that is open has a name, or from ONNX Runtime the empty text. */
  readonly dims: readonly (number | string)[];
}

export interface OpenReply {
  readonly session: number;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Milliseconds that loading took. */
  readonly ms: number;
}

export interface RunReply {
  readonly outputs: readonly (readonly [name: string, tensor: WireTensor])[];
  /** Milliseconds of the run alone, without the way of the tensors between the processes. */
  readonly ms: number;
}

/** A node as the profile tells of it, once for each time that it ran. */
export interface ProfiledNode {
  readonly index: number;
  readonly name: string;
  readonly op: string;
  /** `WebGpuExecutionProvider` */
  readonly provider: string;
  /** Microseconds. */
  readonly us: number;
}

/** What can be asked, and what the answer is. */
export interface Calls {
  open: { readonly ask: OpenRequest; readonly answer: OpenReply };
  run: {
    readonly ask: {
      readonly session: number;
      readonly inputs: readonly (readonly [name: string, tensor: WireTensor])[];
      /** Whether the outputs are sent back: a benchmark needs only the time. */
      readonly outputs: boolean;
    };
    readonly answer: RunReply;
  };
  /** Ends a session's profile and gives its nodes. */
  profile: { readonly ask: { readonly session: number }; readonly answer: readonly ProfiledNode[] };
  close: { readonly ask: { readonly session: number }; readonly answer: null };
}

export type CallName = keyof Calls;

export type Request = {
  readonly [N in CallName]: { readonly call: N; readonly ask: Calls[N]["ask"] };
}[CallName];

/** The first message: ONNX Runtime is loaded, or why not. */
export type Greeting =
  | { readonly version: string; readonly backends: readonly string[] }
  | { readonly error: string };

/** The answer to a request. `error`: what ONNX Runtime says. */
export type Reply = { readonly answer: Calls[CallName]["answer"] } | { readonly error: string };
