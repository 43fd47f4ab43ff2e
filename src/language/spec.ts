/**
 * A spec as an object: what its JSON file has, shorthands and `extends` included. In the published types it has a type for each field, with
 * what docs/spec.md says of it; they are made of the JSON Schema (`scripts/declarations/spec-type.ts`).
 */
export interface Spec {
  readonly [field: string]: unknown;
}
