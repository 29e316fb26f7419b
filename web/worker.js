// The library, beside the page: what is played never holds up what is drawn.

import { hold } from "./kubelapse.mjs";

async function begin() {
  const answer = await fetch(new URL("kubelapse_web.wasm", import.meta.url));
  if (!answer.ok) throw new Error(`kubelapse_web.wasm: ${answer.status} ${answer.statusText}`);
  return hold(await answer.arrayBuffer());
}

const begun = begin();
// Requests come one after the other, and are answered so.
let before = Promise.resolve();

onmessage = ({ data: { id, ask } }) => {
  before = before.then(async () => {
    try {
      const session = await begun;
      postMessage({ id, said: await session(ask) });
    } catch (problem) {
      postMessage({ id, said: JSON.stringify({ problems: `error: ${problem.message ?? problem}\n`, fault: true }) });
    }
  });
};
