// Words of a model as a page shows them: paragraphs, lists, bold, code and typeset mathematics; anything else as written.

const OPENING = /\\\[|\\\(|\$\$|\$|\\boxed\s*\{|\\begin\s*\{(?:align|equation|gather|aligned|pmatrix|bmatrix|cases)\*?\}|`|\*\*/g;

// Where the group that opens at `at` (a brace) ends, or -1.
function closing(text, at) {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "{") depth++;
    else if (text[i] === "}" && --depth === 0) return i;
  }
  return -1;
}

// The piece of mathematics, code or bold that starts at `at`: {end, kind, body}, or null when it is plain text after all.
function piece(text, at, mark) {
  const until = (end, kind) => {
    const stop = text.indexOf(end, at + mark.length);
    return stop < 0 ? null : { end: stop + end.length, kind, body: text.slice(at + mark.length, stop) };
  };
  if (mark === "\\[") return until("\\]", "display");
  if (mark === "\\(") return until("\\)", "inline");
  if (mark === "$$") return until("$$", "display");
  if (mark === "`") return until("`", "code");
  if (mark === "**") return until("**", "bold");
  if (mark === "$") return dollars(text, at);
  if (mark.startsWith("\\boxed")) {
    const stop = closing(text, at + mark.length - 1);
    return stop < 0 ? null : { end: stop + 1, kind: "inline", body: text.slice(at, stop + 1) };
  }
  const name = /\{(.*)\}/.exec(mark)[1], end = `\\end{${name}}`, stop = text.indexOf(end, at);
  return stop < 0 ? null : { end: stop + end.length, kind: "display", body: text.slice(at, stop + end.length) };
}

// A dollar opens mathematics when no blank follows it, and closes it when none comes before and no digit after: "$5 and $6".
function dollars(text, at) {
  if (/\s/.test(text[at + 1] ?? " ") || text[at - 1] === "\\") return null;
  for (let stop = at + 1; stop < text.length && !text.startsWith("\n\n", stop); stop++) {
    if (text[stop] === "\\") stop++;
    else if (text[stop] === "$") {
      const good = !/\s/.test(text[stop - 1]) && !/\d/.test(text[stop + 1] ?? "");
      return good ? { end: stop + 1, kind: "inline", body: text.slice(at + 1, stop) } : null;
    }
  }
  return null;
}

function shown({ kind, body }, source) {
  if (kind === "code") return h("code", {}, body);
  if (kind === "bold") return h("strong", {}, ...inline(body));
  const math = typeset(boxedFormula(body), kind === "display");
  return math ? h("span", { class: kind === "display" ? "math display" : "math", title: source }, math) : h("code", { class: "tex" }, source);
}

// A box around a formula as Python prints it, made TeX.
function boxedFormula(body) {
  const [, inside] = /^\\boxed\s*\{([^{}\\]*)\}$/.exec(body) ?? [];
  const tex = inside !== undefined && /\*|\w\(/.test(inside) ? formula(inside) : null;
  return tex === null ? body : `\\boxed{${tex}}`;
}

// Whether a text is TeX from end to end though nothing marks it: commands, and no words beside them.
function bareTex(text) {
  return /\\[a-z]/.test(text) && !/\\\(|\\\[|\\boxed|\\begin|\$|`/.test(text) && !/[A-Za-z]{2}/.test(text.replace(/\\[A-Za-z]+|\bd[a-z]\b/g, ""));
}

function inline(text) {
  const math = bareTex(text) ? typeset(text) : null;
  if (math) return [h("span", { class: "math", title: text }, math)];
  const nodes = [], mark = new RegExp(OPENING);
  let from = 0, found;
  while ((found = mark.exec(text))) {
    const part = piece(text, found.index, found[0]);
    if (!part || !part.body.trim()) continue;
    nodes.push(text.slice(from, found.index), shown(part, text.slice(found.index, part.end)));
    from = mark.lastIndex = part.end;
  }
  nodes.push(text.slice(from));
  return nodes.map((one) => (typeof one === "string" ? one.replace(/\\([$%&#_])/g, "$1") : one));
}

const LIST = /^\s*(?:[-*•]|\d{1,2}[.)])\s+/;

function block(text) {
  const heading = /^#{1,6}\s+(.*)$/.exec(text);
  if (heading) return h("p", { class: "heading" }, ...inline(heading[1]));
  const lines = text.split("\n");
  if (lines.every((line) => LIST.test(line))) {
    const kind = /^\s*\d/.test(text) ? "ol" : "ul";
    return h(kind, kind === "ol" ? { start: parseInt(text, 10) } : {}, lines.map((line) => h("li", {}, ...inline(line.replace(LIST, "")))));
  }
  return h("p", {}, ...inline(text));
}

// Paragraphs of a text; blank lines part them, but not inside display mathematics or fenced code.
function prose(text) {
  const blocks = [];
  for (const [i, part] of text.split(/```(?:[a-z]*\n)?/).entries()) {
    if (i % 2) blocks.push(h("pre", {}, h("code", {}, part.replace(/\n$/, ""))));
    else blocks.push(...paragraphs(part).map(block));
  }
  return blocks;
}

function paragraphs(text) {
  const joined = text.replace(/(\\\[|\$\$|\\begin\{)[^]*?(\\\]|\$\$|\\end\{)/g, (maths) => maths.replace(/\n\s*\n/g, "\n"));
  return joined
    .replace(/\n(?=#{1,6}\s)/g, "\n\n").replace(/^(#{1,6}\s.*)\n/gm, "$1\n\n")
    .replace(/^((?!\s*[-*•]\s).*\S.*)\n(?=\s*[-*•]\s)/gm, "$1\n\n")
    .split(/\n\s*\n/).map((part) => part.trim()).filter(Boolean);
}

// A bare answer, typeset where it is a formula or TeX, and the text where not; the text as it was is in its title.
function answer(text) {
  if (text == null) return h("span", { class: "none" }, "none");
  const bare = text.trim().replace(/^\$(.*)\$$/, "$1");
  const tex = formula(bare) ?? (/\\|[_^]\{/.test(bare) ? bare : null), math = tex === null ? null : typeset(tex);
  return math ? h("span", { class: "math", title: text }, math) : h("span", { class: "plain" }, text);
}
