// One problem with its samples, and one of them step by step: what was asked, what was answered, why it was graded so.

class Detail {
  constructor(archive, browser) {
    this.archive = archive;
    this.browser = browser;
    this.pane = byId("detail");
    this.raw = false;
  }

  // Shows a sample; a later call wins over an earlier one that is still unpacking.
  async show(sample) {
    this.shown = sample;
    if (sample === null) return replaceChildren(this.pane, this.#nothing());
    const details = await this.archive.details(sample);
    if (this.shown !== sample) return undefined;
    const problem = this.archive.owner[sample];
    replaceChildren(this.pane, this.#head(problem, sample), this.#question(problem), this.#samples(problem, sample),
      this.#verdict(problem, sample, details), this.#facts(sample, details), this.#steps(details));
    this.pane.scrollTop = 0;
    return undefined;
  }

  #nothing() {
    return h("div", { class: "blank" }, h("p", {}, "Choose a problem on the left."),
      h("p", { class: "hint" }, h("kbd", {}, "j"), " ", h("kbd", {}, "k"), " walk the list, ", h("kbd", {}, "/"), " searches, ", h("kbd", {}, "?"), " shows all keys."));
  }

  #head(problem, sample) {
    const move = (text, title, act) => h("button", { type: "button", title, "aria-label": title, onclick: act }, text);
    return h("header", {}, h("button", { type: "button", class: "back", onclick: () => this.browser.open(null) }, "‹ List"),
      h("h2", {}, this.archive.problems.id[problem]), h("span", { class: "place" }, place(this.archive, problem)),
      h("span", { class: "tools" }, move("↑", "Previous problem (k)", () => this.browser.moveRow(-1)),
        move("↓", "Next problem (j)", () => this.browser.moveRow(1)),
        copyButton(`${location.href.split("#")[0]}#${encodeURI(this.archive.address(sample))}`, "Copy link")));
  }

