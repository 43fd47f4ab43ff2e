export { LANGUAGES, type LanguageName } from "../codegen/registry.js";
