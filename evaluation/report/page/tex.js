// TeX to MathML for what mathematics questions use. What it cannot read whole gives null, and the page shows it as written.
// Sources of the operators' classes: MathML Core (W3C), section 3.2; The TeXbook, appendix F, for the names.

const MAX_TEX = 6000;

const INFIX = { "\\over": ["", "", null], "\\choose": ["(", ")", "0"], "\\atop": ["", "", "0"] };

class Unreadable extends Error {}

// A leaf or an element of MathML, as the parser builds it: made into DOM only when the whole text was read.
const node = (name, attributes, ...children) => ({ name, attributes, children });
const row = (nodes) => (nodes.length === 1 ? nodes[0] : node("mrow", {}, ...nodes));
const sign = (text, attributes = {}) => node("mo", attributes, text);
const fence = (text) => sign(text, { fence: "true", stretchy: "true", symmetric: "true" });
const gap = (em) => node("mspace", { width: `${em}em` });

// A plus or minus that has nothing on its left belongs to what follows.
function signed(found, before) {
  const alone = !before || (before.name === "mo" && !/[)\]}|!′‖⟩⌋⌉…⋯]/.test(before.children[0]));
  return found.name === "mo" && alone && "+−±∓".includes(found.children[0]) ? sign(found.children[0], { form: "prefix" }) : found;
}

// Three letters and more by themselves are a word.
function words(found) {
  const letters = found.children.every((child) => child.name === "mi" && /^\p{L}$/u.test(child.children[0]));
  return letters && found.children.length > 2 ? node("mtext", {}, found.children.map((child) => child.children[0]).join("")) : found;
}

class TexParser {
  constructor(source) {
    this.tokens = source.replace(/(?<!\\)%.*$/gm, "").match(
      /\\begin\s*\{[^{}]*\}|\\end\s*\{[^{}]*\}|\\(?:operatorname|tag|hspace|vspace)\*|\\[A-Za-z]+|\\[^]|\d{1,3}(?:,\d{3})+(?![\d])(?:\.\d+)?|\d*\.?\d+|\s+|[^]/gu) ?? [];
    this.at = 0;
    this.depth = 0;
  }

  // White space counts only inside \text.
  peek() {
    while (/^\s+$/.test(this.tokens[this.at] ?? "")) this.at++;
    return this.tokens[this.at];
  }

  next() {
    const token = this.peek();
    if (token === undefined) throw new Unreadable("it ends too early");
    this.at++;
    return token;
  }

  take(token) {
    if (this.peek() !== token) return false;
    this.at++;
    return true;
  }

  expect(token) {
    if (!this.take(token)) throw new Unreadable(`${token} is missing`);
  }

  whole() {
    const nodes = this.row(() => this.peek() === undefined);
    return nodes;
  }

  // Atoms with their scripts, until `ends()` holds; who asked for it takes what ended it.
  row(ends) {
    if (++this.depth > 60) throw new Unreadable("nested too deeply");
    const nodes = [];
    while (!ends()) {
      if (this.peek() === undefined) throw new Unreadable("a group is not closed");
      if (this.peek() in INFIX) return this.infix(nodes, ends);
      const atom = this.scripted();
      if (atom) nodes.push(...(Array.isArray(atom) ? atom : [signed(atom, nodes.at(-1))]));
    }
    this.depth--;
    return nodes;
  }

  // `a \over b`: everything before in the group, over everything after.
  infix(before, ends) {
    const [open, close, thickness] = INFIX[this.next()];
    const fraction = node("mfrac", { linethickness: thickness }, node("mrow", {}, ...before), node("mrow", {}, ...this.row(ends)));
    this.depth--;
    return open ? [fence(open), fraction, fence(close)] : [fraction];
  }

