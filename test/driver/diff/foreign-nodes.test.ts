import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { diff } from "../../../src/driver/diff/diff.js";
import { AttributeProto, ModelProto, type NodeMessage } from "../../../src/onnx/file/proto.js";
import { inTemporaryFolder } from "../../temporary-folder.js";

const test = suite("driver: diff of nodes that no op of the IR is");

const FLOAT = 1;
const { INT, GRAPH } = AttributeProto.AttributeType;

function node(opType: string, input: readonly string[], output: string, more: NodeMessage = {}): NodeMessage {
  return { opType, name: output, input: [...input], output: [output], ...more };
}

const axis = (i: number): NodeMessage => ({ attribute: [{ name: "axis", type: INT, i }] });
const own = (axes: NodeMessage = axis(1)): NodeMessage => ({ domain: "com.example", ...axes });

/** A model of x that ends in y, with a function of its own where `body` is its operator. */
function modelOf(nodes: readonly NodeMessage[], body?: string): Uint8Array {
  const type = { tensorType: { elemType: FLOAT, shape: { dim: [{ dimParam: "N" }, { dimValue: 8 }] } } };
  const opsetImport = ["", "com.example"].map((domain) => ({ domain, version: domain === "" ? 16 : 1 }));
  return ModelProto.encode({
    irVersion: 8,
    opsetImport,
    functions: [
      {
        ...{ name: "Layer", domain: "com.example", input: ["a"], output: ["b"], opsetImport },
        node: [node(body ?? "Exp", ["a"], "b")],
      },
    ],
    graph: { name: "g", node: [...nodes], input: [{ name: "x", type }], output: [{ name: "y", type }] },
  }).finish();
}

function diffOf(a: Uint8Array, b: Uint8Array) {
  return inTemporaryFolder(async (folder) => {
    const files = [a, b].map((bytes, i) => {
      const file = join(folder, `${i}.onnx`);
      writeFileSync(file, bytes);
      return file;
    }) as [string, string];
    const { changes, computeTheSame } = diff(...files);
    return { computeTheSame, changes: changes.map(({ before, after }) => [before, after]) };
  });
}

const SAME = { computeTheSame: true, changes: [] };

test("an attribute that only the file says is a difference", async () => {
  const [a, b] = [1, 0].map((i) => modelOf([node("Own", ["x"], "y", own(axis(i)))])) as [
    Uint8Array,
    Uint8Array,
  ];
  assert.equal(await diffOf(a, a), SAME);
  assert.equal(await diffOf(a, b), {
    computeTheSame: false,
    changes: [["com.example.Own axis = 1", "com.example.Own axis = 0"]],
  });
});

test("so are an input that is left out, a body, and the nodes of a function", async () => {
  const differ = async (a: Uint8Array, b: Uint8Array) => {
    const { computeTheSame, changes } = await diffOf(a, b);
    assert.is(computeTheSame, false);
    assert.is(changes.length, 1, JSON.stringify(changes));
    assert.is.not(...(changes[0] as [string, string]));
  };
  const inputs = (...names: string[]) => modelOf([node("Own", names, "y", own())]);
  await differ(inputs("x", "x"), inputs("x", "", "x"));
  const body = (operator: string) => ({
    ...own(),
    attribute: [{ name: "body", type: GRAPH, g: { name: "body", node: [node(operator, ["x"], "inner")] } }],
  });
  const [one, other] = ["Exp", "Neg"].map((name) => modelOf([node("Own", ["x"], "y", body(name))]));
  await differ(one as Uint8Array, other as Uint8Array);
  const calls = [node("Layer", ["x"], "y", { domain: "com.example" })];
  const { computeTheSame, changes } = await diffOf(modelOf(calls, "Exp"), modelOf(calls, "Neg"));
  assert.is(computeTheSame, false);
  assert.equal(changes, [
    ["y/b: exp", null],
    [null, "y/b: neg"],
  ]);
});

test("where a node stands in its file is none", async () => {
  const added = (names: readonly string[]) => {
    const apart = names.map((name) => node("Own", ["x"], name, own(axis(name === "p" ? 1 : 0))));
    return modelOf([...apart, node("Sub", ["p", "q"], "y")]);
  };
  assert.equal(await diffOf(added(["p", "q"]), added(["q", "p"])), SAME);
});

test.run();
