// The scanner without its page: `node --test apps/api/tests/it/door_offline/scanner.test.mjs`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";
import { House, Shelf, doors } from "./house.mjs";

const { Glance, Line, Scanner, events, reasoned } = await import(new URL("scanner.mjs", doors));
const { bodies, judge } = await import(new URL("list.mjs", doors));

/** A scanner that is logged in and has the list. */
async function standing(house, store = new Shelf()) {
  const line = new Line(house.fetch);
  await line.logIn("door@example.org", "secret");
  const scanner = new Scanner(line, store, () => house.at);
  await scanner.load();
  await scanner.take(house.event);
  return { line, scanner, store };
}

const untold = store => [...store.scans.values()].filter(scan => !scan.told).length;

test("a guest who comes in while a list is fetched is not forgotten", async () => {
  const house = await House.open();
  const [one, two] = [await house.ticket(), await house.ticket()];
  const { scanner, store } = await standing(house);
  house.down = true;
  assert.equal((await scanner.check(one, "in")).verdict, "admitted");
  house.down = false;
  house.before = async ({ path }) => {
    if (!path.endsWith("/bundle")) return;
    house.before = undefined;
    house.down = true;
    assert.equal((await scanner.check(two, "in")).verdict, "admitted");
    house.down = false;
  };
  await scanner.take(house.event);
  assert.equal(untold(store), 1, "the second one is still to be told");
  house.down = true;
  for (const code of [one, two]) assert.equal((await scanner.check(code, "in")).verdict, "already_checked_in");
  house.down = false;
  await scanner.tell();
  assert.deepEqual(house.tickets.map(ticket => ticket.inside), [1, 1]);
});

test("who has a second factor is asked for it, and nobody else sends one", async () => {
  const house = await House.open();
  await new Line(house.fetch).logIn("door@example.org", "secret", "");
  assert.deepEqual(house.asked.at(-1).body, { email: "door@example.org", password: "secret" });
  house.totp = "287082";
  const line = new Line(house.fetch);
  const refused = await line.logIn("door@example.org", "secret", "").catch(error => error);
  assert.deepEqual([refused.status, refused.code, line.open], [403, "totp_required", false]);
  await line.logIn("door@example.org", "secret", "287082");
  assert.equal(line.open, true);
});

test("what is on the device is told also without a list, each to its own event", async () => {
  const house = await House.open();
  const code = await house.ticket();
  const store = new Shelf();
  const first = await standing(house, store);
  house.down = true;
  await first.scanner.check(code, "in");
  house.down = false;
  store.scans.set("elsewhere", { nonce: "elsewhere", event: crypto.randomUUID(), code: "X", direction: "in", at: "2026-12-05T20:00:00Z", verdict: "unknown", told: false });
  store.text = store.text.replace("issued_at", "issued_ta");
  const line = new Line(house.fetch);
  await line.logIn("door@example.org", "secret");
  const again = new Scanner(line, store);
  await assert.rejects(again.load(), /damaged/);
  assert.deepEqual([again.list, again.waiting.length], [null, 2]);
  await assert.rejects(again.tell(), /no such event/);
  assert.equal(house.tickets[0].inside, 1);
  assert.deepEqual(again.waiting.map(scan => scan.nonce), ["elsewhere"]);
  // A list can be fetched all the same.
  await again.take(house.event).catch(() => {});
  assert.equal(again.list.event.id, house.event);
});

test("two scanners with a network do not both let the same ticket in", async () => {
  const house = await House.open();
  const code = await house.ticket();
  const [one, two] = [await standing(house), await standing(house)];
  const first = await one.scanner.check(code, "in");
  assert.deepEqual([first.verdict, first.asked, first.facts], ["admitted", true, ["Ottilie Byron", "Guest", "Stalls A-12"]]);
  const second = await two.scanner.check(code, "in");
  assert.deepEqual([second.verdict, second.good], ["already_checked_in", false]);
  assert.deepEqual([two.scanner.waiting.length, house.scans.size], [0, 2], "nothing is told twice");
});

