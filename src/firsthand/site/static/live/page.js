// The page "Write a name with me": two networks read the same beginning and write on, and show what goes on inside.
// The arithmetic is in network.js, the weights are in weights.js.
"use strict";

const { characters } = WEIGHTS;
const LONGEST = WEIGHTS.selfattention.config.context - 1; // letters; self-attention has no more positions
const PACE = 350; // milliseconds a letter

const encode = (text) => [...text].map((letter) => characters.indexOf(letter) + 1);
const shown = (token) => (token === 0 ? "." : characters[token - 1].replace(" ", "_"));
const named = (token) => ({ ".": "the end", _: "a space" })[shown(token)] ?? shown(token);
const range = (number) => Array.from({ length: number }, (_, n) => n);
const pairs = (rows, columns) => range(rows).flatMap((row) => range(columns).map((column) => [row, column]));
const percent = (share) => (share < 0.005 ? "<1\u00a0%" : `${Math.round(100 * share)}\u00a0%`);

// What can be seen of the LSTM: a name, a title, words, and the least and the largest value that a colour shows.
const PARTS = [
  ["c", "cell c", "what is remembered, c = f × the c before + i × g", -4, 4],
  ["f", "forget gate f", "how much of each cell is kept, 0 nothing and 1 all of it", 0, 1],
  ["i", "input gate i", "how much of g is written into each cell", 0, 1],
  ["g", "candidate g", "what would be written into each cell", -1, 1],
  ["o", "output gate o", "how much of each cell is shown", 0, 1],
  ["h", "output h", "what the rest of the network sees, h = o × tanh(c)", -1, 1],
];

const lstm = {
  title: "LSTM",
  stored: WEIGHTS.lstm,
  network: new LSTM(WEIGHTS.lstm),
  views: PARTS.map(([key, title, words, least, most]) => ({
    title,
    words: `${words}. A row is a cell, a column a letter.`,
    least,
    most,
    value: (trace, row, column) => trace[column][key][row],
    told: (name, row, column, value) => `${title}, row ${row + 1} at ${name(column)}: ${value}`,
  })),
  rows: () => WEIGHTS.lstm.config.hidden,
  lettersAcross: true, // a letter is a column, and a row is a cell
};

const attention = {
  title: "Self-attention",
  stored: WEIGHTS.selfattention,
  network: new SelfAttention(WEIGHTS.selfattention),
  views: pairs(WEIGHTS.selfattention.config.layers, WEIGHTS.selfattention.config.heads).map(([block, head]) => ({
    title: `block\u00a0${block + 1}, head\u00a0${head + 1}`,
    words: "how much each letter (a row) looks at those up to it (the columns). Every row adds up to 1.",
    least: 0,
    most: 1,
    value: (trace, row, column) => trace[row].looks[block][head][column] ?? 0,
    told: (name, row, column, value) => (column > row ? "" : `${name(row)} looks at ${name(column)}: ${value}`),
  })),
  rows: (trace) => trace.length,
  lettersAcross: false, // a letter is a row, and a column is a letter that it looks at
};

// A network, the name that it is writing, and its part of the page; `kind` is lstm or attention above.
class Writer {
  constructor(kind, place) {
    Object.assign(this, kind, { place, view: 0, names: [] });
    place.className = kind.lettersAcross ? "columns" : "rows";
    place.innerHTML = `<h2>${kind.title}</h2>
      <p class="name"></p><p class="told expected"></p><div class="bars"></div>
      <p class="told view"></p>
      <div class="room"><div class="map">
        <div class="letters top"></div><div class="letters left"></div>
        <div class="shades"><canvas></canvas><span class="mark"></span></div>
      </div></div>
      <p class="scale"><b></b><i></i><b></b></p><p class="told point"></p>
      <div class="views"></div><p class="told names"></p>`;
    this.part = (name) => place.querySelector(name);
    this.part(".views").innerHTML = this.views
      .map((view, n) => `<button type="button" data-view="${n}"><canvas></canvas><span>${view.title}</span></button>`)
      .join("");
    this.part(".bars").innerHTML = range(characters.length + 1)
      .map((token) => `<div data-token="${token}"><i></i><span>${shown(token)}</span></div>`)
      .join("");
    this.part(".views").onclick = (event) => this.look(event.target.closest("button")?.dataset.view);
    this.part(".name").onclick = (event) => this.choose(event.target.closest("button")?.dataset.place);
    const map = this.part(".shades canvas");
    map.onclick = (event) => this.choose(this.lettersAcross ? this.under(event).column : this.under(event).row);
    map.onpointermove = (event) => this.point(this.under(event));
    map.onpointerleave = () => this.point(null);
  }

