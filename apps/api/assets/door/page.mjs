// The scanner's page: what is on it, the camera, and the device's store. What a scanner does is in scanner.mjs.
// What is stored on the device opens nothing: the list, and receipts instead of codes. Tokens stay in memory.
import { Camera } from "/door/camera.mjs";
import { Line, Scanner, events } from "/door/scanner.mjs";

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
  forgetList: nonces => transact("readwrite", (kept, scans) => {
    kept.delete("list");
    for (const nonce of nonces) scans.delete(nonce);
  }),
};

const line = new Line((...request) => fetch(...request));
const scanner = new Scanner(line, store);
let shown = null;

function show() {
  const { list, waiting, conflicts } = scanner;
  at("login").hidden = line.open;
  at("why").hidden = list === null && waiting.length === 0;
  at("choose").hidden = !line.open;
  at("more").hidden = !line.open && list === null;
  at("leave").textContent = line.open ? "Sign out and forget the list" : "Forget the list";
  at("gate").hidden = list === null;
  at("telling").hidden = waiting.length === 0 && conflicts.size === 0;
  at("waiting").hidden = waiting.length === 0;
  at("waiting").textContent = waiting.length === 1 ? "1 scan to tell." : `${waiting.length} scans to tell.`;
  at("sync").hidden = !line.open || waiting.length === 0;
  at("insist").hidden = scanner.open === null;
  const texts = [...conflicts.values()].map(it => `${it.flags.map(flag => FLAGS[flag] ?? flag).join(", ")}: ${time(it.at)}`);
  at("conflicts").replaceChildren(...texts.map(text => Object.assign(document.createElement("li"), { textContent: text })));
  at("title").textContent = list?.event.title ?? "Door";
  at("state").className = scanner.alone ? "alone" : "";
  at("state").textContent = !list ? "" : [mode(), `${list.tickets.size} tickets, list of ${time(list.issued_at)}`].join(" · ");
}

const time = text => new Date(text).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
const mode = () => (!line.open ? "Not signed in: the list decides" : scanner.alone ? "No answer: the list decides" : "Online");

const FLAGS = {
  double_entry: "Let in twice", late_revocation: "Ticket was no longer good", unknown_code: "Unknown code", wrong_event: "Ticket of another event",
};
const BLIND = {
  NotAllowedError: "The camera is not allowed: type the code.",
  NetworkError: "What reads codes is not here yet: type the code until there is a network.",
};
const WORDS = {
  admitted: "Come in", left: "Went out", already_checked_in: "Already inside", cancelled: "No longer good",
  wrong_event: "Not for this event or time", not_yet: "Doors are not open yet", unknown: "Unknown", not_inside: "Nobody is inside with it",
};

function verdict(word, look = "", facts = "", source = "") {
  for (const [id, text] of Object.entries({ word, facts, source })) at(id).textContent = text;
  const place = at("verdict");
  place.className = "";
  void place.offsetWidth; // so that the same look begins anew
  place.className = look;
}

function answered(answer) {
  shown = answer;
  const [sign, colour] = !answer.good ? ["\u2717", "bad"] : ["\u2713", answer.verdict === "left" ? "out" : "in"];
  const source = answer.asked ? "" : "By the list alone: the server was not asked.";
  verdict(`${sign} ${WORDS[answer.verdict]}`, colour, answer.facts.join(", "), source);
  // Those whose telephone can feel it need not look for long.
  navigator.vibrate?.(answer.good ? 80 : [200, 100, 200]);
}

/** Runs what somebody wished for, says what went wrong, and shows how things stand. */
const run = work => work().catch(error => say(error.message)).finally(show);

// While somebody decides about one code, nobody looks at another.
const camera = new Camera(at("camera"), () => scanner.list !== null && !scanner.busy && !scanner.open, code => check(code));

async function look() {
  const trouble = await camera.start().then(() => "", error => error.name);
  if (!scanner.list) camera.stop(); // signed out meanwhile
  at("blind").hidden = trouble === "";
  at("blind").textContent = BLIND[trouble] ?? "No camera here: type the code.";
  // Otherwise the telephone goes to sleep between two guests; where it cannot be asked, it does.
  navigator.wakeLock?.request("screen").catch(() => {});
}

function check(code) {
  const direction = document.querySelector("input[name=direction]:checked").value;
  return run(async () => {
    verdict("\u2026");
    at("insist").hidden = true;
    answered(await scanner.check(code, direction).catch(error => {
      verdict("\u2717 Scan again", "bad");
      throw error;
    }));
  });
}

async function take(anyKey = false) {
  at("trust").hidden = true;
  try {
    await scanner.take(at("event").value, anyKey);
  } catch (error) {
    at("trust").hidden = !error.anotherKey;
    throw error;
  }
  at("more").open = false;
  verdict("Ready");
  look();
}

const on = (id, event, work) => at(id).addEventListener(event, it => {
  it.preventDefault();
  say("");
  run(work);
});
on("login", "submit", async () => {
  try {
    await line.logIn(at("email").value, at("password").value, at("totp").value);
  } catch (error) {
    if (error.code === "totp_required") {
      at("second").hidden = false;
      at("totp").focus();
    }
    throw error;
  }
  at("password").value = at("totp").value = "";
  at("second").hidden = true;
  show();
  const [found, now] = [await events(line), Date.now()];
  at("event").replaceChildren(...found.map(it => new Option(`${it.title}, ${new Date(it.starts_at).toLocaleDateString()}`, it.id)));
  // Tonight's, unless the list of another one is here.
  const tonight = found.find(it => it.id === scanner.list?.event.id) ?? found.find(it => Date.parse(it.ends_at) > now);
  if (tonight) at("event").value = tonight.id;
  if (!scanner.list) at("more").open = true;
  if (found.length === 0) say("There is no event at whose door you stand.");
  tell();
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
  verdict("Ready");
});
on("sync", "click", () => scanner.tell());
on("leave", "click", async () => {
  camera.stop();
  await scanner.leave();
  for (const id of ["email", "password", "totp", "code", "reason"]) at(id).value = "";
  at("event").replaceChildren();
  verdict("Ready");
  if (scanner.waiting.length > 0) say("Signed out. What the server does not know yet stays here: sign in again to tell it.");
});
const tell = () => { if (line.open && scanner.waiting.length > 0) run(() => scanner.tell()); };
addEventListener("online", () => {
  tell();
  // Perhaps what reads codes could not be fetched until now.
  if (scanner.list) look();
});
// A telephone that was put away has taken the camera.
addEventListener("visibilitychange", () => { if (!document.hidden && scanner.list) look(); });
setInterval(() => { tell(); show(); }, TELL);

await run(() => scanner.load());
if (scanner.list) look();
navigator.serviceWorker?.register("/door/worker.js", { scope: "/door" }).catch(() => say("This page will not open without a network."));
