// What a browser's scanner does, done by Node with the very module that is served: reads a case from standard input,
// writes what `sync` is to be told.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

// Older versions of Node have it under another name.
globalThis.crypto ??= (await import("node:crypto")).webcrypto;
const { module, bundle, codes, title, name } = JSON.parse(readFileSync(0, "utf8"));
const { base32, bodies, codeBytes, judge, openBundle, scanned } = await import(module);

const list = await openBundle(bundle, null);
assert.equal(list.event.title, title);
assert.deepEqual(list.ticket_types.includes("Guest"), true);

// A flipped byte is noticed wherever it is, and so is another key than the one that was seen first.
const whole = JSON.parse(bundle);
for (const at of [10, whole.payload.length >> 1, whole.payload.length - 40]) {
  const letter = whole.payload[at] === "A" ? "B" : "A";
  const payload = whole.payload.slice(0, at) + letter + whole.payload.slice(at + 1);
  await assert.rejects(openBundle(JSON.stringify({ ...whole, payload }), null), `byte ${at}`);
}
await assert.rejects(openBundle(bundle, "AAAA"), /another key/);
await assert.rejects(openBundle(JSON.stringify({ ...whole, format: 2 }), null), /too old/);
await openBundle(bundle, list.public_key);

// The right code opens its ticket, in either case; it is kept as a receipt that is no code.
// A second between two scans, as at a door.
const start = Math.floor(Date.now() / 1000) * 1000 - 60_000 + 123;
const journal = [];
const pass = async (code, direction, expected, reason) => {
  const answer = await judge(list, code, direction, journal);
  assert.equal(answer.verdict, expected);
  const scan = scanned(answer, direction, reason, new Date(start + 1000 * journal.length));
  journal.push(scan);
  return { answer, scan };
};
const first = await pass(codes.good, "in", "admitted");
assert.equal(first.answer.ticket.name, name);
assert.equal(first.answer.ticket.inside, 0);
assert.notEqual(first.answer.keep, codes.good);
assert.equal(codeBytes(first.answer.keep), null);
assert.equal(base32(codeBytes(codes.good)), codes.good);
await pass(` ${codes.good.toLowerCase()}\n`, "in", "already_checked_in");
await pass(codes.good, "out", "left");
await pass(codes.good, "out", "not_inside");
await pass(codes.good, "in", "admitted");
await pass(codes.good, "in", "already_checked_in", "The other one is her sister");

// What is inside as the list has it is not let in again; dead codes are refused; of others nothing is seen.
await pass(codes.inside, "in", "already_checked_in");
await pass(codes.revoked, "in", "cancelled");
await pass(codes.elsewhere, "in", "wrong_event");
const flipped = (codes.good[60] === "A" ? "B" : "A");
for (const wrong of ["", "nonsense", codes.good.slice(1), codes.good.slice(0, 60) + flipped + codes.good.slice(61)]) {
  const answer = await judge(list, wrong, "in", journal);
  assert.deepEqual([answer.verdict, answer.ticket, answer.name], ["unknown", null, null]);
}
const early = await judge(list, codes.other, "in", journal, Date.parse(list.event.opens_at) - 1);
assert.equal(early.verdict, "not_yet");
assert.equal((await judge(list, codes.other, "in", [], Date.parse(list.valid_until))).verdict, "wrong_event");

// Nothing that is stored names anybody or holds a code.
const stored = bundle + JSON.stringify(journal);
for (const secret of [...name.split(" "), ...Object.values(codes)]) assert.equal(stored.includes(secret), false, secret);

const told = bodies(journal, 4);
assert.deepEqual(told.map(body => body.scans.length), [4, 4, 1]);
assert.equal(told.flatMap(body => body.scans).some(scan => "told" in scan || "name" in scan), false);
console.log(JSON.stringify(told));