  // Start again after a beginning.
  begin(tokens, temperature) {
    this.network.begin();
    [this.tokens, this.trace, this.given, this.ended] = [[], [], tokens.length, false];
    [0, ...tokens].forEach((token) => this.read(token));
    this.show(temperature);
  }

  read(token) {
    this.tokens.push(token);
    this.trace.push(this.network.read(token));
    this.at = this.trace.length - 1;
  }

  // Draw the next letter and read it; the end of a name is not read.
  step(temperature) {
    if (this.ended) return;
    const token = drawn(softmax(this.trace.at(-1).logits, temperature), Math.random());
    if (token) this.read(token);
    this.ended = token === 0 || this.trace.length > LONGEST;
    const name = this.tokens.slice(1).map((one) => characters[one - 1]).join("");
    if (this.ended) this.names = [name, ...this.names].slice(0, 6);
    this.at = this.trace.length - 1;
    this.show(temperature);
  }

  choose(place) {
    if (place === undefined || place >= this.trace.length) return;
    this.at = Number(place);
    this.show(this.temperature);
    this.part(`[data-place="${place}"]`).focus();
  }

  look(view) {
    if (view === undefined) return;
    this.view = Number(view);
    this.show(this.temperature);
  }

  // Everything, as it stands at one of the letters: the last one, unless another was chosen.
  show(temperature) {
    this.temperature = temperature;
    this.place.style.setProperty("--letters", this.tokens.length);
    this.place.style.setProperty("--at", this.at);
    this.showName();
    this.showProbabilities(softmax(this.trace[this.at].logits, temperature));
    this.showViews();
  }

  showName() {
    const letter = (token, n) =>
      `<button type="button" data-place="${n}" class="${n > this.given ? "own" : ""}"
        aria-pressed="${n === this.at}">${shown(token)}</button>`;
    this.part(".name").innerHTML = this.tokens.map(letter).join("") + (this.ended ? '<span class="end">.</span>' : "");
    this.part(".names").textContent = this.names.length ? `Written so far: ${this.names.join(" · ")}` : "";
  }

  showProbabilities(probabilities) {
    const after = this.tokens.slice(1, this.at + 1).map(shown).join("");
    const came = this.at < this.trace.length - 1 ? this.tokens[this.at + 1] : this.ended ? 0 : null;
    const likeliest = range(probabilities.length).sort((a, b) => probabilities[b] - probabilities[a]).slice(0, 3);
    this.part(".expected").textContent =
      `${after ? `After “${after}”` : "At the beginning"} it expects ` +
      likeliest.map((token) => `${named(token)} ${percent(probabilities[token])}`).join(", ") +
      (came === null ? "" : `; ${named(came)} came`);
    for (const bar of this.part(".bars").children) {
      const token = Number(bar.dataset.token);
      bar.dataset.share = probabilities[token];
      bar.title = `${shown(token)}: ${probabilities[token].toPrecision(3)}`;
      bar.style.setProperty("--share", probabilities[token]);
      bar.classList.toggle("came", token === came);
    }
  }

  showViews() {
    const view = this.views[this.view];
    this.part(".view").innerHTML = `<b>${view.title}</b>: ${view.words}`;
    this.shade(this.part(".shades canvas"), view);
    for (const button of this.part(".views").children) {
      this.shade(button.firstChild, this.views[button.dataset.view]);
      button.setAttribute("aria-pressed", Number(button.dataset.view) === this.view);
    }
    const letters = this.tokens.map((token) => `<span>${shown(token)}</span>`).join("");
    this.part(".letters.top").innerHTML = letters;
    this.part(".letters.left").innerHTML = this.lettersAcross ? "" : letters;
    const [from, to] = this.place.querySelectorAll(".scale b");
    [from.textContent, to.textContent] = [`${view.least}`.replace("-", "−"), view.most];
    this.part(".scale").classList.toggle("one", view.least === 0);
  }

