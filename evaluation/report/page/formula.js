// Answers as Python prints them, `2*x**3 - sqrt(5)/2`, as TeX. What is no such formula, whole, gives null.

const FORMULA = /\s*(\*\*|<=|>=|!=|==|\d{1,3}(?:,\d{3})+(?!\d)|\d+(?:\.\d+)?(?:e[-+]?\d+)?|[A-Za-z_]\w*|[-+*/^()[\]{},=<>!])/y;
const RELATIONS = { "<=": "\\le ", ">=": "\\ge ", "!=": "\\ne ", "==": "=", "=": "=", "<": "<", ">": ">" };
const CONSTANTS = { oo: "\\infty ", I: "i", E: "e", pi: "\\pi " };
const CALLS = { sqrt: (x) => `\\sqrt{${x}}`, Abs: (x) => `\\left|${x}\\right|`, abs: (x) => `\\left|${x}\\right|`, factorial: (x) => `(${x})!`,
  exp: (x) => `e^{${x}}`, asin: named("arcsin"), acos: named("arccos"), atan: named("arctan") };

function named(name) {
  return (x) => `\\${name}\\left(${x}\\right)`;
}

// Precedence climbing; each method returns TeX. `tight` says that the piece needs no brackets as a factor or base.
class FormulaParser {
  constructor(text) {
    this.tokens = [];
    FORMULA.lastIndex = 0;
    for (let found; FORMULA.lastIndex < text.trimEnd().length; this.tokens.push(found[1])) {
      found = FORMULA.exec(text);
      if (!found) throw new Unreadable("no formula");
    }
    this.at = 0;
  }

  take(...tokens) {
    return tokens.includes(this.tokens[this.at]) ? this.tokens[this.at++] : null;
  }

  need(token) {
    if (!this.take(token)) throw new Unreadable("no formula");
  }

  whole() {
    const tex = this.list();
    if (this.at < this.tokens.length) throw new Unreadable("no formula");
    return tex;
  }

  items() {
    const found = [this.relation()];
    while (this.take(",")) found.push(this.relation());
    return found;
  }

  list() {
    return this.items().join(", ");
  }

  // What stands in `Matrix(...)`: a list of rows.
  matrix() {
    const rows = [];
    this.need("[");
    do {
      this.need("[");
      rows.push(this.items().join(" & "));
      this.need("]");
    } while (this.take(","));
    this.need("]");
    this.need(")");
    return { tex: `\\begin{pmatrix}${rows.join(" \\\\ ")}\\end{pmatrix}` };
  }

  relation() {
    let tex = this.sum();
    for (let sign; (sign = this.take(...Object.keys(RELATIONS)));) tex += ` ${RELATIONS[sign]} ${this.sum()}`;
    return tex;
  }

  sum() {
    let tex = this.product();
    for (let sign; (sign = this.take("+", "-"));) tex += ` ${sign} ${this.product()}`;
    return tex;
  }

  product() {
    if (this.take("-")) return `-${this.product()}`;
    let over = this.power(), under = null;
    for (let sign; (sign = this.take("*", "/"));) {
      const next = this.power();
      if (sign === "/") under = under === null ? next : joinFactors(under, next);
      else over = joinFactors(over, next);
    }
    return under === null ? over.tex : `\\frac{${over.bare ?? over.tex}}{${under.bare ?? under.tex}}`;
  }

  power() {
    const base = this.atom();
    if (!this.take("**", "^")) return base;
    const exponent = this.take("-") ? `-${this.power().tex}` : (({ tex, bare }) => bare ?? tex)(this.power());
    return { tex: `${base.call ? `\\left(${base.tex}\\right)` : base.tex}^{${exponent}}` };
  }

  // {tex, bare: without its brackets, number: whether it is one, call: whether a power needs brackets around it}
  atom() {
    const token = this.tokens[this.at++] ?? "";
    if (/^\d/.test(token)) return { tex: token.replace(/e\+?(-?)(\d+)/, " \\cdot 10^{$1$2}"), number: true };
    if (/^[A-Za-z_]/.test(token)) return this.take("(") ? this.call(token) : { tex: this.name(token) };
    const close = { "(": ")", "[": "]", "{": "}" }[token];
    if (!close) throw new Unreadable("no formula");
    const inside = this.tokens[this.at] === close ? "" : this.list();
    this.need(close);
    const escape = token === "{" ? "\\" : "";
    return { tex: `\\left${escape}${token}${inside}\\right${escape}${close}`, bare: token === "(" ? inside : undefined };
  }

  call(name) {
    if (name === "Matrix") return this.matrix();
    const inside = this.list();
    this.need(")");
    const made = CALLS[name] ?? (FUNCTIONS.has(name) || LIMITS.has(name) ? named(name) : (x) => `\\operatorname{${name}}\\left(${x}\\right)`);
    return { tex: made(inside), call: true };
  }

  name(name) {
    if (name in CONSTANTS) return CONSTANTS[name];
    if (LETTERS.has(name)) return `\\${name} `;
    const [, letter, digits] = /^([A-Za-z])_?(\d*)$/.exec(name) ?? [];
    if (letter === undefined) throw new Unreadable("a word, not a formula");
    return digits ? `${letter}_{${digits}}` : letter;
  }
}

// Numbers beside each other need a dot between; letters do not.
function joinFactors(left, right) {
  return { tex: `${left.tex}${right.number || /^\d/.test(right.tex) ? " \\cdot " : " "}${right.tex}` };
}

// TeX of a formula in Python's way of writing, or null.
function formula(text) {
  if (text.length > 600 || /[\\$]/.test(text)) return null;
  try {
    return new FormulaParser(text).whole();
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}
