/** Element types that the IR computes with, and the number of bytes that one element takes in a file. */
export const ELEMENT_BYTES = { float32: 4, float16: 2, int64: 8, int32: 4 } as const;

export type NumberDType = keyof typeof ELEMENT_BYTES;

/** Element types of files that the IR only hands on, with sizes. No op computes with them; opaque nodes do. */
export const HANDED_ON = [
  ...["bool", "uint8", "int8", "uint16", "int16", "uint32", "uint64", "float64", "bfloat16", "string"],
  ...["complex64", "complex128", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz"],
  ...["uint4", "int4", "float4e2m1", "float8e8m0", "uint2", "int2"],
] as const;

/**
 * `other` is what is no tensor (a sequence), or one of which nothing is known, not even the rank: its dims are [].
 */
export type DType = NumberDType | (typeof HANDED_ON)[number] | "other";

/** Whether the IR computes with elements of that type. */
export function isNumberDType(dtype: DType): dtype is NumberDType {
  return Object.hasOwn(ELEMENT_BYTES, dtype);
}

/** The element type of a tensor that the IR computes with; refuses others. */
export function numberDType({ dtype }: TensorType): NumberDType {
  return isNumberDType(dtype) ? dtype : refuse("its elements are of a type that the IR only hands on");
}

/** Whether the elements are whole numbers: sizes, indices, axes. */
export function isIntegerType(dtype: DType): dtype is "int64" | "int32" {
  return dtype === "int64" || dtype === "int32";
}

/** Whether the IR computes with elements of that type as floating-point numbers. */
export function isFloatType(dtype: DType): dtype is "float32" | "float16" {
  return dtype === "float32" || dtype === "float16";
}

export function isDType(word: string): word is DType {
  return word === "other" || Object.hasOwn(ELEMENT_BYTES, word) || HANDED_ON.some((each) => each === word);
}

/** A size that is known, or the name of one that is not (`N`, the batch). */
export type Dim = number | string;

/** What is known of a tensor before it exists. Layout of feature maps: N, C, H, W. */
export interface TensorType {
  readonly dtype: DType;
  readonly dims: readonly Dim[];
  /** The elements of a small tensor of integers, row-major, where all of them are known: a shape that is computed. */
  readonly values?: readonly Dim[];
}

/** A tensor with more elements than this is no shape; nothing is known of its elements. */
export const MOST_VALUES = 64;

export function tensorType(
  dims: readonly Dim[],
  dtype: DType = "float32",
  values?: readonly Dim[],
): TensorType {
  const type = { dtype, dims: Object.freeze([...dims]) };
  return Object.freeze(values === undefined ? type : { ...type, values: Object.freeze([...values]) });
}

/** The type of a tensor of which nothing is known. */
export const UNKNOWN_TYPE = tensorType([], "other");

/** Whether nothing is known of a tensor, or it is none. */
export function isUnknownType({ dtype, dims }: TensorType): boolean {
  return dtype === "other" && dims.length === 0;
}

/** `float32[N, 3, 224, 224]`, and with values `int64[2]{N, 3}`. */
export function formatType({ dtype, dims, values }: TensorType): string {
  const known = values === undefined ? "" : `{${formatDims(values)}}`;
  return `${dtype}[${formatDims(dims)}]${known}`;
}

/** Sizes as the text form has them: a symbol that is no plain name in quotes. */
export function formatDims(dims: readonly Dim[]): string {
  const plain = /^[A-Za-z_][A-Za-z0-9_.]*$/;
  return dims
    .map((dim) => (typeof dim === "number" || plain.test(dim) ? dim : JSON.stringify(dim)))
    .join(", ");
}

export function sameType(a: TensorType, b: TensorType): boolean {
  return a.dtype === b.dtype && sameDims(a.dims, b.dims) && sameValues(a.values, b.values);
}

function sameValues(a: TensorType["values"], b: TensorType["values"]): boolean {
  return a === undefined || b === undefined ? a === b : sameDims(a, b);
}

export function sameDims(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** The number of elements, where every size is known. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** How far one step along each axis moves in a tensor that lies row by row. */
export function stridesOf(dims: readonly number[]): readonly number[] {
  return dims.map((_, axis) => elementCount(dims.slice(axis + 1)));
}

/** The indexes along every axis of the element that is the `flat`-th in row-major order. */
export function indexesAt(flat: number, dims: readonly number[]): readonly number[] {
  return stridesOf(dims).map((stride, axis) => Math.floor(flat / stride) % (dims[axis] ?? 1));
}

/** The sizes with each symbol replaced, by one unless `symbols` says otherwise: the shape for one image. */
export function concreteDims(
  dims: readonly Dim[],
  symbols: Readonly<Record<string, number>> = {},
): readonly number[] {
  return dims.map((dim) => (typeof dim === "number" ? dim : (symbols[dim] ?? 1)));
}

/** Operand types or attributes that an op's definition refuses. The builder adds where it happened. */
export class TypeRefusal extends Error {
  override readonly name = "TypeRefusal";
}

export function refuse(message: string): never {
  throw new TypeRefusal(message);
}

/** What `make` gives; undefined where something on the way refuses (`refuse`). */
export function unlessRefused<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof TypeRefusal) return undefined;
    throw error;
  }
}

/** The four sizes of a feature map [N, C, H, W] whose C, H and W are known. */
export function featureMap(type: TensorType | undefined, what: string): [Dim, number, number, number] {
  if (type === undefined) refuse(`${what} is missing`);
  const [n, c, h, w] = type.dims;
  if (type.dims.length !== 4 || n === undefined)
    refuse(`${what} must be [N, C, H, W], got ${formatType(type)}`);
  if (typeof c !== "number" || typeof h !== "number" || typeof w !== "number") {
    refuse(`${what} must have known C, H and W, got ${formatType(type)}`);
  }
  return [n, c, h, w];
}

/** The batch and the channels of a map [N, C, H, W] whose channels are known; height and width may be open. */
export function mapChannels(type: TensorType | undefined, what: string): [Dim, number] {
  if (type !== undefined && type.dims.length !== 4) {
    refuse(`${what} must be [N, C, H, W], got ${formatType(type)}`);
  }
  return gatedChannels(type, what);
}

/** The same of a map or a signal [N, C, L], whose length may be open. */
export function gatedChannels(type: TensorType | undefined, what: string): [Dim, number] {
  if (type === undefined) refuse(`${what} is missing`);
  const [n, c] = type.dims;
  if ((type.dims.length !== 3 && type.dims.length !== 4) || n === undefined)
    refuse(`${what} must be [N, C, H, W] or [N, C, L], got ${formatType(type)}`);
  if (typeof c !== "number") refuse(`${what} must have known C, got ${formatType(type)}`);
  return [n, c];
}

/** The sizes after batch and channels, which are known: height and width of a map, or the length of a signal. */
export function placesOf(type: TensorType | undefined, what: string): readonly number[] {
  gatedChannels(type, what);
  return (type?.dims ?? [])
    .slice(2)
    .map((size) => (typeof size === "number" ? size : refuse(`${what} must have known sizes`)));
}

/** Refuses a tensor whose sizes are not exactly `dims`. */
export function expectDims(type: TensorType | undefined, dims: readonly Dim[], what: string): void {
  if (type === undefined || !sameDims(type.dims, dims)) {
    refuse(`${what} must have the shape [${dims.join(", ")}], got ${type ? formatType(type) : "nothing"}`);
  }
}
