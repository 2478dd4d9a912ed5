// The list of problems with search and filters, of which only the visible rows exist.

const ROW = 64;
const MANY = 20; // samples beyond which a row shows shares instead of one mark a sample
const ORDERS = { "in their order": null, "hardest first": (p) => p.rate, "easiest first": (p) => -p.rate,
  "least stable first": (p) => -p.rate * (1 - p.rate), "most tokens first": (p) => -p.tokens, "slowest first": (p) => -p.seconds };
const CHIPS = ["disagreement", "tool error", "withheld", "no answer", "failed"];
const BLANK = { verdict: "", bench: "", subject: "", level: "", series: "", stop: "", flip: "", flags: [], query: "", deep: false };

class Browser {
  constructor(archive) {
    this.archive = archive;
    this.filter = { ...BLANK };
    this.sample = null;
    this.rows = [];
    this.matching = new Uint8Array(archive.size);
    this.inSteps = null;
    this.measures = this.#measures();
    this.facets = new Facets(archive, this);
    this.detail = new Detail(archive, this);
    this.#listen();
  }

  #listen() {
    this.list = byId("list");
    this.list.addEventListener("scroll", () => requestAnimationFrame(() => this.paint()), { passive: true });
    new ResizeObserver(() => this.paint()).observe(this.list);
    byId("query").addEventListener("input", (event) => this.set({ query: event.target.value, deep: false }));
    const order = byId("order");
    order.append(...Object.keys(ORDERS).map((name) => h("option", {}, name)));
    order.addEventListener("change", () => this.refresh());
  }

  // Rates and costs of each problem, for orders and flips.
  #measures() {
    const { archive } = this, { samples } = archive, measures = [];
    for (let p = 0; p < archive.count; p++) {
      const own = { right: 0, tokens: 0, seconds: 0, n: archive.start[p + 1] - archive.start[p], runs: new Map() };
      for (let s = archive.start[p]; s < archive.start[p + 1]; s++) {
        const right = archive.has(s, "right") ? 1 : 0, run = archive.series[samples.series[s]].run;
        own.right += right;
        own.tokens += samples.tokens[s];
        own.seconds += samples.seconds[s];
        const [total, n] = own.runs.get(run) ?? [0, 0];
        own.runs.set(run, [total + right, n + 1]);
      }
      const [a, b] = [...own.runs.values()].map(([total, n]) => total / n);
      measures.push({ ...own, rate: own.n ? own.right / own.n : 0, flip: b === undefined ? "" : b > a ? "gained" : b < a ? "lost" : "same" });
    }
    return measures;
  }

  set(changes) {
    Object.assign(this.filter, changes);
    this.inSteps = null;
    this.refresh();
    remember(this);
  }

  clear() {
    byId("query").value = "";
    this.set({ ...BLANK, flags: [] });
    this.facets.show();
  }

  wanted(sample) {
    const { samples, series, stops } = this.archive, { verdict, flags, stop, series: label } = this.filter;
    return (!verdict || this.archive.verdict(sample) === verdict) && flags.every((flag) => this.archive.has(sample, flag))
      && (!stop || stops[samples.stop[sample]] === stop) && (!label || series[samples.series[sample]].label === label)
      && (!this.inSteps || this.inSteps.has(sample));
  }

  wantedProblem(problem) {
    const { problems } = this.archive, { query, flip } = this.filter;
    return ["bench", "subject", "level"].every((name) => !this.filter[name] || problems[name][problem] === this.filter[name])
      && (!flip || this.measures[problem].flip === flip)
      && (!query || this.filter.deep || this.archive.haystack(problem).includes(query.toLowerCase()));
  }

  refresh() {
    this.rows = [];
    let found = 0;
    const { archive } = this;
    for (let p = 0; p < archive.count; p++) {
      const wanted = this.wantedProblem(p);
      let any = 0;
      for (let s = archive.start[p]; s < archive.start[p + 1]; s++) any += this.matching[s] = wanted && this.wanted(s) ? 1 : 0;
      if (any) this.rows.push(p);
      found += any;
    }
    const key = ORDERS[byId("order").value];
    if (key) this.rows.sort((a, b) => key(this.measures[a]) - key(this.measures[b]) || a - b);
    this.#tell(found);
    byId("rows").style.height = `${this.rows.length * ROW}px`;
    this.facets.show();
    this.paint();
  }

  #tell(found) {
    const { query, deep } = this.filter, status = byId("found");
    const all = found === this.archive.size;
    replaceChildren(status, `${plural(this.rows.length, "problem")}, ${plural(found, "sample")}`,
      !all && h("button", { type: "button", class: "link", onclick: () => this.clear() }, "Clear"),
      query && !deep && h("button", { type: "button", class: "link", onclick: () => this.searchSteps() }, "Search solutions too"));
  }

  async searchSteps() {
    const { query } = this.filter, words = query.toLowerCase(), found = new Set();
    this.filter.deep = true;
    for (let s = 0; s < this.archive.size; s++) if (this.archive.haystack(this.archive.owner[s]).includes(words)) found.add(s);
    for await (const step of this.archive.searchSteps(words)) {
      if (this.filter.query !== query || !this.filter.deep) return;
      step.found.forEach((sample) => found.add(sample));
      byId("found").textContent = `searching the solutions, ${Math.round(step.done * 100)}% …`;
    }
    this.inSteps = found;
    this.refresh();
  }

  // Draws the rows in sight and a few around them.
  paint() {
    const top = Math.floor(this.list.scrollTop / ROW), visible = Math.ceil(this.list.clientHeight / ROW);
    const from = Math.max(0, top - 6), to = Math.min(this.rows.length, top + visible + 6);
    replaceChildren(byId("rows"), ...this.rows.slice(from, to).map((problem, i) => this.#row(problem, from + i)));
    if (!this.rows.length) byId("rows").append(h("p", { class: "empty" }, "Nothing matches."));
    const selected = this.sample === null ? null : this.archive.owner[this.sample];
    this.list.setAttribute("aria-activedescendant", selected === null ? "" : `row-${selected}`);
  }

  #row(problem, at) {
    const { problems } = this.archive, chosen = this.sample !== null && this.archive.owner[this.sample] === problem;
    const { right, n } = this.measures[problem];
    const row = h("div", { class: "row", id: `row-${problem}`, role: "option", "aria-selected": String(chosen), "aria-posinset": at + 1,
      "aria-setsize": this.rows.length, onclick: () => this.open(this.#first(problem)) },
      h("div", { class: "question" }, shortly(problems.question[problem])),
      h("div", { class: "under" }, h("span", { class: "id" }, this.#shortId(problem)), h("span", { class: "place" }, place(this.archive, problem)),
        this.#marks(problem), h("span", { class: "rate" }, `${right}/${n}`)));
    row.style.top = `${at * ROW}px`;
    return row;
  }

  #marks(problem) {
    const samples = this.archive.range(problem);
    if (samples.length > MANY) return this.#shares(samples);
    return h("span", { class: "marks", "aria-hidden": "true" }, samples.map((s, i) => h("i", { class: [this.archive.verdict(s),
      this.matching[s] ? "" : "dim", s === this.sample ? "chosen" : "",
      i && this.archive.samples.series[s] !== this.archive.samples.series[s - 1] ? "next" : ""].join(" ").trim() })));
  }

  // The id without the benchmark's name, where there is only one.
  #shortId(problem) {
    const { id, bench } = this.archive.problems, start = `${bench[problem]}/`;
    return this.facets.selects.bench[1].length < 2 && id[problem].startsWith(start) ? id[problem].slice(start.length) : id[problem];
  }

  // One bar for each series.
  #shares(samples) {
    const { series } = this.archive.samples, groups = [...new Set(samples.map((s) => series[s]))];
    return h("span", { class: "marks", "aria-hidden": "true" }, groups.map((group) => {
      const bar = h("span", { class: "shares" }, VERDICTS.map((verdict) => this.#share(verdict, samples.filter((s) => series[s] === group))));
      bar.style.width = `${Math.max(20, 140 / groups.length)}px`;
      return bar;
    }));
  }

  #share(verdict, samples) {
    const part = h("i", { class: verdict });
    part.style.flexGrow = samples.filter((s) => this.archive.verdict(s) === verdict).length;
    return part;
  }

  #first(problem) {
    return this.archive.range(problem).find((sample) => this.matching[sample]) ?? this.archive.start[problem];
  }

  open(sample) {
    this.sample = sample;
    remember(this);
    this.reveal();
    this.paint();
    document.body.classList.toggle("reading", sample !== null);
    return this.detail.show(sample);
  }

  // Scrolls the list so that the chosen row is in sight.
  reveal() {
    const at = this.sample === null ? -1 : this.rows.indexOf(this.archive.owner[this.sample]);
    if (at < 0 || !this.list.clientHeight) return;
    const top = at * ROW, { scrollTop, clientHeight } = this.list;
    if (top < scrollTop) this.list.scrollTop = top;
    else if (top + ROW > scrollTop + clientHeight) this.list.scrollTop = top + ROW - clientHeight;
  }

  moveRow(by) {
    const at = this.sample === null ? -1 : this.rows.indexOf(this.archive.owner[this.sample]);
    const next = at < 0 ? 0 : at + by;
    if (this.rows[next] !== undefined) this.open(this.#first(this.rows[next]));
  }

  moveSample(by) {
    if (this.sample === null) return this.moveRow(1);
    const next = this.sample + by;
    return this.archive.owner[next] === this.archive.owner[this.sample] ? this.open(next) : undefined;
  }
}

// The filters above the list: chips for what is looked for most, lists for the rest.
class Facets {
  constructor(archive, browser) {
    this.archive = archive;
    this.browser = browser;
    this.selects = {
      bench: ["Benchmark", distinct(archive.problems.bench)], subject: ["Subject", distinct(archive.problems.subject)],
      level: ["Level", distinct(archive.problems.level)], series: ["Run, mode", archive.series.map((one) => one.label)],
      stop: ["Ended", [...archive.stops].sort()],
    };
    this.flips = distinct(browser.measures.map((one) => one.flip)).length > 1 ? ["gained", "lost", "same"] : [];
    this.counts = Object.fromEntries([...VERDICTS.map((verdict, i) => [verdict, archive.samples.verdict?.reduce((n, v) => n + (v === i), 0)]),
      ...Object.entries(FLAGS).map(([flag, bit]) => [flag, archive.samples.flags?.reduce((n, v) => n + ((v & bit) !== 0), 0)])]);
  }

  show() {
    const { filter } = this.browser;
    const verdicts = VERDICTS.map((one) => this.#chip(one, filter.verdict === one, () => ({ verdict: filter.verdict === one ? "" : one }), one));
    const others = filter.flags.filter((flag) => !CHIPS.includes(flag)); // the report's links ask for these too
    const flags = [...CHIPS, ...others].map((one) => this.#chip(one, filter.flags.includes(one),
      () => ({ flags: filter.flags.includes(one) ? filter.flags.filter((flag) => flag !== one) : [...filter.flags, one] })));
    const flips = this.flips.map((one) => this.#chip(one, filter.flip === one, () => ({ flip: filter.flip === one ? "" : one })));
    const focused = document.activeElement?.dataset?.facet;
    replaceChildren(byId("facets"), h("div", { class: "chips" }, verdicts, flags, flips), h("div", { class: "selects" },
      Object.entries(this.selects).filter(([, [, values]]) => values.length > 1).map(([name, [title, values]]) => this.#select(name, title, values))));
    if (focused) byId("facets").querySelector(`[data-facet="${focused}"]`)?.focus();
  }

  #chip(name, on, change, verdict) {
    const n = this.counts[name];
    if (n === 0 && !on) return null;
    return h("button", { type: "button", class: `chip ${verdict ?? ""}`, "data-facet": name, "aria-pressed": String(on),
      onclick: () => this.browser.set(change()) }, verdict && h("i", { class: verdict }), name, n !== undefined && h("small", {}, count(n)));
  }

  #select(name, title, values) {
    const select = h("select", { "aria-label": title, "data-facet": name, onchange: (event) => this.browser.set({ [name]: event.target.value }) },
      h("option", { value: "" }, `${title}: all`), values.map((value) => h("option", { value }, value)));
    select.value = this.browser.filter[name];
    return select;
  }
}

// The start of a question on one line; what is taller than a line stays as written.
function shortly(question) {
  const text = question.slice(0, 240).replace(/\s+/g, " ");
  return /\\(begin|[dt]?binom|choose)/.test(text) ? text : inline(text);
}

// Subject and level of a problem.
function place({ problems }, problem) {
  const { [problem]: subject } = problems.subject, { [problem]: level } = problems.level;
  return [subject, /^\d/.test(level ?? "") ? `level ${level}` : level].filter(Boolean).join(" · ");
}

function distinct(values = []) {
  return [...new Set(values)].filter((value) => value != null && value !== "").sort((a, b) => String(a).localeCompare(String(b), "en", { numeric: true }));
}