  // A picture of one pixel a value: orange above 0, blue below, the stronger the fuller.
  shade(canvas, { value, most }) {
    [canvas.width, canvas.height] = [this.trace.length, this.rows(this.trace)];
    const brush = canvas.getContext("2d");
    const picture = brush.createImageData(canvas.width, canvas.height);
    for (let row = 0, n = 0; row < canvas.height; row++) {
      for (let column = 0; column < canvas.width; column++, n += 4) {
        const one = value(this.trace, row, column) / most;
        picture.data.set(one > 0 ? [217, 110, 20] : [40, 115, 215], n);
        picture.data[n + 3] = 255 * Math.min(1, Math.abs(one));
      }
    }
    brush.putImageData(picture, 0, 0);
  }

  // The row and the column of the map under the pointer.
  under(event) {
    const box = event.target.getBoundingClientRect();
    const number = (share, most) => Math.min(most - 1, Math.max(0, Math.floor(share * most)));
    return {
      row: number((event.clientY - box.top) / box.height, event.target.height),
      column: number((event.clientX - box.left) / box.width, event.target.width),
    };
  }

  // Say the value under the pointer.
  point(under) {
    const view = this.views[this.view];
    const name = (place) => `“${shown(this.tokens[place])}” (${place})`;
    this.part(".point").textContent = under === null ? "" :
      view.told(name, under.row, under.column, view.value(this.trace, under.row, under.column).toFixed(3));
  }
}

const page = document.getElementById("live");
const form = page.querySelector("form").elements;
const writers = [lstm, attention].map((kind) => {
  const place = document.createElement("section");
  page.querySelector(".networks").append(place);
  return new Writer(kind, place);
});
let running = null;

const temperature = () => Number(form.temperature.value);

function begin() {
  const text = form.beginning.value.toLowerCase().replaceAll("'", "’");
  const known = [...text].filter((letter) => characters.includes(letter));
  const unknown = [...new Set([...text].filter((letter) => !characters.includes(letter)))];
  page.querySelector(".note").textContent = unknown.length ? `No name has ${unknown.join(" ")}: left out.` : "";
  for (const writer of writers) writer.begin(encode(known), temperature());
}

function step() {
  if (writers.every((writer) => writer.ended)) begin();
  for (const writer of writers) writer.step(temperature());
  if (writers.every((writer) => writer.ended)) run(false);
}

function run(on) {
  clearInterval(running);
  running = on ? setInterval(step, PACE) : null;
  form.run.textContent = on ? "Stop" : "Run";
}

// The logits that PyTorch gave for a stored beginning, computed anew.
function check() {
  const start = performance.now();
  const found = writers.map(({ title, network, stored }) => ({ title, largest: difference(network, stored, encode) }));
  const each = (performance.now() - start) / found.length / (WEIGHTS.lstm.prefix.length + 1);
  const place = page.querySelector(".check");
  place.dataset.largest = Math.max(...found.map((one) => one.largest));
  place.textContent =
    `When it was opened, this page computed ${characters.length + 1} logits after “${WEIGHTS.lstm.prefix}” anew. ` +
    "Largest difference from those of PyTorch: " +
    found.map((one) => `${one.title} ${one.largest.toExponential(1)}`).join(", ") +
    `; ${each.toFixed(1)} ms a letter.`;
}

page.querySelector("form").onsubmit = (event) => { event.preventDefault(); run(true); };
form.beginning.oninput = () => { run(false); begin(); };
form.temperature.oninput = () => {
  form.degree.value = temperature().toFixed(1);
  for (const writer of writers) writer.show(temperature());
};
form.step.onclick = () => { run(false); step(); };
form.run.onclick = () => run(running === null);
form.again.onclick = () => { run(false); form.beginning.value = ""; begin(); };
check();
begin();
