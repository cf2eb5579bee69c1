// The camera: shows what it sees and says which codes are in it.
import { Glance } from "/door/scanner.mjs";

/** Between two looks, in milliseconds. */
const REST = 120;
/** What reads codes where the browser cannot. */
const PARTS = ["/door/qr/decode.js", "/door/qr/index.js"];
/** A picture that we read ourselves need not be larger, in pixels. */
const ENOUGH = 1280;

/**
 * What finds the code in a video: the browser's own detector, or ours where there is none, which is in Firefox, in Safari,
 * on Linux and in many a telephone.
 */
async function reader() {
  const formats = await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => []);
  if (formats?.includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async video => (await detector.detect(video))[0]?.rawValue;
  }
  // Asked for before they are imported: a browser may not try again what it could not import once.
  await Promise.all(PARTS.map(part => fetch(part))).catch(error => { throw new DOMException(error.message, "NetworkError"); });
  const { decodeQR } = await import(PARTS[0]);
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return async video => {
    const scale = Math.min(1, ENOUGH / Math.max(video.videoWidth, video.videoHeight));
    const [width, height] = [video.videoWidth, video.videoHeight].map(size => Math.round(size * scale));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context.drawImage(video, 0, 0, width, height);
    // It throws where there is no code.
    return decodeQR(context.getImageData(0, 0, width, height));
  };
}

export class Camera {
  /** `found` is told of each new code while `mayLook()` says so. */
  constructor(video, mayLook, found) {
    [this.video, this.mayLook, this.found, this.starting] = [video, mayLook, found, null];
  }

  get runs() {
    return this.video.srcObject?.active === true;
  }

  /** Starts it, or again when the telephone has taken it away meanwhile; fails when there is none or it is not allowed. */
  start() {
    if (this.runs) return Promise.resolve();
    this.starting ??= this.#start().finally(() => { this.starting = null; });
    return this.starting;
  }

  stop() {
    for (const track of this.video.srcObject?.getTracks() ?? []) track.stop();
    this.video.srcObject = null;
    this.video.hidden = true;
  }

  async #start() {
    this.stop();
    const read = await reader();
    const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", ...size } });
    this.video.srcObject = stream;
    this.video.hidden = false;
    await this.video.play();
    this.#watch(stream, read);
  }

  async #watch(stream, read) {
    const glance = new Glance();
    while (this.video.srcObject === stream && stream.active) {
      const text = this.video.videoWidth > 0 && (await read(this.video).catch(() => null));
      if (text && !this.mayLook()) glance.lingers(text);
      else if (text && glance.isNew(text)) this.found(text);
      await new Promise(resolve => { setTimeout(resolve, REST); });
    }
  }
}
