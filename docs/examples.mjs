// Adds examples to apps/api/src/http/examples.json for calls that have none yet, out of the answers that tests kept:
//   node docs/examples.mjs FOLDER
// An example that is no longer as documented (a test says so) is removed from the file by hand, and made again.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const file = "apps/api/src/http/examples.json";
const secret = /^(access_token|refresh_token|token|password|current_password|new_password)$/;
const [folder] = process.argv.slice(2);
const examples = JSON.parse(readFileSync(file, "utf8"));

// Short lists, no token that anybody could mistake for one that works.
function shown(value, key = "") {
  if (secret.test(key) && typeof value === "string") return /password/.test(key) ? "correct horse battery" : "eyJhbGciOi...";
  if (typeof value === "string") return value.replace(/-[0-9a-f]{32}@/g, "@");
  if (Array.isArray(value)) return value.slice(0, 2).map((item) => shown(item));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shown(inner, name)]));
}

const kept = new Map();
for (const name of readdirSync(folder).sort()) {
  const one = JSON.parse(readFileSync(join(folder, name), "utf8"));
  kept.set(one.call, [...(kept.get(one.call) ?? []), one]);
}
for (const [call, all] of kept) {
  if (examples[call]) continue;
  const keys = (one) => Object.keys(one.request ?? {}).length;
  const size = (one) => JSON.stringify(one.response).length;
  const most = Math.max(...all.map(keys));
  const full = all.filter((one) => keys(one) === most && size(one) < 8000);
  full.sort((one, other) => size(one) - size(other));
  if (full.length === 0) continue;
  // Neither the empty list nor the longest one.
  const { status, request, response } = full[Math.floor(full.length / 2)];
  if (request === null && response === null) continue;
  examples[call] = { status, request: shown(request), response: shown(response) };
}
const sorted = Object.fromEntries(Object.entries(examples).sort(([one], [other]) => (one < other ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
