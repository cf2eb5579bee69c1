// What a scanner does: asks the server about a code, or the list when the server does not answer, keeps what happened
// and tells it later. Runs in browsers and in Node: the page and the device's store are given to it.
import { bodies, judge, openBundle, scanned } from "./list.mjs";

/** How long the server may take before the list is asked instead, in milliseconds. */
const PATIENCE = 1500;
/** How long somebody who signs out waits until everything is told. */
const PARTING = 10_000;
/** For how long the list decides alone after the server did not answer: a queue does not wait for each code. */
const REST = 10_000;
/** A code that is held before the camera is one scan until it was away for so long. */
const AWAY = 5000;
const DAY = 24 * 60 * 60 * 1000;
/** More events than these nobody chooses from. */
const MOST_EVENTS = 2000;

const within = (milliseconds, work) => {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("The server takes too long.")), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/** The way to the server. Errors have a `status`, and mostly a `code`, when the server answered. */
export class Line {
  constructor(fetch, base = "/api/v1") {
    [this.fetch, this.base, this.tokens, this.renewing] = [fetch, base, null, null];
  }

  get open() {
    return this.tokens !== null;
  }

  /** `totp` is a code of a second factor, for who has one. */
  async logIn(email, password, totp) {
    const answer = await this.call("POST", "/auth/login", { email, password, ...(totp ? { totp } : {}) });
    this.tokens = await answer.json();
  }

  /** Ends the session here, and at the server if it answers. */
  async logOut() {
    if (!this.open) return;
    await within(PATIENCE, this.call("POST", "/auth/logout")).finally(() => { this.tokens = null; });
  }

  async call(method, path, body) {
    const used = this.tokens;
    let answer = await this.#send(method, path, body);
    if (answer.status === 401 && used && (await this.#renewed(used))) answer = await this.#send(method, path, body);
    if (answer.ok) return answer;
    const said = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(said.detail ?? "The server said no."), { status: answer.status, code: said.code });
  }

  #send(method, path, body) {
    const headers = {};
    if (this.tokens) headers.authorization = `Bearer ${this.tokens.access_token}`;
    if (body) headers["content-type"] = "application/json";
    return this.#reach(path, { method, headers, body: body && JSON.stringify(body) });
  }

  async #reach(path, request) {
    try {
      return await this.fetch(this.base + path, request);
    } catch {
      // Browsers say it each in their own words, and to programmers.
      throw new Error("The server cannot be reached.");
    }
  }

  /** Once for all that wait for it: a token that is shown twice looks stolen. */
  async #renewed(used) {
    if (this.tokens !== used) return this.open;
    this.renewing ??= this.#renew(used).finally(() => { this.renewing = null; });
    await this.renewing;
    return this.open;
  }

  async #renew(used) {
    const { refresh_token } = used;
    const answer = await this.#reach("/auth/refresh", {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ refresh_token }),
    });
    const fresh = answer.ok ? await answer.json() : null;
    if (!fresh && answer.status >= 500) throw Object.assign(new Error("The server cannot answer now."), { status: answer.status });
    // Who has signed out meanwhile stays out.
    if (this.tokens === used) this.tokens = fresh;
  }
}

/** Whose door it may be: everything that was not over yesterday. */
export async function events(line, now = Date.now()) {
  const from = encodeURIComponent(new Date(now - DAY).toISOString());
  const found = [];
  let cursor = null;
  do {
    const rest = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    const page = await (await line.call("GET", `/admin/events?limit=100&from=${from}${rest}`)).json();
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor && found.length < MOST_EVENTS);
  return found;
}

/** What the camera sees, and whether it is new. */
export class Glance {
  constructor() {
    [this.last, this.seen] = ["", 0];
  }

  isNew(text, now = Date.now()) {
    const fresh = text !== this.last || now - this.seen >= AWAY;
    [this.last, this.seen] = [text, now];
    return fresh;
  }

  /** What is seen while nobody looks: the code that was scanned is still there, another one waits for its turn. */
  lingers(text, now = Date.now()) {
    if (text === this.last) this.seen = now;
  }
}

/** Why somebody insists, as the server takes it. */
export function reasoned(text) {
  const letters = [...text.replace(/\p{Cc}/gu, " ").replace(/\p{Cs}/gu, "").trim()];
  return letters.slice(0, 500).join("").trim();
}

/** When the server answered, by its own clock. The header counts whole seconds; rather a moment too late, so that a scan
 * is kept until a list surely knows it. */
function answeredAt(answer) {
  const at = Date.parse(answer.headers.get("date"));
  return Number.isNaN(at) ? null : new Date(at + 1000).toISOString();
}

const passes = verdict => verdict === "admitted" || verdict === "left";

