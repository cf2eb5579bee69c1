// Keeps the scanner's own page, so that it opens without a network. Nothing of any event passes through here.
const CACHE = "door-3";
const FILES = [
  "/door", "/door/page.css", "/door/page.mjs", "/door/scanner.mjs", "/door/list.mjs", "/door/camera.mjs", "/door/qr/decode.js",
  "/door/qr/index.js",
];
// A network that is there and answers nothing is none.
const PATIENCE = 2000;

self.addEventListener("install", event => event.waitUntil(caches.open(CACHE).then(cache => cache.addAll(FILES))));
self.addEventListener("activate", event => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
})()));
self.addEventListener("fetch", event => {
  const { pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || !FILES.includes(pathname)) return;
  const fresh = fetch(event.request).then(async answer => {
    // Kept under its path alone: whatever follows a question mark is the same page.
    if (answer.ok) await (await caches.open(CACHE)).put(pathname, answer.clone());
    return answer;
  });
  const kept = () => caches.match(pathname, { ignoreSearch: true });
  const late = new Promise(resolve => { setTimeout(resolve, PATIENCE); }).then(kept);
  event.waitUntil(fresh.catch(() => {}));
  // Whatever is first; what is kept only when there is something.
  event.respondWith(Promise.race([fresh.catch(kept), late.then(answer => answer ?? fresh)]));
});
