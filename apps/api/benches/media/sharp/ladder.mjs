// Makes the ladder of a picture with sharp: `node ladder.mjs TOOLS SOURCE INTO PICTURES AT_ONCE`, with sharp below TOOLS.
// One process makes all of them, as a server in Node would, and times itself: neither its start nor its first picture counts.
import { createRequire } from 'node:module';

const [tools, source, into, pictures, atOnce] = process.argv.slice(2);
const sharp = createRequire(`${tools}/`)('sharp');
const widths = [320, 640, 960, 1280, 1920, 2560];
sharp.cache(false);

// Read once, made small while it is, and kept as pixels for everything else.
async function ladder() {
    const read = sharp(source).rotate().resize({ width: widths.at(-1) }).toColourspace('srgb').raw();
    const { data, info: raw } = await read.toBuffer({ resolveWithObject: true });
    const one = (width) => (width === raw.width ? sharp(data, { raw }) : sharp(data, { raw }).resize({ width }));
    const made = widths.flatMap((width) => [
        one(width).jpeg({ quality: 80, optimiseCoding: false }).toFile(`${into}/${width}.jpg`),
        one(width).webp({ quality: 80, effort: 4 }).toFile(`${into}/${width}.webp`),
    ]);
    await Promise.all(made);
}

await ladder();
let left = Number(pictures);
const begun = performance.now();
const row = async () => {
    while (left-- > 0) await ladder();
};
await Promise.all(Array.from({ length: Number(atOnce) }, row));
console.log((performance.now() - begun) / 1000);
