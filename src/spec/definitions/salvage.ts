import { type Definition, definitionSchema } from "./definition.js";
import { type Layer, layerSchema } from "./layer-schema.js";

/**
 * The definitions of a spec that was refused, as far as they can be read, so that what is wrong with their expressions
 * is said in the same run. Every layer keeps its place.
 */
export function salvageDefinitions(blocks: unknown): Readonly<Record<string, Definition>> {
  return Object.fromEntries(
    Object.entries(objectOf(blocks)).map(([name, definition]) => [
      name,
      definitionSchema.safeParse(definition).data ?? salvageDefinition(objectOf(definition)),
    ]),
  );
}

function salvageDefinition(definition: Readonly<Record<string, unknown>>): Definition {
  const { fields, residual, layers, shortcut, after } = definition;
  return {
    fields: Object.fromEntries(Object.keys(objectOf(fields)).map((field) => [field, {}])),
    ...(typeof residual === "string" ? { residual } : {}),
    layers: salvageLayers(layers),
    ...(shortcut === undefined ? {} : { shortcut: salvageLayers(shortcut) }),
    after: salvageLayers(after),
  };
}

function salvageLayers(layers: unknown): readonly Layer[] {
  return Array.isArray(layers) ? layers.map(salvageLayer) : [];
}

/** What holds the place of a layer of which nothing can be said. */
const PLACEHOLDER: Layer = { layer: "norm" };

function salvageLayer(layer: unknown): Layer {
  const { error, data } = layerSchema.safeParse(layer);
  if (data !== undefined) return data;
  const written = objectOf(layer);
  if (written.layer === "repeat") return { layer: "repeat", times: 1, layers: salvageLayers(written.layers) };
  if (written.layer === "branches") {
    const branches = Array.isArray(written.branches) ? written.branches.map(salvageLayers) : [];
    return { layer: "branches", input: "whole", join: "concat", branches };
  }
  const refused = error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys : issue.path.slice(0, 1).map(String),
  );
  const rest = Object.entries(written).filter(([key]) => !refused.includes(key));
  return layerSchema.safeParse(Object.fromEntries(rest)).data ?? PLACEHOLDER;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
