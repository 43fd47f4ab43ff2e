/**
 * Draws a picture on a canvas and gives its pixels: turned as its EXIF data says, not converted by its colour profile,
 * as `ecagen run` reads it. What is seen on the canvas is what the networks get.
 *
 * Errors: `Error` for what the browser can't read as a picture.
 */
export async function drawFile(file: Blob, canvas: HTMLCanvasElement): Promise<ImageData> {
  const bitmap = await createImageBitmap(file, {
    colorSpaceConversion: "none",
    imageOrientation: "from-image",
    premultiplyAlpha: "none",
  }).catch(() => {
    throw new Error(`${nameOf(file)} can't be read as a picture`);
  });
  try {
    return draw(bitmap, bitmap.width, bitmap.height, canvas);
  } finally {
    bitmap.close();
  }
}

/** The same for what a video shows now. Errors: `Error` where it shows nothing yet. */
export function drawVideo(video: HTMLVideoElement, canvas: HTMLCanvasElement): ImageData {
  if (video.videoWidth === 0) throw new Error("the camera has no picture yet");
  return draw(video, video.videoWidth, video.videoHeight, canvas);
}

function draw(
  source: CanvasImageSource,
  width: number,
  height: number,
  canvas: HTMLCanvasElement,
): ImageData {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error(`there is no canvas for a picture of ${width}×${height}`);
  context.drawImage(source, 0, 0);
  return context.getImageData(0, 0, width, height);
}

function nameOf(file: Blob): string {
  return file instanceof File ? file.name : "this";
}
