// A page of another origin sends a recording in parts to where it is kept, is loaded anew in the middle, and goes on.
import assert from "node:assert/strict";
import { given, pages, scene } from "../browser.mjs";

const HTML = `<!doctype html><title>Sender</title><link rel="icon" href="data:,">`;

/** In the page: all that it knows after each time it is loaded. */
function prepare({ url, token, size }) {
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode("fLaC"));
  for (let place = 4; place < size; place += 1) bytes[place] = (place * 31) % 251;
  const file = new Blob([bytes]);
  const asked = async (address, how) => {
    const answer = await fetch(address, how);
    if (!answer.ok) throw new Error(`${how.method} ${address}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  window.api = async (method, path, body) => {
    const headers = { "authorization": `Bearer ${token}`, "content-type": "application/json" };
    const answer = await asked(`${url}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    return answer.json();
  };
  window.send = async ({ number, url: link, size: length }, whole) => {
    const start = (number - 1) * whole;
    const answer = await asked(link, { method: "PUT", body: file.slice(start, start + length) });
    return { number, etag: answer.headers.get("etag") };
  };
}

/** In the page: promises the file, sends its second part, and begins with its first. */
async function begin(size) {
  const wish = { kind: "set", filename: "Night.flac", size, content_type: "audio/flac" };
  const begun = await window.api("POST", "/admin/uploads", wish);
  const sent = await window.send(begun.parts[1], begun.part_size);
  window.send(begun.parts[0], begun.part_size).catch(() => {});
  return { id: begun.upload_id, parts: begun.parts.length, sent };
}

/** In the page, which knows nothing of before: finds what is missing, sends it, several parts at once, and ends. */
async function goOn() {
  const { items: [found] } = await window.api("GET", "/admin/uploads");
  const shown = await window.api("GET", `/admin/uploads/${found.upload_id}`);
  const sent = await Promise.all(shown.parts.map(part => window.send(part, shown.part_size)));
  const parts = [...shown.arrived.map(({ number, etag }) => ({ number, etag })), ...sent];
  const done = await window.api("POST", `/admin/uploads/${found.upload_id}/complete`, { parts });
  return { id: found.upload_id, missing: shown.parts.map(it => it.number), arrived: shown.arrived, sent, done };
}

const server = await pages(() => ["text/html", HTML]);

await scene(async phone => {
  const { page } = await phone("the sender");
  await page.goto(given.page);
  await page.evaluate(prepare, given);
  const begun = await page.evaluate(begin, given.size);
  assert.equal(begun.parts, 3);
  assert.ok(begun.sent.etag, "a page may read what names a part that has arrived");

  await page.reload();
  await page.evaluate(prepare, given);
  const ended = await page.evaluate(goOn);
  assert.equal(ended.id, begun.id);
  assert.ok(ended.missing.includes(3) && !ended.missing.includes(2), `missing were ${ended.missing}`);
  const bare = etag => etag.replaceAll('"', "");
  assert.equal(bare(ended.arrived.find(it => it.number === 2).etag), bare(begun.sent.etag));
  assert.equal(ended.done.status, "completed");
});
server.close();