/**
 * A scanner over a line and a store. The store has `load()`, which gives `{ text, key, scans }`, `keepScan(scan)`, and
 * `keepList(text, key, nonces)`, which forgets the scans of these nonces in the same breath; `forgetList(nonces)` forgets
 * the list as well, and not the key.
 */
export class Scanner {
  constructor(line, store, now = Date.now) {
    [this.line, this.store, this.now] = [line, store, now];
    // `open` is the refusal that somebody may still overrule.
    [this.list, this.key, this.journal, this.open] = [null, null, [], null];
    [this.conflicts, this.telling, this.quietUntil, this.queue, this.queued] = [new Map(), null, 0, Promise.resolve(), 0];
  }

  /** Takes up what the device has kept. The scans are there also when the list is not. */
  async load() {
    const { text, key, scans } = await this.store.load();
    [this.key, this.journal] = [key ?? null, scans];
    if (!text) return;
    const event = eventOf(text);
    for (const scan of scans) scan.event ??= event;
    this.list = await openBundle(text, this.key);
  }

  get busy() {
    return this.queued > 0;
  }

  /** Whether the list decides without the server being asked. */
  get alone() {
    return !this.line.open || this.now() < this.quietUntil;
  }

  /** Scans that the server does not know yet. */
  get waiting() {
    return this.journal.filter(scan => !scan.told);
  }

  /** What to say to a code: one after the other, none is left out. */
  check(text, direction) {
    return this.#inTurn(() => this.#check(text, direction));
  }

  /** Lets the bearer of the refused code pass all the same; `nonce` says which refusal is meant. */
  insist(nonce, text) {
    return this.#inTurn(() => this.#insist(nonce, text));
  }

  /** The refusal stands. */
  dismiss() {
    return this.#inTurn(() => this.#settle());
  }

