/** In place of @protobufjs/inquire: there is no module of that name. */
module.exports = () => null;
