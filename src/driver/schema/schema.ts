export { specJsonSchema } from "../../language/schema.js";