test("a server that does not answer is not waited for at every code", async () => {
  const house = await House.open();
  const codes = [await house.ticket(), await house.ticket()];
  const { scanner } = await standing(house);
  let waited = 0;
  house.before = ({ path }) => (path === "/tickets/verify" ? ((waited += 1), new Promise(() => {})) : undefined);
  const since = performance.now();
  for (const code of codes) {
    const said = await scanner.check(code, "in");
    assert.deepEqual([said.verdict, said.asked, said.facts[2]], ["admitted", false, "Stalls A-12"]);
  }
  const took = performance.now() - since;
  assert.ok(took > 1400 && took < 2900, `${took}`);
  assert.equal(waited, 1);
  await scanner.tell();
  assert.deepEqual(house.tickets.map(ticket => ticket.inside), [1, 1]);
});

test("an answer that was lost is one entry", async () => {
  const house = await House.open();
  const code = await house.ticket();
  const { scanner } = await standing(house);
  const whole = house.fetch;
  scanner.line.fetch = async (path, request) => {
    const answer = await whole(path, request);
    if (path.endsWith("/verify")) throw new TypeError("the line broke");
    return answer;
  };
  assert.deepEqual((await scanner.check(code, "in")).verdict, "admitted");
  await scanner.tell();
  assert.deepEqual([house.tickets[0].inside, house.scans.size], [1, 1]);
});

test("the server knows what happened here before it is asked about the same ticket", async () => {
  const house = await House.open();
  const code = await house.ticket();
  const { scanner } = await standing(house);
  house.down = true;
  assert.equal((await scanner.check(code, "in")).verdict, "admitted");
  house.down = false;
  house.at += 60_000;
  assert.equal((await scanner.check(code, "in")).verdict, "already_checked_in");
  assert.equal(house.tickets[0].inside, 1);
});

test("a list does not undo what was told after it was made, and an older one is refused", async () => {
  const house = await House.open();
  const code = await house.ticket();
  const { scanner } = await standing(house);
  const old = await house.bundle();
  house.at += 5000;
  house.bundle = async () => old;
  house.down = true;
  await scanner.check(code, "in");
  house.down = false;
  // As a list that another instance made a moment before.
  await scanner.take(house.event);
  house.down = true;
  assert.equal((await scanner.check(code, "in")).verdict, "already_checked_in", "told, and not in the list");
  house.down = false;
  delete house.bundle;
  house.at += 60_000;
  await scanner.take(house.event);
  assert.equal(scanner.journal.length, 0, "the list knows it now");
  house.bundle = async () => old;
  await assert.rejects(scanner.take(house.event), /older/);
  house.down = true;
  assert.equal((await scanner.check(code, "in")).verdict, "already_checked_in");
});

test("one bad scan does not keep the others from being told", async () => {
  const house = await House.open();
  const codes = [];
  for (let count = 0; count < 5; count += 1) codes.push(await house.ticket());
  const { scanner } = await standing(house);
  house.down = true;
  for (const code of codes) await scanner.check(code, "in");
  house.down = false;
  house.refuses = scan => scan.code === house.tickets[2].receipt;
  await scanner.tell();
  assert.deepEqual(house.tickets.map(ticket => ticket.inside), [1, 1, 0, 1, 1]);
  assert.equal(scanner.waiting.length, 0, "it is not told for ever");
  house.at += 60_000;
  await scanner.take(house.event);
  house.down = true;
  assert.equal((await scanner.check(codes[2], "in")).verdict, "already_checked_in", "here it is known");
});

