// What the address holds behind its `#`: a scenario or a manifest with its seed and with what was done to it, so that a link is
// the whole of it and nothing is sent anywhere. Short ones stand as they are (`0`), long ones compressed (`1`), both in base64url.

/** Nobody has so long a scenario; a link that unfolds to more is none of ours. */
const MOST = 4 << 20;
/** From here on it is worth compressing. */
const LONG = 240;

function spelled(bytes) {
  let letters = "";
  for (const byte of bytes) letters += String.fromCharCode(byte);
  return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function unspelled(text) {
  const letters = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}

/** All bytes that come out of a transformation; no more than so many. */
async function through(bytes, transformation) {
  const stream = new Blob([bytes]).stream().pipeThrough(transformation);
  const parts = [];
  let length = 0;
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > MOST) throw new Error("the link holds more than a scenario");
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** `{ text, seed, acts }` as a word for the address. */
export async function packed(what) {
  const bytes = new TextEncoder().encode(JSON.stringify(what));
  if (bytes.length < LONG) return `0${spelled(bytes)}`;
  return `1${spelled(await through(bytes, new CompressionStream("deflate-raw")))}`;
}

/** What such a word holds; an error says what is wrong with it. */
export async function unpacked(word) {
  try {
    const bytes = unspelled(word.slice(1));
    const whole = word[0] === "1" ? await through(bytes, new DecompressionStream("deflate-raw")) : bytes;
    const what = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(whole));
    const acts = Array.isArray(what.acts) ? what.acts : [];
    if (typeof what.text !== "string" || !acts.every(([at, words]) => Number.isFinite(at) && typeof words === "string")) {
      throw new Error("it holds no scenario");
    }
    return { text: what.text, seed: Number.isSafeInteger(what.seed) && what.seed >= 0 ? what.seed : null, acts };
  } catch (problem) {
    throw new Error(`This link cannot be read (${problem.message}): it may have been cut off.`);
  }
}
