import { operandsOf } from "../../ir/ops/registry.js";
import { refuse, tensorType } from "../../ir/types.js";
import { int } from "./attribute.js";
import { axisOf } from "./axes.js";
import { defineCodecs } from "./codec.js";

/** Before this opset how many elements are wanted is an attribute. */
const COUNT_INPUT_OPSET = 10;
/** As of this opset a node says whether the largest are wanted, and whether in their order. */
const LARGEST_OPSET = 11;
/** The opset that brought batches of rows of indices. */
const BATCH_OPSET = 12;

export const selectionCodecs = defineCodecs({
  /** https://onnx.ai/onnx/operators/onnx__TopK.html, whose first output, the elements, nothing reads. */
  top_k: {
    operator: "TopK",
    since: COUNT_INPUT_OPSET,
    output: {
      index: 1,
      before: (op) => op.results.map(({ type }) => tensorType(type.dims, operandsOf(op).x.type.dtype)),
    },
    encode({ attributes: { axis, largest } }, node) {
      if (!largest && node.opset < LARGEST_OPSET)
        refuse(`the smallest can't be asked for before opset ${LARGEST_OPSET}`);
      node.node("TopK", node.operands, { axis: int(axis), ...(!largest && { largest: int(0) }) });
    },
    decode(node) {
      const [x, k] = [node.operand(0), node.operand(1, "fixed")];
      const axis = axisOf(x, node.int("axis", -1));
      node.expectInt("sorted", 1, 1);
      return {
        operands: [x, k],
        attributes: {
          axis,
          largest: node.int("largest", 1) !== 0,
          ...(k.type.values === undefined && { count: node.openSize(axis) }),
        },
      };
    },
  },

  /** https://onnx.ai/onnx/operators/onnx__NonZero.html */
  nonzero: {
    operator: "NonZero",
    since: 9,
    encode: (_op, node) => node.node("NonZero", node.operands),
    decode: (node) => ({ operands: [node.operand(0)], attributes: { count: node.openSize(1) } }),
  },

  /** https://onnx.ai/onnx/operators/onnx__GatherElements.html */
  gather_elements: {
    operator: "GatherElements",
    since: 11,
    encode: (op, node) => node.node("GatherElements", node.operands, { axis: int(op.attributes.axis) }),
    decode(node) {
      const [x, indices] = [node.operand(0), node.operand(1, "fixed")];
      return { operands: [x, indices], attributes: { axis: axisOf(x, node.int("axis", 0)) } };
    },
  },

  /** https://onnx.ai/onnx/operators/onnx__GatherND.html */
  gather_nd: {
    operator: "GatherND",
    since: 11,
    encode({ attributes: { batch } }, node) {
      if (batch !== 0 && node.opset < BATCH_OPSET) refuse(`there is no batch before opset ${BATCH_OPSET}`);
      node.node("GatherND", node.operands, batch === 0 ? {} : { batch_dims: int(batch) });
    },
    decode(node) {
      const [x, indices] = [node.operand(0), node.operand(1, "fixed")];
      return { operands: [x, indices], attributes: { batch: node.int("batch_dims", 0) } };
    },
  },
});
