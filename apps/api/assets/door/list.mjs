// The list that a scanner takes along: opened, and asked about codes, without a network. Runs in browsers and in Node.
//
// A code is base32 of what it says (37 bytes: form, event, ticket, version) and its Ed25519 signature (64 bytes). From
// the signature follow, by HKDF, what the ticket is found under in the list and the key of its facts: without the code
// nothing of a ticket can be read.

const PURPOSE = "synesthesie/door/1";
const SIGNED_AS = "synesthesie/door-bundle/1\n";
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const SAID = 37;
const CODE = SAID + 64;
const utf8 = new TextEncoder();

export function base32(bytes) {
  let text = "", value = 0, bits = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      text += LETTERS[(value >>> (bits - 5)) & 31];
      bits -= 5;
      value &= (1 << bits) - 1;
    }
  }
  return bits > 0 ? text + LETTERS[(value << (5 - bits)) & 31] : text;
}

/** The bytes of a code, or null when it cannot be one. */
export function codeBytes(text) {
  const letters = text.trim().toUpperCase();
  if (letters.length !== Math.ceil((CODE * 8) / 5)) return null;
  const bytes = new Uint8Array(CODE);
  let value = 0, bits = 0, at = 0;
  for (const letter of letters) {
    const digit = LETTERS.indexOf(letter);
    if (digit < 0) return null;
    value = (value << 5) | digit;
    bits += 5;
    if (bits >= 8) {
      bytes[at++] = (value >>> (bits - 8)) & 255;
      bits -= 8;
      value &= (1 << bits) - 1;
    }
  }
  return bytes[0] === 1 && value === 0 ? bytes : null;
}

const fromBase64 = text => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), it => it.charCodeAt(0));
const toBase64 = bytes =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const publicKey = text => crypto.subtle.importKey("raw", fromBase64(text), { name: "Ed25519" }, false, ["verify"]);

/** Opens a list. `pinned` is the public key that this scanner saw first, if it saw one: another one is refused. */
export async function openBundle(text, pinned) {
  const { format, signature, payload } = JSON.parse(text);
  if (format !== 1) throw new Error("This scanner is too old for the list.");
  const list = JSON.parse(payload);
  if (pinned && pinned !== list.public_key) {
    throw Object.assign(new Error("The list is signed with another key than before."), { anotherKey: true });
  }
  const key = await publicKey(list.public_key);
  const signed = utf8.encode(SIGNED_AS + payload);
  if (!(await crypto.subtle.verify({ name: "Ed25519" }, key, fromBase64(signature), signed))) {
    throw new Error("The list is damaged: its signature does not fit.");
  }
  return { ...list, key, revoked: new Set(list.revoked), tickets: new Map(Object.entries(list.tickets)) };
}

/** What follows from a code: under which name its ticket is found, its key, and the receipt that is kept instead of it. */
async function secrets(bytes) {
  const material = await crypto.subtle.importKey("raw", bytes.slice(SAID), "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: bytes.slice(0, SAID), info: utf8.encode(PURPOSE) };
  const derived = new Uint8Array(await crypto.subtle.deriveBits(how, material, 48 * 8));
  const lookup = derived.slice(0, 16);
  const key = await crypto.subtle.importKey("raw", derived.slice(16), "AES-GCM", false, ["decrypt"]);
  return { lookup, key, name: toBase64(lookup), receipt: base32([...bytes.slice(0, SAID), ...lookup]) };
}

async function unseal(sealed, { key, lookup }) {
  const bytes = fromBase64(sealed);
  const how = { name: "AES-GCM", iv: bytes.slice(0, 12), additionalData: lookup };
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, key, bytes.slice(12))));
}

const hex = bytes => [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("");

/**
 * What is kept of a text that is no code of ours: whatever a camera reads, only the letters of codes, and fewer of them
 * than a code or a receipt has.
 */
const unreadable = text => text.slice(0, 1000).toUpperCase().replace(/[^A-Z2-7]/g, "").slice(0, 80);

/**
 * What to say to a code. `journal` are the scans that this scanner made which the list does not know; `code` of the
 * answer is what may be asked about, and `keep` what may be stored instead: nothing can be opened with it.
 */
export async function judge(list, text, direction, journal, now = Date.now()) {
  const bytes = codeBytes(text);
  const good = bytes && (await crypto.subtle.verify({ name: "Ed25519" }, list.key, bytes.slice(SAID), bytes.slice(0, SAID)));
  if (!good) {
    const keep = unreadable(text);
    return { verdict: "unknown", code: keep, keep, name: null, ticket: null };
  }
  const secret = await secrets(bytes);
  const code = base32(bytes);
  const answer = (verdict, ticket = null) => ({ verdict, ticket, code, keep: secret.receipt, name: secret.name });
  if (hex(bytes.slice(1, 17)) !== list.event.id.replaceAll("-", "")) return answer("wrong_event");
  const out = direction === "out";
  const sealed = list.tickets.get(secret.name);
  const ticket = sealed ? await unseal(sealed, secret) : null;
  const mine = journal.filter(scan => scan.name === secret.name);
  const inside = mine.reduce(after, ticket ? ticket.inside : 0);
  if (out) return answer(inside > 0 ? "left" : "not_inside", ticket);
  if (list.revoked.has(secret.name) || list.event.cancelled) return answer("cancelled", ticket);
  if (!ticket) return answer("unknown");
  if (inside > 0) return answer("already_checked_in", ticket);
  if (now < Date.parse(list.event.opens_at)) return answer("not_yet", ticket);
  return answer(now >= Date.parse(list.event.closes_at) ? "wrong_event" : "admitted", ticket);
}

function after(inside, { verdict, forced, direction }) {
  const passed = forced || verdict === "admitted" || verdict === "left";
  if (!passed) return inside;
  return direction === "out" ? Math.max(0, inside - 1) : inside + 1;
}

/** A scan as it is kept, and told later. */
export function scanned({ verdict, keep, name }, direction, reason, now = new Date()) {
  const scan = { nonce: crypto.randomUUID(), code: keep, name, direction, at: now.toISOString(), verdict, told: false };
  return reason ? { ...scan, forced: true, reason } : scan;
}

/** What the server is told of a scan. */
const said = ({ nonce, code, direction, at, verdict, forced, reason }) =>
  ({ nonce, code, direction, at, verdict, ...(forced && { forced, reason }) });

/** Scans that are not told yet, in bodies of `sync`: so many scans at most, and so many bytes. */
export function bodies(journal, most = 150, bytes = 60_000) {
  const found = [];
  let room = 0;
  for (const scan of journal.filter(scan => !scan.told).map(said)) {
    const size = utf8.encode(JSON.stringify(scan)).length + 1;
    if (size > room || found.at(-1).scans.length >= most) {
      found.push({ scans: [] });
      room = bytes;
    }
    found.at(-1).scans.push(scan);
    room -= size;
  }
  return found;
}
