import { nothingBeside, type OpenBeside, rangeOfBytes } from "../../base/bytes.js";
import { byReason, type Diagnostic, InputError, type Problem, sayTogether } from "../../base/diagnostic.js";
import { quoteName } from "../../base/visible-text.js";
import { type DType, elementCount, isIntegerType, refuse, TypeRefusal } from "../../ir/types.js";
import type { LentNumbers } from "../../ir/weight.js";
import { type FileDType, hasNumbers } from "../../weights/formats/file-dtypes.js";
import { LatestBytes } from "../../weights/formats/latest.js";
import { exactNumbers, lendNumbers, type StoredTensor } from "../../weights/formats/tensor-source.js";
import { encodeElements } from "../../weights/values/elements.js";
import type { DocumentNode, ModelDocument } from "../file/document.js";
import { dtypeOfNumber } from "../file/element-types.js";
import { isDefaultDomain } from "../file/opset.js";
import { type NodeMessage, type TensorMessage, toInteger } from "../file/proto.js";
import {
  elementDType,
  externalData,
  isExternal,
  storedInitializer,
  type TensorReading,
  tensorOfMessage,
} from "../file/tensors.js";
import { WireReader } from "../file/wire.js";
import type { SourceTensor } from "./source.js";

/** A tensor that the file holds, as a parameter's data. */
export interface DecodedTensor {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly data: LentNumbers;
  /** Whether it is the value of a Constant node and no initializer. */
  readonly isConstant: boolean;
  /** All of its numbers; undefined for a tensor without numbers, and for one that no operator has as an argument. */
  numbers(): readonly number[] | undefined;
}

/** Arguments of operators (sizes, axes, bounds) have fewer elements. */
const LARGEST_ARGUMENT = 4096;

const IR_DTYPES: { readonly [D in FileDType]?: DType } = {
  F32: "float32",
  F16: "float16",
  F64: "float64",
  BF16: "bfloat16",
  I64: "int64",
  I32: "int32",
  I16: "int16",
  I8: "int8",
  U64: "uint64",
  U32: "uint32",
  U16: "uint16",
  U8: "uint8",
  BOOL: "bool",
};

/** The tensors of a model file by name: initializers, sparse ones, and the values of Constant nodes. */
export class SourceTensors {
  readonly problems: readonly Diagnostic[];
  readonly initializers: ReadonlyMap<string, SourceTensor>;
  readonly constants: ReadonlyMap<string, DocumentNode>;
  readonly #tensors = new Map<string, DecodedTensor>();
  readonly #constantNodes: ReadonlySet<DocumentNode>;

