// A page of another origin plays a set: by hls.js, by the element alone, from the middle, and draws its waveform.
import assert from "node:assert/strict";
import { given, scene } from "../browser.mjs";

const HTML = `<!doctype html><title>Player</title><link rel="icon" href="data:,"><audio></audio><script src="/hls.js"></script>`;
const ARGS = ["--autoplay-policy=no-user-gesture-required", "--mute-audio"];

/** In the page: plays a playlist, and notes every request for media with when it was made. */
async function begin(url) {
  const audio = document.querySelector("audio");
  const hls = new Hls({ maxBufferLength: 12, maxMaxBufferLength: 12 });
  const noted = { media: [], first: null, errors: [] };
  Object.assign(window, { hls, noted });
  hls.on(Hls.Events.FRAG_LOADING, (_, { frag }) => noted.media.push(frag.sn));
  hls.on(Hls.Events.FRAG_BUFFERED, (_, { frag }) => {
    if (frag.sn !== "initSegment") noted.first ??= [...noted.media];
  });
  hls.on(Hls.Events.ERROR, (_, { details, fatal }) => noted.errors.push(`${details}${fatal ? " (fatal)" : ""}`));
  hls.loadSource(url);
  hls.attachMedia(audio);
  await audio.play();
  await heard(audio, 0.5);
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

const HEARD = `window.heard = async (audio, seconds) => {
  const from = audio.currentTime;
  while (audio.currentTime < from + seconds) {
    if (audio.error) throw new Error(audio.error.message);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}`;

await scene(async phone => {
  const one = await phone("the listener");
  const { page } = one;
  await page.route(`${new URL(given.page).origin}/**`, route => {
    if (route.request().url().endsWith("/hls.js")) return route.fulfill({ path: given.library });
    return route.fulfill({ contentType: "text/html", body: HTML });
  });
  await page.goto(given.page);
  await page.evaluate(HEARD);

  const first = await page.evaluate(begin, given.stream.hls_url);
  assert.deepEqual(first.errors, []);
  assert.ok(first.first.length <= 2, `first sound after ${first.first} requests for media`);
  assert.equal(first.codec, "opus");
  assert.ok(Math.abs(first.duration - given.duration) < 0.5, `it lasts for ${first.duration} s`);
  const middle = given.duration / 2 + 1;
  const then = await page.evaluate(seek, middle);
  assert.deepEqual(then.errors, []);
  const segment = Math.floor(middle / 6);
  assert.ok(Math.abs(then.media[0] - segment) <= 1, `from ${middle} s it loaded ${then.media}`);
  assert.ok(then.at >= middle && then.at < middle + 5, `it is at ${then.at} s after ${then.took} ms`);
  await page.evaluate(() => { window.hls.destroy(); });

  const aac = await page.evaluate(begin, given.stream.hls_url.replace("master.m3u8", "aac-128.m3u8"));
  assert.deepEqual(aac.errors, []);
  assert.ok(aac.first.length <= 2, `first sound after ${aac.first} requests for media`);
  await page.evaluate(() => { window.hls.destroy(); });

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
