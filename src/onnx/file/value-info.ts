import {
  numberDType,
  sameDims,
  type TensorType,
  TypeRefusal,
  tensorType,
  UNKNOWN_TYPE,
} from "../../ir/types.js";
import { ELEMENT_TYPE, elementTypeOf, toInteger, type ValueInfoMessage } from "./proto.js";

/** The declaration of a tensor's type. A size that is a symbol becomes a `dim_param`. */
export function encodeValueInfo(name: string, type: TensorType): ValueInfoMessage {
  const dim = type.dims.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: ELEMENT_TYPE[numberDType(type)], shape: { dim } } } };
}

/** The type that a declaration gives; undefined where it gives none, or no shape. Refuses unknown element types. */
export function decodeValueInfo(info: ValueInfoMessage): TensorType | undefined {
  const type = info.type?.tensorType;
  if (type?.shape === undefined || type.shape === null) return undefined;
  const dims = (type.shape.dim ?? []).map(({ dimParam, dimValue }, axis) => {
    if (dimParam !== undefined && dimParam !== null && dimParam !== "") return dimParam;
    const size = toInteger(dimValue);
    // A size that the file leaves open gets a name of its own.
    return size > 0 ? size : `${info.name}_${axis}`;
  });
  return tensorType(dims, elementTypeOf(type.elemType ?? 0));
}

/** Numbers for symbols of sizes. */
export type Sizes = Readonly<Record<string, number>>;

/** The type that a declaration gives, as far as the IR can say it, with numbers for symbols. */
export function declaredType(info: ValueInfoMessage, sizes: Sizes = {}): TensorType {
  try {
    const { dims, dtype } = decodeValueInfo(info) ?? UNKNOWN_TYPE;
    const sized = dims.map((dim) =>
      typeof dim === "string" && Object.hasOwn(sizes, dim) ? (sizes[dim] as number) : dim,
    );
    return tensorType(sized, dtype);
  } catch (error) {
    if (!(error instanceof TypeRefusal)) throw error;
    return UNKNOWN_TYPE;
  }
}

/** Whether a declared type can be the inferred one: equal, as far as both know their sizes. */
export function agrees(declared: TensorType, inferred: TensorType): boolean {
  const known = declared.dims.map((dim, i) => {
    const other = inferred.dims[i];
    return typeof dim === "string" || typeof other === "string" ? (other ?? dim) : dim;
  });
  return declared.dtype === inferred.dtype && sameDims(known, inferred.dims);
}
