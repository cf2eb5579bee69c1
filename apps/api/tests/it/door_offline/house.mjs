// A house for the scanner's tests: it issues codes and lists as the server does, and answers as it would.
import { Buffer } from "node:buffer";
import { webcrypto } from "node:crypto";

// Older versions of Node have it under another name.
globalThis.crypto ??= webcrypto;
export const doors = new URL("../../../assets/door/", import.meta.url);
const { base32 } = await import(new URL("list.mjs", doors));

const utf8 = text => new TextEncoder().encode(text);
const url64 = bytes => Buffer.from(bytes).toString("base64url");
const { subtle } = crypto;

/** An answer as `fetch` gives it. */
const answer = (status, body, date) => ({
  status,
  ok: status < 400,
  headers: { get: name => (name === "date" ? new Date(date).toUTCString() : null) },
  text: async () => (typeof body === "string" ? body : JSON.stringify(body)),
  json: async () => (typeof body === "string" ? JSON.parse(body) : body),
});

export class House {
  static async open({ at = Date.parse("2026-12-05T20:00:00Z") } = {}) {
    const house = new House();
    house.keys = await subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
    Object.assign(house, { at, event: crypto.randomUUID(), tickets: [], scans: new Map(), asked: [], down: false, refuses: () => false });
    return house;
  }

  /** A ticket, as its code. */
  async ticket(name = "Ottilie Byron", seat = "Stalls A-12") {
    const id = crypto.randomUUID();
    const bytes = it => Buffer.from(it.replaceAll("-", ""), "hex");
    const said = Buffer.concat([Buffer.from([1]), bytes(this.event), bytes(id), Buffer.from([0, 0, 0, 1])]);
    const signature = new Uint8Array(await subtle.sign({ name: "Ed25519" }, this.keys.privateKey, said));
    const material = await subtle.importKey("raw", signature, "HKDF", false, ["deriveBits"]);
    const how = { name: "HKDF", hash: "SHA-256", salt: said, info: utf8("synesthesie/door/1") };
    const derived = new Uint8Array(await subtle.deriveBits(how, material, 48 * 8));
    const ticket = {
      id, name, seat, inside: 0, lookup: derived.slice(0, 16), key: derived.slice(16), code: base32([...said, ...signature]),
      receipt: base32([...said, ...derived.slice(0, 16)]),
    };
    this.tickets.push(ticket);
    return ticket.code;
  }

  async bundle() {
    const tickets = {};
    for (const { id, name, seat, inside, lookup, key } of this.tickets) {
      const nonce = crypto.getRandomValues(new Uint8Array(12));
      const aes = await subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
      const facts = utf8(JSON.stringify({ id, name, seat, type: 0, inside, checked_in_at: null }));
      const sealed = await subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: lookup }, aes, facts);
      tickets[url64(lookup)] = url64([...nonce, ...new Uint8Array(sealed)]);
    }
    const payload = JSON.stringify({
      issued_at: new Date(this.at).toISOString(), format: 1, ticket_types: ["Guest"],
      event: { id: this.event, title: "Opening", cancelled: false, opens_at: "2026-12-05T18:00:00Z", closes_at: "2026-12-06T09:00:00Z" },
      public_key: url64(await subtle.exportKey("raw", this.keys.publicKey)), valid_until: "2026-12-06T09:00:00Z",
      tickets, revoked: [],
    });
    const signature = await subtle.sign({ name: "Ed25519" }, this.keys.privateKey, utf8(`synesthesie/door-bundle/1\n${payload}`));
    return JSON.stringify({ format: 1, signature: url64(signature), payload });
  }

  pass({ code, nonce, direction, forced }, verdict) {
    const ticket = this.tickets.find(it => it.code === code || it.receipt === code);
    const known = this.scans.get(nonce);
    if (known) return { kept: "before", verdict: known };
    const by = !ticket ? "unknown" : direction === "out" ? (ticket.inside > 0 ? "left" : "not_inside")
      : ticket.inside > 0 && !forced ? "already_checked_in" : "admitted";
    const found = verdict ?? by;
    if (ticket && (forced || found === "admitted" || found === "left")) ticket.inside += direction === "out" ? -1 : 1;
    this.scans.set(nonce, found);
    return { kept: "now", verdict: found, ticket };
  }

  fetch = async (path, { method, body }) => {
    const asked = { method, path: path.replace("/api/v1", ""), body: body && JSON.parse(body), size: Buffer.byteLength(body ?? "") };
    if (this.down) throw new TypeError("no network");
    this.asked.push(asked);
    await this.before?.(asked);
    const found = await this.#answered(asked);
    this.at += 1;
    return found;
  };

  async #answered({ path, body, size }) {
    const said = (status, body) => answer(status, body, this.at);
    if (size > 65_536) return said(413, { detail: "The body is too large." });
    if (path === "/auth/login" && body.totp !== this.totp) return said(403, { code: "totp_required", detail: "Send a code." });
    if (path === "/auth/login" || path === "/auth/refresh") return said(200, { access_token: "a", refresh_token: "r" });
    if (path === "/auth/logout") return said(204, "");
    if (path.endsWith("/bundle")) return said(200, await this.bundle());
    if (path === "/tickets/verify") {
      const { verdict, ticket } = this.pass({ ...body, forced: body.force });
      return said(200, { result: verdict, ticket: ticket && { attendee: null, seat: { label: ticket.seat } } });
    }
    if (!path.endsWith(`${this.event}/check-in/sync`)) return said(404, { detail: "There is no such event." });
    if (body.scans.some(this.refuses)) return said(422, { detail: "Something is wrong with it." });
    const results = body.scans.map(scan => ({ nonce: scan.nonce, kept: this.pass(scan, scan.verdict).kept }));
    return said(200, { told_at: new Date(this.at).toISOString(), results, conflicts: [] });
  }
}

/** A device's store in memory: what is put into it is a copy, as a browser's would be. */
export class Shelf {
  constructor() {
    [this.text, this.key, this.scans] = [undefined, undefined, new Map()];
  }

  async load() {
    return { text: this.text, key: this.key, scans: [...this.scans.values()].map(scan => ({ ...scan })) };
  }

  async keepScan(scan) {
    this.scans.set(scan.nonce, structuredClone(scan));
  }

  async keepList(text, key, nonces) {
    [this.text, this.key] = [text, key];
    for (const nonce of nonces) this.scans.delete(nonce);
  }

  forgetList(nonces) {
    return this.keepList(undefined, this.key, nonces);
  }
}
