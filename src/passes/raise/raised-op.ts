import { dequal } from "dequal";
import { freezeOp, makeParameter } from "../../ir/builder.js";
import type { Loc, Op, Parameter, Value } from "../../ir/graph.js";
import { inferTypes } from "../../ir/op.js";
import { slotsInUse } from "../../ir/operands.js";
import { definitionOf } from "../../ir/ops/registry.js";
import { type DType, TypeRefusal, tensorType } from "../../ir/types.js";
import type { Dataflow } from "./dataflow.js";
import { mismatch } from "./mismatch.js";
import type { NewNames } from "./names.js";
import type { RaisedModule } from "./raised.js";
import type { RaisedParameter } from "./weights.js";

/** Where a module's op stands. */
interface Standing {
  readonly x: Value;
  /** The name of its result. */
  readonly name: string;
  /** The op that it replaces. */
  readonly last: Op;
  readonly loc: Loc;
  /** The ops that go: a parameter that only they read keeps its name in other sizes. */
  readonly region: ReadonlySet<Op>;
}

/** The op that a found module is. Refuses what the module's op refuses. */
export function raisedOp(
  module: Pick<RaisedModule, "kind" | "attributes" | "parameters">,
  { x, name, last, loc, region }: Standing,
  flow: Dataflow,
  names: NewNames,
): Op {
  const kind = `attention.${module.kind}` as const;
  const definition = definitionOf(kind);
  const attributes = definition.attributes.parse(module.attributes);
  const dtype = weightsType(module.parameters, x);
  const types = [x.type, ...module.parameters.map(({ data }) => tensorType(data.dims, dtype))];
  const results = inferred(last, () => inferTypes(definition, types, attributes)).map((type) =>
    Object.freeze({ kind: "result" as const, name, type }),
  );
  const prefix = loc.scope.slice(1).replaceAll("/", ".");
  const slots = slotsInUse(definition.operands, types.length);
  const parameters = module.parameters.map((parameter, i) => {
    const fallback = `${prefix}.${(slots[i + 1] ?? slots.at(-1))?.name}`;
    return parameterOf(parameter, fallback, dtype, region, flow, names);
  });
  return freezeOp({ kind, operands: [x, ...parameters], attributes, results, loc } as unknown as Op);
}

/** The type that all weights get: float32 where the map or one of them is, so that none loses digits. */
function weightsType(parameters: readonly RaisedParameter[], x: Value): DType {
  const types = parameters.flatMap(({ source }) => source?.type.dtype ?? []);
  return x.type.dtype === "float32" || types.includes("float32") ? "float32" : x.type.dtype;
}

function inferred<T>(op: Op, infer: () => T): T {
  try {
    return infer();
  } catch (error) {
    if (error instanceof TypeRefusal) return mismatch(op, error.message);
    throw error;
  }
}

function parameterOf(
  { source, data, role }: RaisedParameter,
  fallback: string,
  dtype: DType,
  region: ReadonlySet<Op>,
  flow: Dataflow,
  names: NewNames,
): Parameter {
  if (source === undefined) return makeParameter(names.fresh(fallback), data, role, dtype);
  if (source.role === role && source.type.dtype === dtype && dequal(source.data, data)) return source;
  const isOwn = flow.readers(source).every((reader) => region.has(reader));
  const name = isOwn ? names.heir(source.name) : names.fresh(source.name);
  return makeParameter(name, data, role, dtype);
}