  /**
   * Signs out: tells what is to be told, ends the session and forgets the list and what was told. What the server does not
   * know yet stays on the device, whoever signs in next tells it.
   */
  leave() {
    return this.#inTurn(async () => {
      await this.#settle();
      if (this.line.open) await within(PARTING, this.tell()).catch(() => {});
      await this.line.logOut().catch(() => {});
      const over = this.journal.filter(scan => scan.told).map(scan => scan.nonce);
      await this.store.forgetList(over);
      [this.list, this.journal, this.conflicts] = [null, this.waiting, new Map()];
    });
  }

  #inTurn(work) {
    this.queued += 1;
    const done = this.queue.then(work).finally(() => { this.queued -= 1; });
    this.queue = done.catch(() => {});
    return done;
  }

  async #check(text, direction) {
    const { list } = this;
    if (!list) throw new Error("There is no list here.");
    await this.#settle();
    let answer = await judge(list, text, direction, this.journal, this.now());
    const isUntold = scan => !scan.told && scan.name !== null && scan.name === answer.name;
    if (this.journal.some(isUntold)) {
      // What happened here the server has to know before it is asked.
      await this.#patiently(() => this.tell());
      answer = await judge(list, text, direction, this.journal, this.now());
    }
    const scan = { ...scanned(answer, direction, null, new Date(this.now())), event: list.event.id };
    const said = this.journal.some(isUntold) ? null : await this.#ask(answer.code, scan);
    if (said) Object.assign(scan, { verdict: said.result, told: true, told_at: said.told_at });
    if (passes(scan.verdict) || (!said && (scan.verdict === "unknown" || scan.verdict === "wrong_event"))) {
      await this.#keep(scan);
    } else if (scan.verdict !== "unknown" && scan.verdict !== "wrong_event") {
      this.open = { scan, code: answer.code, said: said !== null };
    }
    return this.#shown(scan, answer.ticket, said);
  }

  async #insist(nonce, text) {
    if (this.open?.scan.nonce !== nonce) throw new Error("That was another code: scan it again.");
    const reason = reasoned(text);
    if (!reason) throw new Error("Say why.");
    const { scan, code, said } = this.open;
    const forced = { ...scan, told: false, told_at: null, forced: true, reason, at: new Date(this.now()).toISOString() };
    let answer = null;
    if (said) {
      // The server has answered to the first name: this is another attempt.
      forced.nonce = crypto.randomUUID();
      answer = await this.#ask(code, forced, { force: true, reason });
    }
    if (answer && !passes(answer.result)) {
      this.open = null;
      return this.#shown({ ...forced, verdict: answer.result }, null, answer);
    }
    if (answer) Object.assign(forced, { told: true, told_at: answer.told_at });
    await this.#keep(forced);
    this.open = null;
    return this.#shown({ ...forced, verdict: forced.direction === "out" ? "left" : "admitted" }, null, answer);
  }

  async #settle() {
    const { open } = this;
    if (open && !open.said) await this.#keep(open.scan);
    this.open = null;
  }

  #shown({ nonce, verdict }, ticket, said) {
    const { attendee, seat } = said?.ticket ?? {};
    const name = attendee ? `${attendee.first_name} ${attendee.last_name}` : ticket?.name;
    const kind = ticket && this.list ? this.list.ticket_types[ticket.type] : null;
    const facts = [name, kind, seat?.label ?? ticket?.seat].filter(Boolean);
    return { nonce, verdict, good: passes(verdict), facts, asked: said !== null, open: this.open?.scan.nonce === nonce };
  }

  /** What the server says, with when; null when it does not answer in time or nobody is logged in. */
  async #ask(code, { event, nonce, direction }, more = {}) {
    const wish = { code, event_id: event, nonce, direction, ...more };
    return this.#patiently(async () => {
      const answer = await this.line.call("POST", "/tickets/verify", wish);
      return { ...(await answer.json()), told_at: answeredAt(answer) };
    });
  }

  async #patiently(work) {
    if (!this.line.open || this.now() < this.quietUntil) return null;
    try {
      return await within(PATIENCE, work());
    } catch (error) {
      if (!error.status || error.status >= 500) this.quietUntil = this.now() + REST;
      return null;
    }
  }

  async #keep(scan) {
    // Told from memory if the device keeps nothing any more.
    this.journal.push(scan);
    await this.store.keepScan(scan);
  }

  /** Tells the server everything that it does not know, of every event; once at a time. */
  tell() {
    this.telling ??= this.#tell().finally(() => { this.telling = null; });
    return this.telling;
  }

  async #tell() {
    const of = new Map();
    for (const scan of this.waiting) of.set(scan.event, [...(of.get(scan.event) ?? []), scan]);
    let failed = null;
    for (const [event, scans] of of) {
      try {
        for (const body of bodies(scans)) await this.#send(event, body.scans);
      } catch (error) {
        if (!error.status || error.status === 401 || error.status >= 500) throw error;
        // Somebody who may not tell of this event may tell of the others.
        failed ??= error;
      }
    }
    this.quietUntil = 0;
    if (failed) throw failed;
  }

  async #send(event, scans) {
    let answer, told;
    try {
      answer = await this.line.call("POST", `/admin/events/${event}/check-in/sync`, { scans });
      told = await answer.json();
    } catch (error) {
      if (![400, 413, 422].includes(error.status)) throw error;
      if (scans.length === 1) return this.#mark(scans[0].nonce, { kept: "refused", told_at: null });
      // One of them is to blame, and the others shall not wait for it.
      const half = scans.length >> 1;
      await this.#send(event, scans.slice(0, half));
      return this.#send(event, scans.slice(half));
    }
    for (const conflict of told.conflicts) this.conflicts.set(conflict.scan_id, conflict);
    const at = told.told_at ?? answeredAt(answer);
    // What was refused nobody knows of but this device: it goes on counting here.
    const when = kept => (kept === "refused" ? null : at);
    for (const { nonce, kept } of told.results) await this.#mark(nonce, { kept, told_at: when(kept) });
  }

  async #mark(nonce, outcome) {
    for (const scan of this.journal.filter(scan => scan.nonce === nonce && !scan.told)) {
      Object.assign(scan, outcome, { told: true });
      await this.store.keepScan(scan);
    }
  }

  /**
   * Takes the list of an event along, after telling what is to be told. Only what was told before the list was made is
   * forgotten. `anyKey`: also when it is signed with another key than the list before.
   */
  async take(event, anyKey = false) {
    const failed = await this.tell().then(() => null, error => error);
    const text = await (await this.line.call("GET", `/admin/events/${event}/check-in/bundle`)).text();
    const fresh = await openBundle(text, anyKey ? null : this.key);
    const issued = Date.parse(fresh.issued_at);
    if (this.list?.event.id === fresh.event.id && issued < Date.parse(this.list.issued_at)) {
      throw new Error("The list is older than the one that is here: fetch it again.");
    }
    const isOver = ({ told, told_at, event }) =>
      told && (event !== fresh.event.id || Date.parse(told_at) <= issued);
    const over = new Set(this.journal.filter(isOver).map(scan => scan.nonce));
    await this.store.keepList(text, fresh.public_key, [...over]);
    [this.list, this.key] = [fresh, fresh.public_key];
    this.journal = this.journal.filter(scan => !over.has(scan.nonce));
    if (failed) throw failed;
  }
}

function eventOf(text) {
  try {
    return JSON.parse(JSON.parse(text).payload).event.id;
  } catch {
    return undefined;
  }
}
