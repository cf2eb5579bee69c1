// A ticket that is held before the camera.
import assert from "node:assert/strict";
import { given, house, scene } from "../browser.mjs";
import { more, standing, turn } from "./staff.mjs";

const args = [
  "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${given.video}`,
];
await scene(async phone => {
  const one = await phone("the door");
  let asked = 0;
  one.page.on("request", request => { if (request.url().endsWith("/tickets/verify")) asked += 1; });
  await standing(one);
  await one.sees("#word", "Come in");
  await one.sees("#facts", "Ottilie Byron");
  await one.shot("08-camera");
  // It is still there a hundred pictures later, and was scanned once.
  await one.page.evaluate(() => new Promise(resolve => {
    const video = document.getElementById("camera");
    let left = 100;
    const count = () => (left -= 1) > 0 ? video.requestVideoFrameCallback(count) : resolve();
    video.requestVideoFrameCallback(count);
  }));
  assert.equal(asked, 1);
  await one.sees("#word", "Come in");
  assert.equal((await house("stats")).inside, 1);
  await turn(one, "out");
  // Without a camera's light nobody is watched.
  await more(one);
  await one.page.click("#leave");
  await one.sees("#login", "Sign in");
  assert.equal(await one.page.evaluate(() => document.getElementById("camera").srcObject), null);
}, { args });
