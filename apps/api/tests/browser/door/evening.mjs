// An evening with a network: in, in again, out, in, by force, nonsense; and home.
import assert from "node:assert/strict";
import { given, house, scene } from "../browser.mjs";
import { insist, kept, more, next, scan, signIn, standing, turn } from "./staff.mjs";

await scene(async phone => {
  const one = await phone("the door");
  await one.page.goto("/door");
  one.bears(/401 .*auth\/login/);
  await signIn(one, { ...given.door, password: "wrong horse battery" });
  await one.sees("#said", /\w/);
  await one.shot("01-wrong-password");
  await signIn(one, given.door);
  await one.sees("#choose", given.title);
  const chosen = await one.page.locator("#event option:checked").innerText();
  assert.ok(chosen.startsWith(given.title), `tonight's is chosen: ${chosen}`);
  await one.shot("02-choose");
  await standing(one);
  await one.sees("#state", "4 tickets");
  await one.sees("#blind", "No camera here");
  await one.shot("03-ready");

  const verified = one.page.waitForRequest(/tickets\/verify/);
  const alone = [];
  const tries = async (...scanned) => { alone.push(await scan(one, ...scanned)); };
  await tries(given.codes.good, "Come in", "Ottilie Byron", "Guest");
  const { authorization } = (await verified).headers();
  await one.misses("#insist");
  await one.shot("04-come-in");
  await tries(given.codes.good, "Already inside", "Ottilie Byron");
  await one.sees("#insist", "Let them pass");
  await one.shot("05-already-inside");
  await next(one);
  await turn(one, "out");
  await tries(given.codes.good, "Went out");
  await one.shot("06-went-out");
  await tries(given.codes.good, "Nobody is inside with it");
  await next(one);
  await turn(one, "in");
  await tries(given.codes.good, "Come in");
  await tries(given.codes.good, "Already inside");
  await insist(one, "Her twin sister");
  await tries(given.codes.revoked, "No longer good");
  await next(one);
  await tries(given.codes.elsewhere, "Not for this event");
  await tries("nonsense", "Unknown");
  await one.shot("07-unknown");
  await one.misses("#waiting");
  const stats = await house("stats");
  assert.deepEqual([stats.inside, stats.checked_in, stats.forced], [2, 1, 1]);
  // Unless the server took longer than a door waits.
  if (!alone.includes(true)) assert.equal(stats.offline, 0);

  const before = await kept(one);
  assert.ok(before.list && before.scans.length > 0);
  // What is on the device opens nothing.
  const token = authorization.replace("Bearer ", "");
  for (const secret of [token, given.door.password, ...Object.values(given.codes), "Ottilie"]) {
    assert.ok(!JSON.stringify(before).includes(secret), secret);
  }
  const asked = () => fetch(`${given.url}/api/v1/users/me`, { headers: { authorization } });
  assert.equal((await asked()).status, 200);
  await more(one);
  await one.page.click("#leave");
  await one.sees("#login", "Sign in");
  await one.misses("#gate");
  assert.equal((await asked()).status, 401, "its session is over");
  assert.deepEqual(await kept(one), { list: null, scans: [], plain: '[{},{},""]' });
  await one.page.reload();
  await one.sees("#login", "Sign in");
  await one.misses("#gate");

  // At the doors of others there is nothing to see.
  const other = await phone("somebody else's door");
  await other.page.goto("/door");
  await signIn(other, given.stranger);
  await other.sees("#said", "no event at whose door you stand");
  await other.misses("#gate");
  assert.ok(!(await other.page.content()).includes(given.title));
});
