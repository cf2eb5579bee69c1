// Two telephones without a network let the same ticket in.
import assert from "node:assert/strict";
import { given, house, scene } from "../browser.mjs";
import { scan, standing } from "./staff.mjs";

await scene(async phone => {
  const phones = [await phone("the left door"), await phone("the right door")];
  for (const one of phones) {
    await standing(one);
    one.bears(/ERR_INTERNET_DISCONNECTED/);
    await one.context.setOffline(true);
  }
  for (const one of phones) await scan(one, given.codes.good, "Come in", "By the list alone");
  for (const one of phones) {
    // It tells by itself as soon as there is a network.
    await one.context.setOffline(false);
    await one.misses("#waiting");
  }
  await phones[1].sees("#conflicts", "Let in twice");
  assert.equal(await phones[0].page.locator("#conflicts li").count(), 0, "the first one was right");
  const [stats, { items }] = [await house("stats"), await house("conflicts")];
  assert.deepEqual([stats.inside, stats.checked_in, stats.conflicts], [2, 1, 1]);
  assert.deepEqual(items.map(it => it.flags), [["double_entry"]]);
  // A third one knows it.
  const third = await phone("the back door");
  await standing(third);
  await scan(third, given.codes.good, "Already inside");
});
