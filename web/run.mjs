// node web/run.mjs kubelapse_web.wasm < requests.json: a list of requests in, the list of answers out. A request that is a list is
// a conversation with a session of its own; its answer is the list of what was said.
import { readFileSync, writeFileSync } from "node:fs";
import { hold, load } from "./kubelapse.mjs";

const bytes = readFileSync(process.argv[2]);
const play = await load(bytes);
const answers = [];
for (const asked of JSON.parse(readFileSync(0, "utf8"))) {
  if (!Array.isArray(asked)) {
    answers.push(await play(asked));
    continue;
  }
  const ask = await hold(bytes);
  const said = [];
  for (const one of asked) said.push(JSON.parse(await ask(one)));
  answers.push(said);
}
writeFileSync(1, JSON.stringify(answers));
