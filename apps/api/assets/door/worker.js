// Keeps the scanner's own page, so that it opens without a network. Nothing of any event passes through here.
const CACHE = "door-1";
const FILES = ["/door", "/door/page.css", "/door/page.mjs", "/door/list.mjs"];

self.addEventListener("install", event => event.waitUntil(caches.open(CACHE).then(cache => cache.addAll(FILES))));
self.addEventListener("fetch", event => {
  if (event.request.method !== "GET" || !FILES.includes(new URL(event.request.url).pathname)) return;
  const fresh = fetch(event.request).then(async answer => {
    if (answer.ok) await (await caches.open(CACHE)).put(event.request, answer.clone());
    return answer;
  });
  event.respondWith(fresh.catch(() => caches.match(event.request)));
});
