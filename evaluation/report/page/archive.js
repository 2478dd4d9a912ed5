// The trajectories inside the page: the index as columns, and blocks of details that are unpacked when they are needed.

const VERDICTS = ["correct", "wrong", "undecided"];
const FLAGS = { "tool error": 1, program: 2, withheld: 4, "no answer": 8, disagreement: 16, failed: 32, right: 64, given: 128 };
const KEPT_BLOCKS = 12;

async function unpackText(packed) {
  const bytes = Uint8Array.from(atob(packed.trim()), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).text();
}

async function unpack(packed) {
  return JSON.parse(await unpackText(packed));
}

class Archive {
  static async open() {
    return new Archive(await unpack(byId("index").textContent), document.querySelectorAll("script.block"));
  }

  constructor({ series, stops, blocks, problems, samples }, packed) {
    Object.assign(this, { series, stops, blocks, problems, samples, packed });
    this.size = samples.number?.length ?? 0;
    this.count = problems.id?.length ?? 0;
    this.start = new Uint32Array(this.count + 1); // first sample of each problem
    for (let p = 0; p < this.count; p++) this.start[p + 1] = this.start[p] + problems.samples[p];
    this.owner = new Uint32Array(this.size);
    for (let p = 0; p < this.count; p++) this.owner.fill(p, this.start[p], this.start[p + 1]);
    this.cache = new Map();
    this.words = [];
  }

  range(problem) {
    return Array.from({ length: this.start[problem + 1] - this.start[problem] }, (_, i) => this.start[problem] + i);
  }

  verdict(sample) {
    return VERDICTS[this.samples.verdict[sample]];
  }

  has(sample, flag) {
    return (this.samples.flags[sample] & FLAGS[flag]) !== 0;
  }

  // What a search looks through, in small letters.
  haystack(problem) {
    return this.words[problem] ??= [this.problems.id[problem], this.problems.question[problem], this.problems.gold[problem],
      ...this.samples.answer.slice(this.start[problem], this.start[problem + 1])].join("\n").toLowerCase();
  }

  // Details of a block: for each of its problems a list, one entry a sample.
  block(number) {
    const found = this.cache.get(number) ?? unpack(this.packed[number].textContent);
    this.cache.delete(number);
    this.cache.set(number, found); // the oldest come first
    if (this.cache.size > KEPT_BLOCKS) this.cache.delete(this.cache.keys().next().value);
    return found;
  }

  async details(sample) {
    const problem = this.owner[sample];
    let low = 0, high = this.blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.blocks[middle] <= problem) low = middle;
      else high = middle - 1;
    }
    return (await this.block(low))[problem - this.blocks[low]][sample - this.start[problem]];
  }

  // Samples whose steps hold the words, block by block, so that a search of everything can be shown as it goes, and stopped.
  async *searchSteps(words) {
    const written = JSON.stringify(words).slice(1, -1); // as it stands in a block, which is read only where it occurs
    for (let b = 0; b < this.blocks.length; b++) {
      const text = await unpackText(this.packed[b].textContent);
      const found = text.toLowerCase().includes(written) ? this.#holding(words, b, JSON.parse(text)) : [];
      yield { found, done: (b + 1) / this.blocks.length };
    }
  }

  // The samples of a block whose steps hold the words.
  #holding(words, block, problems) {
    const holds = (step) => [step.text, step.code, step.stdout, step.value, step.error].some((text) => text?.toLowerCase().includes(words));
    return problems.flatMap((samples, i) => samples.flatMap((sample, j) => (sample.steps.some(holds) ? [this.start[this.blocks[block] + i] + j] : [])));
  }

  // The address of a sample in the page, and back.
  address(sample) {
    const { number, series } = this.samples;
    const label = this.series.length > 1 ? `@${this.series[series[sample]].label}` : "";
    return `${this.problems.id[this.owner[sample]]}/${number[sample]}${label}`;
  }

  find(address) {
    this.byId ??= new Map(this.problems.id?.map((id, problem) => [id, problem]));
    const [, id, number, label] = /^(.*)\/(\d+)(?:@([^@]*))?$/.exec(address) ?? [];
    const problem = this.byId.get(id) ?? this.byId.get(address);
    if (problem === undefined) return null;
    const samples = this.range(problem);
    const named = samples.filter((s) => label === undefined || this.series[this.samples.series[s]].label === label);
    return named.find((s) => this.samples.number[s] === Number(number)) ?? samples[0] ?? null;
  }
}