  constructor(document: ModelDocument, openData: OpenBeside) {
    const { file: path, range } = document;
    const reading: TensorReading = {
      ...{ range, openData },
      wire: new WireReader(range),
      latest: new LatestBytes(),
    };
    const problems: Problem[] = [];
    const attempt = (name: string, read: () => void): void => {
      try {
        if (this.#tensors.has(name)) throw new TypeRefusal("there are two of that name");
        read();
      } catch (error) {
        if (!(error instanceof TypeRefusal || error instanceof InputError)) throw error;
        problems.push({ subject: `tensor ${quoteName(name)}`, reason: error.message });
        // Nodes that read it are not to blame.
        if (!this.#tensors.has(name)) this.#tensors.set(name, withoutNumbers([], name, path, "other"));
      }
    };

    const initializers = new Map<string, SourceTensor>();
    for (const initializer of document.initializers) {
      const name = initializer.tensor.name ?? "";
      attempt(name, () => {
        const { tensor } = initializer;
        const known = elementDType(tensor) !== undefined;
        const stored = known ? storedInitializer(reading, initializer) : undefined;
        if (!known) expectInside(tensor, openData);
        initializers.set(name, { initializer, stored });
        const decoded =
          stored === undefined
            ? withoutNumbers(sizesOf(tensor), name, path, dtypeOfNumber(tensor.dataType))
            : ofStored(stored, path);
        this.#tensors.set(name, decoded);
      });
    }
    for (const { values, dims } of document.graph.sparseInitializer ?? []) {
      const name = values?.name ?? "";
      attempt(name, () =>
        this.#tensors.set(
          name,
          withoutNumbers(sizesOf({ dims }), name, path, dtypeOfNumber(values?.dataType)),
        ),
      );
    }
    const constants = new Map<string, DocumentNode>();
    for (const node of document.nodes) {
      const [name = "", ...more] = node.message.output ?? [];
      if (!isConstantNode(node.message) || name === "" || more.length > 0) continue;
      attempt(name, () => {
        const tensor = constantTensor(node.message, path);
        if (tensor === undefined) return;
        constants.set(name, node);
        this.#tensors.set(name, tensor);
      });
    }
    this.initializers = initializers;
    this.constants = constants;
    this.#constantNodes = new Set(constants.values());
    const messages = byReason(problems).map(sayTogether);
    this.problems = InputError.ofFile("onnx/initializer", path, "", messages).diagnostics;
  }

  get(name: string): DecodedTensor | undefined {
    return this.#tensors.get(name);
  }

  isConstant(node: DocumentNode): boolean {
    return this.#constantNodes.has(node);
  }
}

function ofStored(stored: StoredTensor, file: string, isConstant = false): DecodedTensor {
  const { dims, name } = stored;
  const dtype = IR_DTYPES[stored.dtype] ?? "other";
  if (!hasNumbers(stored.dtype)) return withoutNumbers(dims, name, file, dtype, isConstant);
  const exact = exactNumbers(stored, file);
  return {
    dtype,
    dims,
    data: isIntegerType(dtype) ? exact : lendNumbers(stored, file),
    isConstant,
    numbers() {
      if (exact.length > LARGEST_ARGUMENT) return undefined;
      const all = new Float64Array(exact.length);
      exact.copyTo(all, 0);
      return [...all];
    },
  };
}

/** A tensor whose elements are no numbers here: strings, numbers of less than a byte. It is only handed on. */
function withoutNumbers(
  dims: readonly number[],
  name: string,
  file: string,
  dtype: DType,
  isConstant = false,
): DecodedTensor {
  const data: LentNumbers = {
    length: elementCount(dims),
    copyTo() {
      const message = `the elements of the tensor ${quoteName(name)} are not read as numbers`;
      throw InputError.of("onnx/elements", message, { file });
    },
  };
  return { dtype, dims, data, isConstant, numbers: () => undefined };
}

function sizesOf({ dims }: { readonly dims?: TensorMessage["dims"] | undefined }): readonly number[] {
  const sizes = (dims ?? []).map(toInteger);
  const count = elementCount(sizes);
  if (sizes.every((size) => size >= 0) && Number.isSafeInteger(count)) return sizes;
  return refuse(`its sizes are [${sizes.join(", ")}]`);
}

/** Refuses data outside of the model's folder also where its size is not known. */
function expectInside(tensor: TensorMessage, openData: OpenBeside): void {
  if (!isExternal(tensor)) return;
  const length = tensor.externalData?.find(({ key }) => key === "length")?.value;
  externalData(tensor, openData, Number(length ?? Number.NaN));
}

export function isConstantNode({ opType, domain }: NodeMessage): boolean {
  return opType === "Constant" && isDefaultDomain(domain);
}

/**
 * The tensor of a Constant node; undefined where it has none of numbers. Source:
 * https://onnx.ai/onnx/operators/onnx__Constant.html
 */
function constantTensor({ attribute, output }: NodeMessage, file: string): DecodedTensor | undefined {
  const [only, ...more] = attribute ?? [];
  const [name = ""] = output ?? [];
  if (only === undefined || more.length > 0) return undefined;
  switch (only.name) {
    case "value":
      return only.t ? ofMessage(only.t, name, file) : undefined;
    case "value_float":
      return ofList([only.f ?? 0], [], "F32", name, file);
    case "value_floats":
      return ofList(only.floats ?? [], [only.floats?.length ?? 0], "F32", name, file);
    case "value_int":
      return ofList([toInteger(only.i)], [], "I64", name, file);
    case "value_ints":
      return ofList((only.ints ?? []).map(toInteger), [only.ints?.length ?? 0], "I64", name, file);
    default:
      return undefined;
  }
}

function ofMessage(tensor: TensorMessage, name: string, file: string): DecodedTensor {
  const dims = sizesOf(tensor);
  if (isExternal(tensor)) refuse("it is the value of a node and lies in another file");
  if (elementDType(tensor) === undefined)
    return withoutNumbers(dims, name, file, dtypeOfNumber(tensor.dataType), true);
  return ofStored({ ...tensorOfMessage(tensor, nothingBeside), name }, file, true);
}

function ofList(
  numbers: readonly number[],
  dims: readonly number[],
  dtype: "F32" | "I64",
  name: string,
  file: string,
): DecodedTensor {
  const bytes = encodeElements(numbers, dtype === "F32" ? "float32" : "int64");
  const stored = { name, dtype, dims, byteLength: bytes.length, readInto: rangeOfBytes(bytes).readInto };
  return ofStored(stored, file, true);
}
