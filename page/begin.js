// How a page begins that is one file, or that a server sends.

import { App } from "./app.js";
import { Live } from "./live.js";

function begin() {
  const model = JSON.parse(document.getElementById("run").textContent);
  if (model.tooLarge) {
    document.getElementById("panel").textContent = model.tooLarge;
    return;
  }
  if (!model.live) {
    window.kubelapse = new App(model);
    return;
  }
  const taken = (view) => {
    if (window.kubelapse) return window.kubelapse.goesOn(view);
    window.kubelapse = new App(view);
    window.kubelapse.follow(live);
  };
  const live = new Live(model.live, taken, (clock) => window.kubelapse?.clockSays(clock));
  live.begin();
}

begin();
