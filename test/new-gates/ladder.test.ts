import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Choice, configurations, configurationWithin } from "../../src/new-gates/ladder.js";

const test = suite("new gates: configurations between all removed and all kept");

const choices = (
  ...rows: readonly (readonly [rung: string, parameters: number, error: number])[]
): readonly Choice[] => rows.map(([rung, parameters, error]) => ({ rung, parameters, error }));

const namesOf = (gates: readonly (readonly Choice[])[]): readonly string[] =>
  configurations(gates).map((each) => each.map(({ rung }) => rung).join(" "));

test("the gate whose error falls most per parameter changes first", () => {
  const narrow = choices(["removed", 0, 10], ["kept", 10, 0]);
  const wide = choices(["removed", 0, 50], ["kept", 1000, 0]);
  assert.equal(namesOf([wide, narrow]), ["removed removed", "removed kept", "kept kept"]);
});

test("choices with more error than a cheaper one are none", () => {
  const gate = choices(
    ["removed", 0, 10],
    ["eca", 3, 12],
    ["se 1", 20, 4],
    ["se 2", 40, 4],
    ["kept", 100, 0],
  );
  assert.equal(namesOf([gate]), ["removed", "se 1", "kept"]);
});

test("a choice is left out after which the next one saves more per parameter", () => {
  const gate = choices(["removed", 0, 10], ["eca", 10, 9.9], ["se 1", 20, 2], ["kept", 100, 0]);
  assert.equal(namesOf([gate]), ["removed", "se 1", "kept"]);
});

test("of a gate that costs nothing the one with the least error is the first", () => {
  const gate = choices(["a", 0, 5], ["removed", 0, 3], ["kept", 10, 0]);
  assert.equal(namesOf([gate]), ["removed", "kept"]);
});

test("within some parameters: what is left of them is given to gates whose next step fits", () => {
  const wide = choices(["removed", 0, 50], ["se 4", 100, 10], ["kept", 1000, 0]);
  const narrow = choices(["removed", 0, 1], ["eca", 5, 0.9], ["kept", 40, 0.8]);
  const rungs = (most: number): readonly string[] | undefined =>
    configurationWithin([wide, narrow], most)?.map(({ rung }) => rung);
  assert.equal(rungs(0), ["removed", "removed"]);
  assert.equal(rungs(99), ["removed", "kept"]);
  assert.equal(rungs(104), ["se 4", "removed"]);
  assert.equal(rungs(200), ["se 4", "kept"]);
  assert.equal(rungs(2000), ["kept", "kept"]);
  assert.is(configurationWithin([choices(["eca", 3, 1], ["kept", 9, 0])], 2), undefined);
});

test("gates without a choice stay, and no gates have one configuration", () => {
  assert.equal(namesOf([choices(["kept", 5, 0])]), ["kept"]);
  assert.equal(configurations([]), [[]]);
});

test.run();
