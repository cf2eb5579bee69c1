// A page of another origin plays a set: by hls.js, by the element alone, from the middle, to the end, and draws its waveform.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { given, pages, scene } from "../browser.mjs";

const HTML = `<!doctype html><title>Player</title><link rel="icon" href="data:,"><audio></audio><script src="/hls.js"></script>`;
const ARGS = ["--autoplay-policy=no-user-gesture-required", "--mute-audio"];

/** In the page: plays a playlist, and notes every request for media with when it was made. */
async function begin(url) {
  const audio = document.querySelector("audio");
  const hls = new Hls({ maxBufferLength: 12, maxMaxBufferLength: 12 });
  const noted = { media: [], errors: [] };
  Object.assign(window, { hls, noted });
  hls.on(Hls.Events.FRAG_LOADING, (_, { frag }) => noted.media.push(frag.sn));
  const failed = new Promise((_, reject) => {
    hls.on(Hls.Events.ERROR, (_, { details, fatal }) => {
      // It gives up itself what was on its way when somebody seeks.
      if (details !== "aborted") noted.errors.push(details);
      if (fatal) reject(new Error(details));
    });
  });
  hls.loadSource(url);
  hls.attachMedia(audio);
  await Promise.race([failed, audio.play().then(() => heard(audio, 0.5))]);
  return { ...noted, codec: hls.levels[hls.currentLevel].audioCodec, duration: audio.duration };
}

/** In the page: plays on from a time, and tells what was loaded for that. */
async function seek(time) {
  const audio = document.querySelector("audio");
  noted.media.length = 0;
  const begun = performance.now();
  audio.currentTime = time;
  await new Promise(resolve => audio.addEventListener("seeked", resolve, { once: true }));
  await heard(audio, 0.3);
  return { media: noted.media, took: performance.now() - begun, at: audio.currentTime, errors: noted.errors };
}

/** In the page: plays on to the end, faster than it is, and tells what was loaded for that. */
async function through() {
  const audio = document.querySelector("audio");
  audio.playbackRate = 8;
  await new Promise((resolve, reject) => {
    audio.addEventListener("ended", resolve, { once: true });
    audio.addEventListener("error", () => reject(new Error(audio.error.message)), { once: true });
    setTimeout(() => {
      const held = Array.from({ length: audio.buffered.length }, (_, it) => [audio.buffered.start(it), audio.buffered.end(it)]);
      reject(new Error(`at ${audio.currentTime} s, ${JSON.stringify({ held, paused: audio.paused, ...noted })}`));
    }, 90_000);
  });
  return { ...noted, at: audio.currentTime };
}

/** In the page: the element by itself, without a library. */
async function alone([url, time]) {
  const audio = new Audio(url);
  await audio.play();
  await heard(audio, 0.3);
  audio.currentTime = time;
  await new Promise(resolve => audio.addEventListener("seeked", resolve, { once: true }));
  await heard(audio, 0.3);
  const told = { at: audio.currentTime, duration: audio.duration };
  audio.pause();
  return told;
}

/** Plays a playlist while nothing but the first two requests for media is answered: that has to do for the first sound. */
async function begins(page, url) {
  let asked = 0;
  let heard;
  const held = new Promise(resolve => { heard = resolve; });
  const hold = async route => {
    asked += 1;
    if (asked > 2) await held;
    // What was given up meanwhile cannot go on.
    await route.continue().catch(() => {});
  };
  const isMedia = it => it.href.startsWith(given.media);
  await page.route(isMedia, hold);
  try {
    return await page.evaluate(begin, url);
  } finally {
    heard();
    await page.unroute(isMedia, hold);
  }
}

const HEARD = `window.heard = async (audio, seconds) => {
  const from = audio.currentTime;
  while (audio.currentTime < from + seconds) {
    if (audio.error) throw new Error(audio.error.message);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}`;

const server = await pages(path =>
  path === "/hls.js" ? ["text/javascript", readFileSync(given.library)] : ["text/html", HTML]);

await scene(async phone => {
  const one = await phone("the listener");
  const { page } = one;
  await page.goto(given.page);
  await page.evaluate(HEARD);

  const first = await begins(page, given.stream.hls_url);
  assert.deepEqual(first.errors, []);
  assert.equal(first.codec, "opus");
  assert.ok(Math.abs(first.duration - given.duration) < 0.5, `it lasts for ${first.duration} s`);
  const middle = given.duration / 2 + 1;
  const then = await page.evaluate(seek, middle);
  assert.deepEqual(then.errors, []);
  const segment = Math.floor(middle / 6);
  assert.ok(Math.abs(then.media[0] - segment) <= 1, `from ${middle} s it loaded ${then.media}`);
  assert.ok(then.at >= middle && then.at < middle + 5, `it is at ${then.at} s after ${then.took} ms`);
  await page.evaluate(() => { window.hls.destroy(); });

  const all = Array.from({ length: Math.ceil(given.duration / 6) }, (_, segment) => segment);
  for (const codec of ["opus-128", "aac-128"]) {
    const begun = await begins(page, given.stream.hls_url.replace("master.m3u8", `${codec}.m3u8`));
    assert.deepEqual(begun.errors, []);
    const heard = await page.evaluate(through);
    // Eight times as fast, a busy machine may be late.
    assert.deepEqual(heard.errors.filter(it => it !== "bufferStalledError"), []);
    assert.deepEqual([...new Set(heard.media)].filter(it => it !== "initSegment"), all, `${codec} was played through`);
    assert.ok(Math.abs(heard.at - given.duration) < 0.5, `${codec} ended at ${heard.at} s`);
    await page.evaluate(() => { window.hls.destroy(); });
  }

  for (const source of [given.stream.sources[0], given.stream.sources.at(-1)]) {
    const told = await page.evaluate(alone, [source.url, middle]);
    assert.ok(told.at >= middle && told.at < middle + 5, `${source.codec} is at ${told.at} s`);
    assert.ok(Math.abs(told.duration - given.duration) < 0.5, `${source.codec} lasts for ${told.duration} s`);
  }

  const peaks = await page.evaluate(url => fetch(url).then(it => it.json()), given.peaks_url);
  assert.equal(peaks.data.length, 2 * peaks.length);
  const drawn = peaks.length * peaks.samples_per_pixel / peaks.sample_rate;
  assert.ok(Math.abs(drawn - given.duration) < 1, `its waveform shows ${drawn} s`);
  assert.ok(peaks.data.some(it => it > 20) && peaks.data.every(it => it >= -128 && it <= 127));
}, { args: ARGS });
server.close();
