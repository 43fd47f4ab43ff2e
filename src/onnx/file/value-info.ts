import { refuse, sameDims, type TensorType, tensorType, UNKNOWN_TYPE } from "../../ir/types.js";
import { dtypeOfNumber, ELEMENT_NUMBERS } from "./element-types.js";
import { toInteger, type ValueInfoMessage } from "./proto.js";

/** The declaration of a tensor's type. A size that is a symbol becomes a `dim_param`. */
export function encodeValueInfo(name: string, type: TensorType): ValueInfoMessage {
  const dim = type.dims.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: elementNumber(type), shape: { dim } } } };
}

function elementNumber({ dtype }: TensorType): number {
  return dtype === "other" ? refuse("it has a type that can't be declared") : ELEMENT_NUMBERS[dtype];
}

/** The type that a declaration gives; undefined where it gives none, or no shape. */
export function decodeValueInfo(info: ValueInfoMessage): TensorType | undefined {
  const type = info.type?.tensorType;
  if (type?.shape === undefined || type.shape === null) return undefined;
  const dims = (type.shape.dim ?? []).map(({ dimParam, dimValue }, axis) => {
    if (dimParam !== undefined && dimParam !== null && dimParam !== "") return dimParam;
    const size = toInteger(dimValue);
    // A size that the file leaves open gets a name of its own.
    return size > 0 ? size : `${info.name}_${axis}`;
  });
  return tensorType(dims, dtypeOfNumber(type.elemType));
}

/** Numbers for symbols of sizes. */
export type Sizes = Readonly<Record<string, number>>;

/** The type that a declaration gives, as far as the IR can say it, with numbers for symbols. */
export function declaredType(info: ValueInfoMessage, sizes: Sizes = {}): TensorType {
  const { dims, dtype } = decodeValueInfo(info) ?? UNKNOWN_TYPE;
  const sized = dims.map((dim) =>
    typeof dim === "string" && Object.hasOwn(sizes, dim) ? (sizes[dim] as number) : dim,
  );
  return dtype === "other" ? UNKNOWN_TYPE : tensorType(sized, dtype);
}

/** Whether a declared type can be the inferred one: equal, as far as both know their sizes. */
export function agrees(declared: TensorType, inferred: TensorType): boolean {
  const known = declared.dims.map((dim, i) => {
    const other = inferred.dims[i];
    return typeof dim === "string" || typeof other === "string" ? (other ?? dim) : dim;
  });
  return declared.dtype === inferred.dtype && sameDims(known, inferred.dims);
}
