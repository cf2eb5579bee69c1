// What those at a door do with the scanner's page.
import assert from "node:assert/strict";
import { given } from "../browser.mjs";

export async function signIn(phone, { email, password }) {
  const { page } = phone;
  await page.fill("#email", email);
  await page.fill("#password", password);
  await page.click("#login button");
}

/** Signs in and takes tonight's list along. */
export async function standing(phone, who = given.door) {
  await phone.page.goto("/door");
  await signIn(phone, who);
  await phone.sees("#choose", given.title);
  await phone.page.click("#choose button");
  await phone.sees("#state", "Online");
  // From here on the page opens without a network.
  await phone.page.evaluate(async () => { await navigator.serviceWorker.ready; });
}

/** Types a code, and waits for the word and what stands below it; `true` when the list decided alone. */
export async function scan(phone, code, word, ...below) {
  await phone.page.fill("#code", code);
  await phone.page.click("#scan button");
  await phone.sees("#word", word);
  for (const text of below) await phone.sees("#verdict", text);
  return await phone.page.locator("#source").textContent() !== "";
}

/** Scans who is refused until the server was asked: on a busy machine it may take longer than a door waits, and then the list
 * decides for a while. */
export async function refusedByServer(phone, code, word) {
  const until = Date.now() + 60_000;
  while (await scan(phone, code, word)) {
    assert.ok(Date.now() < until, "the server was not asked");
    await next(phone);
    await phone.sees("#state", "Online");
  }
}

export async function turn(phone, direction) {
  await phone.page.click(`fieldset label:has(input[value=${direction}])`);
}

/** Opens what is not needed between two guests. */
export const more = phone => phone.page.click("#more:not([open]) summary");

/** The refusal stands. */
export async function next(phone) {
  await phone.page.click("#dismiss");
  await phone.sees("#word", "Ready");
}

export async function insist(phone, reason) {
  await phone.page.fill("#reason", reason);
  await phone.page.click("#insist button");
  await phone.sees("#word", "Come in");
}

/** What the device has in its store. */
export const kept = phone => phone.page.evaluate(() => new Promise((resolve, reject) => {
  const opened = indexedDB.open("door", 1);
  opened.onerror = () => reject(opened.error);
  opened.onsuccess = () => {
    const transaction = opened.result.transaction(["kept", "scans"]);
    const [list, scans] = [transaction.objectStore("kept").get("list"), transaction.objectStore("scans").getAll()];
    transaction.oncomplete = () => {
      opened.result.close();
      const plain = JSON.stringify([localStorage, sessionStorage, document.cookie]);
      resolve({ list: list.result ?? null, scans: scans.result, plain });
    };
  };
}));
