// The network goes, the page is opened anew, the server dies, and everything is told when it is back.
import assert from "node:assert/strict";
import { given, house, scene } from "../browser.mjs";
import { insist, kept, more, next, refusedByServer, scan, signIn, standing, turn } from "./staff.mjs";

const ALONE = "By the list alone";
/** The code with another letter in what it says, which its signature does not fit. */
const changed = code => code.slice(0, 40) + (code[40] === "A" ? "B" : "A") + code.slice(41);

await scene(async phone => {
  const one = await phone("the door");
  await standing(one);

  one.bears(/ERR_INTERNET_DISCONNECTED/);
  await one.context.setOffline(true);
  await scan(one, given.codes.good, "Come in", "Ottilie Byron", "Guest", ALONE);
  await one.sees("#state", "No answer: the list decides");
  await one.sees("#telling", "1 scan to tell");
  await one.shot("09-no-network");
  await one.page.reload();
  await one.sees("#state", "Not signed in: the list decides");
  await one.sees("#telling", "1 scan to tell");
  await scan(one, given.codes.good, "Already inside", "Ottilie Byron", ALONE);
  await one.shot("10-opened-without-a-network");
  await next(one);
  await scan(one, given.codes.revoked, "No longer good", ALONE);
  await next(one);
  await scan(one, given.codes.elsewhere, "Not for this event", ALONE);
  await scan(one, changed(given.codes.other), "Unknown", ALONE);

  one.bears(/ERR_CONNECTION_REFUSED/);
  await house("stop");
  await one.context.setOffline(false);
  await one.page.reload();
  await one.sees("#telling", "5 scans to tell");
  await turn(one, "out");
  await scan(one, given.codes.good, "Went out", ALONE);
  await turn(one, "in");
  await scan(one, given.codes.good, "Come in", ALONE);
  await scan(one, given.codes.good, "Already inside", ALONE);
  await insist(one, "Her twin sister");
  await scan(one, given.codes.other, "Come in", ALONE);
  await one.sees("#telling", "9 scans to tell");
  await signIn(one, given.door);
  await one.sees("#said", "The server cannot be reached.");
  await one.shot("11-no-server");
  const stored = JSON.stringify(await kept(one));
  for (const code of Object.values(given.codes)) assert.ok(!stored.includes(code), "a code is on the device");

  await house("start");
  const telling = one.page.waitForRequest(/check-in\/sync/);
  await signIn(one, given.door);
  const told = await telling;
  await one.misses("#waiting");
  await one.sees("#conflicts", "Let in twice");
  await one.shot("12-told");
  const [stats, conflicts] = [await house("stats"), await house("conflicts")];
  assert.deepEqual([stats.inside, stats.checked_in, stats.forced, stats.offline], [3, 2, 1, 9]);
  // Who was refused has done nothing; who came in twice has.
  assert.deepEqual(conflicts.items.map(it => [it.flags, it.reason]), [[["double_entry"], "Her twin sister"]]);
  const refused = Object.fromEntries(stats.refused.map(it => [it.result, it.count]));
  assert.deepEqual(refused, { already_checked_in: 1, cancelled: 1, unknown: 1, wrong_event: 1 });

  // Told once more, as a telephone does whose answer was lost.
  const { authorization } = await told.allHeaders();
  const again = await fetch(told.url(), {
    method: "POST", headers: { authorization, "content-type": "application/json" }, body: told.postData(),
  });
  assert.deepEqual((await again.json()).results.map(it => it.kept), Array(9).fill("before"));
  assert.deepEqual([await house("stats"), await house("conflicts")], [stats, conflicts]);
  // And the server is asked again, which knows what was told.
  await more(one);
  await one.page.click("#choose button");
  await one.sees("#state", "Online");
  await refusedByServer(one, given.codes.other, "Already inside");
});
