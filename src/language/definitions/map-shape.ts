/** What is known of a map while layers are resolved. */
export interface MapShape {
  readonly channels: number;
  /** How many pixels of the block's input one of the map stands for, along its height; below 1 in an enlarged map. */
  readonly stride: number;
}