test("whatever a camera reads can be told", async () => {
  const house = await House.open();
  const code = await house.ticket();
  const { scanner, store } = await standing(house);
  house.down = true;
  for (const text of ["\0", "half a surrogate \ud83d", "x".repeat(100_000), code.match(/.{1,4}/g).join("-"), "", "🎟️".repeat(500)]) {
    const { verdict } = await scanner.check(text, "in");
    assert.equal(verdict, "unknown");
  }
  house.down = false;
  const kept = [...store.scans.values()].map(scan => scan.code);
  assert.equal(kept.length, 6);
  assert.ok(kept.every(text => /^[A-Z2-7]{0,80}$/.test(text)), `${kept}`);
  await scanner.tell();
  assert.equal(scanner.waiting.length, 0);
  assert.ok(house.tickets[0].inside === 0);
});

test("bodies fit into what the server reads", () => {
  const scan = number => ({
    nonce: `${number}`, code: "A".repeat(85), direction: "in", at: "2026-12-05T20:00:00Z", verdict: "cancelled", told: false,
    forced: true, reason: "🎟".repeat(500), event: "e", name: "n",
  });
  const made = bodies(Array.from({ length: 200 }, (_, number) => scan(number)));
  assert.equal(made.flatMap(body => body.scans).length, 200);
  for (const body of made) assert.ok(Buffer.byteLength(JSON.stringify(body)) < 65_536 && body.scans.length > 0);
  assert.deepEqual(Object.keys(made[0].scans[0]).sort(), ["at", "code", "direction", "forced", "nonce", "reason", "verdict"]);
  const plain = bodies(Array.from({ length: 151 }, (_, number) => ({ ...scan(number), forced: false })));
  assert.deepEqual(plain.map(body => body.scans.length), [150, 1]);
  assert.equal(plain[0].scans[0].reason, undefined);
  assert.deepEqual(bodies([]), []);
});

test("a reason is what the server takes", () => {
  assert.equal(reasoned("  twins\u0000\ud83d "), "twins");
  assert.equal(reasoned(" \n\t"), "");
  assert.equal([...reasoned("🎟".repeat(900))].length, 500);
});

test("who insists means the code that was refused, and is told as such with a network and without", async () => {
  const house = await House.open();
  const [one, two] = [await house.ticket(), await house.ticket()];
  const { scanner } = await standing(house);
  await scanner.check(one, "in");
  await scanner.check(two, "in");
  const first = await scanner.check(one, "in");
  assert.deepEqual([first.verdict, first.open], ["already_checked_in", true]);
  const second = await scanner.check(two, "in");
  await assert.rejects(scanner.insist(first.nonce, "twins"), /another code/);
  await assert.rejects(scanner.insist(second.nonce, "  "), /why/);
  assert.equal((await scanner.insist(second.nonce, "twins")).verdict, "admitted");
  assert.equal(scanner.open, null);
  assert.deepEqual(house.tickets.map(ticket => ticket.inside), [1, 2]);
  const forced = house.asked.at(-1).body;
  assert.deepEqual([forced.force, forced.reason, forced.nonce === second.nonce], [true, "twins", false]);
  house.down = true;
  const third = await scanner.check(one, "in");
  await scanner.insist(third.nonce, "twins as well");
  const fourth = await scanner.check(one, "in");
  await scanner.dismiss();
  await assert.rejects(scanner.insist(fourth.nonce, "late"), /another code/);
  house.down = false;
  await scanner.tell();
  assert.deepEqual(house.tickets.map(ticket => ticket.inside), [2, 2]);
  const told = house.asked.at(-1).body.scans.map(scan => [scan.verdict, scan.forced ?? false]);
  assert.deepEqual(told, [["already_checked_in", true], ["already_checked_in", false]]);
});

test("codes that come at once are answered one after the other", async () => {
  const house = await House.open();
  const code = await house.ticket();
  const { scanner } = await standing(house);
  house.down = true;
  const both = [scanner.check(code, "in"), scanner.check(code, "in")];
  assert.ok(scanner.busy);
  assert.deepEqual((await Promise.all(both)).map(said => said.verdict), ["admitted", "already_checked_in"]);
  assert.ok(!scanner.busy);
});