  #question(problem) {
    return h("section", { class: "asked" }, h("div", { class: "prose" }, prose(this.archive.problems.question[problem])));
  }

  #samples(problem, sample) {
    const groups = this.archive.series.map((series, number) => [series, this.archive.range(problem).filter((s) => this.archive.samples.series[s] === number)]);
    const filled = groups.filter(([, own]) => own.length);
    if (filled.length === 1 && filled[0][1].length === 1) return null;
    const longest = Math.max(...filled.map(([series]) => series.label.length));
    return h("section", { class: "samples", "aria-label": "Samples" }, filled.map(([series, own]) => h("div", { class: "strip" },
      this.archive.series.length > 1 && this.#label(series.label, longest),
      h("div", { class: "pips" }, own.map((s) => this.#pip(s, s === sample))),
      own.length > 1 && this.#votes(own))));
  }

  #label(text, longest) {
    const label = h("span", { class: "label" }, text);
    label.style.minWidth = `${longest}ch`; // so that the samples of all series stand below each other
    return label;
  }

  #pip(sample, chosen) {
    const { number, answer: answers } = this.archive.samples, verdict = this.archive.verdict(sample);
    const title = `sample ${number[sample]}: ${verdict}, ${answers[sample] ?? "no answer"}`;
    return h("button", { type: "button", class: `pip ${verdict}`, title, "aria-label": title, "aria-current": chosen ? "true" : null,
      onclick: () => this.browser.open(sample) });
  }

  // How often each answer was given; right answers are counted together.
  #votes(samples) {
    const votes = new Map();
    for (const sample of samples) {
      const right = this.archive.verdict(sample) === "correct", key = right ? "\u0000" : this.archive.samples.answer[sample] ?? "";
      const vote = votes.get(key) ?? { text: this.archive.samples.answer[sample], right, n: 0 };
      votes.set(key, { ...vote, n: vote.n + 1 });
    }
    const sorted = [...votes.values()].sort((a, b) => b.n - a.n), shown = sorted.slice(0, 5);
    const hidden = sorted.slice(5).reduce((n, vote) => n + vote.n, 0);
    return h("div", { class: "votes" }, shown.map(({ text, right, n }) => h("span", { class: right ? "vote correct" : "vote" },
      h("b", {}, `${n}×`), " ", answer(text))), hidden > 0 && h("span", { class: "vote more" }, plural(hidden, "other")));
  }

  #verdict(problem, sample, details) {
    const verdict = this.archive.verdict(sample), gold = this.archive.problems.gold[problem];
    const withheld = this.archive.has(sample, "withheld") && h("span", { class: "badge" }, "withheld");
    return h("section", { class: `verdict ${verdict}`, "aria-label": "Verdict" },
      h("h3", {}, h("i", { class: verdict }), verdict[0].toUpperCase() + verdict.slice(1), withheld),
      h("dl", {}, h("dt", {}, "Answer"), h("dd", {}, answer(details.answer)),
        h("dt", {}, "Expected"), h("dd", {}, gold === null ? "to be declined" : answer(gold)),
        h("dt", {}, "Why"), h("dd", {}, details.reason, h("span", { class: "rule" }, `rule: ${details.method}, grader ${details.grader}`))));
  }

  #facts(sample, details) {
    const { stops, samples, series } = this.archive, [prompt, sampled, observed] = details.tokens;
    const facts = [["Ended", stops[samples.stop[sample]].replaceAll("_", " ")], ["Mode", series[samples.series[sample]].mode],
      ["Tokens", `${count(sampled)} sampled, ${count(prompt)} prompt, ${count(observed)} observed`], ["Time", `${details.seconds.toFixed(2)} s`],
      ["Agreement", details.agreement?.toFixed(2)], ["Confidence", details.confidence?.toFixed(2)],
      ...Object.entries(details.scores ?? {}).map(([name, score]) => [name, Number(score).toPrecision(4)])];
    return h("section", { class: "facts" }, h("dl", {}, facts.filter(([, value]) => value !== undefined).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
      details.detail && h("p", { class: "note" }, details.detail));
  }

  #steps(details) {
    const toggle = h("button", { type: "button", class: "link", "aria-pressed": String(this.raw), onclick: () => {
      this.raw = !this.raw;
      this.show(this.shown);
    } }, this.raw ? "Typeset" : "As written");
    const text = () => details.steps.map((step) => step.text ?? step.code ?? [step.stdout, step.value, step.error].filter(Boolean).join("\n")).join("\n\n");
    return h("section", { class: "steps" }, h("div", { class: "steps-head" }, h("h3", {}, plural(details.steps.length, "step")), toggle, copyButton(text(), "Copy all")),
      h("ol", {}, details.steps.map((step) => this.#step(step))), !details.steps.length && h("p", { class: "note" }, "It wrote nothing."));
  }

  #step(step) {
    if (step.kind === "thought") {
      return h("li", { class: "thought" }, h("div", { class: "prose" }, this.raw ? h("pre", { class: "as-written" }, step.text) : prose(step.text)), copyButton(step.text));
    }
    if (step.kind === "program") return h("li", { class: "program" }, python(step.code), copyButton(step.code));
    const text = [step.stdout?.replace(/\n$/, ""), step.value].filter(Boolean).join("\n");
    return h("li", { class: `observation ${step.status === "ok" ? "ok" : "bad"}` },
      h("div", { class: "status" }, step.status === "ok" ? "output" : step.status.replaceAll("_", " "), step.cpu_s && h("small", {}, `${step.cpu_s.toFixed(2)} s`)),
      text ? h("pre", { tabindex: "0" }, text) : !step.error && h("p", { class: "note" }, "It printed nothing."),
      step.truncated && h("p", { class: "note" }, `${plural(step.truncated, "character")} left out`), step.error && h("pre", { class: "error" }, step.error));
  }
}