  scripted() {
    const name = this.peek().slice(1);
    const isFunction = this.peek()[0] === "\\" && (FUNCTIONS.has(name) || LIMITS.has(name));
    const below = this.peek()[0] === "\\" && (SUMS.has(name) || LIMITS.has(name) || /^(under|over)brace$/.test(name));
    const base = /^[\^_']/.test(this.peek()) ? node("mrow", {}) : this.atom();
    while (this.take("\\limits") || this.take("\\nolimits"));
    let sub = null, sup = null;
    for (;;) {
      if (this.peek() === "'") {
        let primes = "";
        while (this.take("'")) primes += "′";
        sup = sup ? row([sign(primes), sup]) : sign(primes);
      } else if (sub === null && this.take("_")) sub = this.argument();
      else if (this.take("^")) sup = sup ? row([sup, this.argument()]) : this.argument();
      else break;
    }
    if (base === null && !sub && !sup) return null;
    const body = this.attach(base ?? node("mrow", {}), sub, sup, below);
    const tight = [undefined, "(", ")", "}", "]", ",", "=", "&", "\\left", "\\right", "\\\\"].includes(this.peek());
    return isFunction && !tight ? [body, gap(0.167)] : body;
  }

  attach(base, sub, sup, below) {
    if (!sub && !sup) return base;
    const kind = below ? { both: "munderover", sub: "munder", sup: "mover" } : { both: "msubsup", sub: "msub", sup: "msup" };
    return sub && sup ? node(kind.both, {}, base, sub, sup) : sub ? node(kind.sub, {}, base, sub) : node(kind.sup, {}, base, sup);
  }

  // One argument of a command: a group, or a single token.
  argument() {
    if (this.take("{")) {
      const nodes = this.row(() => this.peek() === "}");
      this.expect("}");
      return node("mrow", {}, ...nodes);
    }
    const token = this.peek() ?? "";
    if (/^\d{2,}$/.test(token)) { // x^23 is x^2 3
      this.tokens[this.at] = token.slice(1);
      return node("mn", {}, token[0]);
    }
    return this.atom() ?? node("mrow", {});
  }

  atom() {
    const token = this.next();
    if (token === "{") {
      this.at--;
      return this.argument();
    }
    if (/^[\d.]/.test(token) && token !== ".") return node("mn", {}, token);
    if (/^\p{L}$/u.test(token)) return node("mi", {}, token);
    if (token[0] === "\\") return this.command(token.slice(1));
    if (token === "&" || token === "}" || token === "$" || token === "#") throw new Unreadable(`${token} is out of place`);
    if (token === "~") return gap(0.25);
    if (token === "-") return sign("−");
    if (token === "*") return sign("∗");
    if (token === "|") return sign(token, { stretchy: "false", lspace: "0", rspace: "0" });
    if ("()[]/".includes(token)) return sign(token, { stretchy: "false" });
    if (token === "," || token === ";") return sign(token, { separator: "true" });
    return sign(token);
  }

  command(name) {
    if (name.startsWith("begin")) return this.environment(/\{\s*(.*?)\s*\}/.exec(name)[1]);
    if (LETTERS.has(name)) return node("mi", { mathvariant: /^[A-Z]/.test(name) ? "normal" : null }, LETTERS.get(name));
    if (SIGNS.has(name)) return sign(SIGNS.get(name), { stretchy: "false" });
    if (SUMS.has(name)) return sign(SUMS.get(name), { largeop: "true", movablelimits: "true" });
    if (INTS.has(name)) return sign(INTS.get(name), { largeop: "true" });
    if (FUNCTIONS.has(name)) return node("mi", { mathvariant: "normal" }, name);
    if (LIMITS.has(name)) return sign(name.replace(/^(lim|arg)(?=...)/, "$1 "), { movablelimits: "true", lspace: "0", rspace: "0" });
    if (name === "\n") return gap(0.25);
    if (name in SPACES) return SPACES[name] ? gap(SPACES[name]) : null;
    if (SILENT.has(name)) return null;
    if (OVER.has(name)) return node("mover", { accent: "true" }, this.argument(), sign(OVER.get(name), { stretchy: "true" }));
    if (TEXTS.has(name.replace("*", ""))) return this.text(name.startsWith("operatorname") ? "mi" : "mtext");
    if (name in FONTS) return this.font(FONTS[name]);
    if ("%$&#_".includes(name)) return node("mi", { mathvariant: "normal" }, name);
    return this.construct(name);
  }

  construct(name) {
    switch (name) {
      case "frac": case "cfrac": return node("mfrac", {}, this.argument(), this.argument());
      case "dfrac": return node("mstyle", { displaystyle: "true" }, node("mfrac", {}, this.argument(), this.argument()));
      case "tfrac": return node("mstyle", { displaystyle: "false" }, node("mfrac", {}, this.argument(), this.argument()));
      case "binom": case "dbinom": case "tbinom":
        return row([fence("("), node("mfrac", { linethickness: "0" }, this.argument(), this.argument()), fence(")")]);
      case "sqrt": return this.root();
      case "boxed": case "fbox": return node("mrow", { class: "boxed" }, words(this.argument()));
      case "left": return this.fenced();
      case "middle": return fence(this.delimiter());
      case "underline": return node("munder", {}, this.argument(), sign("_", { stretchy: "true" }));
      case "underbrace": return node("munder", {}, this.argument(), sign("⏟", { stretchy: "true" }));
      case "overset": case "stackrel": return this.stacked("mover");
      case "underset": return this.stacked("munder");
      case "pmod": return row([gap(0.5), sign("(", { stretchy: "false" }), node("mi", {}, "mod"), gap(0.3), this.argument(), sign(")", { stretchy: "false" })]);
      case "bmod": case "mod": return row([gap(0.25), node("mi", {}, "mod"), gap(0.25)]);
      case "not": return sign(`${this.plainSign()}\u0338`);
      case "phantom": case "hphantom": case "vphantom": return node("mphantom", {}, this.argument());
      case "mathrel": case "mathbin": case "mathord": case "mathstrut": return name === "mathstrut" ? null : this.argument();
      case "color": case "textcolor": this.argument(); return name === "color" ? null : this.argument();
      case "hspace": case "hspace*": case "vspace": case "vspace*": this.text("mtext"); return gap(1);
      case "smash": return this.argument();
      case "substack": return this.lines();
      case "tag": case "tag*": return row([gap(2), this.text("mtext")]);
      case "phantomsection": case "label": this.text("mtext"); return null;
      default: throw new Unreadable(`\\${name} is not known`);
    }
  }

  root() {
    if (!this.take("[")) return node("msqrt", {}, this.argument());
    const degree = row(this.row(() => this.peek() === "]"));
    this.expect("]");
    return node("mroot", {}, this.argument(), degree);
  }

  stacked(kind) {
    const mark = this.argument();
    return node(kind, {}, this.argument(), mark);
  }

  plainSign() {
    const found = this.atom();
    if (found?.name !== "mo") throw new Unreadable("\\not stands before no sign");
    return found.children[0];
  }

  delimiter() {
    const token = this.next();
    if (/^\.\d/.test(token)) this.tokens[--this.at] = token.slice(1); // \left.5
    if (token[0] === ".") return "";
    const text = token[0] === "\\" ? SIGNS.get(token.slice(1)) : token;
    if (text === undefined || !/^[()[\]|/{}<>‖⟨⟩⌊⌋⌈⌉∖↑↓]$/.test(text)) throw new Unreadable(`${token} is no bracket`);
    return text === "<" ? "⟨" : text === ">" ? "⟩" : text;
  }

  fenced() {
    const open = this.delimiter();
    const nodes = this.row(() => this.peek() === "\\right");
    this.expect("\\right");
    const close = this.delimiter();
    return node("mrow", {}, ...(open ? [fence(open)] : []), ...nodes, ...(close ? [fence(close)] : []));
  }

  // The letters of a group as they stand; mathematics inside goes on in dollars.
  text(name) {
    this.expect("{");
    let depth = 1, text = "";
    while (depth > 0) {
      const token = this.tokens[this.at++];
      if (token === undefined) throw new Unreadable("a group is not closed");
      depth += { "{": 1, "}": -1 }[token] ?? 0;
      if (depth > 0 && token !== "{" && token !== "}") text += token.replace(/^\\([%$&#_{} ,])$/, "$1").replace(/^\\[a-zA-Z]+$/, "");
    }
    return node(name, name === "mi" ? { mathvariant: "normal" } : {}, text.replace(/\s+/g, " ").replace(/^ | $/g, "\u00a0").replace(/~/g, "\u00a0"));
  }

  font(font) {
    const restyle = (found) => (typeof found === "string" ? inFont(found, font)
      : { ...found, attributes: found.name === "mi" ? { ...found.attributes, mathvariant: "normal" } : found.attributes,
        children: found.children.map(restyle) });
    const found = this.argument();
    const letters = found.children.every((child) => child.name === "mi" && /^[A-Za-z]$/.test(child.children[0]));
    if (letters && found.children.length > 1) return node("mi", { mathvariant: "normal" }, inFont(found.children.map((child) => child.children[0]).join(""), font));
    return restyle(found);
  }

  // `\substack{a \\ b}`: lines below each other.
  lines() {
    this.expect("{");
    const rows = [];
    do rows.push(this.row(() => this.peek() === "\\\\" || this.peek() === "}"));
    while (this.take("\\\\"));
    this.expect("}");
    return node("mtable", { rowspacing: "0" }, ...rows.map((found) => node("mtr", {}, node("mtd", {}, ...found))));
  }

  environment(name) {
    if (!(name in FENCES)) throw new Unreadable(`environment ${name} is not known`);
    if (name === "array" || name === "alignat") this.text("mtext");
    const ends = () => this.peek()?.startsWith("\\end");
    const rows = [[]];
    while (!ends()) {
      const cell = this.row(() => ["&", "\\\\", "\\cr"].includes(this.peek()) || ends());
      rows.at(-1).push(node("mtd", {}, ...cell));
      if (this.take("\\\\") || this.take("\\cr")) {
        if (this.take("[")) while (!this.take("]")) this.next();
        rows.push([]);
      } else if (!ends()) this.expect("&");
    }
    if (/\{\s*(.*?)\s*\}/.exec(this.next())[1] !== name) throw new Unreadable("\\end names another environment");
    const kind = ALIGNED.has(name) ? "aligned" : name.endsWith("cases") ? "cases" : "";
    const body = node("mtable", { class: kind || null, displaystyle: kind === "aligned" ? "true" : null },
      ...rows.filter((cells) => cells.length).map((cells) => node("mtr", {}, ...cells)));
    const [open, close] = [...(FENCES[name] || "  ")].map((bracket) => bracket.trim());
    return node("mrow", {}, ...(open ? [fence(open)] : []), body, ...(close ? [fence(close)] : []));
  }
}

const toDom = (found) => (typeof found === "string" ? found : mathml(found.name, found.attributes, ...found.children.map(toDom)));

// A <math> element, or null when the text is not whole TeX of the subset.
function typeset(source, display = false) {
  if (source.length > MAX_TEX || !source.trim()) return null;
  try {
    const nodes = new TexParser(source).whole();
    return mathml("math", { display: display ? "block" : null, displaystyle: display ? "true" : null }, mathml("mrow", {}, ...nodes.map(toDom)));
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}