test("a list that is signed with another key is taken when somebody says so, after what was told", async () => {
  const house = await House.open();
  const code = await house.ticket();
  const { scanner } = await standing(house);
  house.down = true;
  await scanner.check(code, "in");
  house.down = false;
  const { keys } = await House.open();
  house.keys = keys;
  house.at += 60_000;
  await assert.rejects(scanner.take(house.event), error => error.anotherKey === true);
  assert.equal(house.tickets[0].inside, 1, "it was told");
  assert.equal((await scanner.check(code, "in")).verdict, "already_checked_in", "the old list serves on");
  await scanner.take(house.event, true);
  await scanner.take(house.event);
  assert.equal(scanner.journal.length, 0);
});

test("a code that is held before the camera is one scan", () => {
  const glance = new Glance();
  assert.ok(glance.isNew("A", 0));
  for (let now = 250; now <= 20_000; now += 250) assert.ok(!glance.isNew("A", now), `${now}`);
  assert.ok(glance.isNew("B", 20_250));
  assert.ok(glance.isNew("A", 20_500));
  assert.ok(glance.isNew("A", 25_500), "it was away");
  // While somebody decides about it, it is still there, and another one is not forgotten.
  for (let now = 26_000; now <= 40_000; now += 250) glance.lingers("A", now);
  glance.lingers("B", 40_250);
  assert.ok(!glance.isNew("A", 40_500));
  assert.ok(glance.isNew("B", 40_750));
});

test("every event that was not over yesterday can be chosen", async () => {
  const asked = [];
  const pages = [{ items: [{ id: 1 }], next_cursor: "a+b" }, { items: [{ id: 2 }], next_cursor: null }];
  const line = { call: async (_, path) => { asked.push(path); return { json: async () => pages[asked.length - 1] }; } };
  const found = await events(line, Date.parse("2026-12-05T20:00:00Z"));
  assert.deepEqual(found.map(it => it.id), [1, 2]);
  const first = "/admin/events?limit=100&from=2026-12-04T20%3A00%3A00.000Z";
  assert.deepEqual(asked, [first, `${first}&cursor=a%2Bb`]);
});

test("a token is renewed once for all that wait for it, and kept while the server cannot answer", async () => {
  const seen = [];
  let [good, down] = ["new", false];
  const answer = (status, body) => ({ status, ok: status < 400, json: async () => body });
  const line = new Line(async (path, { headers }) => {
    seen.push(path);
    if (path.endsWith("/refresh")) return down ? answer(503, {}) : answer(200, { access_token: "new", refresh_token: "r" });
    return headers.authorization === `Bearer ${good}` ? answer(200, {}) : answer(401, { detail: "Log in." });
  }, "");
  line.tokens = { access_token: "old", refresh_token: "q" };
  await Promise.all([line.call("GET", "/a"), line.call("GET", "/b")]);
  assert.equal(seen.filter(path => path === "/auth/refresh").length, 1);
  [good, down] = ["newer", true];
  await assert.rejects(line.call("GET", "/a"), error => error.status === 503);
  assert.ok(line.open);
  down = false;
  await assert.rejects(line.call("GET", "/a"), error => error.status === 401);
});

test("who signs out leaves no list and no session, and what is not told stays until somebody tells it", async () => {
  const house = await House.open();
  const [one, two] = [await house.ticket(), await house.ticket()];
  const { line, scanner, store } = await standing(house);
  await scanner.check(one, "in");
  house.down = true;
  await scanner.check(two, "in");
  await scanner.leave();
  assert.deepEqual([line.tokens, scanner.list, scanner.waiting.length, store.text], [null, null, 1, undefined]);
  assert.deepEqual([...store.scans.values()].map(scan => scan.told), [false]);
  assert.ok(store.key, "another key than this one is still refused");
  house.down = false;
  await line.logIn("door@example.org", "secret");
  await scanner.leave();
  assert.deepEqual([store.scans.size, house.tickets.map(ticket => ticket.inside)], [0, [1, 1]]);
  assert.equal(house.asked.at(-1).path, "/auth/logout");
  assert.equal(line.tokens, null);
});

