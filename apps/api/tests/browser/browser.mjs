// What every script in a browser begins with. A test starts it (`harness/browser.rs`) and gives it, by environment,
// BROWSER (the program), BROWSER_TOOLS (where playwright-core is), BROWSER_CASE (JSON: addresses and what else it needs)
// and, if somebody wants to see pictures, BROWSER_SHOTS (a folder).
import { createRequire } from "node:module";
import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

const { BROWSER, BROWSER_TOOLS, BROWSER_CASE, BROWSER_SHOTS } = process.env;
const { chromium } = createRequire(`${BROWSER_TOOLS}/`)("playwright-core");
/** How long anything may take on a machine that compiles meanwhile, in milliseconds. */
const PATIENCE = 60_000;
const QUIET = [
  "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
  "--disable-sync",
];

/** What the test told. */
export const given = JSON.parse(BROWSER_CASE);

const answers = createInterface({ input: process.stdin });
const lines = answers[Symbol.asyncIterator]();
/** Has the test do or look up something that cannot be had in a browser, and gives its answer; one at a time. */
export async function house(wish) {
  process.stdout.write(`${JSON.stringify(wish)}\n`);
  return JSON.parse((await lines.next()).value);
}

/** A telephone with a page and a store of its own, which takes note of everything that its console complains of. */
class Phone {
  constructor(name, context, page) {
    Object.assign(this, { name, context, page, complaints: [], borne: [] });
    context.on("console", it => { if (it.type() === "error") this.#note(`${it.text()} ${it.location().url}`); });
    context.on("weberror", it => this.#note(String(it.error().stack)));
  }

  #note(text) {
    if (!this.borne.some(known => known.test(text))) this.complaints.push(text);
  }

  /** From now on such complaints are to be expected. */
  bears(...known) {
    this.borne.push(...known);
  }

  /** Waits until something visible has this text. */
  async sees(selector, text) {
    const found = this.page.locator(selector, { hasText: text }).filter({ visible: true }).first();
    await found.waitFor().catch(error => {
      throw new Error(`${this.name} never saw "${text}" in ${selector}: ${error.message}`);
    });
  }

  /** Waits until nothing of the kind is visible. */
  async misses(selector) {
    await this.page.locator(selector).first().waitFor({ state: "hidden" });
  }

  async shot(name) {
    if (BROWSER_SHOTS) await this.page.screenshot({ path: `${BROWSER_SHOTS}/${name}.png` });
  }
}

/** Serves pages at the address of `given.page`, whose port makes them another origin; `found` gives type and body for a path. */
export async function pages(found) {
  const server = createServer((asked, answer) => {
    const [type, body] = found(asked.url);
    answer.setHeader("content-type", type).end(body);
  });
  const { hostname, port } = new URL(given.page);
  server.listen(port, hostname);
  await once(server, "listening");
  return server;
}

/** Plays a scene in a browser. When it fails, or a console complained, that is told with what was on the pages. */
export async function scene(play, { args = [] } = {}) {
  const browser = await chromium.launch({
    executablePath: BROWSER, args: [...QUIET, ...args], chromiumSandbox: false, timeout: PATIENCE,
  });
  const phones = [];
  const phone = async name => {
    const context = await browser.newContext({
      baseURL: given.url, viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true,
      locale: "en-GB",
    });
    context.setDefaultTimeout(PATIENCE);
    const made = new Phone(name, context, await context.newPage());
    phones.push(made);
    return made;
  };
  try {
    await play(phone);
    for (const { name, complaints } of phones) {
      if (complaints.length > 0) throw new Error(`the console of ${name}: ${complaints.join("\n")}`);
    }
  } catch (error) {
    console.error(error);
    for (const { name, page, complaints } of phones) {
      const shown = await page.locator("body").innerText({ timeout: 5000 }).catch(it => it.message);
      console.error(`--- ${name} at ${page.url()}\n${shown}\n--- its console\n${complaints.join("\n")}`);
    }
    process.exitCode = 1;
  } finally {
    await browser.close();
    answers.close();
  }
}
