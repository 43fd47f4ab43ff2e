import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { decodeModel } from "../../src/files/models/open.js";
import { printGraph } from "../../src/ir/print.js";
import { OPSETS, READ_OPSETS } from "../../src/onnx/file/opset.js";
import { distance, evaluate, randomInputs, runModel } from "./agreement.js";
import { casesOf } from "./cases.js";
import { modelOfOpset } from "./opset-model.js";

const test = suite("onnx: operators of older and newer files");

/** What no node of an older operator set can say, by the ops. */
const UNSAYABLE: Readonly<Record<string, RegExp>> = {
  softmax: /before opset 13 the sum is over all axes/,
  log_softmax: /before opset 13 the sum is over all axes/,
  resize: /before opset 11 places are rounded down, by scales/,
  max: /can't be taken before opset 8/,
  min: /can't be taken before opset 8/,
  sum: /can't be taken before opset 8/,
  gather_nd: /there is no batch before opset 12/,
  roi_align: /half a pixel can't be taken off before opset 16/,
  top_k: /the smallest can't be asked for before opset 11/,
};

/** What this ONNX Runtime has no kernel for, by the opset that brought the operator's form. */
const UNIMPLEMENTED: Readonly<Record<string, number>> = { roi_align: 22 };

function* modelsOf(opset: number) {
  for (const each of casesOf(opset, ["float32"])) {
    try {
      yield { ...each, bytes: modelOfOpset(each.graph, opset) };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const [{ message } = { message: "" }] = error.diagnostics;
      assert.match(message, UNSAYABLE[each.op] ?? /^$/, `${each.label}, opset ${opset}`);
    }
  }
}

const opsets = Array.from(
  { length: READ_OPSETS.last - READ_OPSETS.first + 1 },
  (_, i) => READ_OPSETS.first + i,
);

for (const opset of opsets.filter((each) => each < OPSETS.first || each > OPSETS.last)) {
  test(`every primitive op comes back as it was, opset ${opset}`, () => {
    let count = 0;
    for (const { label, op, graph, bytes } of modelsOf(opset)) {
      const decoded = decodeModel(bytes, "case.onnx").graph;
      // Before opset 11 the bias of Gemm can't be left out, so it is zeros.
      if (opset < 11 && ["gemm", "general_gemm"].includes(op)) assert.is(decoded.ops[0]?.kind, op);
      else assert.is(printGraph(decoded), printGraph(graph), label);
      count++;
    }
    assert.ok(count > 90, `${count} cases`);
  });
}

// From each change of a form to the next; 25 is the newest that this ONNX Runtime takes.
for (const opset of [7, 8, 9, 10, 11, 12, 22, 24]) {
  test(`ONNX Runtime computes what each op says, opset ${opset}`, async () => {
    for (const { label, op, graph, bytes } of modelsOf(opset)) {
      const inputs = randomInputs(graph, 2);
      if (opset >= (UNIMPLEMENTED[op] ?? Number.POSITIVE_INFINITY)) {
        const refused = await runModel(bytes, graph, inputs).catch((error: Error) => error.message);
        assert.match(String(refused), /Could not find an implementation/, label);
        continue;
      }
      const moved = distance(evaluate(graph, inputs), await runModel(bytes, graph, inputs));
      assert.ok(moved < 2e-6, `${label}: ${moved}`);
    }
  });
}

test.run();
