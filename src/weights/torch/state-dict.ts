import { quoteName } from "../tensor-name.js";
import {
  PickleCall,
  PickleDict,
  PickleGlobal,
  PickleList,
  PicklePersistent,
  PickleProblem,
  type PickleValue,
} from "./pickle-values.js";

/** A tensor as a pickle describes it: a view of a storage. */
export interface TorchTensor {
  readonly name: string;
  /** `torch.FloatStorage` */
  readonly storageType: string;
  /** The name of the storage's file in the archive. */
  readonly storageKey: string;
  /** Elements of the storage. */
  readonly storageSize: number;
  /** In elements, as the strides. */
  readonly offset: number;
  readonly dims: readonly number[];
  readonly strides: readonly number[];
}

/** Where checkpoints keep their state dict, the first one first. */
const NESTED_UNDER = [
  "state_dict",
  "model",
  "model_state_dict",
  "state_dict_ema",
  "model_ema",
  "net",
  "network",
];
/** PyTorch allows tensors of no more. */
const MOST_AXES = 64;
const MOST_PROBLEMS = 20;

/**
 * The tensors of a checkpoint: a dict of tensors, or one that has such a dict under one of the usual names
 * (`under` then). Throws `PickleProblem` for anything else.
 */
export function findStateDict(root: PickleValue): {
  readonly under?: string;
  readonly tensors: readonly TorchTensor[];
} {
  const dict = dictOf(root);
  if (dict === undefined) throw new PickleProblem(`it holds ${describe(root)}, no dict of tensors`);
  for (const under of NESTED_UNDER) {
    const nested = dict.get(under);
    const entries = nested === undefined ? undefined : dictOf(nested);
    if (entries !== undefined && isTensors(entries)) return { under, tensors: tensorsOf(entries) };
  }
  if (isTensors(dict)) return { tensors: tensorsOf(dict) };
  const keys = [...dict.keys()].map((key) => quoteName(String(key)));
  throw new PickleProblem(
    `it holds a dict with ${keys.slice(0, 12).join(", ") || "nothing"}, no dict of tensors`,
  );
}

/** The functions that make a tensor, and a parameter of one: the only ones whose calls mean something here. */
const REBUILD_TENSOR = ["torch._utils._rebuild_tensor_v2"];
const REBUILD_PARAMETER = ["torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state"];

type Entries = ReadonlyMap<PickleValue, PickleValue>;

function dictOf(value: PickleValue): Entries | undefined {
  if (value instanceof PickleCall) {
    const { callee, args } = value;
    const ordered = callee instanceof PickleGlobal && callee.path === "collections.OrderedDict";
    return ordered && args.length === 0 ? value.entries : undefined;
  }
  return value instanceof PickleDict ? value.entries : undefined;
}

function isTensors(entries: Entries): boolean {
  return [...entries.values()].some((value) => isCallOf(value, [...REBUILD_TENSOR, ...REBUILD_PARAMETER]));
}

function isCallOf(value: PickleValue | undefined, functions: readonly string[]): value is PickleCall {
  return (
    value instanceof PickleCall &&
    value.callee instanceof PickleGlobal &&
    functions.includes(value.callee.path)
  );
}

function tensorsOf(entries: Entries): readonly TorchTensor[] {
  const tensors: TorchTensor[] = [];
  const problems: string[] = [];
  for (const [name, value] of entries) {
    if (typeof name !== "string") problems.push(`its key ${quoteName(String(name))} is no text`);
    else {
      const tensor = tensorOf(name, value);
      if (typeof tensor === "string") problems.push(`${quoteName(name)} ${tensor}`);
      else tensors.push(tensor);
    }
  }
  if (problems.length > 0) throw new PickleProblem(problems.slice(0, MOST_PROBLEMS).join("; "));
  return tensors;
}

/** A tensor, or what is wrong with it. */
function tensorOf(name: string, value: PickleValue): TorchTensor | string {
  if (isCallOf(value, REBUILD_PARAMETER)) {
    // _rebuild_parameter(data, requires_grad, backward_hooks), and the same with Python attributes beside
    const [data] = value.args;
    return isCallOf(data, REBUILD_TENSOR) ? tensorOf(name, data) : "is no plain parameter";
  }
  if (!isCallOf(value, REBUILD_TENSOR)) return `is ${describe(value)}, no plain tensor`;
  // _rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad, backward_hooks)
  const [storage, offset, size, stride] = value.args;
  const id = storage instanceof PicklePersistent && storage.id instanceof PickleList ? storage.id.items : [];
  // ("storage", class, key, device, elements)
  const [kind, type, key, , elements] = id;
  if (
    kind !== "storage" ||
    !(type instanceof PickleGlobal) ||
    typeof key !== "string" ||
    !isCount(elements)
  ) {
    return "has no storage in the archive";
  }
  const dims = countsOf(size);
  const strides = countsOf(stride);
  if (!isCount(offset) || dims === undefined || strides?.length !== dims.length || dims.length > MOST_AXES) {
    return "has no valid sizes and strides";
  }
  return { name, storageType: type.path, storageKey: key, storageSize: elements, offset, dims, strides };
}

function countsOf(value: PickleValue | undefined): readonly number[] | undefined {
  return value instanceof PickleList && value.items.every(isCount)
    ? (value.items as readonly number[])
    : undefined;
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** A value in a few words. */
function describe(value: PickleValue): string {
  if (value instanceof PickleCall) {
    return value.callee instanceof PickleGlobal
      ? `an object of ${quoteName(value.callee.path)}`
      : "an object";
  }
  if (value instanceof PickleGlobal) return quoteName(value.path);
  if (value instanceof PickleList) return "a list";
  if (value instanceof PickleDict) return "a dict";
  return value === null ? "None" : `a ${typeof value}`;
}