test("a token that comes after somebody has signed out is not kept", async () => {
  let renew;
  const answer = (status, body) => ({ status, ok: status < 400, json: async () => body });
  const line = new Line(path => (path.endsWith("/refresh") ? new Promise(resolve => { renew = resolve; }) : Promise.resolve(answer(401, {}))), "");
  line.tokens = { access_token: "old", refresh_token: "q" };
  const late = assert.rejects(line.call("GET", "/a"));
  while (!renew) await new Promise(setImmediate);
  line.tokens = null;
  renew(answer(200, { access_token: "new", refresh_token: "r" }));
  await late;
  assert.equal(line.tokens, null);
});

test("what is stored opens nothing and names nobody", async () => {
  const house = await House.open();
  const code = await house.ticket();
  const { scanner, store } = await standing(house);
  house.down = true;
  await scanner.check(code, "in");
  const stored = JSON.stringify([store.text, [...store.scans.values()]]);
  for (const secret of [code, "Ottilie", "Byron", "Stalls"]) assert.ok(!stored.includes(secret), secret);
  assert.equal((await judge(scanner.list, house.tickets[0].receipt, "in", [])).verdict, "unknown");
});

test("the page opens without a network, and without waiting for one that does not answer", async () => {
  const handlers = {};
  const kept = new Map();
  const key = request => new URL(request.url ?? request, "https://house.example").pathname;
  const cache = { addAll: async files => files.forEach(file => kept.set(file, `kept ${file}`)), put: async (request, answer) => { kept.set(request, answer.body); } };
  const caches = {
    open: async () => cache, keys: async () => ["door-1"], delete: async () => true,
    match: async request => kept.get(key(request)),
  };
  let network = async () => { throw new TypeError("no network"); };
  const scope = { caches, setTimeout, URL, Promise, fetch: request => network(request), self: { addEventListener: (name, work) => { handlers[name] = work; } } };
  vm.runInNewContext(readFileSync(new URL("worker.js", doors), "utf8"), scope);
  const waits = [];
  handlers.install({ waitUntil: it => waits.push(it) });
  await Promise.all(waits);
  assert.ok(kept.has("/door/scanner.mjs"), "everything that the page imports is kept");
  const ask = (path, method = "GET") => {
    let found;
    handlers.fetch({ request: { url: `https://house.example${path}`, method }, waitUntil: () => {}, respondWith: it => { found = it; } });
    return found;
  };
  assert.equal(await ask("/door?from=home"), "kept /door");
  assert.equal(ask("/api/v1/events"), undefined);
  assert.equal(ask("/door", "POST"), undefined);
  network = () => new Promise(() => {});
  const since = performance.now();
  assert.equal(await ask("/door"), "kept /door");
  assert.ok(performance.now() - since < 10_000);
  const sizes = kept.size;
  network = async () => ({ ok: true, body: "fresh", clone() { return this; } });
  assert.equal((await ask("/door?x=1")).body, "fresh");
  assert.deepEqual([kept.size, kept.get("/door")], [sizes, "fresh"], "a question mark keeps nothing more");
});

test("the page has everything that its script looks for", () => {
  const [page, script] = ["index.html", "page.mjs"].map(name => readFileSync(new URL(name, doors), "utf8"));
  const ids = new Set([...page.matchAll(/ id="([a-z]+)"/g)].map(([, id]) => id));
  const used = [...script.matchAll(/\b(?:at|on)\("([a-z]+)"/g)].map(([, id]) => id);
  assert.ok(used.length > 20);
  assert.deepEqual(used.filter(id => !ids.has(id)), []);
  for (const [, name] of script.matchAll(/from "\/door\/([a-z.]+)"/g)) assert.ok(readFileSync(new URL(name, doors)).length > 0);
  assert.ok(!/\bscans\.clear\(|innerHTML/.test(script));
});
