export { NAME_KINDS, type NameKind } from "../weights/names/registry.js";
