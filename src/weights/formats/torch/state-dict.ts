import { MOST_PROBLEMS } from "../../../base/diagnostic.js";
import { quoteName } from "../../../base/visible-text.js";
import type { Conversion } from "./conversion.js";
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

/** Where checkpoints keep the weights' average over the training: timm evaluates these, and so reads them first. */
const AVERAGED_UNDER = ["state_dict_ema", "model_ema", "ema_state_dict", "model_ema_state_dict", "ema"];
/** Where they keep their state dict, the first one first. */
const NESTED_UNDER = [...AVERAGED_UNDER, "state_dict", "model", "model_state_dict", "net", "network"];
/** A dict of one of these is the average's own: a wrapper's state beside a step count. */
const INSIDE = ["module", "ema_model", "ema_state_dict", "state_dict", "model", "shadow"];
/** PyTorch allows tensors of no more. */
const MOST_AXES = 64;

/** A state dict, and where in the checkpoint it is. */
export interface FoundStateDict {
  /** The key that it is under; undefined where the checkpoint is one. */
  readonly under?: string;
  /** Other keys that hold one, where there are several. */
  readonly others: readonly string[];
  /** Whether it is an average over the training. */
  readonly isAveraged: boolean;
  readonly tensors: readonly TorchTensor[];
}

/**
 * The tensors of a checkpoint: a dict of tensors, or one that has such a dict under one of the usual names, the averaged
 * weights before those that were trained last. `key`: the name to take. Throws `PickleProblem` for anything else.
 */
export function findStateDict(root: PickleValue, key?: string): FoundStateDict {
  const dict = dictOf(root);
  if (dict === undefined) {
    const conversion: Conversion = { kind: isModule(root) ? "module" : "none" };
    throw new PickleProblem(`it contains ${describe(root)}, not a dict of tensors`, conversion);
  }
  const found = new Map<string, Entries>();
  for (const [name, value] of dict) {
    const entries = typeof name === "string" ? stateIn(value) : undefined;
    if (typeof name === "string" && entries !== undefined) found.set(name, entries);
  }
  const under = key ?? NESTED_UNDER.find((name) => found.has(name));
  const entries = under === undefined ? undefined : found.get(under);
  if (under !== undefined && entries !== undefined) {
    const others = [...found.keys()].filter((name) => name !== under);
    return { under, others, isAveraged: AVERAGED_UNDER.includes(under), tensors: tensorsOf(entries, under) };
  }
  if (key !== undefined) throw new UnknownKey(key, [...found.keys()]);
  if (isTensors(dict)) return { others: [], isAveraged: false, tensors: tensorsOf(dict) };
  const keys = [...dict.keys()].map((each) => quoteName(String(each)));
  throw new PickleProblem(
    `it contains a dict with ${keys.slice(0, 12).join(", ") || "nothing"}, not a dict of tensors`,
    moduleUnder(dict),
  );
}

/** A whole network under a key of a checkpoint, under one of the usual names rather than another. */
function moduleUnder(dict: Entries): Conversion {
  const names = [...dict.keys()].filter((name) => typeof name === "string" && isModule(dict.get(name)));
  const under = NESTED_UNDER.find((name) => names.includes(name)) ?? names[0];
  return typeof under === "string" ? { kind: "module", under } : { kind: "none" };
}

/** Whether a value is a network of PyTorch, as its state tells. */
function isModule(value: PickleValue | undefined): boolean {
  const state = value instanceof PickleCall ? value.state : undefined;
  return state instanceof PickleDict && state.entries.has("_modules") && state.entries.has("_parameters");
}

/** A key that a checkpoint has no tensors under. */
export class UnknownKey extends Error {
  override readonly name = "UnknownKey";
  readonly key: string;
  /** The keys that it has tensors under. */
  readonly known: readonly string[];

  constructor(key: string, known: readonly string[]) {
    super(`no tensors under ${quoteName(key)}`);
    this.key = key;
    this.known = known;
  }
}

/** The dict of tensors that a value is, or that it has under a wrapper's name. */
function stateIn(value: PickleValue): Entries | undefined {
  const entries = dictOf(value);
  if (entries === undefined || isTensors(entries)) return entries;
  for (const name of INSIDE) {
    const inner = entries.get(name);
    const state = inner === undefined ? undefined : dictOf(inner);
    if (state !== undefined && isTensors(state)) return state;
  }
  return undefined;
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

function tensorsOf(entries: Entries, under?: string): readonly TorchTensor[] {
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
  const more = problems.length - MOST_PROBLEMS;
  if (more > 0) problems.splice(MOST_PROBLEMS, more, `and ${more} more like these`);
  if (problems.length > 0) throw new PickleProblem(problems.join("; "), { kind: "tensors", under });
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
