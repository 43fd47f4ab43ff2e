export { specJsonSchema } from "../../language/json-schema.js";
