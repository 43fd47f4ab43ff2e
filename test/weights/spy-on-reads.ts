import { RandomAccessFile } from "../../src/files/random-access-file.js";

/** Runs `use`; gives the largest piece of a file that was asked for meanwhile, in bytes. */
export function largestRead(use: () => void): number {
  let largest = 0;
  const { read, readInto } = RandomAccessFile.prototype;
  RandomAccessFile.prototype.read = function (offset, length) {
    if (length <= this.size - offset) largest = Math.max(largest, length);
    return read.call(this, offset, length);
  };
  RandomAccessFile.prototype.readInto = function (target, offset) {
    largest = Math.max(largest, target.length);
    return readInto.call(this, target, offset);
  };
  try {
    use();
  } finally {
    Object.assign(RandomAccessFile.prototype, { read, readInto });
  }
  return largest;
}
