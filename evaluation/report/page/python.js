// Python in colours, by one pattern for its tokens. Unknown text is shown as it stands.

const PYTHON = new RegExp([
  "(?<comment>#.*)",
  "(?<string>[rRbBfFuU]{0,2}(?:\"\"\"[^]*?(?:\"\"\"|$)|'''[^]*?(?:'''|$)|\"(?:\\\\.|[^\"\\\\\\n])*\"?|'(?:\\\\.|[^'\\\\\\n])*'?))",
  "(?<number>\\b(?:0[xXoObB][\\da-fA-F_]+|\\d[\\d_]*(?:\\.[\\d_]*)?(?:[eE][-+]?\\d+)?)[jJ]?)",
  "(?<keyword>\\b(?:False|None|True|and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|" +
    "global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield|match|case)\\b)",
  "(?<decorator>^\\s*@[\\w.]+)",
  "(?<call>\\b[A-Za-z_]\\w*(?=\\())",
].join("|"), "gm");

function python(code) {
  const pre = h("pre", { class: "code", tabindex: "0" }), body = h("code");
  let from = 0;
  for (const found of code.matchAll(PYTHON)) {
    const [kind] = Object.entries(found.groups).find(([, text]) => text !== undefined);
    body.append(code.slice(from, found.index), h("span", { class: kind }, found[0]));
    from = found.index + found[0].length;
  }
  body.append(code.slice(from));
  pre.append(body);
  return pre;
}
