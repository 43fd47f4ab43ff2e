/*
 * protobufjs asks for Node.js' own modules by name. It has Buffer, without which it would make empty ones with the deprecated constructor, and does
 * without 64-bit integers.
 */
module.exports = (name) => (name === "buffer" ? require("node:buffer") : null);
