// The scanner's page: what is on it, the camera, and the device's store. What a scanner does is in scanner.mjs.
// What is stored on the device opens nothing: the list, and receipts instead of codes. Tokens stay in memory.
import { Glance, Line, Scanner, events } from "/door/scanner.mjs";

/** Every so many milliseconds the server is told what it does not know yet. */
const TELL = 15_000;
const at = id => document.getElementById(id);
const say = text => { at("said").textContent = text; };

// The device's store: one list, and the scans that a list may not know.
const opened = new Promise((resolve, reject) => {
  const request = indexedDB.open("door", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("kept");
    request.result.createObjectStore("scans", { keyPath: "nonce" });
  };
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
async function transact(mode, work) {
  const transaction = (await opened).transaction(["kept", "scans"], mode);
  const found = work(transaction.objectStore("kept"), transaction.objectStore("scans"));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(found);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}
const store = {
  async load() {
    const found = await transact("readonly", (kept, scans) => [kept.get("list"), kept.get("key"), scans.getAll()]);
    const [text, key, scans] = found.map(request => request.result);
    return { text, key, scans };
  },
  keepScan: scan => transact("readwrite", (_, scans) => { scans.put(scan); }),
  keepList: (text, key, nonces) => transact("readwrite", (kept, scans) => {
    kept.put(text, "list");
    kept.put(key, "key");
    for (const nonce of nonces) scans.delete(nonce);
  }),
};

const line = new Line((...request) => fetch(...request));
const scanner = new Scanner(line, store);
let shown = null;

function show() {
  const { list, waiting, conflicts } = scanner;
  at("login").hidden = line.open;
  at("choose").hidden = !line.open;
  at("gate").hidden = list === null;
  at("telling").hidden = list === null && waiting.length === 0;
  at("waiting").textContent = `${waiting.length} scans to tell.`;
  at("insist").hidden = scanner.open === null;
  const texts = [...conflicts.values()].map(it => `${it.flags.join(", ")}: ${it.result} ${new Date(it.at).toLocaleTimeString()}`);
  at("conflicts").replaceChildren(...texts.map(text => Object.assign(document.createElement("li"), { textContent: text })));
  if (!list) return;
  at("title").textContent = list.event.title;
  at("state").textContent = `List of ${new Date(list.issued_at).toLocaleString()}, ${list.tickets.size} tickets.`;
}

const WORDS = {
  admitted: "Come in", left: "Went out", already_checked_in: "Already inside", cancelled: "No longer good",
  wrong_event: "Not for this event or time", not_yet: "Doors are not open yet", unknown: "Unknown", not_inside: "Nobody is inside with it",
};

function answered(answer) {
  shown = answer;
  at("verdict").textContent = [WORDS[answer.verdict], answer.facts.join(", ")].filter(Boolean).join(": ");
  at("verdict").className = answer.good ? "good" : "bad";
  at("source").textContent = answer.asked ? "" : "By the list alone: the server was not asked.";
}

/** Runs what somebody wished for, says what went wrong, and shows how things stand. */
const run = work => work().catch(error => say(error.message)).finally(show);

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
  const glance = new Glance();
  setInterval(async () => {
    const [found] = await detector.detect(video).catch(() => []);
    // While somebody decides about one code, nobody looks at another.
    if (!found || scanner.busy || scanner.open || !scanner.list) return;
    if (glance.isNew(found.rawValue)) check(found.rawValue);
  }, 250);
}

function check(code) {
  const direction = document.querySelector("input[name=direction]:checked").value;
  return run(async () => answered(await scanner.check(code, direction)));
}

async function take(anyKey = false) {
  at("trust").hidden = true;
  try {
    await scanner.take(at("event").value, anyKey);
  } catch (error) {
    at("trust").hidden = !error.anotherKey;
    throw error;
  }
  camera();
}

const on = (id, event, work) => at(id).addEventListener(event, it => {
  it.preventDefault();
  say("");
  run(work);
});
on("login", "submit", async () => {
  await line.logIn(at("email").value, at("password").value);
  at("password").value = "";
  show();
  at("event").replaceChildren(...(await events(line)).map(it => new Option(it.title, it.id)));
});
on("choose", "submit", () => take());
on("trust", "click", () => take(true));
on("scan", "submit", async () => {
  const code = at("code").value;
  at("code").value = "";
  await check(code);
});
on("insist", "submit", async () => {
  answered(await scanner.insist(shown?.nonce, at("reason").value));
  at("reason").value = "";
});
on("dismiss", "click", async () => {
  await scanner.dismiss();
  at("reason").value = "";
});
on("sync", "click", () => scanner.tell());
const tell = () => { if (line.open && scanner.waiting.length > 0) run(() => scanner.tell()); };
addEventListener("online", tell);
setInterval(tell, TELL);

await run(() => scanner.load());
if (scanner.list) camera();
navigator.serviceWorker?.register("/door/worker.js", { scope: "/door" }).catch(() => say("This page will not open without a network."));
