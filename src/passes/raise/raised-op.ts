import { dequal } from "dequal";
import { freezeOp, makeParameter } from "../../ir/builder.js";
import type { Op, Parameter, Value } from "../../ir/graph.js";
import { inferTypes } from "../../ir/op.js";
import { operandSlots } from "../../ir/operands.js";
import { definitionOf } from "../../ir/ops/registry.js";
import { formatType, sameType, TypeRefusal, tensorType } from "../../ir/types.js";
import type { Dataflow } from "./dataflow.js";
import { mismatch } from "./mismatch.js";
import type { NewNames } from "./names.js";
import type { FoundModule } from "./raised.js";
import type { RaisedParameter } from "./weights.js";

/**
 * The op that a found module is. Its result is the very value that the module's last op computed, so that the ops which
 * read it stay as they are. Refuses what the module's op refuses.
 *
 * @param region the ops that go: a parameter that only they read keeps its name in other sizes
 */
export function raisedOp(
  found: FoundModule,
  scope: string,
  region: ReadonlySet<Op>,
  flow: Dataflow,
  names: NewNames,
): Op {
  const { module, x, last } = found;
  const kind = `attention.${module.kind}` as const;
  const definition = definitionOf(kind);
  const attributes = definition.attributes.parse(module.attributes);
  const types = [x.type, ...module.parameters.map(({ data }) => tensorType(data.dims, x.type.dtype))];
  const [type] = inferred(last, () => inferTypes(definition, types, attributes));
  const [result] = last.results;
  if (type === undefined || result === undefined || !sameType(type, result.type)) {
    return mismatch(
      last,
      `its result is ${result && formatType(result.type)}, the gate's ${type && formatType(type)}`,
    );
  }
  const parameters = module.parameters.map((parameter, i) => {
    const fallback = `${scope.slice(1).replaceAll("/", ".")}.${operandSlots(definition.operands)[i + 1]?.name}`;
    return parameterOf(parameter, fallback, x, region, flow, names);
  });
  const loc = { ...last.loc, scope, pass: "raise-attention" };
  return freezeOp({
    kind,
    operands: [x, ...parameters],
    attributes,
    results: last.results,
    loc,
  } as unknown as Op);
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
  x: Value,
  region: ReadonlySet<Op>,
  flow: Dataflow,
  names: NewNames,
): Parameter {
  if (source === undefined) return makeParameter(names.fresh(fallback), data, role, x.type.dtype);
  if (source.role === role && dequal(source.data, data)) return source;
  const isOwn = flow.readers(source).every((reader) => region.has(reader));
  const name = isOwn ? names.heir(source.name) : names.fresh(source.name);
  return makeParameter(name, data, role, source.type.dtype);
}
