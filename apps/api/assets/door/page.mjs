// The scanner's page: log in, take a list along, scan, and tell the server what happened as soon as it can be reached.
// What is stored on the device opens nothing: the list, and receipts instead of codes. Tokens stay in memory.
import { bodies, judge, openBundle, scanned } from "/door/list.mjs";

const API = "/api/v1";
const at = id => document.getElementById(id);
const say = text => { at("said").textContent = text; };
let tokens = null, list = null, journal = [], refused = null, busy = false;

// The device's store: one list, and the scans made with it.
const opened = new Promise((resolve, reject) => {
  const request = indexedDB.open("door", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("kept");
    request.result.createObjectStore("scans", { keyPath: "nonce" });
  };
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
async function store(name, mode, work) {
  const transaction = (await opened).transaction(name, mode);
  const request = work(transaction.objectStore(name));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}
const put = scan => store("scans", "readwrite", it => it.put(scan));

async function call(method, path, body, again = true) {
  const headers = { ...(tokens && { authorization: `Bearer ${tokens.access_token}` }), ...(body && { "content-type": "application/json" }) };
  const answer = await fetch(API + path, { method, headers, body: body && JSON.stringify(body) });
  if (answer.status === 401 && tokens && again) {
    const renewed = await fetch(`${API}/auth/refresh`, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ refresh_token: tokens.refresh_token }),
    });
    if (renewed.ok) {
      tokens = await renewed.json();
      return call(method, path, body, false);
    }
    tokens = null;
    show();
  }
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail ?? "The server said no.");
  return answer;
}

function show() {
  at("login").hidden = tokens !== null;
  at("choose").hidden = tokens === null;
  at("gate").hidden = list === null;
  if (!list) return;
  const waiting = journal.filter(scan => !scan.told).length;
  at("title").textContent = list.event.title;
  at("state").textContent = `List of ${new Date(list.issued_at).toLocaleString()}, ${list.tickets.size} tickets; ${waiting} scans to tell.`;
}

const WORDS = {
  admitted: "Come in", left: "Went out", already_checked_in: "Already inside", cancelled: "No longer good",
  wrong_event: "Not for this event or time", not_yet: "Doors are not open yet", unknown: "Unknown", not_inside: "Nobody is inside with it",
};

async function check(code) {
  if (busy || !list) return;
  busy = true;
  try {
    const direction = document.querySelector("input[name=direction]:checked").value;
    const answer = await judge(list, code, direction, journal);
    const good = answer.verdict === "admitted" || answer.verdict === "left";
    const who = answer.ticket ? [answer.ticket.name, list.ticket_types[answer.ticket.type]].filter(Boolean).join(", ") : "";
    at("verdict").textContent = [WORDS[answer.verdict], who].filter(Boolean).join(": ");
    at("verdict").className = good ? "good" : "bad";
    // What may still be insisted on is kept when that is decided, or with the next scan.
    await settle();
    const scan = scanned(answer, direction);
    if (good || answer.verdict === "unknown" || answer.verdict === "wrong_event") await keep(scan);
    else refused = scan;
    at("insist").hidden = refused === null;
  } finally {
    busy = false;
  }
}

async function settle() {
  const scan = refused;
  refused = null;
  if (scan) await keep(scan);
}

async function keep(scan) {
  await put(scan);
  journal.push(scan);
  show();
}

async function tell() {
  await settle();
  const found = [];
  for (const body of bodies(journal)) {
    const { results, conflicts } = await (await call("POST", `/admin/events/${list.event.id}/check-in/sync`, body)).json();
    found.push(...conflicts);
    const told = new Set(results.map(result => result.nonce));
    for (const scan of journal.filter(scan => told.has(scan.nonce))) {
      scan.told = true;
      await put(scan);
    }
  }
  const texts = new Map(found.map(it => [it.scan_id, `${it.flags.join(", ")}: ${it.result} ${new Date(it.at).toLocaleTimeString()}`]));
  at("conflicts").replaceChildren(...[...texts.values()].map(text => Object.assign(document.createElement("li"), { textContent: text })));
  show();
}

async function take(event) {
  // First everything is told, so that the new list knows of it.
  if (list) await tell();
  const text = await (await call("GET", `/admin/events/${event}/check-in/bundle`)).text();
  const kept = await store("kept", "readonly", it => it.get("key"));
  list = await openBundle(text, kept);
  await store("kept", "readwrite", it => { it.put(list.public_key, "key"); return it.put(text, "list"); });
  await store("scans", "readwrite", it => it.clear());
  journal = [];
  show();
  camera();
}

async function camera() {
  if (!("BarcodeDetector" in globalThis) || at("camera").srcObject) return;
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  const video = at("camera");
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    return;
  }
  video.hidden = false;
  await video.play();
  let last = "", seen = 0;
  setInterval(async () => {
    const [found] = await detector.detect(video).catch(() => []);
    // The same code is held before the camera for a while: it is one scan.
    if (!found || (found.rawValue === last && Date.now() - seen < 5000)) return;
    [last, seen] = [found.rawValue, Date.now()];
    check(found.rawValue).catch(error => say(error.message));
  }, 250);
}

const on = (id, event, work) => at(id).addEventListener(event, it => {
  it.preventDefault();
  say("");
  work().catch(error => say(error.message));
});
on("login", "submit", async () => {
  tokens = await (await call("POST", "/auth/login", { email: at("email").value, password: at("password").value })).json();
  at("password").value = "";
  const { items } = await (await call("GET", "/admin/events?limit=100")).json();
  at("event").replaceChildren(...items.map(it => new Option(it.title, it.id)));
  show();
});
on("choose", "submit", () => take(at("event").value));
on("scan", "submit", async () => {
  const code = at("code").value;
  at("code").value = "";
  await check(code);
});
on("insist", "submit", async () => {
  const scan = { ...refused, forced: true, reason: at("reason").value };
  refused = null;
  at("insist").hidden = true;
  at("reason").value = "";
  await keep(scan);
  at("verdict").textContent = "Let pass";
});
on("sync", "click", tell);
addEventListener("online", () => { if (tokens && list) tell().catch(error => say(error.message)); });

const text = await store("kept", "readonly", it => it.get("list"));
if (text) {
  list = await openBundle(text, await store("kept", "readonly", it => it.get("key"))).catch(error => { say(error.message); return null; });
  journal = await store("scans", "readonly", it => it.getAll());
  if (list) camera();
}
show();
navigator.serviceWorker?.register("/door/worker.js", { scope: "/door" }).catch(() => say("This page will not open without a network."));
