import type { InnerBody, InnerNode } from "../../ir/ops/opaque.js";
import type { Dim } from "../../ir/types.js";
import { isDefaultDomain } from "../file/opset.js";
import type { GraphMessage, NodeMessage } from "../file/proto.js";
import { SCAN_OPSET } from "./bodies.js";
import { axisIn, type Inferred } from "./inferred.js";
import type { Operators } from "./operators.js";
import type { TypeScope } from "./rule-node.js";
import { writtenAttributes } from "./written-attributes.js";

/** What says of a node whether anything in it multiplies. */
interface Multiplies {
  of(node: NodeMessage): boolean;
}

/** What multiplies in the bodies of a node, and in the function that it calls: nothing for a node without any. */
export function innerBodies(
  node: NodeMessage,
  scope: TypeScope,
  operators: Operators,
  multiplying: Multiplies,
  opset: number,
): readonly InnerBody[] {
  if (!multiplying.of(node)) return [];
  const bodies = bodiesOf(node, scope, operators, multiplying, opset);
  return operators.isExhausted ? [] : bodies;
}

function bodiesOf(
  node: NodeMessage,
  scope: TypeScope,
  operators: Operators,
  multiplying: Multiplies,
  opset: number,
): readonly InnerBody[] {
  const collect = (
    run: (onNode: (inner: NodeMessage, own: TypeScope, version: number) => void) => void,
  ): readonly InnerNode[] => {
    const nodes: InnerNode[] = [];
    run((inner, own, version) => {
      if (multiplying.of(inner))
        nodes.push(innerNode(inner, own, innerBodies(inner, own, operators, multiplying, version)));
    });
    return nodes;
  };
  if (operators.functionOf(node) !== undefined)
    return [{ rounds: 1, nodes: collect((onNode) => operators.typesOf(node, scope, opset, onNode)) }];
  if (!isDefaultDomain(node.domain)) return [];
  const bodyOf = (name: string): GraphMessage => node.attribute?.find((each) => each.name === name)?.g ?? {};
  const of = (body: GraphMessage, inputs: readonly (Inferred | undefined)[]): readonly InnerNode[] =>
    collect((onNode) => operators.ofBody(body, inputs, scope, opset, onNode));
  const states = operators.typesOf(node, scope, opset);
  switch (node.opType) {
    case "If":
      return ["then_branch", "else_branch"].map((name) => ({ rounds: 1, nodes: of(bodyOf(name), []) }));
    case "Loop": {
      const body = bodyOf("body");
      const fixed: readonly Inferred[] = [
        { dtype: "int64", dims: [] },
        { dtype: "bool", dims: [] },
      ];
      return [{ rounds: roundsOf(node, body, scope), nodes: of(body, [...fixed, ...states]) }];
    }
    case "Scan": {
      const scanned = Number(node.attribute?.find(({ name }) => name === "num_scan_inputs")?.i ?? 1);
      const count = (node.input?.length ?? 0) - scanned;
      const axes = node.attribute?.find(({ name }) => name === "scan_input_axes")?.ints ?? [];
      const sequences = (node.input ?? []).slice(count).map((name, i) => {
        const type = scope.typeOf(name);
        return { type, axis: axisIn(Number(axes[i] ?? 0), type?.dims.length ?? 0) };
      });
      const slices = sequences.map(
        ({ type, axis }) => type && { dtype: type.dtype, dims: type.dims.toSpliced(axis, 1) },
      );
      const [first] = sequences;
      // The oldest form has a batch and lengths besides.
      const rounds = opset < SCAN_OPSET ? null : (first?.type?.dims[first.axis] ?? null);
      return [{ rounds, nodes: of(bodyOf("body"), [...states.slice(0, count), ...slices]) }];
    }
    default:
      return [];
  }
}

/** The trip count, where the body's condition is what it is given; null where the body may end the rounds. */
function roundsOf(node: NodeMessage, body: GraphMessage, scope: TypeScope): Dim | null {
  const [trips = "", condition = ""] = node.input ?? [];
  const [end = "", given = ""] = [body.output?.[0]?.name ?? "", body.input?.[1]?.name ?? ""];
  const maker = body.node?.find(({ output }) => output?.includes(end));
  const isHandedOn = end === given || (maker?.opType === "Identity" && maker.input?.[0] === given);
  const isConstant =
    maker?.opType === "Constant" &&
    (maker.attribute?.[0]?.t?.int32Data?.[0] ?? maker.attribute?.[0]?.t?.rawData?.[0]) !== 0;
  const starts = condition === "" || scope.numbersOf(condition)?.[0] === 1;
  if (trips === "" || !starts || !(isHandedOn || isConstant)) return null;
  return scope.typeOf(trips)?.values?.[0] ?? scope.numbersOf(trips)?.[0] ?? null;
}

function innerNode(node: NodeMessage, scope: TypeScope, bodies: readonly InnerBody[]): InnerNode {
  const inputs = (node.input ?? []).filter((name) => name !== "");
  const sizesOf = (name: string): readonly Dim[] | null => scope.typeOf(name)?.dims ?? null;
  return {
    operator: node.opType ?? "",
    domain: node.domain ?? "",
    written: writtenAttributes(node),
    operands: inputs.map(sizesOf),
    results: (node.output ?? []).filter((name) => name !== "").map(sizesOf),
    constants: inputs.map((name) => scope.isConstant(name)),
    bodies,
  };
}
